"""The monitor in virtual time: slow consumers, bad weather, time, closing (guarantees 6 to 8 and 12)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accsyn_async import (
    AuthenticationError,
    Degraded,
    Event,
    JobChanged,
    JobFinished,
    PermissionDeniedError,
    Recovered,
    SessionClosedError,
    Synced,
    Watch,
)
from tests.support.backend import RESET, UNREACHED, Backend, fails, html, job_id, reply
from tests.support.virtual import run
from tests.support.watching import kinds, take, until

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


# -- 8 time


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
