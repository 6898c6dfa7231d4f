"""What metrics cost: taking an event in, and a scrape, with 5,000 jobs; beside passes over all jobs.

Run it as ``python benchmarks/metrics.py``; README.md beside it says how to read the table.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import statistics
import time
from collections.abc import Callable

from accsyn_async import Job, JobChanged, JobFound, Session
from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.transport.traffic import ENTITIES, TrafficMeter

JOBS = 5_000
ROUNDS = 50
AT = dt.datetime(2026, 1, 22, 12, 0, tzinfo=dt.UTC)
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def job(number: int, progress: int) -> Job:
    """One of them; a tenth runs."""
    running = number % 10 == 0
    return Job.from_row(
        {
            "id": f"{number:024x}",
            "name": f"job{number}.mov",
            "status": "running" if running else "waiting",
            "progress": progress,
            "speed": 12.5 if running else -1.0,
            "size": 10_000_000 + number,
            "source": "workspace:5a4f71ef1da7ee15c5d43ae3",
            "destination": "site:5c5bf52a1da7ee0165105b85",
        }
    )


def measured(what: str, once: Callable[[], object], each: int = 1, unit: str = "ms") -> None:
    """Print the CPU of something, by the number of things that it does."""
    once()
    took = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.process_time()
        once()
        took.append((time.process_time() - began) / each)
    scale = {"ms": 1e3, "µs": 1e6}[unit]
    print(f"{what:46} {min(took) * scale:8.2f} ({statistics.median(took) * scale:.2f}) {unit}")


async def main() -> None:
    """Measure and print."""
    session = Session("acme", "lisa@example.com", "key", url="http://127.0.0.1:1")
    meter, board = TrafficMeter(), Board()
    plain, per_job = Metrics(session, board), Metrics(session, board, per_job=True)
    for number in range(JOBS):
        found = JobFound(at=AT, job=job(number, 0))
        board.take(found, 0.0)
        plain.take(found)
        per_job.take(found)
    states = [[job(number, progress) for number in range(JOBS)] for progress in (1, 2)]
    changes = [
        [JobChanged(at=AT, job=new, previous=old, changes={}) for old, new in zip(*pair, strict=True)]
        for pair in (states, states[::-1])
    ]

    def events() -> None:
        for several in changes:
            for event in several:
                plain.take(event)

    def requests() -> None:
        for entity in ENTITIES:
            meter.note("GET", f"{entity}/find", "ok", 0.02)

    print(f"{JOBS} jobs; CPU, least (median) of {ROUNDS} rounds")
    measured("a scrape", plain.exposition)
    measured("a scrape, OpenMetrics", lambda: plain.exposition(OPEN_METRICS))
    measured("a scrape, 500 jobs with series of their own", per_job.exposition)
    measured("beside it: counts and speed by passes over all", lambda: (board.counts(), board.speed()))
    measured("an event taken in", events, 2 * JOBS, "µs")
    measured("a request counted", requests, len(ENTITIES), "µs")
    print(f"{len(plain.exposition()[0]):,} bytes; {len(per_job.exposition()[0]):,} with jobs")


if __name__ == "__main__":
    asyncio.run(main())
