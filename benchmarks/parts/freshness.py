"""How soon a change at the backend is an event, and how many requests that takes; virtual time."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections import defaultdict

from accsyn_async import JobChanged, PollPolicy, Synced, Watch
from benchmarks.figures import Effort, Figure, at_most, single
from tests.support import virtual
from tests.support.backend import Backend, job_id

TITLE = "Freshness"
ABOUT = (
    "500 running jobs, each changing every 30 s on average, watched at the default policy in virtual"
    " time; replies take 50 ms. How late each change is told, and every request counted. The backend is"
    " the tests', in memory."
)
NEEDS = ()

JOBS = 500
SECONDS = {"quick": 150, "full": 600}
REPLY_TIME = 0.05
EACH = 30.0
"""Seconds between two changes of one job, on average."""


async def measure(effort: Effort) -> list[Figure]:
    """How fresh what is told is, for a watch of a query and for one of ids."""
    figures = []
    for name in ("a query", "ids"):
        delays, requests = await asyncio.to_thread(
            virtual.run, _run(SECONDS[effort], by_query=name == "a query")
        )
        cuts = statistics.quantiles(delays, n=100)
        low, middle, high, late = cuts[24], cuts[49], cuts[74], cuts[98]
        told = f"Of {len(delays):,} changes, the longest: {max(delays):.2f} s."
        figures += [
            Figure(
                name=f"change to event, {name}: p50",
                value=middle,
                low=low,
                high=high,
                unit="s",
                bound=at_most(1.2),
                note=told,
            ),
            single(
                f"change to event, {name}: p99",
                late,
                "s",
                bound=at_most(2.5),
                note=told,
            ),
            single(f"requests, {name}", requests / SECONDS[effort], "/s", bound=at_most(2)),
        ]
    return figures


async def _run(seconds: float, *, by_query: bool) -> tuple[list[float], int]:
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
        await asyncio.sleep(seconds)
        requests = len(backend.received)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return delays, requests
