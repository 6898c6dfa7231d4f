"""A durable watch: it reads the stream of events by itself, and goes on where its consumer was."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterator
from typing import Final

from nats.js.errors import APIError

from accsyn_async.errors import AccsynError, CheckpointError, NotFoundError, TransportError
from accsyn_async.events import Degraded, Event, JobEvent, JobFinished, JobRemoved, Recovered, Synced
from accsyn_async.models import Job
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.source import Membership
from accsyn_async.relay.bookmark import Bookmark
from accsyn_async.relay.following import Following, joins
from accsyn_async.relay.holding import Holding
from accsyn_async.relay.intake import stream_facts
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import NotOursError, StateMessage, check_sender, read_event
from accsyn_async.relay.place import Trail, about
from accsyn_async.relay.reader import Arrived, Reader, Rebuilt
from accsyn_async.relay.record import Record
from accsyn_async.relay.states import States
from accsyn_async.relay.subjects import Names
from accsyn_async.relay.withheld import Withheld
from accsyn_async.transport.seam import Clock

__all__ = ["Durable"]

logger = logging.getLogger("accsyn_async.relay")

_PREFETCH: Final = 256
"""Events that lie ready for the consumer, and in the reader, at most: the stream is the queue."""
_BATCH: Final = 64
_WRITES_EVERY: Final = 1.0
"""Seconds between two writes of the place, at least, but for ends."""
_MOVES_EVERY: Final = 60.0
"""Seconds between two writes of a place that only moved past what does not concern the watch."""
_LOOKS_EVERY: Final = 0.5
"""Seconds between two looks whether all was read, where nothing comes to tell."""
_PATIENCE: Final = 10.0
"""Seconds that a state waits for its event when every event that there is has been read."""


class Durable:
    """The source of a durable watch, and the keeper of its place.

    Args:
        link: the connection.
        names: the workspace's.
        workspace: whose jobs they are.
        states: the feed's mirror.
        holding: the durable watches of the feed.
        selection: what the watch is of.
        name: the watch's.
        clock: time.
        siblings: the feed's durable watches that are open; changed by them.
    """

    def __init__(
        self,
        link: Link,
        names: Names,
        workspace: str,
        states: States,
        holding: Holding,
        selection: Selection,
        name: str,
        clock: Clock,
        siblings: dict[Durable, None],
    ) -> None:
        self._siblings = siblings
        self._link = link
        self._names = names
        self._workspace = workspace
        self._mirror = states
        self._holding = holding
        self._selection = selection
        self._name = name
        self._clock = clock
        self._bookmark = Bookmark(link, names, name, holding.holder)
        self._mailbox = Mailbox()
        self._trail = Trail(None, by_ids=selection.ids is not None)
        self._following = Following(workspace, selection, self._trail)
        self._withheld = Withheld()
        # The latest state of jobs of which something is on its way to the consumer.
        self._behind: dict[str, StateMessage] = {}
        # Of a watch of ids: those whose ends are waited for, and those that are still to be looked for.
        self._open: set[str] | None = None
        self._new: list[str] = []
        self._doubt = False
        self._synced = False
        self._reader: Reader | None = None
        # Up to where events were told; the reader may have handed out more just now.
        self._position = -1
        self._room = asyncio.Event()
        self._dirty = asyncio.Event()
        self._writing = asyncio.Lock()
        self._owing = False
        self._moved_at = 0.0
        self._degraded = False
        self._tasks: list[asyncio.Task[None]] = []
        self._held = False
        self._left = False

    @property
    def backlog(self) -> int:
        """How many events wait to be taken."""
        return len(self._mailbox)

    # -- the keeper

    async def open(self) -> None:
        """Take the place, and read where the consumer was.

        Raises:
            CheckpointError: another watch has it open, or it is one of something else.
            TransportError: NATS is out of reach.
        """
        await self._holding.ready()
        selection = self._selection
        place = await self._bookmark.open(about(selection))
        self._held = True
        self._siblings[self] = None
        self._holding.hold(self._name)
        self._trail = Trail(place, by_ids=selection.ids is not None)
        self._following = Following(self._workspace, selection, self._trail)
        if selection.ids is not None:
            self._open = {ident for ident in selection.ids if ident not in self._trail.done}
            self._trail.members.intersection_update(self._open)

    async def hand_out(self, event: Event) -> None:
        """Take note of an event that is about to be handed out; before that, what was used is safe.

        Raises:
            CheckpointError: another watch has taken the place over.
        """
        while self._owing and isinstance(event, JobEvent):
            await self._link.ready()
            await self._write_if_possible()
        if self._trail.hand_out(event):
            self._owing = True
        self._room.set()
        if isinstance(event, JobEvent):
            self._release(event.job.id)
        while self._owing and isinstance(event, Synced):
            await self._link.ready()
            await self._write_if_possible()

    async def acknowledge(self) -> None:
        """Write down what the consumer is done with; while NATS is away, that waits.

        Raises:
            CheckpointError: another watch has taken the place over.
        """
        if self._trail.used():
            self._owing = True
        self._dirty.set()
        while self._owing and self._link.connected:
            await self._write_if_possible()

    def not_used(self) -> None:
        """The consumer failed on what it was given: if that is an end, the next watch tells it again."""
        self._trail.not_used()
        self._dirty.set()

    def forget(self, idents: tuple[str, ...]) -> None:
        """These jobs are watched no more."""
        self._trail.forget(idents)
        self._dirty.set()

    async def leave(self, *, in_peace: bool) -> None:
        """Stop, write where the consumer is, and let another go on. May be called twice.

        Raises:
            CheckpointError: it could not be written; when not in peace that is only logged.
        """
        if self._left:
            return
        self._left = True
        self.stop()
        try:
            if self._tasks:
                await asyncio.wait(self._tasks)
            if in_peace and self._trail.used():
                self._owing = True
            if self._held:
                await self._bookmark.write(self._trail.kept(about(self._selection), None))
        except AccsynError as error:
            if in_peace and (self._owing or isinstance(error, CheckpointError)):
                text = f"the place of the durable watch {self._name!r} was not written: {error.message}"
                raise CheckpointError(text) from error
            logger.warning("the place of the durable watch %r was not written: %s", self._name, error.message)
        finally:
            self._siblings.pop(self, None)
            if self._held:
                self._holding.let_go(self._name)

    # -- the source

    def subscribe(
        self, selection: Selection, mailbox: Mailbox, recollection: Recollection | None = None
    ) -> Membership:
        """Begin to read; see ``Source``."""
        self._mailbox = mailbox
        self._mirror.listeners[self] = None
        if (degraded := self._mirror.degraded) is not None:
            self.on_weather(degraded)
        self._tasks = [
            asyncio.create_task(self._run(), name="accsyn-durable"),
            asyncio.create_task(self._keep_writing(), name="accsyn-durable-place"),
        ]
        return _Member(self)

    def stop(self) -> None:
        """Read no more. May be called twice."""
        self._mirror.listeners.pop(self, None)
        for task in self._tasks:
            task.cancel()

    def close(self, error: Exception | None = None) -> None:
        """End the watch."""
        self.stop()
        self._mailbox.close(error, for_good=True)

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
                self._put(event, seq=None)

    def on_weather(self, event: Degraded | Recovered) -> None:
        """What is read can be relied on no more, or again."""
        if isinstance(event, Degraded) == self._degraded:
            return
        self._degraded = not self._degraded
        self._mailbox.put(event)

    # -- reading

    async def _run(self) -> None:
        try:
            await self._read()
        except AccsynError as error:
            self._fail(error)
        except Exception as bug:
            logger.exception("the durable watch %r failed", self._name)
            self._fail(AccsynError(f"the durable watch failed: {type(bug).__name__}"))

    async def _read(self) -> None:
        trail, names = self._trail, self._names
        if trail.begins:
            await self._begin()
        else:
            await self._see_what_is_left()
        after, stream = trail.read_up_to
        async with Reader(
            self._link,
            names.events,
            [names.every_event, names.term],
            after=after,
            incarnation=stream,
            prefetch=_PREFETCH,
        ) as reader:
            self._reader = reader
            await reader.begun()
            self._position = after
            self._take_due(reader)
            while True:
                if self._new and self._synced:
                    await self._introduce_new()
                if (not self._synced or self._doubt) and await self._has_read_all(reader):
                    await self._catch_up(reader)
                await self._have_room()
                for each in await self._several(reader):
                    self._take_event(each, reader)
                self._take_due(reader)
                await asyncio.sleep(0)

    async def _several(self, reader: Reader) -> list[Arrived | Rebuilt]:
        """What comes next; nothing when it is time to look whether all was read."""
        waiting = not self._synced or self._doubt or len(self._withheld) > 0
        if self._new and self._synced:
            return []
        taking = asyncio.ensure_future(reader.several(_BATCH))
        added = asyncio.ensure_future(self._room.wait())
        try:
            await asyncio.wait(
                {taking, added},
                timeout=_LOOKS_EVERY if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            return taking.result() if taking.done() else []
        finally:
            self._room.clear()
            added.cancel()
            if not taking.done():
                taking.cancel()
                await asyncio.wait({taking})

    async def _have_room(self) -> None:
        while len(self._mailbox) >= _PREFETCH:
            self._room.clear()
            await self._room.wait()

    def _take_event(self, each: Arrived | Rebuilt, reader: Reader) -> None:
        if isinstance(each, Rebuilt):
            logger.warning("events for the durable watch %r may be lost: %s", self._name, each.reason)
            self._doubt, self._position = True, 0
            return
        self._position = each.seq
        told = False
        if each.subject != self._names.term:
            try:
                message = read_event(each.data)
                check_sender(message, each.headers)
            except NotOursError as error:
                logger.debug("message %s is left out: %s", each.seq, error)
            else:
                for event in self._following.take(message):
                    last = isinstance(event, JobFinished | JobRemoved) or not message.ended
                    self._put(event, seq=each.seq if last and not self._doubt else None)
                    told = True
        if not self._doubt:
            # Until it is known what was lost, the place stays where that can be found out once more.
            self._trail.read(reader.incarnation, each.seq)
        if not told and self._clock.monotonic() - self._moved_at >= _MOVES_EVERY:
            self._moved_at = self._clock.monotonic()
            self._dirty.set()

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
            self._put(event, seq=None)

    def _release(self, ident: str) -> None:
        """Nothing of a job is on its way any more: its latest state can be told."""
        if ident in self._behind and not self._trail.awaits(ident):
            self._take_state(self._behind.pop(ident))

    def _put(self, event: JobEvent, *, seq: int | None) -> None:
        passing = seq is None and not isinstance(event, JobFinished | JobRemoved) and not joins(event)
        if not passing:
            stream = self._reader.incarnation if self._reader is not None else None
            ident = event.job.id
            self._trail.put(event, stream=stream, seq=seq, joins=[ident] if joins(event) else ())
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

    # -- the beginning, and coming back

    async def _begin(self) -> None:
        """Tell what there is, as the first watch of a name."""
        events, position, stream = await self._introduce(self._selection)
        trail, open_ = self._trail, self._open
        ends = [event for event in events if isinstance(event, JobFinished | JobRemoved)]
        if open_ is not None:
            told = {event.job.id for event in ends}
            for ident in self._selection.ids or ():
                record = self._following.records.get(ident)
                if record is not None and record.ended and ident not in told:
                    # Not told, as history is not asked for.
                    trail.settle(ident)
                    open_.discard(ident)
        ended = [each.snapshot.finished for each in tuple(self._mirror.records.values()) if each.ended]
        trail.oldest = max((moment for moment in ended if moment is not None), default=None)
        members = [ident for ident, each in self._following.records.items() if not each.ended]
        for event in events:
            if isinstance(event, Synced):
                joined = [*members, *(end.job.id for end in ends)]
                trail.put(event, stream=stream, seq=position, joins=joined)
                self._mailbox.put(event)
                self._synced = True
            elif isinstance(event, JobEvent):
                self._put(event, seq=None)
        trail.read(stream, position)
        self._end_if_done()

    async def _see_what_is_left(self) -> None:
        """Look whether the stream still has all that comes after the place."""
        stream, seq = self._trail.stream, self._trail.seq
        assert seq is not None
        while True:
            await self._link.ready()
            try:
                facts = await stream_facts(self._link, self._names.events)
                break
            except (TransportError, APIError) as error:
                logger.debug("asking for the events failed: %s", error)
                await self._clock.sleep(0.5 + random.random())
        if facts.created == stream and facts.first > seq + 1 and facts.last > seq:
            logger.warning(
                "events for the durable watch %r are lost: it was at %s, and the oldest that is kept is %s; "
                "what became of its jobs is told as far as their states show it",
                self._name,
                seq,
                facts.first,
            )
            self._doubt = True

    async def _has_read_all(self, reader: Reader) -> bool:
        """Whether it has come to where the mirror is."""
        mirror = self._mirror
        if not mirror.ready or not reader.caught_up or reader.incarnation != mirror.stream:
            return False
        if self._position >= mirror.position:
            return True
        try:
            facts = await stream_facts(self._link, self._names.events)
        except (AccsynError, APIError):
            return False
        # Of a stream that is empty nothing can be read up to where the mirror was.
        return facts.messages == 0 and facts.created == reader.incarnation and reader.caught_up

    async def _catch_up(self, reader: Reader) -> None:
        """Tell what the mirror knows beyond what was read; from now on it is live."""
        at, first = self._clock.now(), not self._synced
        trail, following = self._trail, self._following
        later: list[JobEvent] = []
        for event in following.compare(self._mirror.records, at, doubt=self._doubt):
            matters = isinstance(event, JobFinished | JobRemoved) or joins(event) or self._doubt
            if matters or not first:
                self._put(event, seq=None)
            else:
                later.append(event)
        if self._doubt:
            trail.read(reader.incarnation, self._position)
        self._doubt = False
        if first:
            count = sum(1 for record in following.records.values() if not record.ended)
            synced = Synced(at=at, jobs=count)
            trail.put(synced, stream=reader.incarnation, seq=self._position)
            self._mailbox.put(synced)
            self._synced = True
        for event in later:
            self._put(event, seq=None)
        if self._open is not None:
            missing = [ident for ident in self._open if ident not in following.records]
            self._new = list(dict.fromkeys([*self._new, *missing]))
            self._end_if_done()
        self._dirty.set()

    async def _introduce_new(self) -> None:
        """Tell of jobs that were added, or that nobody knows any more."""
        idents, self._new = self._new, []
        for ident in idents:
            was_known = ident in self._trail.members
            try:
                events, _, _ = await self._introduce(self._selection.with_ids([ident]))
            except NotFoundError:
                if not was_known:
                    raise
                logger.warning("of the job %s nothing is known any more; it is waited for no more", ident)
                self._trail.settle(ident)
                if self._open is not None:
                    self._open.discard(ident)
                self._end_if_done()
                continue
            if self._following.idents is None or ident not in self._following.idents:
                continue
            for event in events:
                if isinstance(event, JobEvent):
                    self._put(event, seq=None)

    async def _introduce(self, selection: Selection) -> tuple[list[Event], int, str | None]:
        """What the mirror tells a new watch of jobs: events, and the place that they go up to.

        Raises:
            NotFoundError: there is none of one of the ids.
        """
        box = Mailbox()
        membership = self._mirror.subscribe(selection, box)
        try:
            events: list[Event] = []
            while not events or not isinstance(events[-1], Synced):
                event = await box.get()
                if not isinstance(event, Degraded | Recovered):
                    events.append(event)
            while len(box):
                event = await box.get()
                if isinstance(event, JobEvent):
                    events.append(event)
            told = [event.job.id for event in events if isinstance(event, JobEvent)]
            for ident in dict.fromkeys([*(job.id for job in membership.jobs()), *told]):
                if (record := self._mirror.records.get(ident)) is not None:
                    self._following.learn(record)
            return events, self._mirror.position, self._mirror.stream
        finally:
            membership.leave()
            box.discard()

    # -- writing

    async def _keep_writing(self) -> None:
        while True:
            await self._dirty.wait()
            await self._clock.sleep(_WRITES_EVERY)
            self._dirty.clear()
            try:
                await self._link.ready()
                await self._write_if_possible()
            except AccsynError as error:
                self._fail(error)
                return

    async def _write_if_possible(self) -> None:
        """Write where the consumer is; what passes is tried again by who needs it.

        Raises:
            CheckpointError: another watch has taken the place over.
            AccsynError: what else does not pass.
        """
        async with self._writing:
            place = self._trail.kept(about(self._selection), self._holding.holder)
            try:
                await self._bookmark.write(place)
            except TransportError as error:
                logger.debug("the place of %r was not written: %s", self._name, error.message)
                self._dirty.set()
                await self._clock.sleep(0.1 + 0.2 * random.random())
            else:
                self._owing = False

    def _fail(self, error: AccsynError) -> None:
        self._mirror.listeners.pop(self, None)
        self._mailbox.close(error)
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()


class _Member:
    """A durable watch's place at its source."""

    __slots__ = ("_durable",)

    def __init__(self, durable: Durable) -> None:
        self._durable = durable

    def add(self, idents: tuple[str, ...]) -> None:
        self._durable.add(idents)

    def remove(self, idents: tuple[str, ...]) -> None:
        self._durable.remove(idents)

    def jobs(self) -> Iterator[Job]:
        return self._durable.jobs()

    def leave(self) -> None:
        self._durable.stop()
