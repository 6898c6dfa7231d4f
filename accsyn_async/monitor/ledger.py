"""What is known of each job: its last snapshot, its lives, and the numbers of its events.

Pure: it is told what was observed, and answers with the events that follow from it.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict

from accsyn_async.events import (
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
    TaskChanged,
)
from accsyn_async.models import Job, JobStatus, Task
from accsyn_async.monitor.diff import Changes, changes_between
from accsyn_async.monitor.fields import WATCHED
from accsyn_async.monitor.pace import Pace
from accsyn_async.monitor.past import Past
from accsyn_async.times import format_time

__all__ = ["REMOVED_AFTER", "Ledger", "Life"]

REMOVED_AFTER = 2.0
"""Seconds that must lie between two lookups that find nothing before a job counts as removed."""

_RUNNING, _DONE, _ABORTED = JobStatus.RUNNING, JobStatus.DONE, JobStatus.ABORTED
_ENDS = (_DONE.value, _ABORTED.value)
_CLOSING_PROGRESS = 95
_CLOSING_ETR = dt.timedelta(seconds=10)


class Life:
    """One job, as far as it was observed.

    Attributes:
        job: its last snapshot; ``None`` before it was ever seen.
        run: which of its lives this is, from 0.
        ended: whether this life has come to its end.
        past: what is remembered of it from before it was forgotten, until it is seen again.
        seen_at: when a list last told of it, on the monotonic clock.
    """

    __slots__ = (
        "_missed_at",
        "_number",
        "_pace",
        "_step",
        "ended",
        "ident",
        "job",
        "past",
        "run",
        "seen_at",
    )

    def __init__(self, ident: str, past: Past | None = None) -> None:
        self.ident = ident
        self.job: Job | None = None
        self.run = past.run if past else 0
        self.ended = past is not None and past.ended
        self.past = past
        self._number = past.number if past else 0
        self._step = 0
        self._missed_at: float | None = None
        self._pace: Pace | None = None
        self.seen_at = float("-inf")

    @property
    def suspect(self) -> bool:
        """Whether the last lookup found nothing."""
        return self._missed_at is not None

    def as_it_was(self, job: Job) -> Past:
        """What there is to remember of this life, with the job as it was then."""
        return Past(self.run, self._number, self.ended, job.status.value, job.finished)

    def remembered(self) -> Past | None:
        """What to keep of it when nobody watches: nothing, of a first life without events that matter."""
        if self.job is None:
            return self.past
        return self.as_it_was(self.job) if self.ended or self.run or self._number else None

    def missed(self, now: float) -> bool:
        """A lookup found nothing; ``True`` when an earlier one, long enough ago, did neither."""
        if self._missed_at is None:
            self._missed_at = now
        return now - self._missed_at >= REMOVED_AFTER

    def seen(self) -> None:
        """It is there: forget that it was missed."""
        self._missed_at = None

    @property
    def number(self) -> str:
        """The last part of the last event's id."""
        if self._step:
            return f"{self.run}:{self._number}.{self._step}"
        return f"{self.run}:{self._number}"

    def next_number(self, *, durable: bool) -> str:
        """The last part of the next event's id: ``<run>:<n>``, or ``<run>:<n>.<k>``."""
        if not durable:
            self._step += 1
            return f"{self.run}:{self._number}.{self._step}"
        self._number += 1
        self._step = 0
        return f"{self.run}:{self._number}"

    def estimated(self, job: Job, now: float) -> Job:
        """A new snapshot of it, with the time that it will still take as far as that can be told.

        Args:
            job: as it was observed, running.
            now: on the monotonic clock, seconds.
        """
        if self._pace is None:
            self._pace = Pace()
        total = float(job.size or 100)
        return job.with_eta(self._pace.observe(now, total * job.progress / 100, total))

    def pause(self) -> None:
        """It does not run."""
        if self._pace is not None:
            self._pace.pause()

    def revive(self) -> None:
        """Begin the next life."""
        self.run += 1
        self._number = self._step = 0
        self.ended = False


