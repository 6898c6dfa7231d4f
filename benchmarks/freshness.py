"""How soon a change at the backend is an event, and how many requests that takes; virtual time."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict

from accsyn_async import JobChanged, PollPolicy, Synced, Watch
from tests.support import virtual
from tests.support.backend import Backend, job_id

JOBS = 500
SECONDS = 600
REPLY_TIME = 0.05
EACH = 30.0
"""Seconds between two changes of one job, on average."""


def main() -> None:
    """Measure, for a query and for ids, and print."""
    print(f"{JOBS} jobs running, each changing every {EACH:g} s on average; replies after {REPLY_TIME:g} s")
    print(f"{'watched by':>12}{'changes':>9}{'p50':>9}{'p99':>9}{'longest':>9}{'requests a second':>20}")
    for name in ("query", "ids"):
        delays, requests = virtual.run(_run(by_query=name == "query"))
        delays.sort()
        p50, p99 = (delays[int(len(delays) * share)] for share in (0.5, 0.99))
        shown = f"{p50:>7.2f} s{p99:>7.2f} s{delays[-1]:>7.2f} s{requests / SECONDS:>20.2f}"
        print(f"{name:>12}{len(delays):>9,}{shown}")


async def _run(*, by_query: bool) -> tuple[list[float], int]:
    """How late each change was told, in seconds; how many requests went out."""
    dice, backend = random.Random(11), Backend(latency=REPLY_TIME)
    for number in range(JOBS):
        backend.add(number, progress=0, speed=10.0)
    moved: dict[str, list[float]] = defaultdict(list)
    delays: list[float] = []

    async def follow(watch: Watch) -> None:
        async for event in watch:
            if isinstance(event, Synced):
                moved.clear()
            if isinstance(event, JobChanged):
                now = backend.now()
                delays.extend(now - at for at in moved.pop(event.job.id, []))

    async def move(number: int) -> None:
        for progress in range(1, 90):
            await asyncio.sleep(dice.expovariate(1 / EACH))
            backend.move(number, progress=progress)
            moved[job_id(number)].append(backend.now())

    what = "Transfer" if by_query else [job_id(number) for number in range(JOBS)]
    async with backend.session(poll=PollPolicy()) as session, session.watch(what) as watch:
        tasks = [asyncio.create_task(follow(watch)), *(asyncio.create_task(move(n)) for n in range(JOBS))]
        await asyncio.sleep(SECONDS)
        requests = len(backend.received)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return delays, requests
