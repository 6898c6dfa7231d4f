"""Guarantee 9: how often a watch polls, as the policy has it and as the backend sees it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import PollPolicy, Synced
from accsyn_async.monitor.schedule import Situation, next_interval, shortest_interval
from accsyn_async.wire.rows import JobReader
from tests.support.backend import UNREACHED, Backend, fails, job_id
from tests.support.virtual import run
from tests.support.watching import until

POLICY = PollPolicy()


@pytest.mark.parametrize(
    ("situation", "least", "middle", "most"),
    [
        # Something changed, or is about to finish: 1 s.
        (Situation(2.0, changed=True), 0.9, 1.0, 1.1),
        (Situation(10.0, changed=True), 0.9, 1.0, 1.1),
        (Situation(2.0, running=True, closing=True), 0.9, 1.0, 1.1),
        # Jobs run, or one is to be looked up: 2 s, whatever it was before.
        (Situation(1.0, running=True), 1.8, 2.0, 2.2),
        (Situation(10.0, running=True), 1.8, 2.0, 2.2),
        (Situation(10.0, unresolved=True), 1.8, 2.0, 2.2),
        # Nothing runs: half as long again each time, up to 10 s.
        (Situation(1.0), 1.8, 2.0, 2.2),
        (Situation(2.0), 2.7, 3.0, 3.3),
        (Situation(3.0), 4.05, 4.5, 4.95),
        (Situation(4.5), 6.075, 6.75, 7.425),
        (Situation(6.75), 9.0, 10.0, 11.0),
        (Situation(10.0), 9.0, 10.0, 11.0),
        # Never below 4 times what an answer takes.
        (Situation(2.0, changed=True, reply_time=0.25), 0.9, 1.0, 1.1),
        (Situation(2.0, changed=True, reply_time=0.5), 1.8, 2.0, 2.2),
        (Situation(2.0, running=True, reply_time=1.0), 3.6, 4.0, 4.4),
        (Situation(10.0, reply_time=4.0), 14.4, 16.0, 17.6),
        (Situation(10.0, reply_time=60.0), 27.0, 30.0, 33.0),
        # It failed: anything up to 0.8 s, twice as much each time, up to 30 s.
        (Situation(2.0, failed=True, failures=0), 0.2, 0.4, 0.8),
        (Situation(2.0, failed=True, failures=1), 0.2, 0.8, 1.6),
        (Situation(2.0, failed=True, failures=2), 0.2, 1.6, 3.2),
        (Situation(2.0, failed=True, failures=5), 0.2, 12.8, 25.6),
        (Situation(2.0, failed=True, failures=6), 0.2, 15.0, 30.0),
        (Situation(2.0, failed=True, failures=1000), 0.2, 15.0, 30.0),
        (Situation(2.0, failed=True, changed=True, reply_time=20.0), 0.2, 0.4, 0.8),
        # But no sooner than the backend asked for.
        (Situation(2.0, failed=True, failures=1, asked_to_wait=5.0), 5.0, 5.0, 5.0),
        (Situation(2.0, failed=True, failures=9, asked_to_wait=5.0), 5.0, 15.0, 30.0),
        # What failed before and is good now goes at its pace.
        (Situation(2.0, running=True, failures=9), 1.8, 2.0, 2.2),
    ],
)
def test_guarantee_9_and_7_intervals(situation: Situation, least: float, middle: float, most: float) -> None:
    spread = [next_interval(POLICY, situation, random) for random in (0.0, 0.5, 1.0)]
    assert spread == pytest.approx([least, middle, most])


@given(st.floats(0, 100), st.booleans(), st.booleans(), st.floats(0, 1))
def test_guarantee_9_never_below_four_times_the_reply_time(
    reply_time: float, changed: bool, running: bool, random: float
) -> None:
    situation = Situation(1.0, reply_time=reply_time, changed=changed, running=running)
    interval = next_interval(POLICY, situation, random)
    # But for the spread of a tenth, and up to 30 s.
    assert interval >= 0.9 * min(4 * reply_time, 30) - 1e-9
    assert shortest_interval(POLICY, reply_time) == min(4 * reply_time, 30)


def gaps(backend: Backend, since: float) -> list[float]:
    moments = [request.at for request in backend.lists() if request.at >= since]
    return [round(later - at, 2) for at, later in itertools.pairwise(moments)]


def _runs(_backend: Backend, _turn: int) -> None: ...


def _changes(backend: Backend, turn: int) -> None:
    backend.move(1, progress=turn % 90)


@pytest.mark.parametrize(
    ("job", "latency", "happens", "least", "most"),
    [
        ({}, 0.01, _runs, 2.0, 2.02),
        ({}, 0.01, _changes, 1.0, 1.02),
        ({"progress": 95}, 0.01, _runs, 1.0, 1.02),
        ({"etr": "0h:0m:9s"}, 0.01, _runs, 1.0, 1.02),
        ({"etr": "0h:0m:11s"}, 0.01, _runs, 2.0, 2.02),
        ({"status": "waiting"}, 0.01, _runs, 10.0, 10.02),
        ({"status": "paused"}, 0.01, _runs, 10.0, 10.02),
        ({}, 1.0, _runs, 5.0, 6.01),
        ({"status": "waiting"}, 1.0, _runs, 11.0, 12.01),
    ],
    ids=[
        "running",
        "changing",
        "95-percent",
        "9-seconds-left",
        "11-seconds-left",
        "waiting",
        "paused",
        "slow",
        "slow-waiting",
    ],
)
def test_guarantee_9_the_pace_that_the_backend_sees(
    job: dict[str, Any], latency: float, happens: Callable[[Backend, int], None], least: float, most: float
) -> None:
    async def main() -> None:
        backend = Backend(latency=latency)
        backend.add(1, **job)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            await asyncio.sleep(60)
            began = backend.now()
            for turn in range(160):
                happens(backend, turn)
                await asyncio.sleep(0.5)
            seen = gaps(backend, began)
            assert len(seen) >= 5
            # Between two requests lie the interval and the answer.
            assert least <= min(seen) <= max(seen) <= most

    run(main())


def test_guarantee_9_the_interval_grows_while_nothing_runs_and_falls_at_once() -> None:
    async def main() -> None:
        backend = Backend(latency=0)
        backend.add(1, status="waiting")
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            await asyncio.sleep(60)
            assert gaps(backend, 0)[:8] == pytest.approx([1, 2, 3, 4.5, 6.75, 10, 10, 10], abs=0.01)
            began = backend.now()
            backend.move(1, status="running")
            await asyncio.sleep(30)
            assert gaps(backend, began)[:4] == pytest.approx([1, 2, 2, 2], abs=0.01)

    run(main())


def test_guarantee_9_intervals_are_spread_by_a_tenth_either_way() -> None:
    async def main() -> None:
        backend = Backend(latency=0)
        backend.add(1)
        async with backend.session(poll=PollPolicy()) as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            await asyncio.sleep(2000)
            seen = gaps(backend, 10)
            assert 1.8 <= min(seen) < 1.85
            assert 2.15 < max(seen) <= 2.2
            assert sum(seen) / len(seen) == pytest.approx(2, abs=0.02)

    run(main())


@pytest.mark.parametrize(("good", "forgotten"), [(100.0, False), (130.0, True)])
def test_guarantee_7_two_good_minutes_and_failures_are_forgotten(
    good: float, forgotten: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        backend = Backend(latency=0)
        backend.add(1)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            ((poller, _task),) = session._monitor._pollers.values()
            monkeypatch.setattr(poller, "_rng", _Highest())
            backend.faults += fails(UNREACHED, 6)
            while backend.faults:
                await asyncio.sleep(0.1)
            await asyncio.sleep(good)
            before = len(backend.received)
            backend.faults += fails(UNREACHED)
            await asyncio.sleep(40)
            first, second = [request.at for request in backend.received[before : before + 2]]
            # Twice 0.8 s for the first failure, 30 s for one after many.
            assert second - first == pytest.approx(1.6 if forgotten else 30, abs=0.2)

    run(main())


class _Highest:
    """In place of a random generator: what it spreads is as long as it may be."""

    def random(self) -> float:
        return 1.0


def test_guarantee_9_one_list_a_tick_of_the_attributes_that_are_watched() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(20):
            backend.add(number)
        async with (
            backend.session() as session,
            session.watch("Transfer", fields=["progress"]) as some,
            session.watch([job_id(1), job_id(2)], fields=["speed"]) as others,
        ):
            await until(some, Synced)
            await until(others, Synced)
            await asyncio.sleep(60)
            polls = session.monitor.statistics().polls
            assert len(backend.lists()) == polls
            always = ["id", "name", "code", "status", "created", "finished"]
            assert [request.data["attributes"] for request in backend.lists()] == [
                [*always, "progress", "speed"]
            ] * polls

    run(main())


def test_guarantee_9_tasks_of_running_jobs_that_somebody_watches_with_them() -> None:
    async def main() -> None:
        backend = Backend()
        for number, status in ((1, "running"), (2, "waiting"), (3, "running"), (4, "paused")):
            backend.add(number, status=status)
            backend.set_tasks(number, "queued")
        async with (
            backend.session() as session,
            session.watch([job_id(1), job_id(2), job_id(4)], tasks=True) as tasked,
            session.watch("Transfer") as watch,
        ):
            await until(tasked, Synced)
            await until(watch, Synced)
            await asyncio.sleep(60)
            asked = {request.data["parent"] for request in backend.requests("task/find")}
            assert asked == {job_id(1)}
            await tasked.aclose()
            before = len(backend.requests("task/find"))
            await asyncio.sleep(60)
            assert len(backend.requests("task/find")) == before

    run(main())


def test_guarantee_9_an_unchanged_reply_is_compared_and_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(20):
            backend.add(number)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            await asyncio.sleep(10)

            def unread(_reader: JobReader, _body: bytes) -> Any:
                raise AssertionError("it was read")

            for name in ("_read_at_one_go", "_look_for_rows", "_read_leniently"):
                monkeypatch.setattr(JobReader, name, unread)
            before = session.monitor.statistics()
            await asyncio.sleep(100)
            after = session.monitor.statistics()
            assert after.polls - before.polls >= 45
            assert after.unchanged - before.unchanged == after.polls - before.polls
            monkeypatch.undo()
            backend.move(1, progress=1)
            await asyncio.sleep(5)
            assert watch.backlog == 1

    run(main())
