"""The way from a session to a sandbox: what leaves is seen, and can be stopped on the way, or waited for."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import unquote

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from accsyn_async.sandbox import Sandbox

Blocked = Literal["refused", "no DNS"]
Before = Callable[["Sent"], Awaitable[None]]

GIVEN_UP_AFTER = 20.0
"""Seconds after which a test is given up: what it waits for will not come."""


class FastClock:
    """The seam's clock, so much faster than the event loop's."""

    def __init__(self, factor: float = 20.0) -> None:
        self._factor = factor

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() * self._factor

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._factor)


@dataclass(frozen=True)
class Sent:
    """A request as it leaves; changes show no more than their verb and path."""

    verb: str
    path: str
    event: dict[str, Any]

    @property
    def is_change(self) -> bool:
        return self.path.endswith("/event") and self.verb != "GET"

    @property
    def is_list(self) -> bool:
        """Whether it asks for active jobs."""
        return self._finds and not self._data.get("finished") and "id" not in self.event

    @property
    def is_lookup(self) -> bool:
        """Whether it asks what became of certain jobs."""
        query = self.event.get("query") or ""
        asks_ended = bool(self._data.get("finished")) and query.startswith("id in")
        return self._finds and (asks_ended or "id" in self.event)

    @property
    def _finds(self) -> bool:
        return str(self.event.get("uri")).endswith("/find")

    @property
    def _data(self) -> dict[str, Any]:
        return self.event.get("data") or {}


class Road(AbstractResolver):
    """Requests to a sandbox, each over a connection of its own.

    Attributes:
        sent: what has left, or was stopped.
        before: called with each request when it leaves, which waits for it.
        blocked: what is wrong with the way, for the next connection alone.
    """

    def __init__(self, box: Sandbox) -> None:
        self.url = box.url.replace("127.0.0.1", "localhost")
        self.sent: list[Sent] = []
        self.before: Before | None = None
        self.blocked: Blocked | None = None
        self._moved = asyncio.Event()
        self._port = int(box.url.rpartition(":")[2])
        # Bound and not listened at: who connects to it is refused.
        self._closed_door = socket.socket()
        self._closed_door.bind(("127.0.0.1", 0))

    @asynccontextmanager
    async def client(self) -> AsyncIterator[aiohttp.ClientSession]:
        """What sends over this road."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._leaves)
        connector = aiohttp.TCPConnector(resolver=self, use_dns_cache=False, force_close=True)
        try:
            async with aiohttp.ClientSession(connector=connector, trace_configs=[trace]) as client:
                yield client
        finally:
            await self.close()

    def moved(self) -> None:
        """Let whoever waits look again."""
        self._moved.set()

    async def when(self, holds: Callable[[], object]) -> None:
        """Wait until something is so; looks again after each request and each `moved`."""
        async with asyncio.timeout(GIVEN_UP_AFTER):
            while not holds():
                self._moved.clear()
                await self._moved.wait()

    def count(self, of: Callable[[Sent], bool]) -> int:
        """How many requests of a kind have left."""
        return sum(map(of, self.sent))

    async def more(self, of: Callable[[Sent], bool], times: int) -> None:
        """Wait for so many more requests of a kind."""
        until = self.count(of) + times
        await self.when(lambda: self.count(of) >= until)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        blocked, self.blocked = self.blocked, None
        if blocked == "no DNS":
            raise OSError(None, "Name or service not known")
        where = self._closed_door.getsockname()[1] if blocked else self._port
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=where, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        self._closed_door.close()

    async def _leaves(self, _session: aiohttp.ClientSession, _context: SimpleNamespace, request: Any) -> None:
        url = request.url
        event = json.loads(unquote(url.raw_query_string)) if request.method == "GET" else {}
        sent = Sent(request.method, url.path, event)
        if self.before is not None:
            await self.before(sent)
        self.sent.append(sent)
        self.moved()
