"""Measures how cost grows: with jobs, with watches, with the share that changed, and with time.

No connection is involved, and time is virtual. CPU is that of one poll from its answer to the
next question, reading the events included; of many the first quartile counts: below it stand
polls that were split, above it those that others disturbed.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Sequence
from contextlib import AsyncExitStack

import msgspec

from accsyn_async import Session, Watch
from benchmarks.hot_paths import Once, finding, polling, read
from benchmarks.series import Series
from benchmarks.stage import Meter, Silent, Stage, job_id, rows, session

__all__ = ["ENDING", "LIVING", "SHARED", "WARM_UP", "history", "jobs", "memory", "shares", "watches"]

FEW = 10
"""Jobs that change where it is not their number that grows."""
WATCHED = 500
"""Jobs where it is the watches that grow."""
SHARED = 5_000
"""Jobs where it is the share that changed that grows."""
LIVING, ENDING, INTERVAL = 400, 20, 30.0
"""Jobs at any time in a long run, how many end and begin with each poll, and seconds between polls."""
WARM_UP = 4.5
"""Hours of a long run after which 10,000 jobs have ended: so many ends are remembered, and no more."""
SETTLED = 8
"""Polls after which what has joined is known."""


class Cpu:
    """Notes the CPU time between two calls, ms."""

    def __init__(self) -> None:
        self.spent: list[float] = []

    def begin(self) -> None:
        """Measure from now on."""
        self._began = time.process_time()

    def end(self) -> None:
        """Note what was spent."""
        self.spent.append((time.process_time() - self._began) * 1000)

    @property
    def typical(self) -> float:
        """The first quartile."""
        return statistics.quantiles(self.spent, n=4, method="inclusive")[0]


async def jobs(counts: Sequence[int], rounds: int) -> list[Series]:
    """With the jobs there are: a poll without any change, one with ten, and a ``find`` of all.

    Beside the ``find``: the same without Python's garbage collector, and msgspec alone, which decodes as
    many rows into dicts.
    """
    names = ("a poll, none changed", "a poll, ten changed", "find", "find, collector off", "msgspec decoding")
    several = [Series("jobs", name, "ms") for name in names]
    for _ in range(rounds):
        for series in several:
            series.rounds.append([])
        still, moving, found, uncollected, decoded = (series.rounds[-1] for series in several)
        for count in counts:
            goes = 6 if count > 10_000 else 12
            for points, changed in ((still, 0), (moving, min(FEW, count))):
                async with polling(count, changed) as once:
                    points.append((count, await _typical(once, goes)))
            async with session(Stage(list(rows(count)))) as asking:
                finds = finding(asking, count)
                found.append((count, await _typical(finds, goes)))
                uncollected.append((count, await _typical(_uncollected(finds), goes)))
            decoded.append((count, await _typical(_decoding(count), goes)))
    return several


async def watches(counts: Sequence[int], rounds: int) -> list[Series]:
    """With the watches there are: a poll with ten changes, which one of them reads."""
    line = Series("watches", "a poll, ten changed", "ms")
    for _ in range(rounds):
        line.rounds.append([])
        stage = Stage(list(rows(WATCHED)))
        async with session(stage) as asking, AsyncExitStack() as stack:
            reader = asyncio.create_task(read(await stack.enter_async_context(asking.watch("Transfer"))))
            entered = 1
            for count in counts:
                await _enter(asking, stage, stack, range(entered, count))
                entered = count
                gc.collect()
                line.rounds[-1].append((count, await _typical(_moving(stage, FEW), 30)))
            reader.cancel()
            await asyncio.wait([reader])
    return [line]


async def memory(counts: Sequence[int]) -> list[Series]:
    """With the watches there are: bytes that they hold, beside who reads them."""
    line = Series("watches", "memory of the watches", "kB", [[]])
    tracemalloc.start()
    stage = Stage(list(rows(WATCHED)))
    async with session(stage) as asking, AsyncExitStack() as stack:
        reader = asyncio.create_task(read(await stack.enter_async_context(asking.watch("Transfer"))))
        # What the jobs and the first watch of each take is there before.
        await _enter(asking, stage, stack, range(1, WATCHED))
        for _ in range(SETTLED):
            await _moving(stage, FEW)(Silent())
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        entered = 0
        for count in counts:
            await _enter(asking, stage, stack, range(entered, count))
            entered = count
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
            line.rounds[0].append((count, (held - before) / 1000))
        tracemalloc.stop()
        reader.cancel()
        await asyncio.wait([reader])
    return [line]


async def shares(several: Sequence[float], rounds: int) -> list[Series]:
    """With the share of 5,000 jobs that changed, in percent: a poll."""
    line = Series("% changed", "a poll of 5,000 jobs", "ms")
    for _ in range(rounds):
        line.rounds.append([])
        for share in several:
            async with polling(SHARED, round(SHARED * share / 100)) as once:
                line.rounds[-1].append((share, await _typical(once, 8)))
    return [line]


async def history(hours: float) -> list[Series]:
    """With the hours that have passed: a poll with changes, ends and new jobs; a floor; and what is held.

    The floor is decoding as many rows, measured beside the polls: a machine that is slower for a
    while is so for both. Of both the least of half an hour counts.
    """
    polls, floors, blocks = (
        Series("hours", name, unit, [[]])
        for name, unit in (
            ("a poll", "ms"),
            ("decoding as many jobs", "ms"),
            ("blocks of memory", "thousand blocks"),
        )
    )
    stage = Stage(list(rows(LIVING)))
    ended = 0
    body = json.dumps({"result": list(rows(LIVING))})
    async with session(stage, INTERVAL) as asking, asking.watch("Transfer") as watch:
        reader = asyncio.create_task(read(watch))
        await stage.poll(Silent())
        for half in range(1, round(hours * 2) + 1):
            spent, floor = Cpu(), Cpu()
            for _ in range(round(1800 / INTERVAL)):
                stage.move(FEW)
                for number in range(FEW + ended, FEW + ended + ENDING):
                    stage.end(job_id(number), asyncio.get_running_loop().time())
                for row in rows(ENDING, LIVING + ended):
                    stage.add(row)
                ended += ENDING
                await stage.poll(spent)
                if ended % (2 * ENDING):
                    continue
                floor.begin()
                json.loads(body)
                floor.end()
            gc.collect()
            polls.rounds[0].append((half / 2, min(spent.spent)))
            floors.rounds[0].append((half / 2, min(floor.spent)))
            blocks.rounds[0].append((half / 2, sys.getallocatedblocks() / 1000))
        reader.cancel()
        await asyncio.wait([reader])
    return [polls, floors, blocks]


async def _typical(once: Once, goes: int) -> float:
    for _ in range(SETTLED):
        await once(Silent())
    cpu = Cpu()
    gc.collect()
    for _ in range(goes):
        await once(cpu)
    return cpu.typical


def _uncollected(once: Once) -> Once:
    """The same, with no garbage collected meanwhile."""

    async def quietly(meter: Meter) -> None:
        gc.disable()
        try:
            await once(meter)
        finally:
            gc.enable()

    return quietly


def _decoding(count: int) -> Once:
    """Decoding so many jobs into dicts, by msgspec alone."""
    body = json.dumps({"result": list(rows(count))}).encode()
    decode = msgspec.json.Decoder().decode

    async def once(meter: Meter) -> None:
        meter.begin()
        found = decode(body)
        meter.end()
        assert len(found["result"]) == count

    return once


async def _enter(asking: Session, stage: Stage, stack: AsyncExitStack, numbers: range) -> None:
    """Enter watches of one job each, none of those that change, and read what they are told at first."""
    entered: list[Watch] = []
    for number in numbers:
        ident = job_id(FEW + number % (WATCHED - FEW))
        entered.append(await stack.enter_async_context(asking.watch(ident)))
    first = asyncio.create_task(_read_first(entered))
    while not first.done():
        await stage.poll(Silent())


async def _read_first(entered: Sequence[Watch]) -> None:
    for watch in entered:
        await anext(watch)
        await anext(watch)


def _moving(stage: Stage, changed: int) -> Once:
    async def once(meter: Meter) -> None:
        stage.move(changed)
        await stage.poll(meter)

    return once
