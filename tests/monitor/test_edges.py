"""Corners of the monitor: watches that overlap, leave in mid-request, or meet trouble that is not theirs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accsyn_async import (
    Degraded,
    Job,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    NotFoundError,
    PermissionDeniedError,
    Recovered,
    Session,
    SessionClosedError,
    Synced,
)
from accsyn_async.errors import AccsynError, AuthenticationError
from accsyn_async.monitor.ledger import Ledger
from accsyn_async.wire.message import Response
from tests.support.backend import RESET, UNREACHED, Backend, fails, html, job_id, reply
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

DENIED = reply({"message": "E#J403 permission denied"})


def always(backend: Backend, answer: Any) -> None:
    """Let a function answer every request from now on; ``None`` leaves it to the backend."""

    def fault(received: Any) -> Any:
        backend.faults.append(fault)
        return answer(received)

    backend.faults.append(fault)


def lives(session: Session) -> int:
    return sum(len(poller._herald.ledger.lives) for poller, _ in session._monitor._pollers.values())


def test_a_new_watch_of_a_job_that_is_listed_after_its_end() -> None:
    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        backend.add(1)
        backend.add(2)
        async with backend.session() as session, session.watch(job_id(2)) as keep:
            await until(keep, Synced)
            async with session.watch("Transfer") as watch:
                await until(watch, Synced)
                backend.end(1)
                await until(watch, JobFinished)
            async with session.watch("Transfer") as watch:
                events = await until(watch, JobFinished)
                assert kinds(events) == ["JobFound", "JobFound", "Synced", "JobFinished"]
            assert (await session.wait(job_id(1))).status == "done"

    run(main())


@pytest.mark.parametrize("known", [True, False])
def test_a_lookup_that_is_refused_hurts_nobody_else(known: bool) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        if known:
            backend.add(9)
        async with backend.session() as session:
            good = asyncio.create_task(session.wait(job_id(1)))
            async with session.watch(job_id(9)) as watch:
                if known:
                    await until(watch, Synced)
                    backend.vanish(9)
                always(backend, lambda received: DENIED if received.event.get("id") == job_id(9) else None)
                if known:
                    assert kinds([event async for event in watch]) == ["JobRemoved"]
                else:
                    with pytest.raises(PermissionDeniedError):
                        await anext(watch)
            await asyncio.sleep(30)
            backend.end(1)
            assert (await good).status == "done"

    run(main())


def test_leaving_in_mid_request_leaves_nothing_behind() -> None:
    async def main() -> None:
        backend = Backend(latency=1)
        for number in range(20):
            backend.add(number, user="7")
        async with backend.session() as session, session.watch("Transfer WHERE user=8") as keep:
            await until(keep, Synced)
            for seconds in (0.5, 1.5, 2.5, 3.5):
                watch = session.watch("Transfer WHERE user=7")
                await watch.__aenter__()
                await asyncio.sleep(seconds)
                await watch.aclose()
                waiting = asyncio.create_task(session.wait(job_id(500)))
                await asyncio.sleep(seconds)
                waiting.cancel()
            await asyncio.sleep(30)
            assert lives(session) == 0
            before = len(backend.received)
            await asyncio.sleep(100)
            asked = backend.received[before:]
            assert {request.event.get("query") for request in asked} == {"user=8"}

    run(main())


def test_a_poller_is_watched_before_its_task_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """An eager task factory runs a task at once; one that nobody watches would end there and then."""

    async def main() -> None:
        backend = Backend()
        create_task, idle = asyncio.create_task, []

        def eager(coroutine: Any, **options: Any) -> Any:
            if options.get("name", "").startswith("accsyn-poll"):
                idle.append(coroutine.cr_frame.f_locals["poller"].idle)
            return create_task(coroutine, **options)

        monkeypatch.setattr("accsyn_async.monitor.monitor.asyncio.create_task", eager)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
        assert idle == [False]

    run(main())


def test_two_expiries_in_a_row_are_bad_weather_and_no_refusal() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        expired = Response(401, {}, b"")
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.faults += [*fails(expired), *fails(None), *fails(expired)]
            backend.move(1, progress=9)
            assert kinds(await until(watch, JobChanged))[-1] == "JobChanged"

    run(main())


def test_recovered_is_told_although_another_watch_left_meanwhile() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch(job_id(1)) as watch:
            query = session.watch("Transfer")
            await query.__aenter__()
            await until(watch, Synced)
            for _ in range(2):
                backend.faults += fails(UNREACHED, 10_000)
                assert kinds(await until(watch, Degraded)) == ["Degraded"]
                await query.aclose()
                backend.faults.clear()
                assert kinds(await until(watch, Recovered)) == ["Recovered"]

    run(main())


def test_a_job_watched_by_id_does_not_wait_for_somebody_elses_list() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch('Transfer WHERE user="3"') as query:
            await until(query, Synced)
            always(backend, lambda received: html() if received.event.get("query") == 'user="3"' else None)
            assert kinds(await until(query, Degraded)) == ["Degraded"]
            backend.move(1, status="paused")
            async with session.watch(job_id(1)) as watch:
                found, _synced = [await anext(watch) for _ in range(2)]
                assert isinstance(found, JobFound)
                assert found.job.status == "paused", "what it is, not what it was"
            waiting = asyncio.create_task(session.wait(job_id(1)))
            await asyncio.sleep(3)
            backend.end(1)
            began = backend.now()
            await waiting
            assert backend.now() - began < 30

    run(main())


def test_many_queries_are_asked_at_the_same_time() -> None:
    async def main() -> None:
        backend = Backend(latency=0.1)
        backend.add(1)
        async with backend.session() as session:
            watches = [session.watch(f"Transfer WHERE parent={number}") for number in range(40)]
            watches.append(session.watch("Transfer"))
            for watch in watches:
                await watch.__aenter__()
            await until(watches[-1], Synced)
            for progress in (10, 20, 30):
                backend.move(1, progress=progress)
                began = backend.now()
                await until(watches[-1], JobChanged)
                assert backend.now() - began < 4
            for watch in watches:
                await watch.aclose()

    run(main())


@pytest.mark.parametrize("bad", [html(), DENIED, RESET], ids=["502", "denied", "reset"])
def test_a_sweep_that_is_not_answered_does_not_hurt_the_watch(bad: Any) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)

        def no_sweeps(received: Any) -> Any:
            return bad if (received.data or {}).get("attributes") == ["id", "finished"] else None

        always(backend, no_sweeps)
        async with backend.session() as session, session.watch("Transfer") as watch:
            assert kinds(await until(watch, Synced)) == ["JobFound", "Synced"]
            await asyncio.sleep(60)
            backend.end(1)
            assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]

    run(main())


def test_every_watch_that_was_told_of_an_end_is_told_of_the_revival() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session:
            async with (
                session.watch("Transfer") as all_jobs,
                session.watch('Transfer WHERE user="3"') as some,
            ):
                for watch in (all_jobs, some):
                    await until(watch, Synced)
                backend.end(1)
                for watch in (all_jobs, some):
                    await until(watch, JobFinished)
                await asyncio.sleep(20)
                async with session.watch("Transfer WHERE status=waiting") as late:
                    await until(late, Synced)
                    backend.archive.clear()
                    backend.add(1, status="waiting")
                    for watch in (all_jobs, some):
                        assert kinds(await until(watch, JobRevived)) == ["JobRevived"]
                    assert kinds(await until(late, JobFound)) == ["JobFound"]

    run(main())


def test_the_time_of_an_end_that_comes_late_is_no_second_end() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.end(1)
            ended = backend.archive[job_id(1)]
            when, ended["finished"] = ended["finished"], "1970-01-01T00:00:00"
            await until(watch, JobFinished)
            await asyncio.sleep(20)
            ended["finished"] = when
            await asyncio.sleep(60)
            assert watch.backlog == 0

    run(main())


def test_what_another_list_says_does_not_outlive_this_one() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)

        async def briefly_paused(received: Any) -> Any:
            if received.event.get("query") == "status=paused" and not backend.closed:
                backend.move(1, status="paused")
                answer = backend.answer(received, None)  # type: ignore[arg-type]
                backend.move(1, status="running")
                backend.faults.clear()
                return answer
            backend.faults.append(briefly_paused)
            return None

        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            async with session.watch("Transfer WHERE status=paused") as other:
                await until(other, Synced)
                backend.faults.append(briefly_paused)
                statuses = []
                for _ in range(2):
                    event = (await until(watch, JobChanged))[-1]
                    assert isinstance(event, JobChanged)
                    statuses.append(event.job.status.value)
                assert statuses == ["paused", "running"]

    run(main())


def test_a_second_asking_that_fails_loses_nothing_of_the_first() -> None:
    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        idents = [backend.add(number) for number in range(20)]
        async with backend.session() as session, session.watch(idents) as watch:
            await until(watch, Synced)
            backend.end(0)
            hidden = {ident: backend.jobs.pop(ident) for ident in idents[1:11]}
            backend.faults += [*fails(None), *fails(RESET)]
            await asyncio.sleep(2)
            backend.jobs.update(hidden)
            events = await until(watch, JobFinished)
            assert kinds(events)[-1] == "JobFinished"

    run(main())


def test_slow_is_not_degraded() -> None:
    async def main() -> None:
        backend = Backend(latency=1.5)
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            assert kinds(await until(watch, Synced)) == ["JobFound", "Synced"]
            backend.faults += fails(RESET)
            await asyncio.sleep(120)
            assert watch.backlog == 0

    run(main())


def test_who_joins_in_bad_weather_is_told() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.faults += fails(UNREACHED, 10_000)
            await until(watch, Degraded)
            async with session.watch("Transfer") as late:
                assert isinstance(await anext(late), Degraded)
                backend.faults.clear()
                assert kinds(await until(late, Synced)) == ["Recovered", "JobFound", "Synced"]

    run(main())


def test_as_completed_counts_jobs_and_not_ends() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(2)]
        async with backend.session() as session, session.watch("Transfer") as alongside:
            await until(alongside, Synced)
            seen: list[str] = []

            async def collect() -> None:
                seen.extend([job.id async for job in session.as_completed(idents)])

            task = asyncio.create_task(collect())
            await asyncio.sleep(5)
            for _ in range(2):
                backend.end(0)
                await asyncio.sleep(15)
                backend.archive.clear()
                backend.add(0)
                await asyncio.sleep(15)
            backend.end(1)
            await task
            assert seen == idents

    run(main())


def test_as_completed_goes_on_after_a_timeout_and_a_removal() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(2)]
        async with backend.session() as session, session.as_completed(idents) as jobs:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(jobs), 5)
            backend.vanish(0)
            with pytest.raises(AccsynError, match="removed"):
                await anext(jobs)
            backend.end(1)
            assert [job.id async for job in jobs] == [idents[1]]

    run(main())


def test_a_loop_that_is_left_is_not_polled_for() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(3)]
        async with backend.session() as session:
            backend.end(0)
            async for _job in session.as_completed(idents):
                break
            await asyncio.sleep(5)
            before = len(backend.received)
            await asyncio.sleep(100)
            assert len(backend.received) == before

    run(main())


def test_a_long_pause_that_the_backend_asks_for() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.faults += fails(reply({"message": "slow down"}, 429, retry_after="3600"))
            await asyncio.sleep(15)
            began = backend.now()
            with pytest.raises(AccsynError, match="try again in") as caught:
                await session.find("Transfer")
            assert caught.value.retry_after > 3500  # type: ignore[attr-defined]
            assert backend.now() == began
            await until(watch, Degraded)
            assert backend.now() - began < 180
            await until(watch, Recovered)
            assert 3500 < backend.now() - began < 3750

    run(main())


def test_a_bug_in_the_poller_is_an_error_of_ours_and_hangs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            waiting = asyncio.create_task(session.wait(job_id(1)))
            ((poller, _task),) = session._monitor._pollers.values()

            async def broken() -> None:
                raise KeyError("bug")

            poller._follow = broken  # type: ignore[method-assign]
            for waiter in (anext(watch), waiting):
                with pytest.raises(AccsynError, match="the poller failed: KeyError") as caught:
                    await waiter
                assert isinstance(caught.value.__cause__, KeyError) or caught.value.__cause__ is None
            async with session.watch("Transfer") as again:
                await until(again, Synced)

    run(main())
    assert "bug" in caplog.text


def test_a_refused_login_is_a_fresh_error_for_each() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(5):
            backend.add(number)
        async with backend.session() as session:
            waits = [asyncio.create_task(session.wait(job_id(number % 5))) for number in range(50)]
            await asyncio.sleep(3)
            backend.key = "changed"
            backend.expire()
            errors = await asyncio.gather(*waits, return_exceptions=True)
            assert {type(error) for error in errors} == {AuthenticationError}
            assert len({id(error) for error in errors}) == 50

    run(main())


def test_lookups_of_what_never_was_do_not_starve_the_others() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(900)
        async with backend.session() as session, session.watch(job_id(900)) as watch:
            await until(watch, Synced)

            async def ask_again_and_again(number: int) -> None:
                while True:
                    with pytest.raises(NotFoundError):
                        await session.wait(job_id(number))

            others = [asyncio.create_task(ask_again_and_again(number)) for number in range(40)]
            await asyncio.sleep(5)
            backend.vanish(900)
            began = backend.now()
            assert kinds(await until(watch, JobRemoved))[-1] == "JobRemoved"
            assert backend.now() - began < 60
            for other in others:
                other.cancel()
            await asyncio.wait(others)

    run(main())


def test_a_watch_wants_an_open_session() -> None:
    async def main() -> None:
        backend = Backend()
        session = backend.session()
        for use in (lambda: session.watch("Transfer"), lambda: session.as_completed([job_id(1)])):
            with pytest.raises(SessionClosedError, match="enter the session first"):
                use()
        with pytest.raises(SessionClosedError):
            await session.wait(job_id(1))
        assert backend.received == []

    run(main())


def test_a_late_watch_is_told_of_jobs_that_are_followed_outside_the_list() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer WHERE status=running") as first:
            await until(first, Synced)
            backend.move(1, status="paused")
            await until(first, JobChanged)
            async with session.watch("Transfer WHERE status=running") as late:
                assert kinds(await until(late, Synced)) == ["JobFound", "Synced"]
                backend.move(1, status="running")
                changed = (await until(late, JobChanged))[-1]
                assert isinstance(changed, JobChanged)
                assert changed.previous.status == "paused"

    run(main())


def test_a_slow_backend_does_not_make_the_poller_deaf() -> None:
    async def main() -> None:
        backend = Backend(latency=0.5)
        idents = [backend.add(number) for number in range(40)]
        async with backend.session() as session, session.watch(idents) as watch:
            await until(watch, Synced)
            for number in range(20):
                backend.vanish(number)
            backend.add(99)
            await asyncio.sleep(1)
            began = backend.now()
            async with session.watch(job_id(99)) as other:
                await until(other, Synced)
                assert backend.now() - began < 20
            events = [await anext(watch) for _ in range(20)]
            assert set(kinds(events)) == {"JobRemoved"}

    run(main())


def test_a_run_is_remembered_when_the_last_watch_leaves_in_the_middle_of_it() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer WHERE status=running") as watch:
            await until(watch, Synced)
            backend.end(1)
            await until(watch, JobFinished)
            await asyncio.sleep(20)
            backend.archive.clear()
            backend.add(1, status="paused", speed=-1.0)
            async with session.watch(job_id(1)) as other:
                await until(other, Synced)
            backend.move(1, status="running")
            (event,) = await until(watch, JobRevived)
            assert isinstance(event, JobRevived)
            assert event.run == 1
            backend.end(1)
            assert kinds(await until(watch, JobFinished))[-1] == "JobFinished"

    run(main())


def test_an_ended_job_that_drops_out_of_one_list_for_a_while_ends_once() -> None:
    async def main() -> None:
        backend = Backend(ended_stay_listed=True)
        for number in range(7):
            backend.add(number, user="7")
        original = backend._find

        def lacking(event: dict[str, Any], data: dict[str, Any]) -> Any:
            rows = original(event, data)
            return [row for row in rows if row["id"] != job_id(1)] if event.get("query") == "user=7" else rows

        async with backend.session() as session:
            async with session.watch("Transfer WHERE user=7") as watch, session.watch("Transfer") as other:
                for each in (watch, other):
                    await until(each, Synced)
                backend.end(1)
                for each in (watch, other):
                    await until(each, JobFinished)
                backend._find = lacking  # type: ignore[method-assign]
                await asyncio.sleep(12)
                backend._find = original  # type: ignore[method-assign]
                await asyncio.sleep(30)
                assert (watch.backlog, other.backlog) == (0, 0)

    run(main())


def test_a_wait_for_a_job_that_had_ended_and_was_deleted_since() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.end(1)
            await until(watch, JobFinished)
            await asyncio.sleep(20)
            backend.vanish(1)
            with pytest.raises(NotFoundError):
                await session.wait(ident, timeout=60)
            assert lives(session) == 0

    run(main())


def test_an_end_between_two_polls_is_not_lost_when_looking_at_it_fails_once() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            await asyncio.sleep(20)
            failed: list[str] = []

            def once(received: Any) -> Any:
                if received.event.get("query", "").startswith("id in") and not failed:
                    failed.append(received.event["query"])
                    return RESET
                return None

            always(backend, once)
            backend.add(3)
            backend.end(3)
            assert kinds(await until(watch, JobFinished)) == ["JobFound", "JobFinished"]
            assert len(failed) == 1

    run(main())


def test_what_two_queries_share_is_not_taken_in_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guarantee 9: lists that say the same as before cost one comparison each."""
    observed: list[str] = []
    observe = Ledger.observe

    def counted(ledger: Ledger, job: Job, *rest: Any) -> list[JobEvent]:
        observed.append(job.id)
        return observe(ledger, job, *rest)

    monkeypatch.setattr(Ledger, "observe", counted)

    async def main() -> None:
        backend = Backend()
        for number in range(20):
            backend.add(number, user="7")
        async with (
            backend.session() as session,
            session.watch("Transfer") as one,
            session.watch("Transfer WHERE user=7") as other,
        ):
            await until(one, Synced)
            await until(other, Synced)
            backend.move(1, progress=5)
            await asyncio.sleep(10)
            observed.clear()
            await asyncio.sleep(100)
            assert observed == []

    run(main())


