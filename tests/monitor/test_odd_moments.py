"""What happens at odd moments: ids that come late, polls that are just ending, callbacks that fail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from accsyn_async import (
    AccsynError,
    ArgumentError,
    JobFinished,
    JobFound,
    JobRemoved,
    MemoryStore,
    PollPolicy,
    Synced,
)
from tests.support.backend import Backend, job_id
from tests.support.virtual import run
from tests.support.watching import kinds, take, until


def test_guarantee_12_what_the_session_has_ended_is_not_begun_again() -> None:
    async def main() -> None:
        backend = Backend()
        for number in (1, 2):
            backend.add(number)
        session = backend.session()
        async with session:
            completed = session.as_completed(job_id(1))
            backend.end(1)
            assert (await anext(completed)).id == job_id(1)
            async with session.watch(job_id(2)) as watch:
                await until(watch, Synced)
                await session.aclose()
                with pytest.raises(AccsynError, match="has ended"):
                    watch.add(job_id(1))
                assert [event async for event in watch] == []
            with pytest.raises(AccsynError, match="has ended"):
                completed.add(job_id(2))

    run(main())


def test_a_watch_whose_last_id_was_removed_takes_another() -> None:
    async def main() -> None:
        backend = Backend()
        for number in (1, 2):
            backend.add(number)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            watch.remove(job_id(1))
            await asyncio.sleep(60)
            watch.add(job_id(2))
            assert kinds(await take(watch, 1)) == ["JobFound"]
            backend.end(2)
            assert kinds([event async for event in watch]) == ["JobChanged", "JobFinished"]

    run(main())


@pytest.mark.parametrize("ticks", range(6))
def test_who_comes_while_a_poller_ends_gets_another(ticks: int) -> None:
    """Guarantee 7: a wait never ends because somebody else has left."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer") as watch:
                await until(watch, Synced)
                backend.latency = 100
                await asyncio.sleep(20)
            for _ in range(ticks):
                await asyncio.sleep(0)
            backend.latency = 0.01
            async with asyncio.timeout(300):
                assert (await session.wait(job_id(1), until="running")).id == job_id(1)

    run(main())


@pytest.mark.parametrize("ticks", range(5))
def test_a_checkpoint_is_let_go_of_however_often_it_is_cancelled(ticks: int) -> None:
    class Slow(MemoryStore):
        async def save(self, changes: Mapping[str, str | None]) -> None:
            await asyncio.sleep(0)
            await super().save(changes)

    async def main() -> None:
        backend, store = Backend(), Slow()
        backend.add(1)
        async with backend.session() as session:

            async def follow() -> None:
                async with session.watch("Transfer", checkpoint=store) as watch:
                    async for _ in watch:
                        pass

            following = asyncio.create_task(follow())
            await asyncio.sleep(1.5)
            following.cancel()
            for _ in range(ticks):
                await asyncio.sleep(0)
            following.cancel()
            await asyncio.wait([following])
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)

    run(main())


def test_guarantee_11_jobs_that_were_there_are_remembered_though_they_were_not_told() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        for number in (1, 2):
            backend.add(number)
        ids = [job_id(1), job_id(2)]
        async with backend.session() as session:
            async with session.watch(ids, checkpoint=store, initial=False) as watch:
                await until(watch, Synced)
            backend.vanish(1)
            async with session.watch(ids, checkpoint=store, initial=False) as watch:
                backend.end(2)
                ends = [event async for event in watch if isinstance(event, JobFinished | JobRemoved)]
                assert kinds(list(ends)) == ["JobRemoved", "JobFinished"]

    run(main())


def test_guarantee_11_an_end_on_which_a_callback_failed_is_told_again() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        for number in (1, 2):
            backend.add(number)
            backend.end(number)
        ids = [job_id(1), job_id(2)]
        told: list[str] = []
        async with backend.session() as session:
            for fails in (True, False):

                def note(event: JobFinished, fails: bool = fails) -> None:
                    told.append(event.job.id[-1])
                    if fails and event.job.id == job_id(1):
                        raise OSError("the database is away")

                async with session.watch(ids, checkpoint=store) as watch:
                    watch.on(JobFinished, note)
                    await watch.run()
        assert sorted(told) == ["1", "1", "2"]

    run(main())


def test_guarantee_6_a_callback_that_awaits_what_was_cancelled_fails_alone() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.end(1)
        done: list[str] = []

        async def awaits_a_cancelled_task(_event: JobFound) -> None:
            task = asyncio.create_task(asyncio.sleep(10))
            task.cancel()
            await task

        async with backend.session() as session, session.watch(job_id(1)) as watch:
            watch.on(JobFound, awaits_a_cancelled_task)
            watch.on(JobFinished, lambda event: done.append(event.job.id))
            await watch.run()
        assert done == [job_id(1)]

    run(main())


def test_ids_of_events_do_not_begin_anew_with_the_next_watch() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, status="waiting")
        ids: list[str] = []
        async with backend.session() as session:
            for status in ("running", "failed", "waiting"):
                async with session.watch(job_id(1)) as watch:
                    await until(watch, Synced)
                    backend.move(1, status=status)
                    (changed,) = await take(watch, 1)
                    ids.append(changed.id)  # type: ignore[attr-defined]
        assert ids == [f"acme:{job_id(1)}:0:{number}" for number in (1, 2, 3)]

    run(main())


def test_statistics_never_count_backwards() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            polls: list[int] = []
            for _ in range(3):
                async with session.watch("Transfer") as watch:
                    await until(watch, Synced)
                    await asyncio.sleep(5)
                    polls.append(session.monitor.statistics().polls)
                await asyncio.sleep(30)
            assert polls == sorted(polls)
            after = session.monitor.statistics()
            assert (after.polls >= polls[-1], after.watches, after.jobs) == (True, 0, 0)

    run(main())


@pytest.mark.parametrize("fields", [5, [["a"]], [None], object()])
def test_what_are_no_fields(fields: Any) -> None:
    async def main() -> None:
        async with Backend().session() as session:
            with pytest.raises(ArgumentError, match="what can be watched of a job"):
                session.watch("Transfer", fields=fields)

    run(main())


@pytest.mark.parametrize("after", ["60", True, 0, -1, float("nan")])
def test_what_is_no_time_to_stall(after: Any) -> None:
    with pytest.raises(ArgumentError, match="stalled_after"):
        PollPolicy(stalled_after=after)


@pytest.mark.parametrize("kind", [None, 5, "", "user"])
def test_what_is_no_kind_of_job(kind: Any) -> None:
    async def main() -> None:
        async with Backend().session() as session:
            with pytest.raises(ArgumentError, match="what can be watched: transfer"):
                session.watch(job_id(1), entitytype=kind)

    run(main())


def test_thousands_of_ids_are_removed_at_once() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(3000):
            backend.add(number)
        ids = [job_id(number) for number in range(3000)]
        async with backend.session() as session, session.watch(ids) as watch:
            await until(watch, Synced)
            watch.remove(ids[1:])
            backend.end(0)
            assert kinds([event async for event in watch]) == ["JobChanged", "JobFinished"]

    run(main())
