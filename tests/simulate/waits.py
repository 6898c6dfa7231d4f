"""Waiting for jobs, and whether what came of it is true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from accsyn_async import (
    AccsynError,
    Job,
    JobAbortedError,
    JobEndedError,
    JobFailedError,
    JobRemovedError,
    NotFoundError,
    Session,
    SessionClosedError,
    WaitTimeoutError,
)
from accsyn_async.monitor.wait import AsCompleted
from tests.simulate.exemptions import is_removal_founded
from tests.simulate.invariants import Complaints
from tests.simulate.model import TrueJob, World

__all__ = ["HALF", "WaitLog", "complete", "wait", "wait_for_all"]

HALF = "half"
"""In place of a state: the job has come half the way, as a function says."""


@dataclass(slots=True)
class WaitLog:
    """One wait, for one job or several, or one run of ``as_completed``.

    Attributes:
        name: names it in messages.
        ids: the jobs.
        began: when.
        timeout: seconds; ``None`` for ever.
        tolerant: whether a failed job is waited for.
        until: the states that are waited for, or ``HALF``; done when empty.
        together: whether it is over only when each of its jobs is what is waited for.
        since: the jobs, and since when each is waited for.
        over: how it ended; ``None`` while it waits.
        got: the jobs that it has returned, or raised for.
        skipped: seconds of its time that a sleeping computer skipped at once.
    """

    name: str
    ids: tuple[str, ...]
    began: float
    timeout: float | None
    tolerant: bool
    world: World
    complain: Complaints
    now: Callable[[], float]
    until: tuple[str, ...] = ()
    together: bool = False
    over: str | None = None
    got: set[str] = field(default_factory=set)
    since: dict[str, float] = field(default_factory=dict)
    skipped: float = 0.0
    closing: bool = False

    def __post_init__(self) -> None:
        self.since.update(dict.fromkeys(self.ids, self.began))

    def add(self, ident: str) -> None:
        """Another job is waited for."""
        self.since.setdefault(ident, self.now())

    def is_due(self, job: TrueJob) -> bool:
        """Whether a job is what is waited for, or will never be."""
        state = job.now
        if job.gone or state.ended or (state.status == "failed" and not self.tolerant):
            return True
        return state.status in self.until or (HALF in self.until and state.progress >= 50)

    def returned(self, job: Job) -> None:
        """A job was given as one that has come to its end."""
        self._expect(job, ("done", "aborted"))

    def done(self, job: Job) -> None:
        """A job was given as what was waited for."""
        self._expect(job, self.until or ("done",))

    def raised(self, error: BaseException) -> None:
        """It raised."""
        match error:
            case JobFailedError(job=job):
                self._expect(job, ("failed",))
                if self.tolerant:
                    self._complain("wait", "failed, which was to be tolerated")
            case JobAbortedError(job=job):
                self._expect(job, ("aborted",))
            case JobEndedError(job=job) if type(error) is JobEndedError:
                self._expect(job, ("done",))
                if not self.until or "done" in self.until:
                    self._complain("wait", f"{error}, which was waited for")
            case JobRemovedError(job=job):
                self.got.add(job.id)
                if not is_removal_founded(self.world.jobs[job.id], self.now()):
                    self._complain(
                        "removed", f"{job.name}: looked up in vain at {self.world.jobs[job.id].absent}"
                    )
            case WaitTimeoutError():
                self._timed_out()
            case NotFoundError():
                if not any(is_removal_founded(self.world.jobs[ident], self.now()) for ident in self.since):
                    self._complain("removed", f"not found: {error}")
            case SessionClosedError():
                if not self.closing:
                    self._complain("crash", f"{type(error).__name__}: {error}")
            case _:
                self._complain("crash", f"{type(error).__name__}: {error}")

    def _timed_out(self) -> None:
        passed = self.now() - self.began
        if self.timeout is None or passed < self.timeout - 1e-6:
            self._complain("timeout", f"timed out after {passed:.2f} s of {self.timeout}")
        elif passed > self.timeout + self.skipped + 1e-3:
            self._complain("timeout", f"timed out only after {passed:.2f} s of {self.timeout}")

    def _expect(self, shown: Job, statuses: tuple[str, ...]) -> None:
        job = self.world.jobs[shown.id]
        state = job.states[int(shown._code or "")]
        which = f"{job.name}, life {state.life}, state {state.v} ({state.status})"
        if shown.id in self.got:
            self._complain("wait", f"{which}: given twice")
        self.got.add(shown.id)
        half = HALF in statuses and state.progress >= 50 and (shown.progress or 0) >= 50
        if not half and (state.status not in statuses or shown.status.value not in statuses):
            self._complain("wait", f"{which} is none of {', '.join(statuses)}")
        elif job.valid_until(state) < self.since[shown.id]:
            until, since = job.valid_until(state), self.since[shown.id]
            self._complain("wait", f"{which} was so until {until:.2f} s, before it began at {since:.2f} s")

    def _complain(self, invariant: str, text: str) -> None:
        self.complain(invariant, f"{self.name}: {text}")


async def wait(session: Session, log: WaitLog) -> None:
    """Wait for one job."""
    until = (lambda job: job.progress >= 50) if HALF in log.until else (log.until or None)
    try:
        job = await session.wait(log.ids[0], until=until, timeout=log.timeout, tolerate_failed=log.tolerant)
    except asyncio.CancelledError:
        log.over = "cancelled"
        raise
    except Exception as error:
        log.raised(error)
        log.over = type(error).__name__
    else:
        log.done(job)
        log.over = "done"


async def wait_for_all(session: Session, log: WaitLog, *, collects: bool) -> None:
    """Wait for several jobs; with ``collects`` the error of one is no reason not to wait for the others."""
    outcomes: list[Job | AccsynError]
    try:
        outcomes = await session.wait_all(
            log.ids, timeout=log.timeout, tolerate_failed=log.tolerant, return_exceptions=collects
        )
    except asyncio.CancelledError:
        log.over = "cancelled"
        raise
    except Exception as error:
        log.raised(error)
        log.over = type(error).__name__
        return
    log.over = "done"
    for ident, outcome in zip(log.ids, outcomes, strict=True):
        if isinstance(outcome, AccsynError):
            log.raised(outcome)
        elif outcome.id != ident:
            log.complain("wait", f"{log.name}: {outcome.id} in the place of {ident}")
        else:
            log.done(outcome)


async def complete(session: Session, log: WaitLog, more: list[str]) -> None:
    """Take jobs as they complete, and add one of ``more`` after each. One that was removed is none."""
    try:
        async with session.as_completed(list(log.ids)) as jobs:
            while True:
                try:
                    job = await anext(jobs)
                except StopAsyncIteration:
                    break
                except JobRemovedError as error:
                    log.raised(error)
                else:
                    log.returned(job)
                _add(jobs, log, more)
    except asyncio.CancelledError:
        log.over = "cancelled"
        raise
    except Exception as error:
        log.raised(error)
        log.over = type(error).__name__
    else:
        log.over = "complete"
        if missing := log.since.keys() - log.got:
            log.complain("wait", f"{log.name}: over without {sorted(missing)}")


def _add(jobs: AsCompleted, log: WaitLog, more: list[str]) -> None:
    if more:
        ident = more.pop()
        log.add(ident)
        jobs.add(ident)
