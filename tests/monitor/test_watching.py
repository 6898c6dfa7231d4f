"""What a watch can be told to tell: fields, tasks, what there is at first; jobs that come and go."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from accsyn_async import (
    AccsynError,
    ArgumentError,
    Event,
    JobChanged,
    JobFinished,
    JobFound,
    JobRevived,
    JobStalled,
    JobStatus,
    NotFoundError,
    PollPolicy,
    QueryError,
    Recovered,
    Synced,
    TaskChanged,
)
from tests.support.backend import UNREACHED, Backend, fails, job_id, reply
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

# -- fields


def test_fields_are_all_that_is_told_and_asked_for() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            async with session.watch(job_id(1), fields=["speed"]) as watch:
                (found, _synced) = await until(watch, Synced)
                assert isinstance(found, JobFound)
                assert (found.job.name, found.job.status) == ("job1.mov", "running")
                assert (found.job.source, found.job.size, found.job.progress) == (None, None, 0)
                backend.move(1, progress=30)
                await asyncio.sleep(5)
                assert watch.backlog == 0
                backend.move(1, speed=11.0)
                (changed,) = await take(watch, 1)
                assert isinstance(changed, JobChanged)
                assert changed.changes == {"speed": (10.0, 11.0)}
                backend.end(1)
                assert kinds([event async for event in watch]) == ["JobChanged", "JobFinished"]
            (attributes,) = {tuple(request.data["attributes"]) for request in backend.lists()}
            assert attributes == ("id", "name", "code", "status", "created", "finished", "speed")

    run(main())


def test_watches_of_different_fields_share_a_list_and_each_gets_its_own() -> None:
    """Guarantee 1: what they share is one list, of what any of them needs."""

    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with (
            backend.session() as session,
            session.watch("Transfer", fields=["status"]) as status,
            session.watch("Transfer", fields=["progress", "metadata"]) as progress,
            session.watch("Transfer") as usual,
        ):
            for watch in (status, progress, usual):
                await until(watch, Synced)
            backend.move(1, progress=30, speed=3.0, metadata={"shot": "sh2"})
            await asyncio.sleep(5)
            backend.move(1, status="paused", progress=31)
            await asyncio.sleep(5)

            async def changes(watch: Any) -> list[dict[str, Any]]:
                return [event.changes for event in await take(watch, watch.backlog)]  # type: ignore[attr-defined]

            assert await changes(status) == [{"status": (JobStatus.RUNNING, JobStatus.PAUSED)}]
            before, after = {"shot": "sh0001"}, {"shot": "sh2"}
            assert await changes(progress) == [{"progress": (0, 31), "metadata": (before, after)}]
            assert [set(each) for each in await changes(usual)] == [
                {"progress", "speed"},
                {"status", "progress"},
            ]
            assert {request.event.get("query") for request in backend.lists()} == {None}
            assert len(backend.lists()) < 15

    run(main())


def test_a_watch_with_more_fields_is_no_change_to_who_was_there() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, progress=50)
        async with backend.session() as session:
            async with session.watch("Transfer", fields=["status"]) as first:
                await until(first, Synced)
                async with session.watch("Transfer", fields=["progress"]) as second:
                    found = (await until(second, Synced))[0]
                    assert isinstance(found, JobFound)
                    assert found.job.progress == 50
                    await asyncio.sleep(5)
                    assert (first.backlog, second.backlog) == (0, 0)
                await asyncio.sleep(5)
                assert first.backlog == 0

    run(main())


@pytest.mark.parametrize("fields", [[], ["colour"], ["progress", "id"], "speeed"])
def test_unknown_fields_are_refused_before_anything_is_sent(fields: Any) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            sent = len(backend.received)
            with pytest.raises(ArgumentError, match="what can be watched of a job: status, progress"):
                session.watch("Transfer", fields=fields)
            assert len(backend.received) == sent

    run(main())


def test_callbacks_are_for_fields_that_are_watched() -> None:
    async def main() -> None:
        async with Backend().session() as session:
            watch = session.watch("Transfer", fields=["metadata"])
            watch.on("metadata", print)
            with pytest.raises(ArgumentError, match="no field 'progress' is watched; there are metadata"):
                watch.on("progress", print)

    run(main())


# -- tasks


def _told(events: list[Event]) -> list[tuple[str, ...]]:
    return [
        (type(each).__name__, each.task.uri, each.task.status.value)
        if isinstance(each, TaskChanged)
        else (type(each).__name__,)
        for each in events
    ]


def test_tasks_of_running_jobs_are_told_and_once_more_when_a_job_ends() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.add(2, status="waiting")
        backend.set_tasks(1, "executing", "queued")
        backend.set_tasks(2, "queued")
        async with backend.session() as session, session.watch("Transfer", tasks=True) as watch:
            assert _told(await until(watch, Synced)) == [
                ("JobFound",),
                ("TaskChanged", "0", "executing"),
                ("TaskChanged", "1", "queued"),
                ("JobFound",),
                ("Synced",),
            ]
            backend.set_tasks(1, "done", "executing")
            first, second = await take(watch, 2)
            assert isinstance(first, TaskChanged)
            assert isinstance(second, TaskChanged)
            assert first.previous is not None
            assert first.changes == {"status": (first.previous.status, first.task.status)}
            assert (first.job.id, second.task.uri) == (job_id(1), "1")
            backend.set_tasks(1, "done", "done")
            backend.end(1)
            ends = [("JobChanged",), ("TaskChanged", "1", "done"), ("JobFinished",)]
            assert _told(await take(watch, 3)) == ends
            assert {request.data["parent"] for request in backend.requests("task/find")} == {job_id(1)}
            asked = len(backend.requests("task/find"))
            await asyncio.sleep(60)
            assert len(backend.requests("task/find")) == asked

    run(main())


def test_only_who_wants_tasks_is_told_of_them() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.set_tasks(1, "executing")
        async with (
            backend.session() as session,
            session.watch(job_id(1)) as without,
            session.watch(job_id(1), tasks=True) as with_tasks,
        ):
            await until(without, Synced)
            await until(with_tasks, Synced)
            backend.set_tasks(1, "failed")
            assert kinds(await take(with_tasks, 1)) == ["TaskChanged"]
            assert without.backlog == 0
            async with session.watch(job_id(1), tasks=True, initial=False) as late:
                assert kinds(await until(late, Synced)) == ["Synced"]

    run(main())


def test_tasks_of_many_jobs_are_asked_for_in_turn() -> None:
    """Guarantee 9: each job's tasks take a request, and so those of eight jobs a poll are asked for."""

    async def main() -> None:
        backend = Backend()
        for number in range(30):
            backend.add(number)
            backend.set_tasks(number, "executing")
        async with backend.session() as session, session.watch("Transfer", tasks=True) as watch:
            seen: set[str] = set()
            while len(seen) < 30:
                event = await anext(watch)
                if isinstance(event, TaskChanged):
                    seen.add(event.job.id)
            asked = backend.requests("task/find")
            moments = {request.at for request in backend.lists()}
            assert len(asked) <= 8 * len(moments)
            assert len(asked) <= 30 + 8

    run(main())


