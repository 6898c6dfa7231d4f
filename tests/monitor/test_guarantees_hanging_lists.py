"""Guarantee 7: a list that is answered late, or never, holds up nobody else."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from accsyn_async import (
    Degraded,
    Event,
    JobChanged,
    JobFinished,
    JobFound,
    JobRemoved,
    Recovered,
    SessionClosedError,
    Synced,
    Watch,
)
from tests.support.backend import UNREACHED, Backend, fails, job_id
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

SLOW, OTHER = "user=7", "user=8"
NEVER = 1e9


def hold(backend: Backend, seconds: float, *, finished: bool = False) -> Callable[[], None]:
    """Let the answer to one query come so late, as it was when it was asked for; ends that when called."""

    async def later(answer: Any) -> Any:
        await asyncio.sleep(seconds)
        return answer

    def fault(received: Any) -> Any:
        backend.faults.append(fault)
        if received.event.get("query") != SLOW or bool((received.data or {}).get("finished")) != finished:
            return None
        return later(backend.answer(received, None))  # type: ignore[arg-type]

    backend.faults.append(fault)
    return lambda: backend.faults.remove(fault)


def filled() -> Backend:
    backend = Backend()
    for number, user in ((1, "7"), (2, "8"), (3, "9")):
        backend.add(number, user=user)
    return backend


def asked(backend: Backend, query: str) -> list[float]:
    return [request.at for request in backend.lists() if request.event.get("query") == query]


def looks(backend: Backend) -> int:
    """How often the finished were looked through."""
    return sum((request.data or {}).get("attributes") == ["id", "finished"] for request in backend.requests())


async def drain(watch: Watch) -> list[Event]:
    return await take(watch, watch.backlog)


@pytest.mark.parametrize("finished", [False, True], ids=["list", "look-through-the-finished"])
@pytest.mark.parametrize("seconds", [25.0, NEVER], ids=["25s", "never"])
def test_guarantee_7_one_list_hangs_and_the_others_go_on(seconds: float, finished: bool) -> None:
    async def main() -> None:
        backend = filled()
        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(f"Transfer WHERE {OTHER}") as other,
            session.watch(job_id(3)) as by_id,
        ):
            for watch in (slow, other, by_id):
                await until(watch, Synced)
            hold(backend, seconds, finished=finished)
            for turn in range(1, 70):
                for number in (1, 2, 3):
                    backend.move(number, progress=turn)
                for watch in (other, by_id):
                    moved = backend.now()
                    (changed,) = await take(watch, 1)
                    assert isinstance(changed, JobChanged)
                    assert changed.job.progress == turn
                    # An interval, or two while the list that hangs is asked for once more.
                    assert backend.now() - moved < 5
            assert backend.now() > 45
            assert {*kinds(await drain(slow))} <= {"Degraded", "Recovered", "JobChanged"}

    run(main())


@pytest.mark.parametrize("seconds", [23.0, 24.0, 25.0, 26.0, NEVER])
def test_guarantee_7_what_comes_late_does_not_slow_down_the_others(seconds: float) -> None:
    """Nor what fails late: polls that take half a second meet it now between two, now in the midst of one."""

    async def main() -> None:
        backend = filled()
        backend.latency = 0.5
        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(f"Transfer WHERE {OTHER}") as other,
        ):
            await until(slow, Synced)
            await until(other, Synced)
            hold(backend, seconds)
            await asyncio.sleep(600)
            moments = [at for at in asked(backend, OTHER) if at > 10]
            assert max(later - at for at, later in itertools.pairwise(moments)) < 8
            assert len(asked(backend, SLOW)) >= 9

    run(main())


@pytest.mark.parametrize("seconds", [25.0, NEVER], ids=["25s", "never"])
def test_guarantee_7_who_joins_while_a_list_hangs_is_told_at_once(seconds: float) -> None:
    async def main() -> None:
        backend = filled()
        hold(backend, seconds)
        async with backend.session() as session, session.watch(f"Transfer WHERE {SLOW}") as slow:
            await asyncio.sleep(5)
            for what in (f"Transfer WHERE {OTHER}", job_id(3), [job_id(2), job_id(3)]):
                began = backend.now()
                async with session.watch(what) as watch:
                    assert kinds(await until(watch, Synced))[-2:] == ["JobFound", "Synced"]
                assert backend.now() - began < 5
            assert "Synced" not in kinds(await drain(slow))

    run(main())


@pytest.mark.parametrize(
    ("happens", "expected"), [("ends", ["JobChanged", "JobFinished"]), ("vanishes", ["JobRemoved"])]
)
def test_guarantee_7_lookups_go_on_while_a_list_hangs(happens: str, expected: list[str]) -> None:
    async def main() -> None:
        backend = filled()
        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(f"Transfer WHERE {OTHER}") as other,
        ):
            await until(slow, Synced)
            await until(other, Synced)
            hold(backend, NEVER)
            await asyncio.sleep(10)
            began = backend.now()
            if happens == "ends":
                backend.end(2)
            else:
                backend.vanish(2)
            final = JobFinished if happens == "ends" else JobRemoved
            assert kinds(await until(other, final)) == expected
            assert backend.now() - began < 12

    run(main())


def test_guarantee_7_what_comes_late_is_told_when_it_comes() -> None:
    async def main() -> None:
        backend = filled()
        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(f"Transfer WHERE {OTHER}") as other,
        ):
            await until(slow, Synced)
            await until(other, Synced)
            relent = hold(backend, 25)
            backend.move(1, progress=40)
            events = await until(slow, JobChanged)
            assert kinds(events) == ["Degraded", "Recovered", "JobChanged"]
            assert backend.now() - asked(backend, SLOW)[-1] == pytest.approx(25, abs=1)
            assert isinstance(events[1], Recovered)
            assert 6 < events[1].after.total_seconds() <= 25
            # Who takes 25 seconds is left in peace for 30.
            relent()
            await asyncio.sleep(100)
            first, second = [at for at in asked(backend, SLOW) if at > 1][-2:]
            assert second - first <= 3
            assert min(at for at in asked(backend, SLOW) if at > backend.now() - 100) > 50
            assert kinds(await drain(other)) == []

    run(main())


@pytest.mark.parametrize("seconds", [25.0, NEVER], ids=["25s", "never"])
def test_guarantee_7_degraded_for_the_watches_of_the_list_that_hangs_only(seconds: float) -> None:
    async def main() -> None:
        backend = filled()
        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(f"Transfer WHERE {SLOW}") as twin,
            session.watch(f"Transfer WHERE {OTHER}") as other,
            session.watch(job_id(3)) as by_id,
        ):
            for watch in (slow, twin, other, by_id):
                await until(watch, Synced)
            relent = hold(backend, seconds)
            began = backend.now()
            assert kinds(await take(slow, 1)) == ["Degraded"]
            # Three intervals of two seconds, from when it was asked for.
            assert 6 <= backend.now() - began <= 10
            relent()
            assert kinds(await take(slow, 1)) == ["Recovered"]
            await asyncio.sleep(200)
            assert kinds(await drain(twin)) == ["Degraded", "Recovered"]
            assert [kinds(await drain(watch)) for watch in (slow, other, by_id)] == [[], [], []]

    run(main())


def test_guarantee_7_hanging_for_ever_is_told_once() -> None:
    async def main() -> None:
        backend = filled()
        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(f"Transfer WHERE {OTHER}") as other,
        ):
            await until(slow, Synced)
            await until(other, Synced)
            hold(backend, NEVER)
            await asyncio.sleep(600)
            assert kinds(await drain(slow)) == ["Degraded"]
            # Given up after half a minute, and asked again half a minute later.
            assert 8 <= len([at for at in asked(backend, SLOW) if at > 1]) <= 12
            assert len(asked(backend, OTHER)) > 200
            assert kinds(await drain(other)) == []

    run(main())


def test_guarantee_7_who_joins_is_told_of_a_list_that_was_asked_for_after_it_came() -> None:
    async def main() -> None:
        backend = filled()
        relent = hold(backend, 25)
        async with backend.session() as session, session.watch(f"Transfer WHERE {SLOW}") as first:
            await asyncio.sleep(5)
            backend.move(1, progress=60)
            async with session.watch(f"Transfer WHERE {SLOW}") as second:
                joined = backend.now()
                relent()
                (old,) = [each for each in await until(first, Synced) if isinstance(each, JobFound)]
                assert old.job.progress == 0, "the answer is as old as the question"
                assert "Synced" not in kinds(await drain(second))
                (new,) = [each for each in await until(second, Synced) if isinstance(each, JobFound)]
                assert new.job.progress == 60
                assert [at for at in asked(backend, SLOW) if at > joined]

    run(main())


@pytest.mark.parametrize("late", [1.0, 5.0, 12.0], ids=["soon", "while-late", "while-degraded"])
def test_guarantee_12_closing_while_a_list_hangs_leaves_nothing_behind(late: float) -> None:
    """The loop is checked for tasks that are left when it ends."""

    async def main() -> None:
        backend = filled()
        hold(backend, NEVER)
        async with backend.session() as session:
            slow = await session.watch(f"Transfer WHERE {SLOW}").__aenter__()
            waiting = asyncio.create_task(session.wait(job_id(3)))
            await asyncio.sleep(late)
        assert "Synced" not in kinds([event async for event in slow])
        with pytest.raises(SessionClosedError):
            await waiting
        sent = len(backend.received)
        await asyncio.sleep(300)
        assert len(backend.received) == sent

    run(main())


def test_guarantee_1_leaving_a_list_that_hangs_ends_the_asking() -> None:
    async def main() -> None:
        backend = filled()
        hold(backend, NEVER)
        async with backend.session() as session:
            async with session.watch(f"Transfer WHERE {SLOW}"):
                await asyncio.sleep(20)
            await asyncio.sleep(1)
            assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("accsyn-")]
            sent = len(backend.received)
            await asyncio.sleep(300)
            assert len(backend.received) == sent

    run(main())


def test_guarantee_5_a_late_list_that_is_older_than_an_end_is_no_revival() -> None:
    async def main() -> None:
        backend = filled()
        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(f"Transfer WHERE {OTHER}") as other,
        ):
            await until(slow, Synced)
            await until(other, Synced)
            # Out of the list, and followed by its id.
            backend.move(1, user="0", progress=10)
            await until(slow, JobChanged)
            backend.move(1, user="7", progress=20)
            relent = hold(backend, 12)
            count = len(asked(backend, SLOW))
            while len(asked(backend, SLOW)) == count:
                await asyncio.sleep(0.1)
            relent()
            backend.end(1)
            assert kinds(await until(slow, JobFinished))[-1] == "JobFinished"
            assert len(asked(backend, SLOW)) == count + 1, "it hangs yet"
            await asyncio.sleep(120)
            assert {*kinds(await drain(slow))} <= {"Degraded", "Recovered"}
            assert len(asked(backend, SLOW)) > count + 1

    run(main())


def test_guarantee_2_who_joins_after_an_end_while_a_list_hangs_finds_the_job_when_it_is_back() -> None:
    """To who never heard of it, it is found; to the others it is active again."""

    async def main() -> None:
        backend = filled()
        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(f"Transfer WHERE {OTHER}") as old,
        ):
            await until(slow, Synced)
            await until(old, Synced)
            hold(backend, NEVER)
            await asyncio.sleep(10)
            backend.end(2)
            await until(old, JobFinished)
            async with session.watch(f"Transfer WHERE {OTHER}") as new:
                assert kinds(await until(new, Synced)) == ["Synced"]
                backend.archive.clear()
                backend.add(2, user="8", status="waiting")
                assert kinds(await take(old, 1)) == ["JobRevived"]
                assert kinds(await take(new, 1)) == ["JobFound"]

    run(main())


def test_guarantee_7_everything_hangs_and_comes_back() -> None:
    async def main() -> None:
        backend = filled()

        async def never() -> None:
            await asyncio.sleep(NEVER)

        def fault(_received: Any) -> Any:
            backend.faults.append(fault)
            return never()

        async with (
            backend.session() as session,
            session.watch(f"Transfer WHERE {SLOW}") as slow,
            session.watch(job_id(3)) as by_id,
        ):
            for watch in (slow, by_id):
                await until(watch, Synced)
            backend.faults.append(fault)
            await asyncio.sleep(120)
            backend.faults.clear()
            backend.faults += fails(UNREACHED)
            backend.move(1, progress=7)
            backend.end(3)
            assert kinds(await until(slow, JobChanged)) == ["Degraded", "Recovered", "JobChanged"]
            assert kinds([event async for event in by_id])[0] == "Degraded"
            for event in (await drain(slow), await drain(by_id)):
                assert not [each for each in event if isinstance(each, Degraded)]

    run(main())


@pytest.mark.parametrize("late", [9.0, 25.0])
def test_guarantee_4_a_look_that_was_answered_late_once_does_not_delay_the_next(late: float) -> None:
    """What came and went meanwhile is told once the query is asked again: 30 s later at most."""

    async def main() -> None:
        backend = filled()
        async with backend.session() as session, session.watch(f"Transfer WHERE {SLOW}") as watch:
            await until(watch, Synced)
            await asyncio.sleep(20)
            relent, before = hold(backend, late, finished=True), looks(backend)
            while looks(backend) == before:
                await asyncio.sleep(0.1)
            relent()
            await asyncio.sleep(late)
            backend.add(4, user="7")
            backend.end(4)
            began = backend.now()
            *_, end = await until(watch, JobFinished)
            assert isinstance(end, JobFinished)
            assert end.job.id == job_id(4)
            assert backend.now() - began < 35

    run(main())
