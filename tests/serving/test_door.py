"""What stands before the server: connections that only hold the line are hung up on."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web
from aiohttp.http_exceptions import BadStatusLine

from accsyn_async.serving.door import Door, is_worth_a_line

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def standing(most: int = 3, patience: float = 3600) -> AsyncIterator[tuple[Door, int]]:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    application = web.Application()
    application.router.add_get("/", hello)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    door = Door(runner.server, most=most, patience=patience)
    server = await asyncio.get_running_loop().create_server(door, "127.0.0.1", 0)
    try:
        yield door, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await runner.cleanup()


async def ask(line: Line, head: bytes = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") -> bytes:
    line[1].write(head)
    answer = await line[0].readuntil(b"\r\n\r\n")
    return answer + await line[0].readexactly(5)


async def hang_up(*lines: Line) -> None:
    for _, writer in lines:
        writer.close()
        try:
            await writer.wait_closed()
        except ConnectionError:
            continue


async def test_what_comes_in_pieces_is_handed_on_and_the_line_is_kept() -> None:
    async with standing() as (door, port):
        line = await asyncio.open_connection("127.0.0.1", port)
        for piece in (b"GET / HT", b"TP/1.1\r\nHost: x\r", b"\n\r"):
            line[1].write(piece)
            await line[1].drain()
            await asyncio.sleep(0)
        assert (await ask(line, b"\n")).endswith(b"hello")
        assert (await ask(line)).endswith(b"hello")
        assert door.inside == 1
        await hang_up(line)


async def test_whoever_asks_for_nothing_is_hung_up_on() -> None:
    async with standing(patience=0.05) as (_door, port):
        asks = await asyncio.open_connection("127.0.0.1", port)
        assert (await ask(asks)).endswith(b"hello")
        holds = await asyncio.open_connection("127.0.0.1", port)
        holds[1].write(b"GET / HT")
        async with asyncio.timeout(60):
            with suppress(ConnectionResetError):
                assert await holds[0].read() == b""
        assert (await ask(asks)).endswith(b"hello")
        await hang_up(asks, holds)


async def test_no_more_than_so_many_come_in_and_another_when_one_has_left() -> None:
    async with standing(most=2) as (door, port):
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for line in lines:
            await ask(line)
        refused = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(60):
            with suppress(ConnectionResetError):
                assert await refused[0].read() == b""
            await hang_up(lines[0])
            while door.inside == 2:
                await asyncio.sleep(0)
        line = await asyncio.open_connection("127.0.0.1", port)
        assert (await ask(line)).endswith(b"hello")
        await hang_up(lines[1], refused, line)


def test_what_is_no_http_is_worth_no_line() -> None:
    def record(error: Exception) -> logging.LogRecord:
        try:
            raise error
        except Exception:
            return logging.LogRecord("x", logging.ERROR, "x", 1, "x", None, sys.exc_info())

    assert not is_worth_a_line(record(BadStatusLine("x")))
    assert is_worth_a_line(record(ValueError("x")))
    assert is_worth_a_line(logging.LogRecord("x", logging.ERROR, "x", 1, "x", None, None))