class Ledger:
    """Every job of one entity type that somebody watches.

    Args:
        workspace: goes into the events' ids.
        remember: how many runs of jobs that nobody holds any more to keep in mind, so
            that a job that comes back is known to have lived before.
    """

    __slots__ = ("_past", "_remember", "closing", "lives", "running", "workspace")

    def __init__(self, workspace: str, *, remember: int = 10_000) -> None:
        self.workspace = workspace
        self.lives: dict[str, Life] = {}
        self.running: set[str] = set()
        self.closing: set[str] = set()
        self._past: OrderedDict[str, Past] = OrderedDict()
        self._remember = remember

    def life(self, ident: str) -> Life:
        """The life of a job, begun if there is none."""
        life = self.lives.get(ident)
        if life is None:
            life = self.lives[ident] = Life(ident, self._past.pop(ident, None))
        return life

    def forget(self, ident: str) -> None:
        """Drop a job that nobody watches any more, but for how often it has lived and how it ended."""
        life = self.lives.pop(ident, None)
        self.running.discard(ident)
        self.closing.discard(ident)
        past = None if life is None else life.remembered()
        if past is not None:
            self._past[ident] = past
            while len(self._past) > self._remember:
                self._past.popitem(last=False)

    def recall(self, ident: str, past: Past) -> None:
        """Take over what somebody remembers of a job, unless it is known already."""
        life = self.lives.get(ident)
        if life is None:
            known = self._past.get(ident)
            if known is not None:
                lived_on = past.ended and not (known.ended and known.finished in (None, past.finished))
                run = max(known.run, past.run + lived_on)
                # The first number of a later life is that of its beginning.
                past = known._replace(run=run, number=max(known.number, int(run > known.run)))
            self._past[ident] = past
        elif life.job is None:
            self.lives[ident] = Life(ident, past)

    def knows(self, ident: str) -> bool:
        """Whether anything is known of a job, or remembered."""
        return ident in self.lives or ident in self._past

    def run(self, ident: str) -> int | None:
        """Which of its lives a job is known to be in, or to have ended; ``None`` when nothing is known."""
        life, past = self.lives.get(ident), self._past.get(ident)
        return life.run if life is not None else past.run if past is not None else None

    def told(self, ident: str, finished: dt.datetime | None) -> int | None:
        """Which life of a job is known to have ended at this moment; ``None`` when none is."""
        life, past = self.lives.get(ident), self._past.get(ident)
        if life is not None and life.job is not None:
            past = life.remembered()
        if past is None or past.status not in _ENDS:
            return None
        return past.run if past.ended and past.finished in (None, finished) else None

    def found(self, life: Life, at: dt.datetime) -> JobFound:
        """The event that tells a watch of a job that is there.

        Raises:
            LookupError: it was never seen.
        """
        return JobFound(
            at=at, job=_seen(life), run=life.run, id=f"{self.workspace}:{life.ident}:{life.run}:0"
        )

    def revived(self, life: Life, at: dt.datetime) -> JobRevived:
        """The event that tells of a job that is active again: the first of its life.

        Raises:
            LookupError: it was never seen.
        """
        return JobRevived(
            at=at, job=_seen(life), run=life.run, id=f"{self.workspace}:{life.ident}:{life.run}:1"
        )

    def finished(self, life: Life, at: dt.datetime) -> JobFinished:
        """The event that tells of a job's end; its id is the same for whoever tells it.

        Raises:
            LookupError: it was never seen.
        """
        job = _seen(life)
        return JobFinished(at=at, job=job, run=life.run, id=self._end_id(job, life.run))

    def ending(self, life: Life, at: dt.datetime) -> JobFinished | JobRemoved:
        """The event that tells a late watch how a job has ended.

        Raises:
            LookupError: it was never seen.
        """
        if _seen(life).is_finished:
            return self.finished(life, at)
        return JobRemoved(
            at=at, job=_seen(life), run=life.run, id=f"{self.workspace}:{life.ident}:{life.number}"
        )

    def removed(self, job: Job, past: Past, at: dt.datetime) -> JobRemoved:
        """The event that tells that a job is no more which was never seen here, but is remembered."""
        ident = f"{self.workspace}:{job.id}:{past.run}:{past.number + 1}"
        return JobRemoved(at=at, job=job, run=past.run, id=ident)

    def stalled(self, life: Life, at: dt.datetime) -> JobStalled:
        """The event that tells that a running job gets nowhere.

        Raises:
            LookupError: it was never seen.
        """
        job = _seen(life)
        number = life.next_number(durable=False)
        return JobStalled(at=at, job=job, run=life.run, id=f"{self.workspace}:{job.id}:{number}")

    def task_changed(
        self, life: Life, task: Task, previous: Task | None, changes: Changes, at: dt.datetime
    ) -> TaskChanged:
        """The event that tells of a change of a job's task.

        Raises:
            LookupError: the job was never seen.
        """
        job = _seen(life)
        return TaskChanged(
            at=at,
            job=job,
            run=life.run,
            id=f"{self.workspace}:{job.id}:{life.next_number(durable=False)}",
            task=task,
            previous=previous,
            changes=changes,
        )

    def observe(
        self, job: Job, at: dt.datetime, now: float = 0.0, fields: tuple[str, ...] = WATCHED
    ) -> list[JobEvent]:
        """Take note of a job as it is now.

        Args:
            job: the job.
            at: when it was observed, UTC.
            now: the same on the monotonic clock, seconds.
            fields: what to look at for changes.

        Returns:
            What that means to those who knew it before: nothing at first sight, unless
            it has come back after it had ended.
        """
        ident, status = job.id, job.status
        ends = status is _DONE or status is _ABORTED
        life = self.lives.get(ident) or self.life(ident)
        life.seen()
        if status is _RUNNING:
            job = life.estimated(job, now)
            self._sort(job)
        elif ident in self.running:
            life.pause()
            self.running.discard(ident)
            self.closing.discard(ident)
        before, life.job = life.job, job
        past, life.past = life.past, None
        if before is None and (past is None or not past.ended):
            life.ended = ends
            return []
        events: list[JobEvent] = []
        if before is None or life.ended:
            known = past if before is None else life.as_it_was(before)
            if ends and known is not None and known.is_same_end(job):
                return []
            life.revive()
            life.next_number(durable=True)
            events.append(self.revived(life, at))
        elif changes := changes_between(before, job, fields):
            number = life.next_number(durable="status" in changes)
            events.append(
                JobChanged(
                    at=at,
                    job=job,
                    run=life.run,
                    id=f"{self.workspace}:{ident}:{number}",
                    previous=before,
                    changes=changes,
                )
            )
        if ends:
            life.ended = True
            events.append(self.finished(life, at))
        return events

    def remove(self, life: Life, at: dt.datetime) -> JobRemoved:
        """Take note that a job is no more.

        Raises:
            LookupError: it was never seen.
        """
        job = _seen(life)
        life.ended = True
        life.pause()
        self.running.discard(life.ident)
        self.closing.discard(life.ident)
        number = life.next_number(durable=True)
        return JobRemoved(at=at, job=job, run=life.run, id=f"{self.workspace}:{life.ident}:{number}")

    def _end_id(self, job: Job, run: int) -> str:
        when = format_time(job.finished) if job.finished else f"run-{run}"
        return f"{self.workspace}:{job.id}:{job.status.value}:{when}"

    def _sort(self, job: Job) -> None:
        """Take note that a job runs, and whether it is about to finish."""
        ident = job.id
        self.running.add(ident)
        if job.progress >= _CLOSING_PROGRESS or ((etr := job.etr) is not None and etr <= _CLOSING_ETR):
            self.closing.add(ident)
        else:
            self.closing.discard(ident)


def _seen(life: Life) -> Job:
    if life.job is None:
        raise LookupError(f"{life.ident} was never seen")
    return life.job
