"""Examples as processes of their own, and the workspace in a box that they are about."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from accsyn_async import Session
from accsyn_async.sandbox import Sandbox

__all__ = ["EXAMPLES", "furnished", "line_with", "polled", "program", "send", "stop"]

EXAMPLES = Path(__file__).parents[2] / "examples"


@contextlib.contextmanager
def furnished(box: Sandbox) -> Iterator[None]:
    """Two files in a workspace, and it in the environment, as an administrator has it."""
    user = box.user("admin")
    for name in ("a.mov", "b.mov"):
        (box.volume / name).write_bytes(b"frames" * 500_000)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "ACCSYN_URL": box.url,
            "ACCSYN_WORKSPACE": box.workspace,
            "ACCSYN_API_USER": user.username,
            "ACCSYN_API_KEY": user.api_key,
        }.items():
            patch.setenv(name, value)
        yield


@contextlib.asynccontextmanager
async def program(
    name: str, *args: str, module: str | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """An example as a process that polls often, or run by a module such as uvicorn."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-u",
        *(("-m", module) if module else ("-m", "tests.quick_poll", str(EXAMPLES / name))),
        *args,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(EXAMPLES.parent)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line_with(process: asyncio.subprocess.Process, text: str) -> str:
    """The next line that a program prints with a text in it."""
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while line := (await process.stdout.readline()).decode():
            if re.search(text, line):
                return line
    raise AssertionError(f"it ended without a line with {text}")


async def stop(process: asyncio.subprocess.Process, number: signal.Signals = signal.SIGTERM) -> str:
    """Ask a program to stop, and say what it printed on the way out."""
    process.send_signal(number)
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    return output.decode()


async def polled(box: Sandbox, before: int = 0) -> None:
    """Wait until somebody has asked for transfers more often than that."""
    async with asyncio.timeout(30):
        while box.statistics().events.get("transfer/find", 0) <= before:
            await asyncio.sleep(0.01)


async def send(session: Session, source: str, name: str) -> str:
    tasks = {"tasks": [{"source": source, "destination": "site=berlin"}], "name": name}
    return str((await session.create("Transfer", tasks))["id"])
