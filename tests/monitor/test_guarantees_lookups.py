"""Guarantees 4 and 8: how a suspect is looked up, and that a deadline counts all waiting."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from accsyn_async import (
    JobChanged,
    JobFinished,
    JobRemoved,
    PollPolicy,
    Session,
    Synced,
    WaitTimeoutError,
    Watch,
)
from tests.support.backend import Backend, Received, fails, job_id, reply
from tests.support.virtual import run
from tests.support.watching import kinds, take, until


def hide(backend: Backend, *idents: str, where: str) -> None:
    """Let some answers lack jobs: those of lists, of ids among the ``finished``, or by one ``id``."""
    find = backend._find

    def lacking(event: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
        kind = "id" if "id" in event else "finished" if data.get("finished") else "list"
        rows = find(event, data)
        return [row for row in rows if row["id"] not in idents] if kind in where else rows

    backend._find = lacking  # type: ignore[method-assign]


def lookups(backend: Backend, ident: str) -> list[str]:
    """How a job was looked up, in order."""
    told = []
    for request in backend.requests():
        query = request.event.get("query") or ""
        if request.event.get("id") == ident:
            told.append("by id")
        elif ident in query:
            told.append("among the finished" if (request.data or {}).get("finished") else "among the active")
    return told


@pytest.mark.parametrize("status", ["done", "aborted"])
def test_guarantee_4_a_suspect_is_looked_up_among_the_finished_first(status: str) -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(10):
            backend.add(number)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.end(1, status)
            assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]
            assert "by id" not in lookups(backend, job_id(1))
            assert "among the finished" in lookups(backend, job_id(1))

    run(main())


@pytest.mark.parametrize("status", ["done", "aborted"])
def test_guarantee_4_and_then_by_its_id(status: str) -> None:
    """A list of the finished may be cut, or late: what it lacks has ended all the same."""

    async def main() -> None:
        backend = Backend()
        for number in range(10):
            backend.add(number)
        hide(backend, job_id(1), where="finished")
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.end(1, status)
            changed, finished = await until(watch, JobFinished)
            assert isinstance(changed, JobChanged)
            assert isinstance(finished, JobFinished)
            assert finished.job.status == status
            order = ["among the finished", "among the active", "by id"]
            assert lookups(backend, job_id(1)) == order
            await asyncio.sleep(60)
            assert watch.backlog == 0

    run(main())


@pytest.mark.parametrize("what", ["Transfer", "Transfer WHERE user=3"])
def test_guarantee_4_an_end_that_stays_listed_while_its_row_changes_is_one_end(what: str) -> None:
    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        backend.add(1)
        async with backend.session() as session, session.watch(what) as watch:
            await until(watch, Synced)
            backend.end(1)
            await until(watch, JobFinished)
            for change in ({"speed": 0.0}, {"metadata": {"shot": "late"}}, {"size": 5}):
                backend.move(1, **change)
                await asyncio.sleep(15)
            assert watch.backlog == 0

    run(main())


def test_guarantee_4_there_after_all_is_nothing() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(10):
            backend.add(number)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            find = backend._find
            hide(backend, job_id(1), where="list")
            await asyncio.sleep(30)
            assert "by id" in lookups(backend, job_id(1))
            backend._find = find  # type: ignore[method-assign]
            await asyncio.sleep(30)
            assert watch.backlog == 0

    run(main())


def test_guarantee_4_missed_once_and_there_again_is_missed_anew() -> None:
    """The two lookups that find nothing are in a row: what was seen between them is there."""

    async def main() -> None:
        backend = Backend()
        for number in range(10):
            backend.add(number)
        # A lookup each quarter of a second, so that two in a row are less than two seconds apart.
        policy = PollPolicy(soon=0.25, running=0.25, idle=0.25, jitter=0)
        async with backend.session(poll=policy) as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            for _ in range(20):
                gone = backend.jobs.pop(job_id(1))
                count = lookups(backend, job_id(1)).count("by id")
                while lookups(backend, job_id(1)).count("by id") < count + 2:
                    await asyncio.sleep(0.05)
                backend.jobs[job_id(1)] = gone
                await asyncio.sleep(1.2)
            assert watch.backlog == 0
            backend.vanish(1)
            began = backend.now()
            assert kinds(await until(watch, JobRemoved)) == ["JobRemoved"]
            assert 2 <= backend.now() - began < 4

    run(main())


@pytest.mark.parametrize(
    ("jobs", "missing", "again"),
    [
        (20, 5, False),
        (20, 6, False),
        (20, 7, True),
        (10, 5, False),
        (10, 6, True),
        (3, 3, True),
        (1, 1, True),
    ],
)
def test_guarantee_4_a_list_that_misses_too_many_is_asked_for_again_first(
    jobs: int, missing: int, again: bool
) -> None:
    """More than five, and more than three in ten; or all."""

    async def main() -> None:
        backend = Backend()
        for number in range(jobs):
            backend.add(number)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            cut: list[float] = []

            def lacking(received: Received) -> Any:
                if received.uri != "transfer/find" or (received.data or {}).get("finished"):
                    backend.faults.append(lacking)
                    return None
                cut.append(received.at)
                return reply({"result": list(backend.jobs.values())[missing:]})

            backend.faults.append(lacking)
            await asyncio.sleep(20)
            (at,) = cut
            after = [request for request in backend.requests() if at <= request.at <= at + 0.5]
            suspected = [request for request in after if "id in" in (request.event.get("query") or "")]
            assert bool(suspected) is not again
            assert ("query" not in after[1].event and "id" not in after[1].event) is again
            assert watch.backlog == 0

    run(main())


def test_guarantee_4_what_is_missing_twice_is_suspected() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(20):
            backend.add(number)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            for number in range(20):
                backend.end(number)
            events = await take(watch, 40)
            assert kinds(events).count("JobFinished") == 20

    run(main())


async def _wait(session: Session, timeout: float) -> None:
    await session.wait(job_id(1), timeout=timeout)


@pytest.mark.parametrize(
    "bad", [{"retry_after": "25"}, {"retry_after": "3600"}, {}], ids=["25s", "an-hour", "not-said"]
)
def test_guarantee_8_a_deadline_counts_what_the_backend_asks_to_wait(bad: dict[str, str]) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, progress=42)
        async with backend.session() as session:
            waiting = asyncio.create_task(_wait(session, 40))
            began = backend.now()
            await asyncio.sleep(10)
            backend.faults += fails(reply({"message": "slow down"}, 429, **bad), 1000)
            with pytest.raises(WaitTimeoutError, match=r"running at 42 %") as caught:
                await waiting
            assert backend.now() - began == pytest.approx(40)
            assert caught.value.job is not None

    run(main())


def test_guarantee_8_a_deadline_does_not_follow_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            clock = session._monitor._clock
            now = clock.now
            waiting = asyncio.create_task(_wait(session, 40))
            began = backend.now()
            await asyncio.sleep(5)
            # Somebody sets the clock a year back, and then forth.
            for days in (-365, 365):
                monkeypatch.setattr(type(clock), "now", lambda _self, by=days: now() + dt.timedelta(days=by))
                await asyncio.sleep(5)
            with pytest.raises(WaitTimeoutError):
                await waiting
            assert backend.now() - began == pytest.approx(40)

    run(main())


def test_guarantee_8_a_cancelled_wait_leaves_no_watch_and_no_poll() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            waits = [asyncio.create_task(_wait(session, 1000)) for _ in range(20)]
            watch: Watch = session.watch(job_id(1))
            await asyncio.sleep(5)
            assert session.monitor.statistics().watches == 20
            for each in waits:
                each.cancel()
            await asyncio.wait(waits)
            assert all(each.cancelled() for each in waits)
            await asyncio.sleep(5)
            assert session.monitor.statistics().watches == 0
            sent = len(backend.received)
            await asyncio.sleep(100)
            assert len(backend.received) == sent
            async with watch:
                assert kinds(await until(watch, Synced)) == ["JobFound", "Synced"]

    run(main())
