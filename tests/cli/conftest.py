"""The command line within this process, and a sandbox for it to talk to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import pytest

from accsyn_async.__main__ import main
from accsyn_async.sandbox import Sandbox


class Ran(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


Cli = Callable[..., Awaitable[Ran]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command in a thread, with a loop of its own: ``await cli("find", "User")``."""

    async def run(*argv: str) -> Ran:
        capsys.readouterr()
        async with asyncio.timeout(30):
            code = await asyncio.to_thread(main, argv)
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """A sandbox that the environment leads to, with a file of 100 kB."""
    async with Sandbox(speed=500) as box:
        (box.volume / "a.mov").write_bytes(bytes(100_000))
        user = box.user("admin")
        for name, value in {
            "ACCSYN_URL": box.url,
            "ACCSYN_WORKSPACE": box.workspace,
            "ACCSYN_API_USER": user.username,
            "ACCSYN_API_KEY": user.api_key,
        }.items():
            monkeypatch.setenv(name, value)
        yield box