def test_tasks_that_cannot_be_had_leave_the_watch_alone() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        answer = backend._event

        def refused(received: Any) -> Any:
            if received.uri == "task/find":
                return reply({"message": "E#T001 Permission denied"}, 403)
            return answer(received)

        backend._event = refused  # type: ignore[method-assign]
        async with backend.session() as session, session.watch(job_id(1), tasks=True) as watch:
            assert kinds(await until(watch, Synced)) == ["JobFound", "Synced"]
            backend.end(1)
            assert kinds([event async for event in watch]) == ["JobChanged", "JobFinished"]

    run(main())


# -- what there is at first


def test_initial_false_leaves_out_what_there_is() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.add(2)
        async with backend.session() as session, session.watch("Transfer", initial=False) as watch:
            (synced,) = await until(watch, Synced)
            assert isinstance(synced, Synced)
            assert synced.jobs == 2
            backend.add(3)
            backend.end(1)
            events = await take(watch, 3)
            assert sorted(kinds(events)) == ["JobChanged", "JobFinished", "JobFound"]

    run(main())


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize("history", [True, False])
def test_history_says_whether_old_ends_are_told(*, initial: bool, history: bool) -> None:
    async def main() -> None:
        backend = Backend()
        for number in (1, 2):
            backend.add(number)
        backend.end(1)
        async with (
            backend.session() as session,
            session.watch([job_id(1), job_id(2)], history=history, initial=initial) as watch,
        ):
            await asyncio.sleep(5)
            backend.end(2)
            events = [event async for event in watch]
        numbers = [
            (type(each).__name__, each.job.id[-1])
            for each in events
            if isinstance(each, JobFound | JobFinished)
        ]
        found = [("JobFound", "1")] * history + [("JobFound", "2")]
        ends = [("JobFinished", "1")] * history + [("JobFinished", "2")]
        assert numbers == found * initial + ends

    run(main())


