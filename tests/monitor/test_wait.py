"""Waiting: what it returns, what it raises, and what it leaves alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accsyn_async import (
    Job,
    JobAbortedError,
    JobChanged,
    JobFailedError,
    JobRemovedError,
    QueryError,
    SessionClosedError,
    WaitTimeoutError,
)
from accsyn_async.errors import AccsynError, ArgumentError
from tests.support.backend import RESET, Backend, fails, job_id
from tests.support.virtual import run


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
        (job_id(1), {"entitytype": "user"}, ArgumentError),
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
