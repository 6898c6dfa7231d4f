"""What a watch yielded, checked as it came: against the truth, and against what came before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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
    TaskChanged,
)
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.fields import TASK_FIELDS, WATCHED
from tests.simulate.exemptions import is_last_seen, is_removal_founded, lives_were_learned
from tests.simulate.invariants import Complaints
from tests.simulate.memory import Memory
from tests.simulate.model import State, TrueJob, World

__all__ = ["Told", "WatchLog"]

_STALLED_AFTER = 60.0
_LATE = 120.0
"""Seconds after something was struck in which what should have come may still come."""


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
        sweeps: when the finished were looked through in its session, by query.
        lied_at: when the finished were listed without some of them, there, by query.
        fields: whose changes it is told of.
        tasks, initial, history: as given to ``Session.watch``.
        memory: what it remembers of an earlier time; ``None`` when it is new.
        company: the other watches, and itself.
        twin: a watch of the same that began at the same moment and is prompt.
        entered, synced, left: when; ``None`` before.
        over: how it ended; ``None`` while it is open.
        told: by job.
        ends: jobs and lives whose ends were told.
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
    sweeps: dict[str | None, list[tuple[float, float]]] = field(default_factory=dict)
    lied_at: dict[str | None, float] = field(default_factory=dict)
    fields: tuple[str, ...] = WATCHED
    tasks: bool = False
    initial: bool = True
    history: bool = True
    memory: Memory | None = None
    company: list[WatchLog] = field(default_factory=list)
    twin: WatchLog | None = None
    entered: float | None = None
    synced: float | None = None
    left: float | None = None
    over: str | None = None
    told: dict[str, Told] = field(default_factory=dict)
    durable: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    events: int = 0
    degraded: bool = False
    ends: set[tuple[str, int]] = field(default_factory=set)
    task_states: dict[str, int] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)
    _numbers: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    # -- what it is of

    def since(self, ident: str) -> float:
        """Since when it is about a job, seconds."""
        return self._asked.get(ident, self.entered or 0.0)

    def add(self, idents: tuple[str, ...]) -> None:
        """It is about these jobs too."""
        known = self.ids or ()
        new = [ident for ident in idents if ident not in known]
        self.ids = (*known, *new)
        self._asked.update(dict.fromkeys(new, self.now()))

    def drop(self, ident: str) -> None:
        """It is not about this job any more."""
        self.ids = tuple(each for each in self.ids or () if each != ident)
        self.told.pop(ident, None)
        self._numbers.pop(ident, None)
        self.ends = {end for end in self.ends if end[0] != ident}
        self._forget_tasks(ident)

    def _forget_tasks(self, ident: str) -> None:
        self.task_states = {task: v for task, v in self.task_states.items() if not task.startswith(ident)}

    def is_over(self, how: str) -> None:
        """It has ended."""
        self.over, self.left = how, self.now()

    @property
    def unsettled(self) -> set[str]:
        """The ids whose ends it still waits for, as far as it was told."""
        return {ident for ident in self.ids or ("a query",) if not self._is_settled(ident)}

    def _is_settled(self, ident: str) -> bool:
        told = self.told.get(ident)
        if told is not None:
            return told.is_end
        return ident in self.world.jobs and self.need_not_be_told(self.world.jobs[ident])

    def need_not_be_told(self, job: TrueJob) -> bool:
        """Whether nothing need be told of a job, as nothing is new about it."""
        if self.memory is not None and (past := self.memory.jobs.get(job.ident)) is not None and past.ended:
            entered = self.entered or 0.0
            as_it_was = any(past.is_end(state) for state in job.states if job.valid_until(state) >= entered)
            was_gone = job.back_at >= entered or not job.listed
            return job.gone or as_it_was or (past.status == "removed" and was_gone)
        if self.synced is None or (job.gone and self.history) or (self.history and self.initial):
            return False
        # A consumer that is slow does not know when it was let in.
        came = self.since(job.ident)
        until = self.now() if job.ident in self._asked else max(self.synced, came)
        for state in job.states:
            if state.at <= until and job.valid_until(state) >= came:
                if state.ended and not self.history and (state.life == job.now.life or not self.prompt):
                    return True
                active = not self.initial and not state.ended and not job.now.ended
                if active and not self.changes(Job.from_row(state.row), job.now):
                    return True
        return False

    def changes(self, known: Job, state: State) -> list[str]:
        """The fields it is about in which a job is not as it is known."""
        return sorted(changes_between(known, Job.from_row(state.row), self.fields))

    # -- what it yields

    def take(self, event: Event) -> None:
        """Check an event against the truth and against those before it."""
        self.events += 1
        if event.seq != self.events:
            self._complain("order", f"event {self.events} has the number {event.seq}")
        if isinstance(event, TaskChanged):
            self._take_of_task(event)
        elif isinstance(event, JobEvent):
            self._take_of_job(event)
        elif isinstance(event, Synced):
            if self.synced is not None:
                self._complain("found", "Synced twice")
            elif event.jobs != len(self.told) and self.initial:
                self._complain("found", f"Synced says {event.jobs} jobs after {len(self.told)} were found")
            self.synced = self.now()
        elif isinstance(event, Degraded | Recovered):
            if isinstance(event, Degraded) is self.degraded:
                self._complain("weather", f"{type(event).__name__} twice in a row")
            self.degraded = isinstance(event, Degraded)
            if self.degraded and self.prompt and self.now() - self.struck_at() > _LATE:
                self._complain("weather", "Degraded in good weather")

    def _take_of_job(self, event: JobEvent) -> None:
        kind = type(event).__name__
        job = self.world.jobs.get(event.job.id)
        if job is None:
            self._complain("truth", f"{kind} of a job that never was: {event.job.id}")
            return
        state = _state_of(event.job, job)
        if state is None:
            self._complain("truth", f"{kind} of {job.name} shows a state that never was")
            return
        before = self.told.get(job.ident)
        self.told[job.ident] = Told(event, state, self.now())
        before_was_found = before is not None or not isinstance(event, JobFound)
        cut = isinstance(event, JobRemoved) or (not before_was_found and is_last_seen(self, job, state))
        # Who saw it last may have been about fewer fields.
        if (difference := self._difference(event.job, state)) and not cut:
            self._complain("truth", f"{kind} of {job.name} (state {state.v}) shows {difference}")
        if self.synced is None and not isinstance(event, JobFound) and not self._is_return(event):
            self._complain("found", f"{kind} of {job.name} before Synced")
        if self.ids is not None and job.ident not in self.ids:
            self._complain("found", f"{kind} of {job.name}, which it is not about")
        if before is None:
            self._first(event, job, state)
        else:
            self._next(event, job, state, before)
        self._number(event, job, state, before)
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
        if not self._may_come_first(event):
            self._complain("found", f"{type(event).__name__} of {job.name} before it was found")
        if isinstance(event, JobChanged):
            self._changed(event, f"{job.name}, life {state.life}: JobChanged of state {state.v}")
        if isinstance(event, JobStalled):
            self._stalled(job, state, f"{job.name}, life {state.life}: JobStalled of state {state.v}")
        memory = self.memory
        known = memory is not None and (event.id in memory.owed or event.job.id in memory.jobs)
        if isinstance(event, JobFinished) and known:
            # An end of before; or of what is gone, as others saw it.
            return
        if isinstance(event, JobRemoved):
            return
        if self.entered is not None and job.valid_until(state) < self.since(job.ident):
            if is_last_seen(self, job, state):
                return
            self._complain(
                "found",
                f"{job.name} was found as it was in life {state.life} until {job.valid_until(state):.2f} s, "
                f"before the watch began at {self.since(job.ident):.2f} s",
            )

    def _may_come_first(self, event: JobEvent) -> bool:
        past = self.memory.jobs.get(event.job.id) if self.memory is not None else None
        if self.memory is not None and event.id in self.memory.owed:
            return True
        if past is not None and event.run < past.run:
            self._complain("runs", f"{event.job.name}: run {event.run}; it remembers run {past.run}")
        if past is not None and past.ended and event.run == past.run:
            self._complain("runs", f"{event.job.name}: run {event.run}, which it knows to have ended")
        if self._is_return(event):
            return True
        if isinstance(event, JobFound):
            return not (past is not None and past.ended)
        if past is not None and not past.ended and isinstance(event, JobFinished | JobRemoved):
            # It is gone, and others may have seen its end before.
            job = self.world.jobs[event.job.id]
            return job.gone or job.back_at >= (self.entered or 0.0)
        if self.synced is not None and not self.initial:
            return True
        # Of who had ended before, nothing is told but a new life.
        return not self.history and isinstance(event, JobRevived)

    def _is_return(self, event: JobEvent) -> bool:
        """Whether a job lives again that it knows to have ended when it was here last, or came at first."""
        if self.memory is None or not isinstance(event, JobRevived):
            return False
        past, job = self.memory.jobs.get(event.job.id), self.world.jobs[event.job.id]
        if self.memory.since is None and past is None:
            return any(state.ended for state in job.states)
        return past is not None and past.ended

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
        elif state.v < before.state.v or (
            state.v == before.state.v and not self._shows_the_same(event, before)
        ):
            self._complain("order", which)
        if isinstance(event, JobStalled):
            self._stalled(job, state, which)
        if isinstance(event, JobRevived):
            # What its tasks did while it was no business of the query was not told.
            self._forget_tasks(job.ident)
            if not before.is_end:
                self._complain("order", f"{which}: it had not ended")
            if event.run <= before.event.run:
                self._complain("runs", f"{which}: run {event.run} after run {before.event.run}")
        elif event.run != before.event.run and not lives_were_learned(self, event, before.at):
            self._complain("runs", f"{which}: run {event.run} after run {before.event.run}, not revived")
        if isinstance(event, JobChanged):
            if before.is_end:
                self._complain("order", f"{which}: it had ended")
            if known := changes_between(before.event.job, event.previous, self.fields):
                self._complain("merged", f"{which}: previous differs from what was told in {sorted(known)}")
            self._changed(event, which)

    @staticmethod
    def _shows_the_same(event: JobEvent, before: Told) -> bool:
        """Whether an event may show what was shown before: it stands still, or is back as it was."""
        returns = isinstance(event, JobRevived) and isinstance(before.event, JobRemoved)
        return isinstance(event, JobStalled) or returns

    def _stalled(self, job: TrueJob, state: State, which: str) -> None:
        since = state
        for earlier in reversed(job.states[: state.v]):
            if (earlier.status, earlier.progress, earlier.speed) != ("running", state.progress, 0.0):
                break
            since = earlier
        if state.status != "running" or state.speed != 0.0:
            self._complain("stalled", f"{which}: it is {state.status} at {state.speed:g} MB/s")
        elif self.now() - since.at < _STALLED_AFTER:
            self._complain("stalled", f"{which}: it is so only since {since.at:.2f} s")

    def _changed(self, event: JobChanged, which: str) -> None:
        if others := event.changes.keys() - set(self.fields):
            self._complain("fields", f"{which}: a change of {', '.join(sorted(others))} is told")
        really = changes_between(event.previous, event.job, self.fields)
        if event.changes != really or not really:
            self._complain("merged", f"{which}: changes are {event.changes}, not {really}")

    def _number(self, event: JobEvent, job: TrueJob, state: State, before: Told | None) -> None:
        """The last part of an id is ``<n>``, or ``<n>.<k>`` for what passes."""
        if isinstance(event, JobFinished):
            return
        n, _, k = event.id.rpartition(":")[2].partition(".")
        number = (event.run, int(n), int(k or 0))
        last = self._numbers.get(job.ident)
        self._numbers[job.ident] = number
        if last is None or before is None:
            return
        which = f"{job.name}, life {state.life}: {type(event).__name__} has the id {event.id}"
        late_end = isinstance(event, JobRemoved) and not before.is_end and number == last
        if number <= last and not late_end:
            self._complain("numbers", f"{which}, after {last[0]}:{last[1]}.{last[2]}")
        elif number[:2] == last[:2] and before.state.status != state.status and not late_end:
            self._complain("numbers", f"{which}, the number of {before.state.status}, but is {state.status}")

    def _end(self, event: JobFinished, job: TrueJob, state: State) -> None:
        which = f"{job.name}, life {state.life}, state {state.v}"
        if not state.ended or event.job.status.value not in ("done", "aborted"):
            self._complain("end-true", f"{which}: finished, while it was {state.status}")
        elif event.id != job.end_id(state):
            self._complain("end-true", f"{which}: the end's id is {event.id}, not {job.end_id(state)}")
        if (job.ident, state.life) in self.ends:
            self._complain("end-once", f"{which}: its end is told again")
        self.ends.add((job.ident, state.life))

    # -- tasks

    def _take_of_task(self, event: TaskChanged) -> None:
        job, task = self.world.jobs[event.job.id], event.task
        which = f"{job.name}: TaskChanged of task {task.uri}, state {task.size}"
        told, last, v = self.told.get(job.ident), self.task_states.get(task.id), task.size
        if not self.tasks:
            self._complain("fields", f"{which}, to who did not ask for tasks")
        if told is None and self.initial:
            self._complain("found", f"{which}, before the job was found")
        if told is not None and told.is_end and self.prompt and self.now() - self.struck_at() > _LATE:
            self._complain("tasks", f"{which}, after its end")
        if v is None or v >= len(job.states):
            self._complain("truth", f"{which}: it never was so")
            return
        self.task_states[task.id] = v
        if event.changes != changes_between(event.previous, task, TASK_FIELDS) or not event.changes:
            self._complain("merged", f"{which}: changes are {event.changes}")
        if last is not None and v <= last and event.previous is not None:
            self._complain("tasks", f"{which}, after state {last}")
        if last is not None and event.previous is not None and event.previous.size != last:
            self._complain("tasks", f"{which}: it was told to be in state {last}, not {event.previous.size}")

    # -- the end

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

    def _difference(self, job: Job, state: State) -> str:
        told: list[object] = [job.status.value]
        was: list[object] = [state.status]
        for name in ("progress", "speed", "size"):
            if name in self.fields:
                value = getattr(state, name)
                told.append(getattr(job, name))
                was.append(None if value < 0 else value)
        return "" if told == was else f"{told} in place of {was}"

    def _complain(self, invariant: str, text: str) -> None:
        self.complain(invariant, f"{self.name}: {text}")


def _state_of(shown: Job, job: TrueJob) -> State | None:
    """The state that a snapshot shows: the number of it is the row's ``code``."""
    code = shown._code
    v = int(code) if code is not None and code.isdecimal() else len(job.states)
    return job.states[v] if v < len(job.states) else None
