"""The monitor's guarantees (numbers as in the documentation), in virtual time."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from accsyn_async import (
    AuthenticationError,
    Degraded,
    Event,
    JobChanged,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    NotFoundError,
    PermissionDeniedError,
    Recovered,
    SessionClosedError,
    Synced,
    Watch,
)
from tests.support.backend import RESET, UNREACHED, Backend, fails, html, job_id, reply
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


def watch_is_endless(what: str) -> bool:
    return what.startswith("Transfer")


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


def test_guarantee_4_no_answer_leaves_a_suspect_a_suspect() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            gone = dict(backend.jobs)

            def refuse_lookups(received: Any) -> Any:
                backend.faults.append(refuse_lookups)
                return RESET if received.event.get("id") or (received.data or {}).get("finished") else None

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


# -- 6 slow consumers


def test_guarantee_6_a_slow_consumer_gets_merged_changes_and_every_end() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(5):
            backend.add(number)
        async with backend.session() as session:
            async with session.watch("Transfer") as slow, session.watch("Transfer") as quick:
                for watch in (slow, quick):
                    await until(watch, Synced)
                quick_events = []
                for progress in range(1, 40):
                    for number in range(5):
                        backend.move(number, progress=progress)
                    quick_events += await take(quick, 5)
                assert len(quick_events) == 195
                assert slow.backlog == 5
                for number in range(5):
                    backend.end(number)
                await asyncio.sleep(5)
                events = await take(slow, slow.backlog)
                assert kinds(events).count("JobFinished") == 5
                merged = [event for event in events if isinstance(event, JobChanged)]
                assert merged[0].changes == {"progress": (0, 39)}
                assert merged[0].previous.progress == 0

    run(main())


def test_guarantee_6_a_callback_that_raises_is_logged_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        seen: list[str] = []
        running = 0

        async def slow(event: Event) -> None:
            nonlocal running
            running += 1
            assert running == 1, "one event at a time"
            await asyncio.sleep(0.5)
            running -= 1
            seen.append(f"all:{type(event).__name__}")

        async with backend.session() as session, session.watch(job_id(1)) as watch:

            @watch.on("progress")
            def broken(_event: JobChanged) -> None:
                raise RuntimeError("boom")

            watch.on("progress", lambda event: seen.append(f"progress:{event.job.progress}"))
            watch.on(JobFinished, lambda event: seen.append(f"finished:{event.job.status.value}"))
            watch.on(slow)
            running_watch = asyncio.create_task(watch.run())
            await asyncio.sleep(3)
            backend.move(1, progress=50)
            await asyncio.sleep(3)
            backend.end(1)
            await running_watch
        assert [line for line in seen if not line.startswith("all")] == [
            "progress:50",
            "progress:100",
            "finished:done",
        ]
        assert [line for line in seen if line.startswith("all")] == [
            "all:JobFound",
            "all:Synced",
            "all:JobChanged",
            "all:JobChanged",
            "all:JobFinished",
        ]

    run(main())
    assert caplog.text.count("RuntimeError: boom") == 2


# -- 7 bad weather


@pytest.mark.parametrize(
    "bad",
    [
        UNREACHED,
        RESET,
        html(502),
        html(200),
        reply({"message": "busy"}, 429, retry_after="1"),
        reply(b"", 503),
    ],
    ids=["refused", "reset", "502-page", "200-page", "429", "503-empty"],
)
def test_guarantee_7_degraded_once_then_recovered_then_the_difference(bad: Any) -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        backend.add(2)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.faults += fails(bad, 6)
            backend.move(1, progress=80)
            backend.end(2)
            events = await take(watch, 5)
            assert kinds(events)[:2] == ["Degraded", "Recovered"]
            assert sorted(kinds(events)[2:]) == ["JobChanged", "JobChanged", "JobFinished"]

    run(main())


def test_guarantee_7_one_failed_poll_is_not_worth_a_word() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.faults += fails(RESET)
            await asyncio.sleep(30)
            assert watch.backlog == 0

    run(main())


def test_guarantee_7_degraded_when_there_is_no_answer_for_three_intervals() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)

        async def hang(_received: Any) -> None:
            await asyncio.sleep(60)

        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.faults.append(hang)
            began = backend.now()
            (degraded,) = await take(watch, 1)
            assert isinstance(degraded, Degraded)
            assert backend.now() - began < 12
            (recovered,) = await take(watch, 1)
            assert isinstance(recovered, Recovered)

    run(main())


def test_guarantee_7_an_outage_is_polled_ever_more_rarely() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            before = len(backend.received)
            backend.faults += fails(UNREACHED, 100_000)
            await asyncio.sleep(3600)
            assert 60 < len(backend.received) - before < 500
            assert watch.backlog == 1

    run(main())


def test_guarantee_7_a_refused_login_ends_watches_and_waits() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            waiting = asyncio.create_task(session.wait(job_id(1)))
            await asyncio.sleep(1)
            backend.key = "changed"
            backend.expire()
            with pytest.raises(AuthenticationError):
                await anext(watch)
            with pytest.raises(AuthenticationError):
                await waiting
            assert backend.logins == 1

    run(main())


def test_guarantee_7_a_query_that_the_backend_refuses_ends_its_watch_only() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        original = backend._event

        def picky(received: Any) -> Any:
            if received.event.get("query") == "user=9":
                return reply({"message": "E#Q001 You are not permitted to query that"})
            return original(received)

        backend._event = picky  # type: ignore[method-assign]
        async with backend.session() as session:
            async with session.watch("Transfer") as good, session.watch("Transfer WHERE user=9") as bad:
                with pytest.raises(PermissionDeniedError):
                    await anext(bad)
                await until(good, Synced)
                backend.move(1, progress=5)
                await until(good, JobChanged)

    run(main())


def test_guarantee_7_a_session_that_expires_in_mid_watch_with_a_hundred_calls_in_flight() -> None:
    async def main() -> None:
        backend = Backend(latency=0.2)
        backend.add(1)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            backend.expire()
            rows = await asyncio.gather(*(session.find("Transfer") for _ in range(100)))
            assert all(len(each) == 1 for each in rows)
            backend.move(1, progress=66)
            (event,) = await take(watch, 1)
            assert isinstance(event, JobChanged)
            assert backend.logins == 2

    run(main())


# -- 12 closing


def test_guarantee_12_iterators_end_and_waits_raise_when_the_session_closes() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        session = backend.session()
        async with session:
            watch = session.watch("Transfer")
            await watch.__aenter__()
            iterating = asyncio.create_task(_all(watch))
            waiting = asyncio.create_task(session.wait(job_id(1)))
            await asyncio.sleep(3)
        assert kinds(await iterating) == ["JobFound", "Synced"]
        with pytest.raises(SessionClosedError):
            await waiting
        await watch.aclose()
        await watch.aclose()
        await session.aclose()
        with pytest.raises(SessionClosedError):
            await session.find("Transfer")
        with pytest.raises(SessionClosedError):
            await session.watch("Transfer").__aenter__()
        assert backend.closed >= 1

    run(main())


async def _all(watch: Watch) -> list[Event]:
    return [event async for event in watch]


def test_guarantee_8_leaving_a_watch_or_a_wait_touches_nothing_else() -> None:
    async def main() -> None:
        backend = Backend()
        backend.add(1)
        async with backend.session() as session, session.watch(job_id(1)) as other:
            waiting = asyncio.create_task(session.wait(job_id(1)))
            async with session.watch(job_id(1)) as watch:
                await until(watch, Synced)
            waiting.cancel()
            await until(other, Synced)
            backend.end(1)
            assert kinds(await until(other, JobFinished))[-1] == "JobFinished"
            assert {request.verb for request in backend.received} == {"PUT", "GET"}
            assert [request.uri for request in backend.received if request.verb == "PUT"] == ["login"]

    run(main())


def test_guarantee_6_an_endless_watch_does_not_grow_with_the_jobs_that_come_and_go() -> None:
    async def main() -> None:
        backend = Backend(latency=0)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            finished = 0
            for number in range(600):
                backend.add(number)
                await asyncio.sleep(3)
                backend.end(number)
                backend.archive = {key: backend.archive[key] for key in list(backend.archive)[-50:]}
                while watch.backlog:
                    finished += isinstance(await anext(watch), JobFinished)
            await asyncio.sleep(20)
            while watch.backlog:
                finished += isinstance(await anext(watch), JobFinished)
            assert finished == 600
            ((poller, _task),) = session._monitor._pollers.values()
            herald = poller._herald
            assert len(herald.ledger.lives) == 0
            assert len(herald.audience.member_of) == 0
            assert herald.ledger.running == set()

    run(main())
