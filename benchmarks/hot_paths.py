"""The paths that are gone along all day, each made ready to be gone once more and measured."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import NamedTuple

from accsyn_async import Session, Watch
from benchmarks.stage import Meter, Stage, rows, session

__all__ = ["PATHS", "Once", "Path", "finding", "polling", "read"]

Once = Callable[[Meter], Awaitable[None]]
"""Goes a path once and has it measured."""


class Path(NamedTuple):
    """A path to be gone.

    Attributes:
        ready: makes everything ready, and takes it down in the end.
        virtual: whether time passes at once there; not where there is a network.
    """

    ready: Callable[[], AbstractAsyncContextManager[Once]]
    virtual: bool = True


@contextlib.asynccontextmanager
async def polling(jobs: int, changed: int, watches: int = 1) -> AsyncIterator[Once]:
    """A poll of some jobs, so many of them changed, told to watches of all jobs that are all read."""
    stage = Stage(list(rows(jobs)))
    async with session(stage) as asking, AsyncExitStack() as stack:
        entered = [await stack.enter_async_context(asking.watch("Transfer")) for _ in range(watches)]
        readers = [asyncio.create_task(read(watch)) for watch in entered]

        async def once(meter: Meter) -> None:
            stage.move(changed)
            await stage.poll(meter)

        try:
            yield once
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.wait(readers)


@contextlib.asynccontextmanager
async def _finding(count: int) -> AsyncIterator[Once]:
    """A call that finds so many rows; the reply is there at once."""
    async with session(Stage(list(rows(count)))) as asking:
        yield finding(asking, count)


@contextlib.asynccontextmanager
async def _finding_over_http() -> AsyncIterator[Once]:
    """A call that finds one row, through aiohttp, over a connection that is kept alive."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Server, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with Session("acme", "lisa@example.com", "key", url=url, rate_limit=None) as asking:
            yield finding(asking, 1)
    finally:
        server.close()
        await server.wait_closed()


PATHS: dict[str, Path] = {
    "a call of one row": Path(lambda: _finding(1)),
    "a call of one row through aiohttp": Path(_finding_over_http, virtual=False),
    "find of 500 rows": Path(lambda: _finding(500)),
    "poll of 500 jobs, none changed": Path(lambda: polling(500, 0)),
    "poll of 500 jobs, a tenth changed": Path(lambda: polling(500, 50)),
    "poll of 5,000 jobs, none changed": Path(lambda: polling(5000, 0)),
    "poll of 5,000 jobs, a tenth changed": Path(lambda: polling(5000, 500)),
    "one change told to 1,000 watches": Path(lambda: polling(500, 1, watches=1000)),
}
"""By their names."""


def finding(asking: Session, count: int) -> Once:
    """A call that finds so many rows."""

    async def once(meter: Meter) -> None:
        meter.begin()
        found = await asking.find("Transfer", limit=count)
        meter.end()
        assert len(found) == count

    return once


async def read(watch: Watch) -> None:
    """Read all that a watch is told."""
    async for _ in watch:
        pass


class _Server(asyncio.Protocol):
    """Answers a login, and every other request with one row, in one piece each."""

    def __init__(self) -> None:
        self._row = _reply({"result": list(rows(1))})
        self._welcome = _reply({"result": {"id": "5d91", "role": "admin", "session_id": "s-1"}})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request, which is small and comes whole."""
        self._transport.write(self._row if data.startswith(b"GET") else self._welcome)


def _reply(body: object) -> bytes:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    return head.encode() + text
