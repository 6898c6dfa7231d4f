"""What the simulator found, each as small as it gets."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from accsyn_async import (
    CheckpointError,
    JobChanged,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
    MemoryStore,
    NotFoundError,
    PollPolicy,
    Synced,
)
from tests.support.backend import RESET, Backend, job_id, reply
from tests.support.virtual import run
from tests.support.watching import kinds, until


def test_an_end_between_two_polls_is_told_although_a_watch_by_id_knows_it_already() -> None:
    """Guarantee 4: one end for each watch, whoever observed it first."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.end(1)
            await until(watch, JobFinished)
            await asyncio.sleep(30)
            # It lives and ends again, and only the watch by its id sees the end first.
            backend.archive.clear()
            backend.add(1)
            backend.end(1)
            async with session.watch(job_id(1)) as other:
                assert kinds([event async for event in other])[-1] == "JobFinished"
            async with asyncio.timeout(60):
                assert kinds(await until(watch, JobFinished)) == ["JobRevived", "JobFinished"]

    run(main())


def test_a_wait_for_what_is_nowhere_to_be_found_does_not_return_an_end_of_before() -> None:
    """Guarantee 7: a wait never ends early and looks like success."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        blind = False

        def no_lists(received: Any) -> Any:
            backend.faults.append(no_lists)
            return (
                RESET
                if blind and received.event.get("query") is None and "id" not in received.event
                else None
            )

        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.ended_stay_listed = True
            backend.end(1)
            await until(watch, JobFinished)
            blind = True
            backend.faults.append(no_lists)
            await asyncio.sleep(5)
            backend.move(1, status="running", finished="1970-01-01T00:00:00")
            await asyncio.sleep(5)
            backend.vanish(1)
            with pytest.raises(NotFoundError):
                await session.wait(job_id(1), timeout=300)

    run(main())


@pytest.mark.parametrize("ends", [False, True])
def test_a_list_that_was_asked_for_earlier_and_comes_later_does_not_turn_back_time(ends: bool) -> None:
    """Guarantee 3: in order, and nothing twice."""

    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        backend.add(1, progress=10)

        async def late(received: Any) -> Any:
            """The list of one user is answered as it is now, but seconds later."""
            if received.event.get("query") != "user=3" or (received.data or {}).get("finished"):
                backend.faults.append(late)
                return None
            answer = backend.answer(received, None)  # type: ignore[arg-type]
            if ends:
                backend.end(1)
            else:
                backend.move(1, status="paused", progress=20)
            await asyncio.sleep(2)
            return answer

        async with (
            backend.session() as session,
            session.watch("Transfer WHERE user=3") as some,
            session.watch('Transfer WHERE status!="x"') as others,
        ):
            await until(some, Synced)
            await until(others, Synced)
            backend.move(1, progress=11)
            await until(others, JobChanged)
            await asyncio.sleep(0.5)
            backend.faults.append(late)
            await asyncio.sleep(60)
            for watch in (some, others):
                told = []
                while watch.backlog:
                    event = await anext(watch)
                    if isinstance(event, JobChanged | JobRevived):
                        told.append((event.job.status.value, event.job.progress, event.run))
                assert told == sorted(told, key=lambda each: each[1]), "progress never fell"
                assert told[-1] == (("done", 100, 0) if ends else ("paused", 20, 0))

    run(main())


def test_an_end_between_two_polls_that_its_lookup_does_not_show_is_looked_up_again() -> None:
    """Guarantee 4: what one list says and another does not is no reason to lose an end."""

    async def main() -> None:
        backend = Backend()
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)

            def empty_once(received: Any) -> Any:
                if (received.data or {}).get("finished") and received.event.get("query"):
                    return reply({"result": []})
                backend.faults.append(empty_once)
                return None

            backend.faults.append(empty_once)
            backend.add(1)
            backend.end(1)
            async with asyncio.timeout(60):
                assert kinds(await until(watch, JobFinished)) == ["JobFound", "JobFinished"]

    run(main())


def test_a_job_that_was_removed_comes_back_and_ends_between_two_polls() -> None:
    """Guarantee 5: removed is no end that the next life could be taken for."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.vanish(1)
            await until(watch, JobRemoved)
            await asyncio.sleep(30)
            backend.add(1)
            backend.end(1)
            async with asyncio.timeout(60):
                assert kinds(await until(watch, JobFinished)) == ["JobRevived", "JobFinished"]

    run(main())


