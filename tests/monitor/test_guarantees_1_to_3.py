"""The monitor in virtual time: sharing, what is told first, order and truth (guarantees 1 to 3)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accsyn_async import (
    JobChanged,
    JobFinished,
    JobFound,
    Synced,
)
from tests.support.backend import Backend, job_id
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

# -- 1 one poller, any number of watches


def test_guarantee_1_a_thousand_watches_share_one_list() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(50):
            backend.add(number)
        async with backend.session() as session:
            watches = [session.watch(job_id(number % 50)) for number in range(500)]
            watches += [session.watch("Transfer") for _ in range(500)]
            for watch in watches:
                await watch.__aenter__()
            for watch in watches:
                await until(watch, Synced)
            assert len(backend.lists()) == 1
            await asyncio.sleep(20)
            assert len(backend.lists()) <= 12
            backend.move(7, progress=7)
            await asyncio.sleep(3)
            assert [watch.backlog for watch in watches] == [n % 50 == 7 or n >= 500 for n in range(1000)]
            for watch in watches:
                await watch.aclose()

    run(main())


def test_guarantee_1_polling_stops_with_the_last_watch() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer") as watch:
                await until(watch, Synced)
            await asyncio.sleep(5)
            asked = len(backend.received)
            await asyncio.sleep(100)
            assert len(backend.received) == asked
            async with session.watch("Transfer") as watch:
                assert kinds(await until(watch, Synced)) == ["JobFound", "Synced"]

    run(main())


def test_guarantee_1_many_ids_become_one_list() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(600):
            backend.add(number)
        async with backend.session() as session:
            async with session.watch([job_id(number) for number in range(600)]) as watch:
                await until(watch, Synced)
                assert len(backend.lists()) == 1
                assert "query" not in backend.lists()[0].event

    run(main())


# -- 2 first what is, then what changes


@pytest.mark.parametrize(
    "what", ["Transfer", [job_id(1), job_id(2)], {"id": job_id(1)}, 'Transfer WHERE user="3"']
)
def test_guarantee_2_found_synced_changes(what: Any) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        if not isinstance(what, dict):
            backend.add(2)
        async with backend.session() as session, session.watch(what) as watch:
            events = await until(watch, Synced)
            assert kinds(events) == ["JobFound"] * (len(events) - 1) + ["Synced"]
            assert events[-1].jobs == len(events) - 1  # type: ignore[attr-defined]
            backend.move(1, progress=30)
            (changed,) = await take(watch, 1)
            assert isinstance(changed, JobChanged)
            assert changed.changes == {"progress": (0, 30)}
            assert [event.seq for event in [*events, changed]] == list(range(1, len(events) + 2))

    run(main())


def test_guarantee_2_a_watch_that_comes_later_gets_what_is_now() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as first:
            await until(first, Synced)
            backend.move(1, progress=70)
            await until(first, JobChanged)
            async with session.watch("Transfer") as second, session.watch(job_id(1)) as third:
                for watch in (second, third):
                    found, synced = await take(watch, 2)
                    assert isinstance(found, JobFound)
                    assert isinstance(synced, Synced)
                    assert found.job.progress == 70

    run(main())


def test_guarantee_2_new_jobs_are_found_later() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session, session.watch("Transfer") as watch:
            assert kinds(await until(watch, Synced)) == ["Synced"]
            backend.add(7)
            (found,) = await take(watch, 1)
            assert isinstance(found, JobFound)
            assert found.job.metadata == {"shot": "sh0007"}
            assert found.id == f"acme:{job_id(7)}:0:0"

    run(main())


# -- 3 order and truth


def test_guarantee_3_progress_may_fall_and_100_is_not_done() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, progress=60)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            seen = []
            for progress in (100, 40, 100):
                backend.move(1, progress=progress)
                (event,) = await take(watch, 1)
                assert isinstance(event, JobChanged)
                seen.append(event.changes["progress"])
            assert seen == [(60, 100), (100, 40), (40, 100)]
            backend.end(1)
            assert kinds([event async for event in watch]) == ["JobChanged", "JobFinished"]

    run(main())


def test_guarantee_3_ids_of_events_count_within_a_life() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            ids = []
            for change in ({"progress": 1}, {"progress": 2}, {"status": "paused"}, {"progress": 3}):
                backend.move(1, **change)
                (event,) = await take(watch, 1)
                ids.append(event.id)  # type: ignore[attr-defined]
            prefix = f"acme:{job_id(1)}:0:"
            assert ids == [f"{prefix}0.1", f"{prefix}0.2", f"{prefix}1", f"{prefix}1.1"]

    run(main())


def test_guarantee_3_a_job_that_came_and_went_between_two_polls_is_not_missed() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.end(1)
        backend.add(2)
        async with backend.session() as session, session.watch("Transfer") as watch:
            assert kinds(await until(watch, Synced)) == ["JobFound", "Synced"]
            await asyncio.sleep(33.3)
            backend.add(3)
            backend.end(3)
            began = backend.now()
            found, finished = await take(watch, 2)
            assert backend.now() - began < 11
            assert isinstance(found, JobFound)
            assert isinstance(finished, JobFinished)
            assert finished.job.id == job_id(3)
            assert finished.job.metadata == {"shot": "sh0003"}
            backend.end(2)
            await until(watch, JobFinished)
            await asyncio.sleep(60)
            assert watch.backlog == 0
            backend.add(9)
            backend.end(9, at=-8000)
            await asyncio.sleep(60)
            assert watch.backlog == 0, "it ended long before the watch began"

    run(main())