def test_without_history_a_watch_of_what_has_ended_ends_at_once() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.end(1)
        async with backend.session() as session, session.watch(job_id(1), history=False) as watch:
            assert kinds([event async for event in watch]) == ["Synced"]

    run(main())


# -- ids that come and go


def test_ids_are_added_to_a_live_watch() -> None:
    async def main() -> None:
        backend = Backend()
        for number in (1, 2, 3):
            backend.add(number)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            watch.add([job_id(2), job_id(1)])
            (found,) = await take(watch, 1)
            assert isinstance(found, JobFound)
            assert found.job.id == job_id(2)
            backend.move(2, progress=5)
            assert kinds(await take(watch, 1)) == ["JobChanged"]
            backend.end(1)
            assert kinds(await take(watch, 2)) == ["JobChanged", "JobFinished"]
            watch.add({"id": job_id(3)})
            backend.end(2)
            backend.end(3)
            rest = [
                (type(event).__name__, event.job.id[-1])
                async for event in watch
                if isinstance(event, JobFound | JobFinished)
            ]
            assert sorted(rest) == [("JobFinished", "2"), ("JobFinished", "3"), ("JobFound", "3")]
            with pytest.raises(AccsynError, match="has ended"):
                watch.add(job_id(1))

    run(main())


def test_an_id_may_be_added_after_the_last_has_ended_while_nobody_was_told() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.add(2)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            backend.end(1)
            await asyncio.sleep(10)
            watch.add(job_id(2))
            assert kinds(await take(watch, 3)) == ["JobChanged", "JobFinished", "JobFound"]
            backend.end(2)
            assert kinds([event async for event in watch]) == ["JobChanged", "JobFinished"]

    run(main())


def test_events_of_an_added_job_do_not_come_before_it_was_found() -> None:
    async def main() -> None:
        backend = Backend(latency=0.3)
        backend.add(1)
        backend.add(2)
        async with (
            backend.session() as session,
            session.watch(job_id(2)) as other,
            session.watch(job_id(1)) as watch,
        ):
            await until(other, Synced)
            await until(watch, Synced)
            watch.add(job_id(2))
            backend.move(2, progress=40)
            (found,) = await take(watch, 1)
            assert isinstance(found, JobFound)
            assert found.job.progress == 40

    run(main())


def test_removed_ids_are_told_no_more_and_the_last_ends_the_watch() -> None:
    async def main() -> None:
        backend = Backend()
        for number in (1, 2):
            backend.add(number)
        async with backend.session() as session, session.watch([job_id(1), job_id(2)]) as watch:
            await until(watch, Synced)
            backend.move(1, progress=5)
            backend.move(2, progress=6)
            await asyncio.sleep(3)
            assert watch.backlog == 2
            watch.remove(job_id(1))
            assert watch.backlog == 1
            backend.end(1)
            await asyncio.sleep(10)
            (changed,) = await take(watch, 1)
            assert isinstance(changed, JobChanged)
            assert changed.job.id == job_id(2)
            assert [job.id for job in watch.jobs] == [job_id(2)]
            asked = {request.event.get("query") for request in backend.lists()[-2:]}
            assert asked == {f'id in "{job_id(2)}"'}
            watch.remove([job_id(2), job_id(9)])
            assert [event async for event in watch] == []
            await asyncio.sleep(20)
            assert session.monitor.statistics().jobs == 0

    run(main())


def test_an_added_id_that_is_not_there_ends_the_watch_with_an_error() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            await until(watch, Synced)
            watch.add(job_id(9))
            with pytest.raises(NotFoundError, match=job_id(9)):
                await anext(watch)

    run(main())


