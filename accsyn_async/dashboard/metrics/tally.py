"""The jobs of one watch, counted as its events come: nothing is added up when somebody asks. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter, OrderedDict
from collections.abc import Iterable

from accsyn_async import events
from accsyn_async.dashboard.metrics.directions import DIRECTIONS, direction_of
from accsyn_async.models import JobStatus

__all__ = ["ENDED_FOR", "REMEMBERED", "Known", "Tally"]

ENDED_FOR = 3600.0
"""Seconds for which a job that has ended counts among the jobs: so long accsyn keeps it in memory."""
REMEMBERED = 10_000
"""How many jobs that have ended are remembered: what they moved is not counted again when they come back."""

_RUNNING = JobStatus.RUNNING
_MOST = 2**63
"""Bytes; a size above that is none."""


class Known:
    """One job, as it was last observed.

    Attributes:
        status: its state; ``None`` before the first observation.
        stalled: whether it runs and gets nowhere.
        progress: percent, 0–100.
        size: bytes; ``None`` before it was measured.
        speed: bytes a second; 0 unless it runs.
        left: bytes that have yet to arrive; 0 when it has ended, or was not measured.
        mark: the most bytes that were ever seen to have arrived; ``None`` while that cannot be told.
        ended_at: when it was seen to end.
    """

    __slots__ = ("ended_at", "left", "mark", "progress", "size", "speed", "stalled", "status")

    def __init__(self, mark: int | None) -> None:
        self.status: JobStatus | None = None
        self.stalled = False
        self.progress: int | float = 0
        self.size: int | None = None
        self.speed = 0
        self.left = 0
        self.mark = mark
        self.ended_at = 0.0


class Tally:
    """Counts jobs, and what happened to them.

    Args:
        moves: whether what these jobs do is moving bytes.

    Attributes:
        jobs: how many are in each state; of those that have ended, the last hour's.
        stalled: how many of those that run get nowhere.
        speed: bytes a second, of all that run.
        left: bytes that have yet to arrive, of all that have not ended.
        observed: bytes that were seen to arrive, by direction; those that a job sends again, as
            it begins anew or comes back after its end, are counted once.
        ends: how many ended, by how: done, aborted or removed.
        failures: how often a job was seen to fail.
        degradations: how often the backend ceased to answer as it should.
    """

    def __init__(self, *, moves: bool = True) -> None:
        self.jobs: Counter[JobStatus] = Counter()
        self.stalled = 0
        self.speed = 0
        self.left = 0
        self.observed = dict.fromkeys(DIRECTIONS, 0)
        self.ends = {"done": 0, "aborted": 0, "removed": 0}
        self.failures = 0
        self.degradations = 0
        self._moves = moves
        self._active: dict[str, Known] = {}
        self._ended: OrderedDict[str, Known] = OrderedDict()
        self._past: OrderedDict[str, Known] = OrderedDict()
        self._began: dt.datetime | None = None
        self._synced = False

    def take(self, event: events.Event, now: float) -> None:
        """Take an event in.

        Args:
            event: the next one of the watch.
            now: seconds of a clock that never jumps.
        """
        if self._began is None:
            # Times of creation are told in whole seconds.
            self._began = event.at.replace(microsecond=0)
        match event:
            case events.Synced():
                self._synced = True
            case events.Degraded():
                self.degradations += 1
            case events.JobRemoved(job=job):
                self._remove(job.id)
            case events.TaskChanged():
                pass
            case events.JobEvent():
                self._observe(event, now)

    def active(self) -> Iterable[tuple[str, Known]]:
        """The jobs that have not ended, by their ids, in the order in which they were found."""
        return self._active.items()

    def expire(self, now: float) -> None:
        """Let those go that ended long ago."""
        while self._ended:
            ident, known = next(iter(self._ended.items()))
            if now - known.ended_at < ENDED_FOR and len(self._ended) <= REMEMBERED:
                return
            del self._ended[ident]
            self._subtract(known)
            self._remember(ident, known)

    def _observe(self, event: events.JobEvent, now: float) -> None:
        job = event.job
        known = self._take_out(job.id)
        if known is None:
            known = Known(0 if self._is_new(event) else None)
            known.status = job.status if known.mark is None else None
        if job.status is JobStatus.FAILED and known.status is not JobStatus.FAILED:
            self.failures += 1
        self._read(known, event)
        if isinstance(event, events.JobFinished):
            self.ends["aborted" if job.status is JobStatus.ABORTED else "done"] += 1
        self.jobs[job.status] += 1
        self.stalled += known.stalled
        self.speed += known.speed
        self.left += known.left
        if not job.is_finished:
            self._active[job.id] = known
            return
        self._active.pop(job.id, None)
        known.ended_at = now
        self._ended[job.id] = known
        self.expire(now)

    def _read(self, known: Known, event: events.JobEvent) -> None:
        """Take note of how a job is, and of the bytes that have arrived since it was last observed."""
        job = event.job
        progress = min(max(job.progress, 0), 100)
        size = job.size if self._moves and job.size is not None and job.size <= _MOST else None
        runs = job.status is _RUNNING
        unmoved = known.stalled and progress == known.progress and not job.speed
        known.stalled = runs and (unmoved or isinstance(event, events.JobStalled))
        known.status, known.progress, known.size = job.status, progress, size
        known.speed = int(min(job.speed or 0.0, 1e9) * 1e6) if runs else 0
        arrived = 0 if not progress else None if size is None else _part(size, progress)
        known.left = 0 if size is None or arrived is None or job.is_finished else size - arrived
        if arrived is None:
            return
        if known.mark is not None and arrived > known.mark:
            self.observed[direction_of(job)] += arrived - known.mark
        known.mark = max(arrived, known.mark or 0)

    def _is_new(self, event: events.JobEvent) -> bool:
        """Whether a job seen for the first time was created since the watch began."""
        created = event.job.created
        if not self._synced or event.run or created is None or self._began is None:
            return False
        return created >= self._began

    def _take_out(self, ident: str) -> Known | None:
        """What is known of a job, no longer part of any sum."""
        known = self._active.get(ident)
        if known is None:
            known = self._ended.pop(ident, None)
        if known is not None:
            self._subtract(known)
            return known
        return self._past.pop(ident, None)

    def _subtract(self, known: Known) -> None:
        if known.status is not None:
            self.jobs[known.status] -= 1
        self.stalled -= known.stalled
        self.speed -= known.speed
        self.left -= known.left

    def _remove(self, ident: str) -> None:
        self.ends["removed"] += 1
        known = self._take_out(ident)
        self._active.pop(ident, None)
        if known is not None:
            self._remember(ident, known)

    def _remember(self, ident: str, known: Known) -> None:
        self._past[ident] = known
        if len(self._past) > REMEMBERED:
            self._past.popitem(last=False)


def _part(size: int, progress: int | float) -> int:
    return size if progress >= 100 else int(size * progress / 100)
