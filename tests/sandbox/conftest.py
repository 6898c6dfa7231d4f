"""Sandboxes, and clients to talk to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