def test_bad_changes_of_a_watch_are_refused() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            watch = session.watch(job_id(1))
            with pytest.raises(AccsynError, match="was not entered"):
                watch.add(job_id(2))
            async with watch:
                with pytest.raises(ArgumentError, match="is no job's id"):
                    watch.add("x")
                with pytest.raises(ArgumentError, match="is no job's id"):
                    watch.remove([job_id(1), 5])  # type: ignore[list-item]
            with pytest.raises(AccsynError, match="has been left"):
                watch.remove(job_id(1))
            async with session.watch("Transfer") as query:
                with pytest.raises(ArgumentError, match="only a watch of ids can be changed"):
                    query.add(job_id(1))

    run(main())


def test_as_completed_takes_more_jobs_while_it_runs() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(1, 5):
            backend.add(number)
        async with backend.session() as session:
            completed = session.as_completed(job_id(1))
            backend.end(1)
            order: list[str] = []
            async for job in completed:
                order.append(job.id[-1])
                if len(order) == 1:
                    # Its watch has ended by now, and is told to go on.
                    completed.add([job_id(2), job_id(1)])
                    backend.end(2, "aborted")
                elif len(order) == 2:
                    completed.add(job_id(3))
                    completed.add(job_id(3))
                    backend.end(3)
            assert order == ["1", "2", "3"]
            with pytest.raises(AccsynError, match="it is over"):
                completed.add(job_id(4))

    run(main())


def test_jobs_may_be_added_before_as_completed_begins() -> None:
    async def main() -> None:
        backend = Backend()
        for number in (1, 2):
            backend.add(number)
            backend.end(number)
        async with backend.session() as session:
            completed = session.as_completed(job_id(1))
            completed.add(job_id(2))
            assert sorted([job.id async for job in completed]) == [job_id(1), job_id(2)]

    run(main())


# -- what is derived


def test_eta_is_smoothed_from_what_was_seen() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, size=10_000, etr="")
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            (found, _synced) = await until(watch, Synced)
            assert isinstance(found, JobFound)
            assert found.job.eta is None
            for step in range(1, 31):
                backend.move(1, progress=step)
                await asyncio.sleep(2)
            (last,) = watch.jobs
            assert last.eta is not None
            # A percent takes two seconds, and seventy are left.
            assert abs(last.eta - dt.timedelta(seconds=140)) < dt.timedelta(seconds=20)
            assert last.etr is None
            backend.move(1, status="paused")
            await asyncio.sleep(5)
            assert [job.eta for job in watch.jobs] == [None]

    run(main())


def test_totals_are_of_the_jobs_of_a_watch_as_they_are_known() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, progress=25, speed=2.0, size=1000)
        backend.add(2, progress=50, speed=3.5, size=400)
        backend.add(3, status="waiting", size=-1)
        backend.add(4, user="9")
        async with backend.session() as session:
            async with session.watch([job_id(1), job_id(2), job_id(3)]) as watch:
                assert watch.totals.jobs == {}
                await until(watch, Synced)
                totals = watch.totals
                assert totals.jobs == {JobStatus.RUNNING: 2, JobStatus.WAITING: 1}
                assert (totals.bytes_left, totals.unmeasured, totals.speed) == (950, 1, 5.5)
                backend.end(2)
                await until(watch, JobFinished)
                assert watch.totals.jobs[JobStatus.DONE] == 1
                assert (watch.totals.bytes_left, watch.totals.speed) == (750, 2.0)
            assert watch.totals.jobs == {}
            async with session.watch("Transfer") as query:
                await until(query, Synced)
                assert sum(query.totals.jobs.values()) == 3
                backend.end(1)
                await until(query, JobFinished)
                assert sorted(job.id for job in query.jobs) == [job_id(3), job_id(4)]

    run(main())


# -- 10 stalled


def test_guarantee_10_a_job_that_gets_nowhere_is_told_once() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, speed=0.0, progress=40)
        backend.add(2, speed=5.0, progress=40)
        backend.add(3, speed=0.0, status="waiting")
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            began = backend.now()
            (stalled,) = await take(watch, 1)
            assert isinstance(stalled, JobStalled)
            assert stalled.job.id == job_id(1)
            assert 60 <= backend.now() - began <= 64
            await asyncio.sleep(600)
            assert watch.backlog == 0
            backend.move(1, progress=41)
            assert kinds(await take(watch, 2)) == ["JobChanged", "JobStalled"]

    run(main())


