"""A watch of a real workspace: what is exposed is what happened there."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from accsyn_async import AccsynError, PollPolicy, Session
from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.sandbox import Sandbox
from tests.dashboard.metrics.happenings import by, scraped, value

QUICK = PollPolicy(soon=0.05, running=0.1, idle=0.2, jitter=0, backoff=0.05, longest_backoff=0.1)
TRANSFERS = [
    # from, to, bytes, direction
    ("a.mov", "site=berlin", 3_000_000, "sync"),
    ("b.mov", "site=berlin", 1_000_001, "sync"),
    ("/Users/lisa/up.mov", "share=projects/up.mov", 2_000_000, "upload"),
    ("c.mov", "/Users/lisa/down.mov", 500_000, "download"),
]


class Watching:
    """A board and metrics that are fed by one watch."""

    def __init__(self, session: Session, **options: Any) -> None:
        self.board = Board()
        self.metrics = Metrics(session, self.board, **options)
        self.happened = asyncio.Condition()

    async def feed(self, session: Session) -> None:
        async with session.watch("Transfer") as watch:
            async for event in watch:
                self.board.take(event, time.monotonic())
                self.metrics.take(event)
                async with self.happened:
                    self.happened.notify_all()

    async def until(self, wanted: dict[str, float], name: str = "accsyn_jobs", label: str = "status") -> None:
        """Wait until the series of a name, by a label, are these."""
        async with asyncio.timeout(30), self.happened:
            await self.happened.wait_for(lambda: by(scraped(self.metrics), name, label) == wanted)

    async def until_value(self, name: str, number: float) -> None:
        async with asyncio.timeout(30), self.happened:
            await self.happened.wait_for(lambda: value(scraped(self.metrics), name) == number)


@asynccontextmanager
async def watching(session: Session, **options: Any) -> AsyncIterator[Watching]:
    each = Watching(session, **options)
    feeding = asyncio.create_task(each.feed(session))
    try:
        yield each
    finally:
        feeding.cancel()
        await asyncio.wait([feeding])


def put(box: Sandbox, source: str, size: int) -> None:
    path = box.local_root / source[1:] if source.startswith("/") else box.volume / source
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))


async def send(box: Sandbox, session: Session, source: str, destination: str, size: int) -> str:
    put(box, source, size)
    row = await session.create("Transfer", {"source": source, "destination": destination})
    return str(row["id"])


async def test_bytes_and_ends_are_those_of_the_files() -> None:
    async with Sandbox(speed=5) as box, box.session(poll=QUICK) as session, watching(session) as each:
        await each.until_value("accsyn_up", 1)
        for source, destination, size, _ in TRANSFERS:
            await send(box, session, source, destination, size)
        await each.until({"done": len(TRANSFERS)}, "accsyn_job_ends_total")
        told = scraped(each.metrics)
        sizes = Counter[str]()
        for _, _, size, direction in TRANSFERS:
            sizes[direction] += size
        assert by(told, "accsyn_observed_bytes_total", "direction") == sizes
        assert by(told, "accsyn_jobs", "status") == {"done": len(TRANSFERS)}
        assert value(told, "accsyn_jobs_remaining_bytes", type="transfer") == 0
        assert value(told, "accsyn_jobs_speed_bytes_per_second", type="transfer") == 0


async def test_jobs_by_their_state() -> None:
    async with Sandbox(speed=0.5) as box, box.session(poll=QUICK) as session:
        jobs = [await send(box, session, f"{n}.mov", "site=berlin", 5_000_000) for n in range(5)]
        async with watching(session, per_job=True) as each:
            await each.until({"running": 1, "waiting": 4})
            await box.run_at(0)
            await session.update("Transfer", jobs[1], {"status": "paused"})
            await session.update("Transfer", jobs[2], {"status": "aborted"})
            (box.volume / "3.mov").unlink()
            await box.advance(seconds=11)
            told = {row["id"]: row["status"] for row in await session.find("Transfer")}
            told |= {row["id"]: row["status"] for row in await session.find("Transfer", finished=True)}
            expected = dict(Counter(told.values()))
            assert expected == {"done": 1, "paused": 1, "aborted": 1, "failed": 1, "running": 1}
            await each.until({status: float(count) for status, count in expected.items()})
            seen = scraped(each.metrics)
            assert by(seen, "accsyn_job_ends_total", "status") == {"done": 1, "aborted": 1}
            assert value(seen, "accsyn_job_failures_total", type="transfer") == 1
            assert by(seen, "accsyn_job_speed_bytes_per_second", "id").keys() == {jobs[4]}
            assert by(seen, "accsyn_job_remaining_bytes", "id").keys() == {jobs[1], jobs[3], jobs[4]}


async def test_requests_are_those_that_arrived() -> None:
    async with Sandbox(speed=5) as box, box.session(poll=QUICK) as session:
        async with watching(session) as each:
            await each.until_value("accsyn_up", 1)
            await send(box, session, "a.mov", "site=berlin", 1_000_000)
            await each.until({"done": 1}, "accsyn_job_ends_total")
        box.weather.add("throttle", count=1, retry_after=0)
        box.expire_sessions()
        await session.find("Transfer")
        await session.find("Queue")
        await session.get_setting("transfer_speedlimit")
        with pytest.raises(AccsynError):
            await session.find("Nonsense")
        told = scraped(each.metrics)
        sent = by(told, "accsyn_api_requests_total", "method", "entity", "outcome")
        arrived = Counter((one.verb, one.uri.partition("/")[0]) for one in box.requests)
        arrived["GET", "other"] = arrived.pop(("GET", "nonsense"))
        # The watch was left: a poll that was under way may have arrived or not.
        left, answered = Counter[Any](), Counter[Any]()
        for (*what, outcome), count in sent.items():
            (left if outcome == "cancelled" else answered)[tuple(what)] += int(count)
        assert answered <= arrived <= answered + left
        outcomes = by(told, "accsyn_api_requests_total", "outcome")
        assert outcomes.keys() - {"cancelled"} == {"ok", "throttled", "expired", "refused"}
        assert outcomes["throttled"] == [one.status for one in box.requests].count(429) == 1
        assert value(told, "accsyn_api_request_duration_seconds_count") == sum(sent.values())


async def test_a_scrape_asks_nobody() -> None:
    async with Sandbox(synthetic_jobs=50) as box, box.session() as session:
        async with watching(session, per_job=True) as each:
            await each.until_value("accsyn_up", 1)
        asked = box.statistics().requests
        for _ in range(20):
            each.metrics.exposition()
            each.metrics.exposition("application/openmetrics-text")
            await asyncio.sleep(0)
        assert box.statistics().requests == asked


async def test_up_and_the_last_success() -> None:
    async with Sandbox() as box, box.session(poll=QUICK) as session, watching(session) as each:
        assert value(scraped(each.metrics), "accsyn_up") == 0
        began = time.time()
        await each.until_value("accsyn_up", 1)
        last = value(scraped(each.metrics), "accsyn_last_success_timestamp_seconds")
        assert began - 1 <= last <= time.time() + 1
        box.weather.add("error", count=1000)
        await each.until_value("accsyn_up", 0)
        told = scraped(each.metrics)
        assert value(told, "accsyn_degradations_total") == 1
        during = value(told, "accsyn_last_success_timestamp_seconds")
        assert last - 0.01 <= during
        box.weather.clear()
        await each.until_value("accsyn_up", 1)
        assert value(scraped(each.metrics), "accsyn_last_success_timestamp_seconds") > during


async def test_a_watch_that_has_ended_is_not_up_and_what_was_last_is_remembered() -> None:
    async with Sandbox() as box, box.session(poll=QUICK) as session:
        async with watching(session) as each:
            await each.until_value("accsyn_up", 1)
            last = value(scraped(each.metrics), "accsyn_last_success_timestamp_seconds")
        told = scraped(each.metrics)
        assert value(told, "accsyn_up") == 0
        assert value(told, "accsyn_last_success_timestamp_seconds") >= last