def test_one_look_through_the_finished_that_was_slow_does_not_put_off_the_next_for_long() -> None:
    """Guarantee 4: an end between two polls is told within minutes, whatever the weather was."""

    async def main() -> None:
        backend = Backend()
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)

            async def slow_once(received: Any) -> Any:
                if (received.data or {}).get("finished"):
                    await asyncio.sleep(25)
                    return None
                backend.faults.append(slow_once)
                return None

            backend.faults.append(slow_once)
            await asyncio.sleep(60)
            backend.add(1)
            backend.end(1)
            async with asyncio.timeout(150):
                assert kinds(await until(watch, JobFinished))[-1] == "JobFinished"

    run(main())


def test_closing_in_mid_request_leaves_no_timer_behind() -> None:
    """Guarantee 12: a session that is closed has nothing left to do."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            backend.latency = 5
            await asyncio.sleep(2.5)
        timers: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
        assert not [timer for timer in timers if not timer.cancelled() and "overdue" in repr(timer)]

    run(main())


def test_a_list_that_was_asked_for_before_a_wait_began_does_not_answer_it() -> None:
    """Guarantee 7: what was so before the wait began is no success."""

    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        backend.add(1)

        async def late_once(received: Any) -> Any:
            if (received.data or {}).get("finished"):
                backend.faults.append(late_once)
                return None
            answer = backend.answer(received, None)  # type: ignore[arg-type]
            await asyncio.sleep(4)
            return answer

        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            await asyncio.sleep(0.5)
            backend.end(1)
            backend.faults.append(late_once)
            await asyncio.sleep(3)
            backend.move(1, status="running", progress=5, finished="1970-01-01T00:00:00")
            waiting = asyncio.create_task(session.wait(job_id(1)))
            await asyncio.sleep(30)
            assert not waiting.done()
            backend.end(1)
            await waiting

    run(main())


def test_a_job_of_several_that_lives_again_is_told_while_the_others_are_waited_for() -> None:
    """Guarantee 5: also of a job that no list holds; and its new end is waited for."""

    async def main() -> None:
        backend = Backend()
        for number in (1, 2):
            backend.add(number)
        async with backend.session() as session, session.watch([job_id(1), job_id(2)]) as watch:
            await until(watch, Synced)
            backend.end(1)
            await until(watch, JobFinished)
            backend.archive.clear()
            backend.add(1, progress=50)
            (revived,) = (await until(watch, JobRevived))[-1:]
            assert isinstance(revived, JobRevived)
            assert (revived.job.id, revived.run) == (job_id(1), 1)
            backend.end(2)
            assert kinds(await until(watch, JobFinished))[-1] == "JobFinished"
            await asyncio.sleep(10)
            backend.end(1)
            assert kinds([event async for event in watch]) == ["JobChanged", "JobFinished"]

    run(main())


def test_jobs_that_have_ended_are_asked_for_now_and_then_not_at_every_poll() -> None:
    """Guarantee 9: one request in five seconds, however many there are."""

    async def main() -> None:
        backend = Backend()
        for number in range(600):
            backend.add(number)
        async with (
            backend.session() as session,
            session.watch([job_id(number) for number in range(600)]) as watch,
        ):
            await until(watch, Synced)
            for number in range(599):
                backend.end(number)
            await asyncio.sleep(60)
            asked = len(backend.received)
            await asyncio.sleep(100)
            assert len(backend.received) - asked <= 100 / 2 + 100 / 5 + 2
            backend.archive.pop(job_id(7))
            backend.add(7)
            async with asyncio.timeout(30):
                await until(watch, JobRevived)

    run(main())


def test_who_came_after_an_end_is_told_of_the_next_life_as_found() -> None:
    """Guarantee 2: nobody is told that a job lives again of which it never heard."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as first:
            await until(first, Synced)
            backend.end(1)
            await until(first, JobFinished)
            await asyncio.sleep(5)
            async with session.watch("Transfer") as second:
                assert kinds(await until(second, Synced)) == ["Synced"]
                backend.archive.clear()
                backend.add(1)
                assert kinds([await anext(first)]) == ["JobRevived"]
                (found,) = [await anext(second)]
                assert isinstance(found, JobFound)
                assert found.run == 1
                backend.end(1)
                assert kinds(await until(second, JobFinished)) == ["JobChanged", "JobFinished"]

    run(main())