def test_guarantee_10_polls_that_fail_prove_nothing() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, speed=0.0)
        async with (
            backend.session(poll=PollPolicy(jitter=0, longest_backoff=20)) as session,
            session.watch("Transfer") as watch,
        ):
            await until(watch, Synced)
            backend.faults = fails(UNREACHED, 15)
            await until(watch, Recovered)
            good = len(backend.lists())
            await until(watch, JobStalled)
            # Three good polls show it unmoved: one before the outage, and not one alone after it.
            assert len(backend.lists()) - good >= 1
            assert backend.now() > 60

    run(main())


def test_guarantee_10_how_long_is_the_policys() -> None:
    async def main() -> None:
        for after, expected in ((5.0, True), (None, False)):
            backend = Backend()
            backend.add(1, speed=-1)
            async with (
                backend.session(poll=PollPolicy(jitter=0, stalled_after=after)) as session,
                session.watch(job_id(1)) as watch,
            ):
                await until(watch, Synced)
                await asyncio.sleep(120)
                assert (watch.backlog == 1) is expected

    run(main())


def test_guarantee_10_without_speed_asked_for_nothing_stalls() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1, speed=10.0)
        async with backend.session() as session, session.watch("Transfer", fields=["progress"]) as watch:
            await until(watch, Synced)
            await asyncio.sleep(300)
            assert watch.backlog == 0

    run(main())


# -- statistics


def test_statistics_say_what_the_monitor_does() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(5):
            backend.add(number)
        async with backend.session() as session:
            empty = session.monitor.statistics()
            assert (empty.watches, empty.polls, empty.age) == (0, 0, None)
            async with session.watch("Transfer") as first, session.watch(job_id(1)) as second:
                await until(first, Synced)
                await until(second, Synced)
                await asyncio.sleep(10)
                quiet = session.monitor.statistics()
                assert (quiet.watches, quiet.jobs, quiet.events, quiet.backlog) == (2, 5, 8, 0)
                assert quiet.polls - 1 <= quiet.unchanged <= quiet.polls
                assert quiet.age is not None
                assert quiet.age <= 2.1
                for progress in (10, 20):
                    backend.move(1, progress=progress)
                    await asyncio.sleep(5)
                busy = session.monitor.statistics()
                assert (busy.events, busy.merged, busy.backlog) == (12, 2, 2)
            assert session.monitor.statistics().merged == 2

    run(main())


@pytest.mark.parametrize("jobs", [0, 1])
def test_the_age_grows_while_nothing_is_answered(jobs: int) -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(jobs):
            backend.add(number)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            answered = backend.now()
            backend.faults += fails(UNREACHED, 1000)
            for _ in range(10):
                await asyncio.sleep(10)
                assert session.monitor.statistics().age == pytest.approx(backend.now() - answered)
            backend.faults.clear()
            await until(watch, Recovered)
            assert session.monitor.statistics().age == 0

    run(main())


# -- kinds of jobs, and what is none


@pytest.mark.parametrize("what", ["User", "File WHERE name=x", "Site", "Task"])
def test_a_query_of_what_is_no_job_names_those_that_are(what: str) -> None:
    async def main() -> None:
        async with Backend().session() as session:
            with pytest.raises(QueryError, match="transfer, compute, delivery, request, stream"):
                session.watch(what)

    run(main())


@pytest.mark.parametrize("what", [[], (), iter(()), {}, "", None, 5, [None], b"6971e16fceadd67b955b1995"])
def test_what_names_no_job_is_a_value_error(what: Any) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            sent = len(backend.received)
            with pytest.raises(ValueError, match="id|query"):
                session.watch(what)
            assert len(backend.received) == sent

    run(main())


def test_a_revived_job_is_told_again_with_its_tasks() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.set_tasks(1, "executing")
        async with backend.session() as session, session.watch("Transfer", tasks=True) as watch:
            await until(watch, Synced)
            backend.set_tasks(1, "done")
            backend.end(1)
            await until(watch, JobFinished)
            backend.set_tasks(1, "done", "executing")
            backend.add(1, progress=50)
            events = await take(watch, 3)
            assert isinstance(events[0], JobRevived)
            assert _told(events[1:])[-1] == ("TaskChanged", "1", "executing")

    run(main())
