"""Waiting for jobs to be done, or to be what the caller says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from accsyn_async.errors import (
    AccsynError,
    ArgumentError,
    AuthenticationError,
    JobAbortedError,
    JobEndedError,
    JobFailedError,
    JobRemovedError,
    SessionClosedError,
    WaitTimeoutError,
)
from accsyn_async.events import JobEvent, JobFinished, JobFound, JobRemoved, Synced
from accsyn_async.models import Job, JobStatus
from accsyn_async.monitor.selection import Jobs, Selection, Watchable, ids_of, select
from accsyn_async.monitor.source import Source
from accsyn_async.monitor.until import Goal, Until, read_until
from accsyn_async.monitor.watch import Watch
from accsyn_async.safe_text import safe
from accsyn_async.times import is_seconds

__all__ = ["AsCompleted", "wait_for_all", "wait_for_job"]

_NAMED = 3
"""Open jobs that a message names at most."""
_NAME_LENGTH = 60


async def wait_for_job(
    source: Source, selection: Selection, *, until: Until | None, timeout: float | None, tolerate_failed: bool
) -> Job:
    """Wait until a job is done, or what ``until`` says; see ``Session.wait``."""
    _check_timeout(timeout)
    goal = None if until is None else read_until(until)
    if selection.ids is None or len(selection.ids) != 1:
        raise ArgumentError("wait is for one job, by its id; use wait_all or as_completed for several")
    last: Job | None = None
    found: JobFound | None = None
    try:
        async with asyncio.timeout(timeout) as limit, Watch(source, selection) as watch:
            async for event in watch:
                if isinstance(event, JobFound) or (isinstance(event, Synced) and watch.backlog):
                    # Not before it is known whether the next event tells that it was removed.
                    if isinstance(event, JobFound):
                        found, last = event, event.job
                    continue
                first, found = found, None
                for each in (first, event):
                    if not isinstance(each, JobEvent) or (each is first and isinstance(event, JobRemoved)):
                        continue
                    last = each.job
                    outcome = _judge(each, goal, tolerate_failed=tolerate_failed)
                    if isinstance(outcome, JobEndedError):
                        raise outcome
                    if outcome is not None:
                        return outcome
    except TimeoutError:
        if not limit.expired():
            raise
        seen = f"it was {_shown(last)} when last seen" if last else "it was never seen"
        wanted = "done" if goal is None else goal.words
        raise WaitTimeoutError(
            f"not {wanted} within {timeout:g} s: {selection.ids[0]}; {seen}", last
        ) from None
    raise SessionClosedError("it was closed before the job was what was waited for")


async def wait_for_all(
    source: Source,
    jobs: Watchable,
    entitytype: str,
    *,
    timeout: float | None,
    tolerate_failed: bool,
    return_exceptions: bool,
) -> list[Job | AccsynError]:
    """Wait until several jobs are done; see ``Session.wait_all``."""
    _check_timeout(timeout)
    given = [*jobs] if isinstance(jobs, Iterable) and not isinstance(jobs, str | Mapping | Job) else None
    selection = select(jobs if given is None else given, entitytype)
    if selection.ids is None:
        raise ArgumentError("wait_all is for jobs by their ids; watch takes queries")
    order = selection.ids
    if given is not None:
        order = tuple(ident for each in given for ident in select(each, entitytype).ids or ())
    waiting = _Waiting(source, selection.ids, tolerate_failed=tolerate_failed, collects=return_exceptions)
    try:
        async with asyncio.timeout(timeout) as limit:
            await waiting.settle(selection)
    except TimeoutError:
        if not limit.expired():
            raise
        raise waiting.too_late(timeout) from None
    return [waiting.outcomes[ident] for ident in order]


class _Waiting:
    """Several jobs that are waited for.

    Attributes:
        open: those whose outcome is not known yet, as they were last seen.
        outcomes: the others, done, or why they are not.

    Args:
        source: where events come from.
        idents: the jobs.
        tolerate_failed: whether one that fails is waited for all the same.
        collects: whether the error of a job is an outcome like any other.
    """

    def __init__(
        self, source: Source, idents: tuple[str, ...], *, tolerate_failed: bool, collects: bool
    ) -> None:
        self.open: dict[str, Job | None] = dict.fromkeys(idents)
        self.outcomes: dict[str, Job | AccsynError] = {}
        self._source = source
        self._tolerate_failed = tolerate_failed
        self._collects = collects

    async def settle(self, selection: Selection) -> None:
        """Wait for the outcomes of these jobs.

        Raises:
            JobEndedError: one came to another end, unless errors are collected.
            AccsynError: what a watch raises, unless it is about one job and errors are collected.
            SessionClosedError: the session, or the feed, was closed meanwhile.
        """
        idents = selection.ids or ()
        try:
            async with Watch(self._source, selection) as watch:
                async for event in watch:
                    if isinstance(event, JobEvent) and event.job.id in self.open:
                        self._take(event)
                        if self.open.keys().isdisjoint(idents):
                            return
        except (AuthenticationError, JobEndedError, SessionClosedError):
            raise
        except AccsynError as error:
            if not self._collects:
                raise
            if len(idents) == 1:
                self._close(idents[0], error)
                return
        else:
            raise SessionClosedError("it was closed before every job was done")
        # What is wrong with one of them ended the watch of all: apart, it ends its own.
        apart = [self.settle(replace(selection, ids=(ident,))) for ident in idents if ident in self.open]
        for failure in await asyncio.gather(*apart, return_exceptions=True):
            if failure is not None:
                raise failure

    def too_late(self, timeout: float | None) -> WaitTimeoutError:
        """The error for time that ran out: how many are open, and how some of them looked."""
        seen = [job for job in self.open.values() if job is not None]
        looks = [_shown(job) for job in seen[:_NAMED]]
        if unseen := len(self.open) - len(seen):
            looks.append(f"{unseen} never seen")
        if len(seen) > _NAMED:
            looks.append(f"and {len(seen) - _NAMED} more")
        total = len(self.open) + len(self.outcomes)
        return WaitTimeoutError(
            f"{len(self.open)} of {total} jobs not done within {timeout:g} s: {'; '.join(looks)}",
            seen[0] if seen else None,
        )

    def _take(self, event: JobEvent) -> None:
        ident = event.job.id
        self.open[ident] = event.job
        outcome = _judge(event, None, tolerate_failed=self._tolerate_failed)
        if isinstance(outcome, JobEndedError) and not self._collects:
            raise outcome
        if outcome is not None:
            self._close(ident, outcome)

    def _close(self, ident: str, outcome: Job | AccsynError) -> None:
        self.outcomes[ident] = outcome
        del self.open[ident]


class AsCompleted:
    """Jobs in the order in which they come to their ends; see ``Session.as_completed``.

    May be used in ``async with``, to leave early; a loop that is left without it is
    noticed when the iterator is collected.
    """

    def __init__(self, source: Source, selection: Selection) -> None:
        self._source = source
        self._selection = selection
        self._watch: Watch | None = None
        self._open = set(selection.ids or ())
        self._over = False

    def __repr__(self) -> str:
        state = "over" if self._over else f"{len(self._open)} to come"
        return f"<AsCompleted {self._selection.words!r}, {state}>"

    async def __aenter__(self) -> AsCompleted:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsCompleted:
        return self

    async def __anext__(self) -> Job:
        if self._over:
            raise StopAsyncIteration
        if self._watch is None:
            self._watch = await Watch(self._source, self._selection).__aenter__()
        while self._open:
            try:
                event = await anext(self._watch)
            except StopAsyncIteration:
                raise self._why_over() from None
            if isinstance(event, JobFinished | JobRemoved) and event.job.id in self._open:
                self._open.discard(event.job.id)
                if isinstance(event, JobRemoved):
                    raise JobRemovedError(f"the job {_named(event.job)} was removed", event.job)
                return event.job
        await self.aclose()
        raise StopAsyncIteration

    def add(self, jobs: Jobs) -> None:
        """Iterate over more jobs, also while the loop runs; each comes once, however often it is added.

        Args:
            jobs: an id, row or snapshot, or several.

        Raises:
            ArgumentError: something is no id.
            AccsynError: it is over.

        Example::

            completed = session.as_completed(first["id"])
            async for job in completed:
                if job.name == "first.mov":
                    completed.add(await session.create("Transfer", {...}))
        """
        idents = ids_of(jobs)
        if self._over:
            raise AccsynError("it is over; make another with as_completed()")
        known = self._selection.ids or ()
        new = [ident for ident in idents if ident not in known]
        if self._watch is not None and new:
            self._watch.add(new)
        self._selection = self._selection.with_ids((*known, *new))
        self._open.update(new)

    def _why_over(self) -> Exception:
        if self._over:
            return StopAsyncIteration()
        return SessionClosedError("it was closed before every job had come to its end")

    async def aclose(self) -> None:
        """Stop waiting; a loop over it ends. The jobs go on. May be called twice."""
        self._over = True
        if self._watch is not None:
            await self._watch.aclose()


def _check_timeout(timeout: object) -> None:
    if timeout is not None and not is_seconds(timeout):
        raise ArgumentError(f"timeout is seconds, 0 or more, or None to wait for ever; not {timeout!r}")


def _judge(event: JobEvent, goal: Goal | None, *, tolerate_failed: bool) -> Job | JobEndedError | None:
    """What an event means to who waits for its job: it is there, it will not come, or go on waiting."""
    job = event.job
    if isinstance(event, JobRemoved):
        return JobRemovedError(f"the job {_named(job)} was removed", job)
    if goal is not None and goal.reached(job):
        return job
    if isinstance(event, JobFinished):
        if job.status is not JobStatus.DONE:
            return JobAbortedError(f"the job {_named(job)} was aborted, at {job.progress} %", job)
        if goal is None:
            return job
        return JobEndedError(f"the job {_named(job)} is done and was never seen to be {goal.words}", job)
    if job.status is JobStatus.FAILED and not tolerate_failed:
        return JobFailedError(
            f"the job {_named(job)} has failed, at {job.progress} %; its tasks say why", job
        )
    return None


def _shown(job: Job) -> str:
    return f"{_named(job)}, {job.status.value} at {job.progress} %"


def _named(job: Job) -> str:
    name = safe(job.name)
    if len(name) > _NAME_LENGTH:
        name = f"{name[: _NAME_LENGTH - 1]}…"
    return f"'{name}' ({job.id})"
