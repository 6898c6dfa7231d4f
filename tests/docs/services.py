"""Blocks that are tests of a user, or a service."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from contextlib import AbstractAsyncContextManager

import aiohttp

from tests.docs.console_blocks import Running, started
from tests.docs.pages import Block
from tests.docs.surroundings import DEADLINE, Surroundings
from tests.support.nats_servers import free_port

__all__ = ["run_program", "run_server", "run_tests"]

_PORT = re.compile(r"[:, =](\d{4,5})\b")


async def run_tests(block: Block, around: Surroundings) -> None:
    """Run a block with pytest, as a project that has the fixture would.

    Raises:
        AssertionError: a test failed, or there was none.
    """
    path = around.folder / (block.title or f"test_line_{block.line}.py")
    path.write_text("\n" * (block.line - 1) + block.text)
    words = ["-q", "-p", "no:cacheprovider", "-p", "accsyn_async.testing", str(path)]
    if not any((around.folder / name).exists() for name in ("pytest.ini", "pyproject.toml")):
        words += ["-c", "/dev/null", "--rootdir", str(around.folder), "-o", "asyncio_mode=auto"]
    async with (
        asyncio.timeout(DEADLINE),
        started(sys.executable, "-m", "pytest", *words, around=around) as run,
    ):
        code = await run.end()
    assert code == 0, f"{block.where}: the tests fail (line numbers are the page's):\n{run.output}"


async def run_program(block: Block, around: Surroundings) -> None:
    """Run a block that is a whole program; one with ``# endless`` until it was told enough.

    Raises:
        AssertionError: it failed.
    """
    path = around.folder / (block.title or f"line_{block.line}.py")
    path.write_text("\n" * (block.line - 1) + block.text)
    async with asyncio.timeout(DEADLINE), _python(str(path), around=around) as running:
        if endless := "# endless" in block.text:
            there = around.requests
            await running.until(lambda: around.requests >= there + 3)
            await around.let_something_happen()
            running.signal(signal.SIGINT)
        code = await running.end()
    assert code in ((0, 130, -signal.SIGINT) if endless else (0,)), (
        f"{block.where}: it ends with exit code {code} (line numbers are the page's):\n{running.output}"
    )


async def run_server(block: Block, around: Surroundings) -> None:
    """Start a service, ask it for the paths of the mark, and stop it by SIGTERM.

    Raises:
        AssertionError: a path is not answered with 200, or it does not stop.
    """
    assert block.mark is not None
    assert block.mark.words, f"{block.where}: which paths is the service asked for?"
    port = int(found[1]) if (found := _PORT.search(block.text)) else free_port()
    name = block.title or f"service_{block.line}.py"
    path = around.folder / name
    path.write_text("\n" * (block.line - 1) + block.text)
    argv = [str(path)]
    if "FastAPI(" in block.text and "uvicorn.run" not in block.text:
        argv = ["-m", "uvicorn", f"{path.stem}:app", "--port", str(port)]
    async with asyncio.timeout(DEADLINE), _python(*argv, around=around) as running:
        await running.until(lambda: _listens(port))
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            for asked in block.mark.words:
                async with client.get(asked) as answer:
                    assert answer.status == 200, (
                        f"{block.where}: {asked} is answered {answer.status}\n{running.output}"
                    )
                    # Of a stream the beginning is enough.
                    assert await answer.content.readany() or answer.content.at_eof(), asked
        running.signal(signal.SIGTERM)
        code = await running.end()
    assert code in (0, -signal.SIGTERM), f"{block.where}: exit code {code}\n{running.output}"
    assert "Traceback" not in running.output, f"{block.where}: {running.output}"


def _listens(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def _python(*argv: str, around: Surroundings) -> AbstractAsyncContextManager[Running]:
    return started(sys.executable, "-m", "tests.docs.quickly", *argv, around=around)
