"""What must hold: of each event as it is yielded, and of what was told against the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from accsyn_async import (
    Degraded,
    Event,
    Job,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
    Recovered,
    Synced,
)
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.fields import WATCHED

_STALLED_AFTER = 40.0
"""Seconds: a minute, less what an answer may be late, as a job counts as seen when its poll begins."""

if TYPE_CHECKING:
    from tests.simulate.model import State, TrueJob, World

__all__ = ["INVARIANTS", "Complaint", "Complaints", "Told", "WatchLog", "is_removal_founded"]

INVARIANTS = {
    "end-once": "each end is told once a life",
    "end-true": "an end is told only if the job has come to it, under the id that the truth gives it",
    "missed": "in good weather everything is told in time",
    "order": "what a watch yields of a job is a subsequence of the truth, nothing twice",
    "truth": "a snapshot shows the job as it was",
    "found": "first what is, then what changes",
    "runs": "a job that comes back to life counts one life more",
    "merged": "merged changes: first old value, last new value, no change of status or end lost",
    "removed": "removed is a job that two lookups, two seconds apart, did not find",
    "stalled": "stalled is a running job without progress and speed for a minute",
    "weather": "Degraded and Recovered alternate, and tell of bad weather",
    "wait": "a wait never ends early and looks like success",
    "timeout": "a timeout is kept",
    "rate": "the session keeps to its rate limit",
    "retry-after": "after a 429 nothing is sent until its time is over",
    "login-single": "one login is under way at most, and none without need",
    "create-once": "nothing is created or changed twice, and a definite failure did nothing",
    "left-behind": "nothing is left behind",
    "stops": "polling stops with the last watch",
    "crash": "nothing raises what it does not document",
}
"""By name, what each says."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """An invariant that did not hold."""

    invariant: str
    at: float
    text: str

    def __str__(self) -> str:
        return f"[{self.invariant}] at {self.at:.2f} s: {self.text} ({INVARIANTS[self.invariant]})"


class Complaints:
    """Collects complaints; call it with an invariant's name and what happened."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.made: list[Complaint] = []
        self._now = now

    def __call__(self, invariant: str, text: str) -> None:
        if len(self.made) < 50:
            self.made.append(Complaint(invariant, self._now(), text))


@dataclass(slots=True)
class Told:
    """The last that a watch was told of a job."""

    event: JobEvent
    state: State
    at: float

    @property
    def is_end(self) -> bool:
        return isinstance(self.event, JobFinished | JobRemoved)


