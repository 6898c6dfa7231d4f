"""What is measured against what, and how: shared by the benchmarks of reading jobs."""

from __future__ import annotations

import datetime as dt
import gc
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import accsyn_api
import aiohttp
import msgspec
from yarl import URL

SIZES = (1, 50, 500, 5000)
WHO = ("seagull", "lisa@example.com", "key")
ROUNDS = {1: 150, 50: 100, 500: 40, 5000: 12}
CALLS = {1: 10, 50: 5, 500: 2, 5000: 1}

Find = Callable[[int], Awaitable[Any]]
"""Asks for so many jobs and reads them."""


def official(port: int) -> Find:
    """The official client."""
    session = accsyn_api.Session(*WHO, proxy=f"127.0.0.1:{port}")

    async def find(size: int) -> Any:
        return session.find("Transfer", limit=size)

    return find


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

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http = http
        self._event = f"http://127.0.0.1:{port}/api/v3/event?"
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
        rows = self._decode(await self._get(size))["result"]
        read = dt.datetime.fromisoformat
        for row in rows:
            row["created"] = read(row["created"] + "+00:00")
            row["finished"] = read(row["finished"] + "+00:00")
            row["modified"] = read(row["modified"] + "+00:00")
        return rows

    async def structs(self, size: int) -> Any:
        """Rows as Structs, times as text."""
        return self._decode_rows(await self._get(size)).result

    async def _get(self, size: int) -> bytes:
        self._count += 1
        event = self._event + self._text(size)
        async with self._http.get(URL(event, encoded=True), headers=self._headers) as response:
            return await response.read()

    def _text(self, size: int) -> str:
        """An event as long as those of the clients; what never changes is quoted beforehand."""
        return f"{_BEFORE}{self._count:032x}{_AFTER}{size}%7D%7D"


_BEFORE = quote('{"audience": "api", "workspace": "seagull", "eid": "----')
_AFTER = quote(
    '", "session": "9f1c2a", "uri": "transfer/find", "ident": "lisa@example.com", '
    '"created": "2026-01-22T08:35:59", "hostname": "here", "data": {"limit": '
)


async def compare(contenders: Mapping[str, Find], ratios: Sequence[tuple[str, str]]) -> None:
    """Measure contenders at every size, and print their times and these ratios."""
    print("CPU of one call, ms: least (median) of the rounds")
    print(f"{'jobs':>5}" + "".join(f"{name:>19}" for name in contenders))
    results = {size: await _measure(contenders, size) for size in SIZES}
    print()
    print("Ratios: of the least times (median of the rounds' ratios)")
    print(f"{'jobs':>5}" + "".join(f"{f'{over} / {under}':>21}" for over, under in ratios))
    for size, times in results.items():
        print(f"{size:>5}" + "".join(f"{_ratio(times[over], times[under]):>21}" for over, under in ratios))


def _ratio(over: list[float], under: list[float]) -> str:
    rounds = statistics.median(a / b for a, b in zip(over, under, strict=True))
    return f"{min(over) / min(under):.2f} ({rounds:.2f})"


async def _measure(contenders: Mapping[str, Find], size: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    dice = random.Random(size)
    for _ in range(ROUNDS[size]):
        # Whoever comes after the official client finds the caches cold.
        dice.shuffle(order)
        for name in order:
            find = contenders[name]
            gc.collect()
            await find(size)
            began = time.process_time()
            # What was found is kept for as long as the time is taken, as whoever asked would.
            found = [await find(size) for _ in range(CALLS[size])]
            times[name].append((time.process_time() - began) * 1000 / CALLS[size])
            del found
    shown = (f"{min(taken):.3f} ({statistics.median(taken):.3f})" for taken in times.values())
    print(f"{size:>5}" + "".join(f"{text:>19}" for text in shown), flush=True)
    return times
