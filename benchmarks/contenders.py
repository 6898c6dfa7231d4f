"""Who is measured against whom when jobs are read, and how their rounds take turns."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote

import accsyn_api
import aiohttp
import msgspec
from yarl import URL

from accsyn_async import Session
from benchmarks.backend import Address

__all__ = [
    "AT_ONCE",
    "OFFICIAL",
    "WHO",
    "Ask",
    "Floor",
    "Match",
    "Official",
    "Row",
    "Rows",
    "Times",
    "bare",
    "logged_in",
    "plural",
    "take_turns",
    "tasks",
]

WHO = ("seagull", "lisa@example.com", "key")
OFFICIAL = "the official client"
AT_ONCE = 64
"""Calls at once: no session has more connections, and the official client has as many threads."""

T = TypeVar("T")

Ask = Callable[[], Awaitable[Any]]
"""Asks for jobs and reads them."""


class Official:
    """The official client, which makes a connection for each call."""

    def __init__(self, backend: Address) -> None:
        # Whatever an env file in the working directory says, nothing is taken from it.
        if backend.certificate:
            # It takes any certificate.
            where: dict[str, Any] = {"hostname": "127.0.0.1", "port": backend.port}
        else:
            # Only through a "proxy" does it speak plain http.
            where = {"proxy": f"127.0.0.1:{backend.port}"}
        self._session = accsyn_api.Session(*WHO, path_envfile=os.devnull, **where)

    async def find(self, size: int) -> Any:
        """List so many jobs, blocking the event loop, which has nothing else to do."""
        return self._session.find("Transfer", limit=size)

    async def find_each(self, size: int, pool: ThreadPoolExecutor) -> Any:
        """The same in all threads at once."""
        return list(pool.map(lambda _: self._session.find("Transfer", limit=size), range(AT_ONCE)))


def logged_in(backend: Address) -> Session:
    """A session of this package, its limit of requests lifted; to be entered."""
    return Session(*WHO, url=backend.url, ssl=backend.trust(), rate_limit=None)


def bare(backend: Address) -> aiohttp.ClientSession:
    """What a floor sends with: aiohttp as it comes; to be entered."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=backend.trust()))


def plural(size: int) -> str:
    """So many jobs, in words."""
    return "1 job" if size == 1 else f"{size:,} jobs"


async def tasks(ask: Ask) -> Any:
    """Ask in so many tasks at once."""
    return await asyncio.gather(*(ask() for _ in range(AT_ONCE)))


class Row(msgspec.Struct, gc=False):
    """The fields that a ``Job`` has, times as text."""

    id: str
    created: str | None = None
    finished: str | None = None
    modified: str | None = None
    size: int | None = None
    status: str = ""
    progress: int | float | None = None
    speed: int | float | None = None
    etr: str | None = None
    name: str | None = None
    code: str | None = None
    source: str | None = None
    source_hr: str | None = None
    destination: str | None = None
    destination_hr: str | None = None
    user: str | None = None
    user_hr: str | None = None
    parent: str | None = None


class Rows(msgspec.Struct, gc=False):
    """A reply of them."""

    result: list[Row]


class Floor:
    """Bare aiohttp with its defaults, a kept-alive connection, msgspec, and no more than the rows need."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._event = f"{url}/api/v3/event?"
        self._count = 0
        self._headers = {
            "Authorization": "basic bGlzYUBleGFtcGxlLmNvbQ==:a2V5",
            "X-Accsyn-Workspace": "seagull",
            "X-Accsyn-Device": "PythonAPI v3.4.0 @ linux here(posix)",
        }
        self._decode = msgspec.json.Decoder().decode
        self._decode_rows = msgspec.json.Decoder(Rows).decode

    async def dicts(self, size: int) -> Any:
        """Rows as dicts, three dates each."""
        return self._rows(await self._get(size))

    async def searched(self, size: int) -> Any:
        """Such dicts, and one pass over the reply, as a search for other times makes it."""
        body = await self._get(size)
        return self._rows(body), body.translate(None, _NO_TIME).count(b"--T")

    async def structs(self, size: int) -> Any:
        """Rows as Structs, times as text."""
        return self._decode_rows(await self._get(size)).result

    def _rows(self, body: bytes) -> Any:
        rows = self._decode(body)["result"]
        read = dt.datetime.fromisoformat
        for row in rows:
            row["created"] = read(row["created"] + "+00:00")
            row["finished"] = read(row["finished"] + "+00:00")
            row["modified"] = read(row["modified"] + "+00:00")
        return rows

    async def _get(self, size: int) -> bytes:
        self._count += 1
        event = self._event + self._text(size)
        async with self._http.get(URL(event, encoded=True), headers=self._headers) as response:
            return await response.read()

    def _text(self, size: int) -> str:
        """An event as long as those of the clients; what never changes is quoted beforehand."""
        return f"{_BEFORE}{self._count:032x}{_AFTER}{size}%7D%7D"


_NO_TIME = bytes(set(range(256)) - set(b"-T"))
_BEFORE = quote('{"audience": "api", "workspace": "seagull", "eid": "----')
_AFTER = quote(
    '", "session": "9f1c2a", "uri": "transfer/find", "ident": "lisa@example.com", '
    '"created": "2026-01-22T08:35:59", "hostname": "here", "data": {"limit": '
)


class Times(msgspec.Struct, frozen=True):
    """What rounds took: seconds of one call each.

    Attributes:
        cpu: user and system CPU of this process, all its threads.
        elapsed: what passed outside meanwhile.
    """

    cpu: list[float] = msgspec.field(default_factory=list)
    elapsed: list[float] = msgspec.field(default_factory=list)


class Match(msgspec.Struct, frozen=True):
    """Contenders that are measured against each other.

    Attributes:
        contenders: by name.
        rounds: how often each has its turn, in one spell.
        calls: how many calls a turn has.
    """

    contenders: Mapping[str, Ask]
    rounds: int
    calls: int = 1


async def take_turns(matches: Mapping[T, Match], *, spells: int = 1) -> dict[T, dict[str, Times]]:
    """Let contenders ask in turn, in an order that is drawn anew for each round.

    Args:
        matches: what to measure.
        spells: how often all matches are gone through. What else the machine does comes and goes in some
            seconds: a match whose rounds are spread over a longer time has all of it.

    Returns:
        What the rounds of each match took: as many of each contender; those of a place are of one round.
    """
    taken = {key: {name: Times() for name in match.contenders} for key, match in matches.items()}
    dice = random.Random(spells)
    # What is there now is garbage in no round: collecting is quick, so that there can be many rounds.
    frozen_before = gc.get_freeze_count()
    gc.collect()
    gc.freeze()
    try:
        for _ in range(spells):
            for key, match in matches.items():
                await _spell(match, taken[key], dice)
    finally:
        if not frozen_before:
            gc.unfreeze()
    return taken


async def _spell(match: Match, taken: Mapping[str, Times], dice: random.Random) -> None:
    order = list(match.contenders)
    for _ in range(match.rounds):
        dice.shuffle(order)
        for name in order:
            ask, times = match.contenders[name], taken[name]
            gc.collect()
            # Whoever comes after another would find the caches cold.
            await ask()
            began, began_cpu = time.perf_counter(), time.process_time()
            # What was found is kept for as long as the time is taken, as whoever asked would.
            found = [await ask() for _ in range(match.calls)]
            cpu, elapsed = time.process_time() - began_cpu, time.perf_counter() - began
            times.cpu.append(cpu / match.calls)
            times.elapsed.append(elapsed / match.calls)
            del found
