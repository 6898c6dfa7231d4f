"""The truth: jobs, every state that each was ever in, and what a list would say of them now."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulate.clock import START

__all__ = [
    "ENDED",
    "GONE",
    "STATUSES",
    "WORKSPACE",
    "Cuts",
    "Query",
    "State",
    "TrueJob",
    "World",
    "task_rows",
]

WORKSPACE = "acme"
ENDED = ("done", "aborted")
GONE = "gone"
STATUSES = ("init", "pending", "waiting", "running", "paused", "failed", *ENDED, GONE)
"""What a fault can meet; ``gone`` is a job that was deleted or is out of reach."""

_NEVER = "1970-01-01T00:00:00"
_ROW = (
    '{"id":"%s","name":"%s","code":"%d","status":"%s","progress":%d,"speed":%s,"etr":"%s","size":%d,'
    '"source":"workspace:1","destination":"site:2","user":"%s","created":"2026-01-01T00:00:00",'
    '"finished":"%s","metadata":{"shot":"sh010"}}'
)
_EQUAL = re.compile(r'(user|status)="?([^"]*?)"?')
_INSIDE = re.compile(r'id in "([^"]*)"')


@dataclass(frozen=True, slots=True)
class State:
    """A job as it was from one moment on; ``v`` numbers its states, and is the ``code`` in its row."""

    v: int
    at: float
    life: int
    status: str
    progress: int
    speed: float
    etr: str
    size: int
    finished: str
    row: bytes

    @property
    def ended(self) -> bool:
        return self.status in ENDED


@dataclass(slots=True)
class TrueJob:
    """One job.

    Attributes:
        states: all that it was ever in.
        listed: whether it stands among the active; an ended one may stay for a while.
        gone: whether nobody can find it.
        changed_at: when anything about it changed last, its place included.
        back_at: when it last came back among those that a list of the active can hold.
        absent: when lookups by its id were answered with nothing.
    """

    ident: str
    name: str
    user: str
    states: list[State] = field(default_factory=list)
    listed: bool = True
    gone: bool = False
    changed_at: float = 0.0
    back_at: float = -1.0
    absent: list[float] = field(default_factory=list)

    @property
    def now(self) -> State:
        return self.states[-1]

    @property
    def met(self) -> str:
        """The name under which coverage counts it."""
        return GONE if self.gone else self.now.status

    def valid_until(self, state: State) -> float:
        """When a state was no longer so."""
        return self.states[state.v + 1].at if state.v + 1 < len(self.states) else float("inf")

    @property
    def is_out(self) -> bool:
        """Whether no list of the active can hold it."""
        return self.gone or not self.listed

    def at(self, moment: float) -> State | None:
        """How it was at a moment; ``None`` before it was there."""
        return next((state for state in reversed(self.states) if state.at <= moment), None)

    def end_id(self, state: State) -> str:
        return f"{WORKSPACE}:{self.ident}:{state.status}:{state.finished}"


class Cuts:
    """Rows with some of their attributes only, each cut once."""

    def __init__(self) -> None:
        self._made: dict[tuple[bytes, tuple[str, ...]], bytes] = {}

    def row(self, state: State, attributes: tuple[str, ...] | None) -> bytes:
        """A state's row; all of it when ``attributes`` is ``None``."""
        if attributes is None:
            return state.row
        cut = self._made.get((state.row, attributes))
        if cut is None:
            whole = json.loads(state.row)
            some = {name: whole[name] for name in attributes if name in whole}
            cut = self._made[state.row, attributes] = json.dumps(some).encode()
        return cut


class Query:
    """What a list is asked for. Knows only what the simulator asks."""

    __slots__ = ("_field", "_ids", "_value")

    def __init__(self, expression: str | None) -> None:
        self._field, self._value, self._ids = "", "", frozenset[str]()
        if expression is None:
            return
        if inside := _INSIDE.fullmatch(expression):
            self._field, self._ids = "id", frozenset(inside[1].split(","))
        elif equal := _EQUAL.fullmatch(expression):
            self._field, self._value = equal[1], equal[2]
        else:
            raise ValueError(f"the simulated backend cannot read {expression!r}")

    def matches(self, job: TrueJob, state: State | None = None) -> bool:
        match self._field:
            case "":
                return True
            case "id":
                return job.ident in self._ids
            case "user":
                return job.user == self._value
            case _:
                return (state or job.now).status == self._value


