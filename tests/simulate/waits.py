"""Waiting for jobs, and whether what came of it is true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from accsyn_async import (
    Job,
    JobAbortedError,
    JobFailedError,
    JobRemovedError,
    NotFoundError,
    Session,
    SessionClosedError,
    WaitTimeoutError,
)
from tests.simulate.invariants import Complaints, is_removal_founded
from tests.simulate.model import World

__all__ = ["WaitLog", "complete", "wait"]


@dataclass(slots=True)
class WaitLog:
    """One wait, or one run of ``as_completed``.

    Attributes:
        name: names it in messages.
        ids: the jobs.
        began: when.
        timeout: seconds; ``None`` for ever.
        tolerant: whether a failed job is waited for.
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
    over: str | None = None
    got: set[str] = field(default_factory=set)
    skipped: float = 0.0
    closing: bool = False

    def returned(self, job: Job) -> None:
        """A job was given as one that has come to its end."""
        self._expect(job, ("done", "aborted"))

    def done(self, job: Job) -> None:
        """A job was given as done."""
        self._expect(job, ("done",))

    def raised(self, error: BaseException) -> None:
        """It raised."""
        match error:
            case JobFailedError(job=job):
                self._expect(job, ("failed",))
                if self.tolerant:
                    self._complain("wait", "failed, which was to be tolerated")
            case JobAbortedError(job=job):
                self._expect(job, ("aborted",))
            case JobRemovedError(job=job):
                self.got.add(job.id)
                if not is_removal_founded(self.world.jobs[job.id], self.now()):
                    self._complain(
                        "removed", f"{job.name}: looked up in vain at {self.world.jobs[job.id].absent}"
                    )
            case WaitTimeoutError():
                self._timed_out()
            case NotFoundError():
                if not any(is_removal_founded(self.world.jobs[ident], self.now()) for ident in self.ids):
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
        state = job.states[shown.metadata["v"]]
        which = f"{job.name}, life {state.life}, state {state.v} ({state.status})"
        if shown.id in self.got:
            self._complain("wait", f"{which}: given twice")
        self.got.add(shown.id)
        if state.status not in statuses or shown.status.value not in statuses:
            self._complain("wait", f"{which} is none of {', '.join(statuses)}")
        elif job.valid_until(state) < self.began:
            until = job.valid_until(state)
            self._complain(
                "wait", f"{which} was so until {until:.2f} s, before it began at {self.began:.2f} s"
            )

    def _complain(self, invariant: str, text: str) -> None:
        self.complain(invariant, f"{self.name}: {text}")


async def wait(session: Session, log: WaitLog) -> None:
    """Wait for one job."""
    try:
        job = await session.wait(log.ids[0], timeout=log.timeout, tolerate_failed=log.tolerant)
    except asyncio.CancelledError:
        log.over = "cancelled"
        raise
    except Exception as error:
        log.raised(error)
        log.over = type(error).__name__
    else:
        log.done(job)
        log.over = "done"


async def complete(session: Session, log: WaitLog) -> None:
    """Take jobs as they complete; one that was removed is none of them."""
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
    except asyncio.CancelledError:
        log.over = "cancelled"
        raise
    except Exception as error:
        log.raised(error)
        log.over = type(error).__name__
    else:
        log.over = "complete"
        if missing := set(log.ids) - log.got:
            log.complain("wait", f"{log.name}: over without {sorted(missing)}")
