"""The monitor in virtual time: the end that is looked up, and lives (guarantees 4 and 5)."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from accsyn_async import (
    JobChanged,
    JobFinished,
    JobRemoved,
    JobRevived,
    NotFoundError,
    Recovered,
    Synced,
)
from tests.support.backend import RESET, UNREACHED, Backend, fails, html, job_id, reply
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

# -- 4 the end is looked up, not guessed


@pytest.mark.parametrize("what", ["Transfer", job_id(1), "Transfer WHERE status=running"])
@pytest.mark.parametrize("stays", [False, True], ids=["leaves-at-once", "stays-listed"])
@pytest.mark.parametrize("status", ["done", "aborted"])
def test_guarantee_4_one_end_whether_it_stays_listed_or_leaves(what: str, stays: bool, status: str) -> None:
    async def main() -> None:
        backend = Backend(ended_stay_listed=stays)
        backend.add(1, progress=90)
        async with backend.session() as session, session.watch(what) as watch:
            await until(watch, Synced)
            backend.end(1, status, at=5)
            events = await until(watch, JobFinished)
            assert kinds(events) == ["JobChanged", "JobFinished"]
            finished = events[-1]
            assert isinstance(finished, JobFinished)
            assert finished.job.status == status
            assert finished.id == f"acme:{job_id(1)}:{status}:2026-01-01T00:00:05"
            assert finished.job.finished == dt.datetime(2026, 1, 1, 0, 0, 5, tzinfo=dt.UTC)
            if watch_is_endless(what):
                await asyncio.sleep(30)
                if stays:
                    backend.archive[job_id(1)] = backend.jobs.pop(job_id(1))
                    await asyncio.sleep(30)
                assert watch.backlog == 0
            else:
                with pytest.raises(StopAsyncIteration):
                    await anext(watch)

    run(main())


def test_guarantee_4_a_job_that_left_the_query_is_followed_to_its_end() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer WHERE status=running") as watch:
            await until(watch, Synced)
            backend.move(1, status="paused", speed=-1.0)
            (paused,) = await take(watch, 1)
            assert isinstance(paused, JobChanged)
            assert paused.job.status == "paused"
            await asyncio.sleep(15)
            backend.end(1, "aborted")
            assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]

    run(main())


def test_guarantee_4_removed_only_after_two_lookups_two_seconds_apart() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.vanish(1)
            (removed,) = await take(watch, 1)
            assert isinstance(removed, JobRemoved)
            assert removed.job.id == job_id(1)
            lookups = [request for request in backend.requests() if request.event.get("id") == job_id(1)]
            assert len(lookups) >= 2
            assert lookups[-1].at - lookups[0].at >= 2
            await asyncio.sleep(30)
            assert watch.backlog == 0

    run(main())


@pytest.mark.parametrize("by_id_only", [False, True], ids=["no-lookup", "not-by-id"])
@pytest.mark.parametrize(
    "bad",
    [RESET, UNREACHED, html(502), html(200), reply({"message": "busy"}, 429), reply(b"", 503)],
    ids=["reset", "refused", "502-page", "200-page", "429", "503-empty"],
)
def test_guarantee_4_no_answer_leaves_a_suspect_a_suspect(bad: Any, by_id_only: bool) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            gone = dict(backend.jobs)

            def refuse_lookups(received: Any) -> Any:
                backend.faults.append(refuse_lookups)
                finished = not by_id_only and (received.data or {}).get("finished")
                return bad if received.event.get("id") or finished else None

            backend.faults.append(refuse_lookups)
            backend.jobs.clear()
            await asyncio.sleep(60)
            backend.jobs.update(gone)
            backend.faults.clear()
            events = await until(watch, Recovered)
            assert kinds(events) == ["Degraded", "Recovered"]
            await asyncio.sleep(60)
            assert watch.backlog == 0

    run(main())


def test_guarantee_4_a_list_that_is_suddenly_empty_is_asked_for_again() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(20):
            backend.add(number)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.faults += fails(reply({"result": []}))
            await asyncio.sleep(10)
            assert watch.backlog == 0
            assert [
                request for request in backend.requests() if "id in" in request.event.get("query", "")
            ] == []
            assert [request for request in backend.requests() if "id" in request.event] == []

    run(main())


def test_guarantee_4_a_job_missing_from_the_list_but_active_is_followed_by_id() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(10):
            backend.add(number)
        hidden = job_id(3)
        original = backend._find

        def capped(event: dict[str, Any], data: dict[str, Any]) -> Any:
            rows = original(event, data)
            return (
                rows
                if "id" in event or event.get("query")
                else [each for each in rows if each["id"] != hidden]
            )

        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend._find = capped  # type: ignore[method-assign]
            await asyncio.sleep(5)
            backend.move(3, progress=55)
            (event,) = await take(watch, 1)
            assert isinstance(event, JobChanged)
            assert event.job.id == hidden
            backend.end(3)
            assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]

    run(main())


def test_guarantee_4_an_id_that_never_was_is_not_found() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.raises(NotFoundError, match=job_id(9)):
                await session.wait(job_id(9))
            async with session.watch(job_id(9)) as watch:
                with pytest.raises(NotFoundError):
                    await anext(watch)

    run(main())


def test_guarantee_4_a_job_that_had_ended_is_found_and_finished() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.end(1)
        async with backend.session() as session:
            async with session.watch(job_id(1)) as watch:
                assert kinds([event async for event in watch]) == ["JobFound", "Synced", "JobFinished"]
            assert (await session.wait(job_id(1))).status == "done"

    run(main())


# -- 5 lives


def test_guarantee_5_a_life_between_two_polls_that_no_list_held_is_not_missed() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.end(1, "aborted")
            await until(watch, JobFinished)
            await asyncio.sleep(33)
            ended = backend.archive[job_id(1)]
            ended.update(status="done", finished="2026-01-01T00:00:36")
            events = await until(watch, JobFinished)
            assert kinds(events) == ["JobRevived", "JobFinished"]
            assert events[0].run == 1  # type: ignore[attr-defined]

    run(main())


@pytest.mark.parametrize("stays", [False, True], ids=["leaves-at-once", "stays-listed"])
def test_guarantee_5_a_finished_job_that_is_active_again_is_revived(stays: bool) -> None:
    async def main() -> None:
        backend = Backend(ended_stay_listed=stays)
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.end(1)
            first = (await until(watch, JobFinished))[-1]
            await asyncio.sleep(15)
            backend.archive.pop(job_id(1), None)
            backend.add(1, status="waiting", progress=50, speed=-1.0)
            (revived,) = await take(watch, 1)
            assert isinstance(revived, JobRevived)
            assert revived.run == 1
            backend.end(1)
            second = (await until(watch, JobFinished))[-1]
            assert isinstance(first, JobFinished)
            assert isinstance(second, JobFinished)
            assert second.run == 1
            assert first.id != second.id

    run(main())


def test_guarantee_5_a_life_between_two_polls_is_not_lost() -> None:
    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.end(1, "aborted", at=3)
            await until(watch, JobFinished)
            backend.end(1, "done", at=9)
            assert kinds(await until(watch, JobFinished)) == ["JobRevived", "JobFinished"]

    run(main())


def watch_is_endless(what: str) -> bool:
    return what.startswith("Transfer")
