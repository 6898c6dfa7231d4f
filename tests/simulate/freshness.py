"""In good weather everything is told in time: how long that is, and whether it was so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accsyn_async import Job, JobFinished, PollPolicy
from accsyn_async.monitor.diff import changes_between
from tests.simulate.backend import SimulatedBackend
from tests.simulate.faults import Weather
from tests.simulate.invariants import Complaints, WatchLog
from tests.simulate.model import Query, TrueJob, World
from tests.simulate.waits import WaitLog

__all__ = ["Auditor", "Bounds"]

_SWEEP_LONGEST = 120.0
"""Seconds between two looks through the finished, at most: more often if they are quick."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long things may take, seconds.

    Attributes:
        interval: between two polls, in good weather.
        poll: one poll itself.
        recovery: from the end of bad weather to the first poll that knows nothing of it: an answer
            that is still waited for, a login that is tried again, and the pause after a failed poll, or
            the one that a 429 asked for.
    """

    interval: float
    poll: float
    recovery: float

    @classmethod
    def of(
        cls, policy: PollPolicy, *, latency: float, requests: int, timeout: float, retry_after: float
    ) -> Bounds:
        """The bounds of a session.

        Args:
            policy: how it polls.
            latency: seconds to a reply in good weather.
            requests: how many a poll makes at most.
            timeout: seconds after which the session gives up an answer.
            retry_after: seconds, the most that a 429 asks for.
        """
        interval = max(policy.idle, 4 * latency) * (1 + policy.jitter)
        pause = max(policy.longest_backoff * (1 + policy.jitter), retry_after + 6.0)
        return cls(interval, latency * requests + 0.1, 3 * min(30.0, timeout) + 2 * pause + 1.0)

    @property
    def change(self) -> float:
        """From a change to its event: two intervals, as the poll under way may have asked before it."""
        return 2 * (self.interval + self.poll)

    @property
    def removal(self) -> float:
        """From a job's disappearance to ``JobRemoved``: two lookups, two seconds apart."""
        return self.change + 2 * (self.interval + self.poll) + 2.0


class Auditor:
    """Compares what was told with the truth, whenever that has not changed for long enough.

    Attributes:
        watches, waits: those to check.
        checks: how often something was compared.
    """

    def __init__(
        self,
        world: World,
        weather: Weather,
        backend: SimulatedBackend,
        bounds: Bounds,
        complain: Complaints,
        now: Callable[[], float],
    ) -> None:
        self.watches: list[WatchLog] = []
        self.waits: list[WaitLog] = []
        self.checks = 0
        self.world = world
        self._weather = weather
        self._backend = backend
        self._bounds = bounds
        self._complain = complain
        self._now = now

    def before_change(self, job: TrueJob) -> None:
        """A job is about to change: what it was for long must have been told."""
        now = self._now()
        calm = now - self._weather.calm_since(now) - self._bounds.recovery
        still = min(now - job.changed_at, calm)
        if still >= self._bounds.change:
            for log in self.watches:
                if log.prompt:
                    self._check(log, job, still)
            for wait in self.waits:
                self._check_wait(wait, job, still)

    def at_the_end(self) -> None:
        """Nothing changes any more, the weather is good, and every consumer has taken what there was."""
        now = self._now()
        calm = now - self._weather.calm_since(now) - self._bounds.recovery
        for job in self.world.jobs.values():
            still = min(now - job.changed_at, calm)
            for log in self.watches:
                self._check(log, job, still)
            for wait in self.waits:
                self._check_wait(wait, job, still)
        for log in self.watches:
            if log.over is None and log.degraded and calm >= self._bounds.change:
                self._complain("weather", f"{log.name}: Degraded, and never Recovered")
            log.as_twin()

    # -- a watch ------------------------------------------------------------

    def _check(self, log: WatchLog, job: TrueJob, still: float) -> None:
        if log.over is not None or log.entered is None:
            return
        still = min(still, self._now() - log.entered)
        if still < (self._bounds.removal if job.gone else self._bounds.change):
            return
        self.checks += 1
        wrong = self._wrong(log, job)
        if wrong:
            since = f"as it is since {job.changed_at:.2f} s"
            self._complain(
                "missed", f"{log.name}: {job.name}, life {job.now.life}, {job.met} {since}: {wrong}"
            )

    def _wrong(self, log: WatchLog, job: TrueJob) -> str | None:
        """What a watch ought to have been told of a job, and was not."""
        told, state = log.told.get(job.ident), job.now
        query = Query(log.expression)
        if log.ids is not None:
            # Who asked for a job by its id has what it wanted once that has come to an end.
            if job.ident not in log.ids or job.ident in log.settled:
                return None
            if told is None:
                return "it was never told of"
        if told is None:
            if job.gone or not query.matches(job):
                return None
            if job.listed:
                return "it was never told of"
            if not self._swept(log, job):
                return None
            return "it began and ended, and was never told of"
        if job.gone:
            return None if told.is_end else "that it is gone was not told"
        if not state.ended:
            if told.is_end:
                if log.ids is None and not query.matches(job):
                    return None
                return "that it lives again was not told"
            stale = sorted(changes_between(told.event.job, Job.from_row(state.row)))
            return f"{', '.join(stale)} not told (state {told.state.v} of {state.v})" if stale else None
        if isinstance(told.event, JobFinished) and told.state.life == state.life:
            return None
        if told.is_end and log.ids is None and not (job.listed and query.matches(job)):
            # It came back and ended again between two polls: only a look through the finished shows it.
            removed = told.state.life == state.life
            if removed or job.listed or not query.matches(job) or not self._swept(log, job):
                return None
        return "its end was not told"

    def _swept(self, log: WatchLog, job: TrueJob) -> bool:
        """Whether a look through the finished must have shown a query's watch this end."""
        now = self._now()
        entered = log.entered or 0.0
        sweeps = [sweep for sweep in self._backend.sweeps.get(log.expression, ()) if sweep[0] >= entered]
        if not sweeps or log.synced is None or job.now.at <= max(log.synced, sum(sweeps[0])):
            # What has ended before the first look, and before it was told what there is, is not new.
            return False
        began, _took = sweeps[-1]
        calm = self._weather.calm_since(now) + self._bounds.recovery
        if began > max(job.changed_at, calm):
            return now - began > self._bounds.poll
        return now > max(job.changed_at, calm) + _SWEEP_LONGEST + self._bounds.change

    # -- a wait -------------------------------------------------------------

    def _check_wait(self, wait: WaitLog, job: TrueJob, still: float) -> None:
        if wait.over is not None or job.ident not in wait.ids:
            return
        if min(still, self._now() - wait.began) < (self._bounds.removal if job.gone else self._bounds.change):
            return
        self.checks += 1
        ended = job.gone or job.now.ended
        failed = job.now.status == "failed" and not wait.tolerant
        if (ended or failed) and job.ident not in wait.got:
            since = f"{job.name}, life {job.now.life}, {job.met} since {job.changed_at:.2f} s"
            self._complain("missed", f"{wait.name}: {since}: it waits on")
