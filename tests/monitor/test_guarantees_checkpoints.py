"""Guarantee 11: what a checkpoint does for queries that jobs leave, for fields and for tasks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accsyn_async import (
    Event,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    MemoryStore,
    Session,
    StateStore,
    Synced,
    TaskChanged,
)
from tests.support.backend import Backend, job_id
from tests.support.virtual import run
from tests.support.watching import until

QUERY = "Transfer WHERE status=running"


async def told(
    session: Session, store: StateStore, what: Any = QUERY, *, quiet: float = 30, **options: Any
) -> list[Event]:
    """What a watch that comes back tells until nothing comes."""
    events: list[Event] = []
    async with session.watch(what, checkpoint=store, **options) as watch:
        try:
            while True:
                async with asyncio.timeout(quiet):
                    events.append(await anext(watch))
        except (TimeoutError, StopAsyncIteration):
            return events


def of(events: list[Event], number: int) -> list[str]:
    """What was told of a job."""
    ident = job_id(number)
    return [type(event).__name__ for event in events if isinstance(event, JobEvent) and event.job.id == ident]


def test_guarantee_11_jobs_that_left_the_query_without_ending_are_followed_to_their_ends() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        for number in (1, 2, 3):
            backend.add(number)
        async with backend.session() as session:
            await told(session, store)
        # Paused while nobody watches, and so out of the list of those that run.
        backend.move(1, status="paused", speed=-1.0)
        backend.move(2, status="waiting", speed=-1.0)
        async with backend.session() as session:
            back = await told(session, store)
            assert (of(back, 1), of(back, 2), of(back, 3)) == (["JobFound"],) * 3
            statuses = {event.job.id: event.job.status.value for event in back if isinstance(event, JobFound)}
            assert statuses == {job_id(1): "paused", job_id(2): "waiting", job_id(3): "running"}
            backend.end(2, "aborted")
            await asyncio.sleep(3600)
            back = await told(session, store)
            assert (of(back, 1), of(back, 2)) == (["JobFound"], ["JobFound", "JobFinished"])
        backend.end(1)
        async with backend.session() as session:
            back = await told(session, store)
            assert (of(back, 1), of(back, 2)) == (["JobFound", "JobFinished"], [])
            back = await told(session, store)
            assert (of(back, 1), of(back, 2), of(back, 3)) == ([], [], ["JobFound"])

    run(main())


def test_guarantee_11_what_left_the_query_and_is_gone_was_removed() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        for number in (1, 2):
            backend.add(number)
        async with backend.session() as session:
            await told(session, store)
            backend.move(1, status="paused", speed=-1.0)
            await told(session, store)
        backend.vanish(1)
        async with backend.session() as session:
            back = await told(session, store)
            assert of(back, 1) == ["JobRemoved"]
            (removed,) = [event for event in back if isinstance(event, JobRemoved)]
            assert removed.job.status == "paused"
            assert of(await told(session, store), 1) == []

    run(main())


def test_guarantee_11_while_it_watches_a_job_that_came_back_into_the_query_goes_on() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            await told(session, store)
            backend.move(1, status="paused", speed=-1.0)
            async with session.watch(QUERY, checkpoint=store) as watch:
                assert of(await until(watch, Synced), 1) == ["JobFound"]
                for status in ("running", "paused", "running"):
                    backend.move(1, status=status)
                    (changed,) = await until(watch, JobChanged)
                    assert isinstance(changed, JobChanged)
                    assert changed.job.status == status
                    await asyncio.sleep(15)
                assert watch.backlog == 0
                backend.end(1)
                assert of(await until(watch, JobFinished), 1) == ["JobChanged", "JobFinished"]
                await asyncio.sleep(60)
                assert watch.backlog == 0

    run(main())


@pytest.mark.parametrize("what", [QUERY, job_id(1)], ids=["query", "id"])
def test_guarantee_11_with_fields_ends_are_told_and_owed_whatever_they_are(what: str) -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            first = await told(session, store, what, fields=["metadata"])
            assert of(first, 1) == ["JobFound"]
            backend.end(1)
            finished: list[JobFinished] = []
            for _ in range(2):
                with pytest.raises(RuntimeError):
                    async with session.watch(what, checkpoint=store, fields=["metadata"]) as watch:
                        async for event in watch:
                            if isinstance(event, JobFinished):
                                finished.append(event)
                                raise RuntimeError("the consumer fails on it")
            assert finished[0].id == finished[1].id
            assert finished[1].job.metadata == {"shot": "sh0001"}
            # Which fields are told is no part of what a checkpoint belongs to.
            back = await told(session, store, what)
            assert of(back, 1) == ["JobFinished"]
            assert of(await told(session, store, what, fields=["speed"]), 1) == []

    run(main())


def test_guarantee_11_changes_of_fields_do_not_write_and_status_does() -> None:
    """What is kept is how a job stood: its status, whoever watches what."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with (
            backend.session() as session,
            session.watch("Transfer", checkpoint=store, fields=["metadata", "status"]) as watch,
        ):
            await until(watch, Synced)
            backend.move(1, metadata={"shot": "other"})
            await until(watch, JobChanged)
            backend.move(1, status="paused")
            await until(watch, JobChanged)
        kept = await store.load()
        assert '"status":"paused"' in kept[f"job:{job_id(1)}"]

    run(main())


@pytest.mark.parametrize("what", ["Transfer", job_id(1)], ids=["query", "id"])
def test_guarantee_11_with_tasks_they_are_told_anew_and_the_end_once(what: str) -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        backend.set_tasks(1, "executing", "queued")
        ids: list[str] = []
        async with backend.session() as session:
            first = await told(session, store, what, tasks=True)
            assert of(first, 1) == ["JobFound", "TaskChanged", "TaskChanged"]
            backend.set_tasks(1, "done", "executing")
            back = await told(session, store, what, tasks=True)
            statuses = [event.task.status.value for event in back if isinstance(event, TaskChanged)]
            # What a task was before nobody remembers: it is seen for the first time again.
            assert statuses == ["done", "executing"]
            assert all(event.previous is None for event in back if isinstance(event, TaskChanged))
            backend.end(1)
        async with backend.session() as session:
            back = await told(session, store, what, tasks=True)
            ids += [event.id for event in back if isinstance(event, JobFinished)]
            assert of(back, 1)[-1] == "JobFinished"
            assert of(await told(session, store, what, tasks=True), 1) == []
        assert ids == [f"acme:{job_id(1)}:done:{backend.archive[job_id(1)]['finished']}"]

    run(main())


def test_guarantee_11_with_neither_what_there_is_nor_tasks_the_ends_are_told() -> None:
    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        for number in (1, 2):
            backend.add(number)
        async with backend.session() as session:
            assert of(await told(session, store, "Transfer", initial=False), 1) == []
        backend.end(1)
        backend.add(3)
        backend.end(3)
        async with backend.session() as session:
            back = await told(session, store, "Transfer", initial=False)
            assert (of(back, 1), of(back, 2), of(back, 3)) == (["JobFinished"], [], ["JobFinished"])
            assert not [
                event for event in await told(session, store, "Transfer") if isinstance(event, JobFinished)
            ]

    run(main())