class World:
    """Every job, and how they change.

    Attributes:
        jobs: by id.
        version: grows with each change.
        before_change: called before a job changes, while it is still as it was.
        after_change: called with the job and what happened.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.jobs: dict[str, TrueJob] = {}
        self.version = 0
        self.before_change: Callable[[TrueJob], None] = lambda job: None
        self.after_change: Callable[[TrueJob, str], None] = lambda job, what: None
        self._now = now

    def add(self, *, status: str, user: str, name: str | None = None, size: int = 1000) -> TrueJob:
        number = len(self.jobs) + 1
        job = TrueJob(f"{number:024x}", name or f"job{number}.mov", user)
        self.jobs[job.ident] = job
        self._append(job, 0, status, 0, size, _NEVER)
        self.after_change(job, f"is there, {status}")
        return job

    def move(self, job: TrueJob, status: str, progress: int | None = None, size: int | None = None) -> None:
        """Change an active job, or bring it into its next life if it has ended."""
        self.before_change(job)
        was = job.now
        life = was.life + was.ended
        progress = was.progress if progress is None else progress
        self._append(job, life, status, progress, was.size if size is None else size, _NEVER)
        if not job.listed:
            job.listed, job.back_at = True, self._now()
        self.after_change(job, f"{status} {progress} %" + (f", life {life}" if was.ended else ""))

    def end(self, job: TrueJob, status: str, *, listed: bool) -> bool:
        """End a job's life; ``False`` when its last life ended in this same second."""
        moment = f"{START + dt.timedelta(seconds=int(self._now())):%Y-%m-%dT%H:%M:%S}"
        if any(state.finished == moment for state in job.states[-6:]):
            return False
        self.before_change(job)
        was = job.now
        self._append(job, was.life, status, 100 if status == "done" else was.progress, was.size, moment)
        job.listed = listed
        self.after_change(job, f"{status}, life {was.life}, {'still listed' if listed else 'left the list'}")
        return True

    def unlist(self, job: TrueJob) -> None:
        """An ended job leaves the list of the active."""
        if job.now.ended and job.listed:
            self.before_change(job)
            job.listed = False
            self._touch(job)
            self.after_change(job, "left the list")

    def vanish(self, job: TrueJob) -> None:
        self.before_change(job)
        job.gone = True
        self._touch(job)
        self.after_change(job, "gone")

    def reappear(self, job: TrueJob) -> None:
        """A job can be found again; if it is active, that counts as a life of its own."""
        self.before_change(job)
        job.gone, job.back_at = False, self._now()
        was = job.now
        if was.ended:
            self._touch(job)
        else:
            self._append(job, was.life + 1, was.status, was.progress, was.size + 1, _NEVER)
        self.after_change(job, f"there again, {job.now.status}")

    def listed(self, query: Query, *, finished: bool) -> list[TrueJob]:
        """What a list holds."""
        return [
            job
            for job in self.jobs.values()
            if not job.gone and job.listed is not finished and query.matches(job)
        ]

    def _append(self, job: TrueJob, life: int, status: str, progress: int, size: int, end: str) -> None:
        v = len(job.states)
        running = status == "running"
        # At times it runs and gets nowhere.
        speed = (0.0 if v % 9 == 5 else 10.0 + (v * 7) % 13) if running else -1.0
        etr = f"0h:{(100 - progress) // 10}m:{(100 - progress) % 10}s" if running else ""
        row = _ROW % (job.ident, job.name, v, status, progress, speed, etr, size, job.user, end)
        job.states.append(State(v, self._now(), life, status, progress, speed, etr, size, end, row.encode()))
        self._touch(job)

    def _touch(self, job: TrueJob) -> None:
        self.version += 1
        job.changed_at = self._now()


def task_rows(job: TrueJob) -> list[dict[str, object]]:
    """The rows of a job's tasks; the size of each is the number of the state that the job is in."""
    state = job.now
    status = "done" if state.ended else "executing" if state.status == "running" else "queued"
    return [
        {"id": f"{job.ident}-{n}", "uri": str(n), "job": job.ident, "status": status, "size": state.v}
        for n in range(1 + len(job.name) % 2)
    ]
