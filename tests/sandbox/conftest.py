"""Sandboxes, and clients to talk to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox
from tests.sandbox.wire_client import Wire, wire_to


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A fast sandbox without the limit of requests."""
    async with Sandbox(rate_limit=False, speed=500) as box:
        yield box


@pytest.fixture
def start() -> Any:
    """Starts a sandbox with files in it and a `Wire`: ``async with start(speed=0.2) as (box, wire)``."""
    return _start


@asynccontextmanager
async def _start(
    role: str = "admin", speed: float = 500, **options: Any
) -> AsyncIterator[tuple[Sandbox, Wire]]:
    async with Sandbox(rate_limit=False, speed=speed, **options) as box, wire_to(box, role) as wire:
        (box.volume / "a.mov").write_bytes(bytes(range(250)) * 400)
        (box.volume / "show" / "deep").mkdir(parents=True)
        (box.volume / "show" / "b.mov").write_bytes(b"b" * 2000)
        (box.volume / "show" / "deep" / "c.mov").write_bytes(b"c" * 3000)
        yield box, wire


@pytest.fixture
def connect() -> Any:
    """Opens a `Wire` to a sandbox: ``async with connect(box, "standard") as wire``."""
    return wire_to


@pytest.fixture
async def wire(box: Sandbox) -> AsyncIterator[Wire]:
    async with wire_to(box) as wire:
        yield wire


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The module; what importing it does to logging is undone."""
    monkeypatch.chdir(tmp_path)  # where there is no .env
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield pytest.importorskip("accsyn_api.session")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture
async def judge(official: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a function of an official session and the sandbox, in a thread."""

    async def run(work: Callable[[Any, Sandbox], None], role: str = "admin", speed: float = 500) -> None:
        async with Sandbox(speed=speed) as box:
            (box.volume / "a.mov").write_bytes(bytes(range(250)) * 400)
            (box.volume / "show").mkdir()
            (box.volume / "show" / "b.mov").write_bytes(b"b" * 2000)
            monkeypatch.setenv("ACCSYN_PROXY", box.url.removeprefix("http://"))

            def in_thread() -> None:
                user = box.user(role)
                work(official.Session(box.workspace, user.username, user.api_key), box)

            await asyncio.to_thread(in_thread)

    return run
