"""Waiting for jobs to be done."""

from __future__ import annotations

import asyncio

from accsyn_async.errors import (
    ArgumentError,
    JobAbortedError,
    JobFailedError,
    JobRemovedError,
    SessionClosedError,
    WaitTimeoutError,
)
from accsyn_async.events import JobEvent, JobFinished, JobRemoved
from accsyn_async.models import Job, JobStatus
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.source import Source
from accsyn_async.monitor.watch import Watch

__all__ = ["AsCompleted", "wait_for_job"]


async def wait_for_job(
    source: Source, selection: Selection, *, timeout: float | None, tolerate_failed: bool
) -> Job:
    """Wait until a job is done; see ``Session.wait``."""
    if timeout is not None and not timeout >= 0:
        raise ArgumentError(f"timeout is seconds, 0 or more, or None to wait for ever; not {timeout!r}")
    if selection.ids is None or len(selection.ids) != 1:
        raise ArgumentError("wait is for one job, by its id; use as_completed for several")
    last: Job | None = None
    try:
        async with asyncio.timeout(timeout) as limit, Watch(source, selection) as watch:
            async for event in watch:
                if not isinstance(event, JobEvent):
                    continue
                last = event.job
                if isinstance(event, JobRemoved):
                    raise JobRemovedError(f"the job {_named(last)} was removed", last)
                if isinstance(event, JobFinished):
                    if last.status is JobStatus.DONE:
                        return last
                    raise JobAbortedError(f"the job {_named(last)} was aborted, at {last.progress} %", last)
                if last.status is JobStatus.FAILED and not tolerate_failed:
                    raise JobFailedError(
                        f"the job {_named(last)} has failed, at {last.progress} %; its tasks say why", last
                    )
    except TimeoutError:
        if not limit.expired():
            raise
        seen = f"it was {_shown(last)} when last seen" if last else "it was never seen"
        raise WaitTimeoutError(f"not done within {timeout:g} s: {selection.ids[0]}; {seen}", last) from None
    raise SessionClosedError("the session was closed before the job was done")


class AsCompleted:
    """Jobs in the order in which they come to their ends; see ``Session.as_completed``.

    May be used in ``async with``, to leave early; a loop that is left without it is
    noticed when the iterator is collected.
    """

    def __init__(self, source: Source, selection: Selection) -> None:
        self._watch = Watch(source, selection)
        self._open = set(selection.ids or ())
        self._entered = False

    async def __aenter__(self) -> AsCompleted:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsCompleted:
        return self

    async def __anext__(self) -> Job:
        if not self._entered:
            self._entered = True
            await self._watch.__aenter__()
        while self._open:
            try:
                event = await anext(self._watch)
            except StopAsyncIteration:
                raise SessionClosedError("it was closed before every job had come to its end") from None
            if isinstance(event, JobFinished | JobRemoved) and event.job.id in self._open:
                self._open.discard(event.job.id)
                if isinstance(event, JobRemoved):
                    raise JobRemovedError(f"the job {_named(event.job)} was removed", event.job)
                return event.job
        await self.aclose()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop waiting. The jobs go on. May be called twice."""
        await self._watch.aclose()


def _shown(job: Job) -> str:
    return f"{_named(job)}, {job.status.value} at {job.progress} %"


def _named(job: Job) -> str:
    return f"{job.name!r} ({job.id})"
