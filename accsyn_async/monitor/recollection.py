"""What a checkpoint told when it was read, and what that means for a watch that comes back. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from accsyn_async.events import Event, JobEvent, JobFinished, JobFound, JobRemoved, JobRevived
from accsyn_async.models import Job
from accsyn_async.monitor.past import REMOVED, Past

__all__ = ["Recollection"]


class Recollection:
    """What a checkpoint knows.

    Attributes:
        since: when the last event was handed out, UTC; ``None`` before the first.
        past: how each job stood.
        rows: how the jobs looked that had not ended.
        owed: final events that were handed out, and perhaps never came to be used.

    >>> memory = Recollection()
    >>> memory.past["a"] = Past(0, 3, True, "done", None)
    >>> memory.knows_end("a", None), memory.knows_end("b", None), list(memory.unfinished)
    (True, False, [])
    """

    __slots__ = ("_offsets", "_standing", "owed", "past", "rows", "since")

    def __init__(self) -> None:
        self.since: dt.datetime | None = None
        self.past: dict[str, Past] = {}
        self.rows: dict[str, Job] = {}
        self.owed: dict[str, JobFinished | JobRemoved] = {}
        self._offsets: dict[str, tuple[int, int, int]] = {}
        # Of each job the life that was told of last, and whether its end was: not all of it was handed out.
        self._standing: dict[str, tuple[int, bool]] = {}

    @property
    def unfinished(self) -> Iterator[str]:
        """The jobs that had not come to their ends."""
        return (ident for ident, past in self.past.items() if not past.ended)

    def knows_end(self, ident: str, finished: dt.datetime | None) -> bool:
        """Whether the end of a job at this moment is nothing new."""
        past = self.past.get(ident)
        return (
            past is not None and past.ended and past.status != REMOVED and past.finished in (None, finished)
        )

    def told(self, event: Event) -> Event | None:
        """What an event is to who remembers, as it is put into its mailbox.

        Nothing, when it finds what was found, or tells of an end that was told; a job that
        lives again, when it finds one whose end was told. What others know matters not.
        """
        if not isinstance(event, JobEvent):
            return event
        ident, ended = event.job.id, isinstance(event, JobFinished | JobRemoved)
        event = self._counted(event)
        if isinstance(event, JobFound | JobFinished):
            if self._is_known(event):
                return None
            if isinstance(event, JobFound) and self._has_returned(event):
                number = f"{event.id.rpartition(':')[0]}:1"
                event = JobRevived(at=event.at, job=event.job, run=event.run, id=number)
        self._standing[ident] = (event.run, ended)
        return event

    def admitted(self, jobs: Iterable[tuple[Job, Past]]) -> None:
        """Take note of the jobs that there are, told or not: what becomes of them is to be told."""
        for job, past in jobs:
            if job.id not in self.past and not past.ended:
                self.past[job.id] = past
                self.rows[job.id] = job

    def has_met(self, ident: str) -> bool:
        """Whether anything was told of a job since the watch came back."""
        return ident in self._standing

    def repeat(self) -> list[JobFinished | JobRemoved]:
        """The ends that are to be told again."""
        owed = list(self.owed.values())
        self._standing.update((event.job.id, (event.run, True)) for event in owed)
        return owed

    def _counted(self, event: JobEvent) -> JobEvent:
        """The event, with lives and numbers of its job counted on from those that are remembered.

        Whoever watched the job in the same session before may know of fewer.
        """
        offset = self._offsets.get(event.job.id)
        if offset is None:
            offset = self._offsets[event.job.id] = self._offset(event)
        runs, first, numbers = offset
        if not runs:
            return event
        run = event.run + runs
        if isinstance(event, JobFinished):
            return replace(event, run=run)
        head, _, number = event.id.rsplit(":", 2)
        if run == first and not isinstance(event, JobFound):
            n, dot, step = number.partition(".")
            number = f"{int(n) + numbers}{dot}{step}"
        return replace(event, run=run, id=f"{head}:{run}:{number}")

    def _offset(self, event: JobEvent) -> tuple[int, int, int]:
        """How many lives there were before those that others count; which is the first, and its numbers."""
        past = self.past.get(event.job.id)
        if past is None:
            return 0, 0, 0
        lives_on = past.ended and not past.is_same_end(event.job)
        first = past.run + lives_on
        # That it lives again is the first event of a life.
        return max(0, first - event.run), first, 1 if lives_on else past.number

    def _is_known(self, event: JobFound | JobFinished) -> bool:
        job = event.job
        standing = self._standing.get(job.id)
        if standing is None:
            return job.is_finished and self.knows_end(job.id, job.finished)
        run, ended = standing
        return event.run <= run and (ended or isinstance(event, JobFound))

    def _has_returned(self, event: JobFound) -> bool:
        ident = event.job.id
        if (standing := self._standing.get(ident)) is not None:
            return standing[1]
        past = self.past.get(ident)
        return past is not None and past.ended and event.run > past.run

    def handed_out(self, event: JobEvent) -> None:
        """An end has come to its consumer, and is part of the past: forget that it was on its way."""
        if self._standing.get(event.job.id) == (event.run, True):
            del self._standing[event.job.id]

    def missed(self, ends: Iterable[tuple[str, dt.datetime | None]], slack: dt.timedelta) -> list[str]:
        """The jobs whose ends came while nobody watched.

        Args:
            ends: the ids of finished jobs, and when they finished.
            slack: how much clocks may differ.
        """
        if self.since is None:
            return []
        oldest = self.since - slack
        return sorted(
            ident
            for ident, finished in ends
            if finished is not None and finished >= oldest and not self.knows_end(ident, finished)
        )

    def away(self, now: dt.datetime) -> dt.timedelta:
        """How long nobody watched; nothing when nobody ever did."""
        return dt.timedelta() if self.since is None else now - self.since

    def disregard(self, ends: Iterable[tuple[str, dt.datetime | None]], since: dt.datetime) -> None:
        """Take note of jobs that had ended before the first watch began: they are not missed later.

        Args:
            ends: the ids of finished jobs, and when they finished.
            since: those that finished before would not be missed anyway.
        """
        for ident, finished in ends:
            if finished is not None and finished >= since:
                self.past.setdefault(ident, Past(0, 0, True, "done", finished))