def test_a_first_look_through_the_finished_that_fails_is_had_at_the_next_poll() -> None:
    """Guarantee 4: what ends between two polls is found as soon as anybody can find it."""

    async def main() -> None:
        backend = Backend()
        refused = 0

        def no_ends(received: Any) -> Any:
            nonlocal refused
            if (received.data or {}).get("finished") and refused < 1:
                refused += 1
                return RESET
            backend.faults.append(no_ends)
            return None

        async with backend.session() as session, session.watch("Transfer") as watch:
            backend.faults.append(no_ends)
            await until(watch, Synced)
            await asyncio.sleep(3)
            backend.add(1)
            backend.end(1)
            async with asyncio.timeout(30):
                assert kinds(await until(watch, JobFinished)) == ["JobFound", "JobFinished"]

    run(main())


def test_a_computer_that_slept_in_mid_request_calls_no_job_stalled() -> None:
    """Guarantee 10: what an answer shows that was under way is as old as the question."""

    async def main() -> None:
        backend = Backend()
        backend.add(1, progress=10, speed=0.0)
        backend.add(2)

        async def sleeps(received: Any) -> Any:
            if received.event.get("query") or (received.data or {}).get("finished"):
                backend.faults.append(sleeps)
                return None
            backend.move(1, progress=11)
            answer = backend.answer(received, None)  # type: ignore[arg-type]
            await asyncio.sleep(29)
            return answer

        async with (
            backend.session(poll=PollPolicy(jitter=0, stalled_after=20)) as session,
            session.watch("Transfer") as watch,
        ):
            await until(watch, Synced)
            backend.faults.append(sleeps)
            while kinds([await anext(watch)]) != ["JobChanged"]:
                pass
            changed_at = backend.now()
            stalled = (await until(watch, JobStalled))[-1]
            assert isinstance(stalled, JobStalled)
            assert backend.now() - changed_at >= 20

    run(main())


def test_who_came_while_an_end_was_found_out_is_told_of_the_next_life_as_found() -> None:
    """Guarantee 2: who is let in with the poll that tells an end was told nothing of that job either."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as first:
            await until(first, Synced)
            backend.end(1)
            async with session.watch("Transfer") as second:
                assert kinds(await until(first, JobFinished))[-1] == "JobFinished"
                assert kinds(await until(second, Synced)) == ["Synced"]
                backend.archive.clear()
                backend.add(1)
                assert kinds([await anext(first), await anext(second)]) == ["JobRevived", "JobFound"]

    run(main())


def test_a_list_that_hangs_says_nothing_of_jobs_that_are_asked_for_by_their_ids() -> None:
    """Guarantee 7: Degraded is told to those whose jobs are not answered for."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.add(2, user="4")

        async def hangs(received: Any) -> Any:
            backend.faults.append(hangs)
            if received.event.get("query") == "user=3" and not (received.data or {}).get("finished"):
                await asyncio.sleep(25)
            return None

        async with (
            backend.session() as session,
            session.watch("Transfer WHERE user=3") as hung,
            session.watch(job_id(2)) as other,
        ):
            await until(hung, Synced)
            await until(other, Synced)
            backend.faults.append(hangs)
            assert kinds([await anext(hung)]) == ["Degraded"]
            await asyncio.sleep(15)
            assert other.backlog == 0

    run(main())


