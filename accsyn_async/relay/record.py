"""What a mirror knows of one job, and what a message about it means to those who watch. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from accsyn_async.events import (
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
)
from accsyn_async.models import Job
from accsyn_async.monitor.diff import changes_between
from accsyn_async.relay.messages import EventMessage, StateMessage, Version
from accsyn_async.times import format_time

if TYPE_CHECKING:
    from accsyn_async.relay.audience import Group

__all__ = ["Record"]


class Record:
    """One job, as far as a relay's messages have told of it.

    Lives and numbers are those of the messages, unless they begin anew in another book: then
    they are counted on from those that were told.

    Attributes:
        ident: the job's id.
        kind: its entity type.
        job: its last snapshot; ``None`` before the first message.
        book: what the numbers of its messages are counted in.
        version: of the last message that was taken, as it said it.
        run: which of its lives this is, from 0, as it is told.
        ended: whether this life has come to its end.
        removed: whether it ended by being deleted or getting out of reach.
        groups: those whose watches it is told to.
    """

    __slots__ = (
        "_end_id",
        "_first",
        "_number",
        "_numbers",
        "_runs",
        "_stalled",
        "_step",
        "_term",
        "_workspace",
        "book",
        "ended",
        "groups",
        "ident",
        "job",
        "kind",
        "removed",
        "run",
        "version",
    )

    def __init__(self, workspace: str, ident: str, kind: str, book: str) -> None:
        self.ident = ident
        self.kind = kind
        self.job: Job | None = None
        self.book = book
        self.version = Version(-1, 0)
        self.run = 0
        self.ended = False
        self.removed = False
        self.groups: list[Group] = []
        self._workspace = workspace
        self._end_id = ""
        self._number = 0
        self._step = 0
        self._term = 0
        self._stalled = False
        # What to add to the lives of the book, and to the numbers of its first one.
        self._runs = 0
        self._first: int | None = None
        self._numbers = 0

    @property
    def snapshot(self) -> Job:
        """Its last snapshot.

        Raises:
            LookupError: there was no message about it.
        """
        if self.job is None:
            raise LookupError(f"nothing is known of {self.ident}")
        return self.job

    def is_news(self, message: EventMessage | StateMessage) -> bool:
        """Whether a message says anything that is not known."""
        if message.book != self.book or message.version > self.version:
            return True
        if message.run != self.version.run or (self.ended and not message.ended):
            return False
        # Who leads now may never have read what an earlier leader's last messages said: NATS lost them.
        return message.term > self._term or (message.ended and not self.ended)

    def take(self, message: EventMessage | StateMessage, job: Job, fields: Iterable[str]) -> list[JobEvent]:
        """Take note of a message that is news.

        What it does not say itself, as messages before it were lost, follows from how the job
        was known.

        Args:
            message: about the job.
            job: the snapshot in it.
            fields: what to look at for changes.

        Returns:
            What it means to those who knew the job before: nothing at first sight.
        """
        before, known = self.job, _Number(self._number, self._step)
        if before is not None and self._begins_anew(message, job):
            self._count_on(message, job)
        self.book, self.version, self._term = message.book, message.version, message.term
        run = message.run + self._runs
        if before is not None and self.ended and run <= self.run:
            self.job = job if message.ended else before
            return []
        self.job = job
        self._count(message)
        if before is None:
            self.run, self._stalled = run, _stalls(message)
            if message.ended:
                self._end(message)
            return []
        stalls = _stalls(message) and (not self._stalled or run > self.run)
        events: list[JobEvent] = []
        if run > self.run:
            if not self.ended and run == self.run + 1:
                events += self._missed_end(message)
            self.run, self.ended, self.removed = run, False, False
            events.append(self.revived(message.at))
        elif changes := changes_between(before, job, fields):
            ident = self._change_id(
                message, known, last=not (message.ended or stalls), durable="status" in changes
            )
            events.append(
                JobChanged(at=message.at, job=job, run=run, id=ident, previous=before, changes=changes)
            )
        if message.ended:
            self._end(message)
            events.append(self.ending(message.at))
        elif stalls:
            events.append(JobStalled(at=message.at, job=job, run=run, id=self._event_id(message)))
        self._stalled = _stalls(message)
        return events

    def found(self, at: dt.datetime) -> JobFound:
        """The event that tells of a job that is there."""
        ident = f"{self._workspace}:{self.ident}:{self.run}:0"
        return JobFound(at=at, job=self.snapshot, run=self.run, id=ident)

    def revived(self, at: dt.datetime) -> JobRevived:
        """The event that tells that it is active again: the first of its life."""
        ident = f"{self._workspace}:{self.ident}:{self.run}:1"
        return JobRevived(at=at, job=self.snapshot, run=self.run, id=ident)

    def ending(self, at: dt.datetime) -> JobFinished | JobRemoved:
        """The event that tells how this life has ended."""
        kind = JobRemoved if self.removed else JobFinished
        return kind(at=at, job=self.snapshot, run=self.run, id=self._end_id)

    def remove(self, at: dt.datetime) -> JobRemoved:
        """It is gone, and no message told of that; the event that tells of it."""
        self.ended, self.removed = True, True
        self._end_id = self._id(_Number(self._number + 1))
        return JobRemoved(at=at, job=self.snapshot, run=self.run, id=self._end_id)

    def _end(self, message: EventMessage | StateMessage) -> None:
        self.ended, self.removed = True, _removes(message)
        if self.removed or not self._counts_on:
            self._end_id = self._event_id(message)
        else:
            self._end_id = self._finished_id(self.snapshot)

    def _missed_end(self, message: EventMessage | StateMessage) -> list[JobEvent]:
        """The end of a life that no message told of, as far as one of the next life shows it."""
        row = message.previous if isinstance(message, EventMessage) else msgspec.UNSET
        if row is msgspec.UNSET:
            return []
        try:
            job = Job.from_row(bytes(row))
        except ValueError:
            return []
        if not job.is_finished or job.id != self.ident:
            return []
        return [JobFinished(at=message.at, job=job, run=self.run, id=self._finished_id(job))]

    def _finished_id(self, job: Job) -> str:
        when = format_time(job.finished) if job.finished else f"run-{self.run}"
        return f"{self._workspace}:{job.id}:{job.status.value}:{when}"

    def _begins_anew(self, message: EventMessage | StateMessage, job: Job) -> bool:
        """Whether numbers are no more those that are known, as whoever counts does not know these."""
        if message.book != self.book or message.version < self.version:
            return True
        lived = self.ended and message.ended and message.run == self.version.run
        return lived and not self._is_same_end(message, job)

    def _count_on(self, message: EventMessage | StateMessage, job: Job) -> None:
        """Numbers begin anew: count on from those that are known."""
        lives_on = not self.ended or (message.ended and self._is_same_end(message, job))
        self._runs = self.run + (not lives_on) - message.run
        self._first = message.run
        # That it lives again is the first event of a life.
        self._numbers = (self._number if lives_on else 0) + 1 - message.n

    def _is_same_end(self, message: EventMessage | StateMessage, job: Job) -> bool:
        known = self.snapshot
        if _removes(message) or self.removed:
            return _removes(message)
        moments = known.finished, job.finished
        return known.status is job.status and (None in moments or moments[0] == moments[1])

    @property
    def _counts_on(self) -> bool:
        """Whether ids are other than the messages say."""
        return self._first is not None

    def _count(self, message: EventMessage | StateMessage) -> None:
        self._number = message.n + (self._numbers if message.run == self._first else 0)
        self._step = message.k if isinstance(message, StateMessage) else 0

    def _event_id(self, message: EventMessage | StateMessage) -> str:
        """The id of the last event that a message tells of."""
        if self._counts_on:
            return self._id(_Number(self._number))
        return message.id if isinstance(message, EventMessage) else message.event_id

    def _change_id(
        self, message: EventMessage | StateMessage, known: _Number, *, last: bool, durable: bool
    ) -> str:
        """The id of a change that a message tells of.

        Args:
            message: that.
            known: what was told before.
            last: whether nothing else is told because of this message.
            durable: whether it matters for ever.
        """
        if not last:
            between = message.ended and known.n < self._number - 1
            return self._id(_Number(self._number - 1) if between else _Number(known.n, known.k + 1))
        if isinstance(message, EventMessage):
            return self._event_id(message)
        return self._id(_Number(self._number, 0 if durable and known.n < self._number else self._step))

    def _id(self, number: _Number) -> str:
        step = f".{number.k}" if number.k else ""
        return f"{self._workspace}:{self.ident}:{self.run}:{number.n}{step}"


class _Number(NamedTuple):
    n: int
    k: int = 0


def _stalls(message: EventMessage | StateMessage) -> bool:
    return message.event == "stalled" if isinstance(message, EventMessage) else message.stalled


def _removes(message: EventMessage | StateMessage) -> bool:
    if isinstance(message, EventMessage):
        return message.event == "removed"
    return message.removed
