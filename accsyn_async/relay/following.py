"""Which of what a relay publishes concerns a durable watch, and what it means to it. Pure."""

from __future__ import annotations

import copy
import datetime as dt
import logging
from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from accsyn_async.events import JobChanged, JobEvent, JobFinished, JobRemoved, JobRevived
from accsyn_async.models import Job
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.fields import WATCHED
from accsyn_async.monitor.selection import Selection
from accsyn_async.relay.audience import kind_of
from accsyn_async.relay.matching import Matcher
from accsyn_async.relay.messages import EventMessage, NotOursError, StateMessage, Version, job_from
from accsyn_async.relay.place import Trail
from accsyn_async.relay.record import Record

__all__ = ["Following"]

logger = logging.getLogger("accsyn_async.relay")

_ENDED_KEPT = 10_000
"""Jobs that are remembered after their ends; the oldest are forgotten first."""
_SLACK = dt.timedelta(seconds=60)
"""How much later than others an end may be noticed that came before them."""


class Following:
    """What a durable watch knows of jobs, by what it has read itself.

    Attributes:
        records: the jobs that it was told of, or of which it knows that an earlier watch was.
        idents: the jobs that it is of; ``None`` for a query.

    Args:
        workspace: whose jobs they are.
        selection: what the watch is of.
        trail: what its consumer has used.

    Raises:
        QueryError: the query cannot be read, or names an attribute that is not published.
    """

    def __init__(self, workspace: str, selection: Selection, trail: Trail) -> None:
        self.records: dict[str, Record] = {}
        self.idents = None if selection.ids is None else dict.fromkeys(selection.ids)
        self._workspace = workspace
        self._kind = kind_of(selection.entitytype)
        self._matcher = Matcher(selection.expression)
        self._told = WATCHED if selection.fields is None else selection.fields
        # A change of status is always found out: it tells what a message means.
        self._fields = tuple(dict.fromkeys(["status", *self._told]))
        self._trail = trail
        self._resumes = not trail.begins
        self._ended: dict[str, None] = {}

    def concerns(self, message: EventMessage | StateMessage) -> bool:
        """Whether a message may be about one of its jobs."""
        if message.workspace != self._workspace:
            return False
        if self.idents is not None:
            return message.job.get("id") in self.idents
        return kind_of(message.type) == self._kind

    def learn(self, record: Record) -> Record:
        """Take over what a mirror knows of a job; nothing is told."""
        mine = copy.copy(record)
        mine.groups = []
        self._file(mine)
        return mine

    def forget(self, ident: str) -> None:
        """A job is watched no more."""
        self.records.pop(ident, None)
        self._ended.pop(ident, None)
        if self.idents is not None:
            self.idents.pop(ident, None)

    def take(self, message: EventMessage | StateMessage) -> list[JobEvent]:
        """What a message means to the watch.

        Raises:
            QueryError: a pattern is too much work for what it is compared with.
        """
        ident = str(message.job.get("id"))
        record = self.records.get(ident)
        if not self.concerns(message) or (record is not None and not record.is_news(message)):
            return []
        try:
            job = job_from(message)
        except NotOursError as error:
            logger.warning("a message about the job %s is not understood: %s", ident, error)
            return []
        if job.id != ident:
            logger.warning("a message about the job %s holds the row of %s", ident, job.id)
            return []
        if record is not None:
            if record.ended and not message.ended and not self._means(job):
                # It lives again, and is none of this query's now.
                return []
            return self._cut(self._taken(record, message, job))
        if isinstance(message, StateMessage):
            return self._meet(message, job)
        return self._meet_event(message, job)

    def lose(self, record: Record, at: dt.datetime) -> list[JobEvent]:
        """A job was found to be gone, of which no message has told.

        Args:
            record: what a mirror knows of it now.
            at: the time, UTC.
        """
        mine = self.records.get(record.ident)
        return [] if mine is None else self._cut(self._difference(mine, record, at))

    def compare(self, now: Mapping[str, Record], at: dt.datetime, *, doubt: bool) -> Iterator[JobEvent]:
        """What a mirror knows that the watch was not told, when both have read all events.

        Args:
            now: the mirror's records.
            at: the time, UTC.
            doubt: whether events may have been lost.

        Raises:
            QueryError: a pattern is too much work for what it is compared with.
        """
        for ident, record in tuple(now.items()) if self.idents is None else self._those(now):
            mine = self.records.get(ident)
            if mine is not None:
                yield from self._cut(self._difference(mine, record, at))
            elif record.kind == self._kind or self.idents is not None:
                yield from self._discover(record, at, doubt=doubt)

    def _those(self, now: Mapping[str, Record]) -> list[tuple[str, Record]]:
        return [(ident, now[ident]) for ident in self.idents or () if ident in now]

    def _meet_event(self, message: EventMessage, job: Job) -> list[JobEvent]:
        """An event of a job of which nothing is known here; an earlier watch may have been told of it."""
        ident, before = job.id, self._before(message)
        if message.ended and self._trail.knows_end(message.id):
            # Published once more, as the stream was made anew.
            self._taken(Record(self._workspace, ident, kind_of(message.type), message.book), message, job)
            self._trail.ended(ident)
            return []
        if ident in self._trail.members or ident in self._trail.done:
            record = self._seed(message, before or job)
            return self._cut(self._taken(record, message, job))
        if before is not None and message.event != "revived" and self._means(before):
            record = self._seed(message, before)
            return [record.found(message.at), *self._cut(self._taken(record, message, job))]
        return self._meet(message, job)

    def _meet(self, message: EventMessage | StateMessage, job: Job) -> list[JobEvent]:
        """A job of which nothing is known here, and nothing was told."""
        if not self._means(job):
            return []
        record = Record(self._workspace, job.id, kind_of(message.type), message.book)
        if isinstance(message, StateMessage) and message.ended and self.idents is None:
            # It ended before this watch began; or its events were lost, all of them.
            record.take(message, job, self._fields)
            return self._discover(record, message.at, doubt=True) if message.event_seq else []
        self._taken(record, message, job)
        lives_again = self._resumes and isinstance(message, EventMessage) and message.event == "revived"
        first = record.revived(message.at) if lives_again else record.found(message.at)
        return [first, record.ending(message.at)] if record.ended else [first]

    def _before(self, message: EventMessage) -> Job | None:
        if message.previous is msgspec.UNSET:
            return None
        try:
            return Job.from_row(bytes(message.previous))
        except ValueError:
            return None

    def _seed(self, message: EventMessage, before: Job) -> Record:
        """The record of a job as it was before an event."""
        record = Record(self._workspace, before.id, kind_of(message.type), message.book)
        record.job = before
        record.run = message.run - (message.event == "revived")
        record.version = Version(record.run, max(0, message.n - 1))
        if message.event == "revived" and before.is_finished:
            record.ended = before.id not in self._trail.members
        return record

    def _taken(self, record: Record, message: EventMessage | StateMessage, job: Job) -> list[JobEvent]:
        events = record.take(message, job, self._fields)
        self._file(record)
        return events

    def _difference(self, mine: Record, now: Record, at: dt.datetime) -> list[JobEvent]:
        """What lies between a record and a later one of the same job."""
        is_known = mine.book == now.book and now.version <= mine.version and now.ended <= mine.ended
        if is_known or mine.job is None or (mine.ended and now.ended and mine.run == now.run):
            return []
        if mine.ended and not now.ended and not self._means(now.snapshot):
            return []
        before, ended, run = mine.job, mine.ended, mine.run
        self.learn(now)
        events: list[JobEvent] = []
        if now.run > run:
            events.append(now.revived(at))
            ended = False
        elif changes := changes_between(before, now.snapshot, self._fields):
            number = f"{now.version.n}.{now.version.k}" if now.version.k else f"{now.version.n}"
            name = f"{self._workspace}:{now.ident}:{now.run}:{number}"
            events.append(
                JobChanged(at=at, job=now.snapshot, run=now.run, id=name, previous=before, changes=changes)
            )
        if now.ended and not ended:
            events.append(now.ending(at))
        return events

    def _discover(self, record: Record, at: dt.datetime, *, doubt: bool) -> list[JobEvent]:
        """What a mirror's record means of which nothing is known here."""
        ident, trail = record.ident, self._trail
        if record.ended:
            told = ident in trail.members
            if not told and (not doubt or self.idents is not None or not self._missed(record)):
                return []
            self.learn(record)
            end = record.ending(at)
            if trail.knows_end(end.id):
                trail.ended(ident)
                return []
            return [end] if told else [record.found(at), end]
        known = ident in trail.members or ident in trail.done
        if not known and not self._means(record.snapshot):
            return []
        self.learn(record)
        if ident in trail.done:
            return [record.revived(at)]
        return [] if known else [record.found(at)]

    def _missed(self, record: Record) -> bool:
        """Whether a job ended while events were lost, as far as its time tells."""
        finished, trail = record.snapshot.finished, self._trail
        if record.removed or finished is None:
            return False
        is_old = trail.oldest is not None and finished <= trail.oldest
        is_read = trail.newest is not None and finished < trail.newest - _SLACK
        return not is_old and not is_read and self._means(record.snapshot)

    def _means(self, job: Job) -> bool:
        return self.idents is not None or self._matcher.holds(job)

    def _cut(self, events: list[JobEvent]) -> list[JobEvent]:
        """The events without fields that are not watched, and without ends that were used."""
        told: list[JobEvent] = []
        for event in events:
            if isinstance(event, JobChanged):
                changes = {name: pair for name, pair in event.changes.items() if name in self._told}
                if changes:
                    told.append(replace(event, changes=changes))
            elif isinstance(event, JobFinished | JobRemoved) and self._trail.knows_end(event.id):
                self._trail.ended(event.job.id)
            else:
                told.append(event)
        return told

    def _file(self, record: Record) -> None:
        ident = record.ident
        self.records[ident] = record
        if not record.ended:
            self._ended.pop(ident, None)
            return
        self._ended[ident] = None
        if len(self._ended) > _ENDED_KEPT and self.idents is None:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            self.records.pop(oldest, None)


def joins(event: JobEvent) -> bool:
    """Whether a job's end is waited for from an event on."""
    return not isinstance(event, JobFinished | JobRemoved) and (
        isinstance(event, JobRevived) or not event.job.is_finished
    )