def test_a_list_that_hangs_again_and_again_does_not_hold_up_the_others() -> None:
    """Guarantee 9: it is asked for again in four times the time that it took, and the others as ever."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.add(2, user="4")
        asked: list[float] = []

        async def hangs(received: Any) -> Any:
            backend.faults.append(hangs)
            if received.event.get("query") == "user=3" and not (received.data or {}).get("finished"):
                asked.append(backend.now())
                await asyncio.sleep(25)
            return None

        async with (
            backend.session() as session,
            session.watch("Transfer WHERE user=3") as hung,
            session.watch("Transfer WHERE user=4") as other,
        ):
            await until(hung, Synced)
            await until(other, Synced)
            backend.faults.append(hangs)
            for progress in range(1, 20):
                await asyncio.sleep(10)
                backend.move(2, progress=progress)
                async with asyncio.timeout(12):
                    await until(other, JobChanged)
            assert min(b - a for a, b in pairwise(asked)) >= 25 + 30

    run(main())


def test_a_field_that_nobody_watches_any_more_stalls_no_job() -> None:
    """Guarantee 10: without its speed nobody can say that a job gets nowhere."""

    async def main() -> None:
        backend = Backend()
        backend.add(1, progress=10, speed=0.0)
        async with backend.session() as session, session.watch("Transfer", fields=["progress"]) as watch:
            async with session.watch("Transfer") as other:
                await until(other, Synced)
                await asyncio.sleep(20)
            await until(watch, Synced)
            await asyncio.sleep(5)
            backend.move(1, speed=10.0)
            await asyncio.sleep(120)
            assert watch.backlog == 0

    run(main())


def test_who_came_after_an_end_is_told_of_the_job_when_it_is_listed_again() -> None:
    """Guarantee 2: also if that shows no more than the end which others were told."""

    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as first:
            await until(first, Synced)
            backend.end(1)
            await until(first, JobFinished)
            ended = backend.jobs.pop(job_id(1))
            await asyncio.sleep(10)
            async with session.watch("Transfer") as second:
                assert kinds(await until(second, Synced)) == ["Synced"]
                backend.jobs[job_id(1)] = ended
                async with asyncio.timeout(30):
                    assert kinds(await until(second, JobFinished)) == ["JobFound", "JobFinished"]
                backend.move(1, status="running", finished="1970-01-01T00:00:00")
                assert kinds([await anext(first), await anext(second)]) == ["JobRevived", "JobRevived"]

    run(main())


def test_who_leaves_in_mid_poll_leaves_no_fields_to_others() -> None:
    """Guarantee 9: a watch is told of its fields, whatever was asked for when the poll began."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.add(2, user="4")
        async with (
            backend.session() as session,
            session.watch("Transfer WHERE user=3", fields=["status"]) as watch,
            session.watch(job_id(2), fields=["status"]),
        ):
            other = await session.watch("Transfer WHERE user=3").__aenter__()
            await until(watch, Synced)
            await until(other, Synced)

            async def leaves(received: Any) -> Any:
                # After the list, whose changes are not told yet.
                if (received.event.get("query") or "").startswith("id"):
                    await other.aclose()
                else:
                    backend.faults.append(leaves)
                return None

            backend.faults.append(leaves)
            backend.move(1, status="paused", progress=20)
            (changed,) = await until(watch, JobChanged)
            assert isinstance(changed, JobChanged)
            assert changed.changes.keys() == {"status"}

    run(main())


def test_who_finds_a_job_late_is_told_of_the_tasks_that_others_know() -> None:
    """Guarantee 2: also of a job that another list has shown before."""

    async def main() -> None:
        backend = Backend()
        backend.add(1, user="4")
        backend.set_tasks(1, "executing", "queued")
        async with (
            backend.session() as session,
            session.watch("Transfer WHERE user=3", tasks=True) as watch,
            session.watch(job_id(1), tasks=True) as other,
        ):
            await until(watch, Synced)
            await until(other, Synced)
            await asyncio.sleep(20)
            backend.move(1, user="3")
            assert kinds([await anext(watch) for _ in range(3)]) == ["JobFound", "TaskChanged", "TaskChanged"]
            await asyncio.sleep(20)
            assert watch.backlog == 0

    run(main())


