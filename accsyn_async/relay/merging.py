"""What is told by a durable watch, out of the events that it reads and the states that its feed reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Final

from accsyn_async.events import Degraded, JobEvent, JobFinished, JobRemoved, Recovered
from accsyn_async.models import Job
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.selection import Selection
from accsyn_async.relay.following import Following, joins
from accsyn_async.relay.messages import (
    EventMessage,
    NotOursError,
    StateMessage,
    check_sender,
    read_event,
    read_term,
)
from accsyn_async.relay.place import Spot
from accsyn_async.relay.place_keeper import PlaceKeeper
from accsyn_async.relay.reader import Arrived, Reader, Rebuilt
from accsyn_async.relay.record import Record
from accsyn_async.relay.states import States
from accsyn_async.relay.subjects import Names
from accsyn_async.relay.terms import Terms
from accsyn_async.relay.withheld import Withheld
from accsyn_async.transport.seam import Clock

__all__ = ["Merging"]

logger = logging.getLogger("accsyn_async.relay")

_MOVES_EVERY: Final = 60.0
"""Seconds between two writes of a place that only moved past what does not concern the watch."""
_PATIENCE: Final = 10.0
"""Seconds that a state waits for its event when every event that there is has been read."""


class Merging:
    """Part of ``Durable``: what goes into its mailbox.

    Args:
        workspace: whose jobs they are.
        names: its names on NATS.
        selection: what the watch is of.
        keeper: keeps its place.
        mirror: the jobs as its feed knows them.
        clock: time.
    """

    def __init__(
        self,
        workspace: str,
        names: Names,
        selection: Selection,
        keeper: PlaceKeeper,
        mirror: States,
        clock: Clock,
    ) -> None:
        self._names = names
        self._workspace = workspace
        self._selection = selection
        self._keeper = keeper
        self._clock = clock
        # Its own, as it may be elsewhere in the stream than its feed.
        self._terms = Terms(mirror.terms)
        self._mirror = mirror
        self._mailbox = Mailbox()
        self._trail = keeper.trail
        self._following = Following(workspace, selection, self._trail)
        self._withheld = Withheld()
        # The latest state of jobs of which something is on its way to the consumer.
        self._behind: dict[str, StateMessage] = {}
        # Of a watch of ids: those whose ends are waited for, and those that are still to be looked for.
        self._open: set[str] | None = None
        self._new: list[str] = []
        # Whether events may have been lost; whether it has come to where the feed is.
        self._doubt = False
        self._synced = False
        self._stream: str | None = None
        # Up to where events were told; the reader may have handed out more just now.
        self._position = -1
        self._room = asyncio.Event()
        self._moved_at = 0.0
        self._degraded = False

    @property
    def backlog(self) -> int:
        """How many events wait to be taken."""
        return len(self._mailbox)

    def jobs(self) -> Iterator[Job]:
        """The jobs that it is about, as they are known now."""
        by_ids = self._following.idents is not None
        for record in tuple(self._following.records.values()):
            if record.job is not None and (by_ids or not record.ended):
                yield record.job

    def add(self, idents: tuple[str, ...]) -> None:
        """Watch more jobs."""
        known = self._following.idents
        new = [ident for ident in idents if known is not None and ident not in known]
        if known is None or self._open is None or not new:
            return
        known.update(dict.fromkeys(new))
        self._open.update(new)
        self._new += new
        self._room.set()

    def remove(self, idents: tuple[str, ...]) -> None:
        """Watch some jobs no more; without any left the watch ends."""
        gone = {ident for ident in idents if ident in (self._following.idents or ())}
        self._new = [ident for ident in self._new if ident not in gone]
        for ident in gone:
            self._following.forget(ident)
            self._behind.pop(ident, None)
        self._mailbox.forget(gone)
        if self._open is not None:
            self._open -= gone
            self._end_if_done()

    def on_state(self, message: StateMessage) -> None:
        """A state was read by the feed."""
        following = self._following
        if not following.concerns(message):
            return
        if message.event_seq > self._position:
            self._withheld.keep(str(message.job.get("id")), message, self._clock.monotonic())
        elif self._synced:
            self._take_state(message)

    def on_missing(self, record: Record) -> None:
        """A job was found to be gone, of which no message has told."""
        if self._synced:
            for event in self._following.lose(record, self._clock.now()):
                self._put(event, None)

    def on_weather(self, event: Degraded | Recovered) -> None:
        """What is read can be relied on no more, or again."""
        if isinstance(event, Degraded) == self._degraded:
            return
        self._degraded = not self._degraded
        self._mailbox.put(event)

    def _take_event(self, each: Arrived | Rebuilt) -> None:
        if isinstance(each, Rebuilt):
            logger.warning("events for the durable watch %r may be lost: %s", self._keeper.name, each.reason)
            self._doubt, self._position, self._stream = True, 0, each.incarnation
            self._terms.forget()
            return
        self._position = each.seq
        spot, told = Spot(self._stream, each.seq, each.stamp), False
        try:
            message = self._read_event(each)
        except NotOursError as error:
            logger.debug("message %s is left out: %s", each.seq, error)
        else:
            if message is not None and not (self._doubt and self._was_used(message)):
                for event in self._following.take(message):
                    last = isinstance(event, JobFinished | JobRemoved) or not message.ended
                    self._put(event, spot if last and not self._doubt else None)
                    told = True
        if not self._doubt:
            # Until it is known what was lost, the place stays where that can be found out once more.
            self._trail.read(spot)
        if not told and self._clock.monotonic() - self._moved_at >= _MOVES_EVERY:
            self._moved_at = self._clock.monotonic()
            self._keeper.soon()

    def _was_used(self, message: EventMessage) -> bool:
        """Whether a job has come to an end that was used, and so all that came before is no news."""
        now = self._mirror.records.get(str(message.job.get("id")))
        return now is not None and now.ended and self._trail.knows_end(now.ending(message.at).id)

    def _read_event(self, each: Arrived) -> EventMessage | None:
        """What a message says happened; nothing when it says who leads from here on.

        Raises:
            NotOursError: it is no relay's.
        """
        if each.subject == self._names.term:
            term = read_term(each.data)
            check_sender(term, each.headers)
            self._terms.begin(term.term, term.relay, term.book, each.seq)
            return None
        message = read_event(each.data)
        check_sender(message, each.headers)
        if not self._terms.allow_event(message, each.seq):
            raise NotOursError("it is not from who it says")
        return message

    def _take_due(self, reader: Reader) -> None:
        """Take the states whose events have been read, or do not come."""
        if not self._synced:
            return
        for state in self._withheld.due(self._position):
            self._take_state(state)
        if reader.caught_up:
            for state in self._withheld.overdue(self._clock.monotonic() - _PATIENCE):
                self._take_state(state)

    def _take_state(self, message: StateMessage) -> None:
        ident = str(message.job.get("id"))
        if self._trail.awaits(ident):
            # Told when that has been handed out: changes that wait are merged, and events are not to be.
            known = self._behind.get(ident)
            if known is None or known.book != message.book or known.version < message.version:
                self._behind[ident] = message
            return
        for event in self._following.take(message):
            self._put(event, None)

    def _release(self, ident: str) -> None:
        """Nothing of a job is on its way any more: its latest state can be told."""
        if ident in self._behind and not self._trail.awaits(ident):
            self._take_state(self._behind.pop(ident))

    def _put(self, event: JobEvent, spot: Spot | None) -> None:
        passing = spot is None and not isinstance(event, JobFinished | JobRemoved) and not joins(event)
        if not passing:
            self._trail.put(event, spot, joins=[event.job.id] if joins(event) else ())
        self._mailbox.put(event)
        if self._open is None:
            return
        if isinstance(event, JobFinished | JobRemoved):
            self._open.discard(event.job.id)
            self._end_if_done()
        elif self._open and joins(event):
            self._open.add(event.job.id)

    def _end_if_done(self) -> None:
        if self._synced and self._open is not None and not self._open:
            self._mailbox.close()
