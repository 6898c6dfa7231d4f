"""In good weather everything is told in time: how long that is, and whether it was so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accsyn_async import JobFinished, JobStalled, PollPolicy
from tests.simulate.exemptions import began_before_first_look, is_given_up, lived_between_questions
from tests.simulate.faults import Weather
from tests.simulate.invariants import Complaints
from tests.simulate.logs import Told, WatchLog
from tests.simulate.model import Query, TrueJob, World
from tests.simulate.waits import WaitLog

__all__ = ["Auditor", "Bounds"]

_SWEEP_LONGEST = 120.0
"""Seconds between two looks through the finished, at most: more often if they are quick."""
_REVISIT = 5.0
"""Seconds between two questions after jobs that have ended."""
_STALLED = 60.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long things may take, seconds.

    Attributes:
        interval: between two polls, in good weather.
        poll: one poll itself.
        recovery: from the end of bad weather to the first poll that knows nothing of it: an answer
            that is still waited for, a login that is tried again, and the pause after a failed poll, or
            the one that a 429 asked for.
        patience: how long a list that hangs is waited for, and what follows when it is given up.
    """

    interval: float
    poll: float
    recovery: float
    patience: float

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
        poll = latency * requests + 0.1
        patience = 3 * max(interval, poll) + policy.longest_backoff * (1 + policy.jitter)
        return cls(interval, poll, 3 * min(30.0, timeout) + 2 * pause + 1.0, patience)

    @property
    def change(self) -> float:
        """From a change to its event: two intervals, as the poll under way may have asked before it."""
        return 2 * (self.interval + self.poll)

    @property
    def removal(self) -> float:
        """From a job's disappearance to ``JobRemoved``: two lookups, two seconds apart."""
        return self.change + 2 * (self.interval + self.poll) + 2.0

    @property
    def revival(self) -> float:
        """From a job's return to its ``JobRevived``, for who waits for others by their ids."""
        return self.change + _REVISIT + self.interval + self.poll

    @property
    def stall(self) -> float:
        """From the moment at which a job gets nowhere to its ``JobStalled``: three good polls at least."""
        return self.change + max(_STALLED, 3 * (self.interval + self.poll)) + self.interval + self.poll


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
        bounds: Bounds,
        complain: Complaints,
        now: Callable[[], float],
    ) -> None:
        self.watches: list[WatchLog] = []
        self.waits: list[WaitLog] = []
        self.checks = 0
        self.world = world
        self._weather = weather
        self._bounds = bounds
        self._complain = complain
        self._now = now

    def before_change(self, job: TrueJob) -> None:
        """A job is about to change: what it was for long must have been told."""
        now = self._now()
        still = now - job.changed_at
        # It takes long before it can be said of anybody that it was not told.
        if still >= self._bounds.change:
            self._look(job, still, prompt_only=True)

    def at_the_end(self) -> None:
        """Nothing changes any more, the weather is good, and every consumer has taken what there was."""
        now = self._now()
        for job in self.world.jobs.values():
            self._look(job, now - job.changed_at, prompt_only=False)
        for log in self.watches:
            calm = now - self._weather.calm_since(now) - self._bounds.recovery
            if log.over is None and log.degraded and calm >= self._bounds.change:
                self._complain("weather", f"{log.name}: Degraded, and never Recovered")
            log.as_twin()

    def _look(self, job: TrueJob, still: float, *, prompt_only: bool) -> None:
        now, weather, bounds = self._now(), self._weather, self._bounds
        calm = now - weather.calm_since(now) - bounds.recovery
        # A list that is cut hides what was never seen, and nothing else.
        known_calm = now - weather.calm_since(now, capped=True) - bounds.recovery
        for log in self.watches:
            if log.prompt or not prompt_only:
                told = log.told.get(job.ident)
                self._check(log, job, min(still, calm if told is None else known_calm), told)
        for wait in self.waits:
            self._check_wait(wait, job, min(still, calm))

    # -- a watch ------------------------------------------------------------

    def _check(self, log: WatchLog, job: TrueJob, still: float, told: Told | None) -> None:
        if log.over is not None or log.entered is None:
            return
        bounds, now = self._bounds, self._now()
        still = min(still, now - log.since(job.ident))
        needs = bounds.removal if job.gone else bounds.change
        if log.ids is not None and told is not None and told.is_end and not job.gone:
            needs = bounds.revival
        hung = self._weather.hung_since(now)
        if hung is not None:
            if log.expression == (self._weather.hang and self._weather.hang.expression):
                return
            # Who is gone is looked up in two polls, and each may have waited.
            needs += bounds.patience * (3 if job.gone else 1)
        if still < needs:
            return
        self.checks += 1
        wrong = self._wrong(log, job, told) or self._not_told_besides(log, job, still - needs, told)
        if wrong:
            since = f"as it is since {job.changed_at:.2f} s"
            self._complain(
                "missed" if hung is None else "held-up",
                f"{log.name}: {job.name}, life {job.now.life}, {job.met} {since}: {wrong}",
            )

    def _wrong(self, log: WatchLog, job: TrueJob, told: Told | None) -> str | None:
        """What a watch ought to have been told of a job, and was not."""
        state, query = job.now, Query(log.expression)
        if log.ids is not None and job.ident not in log.ids:
            return None
        if told is None:
            return self._untold(log, job, query)
        if job.gone:
            return None if told.is_end else "that it is gone was not told"
        matches = log.ids is not None or query.matches(job)
        if not state.ended:
            if told.is_end:
                lives_again = matches and not is_given_up(log, job)
                return "that it lives again was not told" if lives_again else None
            stale = log.changes(told.event.job, state)
            return f"{', '.join(stale)} not told (state {told.state.v} of {state.v})" if stale else None
        if isinstance(told.event, JobFinished) and told.state.life == state.life:
            return None
        if told.is_end and not (job.listed and matches):
            # It came back and ended again between two polls: only a look through the finished shows it.
            unseen = lived_between_questions(log, job) or not matches or job.listed
            if unseen or not self._swept(log, job):
                return None
        return "its end was not told"

    def _untold(self, log: WatchLog, job: TrueJob, query: Query) -> str | None:
        if log.need_not_be_told(job):
            return None
        past = log.memory.jobs.get(job.ident) if log.memory is not None else None
        if past is not None and not past.ended:
            return "it is known of old, and was never told of"
        if log.ids is not None:
            return "it was never told of"
        if job.gone or not query.matches(job):
            return None
        if job.listed:
            return "it was never told of"
        return "it began and ended, and was never told of" if self._swept(log, job) else None

    def _not_told_besides(self, log: WatchLog, job: TrueJob, longer: float, told: Told | None) -> str | None:
        """What of a running job that it was told of is missing still: its tasks, and that it stands still."""
        state = job.now
        if told is None or job.gone or state.status != "running" or told.state is not state:
            return None
        first = log.initial or (log.synced is not None and log.synced < state.at)
        if (
            log.tasks
            and first
            and log.task_states.get(f"{job.ident}-0") != state.v
            and longer > self._bounds.change
        ):
            return f"its tasks are told as of state {log.task_states.get(f'{job.ident}-0')}, not {state.v}"
        if state.speed != 0.0 or longer < self._bounds.stall or not {"progress", "speed"} <= {*log.fields}:
            return None
        seen_before = log.synced is not None and max(log.synced, log.since(job.ident)) < state.at
        return (
            "that it is stalled was not told"
            if seen_before and not isinstance(told.event, JobStalled)
            else None
        )

    def _swept(self, log: WatchLog, job: TrueJob) -> bool:
        """Whether a look through the finished must have shown a query's watch this end."""
        now, group = self._now(), self._watched_since(log)
        looks = [look for look in log.sweeps.get(log.expression, ()) if look[0] >= group]
        if began_before_first_look(log, job, looks):
            return False
        calm = self._weather.calm_since(now) + self._bounds.recovery
        if looks and looks[-1][0] > max(job.changed_at, calm):
            return now - looks[-1][0] > self._bounds.poll
        return now > max(job.changed_at, calm) + _SWEEP_LONGEST + self._bounds.change

    def _watched_since(self, log: WatchLog) -> float:
        """Since when the query of a watch is watched without a break, in its session."""
        since, found = log.entered or 0.0, True
        same = [each for each in self.watches if each.sweeps is log.sweeps and each.entered is not None]
        while found:
            found = False
            for each in same:
                if each.expression != log.expression or each.ids is not None or each.entered is None:
                    continue
                if each.entered < since and (each.left is None or each.left > since):
                    since, found = each.entered, True
        return since

    # -- a wait -------------------------------------------------------------

    def _check_wait(self, wait: WaitLog, job: TrueJob, still: float) -> None:
        if wait.over is not None or job.ident not in wait.since:
            return
        needs = self._bounds.removal if job.gone else self._bounds.change
        hung = self._weather.hung_since(self._now())
        if hung is not None:
            needs += self._bounds.patience * (3 if job.gone else 1)
        if wait.together:
            # It is over when each of them is what is waited for, and was so for long enough.
            still = min(still, *(self._now() - self.world.jobs[each].changed_at for each in wait.since))
            needs += self._bounds.removal
        if min(still, self._now() - wait.since[job.ident]) < needs:
            return
        self.checks += 1
        due = all(wait.is_due(self.world.jobs[each]) for each in wait.since) if wait.together else True
        if due and wait.is_due(job) and job.ident not in wait.got:
            since = f"{job.name}, life {job.now.life}, {job.met} since {job.changed_at:.2f} s"
            self._complain("missed" if hung is None else "held-up", f"{wait.name}: {since}: it waits on")