def test_an_end_that_was_used_is_not_told_again_when_the_job_is_found_among_the_finished() -> None:
    """Guarantee 11: once by its id, also if the job was out of sight when the watch came back."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
                backend.end(1)
                await until(watch, JobFinished)
            ended = backend.archive.pop(job_id(1))
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
                await asyncio.sleep(20)
                backend.archive[job_id(1)] = ended
                await asyncio.sleep(60)
                assert watch.backlog == 0
                del backend.archive[job_id(1)]
                backend.add(1)
                (revived,) = [await anext(watch)]
                assert isinstance(revived, JobRevived)
                assert (revived.run, revived.id) == (1, f"acme:{job_id(1)}:1:1")

    run(main())


def test_a_job_that_was_known_of_old_and_is_listed_again_is_found_once() -> None:
    """Guarantee 11: it is followed by its id, and then there is a list that holds it."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer WHERE user=3", checkpoint=store) as watch:
                await until(watch, Synced)
            backend.move(1, user="4")
            async with session.watch("Transfer WHERE user=3", checkpoint=store) as watch:
                assert kinds(await until(watch, Synced)) == ["JobFound", "Synced"]
                backend.move(1, user="3")
                await asyncio.sleep(30)
                assert watch.backlog == 0

    run(main())


def test_an_end_that_is_still_owed_comes_before_the_life_that_follows() -> None:
    """Guarantees 3 and 11: in order, across a restart."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            with pytest.raises(ValueError, match="in mid use"):
                async with session.watch("Transfer", checkpoint=store) as watch:
                    await until(watch, Synced)
                    backend.end(1)
                    await until(watch, JobFinished)
                    raise ValueError("in mid use")
            backend.archive.clear()
            backend.add(1, progress=5)
            async with session.watch("Transfer", checkpoint=store) as watch:
                back = [await anext(watch) for _ in range(3)]
                assert kinds(back) == ["Synced", "JobFinished", "JobRevived"]
                assert isinstance(back[0], Synced)
                assert back[0].jobs == 0

    run(main())


def test_a_job_that_was_removed_while_nobody_watched_and_is_back_lives_again() -> None:
    """Guarantee 5: and nothing of it is kept when nobody watches it."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        backend.add(2)
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            backend.vanish(1)
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, JobRemoved)
                await asyncio.sleep(5)
                assert session.monitor.statistics().jobs == 1
                backend.add(1)
                (revived,) = [await anext(watch)]
                assert isinstance(revived, JobRevived)
                assert revived.run == 1

    run(main())


def test_what_is_followed_by_its_id_and_ends_as_its_list_finds_it_is_told_in_order_and_once() -> None:
    """Guarantees 3 and 11: who remembers a job hears of it by its id, whatever the list says of it."""

    async def main() -> None:
        backend, store = Backend(ended_stay_listed=True), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer WHERE user=3", checkpoint=store) as watch:
                await until(watch, Synced)
            backend.move(1, user="4")
            async with session.watch("Transfer WHERE user=3", checkpoint=store) as watch:
                await until(watch, Synced)
                backend.move(1, user="3")
                backend.end(1)
                assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]
                await asyncio.sleep(30)
                assert watch.backlog == 0

    run(main())


def test_that_a_watch_began_is_written_down_again_when_it_could_not_be() -> None:
    """Guarantee 11: what ends afterwards is told, however soon all is lost."""

    class Full(MemoryStore):
        full = True

        async def save(self, changes: Any) -> None:
            if Full.full and "since" in changes:
                raise CheckpointError("the disk is full")
            await super().save(changes)

    async def main() -> None:
        backend, store = Backend(), Full()
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                with pytest.raises(CheckpointError):
                    await anext(watch)
                Full.full = False
                assert kinds([await anext(watch)]) == ["Synced"]
                assert "since" in store._kept

    run(main())


