"""All that a relay has published, as one process knows it, and who watches that."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Literal

from accsyn_async.errors import AccsynError, ArgumentError, SessionClosedError
from accsyn_async.events import Degraded, Recovered
from accsyn_async.models import Job
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.source import Membership, Seat
from accsyn_async.monitor.statistics import Statistics
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.relay.admission import Admission
from accsyn_async.relay.archive import Archive
from accsyn_async.relay.audience import kind_of
from accsyn_async.relay.messages import (
    EventMessage,
    HealthMessage,
    NotOursError,
    Published,
    StateMessage,
    TermMessage,
    job_from,
)
from accsyn_async.relay.record import Record
from accsyn_async.relay.telling import Teller
from accsyn_async.relay.withheld import Withheld
from accsyn_async.transport.seam import Clock

if TYPE_CHECKING:
    from accsyn_async.monitor.recollection import Recollection

__all__ = ["PATIENCE", "Mirror"]

logger = logging.getLogger("accsyn_async.relay")

PATIENCE = 10.0
"""Seconds that a state waits for its event when every event that there is has been read."""

_Stream = Literal["events", "states"]


class Mirror:
    """What a relay has published of each job; any number of watches read from it.

    It is told what was read, and never asks:

    1. states, from the first to the last there is, then events from where the leader's
       health says that they are settled: ``take_state``, ``take_event``;
    2. ``begin`` with the sequence up to which events were read; then ``admit`` until it
       says ``False``, giving way to others in between;
    3. from then on whatever comes.

    What matters for ever is told out of events alone; a state that includes an event which
    was not read yet waits for it.

    Args:
        workspace: whose jobs they are; what others publish is no business of it.
        clock: time.
        on_wanted: called when somebody waits for a job of which nothing is known; ``wanted``
            has its id.
    """

    def __init__(self, workspace: str, clock: Clock, *, on_wanted: Callable[[], None] | None = None) -> None:
        self._workspace = workspace
        self._clock = clock
        self._archive = Archive()
        self._teller = Teller()
        self._audience = self._teller.audience
        self._admission = Admission(self._archive, self._teller, clock, on_wanted)
        self._withheld = Withheld()
        self._book: str | None = None
        self._books: dict[_Stream, str] = {}
        self._position = 0
        # Jobs of an earlier book of which this one has not told, and since when, on the monotonic clock.
        self._unsure: set[str] = set()
        self._unsure_since = 0.0
        self._degraded: Degraded | None = None
        self._degraded_at = 0.0
        self._closed = False

    @property
    def ready(self) -> bool:
        """Whether all that there is has been read."""
        return self._admission.open

    @property
    def position(self) -> int:
        """Up to which sequence events were read."""
        return self._position

    @property
    def wanted(self) -> frozenset[str]:
        """The ids to ask a leader for: somebody waits for a job of which nothing is known.

        Or the leader counts anew, as all that it had published was lost, and has told nothing
        of a job that had not ended.
        """
        if not self.ready:
            return frozenset()
        asked_for = self._unsure if self._clock.monotonic() - self._unsure_since >= PATIENCE else ()
        return self._audience.sought.union(asked_for)

    @property
    def records(self) -> Mapping[str, Record]:
        """What is known of each job, by its id."""
        return self._archive.records

    @property
    def degraded(self) -> Degraded | None:
        """The event that tells what is wrong; ``None`` when nothing is."""
        return self._degraded

    @property
    def watched(self) -> Collection[str]:
        """The ids of jobs that somebody watches by them."""
        return self._audience.by_id.keys()

    @property
    def sought(self) -> dict[str, list[str]]:
        """``wanted``, by the jobs' entity types."""
        kinds: dict[str, list[str]] = {}
        for ident in sorted(self.wanted):
            record, seeker = self.records.get(ident), next(iter(self._audience.by_id.get(ident, ())), None)
            if record is not None:
                kinds.setdefault(record.kind, []).append(ident)
            elif seeker is not None:
                kinds.setdefault(seeker.selection.entitytype, []).append(ident)
        return kinds

    # -- what was read

    def begin(self, position: int) -> None:
        """All that there is has been read: from now on watches can be admitted, and told.

        Args:
            position: up to which sequence events were read.
        """
        self._position = max(self._position, position)
        self._admission.begin()

    def admit(self) -> bool:
        """Let in one of the watches that came before it began; whether there may be more.

        They are many, it may be, and each is told of many jobs: call it until it says
        ``False``, and give way in between.
        """
        return self._admission.next()

    def take_event(self, message: EventMessage, seq: int) -> None:
        """Something that matters for ever was read.

        Args:
            message: what it says.
            seq: its sequence in the stream of events.
        """
        if self._is_ours(message, "events") and self._is_news(message):
            self._take(message)
        self.passed(seq)

    def take_state(self, message: StateMessage) -> None:
        """A job's state was read."""
        if not self._is_ours(message, "states") or not self._is_news(message):
            return
        record = self._archive.records.get(_ident(message))
        early = message.event_seq > self._position and (
            record is None or message.book != record.book or message.version[:2] > record.version[:2]
        )
        if not early or not self.ready:
            self._take(message)
        elif _job(message) is not None:
            self._withheld.keep(_ident(message), message, self._clock.monotonic())

    def take_health(self, message: HealthMessage) -> None:
        """What a leader says of itself was read, in its place among the states.

        It says in which book that leader counts.
        """
        self._is_ours(message, "states")

    def take_term(self, message: TermMessage, seq: int) -> None:
        """That a leader begins was read, in its place among the events.

        Args:
            message: what it says.
            seq: its sequence in the stream of events.
        """
        self._is_ours(message, "events")
        self.passed(seq)

    def passed(self, seq: int) -> None:
        """Events were read up to a sequence, whatever they were."""
        self._position = max(self._position, seq)
        for message in self._withheld.due(self._position):
            self._take_late(message)

    def rebuilt(self, stream: _Stream) -> None:
        """A stream is another one than before: its sequences begin anew.

        What was told remains told. Events that were not read before are lost, and what
        states say is all that there is to know.
        """
        if stream == "events":
            self._position = 0
            for message in self._withheld.overdue(self._clock.monotonic()):
                self._take_late(message)

    def missing(self, ident: str) -> None:
        """A leader says that there is no job of an id.

        Watches that wait for it end with ``NotFoundError``; a job that was there was removed.
        """
        record = self._archive.records.get(ident)
        if record is not None and ident in self._unsure:
            self._unsure.discard(ident)
            self._teller.tell(record, record.remove(self._clock.now()))
            self._archive.file(record, self._audience.by_id)
        self._admission.missing(ident)

    def caught_up(self) -> None:
        """Every event that there is has been read: call it every second or so while that is so.

        States that have waited for an event too long then tell what there is to know.
        """
        for message in self._withheld.overdue(self._clock.monotonic() - PATIENCE):
            self._take_late(message)

    # -- how things stand

    def degrade(self, reason: str) -> Degraded | None:
        """What is read cannot be relied on to be all and new: watches are told, once.

        Args:
            reason: what is wrong, for people.

        Returns:
            What they are told; ``None`` when they had been.
        """
        if self._degraded is not None:
            return None
        self._degraded_at = self._clock.monotonic()
        event = self._degraded = Degraded(at=self._clock.now(), reason=reason)
        for subscription in self._audience:
            subscription.degrade(self, event)
        return event

    def recover(self) -> Recovered | None:
        """All is well again: watches are told, if anything was wrong; what they are told."""
        if self._degraded is None:
            return None
        self._degraded = None
        after = dt.timedelta(seconds=self._clock.monotonic() - self._degraded_at)
        event = Recovered(at=self._clock.now(), after=after)
        for subscription in self._audience:
            subscription.recover(self, event)
        return event

    def close(self, error: AccsynError | None = None) -> None:
        """End every watch: its iterator ends, or raises ``error``. Nobody else is let in."""
        self._closed = True
        for subscription in self._audience:
            subscription.mailbox.close(error, for_good=True)

    def statistics(self) -> Statistics:
        """What it has done, and how it stands; how often was polled, and when, the relay's health tells."""
        boxes = [subscription.mailbox for subscription in self._audience]
        return Statistics(
            watches=len(boxes),
            jobs=len(self._archive.records),
            events=self._teller.told,
            merged=self._teller.merged + sum(box.merged for box in boxes),
            backlog=sum(map(len, boxes)),
        )

    # -- who watches

    def subscribe(
        self, selection: Selection, mailbox: Mailbox, recollection: Recollection | None = None
    ) -> Membership:
        """Let a watch in; it is told what there is at once, or when that is known.

        Args:
            selection: what it is of.
            mailbox: where its events go.
            recollection: none: what a watch remembers is kept on NATS.

        Raises:
            QueryError: its query cannot be read, or names an attribute that is not published.
            ArgumentError: it is to be told of tasks, or has a checkpoint.
            SessionClosedError: the mirror is closed.
        """
        if self._closed:
            raise SessionClosedError("the feed is closed")
        if selection.tasks:
            raise ArgumentError("tasks are not published; watch them in a session")
        if recollection is not None:
            raise ArgumentError("a feed's watch keeps no checkpoint; give it a name with durable=")
        subscription = Subscription(selection, mailbox)
        self._audience.add(subscription, self._archive.records.values())
        if self._degraded is not None:
            subscription.degrade(self, self._degraded)
        self._admission.add(subscription)
        return Seat(self._admission, subscription)

    # -- what becomes of it

    def _is_ours(self, message: Published, stream: _Stream) -> bool:
        """Whether a message is the workspace's, and not of a book after which another has begun."""
        if message.workspace != self._workspace:
            return False
        if self._books.get(stream) != message.book:
            # Within a stream, what comes later is newer.
            self._books[stream] = message.book
            if self._book != message.book:
                self._book = message.book
                self._unsure = {
                    ident
                    for ident, record in self._archive.records.items()
                    if not record.ended and record.book != message.book
                }
                self._unsure_since = self._clock.monotonic()
        return message.book == self._book

    def _is_news(self, message: EventMessage | StateMessage) -> bool:
        record = self._archive.records.get(_ident(message))
        return record is None or record.is_news(message)

    def _take_late(self, message: StateMessage) -> None:
        if message.book == self._book and self._is_news(message):
            self._take(message)

    def _take(self, message: EventMessage | StateMessage) -> None:
        ident, job = _ident(message), _job(message)
        if job is None:
            return
        record = self._archive.records.get(ident)
        first = record is None
        self._unsure.discard(ident)
        if record is None:
            record = Record(self._workspace, ident, kind_of(message.type), message.book)
        for event in record.take(message, job, self._audience.fields):
            self._teller.tell(record, event)
        self._archive.file(record, self._audience.by_id)
        # What a leader only looked up, as somebody asked, is no news to others.
        looked_up = first and isinstance(message, StateMessage) and message.event_seq == 0
        if not record.ended or (self.ready and not record.removed and not looked_up):
            self._teller.join(record, job, message.at)
        if not record.removed:
            self._admission.arrived(ident)


def _ident(message: EventMessage | StateMessage) -> str:
    return str(message.job.get("id"))


def _job(message: EventMessage | StateMessage) -> Job | None:
    """The snapshot in a message; ``None`` when it is none of the job that it is about."""
    try:
        job = job_from(message)
    except NotOursError as error:
        logger.debug("a message about the job %s is not understood: %s", _ident(message), error)
        return None
    if job.id != _ident(message):
        logger.debug("a message about the job %s holds the row of %s", _ident(message), job.id)
        return None
    return job
