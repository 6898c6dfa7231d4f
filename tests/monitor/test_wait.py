"""Waiting: what it returns, what it raises, and what it leaves alone."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from accsyn_async import (
    Job,
    JobAbortedError,
    JobChanged,
    JobEndedError,
    JobFailedError,
    JobRemoved,
    JobRemovedError,
    JobStatus,
    NotFoundError,
    PermissionDeniedError,
    QueryError,
    SessionClosedError,
    Synced,
    WaitTimeoutError,
)
from accsyn_async.errors import AccsynError, ArgumentError, AuthenticationError
from tests.support.backend import RESET, Backend, fails, job_id, reply
from tests.support.virtual import run
from tests.support.watching import until as read_until


async def _later(_job: Job) -> bool:
    return True


WRONG_UNTIL: list[Any] = ["finished", "", [], ["done", "gone"], [5], 5, JobStatus, bool, _later, b"done"]


@pytest.mark.parametrize("form", ["id", "row", "snapshot"])
def test_it_returns_the_job_done(form: str) -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        what: Any = {"id": ident, "row": backend.jobs[ident], "snapshot": Job.from_row(backend.jobs[ident])}[
            form
        ]
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait(what))
            await asyncio.sleep(7)
            backend.faults += fails(RESET, 8)
            backend.end(1)
            job = await waiting
            assert (job.status, job.progress) == ("done", 100)
            assert job.metadata == {"shot": "sh0001"}

    run(main())


@pytest.mark.parametrize(
    ("happens", "error"),
    [("failed", JobFailedError), ("aborted", JobAbortedError), ("vanishes", JobRemovedError)],
)
def test_other_ends(happens: str, error: type[Exception]) -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait(ident))
            await asyncio.sleep(3)
            if happens == "failed":
                backend.move(1, status="failed", speed=-1.0)
            elif happens == "aborted":
                backend.end(1, "aborted")
            else:
                backend.vanish(1)
            with pytest.raises(error, match=r"job1\.mov") as caught:
                await waiting
            assert caught.value.job.id == ident  # type: ignore[attr-defined]

    run(main())


def test_a_failed_job_may_be_tolerated() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1, status="failed")
        async with backend.session() as session:
            with pytest.raises(JobFailedError):
                await session.wait(ident)
            waiting = asyncio.create_task(session.wait(ident, tolerate_failed=True))
            await asyncio.sleep(60)
            assert not waiting.done()
            backend.end(1)
            assert (await waiting).status == "done"

    run(main())


@pytest.mark.parametrize("known", [True, False])
def test_time_runs_out(known: bool) -> None:
    """Guarantee 8: a deadline that counts all waiting, and says how the job last looked."""

    async def main() -> None:
        backend = Backend()
        ident = backend.add(1, progress=42) if known else job_id(1)
        async with backend.session() as session:
            if not known:
                backend.faults += fails(RESET, 10_000)
            began = backend.now()
            with pytest.raises(WaitTimeoutError) as caught:
                await session.wait(ident, timeout=60)
            assert backend.now() - began == pytest.approx(60)
            assert isinstance(caught.value, TimeoutError)
            assert ("running at 42 %" in str(caught.value)) is known
            assert (caught.value.job is not None) is known
            assert backend.requests("transfer/edit") == []

    run(main())


def test_a_wait_within_somebody_elses_deadline_ends_with_that() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        async with backend.session() as session:
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(5):
                    await session.wait(ident, timeout=50)
            assert not isinstance(caught.value, AccsynError)

    run(main())


@pytest.mark.parametrize(
    ("what", "options", "error"),
    [
        ([], {}, ArgumentError),
        ("Transfer", {}, ArgumentError),
        ([job_id(1), job_id(2)], {}, ArgumentError),
        ("6971", {}, QueryError),
        ({"name": "x"}, {}, ArgumentError),
        (job_id(1), {"timeout": -1}, ArgumentError),
        (job_id(1), {"timeout": float("nan")}, ArgumentError),
        (job_id(1), {"timeout": "5"}, ArgumentError),
        (job_id(1), {"entitytype": "user"}, ArgumentError),
        *((job_id(1), {"until": until}, ArgumentError) for until in WRONG_UNTIL),
    ],
)
def test_wrong_arguments_send_nothing(what: Any, options: dict[str, Any], error: type[Exception]) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.raises(error):
                await session.wait(what, **options)
            assert [request.uri for request in backend.received] == ["login"]

    run(main())


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("User", "what can be watched: transfer"),
        ('Transfer WHERE name="x', "never closed"),
        ([], "no ids"),
        (["nonsense"], "no job's id"),
        ([5], "no job's id"),
    ],
)
def test_what_cannot_be_watched(what: Any, words: str) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.raises(ArgumentError, match=words):
                session.watch(what)

    run(main())


# -- until


@pytest.mark.parametrize(
    "until", ["Running", JobStatus.RUNNING, {"failed", "running"}, ["running"], lambda job: job.progress > 5]
)
@pytest.mark.parametrize("at_once", [True, False])
def test_it_returns_as_soon_as_the_job_is_what_was_asked_for(until: Any, at_once: bool) -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1, status="running" if at_once else "waiting", progress=6 if at_once else 0)
        wanted = iter(until) if isinstance(until, list) else until
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait(ident, until=wanted))
            await asyncio.sleep(60)
            assert waiting.done() is at_once
            backend.move(1, status="running", progress=6)
            job = await waiting
            assert (job.status, job.progress) == ("running", 6)
            assert session.monitor.statistics().watches == 0

    run(main())


@pytest.mark.parametrize(
    ("happens", "error"),
    [
        ("failed", JobFailedError),
        ("aborted", JobAbortedError),
        ("vanishes", JobRemovedError),
        ("done", JobEndedError),
    ],
)
@pytest.mark.parametrize("until", [["paused"], lambda job: job.status == "paused"])
def test_what_ends_before_it_is_what_was_asked_for(happens: str, error: type[Exception], until: Any) -> None:
    """Guarantee 7: a wait never ends early and looks like success."""

    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait(ident, until=until))
            tolerant = asyncio.create_task(session.wait(ident, until=until, tolerate_failed=True))
            await asyncio.sleep(3)
            if happens == "failed":
                backend.move(1, status="failed", speed=-1.0)
            elif happens == "vanishes":
                backend.vanish(1)
            else:
                backend.end(1, happens)
            with pytest.raises(error, match=r"job1\.mov") as caught:
                await waiting
            assert type(caught.value) is error
            if happens == "failed":
                assert not tolerant.done()
                backend.move(1, status="paused")
                assert (await tolerant).status == "paused"
            else:
                with pytest.raises(error):
                    await tolerant

    run(main())


@pytest.mark.parametrize("status", ["failed", "aborted"])
def test_a_failure_that_was_asked_for_is_no_error(status: str) -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait(ident, until=["failed", "aborted"]))
            await asyncio.sleep(3)
            if status == "failed":
                backend.move(1, status="failed")
            else:
                backend.end(1, "aborted")
            assert (await waiting).status == status
            assert (await session.wait(ident, until=status)).status == status

    run(main())


def test_a_job_that_was_removed_is_not_what_it_was() -> None:
    """Who comes late hears that there is none, whatever others were told of it before."""

    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        backend.add(2)
        async with backend.session() as session, session.watch([ident, job_id(2)]) as watch:
            await read_until(watch, Synced)
            backend.vanish(1)
            await read_until(watch, JobRemoved)
            with pytest.raises(NotFoundError):
                await session.wait(ident, until="running")

    run(main())


def test_a_function_that_raises_ends_the_wait_and_leaves_the_watch() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        calls: list[tuple[str, float]] = []

        def odd(job: Job) -> bool:
            calls.append((job.status.value, job.progress))
            if job.progress > 2:
                raise TimeoutError("its own")
            return False

        async def later(_job: Job) -> bool:
            raise AssertionError("never begun")

        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait(ident, until=odd, timeout=600))
            for progress in range(4):
                await asyncio.sleep(5)
                backend.move(1, progress=progress)
            with pytest.raises(TimeoutError, match="its own") as caught:
                await waiting
            assert not isinstance(caught.value, WaitTimeoutError)
            assert calls == [("running", progress) for progress in range(4)]
            assert session.monitor.statistics().watches == 0
            with pytest.raises(ArgumentError, match="asynchronous"):
                await session.wait(ident, until=lambda job: later(job))  # type: ignore[arg-type]

    run(main())


def test_time_that_runs_out_tells_what_was_asked_for() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1, progress=42)
        async with backend.session() as session:
            with pytest.raises(WaitTimeoutError, match="not paused or failed within 60 s.*running at 42 %"):
                await session.wait(ident, until=["failed", "paused"], timeout=60)
            with pytest.raises(WaitTimeoutError, match="not what until= asks for within 60 s"):
                await session.wait(ident, until=lambda _job: False, timeout=60)

    run(main())


# -- wait_all


def test_wait_all_returns_the_jobs_in_the_order_given() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(3)]
        async with backend.session() as session:
            given: list[Any] = [idents[2], backend.jobs[idents[0]], idents[1], idents[2]]
            waiting = asyncio.create_task(session.wait_all(iter(given)))
            for number in (1, 2, 0):
                await asyncio.sleep(10)
                assert not waiting.done()
                assert session.monitor.statistics().watches == 1
                backend.end(number)
            jobs = await waiting
            assert [job.id for job in jobs] == [idents[2], idents[0], idents[1], idents[2]]
            assert {job.status.value for job in jobs} == {"done"}
            assert [job.id for job in await session.wait_all(idents[0])] == [idents[0]]
            assert [job.id for job in await session.wait_all(jobs[0])] == [idents[2]]

    run(main())


@pytest.mark.parametrize(
    ("happens", "error"),
    [("failed", JobFailedError), ("aborted", JobAbortedError), ("vanishes", JobRemovedError)],
)
def test_wait_all_raises_the_first_failure_at_once(happens: str, error: type[JobEndedError]) -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(3)]
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait_all(idents))
            collecting = asyncio.create_task(session.wait_all(idents, return_exceptions=True))
            await asyncio.sleep(3)
            if happens == "failed":
                backend.move(1, status="failed", speed=-1.0)
            elif happens == "aborted":
                backend.end(1, "aborted")
            else:
                backend.vanish(1)
            with pytest.raises(error) as caught:
                await waiting
            assert caught.value.job.id == idents[1]
            await asyncio.sleep(60)
            assert not collecting.done()
            backend.end(0)
            backend.end(2)
            first, second, third = await collecting
            assert isinstance(first, Job)
            assert isinstance(second, error)
            assert second.job.id == idents[1]
            assert isinstance(third, Job)
            assert {request.uri for request in backend.received} == {"login", "transfer/find"}

    run(main())


def test_wait_all_may_tolerate_failures() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number, status="failed") for number in range(2)]
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait_all(idents, tolerate_failed=True))
            await asyncio.sleep(60)
            assert not waiting.done()
            for number in range(2):
                backend.end(number)
            assert len(await waiting) == 2

    run(main())


def test_wait_all_with_an_id_that_is_not_there() -> None:
    """What is wrong with one job is no outcome of the others."""

    async def main() -> None:
        backend = Backend()
        idents = [backend.add(0), job_id(77), backend.add(2), job_id(88)]

        def deny(received: Any) -> Any:
            backend.faults.append(deny)
            denied = received.event.get("id") == job_id(88)
            return reply({"message": "E#J403 permission denied"}) if denied else None

        async with backend.session() as session:
            with pytest.raises(NotFoundError, match=job_id(77)):
                await session.wait_all(idents[:3])
            backend.faults.append(deny)
            collecting = asyncio.create_task(session.wait_all(idents, return_exceptions=True))
            await asyncio.sleep(60)
            backend.end(2)
            backend.end(0, "aborted")
            outcomes = await collecting
            assert [type(outcome) for outcome in outcomes] == [
                JobAbortedError,
                NotFoundError,
                Job,
                PermissionDeniedError,
            ]
            assert session.monitor.statistics().watches == 0

    run(main())


@pytest.mark.parametrize("apart", [True, False])
def test_what_concerns_all_is_raised_although_errors_are_collected(apart: bool) -> None:
    async def main(happens: str) -> None:
        backend = Backend()
        idents = [backend.add(0), backend.add(1), *([job_id(77)] if apart else [])]
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait_all(idents, return_exceptions=True))
            await asyncio.sleep(60)
            if happens == "closed":
                await session.aclose()
                with pytest.raises(SessionClosedError):
                    await waiting
            elif happens == "refused":
                backend.key = "another"
                backend.expire()
                with pytest.raises(AuthenticationError):
                    await waiting
            else:
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting

    for happens in ("closed", "refused", "cancelled"):
        run(main(happens))


def test_wait_all_runs_out_of_time() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number, name="n" * 1000, progress=number) for number in range(50)]
        async with backend.session() as session:
            waiting = asyncio.create_task(session.wait_all(idents, timeout=60))
            await asyncio.sleep(10)
            began = backend.now()
            for number in range(10):
                backend.end(number)
            with pytest.raises(WaitTimeoutError, match="40 of 50 jobs not done within 60 s") as caught:
                await waiting
            assert backend.now() - began == pytest.approx(50)
            assert "running at 10 %; " in str(caught.value)
            assert str(caught.value).endswith("and 37 more")
            assert len(str(caught.value)) < 500
            assert caught.value.job is not None
            assert caught.value.job.progress == 10
            collected = session.wait_all(idents[40:], timeout=5, return_exceptions=True)
            with pytest.raises(WaitTimeoutError, match="10 of 10"):
                await collected
            backend.faults += fails(RESET, 10_000)
            with pytest.raises(WaitTimeoutError, match="1 of 1 jobs .* 1 never seen"):
                await session.wait_all([job_id(99)], timeout=5)

    run(main())


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ([], {}),
        (iter([]), {}),
        ("Transfer", {}),
        (["Transfer"], {}),
        ([job_id(1), "nonsense"], {}),
        ([job_id(1), None], {}),
        ([{"name": "x"}], {}),
        (b"x", {}),
        ([job_id(1)], {"timeout": -1}),
        ([job_id(1)], {"entitytype": "user"}),
    ],
)
def test_wait_all_with_wrong_arguments_sends_nothing(what: Any, options: dict[str, Any]) -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            with pytest.raises(ArgumentError):
                await session.wait_all(what, **options)
            assert [request.uri for request in backend.received] == ["login"]

    run(main())


# -- as_completed


def test_as_completed_yields_in_the_order_of_ends() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(3)]
        async with backend.session() as session:
            seen = []

            async def collect() -> None:
                async for job in session.as_completed(idents):
                    seen.append((job.id, job.status.value))

            task = asyncio.create_task(collect())
            for number, status in ((2, "done"), (0, "aborted"), (1, "done")):
                await asyncio.sleep(10)
                backend.end(number, status)
            await task
            assert seen == [(job_id(2), "done"), (job_id(0), "aborted"), (job_id(1), "done")]
            assert [job.status.value async for job in session.as_completed([job_id(1)])] == ["done"]

    run(main())


def test_as_completed_with_a_removed_job_and_a_closing_session() -> None:
    """Guarantee 12: what waits when the session closes is told so."""

    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(2)]
        async with backend.session() as session:
            jobs = session.as_completed(idents)
            task = asyncio.create_task(anext(jobs))
            await asyncio.sleep(5)
            backend.vanish(0)
            with pytest.raises(ArgumentError):
                session.as_completed("Transfer")
            later = session.as_completed([idents[1]])
            waiting = asyncio.create_task(anext(later))
            await asyncio.sleep(5)
            with pytest.raises(JobRemovedError):
                await task
        with pytest.raises(SessionClosedError):
            await waiting

    run(main())


@pytest.mark.parametrize("timeout", [True, "5", -1, math.nan, 10**400])
def test_a_timeout_is_a_number_of_seconds(timeout: Any) -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        async with backend.session() as session:
            for wait in (session.wait(ident, timeout=timeout), session.wait_all([ident], timeout=timeout)):
                with pytest.raises(ArgumentError, match="^timeout is seconds"):
                    await wait

    run(main())


def test_watches_say_what_they_are_about() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(2)]
        async with backend.session() as session:
            watch = session.watch('Transfer WHERE name="a.mov"')
            assert repr(watch) == """<Watch 'transfer WHERE name="a.mov"', not entered>"""
            async with watch:
                await asyncio.sleep(5)
                assert repr(watch) == """<Watch 'transfer WHERE name="a.mov"', backlog 1>"""
            assert repr(watch).endswith(", closed>")
            jobs = session.as_completed(idents)
            assert repr(jobs) == f"<AsCompleted 'transfer {idents[0]} and 1 more', 2 to come>"
            await jobs.aclose()
            assert repr(jobs).endswith(", over>")

    run(main())


def test_as_completed_that_is_closed_ends_its_loop() -> None:
    """As a watch does; only a session that is closed under it is an error."""

    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(2)]
        async with backend.session() as session:
            jobs = session.as_completed(idents)

            async def collect() -> list[str]:
                return [job.id async for job in jobs]

            task = asyncio.create_task(collect())
            await asyncio.sleep(5)
            backend.end(0)
            await asyncio.sleep(5)
            await jobs.aclose()
            assert await task == [idents[0]]

    run(main())


def test_as_completed_waits_on_for_a_failed_job() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(2)]
        async with backend.session() as session:
            jobs = session.as_completed(idents)
            waiting = asyncio.create_task(anext(jobs))
            await asyncio.sleep(10)
            backend.move(0, status="failed", speed=-1.0)
            with pytest.raises(JobFailedError):
                await session.wait(idents[0])
            await asyncio.sleep(60)
            assert not waiting.done()
            backend.end(1)
            assert (await waiting).id == idents[1]
            backend.end(0, "aborted")
            assert [(job.id, job.status.value) async for job in jobs] == [(idents[0], "aborted")]

    run(main())


def test_as_completed_goes_on_after_a_removed_job() -> None:
    async def main() -> None:
        backend = Backend()
        idents = [backend.add(number) for number in range(2)]
        async with backend.session() as session:
            jobs = session.as_completed(idents)
            waiting = asyncio.create_task(anext(jobs))
            await asyncio.sleep(5)
            backend.vanish(0)
            with pytest.raises(JobRemovedError):
                await waiting
            backend.end(1)
            assert [job.id async for job in jobs] == [idents[1]]

    run(main())


def test_using_a_watch_wrongly() -> None:
    async def main() -> None:
        backend = Backend()
        ident = backend.add(1)
        async with backend.session() as session:
            watch = session.watch(ident)
            with pytest.raises(AccsynError, match="enter the watch first"):
                await anext(watch)
            async with watch:
                for wrong in ("colour", 5, None):
                    with pytest.raises(ArgumentError):
                        watch.on(wrong)  # type: ignore[arg-type]
                with pytest.raises(ArgumentError):
                    watch.on("progress", 5)  # type: ignore[call-overload]
                await anext(watch)
                await anext(watch)
                first = asyncio.create_task(anext(watch))
                await asyncio.sleep(0)
                with pytest.raises(AccsynError, match="two tasks"):
                    await anext(watch)
                backend.move(1, progress=3)
                assert isinstance(await first, JobChanged)
            with pytest.raises(AccsynError, match="entered once"):
                await watch.__aenter__()
            with pytest.raises(StopAsyncIteration):
                await anext(watch)

    run(main())
