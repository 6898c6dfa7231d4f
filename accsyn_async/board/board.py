"""What a watch has told so far, ready to be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from accsyn_async import events
from accsyn_async.board.quantities import duration_text, joined, speed_text
from accsyn_async.board.time_left import TimeLeft
from accsyn_async.models import Job, JobStatus

__all__ = ["WORDS", "Board", "Entry", "counts_text", "rank_of"]

WORDS = (
    *("running", "stalled", "failed", "init", "pending", "waiting", "paused"),
    *("unknown", "removed", "aborted", "done"),
)
"""The words for states, the most interesting first."""
_RANK = {word: rank for rank, word in enumerate(WORDS)}
_ENDS = frozenset({"removed", "aborted", "done"})
_KEPT = 500
"""Jobs that have ended which are kept to be shown; the others are only counted."""


class Entry:
    """One job.

    Attributes:
        job: as it was last observed.
        word: its state in one word: a status, ``stalled`` or ``removed``.
        left: estimates its time left.
    """

    __slots__ = ("job", "left", "word")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.word = job.status.value
        self.left = TimeLeft()

    @property
    def running(self) -> bool:
        """Whether it is running, be it without progress."""
        return self.word in ("running", "stalled")

    @property
    def ended(self) -> bool:
        """Whether it is done, aborted or removed."""
        return self.word in _ENDS


class Board:
    """Every job of a watch, and how the backend is.

    Args:
        on_drop: called with the id of an ended job that is not kept any longer.

    Attributes:
        synced: whether every job that there is has been told.
        trouble: why the backend is degraded; ``None`` when it is well.
    """

    def __init__(self, on_drop: Callable[[str], object] | None = None) -> None:
        self.synced = False
        self.trouble: str | None = None
        self._entries: dict[str, Entry] = {}
        self._dropped: Counter[str] = Counter()
        self._on_drop = on_drop
        # When each of those that have ended was seen to, the first first.
        self._ended: dict[str, float] = {}

    def take(self, event: events.Event, now: float) -> Entry | None:
        """Take an event in.

        Args:
            event: the next one.
            now: seconds of the clock that time left is measured by.

        Returns:
            The job's entry, when the event is about a job.
        """
        match event:
            case events.Synced():
                self.synced = True
            case events.Degraded(reason=reason):
                self.trouble = reason
            case events.Recovered():
                self.trouble = None
            case events.JobEvent(job=job):
                return self._put(event, job, now)
        return None

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, ident: str) -> Entry | None:
        """The entry of a job; ``None`` for one that is not on the board."""
        return self._entries.get(ident)

    def drop_ended(self, before: float) -> None:
        """Keep jobs no longer that had ended before a moment; they are only counted."""
        while self._ended:
            ident, ended = next(iter(self._ended.items()))
            if ended >= before:
                break
            self._drop(ident)

    def entries(self) -> list[Entry]:
        """The jobs in the order in which they were found."""
        return list(self._entries.values())

    def by_interest(self) -> list[Entry]:
        """The jobs that are running first, those that are done last."""
        return sorted(self._entries.values(), key=lambda entry: _RANK[entry.word])

    def counts(self) -> Counter[str]:
        """How many jobs are in each state."""
        return Counter(entry.word for entry in self._entries.values()) + self._dropped

    def speed(self) -> float:
        """MB/s of all running jobs together."""
        return sum(entry.job.speed or 0.0 for entry in self._entries.values() if entry.running)

    def seconds_left(self, now: float) -> float | None:
        """Until the last of the running jobs is done; ``None`` when that is unknown."""
        each = [entry.left.seconds(now) for entry in self._entries.values() if entry.running]
        known = [seconds for seconds in each if seconds is not None]
        return max(known) if known and len(known) == len(each) else None

    def summary(self, now: float, width: int | None = None) -> str:
        """All of it in one line; where ``width`` is less, without the speed, then without the time left."""
        if not self._entries and not self._dropped:
            return "no jobs yet" if self.synced else "asking for jobs"
        parts = {"counts": counts_text(self.counts())}
        if any(entry.running for entry in self._entries.values()):
            if self.speed() > 0:
                parts["speed"] = speed_text(self.speed())
            seconds = self.seconds_left(now)
            if seconds is not None:
                # What waits begins only later: nobody knows when.
                waits = any(not (entry.running or entry.ended) for entry in self._entries.values())
                parts["left"] = f"{'running: ' if waits else ''}{duration_text(seconds)} left"
        return joined(parts, ("speed", "left"), width)

    def _put(self, event: events.JobEvent, job: Job, now: float) -> Entry:
        entry = self._entries.get(job.id)
        if entry is None:
            entry = self._entries[job.id] = Entry(job)
        entry.job = job
        entry.word = _word(event, job)
        entry.left.observe(job, now)
        if not entry.ended:
            self._ended.pop(job.id, None)
        elif job.id not in self._ended:
            self._ended[job.id] = now
            if len(self._ended) > _KEPT:
                self._drop(next(iter(self._ended)))
        return entry

    def _drop(self, ident: str) -> None:
        del self._ended[ident]
        self._dropped[self._entries.pop(ident).word] += 1
        if self._on_drop is not None:
            self._on_drop(ident)


def rank_of(word: str) -> int:
    """A state's place among all: the lower, the more interesting."""
    return _RANK[word]


def counts_text(counts: Counter[str] | Iterable[str], separator: str = " · ") -> str:
    """How many jobs are in each state, in words.

    >>> counts_text(["done", "running", "done"])
    '1 running · 2 done'
    """
    counted = Counter(counts)
    return separator.join(f"{counted[word]} {word}" for word in WORDS if counted[word])


def _word(event: events.JobEvent, job: Job) -> str:
    if isinstance(event, events.JobRemoved):
        return "removed"
    if isinstance(event, events.JobStalled) and job.status is JobStatus.RUNNING:
        return "stalled"
    return job.status.value