def test_a_list_that_grows_while_it_is_doubted_is_not_taken_for_a_capped_one() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(100):
            backend.add(number)

        def grows(received: Any) -> None:
            if (received.data or {}).get("skip") == 100:
                backend.add(100)
            else:
                backend.faults.append(grows)

        backend.faults.append(grows)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            await asyncio.sleep(100)
            assert [event.job.id for event in await take(watch, watch.backlog)] == [job_id(100)]  # type: ignore[attr-defined]
            assert [request for request in backend.requests() if "limit" in (request.data or {})][1:] == []

    run(main())


def test_what_leaves_its_list_while_an_answer_by_id_is_late_is_followed_all_the_same() -> None:
    """Guarantee 7: a lookup that hangs makes nobody forget what left the list meanwhile."""

    async def main() -> None:
        backend = Backend()
        for number in range(30):
            backend.add(number)
        hung = False

        async def hangs(received: Any) -> None:
            nonlocal hung
            if not hung and received.event.get("query", "").startswith("id in"):
                hung = True
                await asyncio.sleep(25)
            else:
                backend.faults.append(hangs)

        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.faults.append(hangs)
            backend.end(1)
            await asyncio.sleep(5)
            assert hung
            backend.end(2)
            ended: set[str] = set()
            async with asyncio.timeout(60):
                while len(ended) < 2:
                    event = await anext(watch)
                    if isinstance(event, JobFinished):
                        ended.add(event.job.id)

    run(main())