def test_an_end_that_is_handed_out_again_is_not_told_a_third_time_by_a_list() -> None:
    """Guarantee 11: while its consumer is not done with it yet."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            with pytest.raises(ValueError, match="in mid use"):
                async with session.watch("Transfer", checkpoint=store) as watch:
                    await until(watch, Synced)
                    backend.end(1)
                    await until(watch, JobFinished)
                    raise ValueError("in mid use")
            ended = backend.archive.pop(job_id(1))
            async with session.watch("Transfer", checkpoint=store) as watch:
                assert kinds(await until(watch, JobFinished)) == ["Synced", "JobFinished"]
                await asyncio.sleep(10)
                backend.archive[job_id(1)] = ended
                await asyncio.sleep(30)
                assert watch.backlog == 0

    run(main())


def test_what_history_left_out_is_found_when_it_lives_again() -> None:
    """Guarantee 2: nobody is told that a job lives again of which it never heard."""

    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        backend.add(1)
        backend.end(1)
        async with backend.session() as session, session.watch("Transfer", history=False) as watch:
            assert kinds(await until(watch, Synced)) == ["Synced"]
            backend.move(1, status="running", finished="1970-01-01T00:00:00")
            found = await anext(watch)
            assert isinstance(found, JobFound)
            assert found.run == 1
            backend.end(1, "aborted")
            assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]


def test_who_comes_back_for_a_job_that_is_gone_is_told_the_end_that_others_saw() -> None:
    """Guarantee 4: the end that was looked up, and not merely that the job is not there."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        backend.add(2)
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            async with session.watch([job_id(1), job_id(2)]) as other:
                await until(other, Synced)
                backend.end(1)
                end = (await until(other, JobFinished))[-1]
                backend.vanish(1)
                async with session.watch("Transfer", checkpoint=store) as watch:
                    assert (await until(watch, JobFinished))[-1].id == end.id  # type: ignore[attr-defined]

    run(main())


def test_an_end_that_is_listed_until_a_watch_comes_back_is_told_although_it_leaves_at_once() -> None:
    """Guarantee 11: between the question what ended and the first list that counts."""

    async def main() -> None:
        backend, store = Backend(ended_stay_listed=True), MemoryStore()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as other:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            await until(other, Synced)
            backend.add(2)
            backend.end(2)
            await until(other, JobFinished)

            def leaves(received: Any) -> Any:
                # It leaves the list when the watch has asked what ended.
                if (received.data or {}).get("finished") and backend.jobs.get(job_id(2)):
                    answer = backend.answer(received, None)  # type: ignore[arg-type]
                    backend.archive[job_id(2)] = backend.jobs.pop(job_id(2))
                    return answer
                backend.faults.append(leaves)
                return None

            await asyncio.sleep(20)
            async with session.watch("Transfer", checkpoint=store) as watch:
                backend.faults.append(leaves)
                async with asyncio.timeout(60):
                    assert job_id(2) in [
                        event.job.id for event in await until(watch, JobFinished) if hasattr(event, "job")
                    ]

    run(main())


def test_what_one_watch_remembers_begins_no_life_for_others() -> None:
    """Guarantee 5: a watch comes back to a session that knows of fewer lives than it does."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
                backend.end(1)
                await until(watch, JobFinished)
        backend.archive.clear()
        backend.add(1, user="3")
        async with backend.session() as session, session.watch("Transfer WHERE user=3") as other:
            await until(other, Synced)
            backend.end(1)
            await until(other, JobFinished)
            ended = backend.archive.pop(job_id(1))
            await asyncio.sleep(10)
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
                backend.archive[job_id(1)] = ended
                back = await until(watch, JobFinished)
                assert kinds(back) == ["JobRevived", "JobFinished"]
                assert [event.run for event in back] == [1, 1]  # type: ignore[attr-defined]
                await asyncio.sleep(60)
                assert other.backlog == 0

    run(main())


def test_an_end_while_it_was_away_is_told_when_the_job_can_be_found_again() -> None:
    """Guarantee 11: others were told before, and are told nothing twice."""

    async def main() -> None:
        backend, store = Backend(), MemoryStore()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as other:
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
            await until(other, Synced)
            backend.add(2)
            await until(other, JobFound)
            backend.end(2)
            await until(other, JobFinished)
            await asyncio.sleep(10)
            ended = backend.archive.pop(job_id(2))
            async with session.watch("Transfer", checkpoint=store) as watch:
                await until(watch, Synced)
                await asyncio.sleep(20)
                backend.archive[job_id(2)] = ended
                async with asyncio.timeout(60):
                    assert kinds(await until(watch, JobFinished)) == ["JobFound", "JobFinished"]
                assert other.backlog == 0

    run(main())
