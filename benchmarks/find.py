"""What a ``find`` costs: CPU time against the official client, and against bare aiohttp and msgspec.

Run it as ``python benchmarks/find.py``; README.md beside it says how to read the table.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import accsyn_api
import aiohttp
import backend
import msgspec
from yarl import URL

from accsyn_async import Session
from accsyn_async.wire.message import Call
from accsyn_async.wire.rows import JobReader

SIZES = (1, 50, 500, 5000)
WHO = ("seagull", "lisa@example.com", "key")
ROUNDS = {1: 150, 50: 100, 500: 40, 5000: 12}
CALLS = {1: 10, 50: 5, 500: 2, 5000: 1}
RATIOS = (("find", "floor"), ("official", "find"), ("typed", "typed floor"), ("official", "typed"))

Find = Callable[[int], Awaitable[Any]]


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


async def main() -> None:
    """Measure and print."""
    with backend.running() as port:
        official = accsyn_api.Session(*WHO, proxy=f"127.0.0.1:{port}")

        async def theirs(size: int) -> Any:
            return official.find("Transfer", limit=size)

        async with (
            aiohttp.ClientSession() as http,
            Session(*WHO, url=f"http://127.0.0.1:{port}", rate_limit=None) as session,
        ):
            floor = Floor(http, port)

            async def ours(size: int) -> Any:
                return await session.find("Transfer", limit=size)

            async def typed(size: int) -> Any:
                read = JobReader()
                return await session._poll(Call("GET", "transfer/find", {"limit": size}), read)

            contenders: dict[str, Find] = {
                "official": theirs,
                "floor": floor.dicts,
                "find": ours,
                "typed floor": floor.structs,
                "typed": typed,
            }
            await _compare_answers(contenders)
            print("CPU of one call, ms: least (median) of the rounds")
            print(f"{'jobs':>5}" + "".join(f"{name:>19}" for name in contenders))
            results = {size: await _measure(contenders, size) for size in SIZES}
    print()
    print("Ratios: of the least times (median of the rounds' ratios)")
    print(f"{'jobs':>5}" + "".join(f"{f'{over} / {under}':>21}" for over, under in RATIOS))
    for size, times in results.items():
        print(f"{size:>5}" + "".join(f"{_ratio(times[over], times[under]):>21}" for over, under in RATIOS))


def _ratio(over: list[float], under: list[float]) -> str:
    rounds = statistics.median(a / b for a, b in zip(over, under, strict=True))
    return f"{min(over) / min(under):.2f} ({rounds:.2f})"


async def _compare_answers(contenders: dict[str, Find]) -> None:
    """Make sure that all contenders read the same."""
    dicts, find = await contenders["floor"](50), await contenders["find"](50)
    assert dicts == find
    structs, jobs = await contenders["typed floor"](50), await contenders["typed"](50)
    assert [row.id for row in structs] == list(jobs.jobs)
    assert [row["id"] for row in await contenders["official"](50)] == list(jobs.jobs)


async def _measure(contenders: dict[str, Find], size: int) -> dict[str, list[float]]:
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
            for _ in range(CALLS[size]):
                await find(size)
            times[name].append((time.process_time() - began) * 1000 / CALLS[size])
    shown = (f"{min(taken):.3f} ({statistics.median(taken):.3f})" for taken in times.values())
    print(f"{size:>5}" + "".join(f"{text:>19}" for text in shown), flush=True)
    return times


if __name__ == "__main__":
    asyncio.run(main())