@dataclass(slots=True)
class WatchLog:
    """What one watch yielded, checked as it came.

    Attributes:
        name: names it in messages.
        ids: the jobs that it is of; ``None`` for a query.
        expression: the query's.
        prompt: whether its consumer takes each event as it comes.
        twin: a watch of the same that began at the same moment and is prompt.
        entered, synced: when; ``None`` before.
        over: how it ended; ``None`` while it is open.
        told: by job.
        ends: jobs and lives whose ends were told.
        settled: jobs that came to an end in any of their lives.
        durable: by job, the ids of the events that matter for ever, with their kinds.
    """

    name: str
    ids: tuple[str, ...] | None
    expression: str | None
    prompt: bool
    world: World
    complain: Complaints
    now: Callable[[], float]
    struck_at: Callable[[], float]
    twin: WatchLog | None = None
    entered: float | None = None
    synced: float | None = None
    over: str | None = None
    told: dict[str, Told] = field(default_factory=dict)
    durable: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    events: int = 0
    degraded: bool = False
    ends: set[tuple[str, int]] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Check an event against the truth and against those before it."""
        self.events += 1
        if event.seq != self.events:
            self._complain("order", f"event {self.events} has the number {event.seq}")
        if isinstance(event, JobEvent):
            self._take_of_job(event)
        elif isinstance(event, Synced):
            if self.synced is not None:
                self._complain("found", "Synced twice")
            elif event.jobs != len(self.told):
                self._complain("found", f"Synced says {event.jobs} jobs after {len(self.told)} were found")
            self.synced = self.now()
        elif isinstance(event, Degraded | Recovered):
            if isinstance(event, Degraded) is self.degraded:
                self._complain("weather", f"{type(event).__name__} twice in a row")
            self.degraded = isinstance(event, Degraded)
            if self.degraded and self.prompt and self.now() - self.struck_at() > 120.0:
                self._complain("weather", "Degraded in good weather")

    def _take_of_job(self, event: JobEvent) -> None:
        kind = type(event).__name__
        job = self.world.jobs.get(event.job.id)
        if job is None:
            self._complain("truth", f"{kind} of a job that never was: {event.job.id}")
            return
        v = event.job.metadata.get("v")
        if not isinstance(v, int) or v >= len(job.states):
            self._complain("truth", f"{kind} of {job.name} shows a state that never was")
            return
        state, before = job.states[v], self.told.get(job.ident)
        self.told[job.ident] = Told(event, state, self.now())
        if difference := _difference(event.job, state):
            self._complain("truth", f"{kind} of {job.name} (state {v}) shows {difference}")
        if self.synced is None and not isinstance(event, JobFound):
            self._complain("found", f"{kind} of {job.name} before Synced")
        if before is None:
            self._first(event, job, state)
        else:
            self._next(event, job, state, before)
        if isinstance(event, JobFinished | JobRemoved):
            self.settled.add(job.ident)
        if isinstance(event, JobFinished):
            self._end(event, job, state)
        elif isinstance(event, JobRemoved) and not is_removal_founded(job, self.now()):
            times = ", ".join(f"{at:.2f}" for at in job.absent)
            self._complain("removed", f"{job.name}, life {state.life}: looked up in vain at [{times}]")
        passing = isinstance(event, JobStalled) or (
            isinstance(event, JobChanged) and "status" not in event.changes
        )
        if not passing:
            self.durable.setdefault(job.ident, []).append((kind, event.id))

    def _first(self, event: JobEvent, job: TrueJob, state: State) -> None:
        # A query's watch may learn of a job by its return: another watch of the query was told its end.
        returns = isinstance(event, JobRevived) and self.ids is None and event.run > 0
        if not isinstance(event, JobFound) and not returns:
            self._complain("found", f"{type(event).__name__} of {job.name} before it was found")
        elif not state.ended and (self.ids is None or is_removal_founded(job, self.now())):
            # A job that has left the list and was not found yet is told as it was last seen.
            return
        elif self.entered is not None and job.valid_until(state) < self.entered:
            self._complain(
                "found",
                f"{job.name} was found as it was in life {state.life} until {job.valid_until(state):.2f} s, "
                f"before the watch began at {self.entered:.2f} s",
            )

    def _next(self, event: JobEvent, job: TrueJob, state: State, before: Told) -> None:
        kind, last = type(event).__name__, type(before.event).__name__
        which = (
            f"{job.name}, life {state.life}: {kind} of state {state.v} after {last} of state {before.state.v}"
        )
        if isinstance(event, JobFound):
            self._complain("found", f"{which}: found twice")
        if isinstance(event, JobFinished | JobRemoved):
            if before.is_end:
                self._complain("end-once", which)
            if state.v < before.state.v:
                self._complain("order", which)
        elif state.v < before.state.v or (state.v == before.state.v and not isinstance(event, JobStalled)):
            self._complain("order", which)
        if isinstance(event, JobStalled):
            self._stalled(job, state, which)
        if isinstance(event, JobRevived):
            if not before.is_end:
                self._complain("order", f"{which}: it had not ended")
            if event.run <= before.event.run:
                self._complain("runs", f"{which}: run {event.run} after run {before.event.run}")
        elif event.run != before.event.run:
            self._complain("runs", f"{which}: run {event.run} after run {before.event.run}, not revived")
        if isinstance(event, JobChanged):
            if before.is_end:
                self._complain("order", f"{which}: it had ended")
            self._merged(event, before, which)

    def _stalled(self, job: TrueJob, state: State, which: str) -> None:
        since = state
        for earlier in reversed(job.states[: state.v]):
            if (earlier.status, earlier.progress, earlier.speed) != ("running", state.progress, 0.0):
                break
            since = earlier
        if state.status != "running" or state.speed != 0.0:
            self._complain("stalled", f"{which}: it is {state.status} at {state.speed:g} MB/s")
        elif self.now() - since.at < _STALLED_AFTER and self.now() - self.struck_at() > 2 * 60.0:
            # An answer that was under way while the computer slept is taken for older than it is.
            self._complain("stalled", f"{which}: it is so only since {since.at:.2f} s")

    def _merged(self, event: JobChanged, before: Told, which: str) -> None:
        known = changes_between(before.event.job, event.previous)
        if known:
            self._complain("merged", f"{which}: previous differs from what was told in {sorted(known)}")
        changes = {name: (getattr(event.previous, name), getattr(event.job, name)) for name in WATCHED}
        really = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
        if event.changes != really or not really:
            self._complain("merged", f"{which}: changes are {event.changes}, not {really}")

    def _end(self, event: JobFinished, job: TrueJob, state: State) -> None:
        which = f"{job.name}, life {state.life}, state {state.v}"
        if not state.ended or event.job.status.value not in ("done", "aborted"):
            self._complain("end-true", f"{which}: finished, while it was {state.status}")
        elif event.id != job.end_id(state):
            self._complain("end-true", f"{which}: the end's id is {event.id}, not {job.end_id(state)}")
        if (job.ident, state.life) in self.ends:
            self._complain("end-once", f"{which}: its end is told again")
        self.ends.add((job.ident, state.life))

    def _complain(self, invariant: str, text: str) -> None:
        self.complain(invariant, f"{self.name}: {text}")

    def as_twin(self) -> None:
        """Check that this one missed nothing for ever that its prompt twin was told."""
        if self.twin is None:
            return
        for ident in {**self.twin.durable, **self.durable}:
            mine, others = self.durable.get(ident, []), self.twin.durable.get(ident, [])
            if mine != others:
                index = next(
                    (i for i, pair in enumerate(zip(mine, others, strict=False)) if pair[0] != pair[1]), None
                )
                first = min(len(mine), len(others)) if index is None else index
                self._complain(
                    "merged",
                    f"{self.world.jobs[ident].name}: at place {first} a slow consumer was told "
                    f"{mine[first : first + 2]}, a prompt one {others[first : first + 2]}",
                )


def _difference(job: Job, state: State) -> str:
    shown = (job.status.value, job.progress, job.speed, job.size)
    was = (state.status, state.progress, *(None if each < 0 else each for each in (state.speed, state.size)))
    return "" if shown == was else f"{shown} in place of {was}"


def is_removal_founded(job: TrueJob, now: float) -> bool:
    """Whether two lookups, two seconds apart, found nothing."""
    return bool(job.absent) and job.absent[-1] - job.absent[0] >= 2.0 and job.absent[-1] <= now
