"""What a leader has published of each job, and what follows from an event for that. Pure.

A leader takes in the events of its own watch; what goes out is what differs from what was published, by
whichever leader: so numbers go on where an earlier one stopped, and nothing is told twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from accsyn_async.event_json import event_to_dict, job_to_dict
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
from accsyn_async.monitor.fields import WATCHABLE
from accsyn_async.monitor.past import REMOVED, Past
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.relay.messages import (
    VERSION,
    EventMessage,
    EventName,
    StateMessage,
    Version,
    job_from,
    row_of,
)

__all__ = ["Book", "Masthead", "Record"]

_NAMES: Final[dict[type[JobEvent], EventName]] = {
    JobFound: "found",
    JobChanged: "changed",
    JobFinished: "finished",
    JobRevived: "revived",
    JobRemoved: "removed",
    JobStalled: "stalled",
}


@dataclass(frozen=True, slots=True)
class Masthead:
    """What every message of one leader says.

    Attributes:
        workspace: the workspace's code.
        relay: which process it is.
        term: the how-manieth leader.
        book: what the numbers are counted in.
    """

    workspace: str
    relay: str
    term: int
    book: str

    def fields(self, at: dt.datetime) -> dict[str, Any]:
        """The part of a message that is the same for all.

        Args:
            at: when what it tells was observed, UTC.
        """
        return {
            "v": VERSION,
            "workspace": self.workspace,
            "relay": self.relay,
            "term": self.term,
            "book": self.book,
            "at": at,
        }


@dataclass(slots=True)
class Record:
    """What was published of one job.

    Attributes:
        type: its entity type.
        job: how it was last told to be.
        version: where that stands.
        ended: whether its life has come to its end.
        removed: whether that end was that it was nowhere to be found.
        event_id: the id of the last event that matters for ever.
        event_seq: that event's sequence in its stream; 0 when it is not there (yet, or any more).
        confirmed: whether that is certain, and not only what the state says.
        state_seq: the sequence of its latest state in its stream; likewise.
        at: when it was observed to be so, UTC.
        stalled: whether it was told that it gets nowhere.
    """

    type: str
    job: Job
    version: Version
    ended: bool
    removed: bool
    event_id: str
    event_seq: int
    state_seq: int
    at: dt.datetime
    stalled: bool = False
    confirmed: bool = True


class Book:
    """Every job that was published.

    Args:
        masthead: what each message says of its leader.

    Attributes:
        masthead: likewise; a later leader has another.
        records: what was published of each job.
    """

    def __init__(self, masthead: Masthead) -> None:
        self.masthead = masthead
        self.records: dict[str, Record] = {}
        self._dirty: dict[str, None] = {}

    # -- what was published before

    def read_event(self, message: EventMessage, seq: int) -> None:
        """Take in a job's last event as it stands in its stream; before its state.

        Raises:
            NotOursError: its row is none of a job.
        """
        job = job_from(message)
        self.records[job.id] = Record(
            message.type,
            job,
            message.version,
            message.ended,
            message.event == "removed",
            message.id,
            event_seq=seq,
            state_seq=0,
            at=message.at,
            stalled=message.event == "stalled",
        )
        # Until its state is known to say so.
        self._dirty[job.id] = None

    def read_state(self, message: StateMessage, seq: int) -> None:
        """Take in a job's state as it stands in its stream.

        Raises:
            NotOursError: its row is none of a job.
        """
        job = job_from(message)
        known = self.records.get(job.id)
        if known is not None and known.version > message.version:
            known.state_seq = seq
            return
        self._dirty.pop(job.id, None)
        confirmed = known is not None and known.event_id == message.event_id
        self.records[job.id] = Record(
            message.type,
            job,
            message.version,
            message.ended,
            message.removed,
            message.event_id,
            event_seq=known.event_seq if known is not None and confirmed else message.event_seq,
            state_seq=seq,
            at=message.at,
            stalled=message.stalled,
            confirmed=confirmed,
        )

    def remember(self, other: Book) -> None:
        """Take over what another book holds: the streams have lost it, and it is published again."""
        self.records = dict(other.records)
        for record in self.records.values():
            record.event_seq = record.state_seq = 0
            record.confirmed = False
        self.touch(self.records)

    def recollection(
        self, kind: str, since: dt.datetime | None, idents: Iterable[str] | None = None
    ) -> Recollection:
        """What a watch has to know, so that it tells what is new.

        Args:
            kind: the entity type of its jobs.
            since: until when what happened was published, UTC; ``None`` when nothing ever was.
            idents: the jobs that it is about; ``None`` for all of that type.
        """
        memory = Recollection()
        memory.since = since
        for ident in self.records if idents is None else idents:
            record = self.records.get(ident)
            if record is None or record.type != kind:
                continue
            status = REMOVED if record.removed else record.job.status.value
            finished = record.job.finished if record.ended else None
            run, n, _ = record.version
            memory.past[ident] = Past(run, n, record.ended, status, finished)
            if not record.ended:
                memory.rows[ident] = record.job
        return memory

    # -- what is new

    def take(self, event: JobEvent, kind: str) -> list[EventMessage]:
        """Take in an event of the leader's watch.

        Args:
            event: what was observed.
            kind: the entity type of its job.

        Returns:
            The events to publish, in order; none when it tells of nothing that matters for ever.
        """
        record = self.records.get(event.job.id)
        if record is None:
            return self._begin(event, kind)
        if isinstance(event, JobFinished):
            return self._finish(event, record)
        if isinstance(event, JobRemoved):
            return [] if record.ended else [self._next(record, event)]
        if isinstance(event, JobStalled):
            if record.ended or record.stalled:
                return []
            record.stalled = True
            return [self._next(record, event)]
        if event.run > record.version.run or record.ended:
            return self._revive(event, record)
        return self._move(event, record)

    def states(self) -> list[StateMessage]:
        """The states that were not published yet."""
        dirty, self._dirty = self._dirty, {}
        return [self._state(self.records[ident]) for ident in dirty if ident in self.records]

    def published_event(self, message: EventMessage, seq: int) -> None:
        """An event stands in its stream."""
        record = self.records.get(message.job["id"])
        if record is not None and record.event_id == message.id:
            record.event_seq = seq

    def published_state(self, ident: str, seq: int) -> None:
        """A job's latest state stands in its stream."""
        if ident in self.records:
            self.records[ident].state_seq = seq

    def touch(self, idents: Iterable[str]) -> None:
        """Publish the states of these jobs again."""
        self._dirty.update((ident, None) for ident in idents if ident in self.records)

    def forget(self, before: dt.datetime) -> list[str]:
        """Drop jobs that ended before some moment, UTC: their messages age out too; which they were."""
        old = [ident for ident, record in self.records.items() if record.ended and record.at < before]
        for ident in old:
            del self.records[ident]
            self._dirty.pop(ident, None)
        return old

    def ends(self, lacking: Iterable[str]) -> Iterator[EventMessage]:
        """The last events of these jobs anew, as far as they are ends: as they were, with their ids."""
        for ident in lacking:
            record = self.records.get(ident)
            if record is not None and record.ended:
                name: EventName = "removed" if record.removed else "finished"
                yield self._event(record, name, record.event_id, record.at)

    def _begin(self, event: JobEvent, kind: str) -> list[EventMessage]:
        job, workspace = event.job, self.masthead.workspace
        run = event.run
        record = self.records[job.id] = Record(
            kind,
            job,
            Version(run, 0),
            ended=False,
            removed=False,
            event_id=f"{workspace}:{job.id}:{run}:0",
            event_seq=0,
            state_seq=0,
            at=event.at,
        )
        self._dirty[job.id] = None
        found = [self._event(record, "found", record.event_id, event.at)]
        return found if isinstance(event, JobFound) else found + self._after_found(event, record)

    def _after_found(self, event: JobEvent, record: Record) -> list[EventMessage]:
        if isinstance(event, JobFinished | JobRemoved | JobStalled):
            record.stalled = isinstance(event, JobStalled)
            return [self._next(record, event)]
        return []

    def _finish(self, event: JobFinished, record: Record) -> list[EventMessage]:
        if record.ended:
            if record.event_id == event.id and not record.removed:
                return []
            # It lived again, and nobody saw it.
            record.version = Version(max(event.run, record.version.run + 1), 0)
            record.ended = record.removed = False
        elif event.run > record.version.run:
            record.version = Version(event.run, 0)
        return [self._next(record, event)]

    def _revive(self, event: JobEvent, record: Record) -> list[EventMessage]:
        if record.ended and event.job.is_finished:
            # How it ended is told by its own event; it is not found anew for that.
            return []
        record.version = Version(max(event.run, record.version.run + record.ended), 0)
        record.ended = record.removed = record.stalled = False
        revived = JobRevived(at=event.at, job=event.job, run=record.version.run)
        return [self._next(record, revived)]

    def _move(self, event: JobEvent, record: Record) -> list[EventMessage]:
        job, before = event.job, record.job
        if not changes_between(before, job, WATCHABLE):
            return []
        changes = changes_between(before, job)
        if "status" not in changes:
            record.stalled &= not changes.keys() & {"progress", "speed"}
            record.job, record.at = job, event.at
            record.version = record.version._replace(k=record.version.k + 1)
            self._dirty[job.id] = None
            return []
        record.stalled = False
        changed = JobChanged(at=event.at, job=job, run=record.version.run, previous=before, changes=changes)
        return [self._next(record, changed)]

    def _next(self, record: Record, event: JobEvent) -> EventMessage:
        """Note an event that matters for ever, and give its message."""
        before = record.job
        run, n, _ = record.version
        record.version = Version(run, n + 1)
        record.job, record.at = event.job, event.at
        record.event_seq, record.confirmed = 0, True
        record.ended = isinstance(event, JobFinished | JobRemoved)
        record.removed = isinstance(event, JobRemoved)
        if isinstance(event, JobFinished):
            record.event_id = event.id
        else:
            record.event_id = f"{self.masthead.workspace}:{event.job.id}:{run}:{n + 1}"
        self._dirty[event.job.id] = None
        changes = event_to_dict(event).get("changes", msgspec.UNSET)
        return self._event(
            record, _NAMES[type(event)], record.event_id, event.at, previous=before, changes=changes
        )

    def _event(
        self,
        record: Record,
        name: EventName,
        ident: str,
        at: dt.datetime,
        *,
        previous: Job | None = None,
        changes: dict[str, list[Any]] | msgspec.UnsetType = msgspec.UNSET,
    ) -> EventMessage:
        return EventMessage(
            **self.masthead.fields(at),
            **_about(record),
            event=name,
            id=ident,
            changes=changes,
            previous=msgspec.UNSET if previous is None else row_of(previous),
        )

    def _state(self, record: Record) -> StateMessage:
        return StateMessage(
            **self.masthead.fields(record.at),
            **_about(record),
            k=record.version.k,
            removed=record.removed,
            event_id=record.event_id,
            event_seq=record.event_seq,
            stalled=record.stalled,
        )


def _about(record: Record) -> dict[str, Any]:
    job = record.job
    eta = job.eta
    return {
        "type": record.type,
        "run": record.version.run,
        "n": record.version.n,
        "ended": record.ended,
        "job": job_to_dict(job),
        "row": row_of(job),
        "eta_s": None if eta is None else eta.total_seconds(),
    }
