"""Guarantees 2, 4 and 5 for jobs of every kind, against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from accsyn_async import (
    Event,
    JobAbortedError,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRevived,
    NotFoundError,
    PollPolicy,
    Session,
    Synced,
    TaskChanged,
    Watch,
)
from accsyn_async.sandbox import Sandbox
from tests.sandbox.job_calls import compute, edit, make, recipients, result, until_status
from tests.sandbox.wire_client import Wire, wire_to
from tests.support.watching import kinds, until

PACKAGES = ("delivery", "request", "stream")
KINDS = (*PACKAGES, "compute", "transfer")
POLICY = PollPolicy(soon=0.02, running=0.03, idle=0.05, backoff=0.02)
STANDARD = "standard@example.com"


class World:
    """A sandbox, who sends and who receives, and a session of the sender's."""

    def __init__(self, box: Sandbox, wire: Wire, standard: Wire, session: Session) -> None:
        self.box, self.wire, self.standard, self.session = box, wire, standard, session

    async def begin(self, kind: str) -> Any:
        """Make a job that waits for somebody, or for time to pass."""
        if kind == "compute":
            minute = {"compute": {"parameters": {"seconds": 60}}}
            job = await compute(self.wire, {"tasks": {"0": minute, "1": minute}})
            await until_status(self.wire, job, "running")
        elif kind == "transfer":
            job = await self.wire.create({"source": "a.mov", "destination": "site=berlin"})
            await until_status(self.wire, job, "running")
        else:
            own = {"destination": "share=projects/inbox"} if kind == "request" else {"source": "a.mov"}
            job = await make(self.wire, kind, recipients=[STANDARD], status="pending", **own)
            await until_status(self.wire, job, "waiting")
        return job

    async def finish(self, kind: str, job: Any) -> None:
        """Let time pass, or the recipient have or give all."""
        if kind in PACKAGES:
            (one,) = await recipients(self.standard, job)
            transfer = await self.standard.get(one["transfer"])
            if kind == "request":
                await result(
                    self.standard.call("POST", "task/create", {"tasks": ["/up.mov"]}, id=transfer["id"])
                )
            else:
                await result(edit(self.standard, transfer, destination="/in/"))
        await self.box.advance(hours=1)

    async def abort(self, job: Any) -> None:
        await result(edit(self.wire, job, status="aborted"))


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Its clock stands still, but for ``finish``."""
    async with (
        Sandbox(rate_limit=False, speed=0.001, time_factor=0) as box,
        wire_to(box) as wire,
        wire_to(box, "standard") as standard,
        box.session(poll=POLICY, rate_limit=None) as session,
        asyncio.timeout(60),
    ):
        (box.volume / "a.mov").write_bytes(bytes(100_000))
        (box.local_root / "up.mov").write_bytes(b"up")
        yield World(box, wire, standard, session)


def what(form: str, kind: str, job: Any) -> tuple[Any, dict[str, Any]]:
    match form:
        case "query":
            return kind.title(), {}
        case "query-where":
            return f'{kind.title()} WHERE id="{job["id"]}"', {}
        case "id":
            return job["id"], {"entitytype": kind}
        case "ids":
            return [job["id"]], {"entitytype": kind.title()}
    return job, {"entitytype": kind}


async def to_the_end(watch: Watch) -> list[Event]:
    return await until(watch, JobFinished)


@pytest.mark.parametrize("form", ["query", "query-where", "id", "ids", "entity"])
@pytest.mark.parametrize("end", ["done", "aborted"])
@pytest.mark.parametrize("kind", KINDS)
async def test_guarantees_2_and_4_a_job_of_any_kind_to_its_end(kind: str, end: str, form: str) -> None:
    async with world() as here:
        job = await here.begin(kind)
        jobs, options = what(form, kind, job)
        async with here.session.watch(jobs, **options) as watch:
            found, synced = await until(watch, Synced)
            assert isinstance(found, JobFound)
            assert isinstance(synced, Synced)
            assert (found.job.id, synced.jobs) == (job["id"], 1)
            assert found.job.status == ("waiting" if kind in PACKAGES else "running")
            await (here.finish(kind, job) if end == "done" else here.abort(job))
            events = await to_the_end(watch)
            assert {*kinds(events)} <= {"JobChanged", "JobFinished"}
            *changes, finished = events
            assert isinstance(finished, JobFinished)
            assert (finished.job.id, finished.job.status, finished.run) == (job["id"], end, 0)
            assert finished.job.finished is not None
            assert finished.id == f"acme:{job['id']}:{end}:{finished.job.finished:%Y-%m-%dT%H:%M:%S}"
            last = changes[-1]
            assert isinstance(last, JobChanged)
            assert last.job.status == end
            if not form.startswith("query"):
                with pytest.raises(StopAsyncIteration):
                    await anext(watch)


@pytest.mark.parametrize("kind", KINDS)
async def test_guarantee_7_waiting_for_a_job_of_any_kind(kind: str) -> None:
    async with world() as here:
        job = await here.begin(kind)
        waiting = asyncio.create_task(here.session.wait(job["id"], entitytype=kind, timeout=50))
        await here.finish(kind, job)
        assert (await waiting).status == "done"
        # And when it had ended before.
        assert (await here.session.wait(job, entitytype=kind, timeout=50)).status == "done"
        other = await here.begin(kind)
        await here.abort(other)
        with pytest.raises(JobAbortedError):
            await here.session.wait(other["id"], entitytype=kind, timeout=50)


@pytest.mark.parametrize("kind", PACKAGES)
async def test_guarantee_5_what_is_sent_again_is_revived(kind: str) -> None:
    async with world() as here:
        job = await here.begin(kind)
        async with here.session.watch(kind.title()) as watch:
            await until(watch, Synced)
            await here.abort(job)
            first = (await to_the_end(watch))[-1]
            await result(edit(here.wire, job, status="pending"))
            revived = (await until(watch, JobRevived))[-1]
            assert isinstance(revived, JobRevived)
            assert (revived.job.id, revived.run) == (job["id"], 1)
            await here.box.advance(seconds=5)
            await until_status(here.wire, job, "waiting")
            await here.abort(job)
            second = (await to_the_end(watch))[-1]
            assert isinstance(first, JobFinished)
            assert isinstance(second, JobFinished)
            assert (second.run, second.id != first.id) == (1, True)


async def test_tasks_of_a_compute_job_one_after_the_other() -> None:
    async with world() as here:
        job = await here.begin("compute")
        async with here.session.watch(job["id"], entitytype="compute", tasks=True) as watch:
            told: list[tuple[str, str]] = []

            async def until_told(uri: str, status: str) -> None:
                while (uri, status) not in told:
                    event = await anext(watch)
                    if isinstance(event, TaskChanged):
                        assert event.job.id == job["id"]
                        told.append((event.task.uri, event.task.status.value))

            await until_told("0", "executing")
            await here.box.advance(seconds=61)
            await until_told("0", "done")
            await until_told("1", "executing")
            await here.box.advance(seconds=61)
            ends = [event.task for event in await to_the_end(watch) if isinstance(event, TaskChanged)]
            assert [(task.uri, task.status.value) for task in ends] == [("1", "done")]


async def test_an_id_of_another_kind_is_not_found() -> None:
    async with world() as here:
        jobs = {kind: await here.begin(kind) for kind in ("compute", "transfer")}
        waits = [
            here.session.wait(job["id"], entitytype=other, timeout=50)
            for job, other in ((jobs["compute"], "transfer"), (jobs["transfer"], "compute"))
        ]
        errors = await asyncio.gather(*waits, return_exceptions=True)
        assert [type(error) for error in errors] == [NotFoundError] * 2


async def test_guarantee_1_each_kind_is_polled_for_itself_and_ends_for_itself() -> None:
    async with world() as here:
        jobs = {kind: await here.begin(kind) for kind in ("compute", "delivery", "request")}
        watches = {kind: await here.session.watch(kind.title()).__aenter__() for kind in jobs}
        for kind, watch in watches.items():
            found = [event for event in await until(watch, Synced) if isinstance(event, JobEvent)]
            assert [event.job.id for event in found] == [jobs[kind]["id"]]
        await here.abort(jobs["delivery"])
        ended = (await to_the_end(watches["delivery"]))[-1]
        assert isinstance(ended, JobFinished)
        assert ended.job.id == jobs["delivery"]["id"]
        assert not [watch for kind, watch in watches.items() if kind != "delivery" and watch.backlog]
        for watch in watches.values():
            await watch.aclose()
