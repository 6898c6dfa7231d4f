"""A durable watch: it reads the stream of events by itself, and goes on where its consumer was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Final, NamedTuple

from nats.js.errors import APIError

from accsyn_async.errors import AccsynError, NotFoundError
from accsyn_async.events import Event, JobEvent, JobFinished, JobRemoved, Synced
from accsyn_async.models import Job
from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.source import Membership
from accsyn_async.relay.following import Following, joins
from accsyn_async.relay.holding import Holding
from accsyn_async.relay.introduction import Introduced, introduce
from accsyn_async.relay.last_term import learn_last_term
from accsyn_async.relay.link import Link, end
from accsyn_async.relay.merging import Merging
from accsyn_async.relay.place import Spot
from accsyn_async.relay.place_keeper import PlaceKeeper
from accsyn_async.relay.reader import Arrived, Reader, Rebuilt
from accsyn_async.relay.states import States
from accsyn_async.relay.stream_facts import find_stamp, stream_facts, wait_for_facts
from accsyn_async.relay.subjects import Names
from accsyn_async.transport.seam import Clock

__all__ = ["Durable", "Home"]

logger = logging.getLogger("accsyn_async.relay")

_PREFETCH: Final = 256
"""Events that lie ready for the consumer, and in the reader, at most: the stream is the queue."""
_BATCH: Final = 64
_LOOKS_EVERY: Final = 0.5
"""Seconds between two looks whether all was read, where nothing comes to tell."""


class Home(NamedTuple):
    """What the durable watches of a feed have in common.

    Attributes:
        link: the connection.
        names: the workspace's.
        workspace: whose jobs they are.
        states: the feed's mirror.
        holding: tells others which of them are open.
        clock: time.
        durables: those that are open; changed by them.
    """

    link: Link
    names: Names
    workspace: str
    states: States
    holding: Holding
    clock: Clock
    durables: dict[Durable, None]


class Durable(Merging):
    """The source of a durable watch, and the keeper of its place.

    Args:
        home: the feed that it is one of.
        selection: what the watch is of.
        name: the watch's.
    """

    def __init__(self, home: Home, selection: Selection, name: str) -> None:
        keeper = PlaceKeeper(home.link, home.names, home.holding, selection, name, home.clock)
        super().__init__(home.workspace, home.names, selection, keeper, home.states, home.clock)
        self._link = home.link
        self._siblings = home.durables
        self._tasks: list[asyncio.Task[None]] = []
        self._left = False

    # -- the keeper

    async def open(self) -> None:
        """Take the place, and read where the consumer was.

        Raises:
            CheckpointError: another watch has it open, or it is one of something else.
            TransportError: NATS is out of reach.
        """
        await self._keeper.open()
        self._siblings[self] = None
        selection = self._selection
        self._trail = self._keeper.trail
        self._following = Following(self._workspace, selection, self._trail)
        if selection.ids is not None:
            self._open = {ident for ident in selection.ids if ident not in self._trail.done}
            for ident in [ident for ident in self._trail.members if ident not in self._open]:
                self._trail.members.discard(ident)

    async def hand_out(self, event: Event) -> None:
        """Take note of an event that is about to be handed out; before that, what was used is safe.

        Raises:
            CheckpointError: another watch has taken the place over.
            MailboxClosed: the feed was closed.
        """
        if isinstance(event, JobEvent):
            await self._keeper.written()
        if isinstance(event, JobFinished | JobRemoved):
            await self._keeper.held()
        if isinstance(event, Synced) and self._trail.begin():
            # What happens from now on is not to be missed, though its consumer may never come to use it.
            await self._keeper.write(owing=True)
        self._trail.hand_out(event)
        self._room.set()
        if isinstance(event, JobEvent):
            self._release(event.job.id)

    async def acknowledge(self) -> None:
        """Write down what the consumer is done with; while NATS is away, that waits.

        Raises:
            CheckpointError: another watch has taken the place over.
        """
        owing = self._trail.used()
        self._keeper.soon()
        await self._keeper.write(owing=owing)

    def not_used(self) -> None:
        """The consumer failed on what it was given: if that is an end, the next watch tells it again."""
        self._trail.not_used()
        self._keeper.soon()

    def forget(self, idents: tuple[str, ...]) -> None:
        """These jobs are watched no more."""
        self._trail.forget(idents)
        self._keeper.soon()

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
            for task in self._tasks:
                await end(task)
        finally:
            self._siblings.pop(self, None)
            await self._keeper.leave(in_peace=in_peace)

    @property
    def idents(self) -> Collection[str]:
        """The jobs whose ends it waits for, of a watch by ids; none of a query's."""
        return self._following.idents or ()

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
            asyncio.create_task(self._run(self._read), name="accsyn-durable"),
            asyncio.create_task(self._run(self._keeper.keep_writing), name="accsyn-durable-place"),
        ]
        return _Member(self)

    def stop(self) -> None:
        """Read no more. May be called twice."""
        self._mirror.listeners.pop(self, None)
        for task in self._tasks:
            task.cancel()

    def close(self, error: Exception | None = None) -> None:
        """End the watch: nothing more is handed out, as nobody could write that it was used."""
        self.stop()
        self._keeper.close()
        if error is None:
            self._mailbox.discard()
        else:
            self._mailbox.close(error, for_good=True)

    # -- reading

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except MailboxClosed:
            # The feed is closed.
            return
        except AccsynError as error:
            self._fail(error)
        except Exception as bug:
            logger.exception("the durable watch %r failed", self._keeper.name)
            self._fail(AccsynError(f"the durable watch failed: {type(bug).__name__}"))

    async def _read(self) -> None:
        trail, names = self._trail, self._names
        if trail.begins:
            await self._begin()
        else:
            await self._see_what_is_left()
        await learn_last_term(self._link, names, self._terms)
        begins_at = trail.read_up_to
        async with Reader(
            self._link,
            names.events,
            [names.every_event, names.term],
            after=begins_at.seq or 0,
            incarnation=begins_at.stream,
            stamp=begins_at.stamp,
            prefetch=_PREFETCH,
        ) as reader:
            await reader.begun()
            self._position, self._stream = reader.position, reader.incarnation
            self._take_due(reader)
            while True:
                if self._new and self._synced:
                    await self._introduce_new()
                if (not self._synced or self._doubt) and await self._has_read_all(reader):
                    await self._catch_up(reader)
                await self._have_room()
                for each in await self._several(reader):
                    self._take_event(each)
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

    # -- the beginning, and coming back

    async def _begin(self) -> None:
        """Tell what there is, as the first watch of a name."""
        events, _, position, stream = await self._introduce(self._selection)
        trail, open_ = self._trail, self._open
        begins_at = Spot(stream, position, await find_stamp(self._link, self._names.events, position))
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
                joined = [*members, *(each.job.id for each in ends)]
                trail.put(event, begins_at, joins=joined)
                self._mailbox.put(event)
                self._synced = True
            else:
                self._put(event, None)
        trail.read(begins_at)
        self._end_if_done()

    async def _see_what_is_left(self) -> None:
        """Look whether the stream still has all that comes after the place."""
        stream, seq, _ = self._trail.spot
        assert seq is not None
        facts = await wait_for_facts(self._link, self._names.events, self._clock)
        if facts.created == stream and facts.first > seq + 1 and facts.last > seq:
            logger.warning(
                "events for the durable watch %r are lost: it was at %s, and the oldest that is kept is %s; "
                "what became of its jobs is told as far as their states show it",
                self._keeper.name,
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
                self._put(event, None)
            else:
                later.append(event)
        if self._doubt:
            trail.read(self._spot_of(reader))
        self._doubt = False
        if first:
            count = sum(1 for record in following.records.values() if not record.ended)
            synced = Synced(at=at, jobs=count)
            trail.put(synced, self._spot_of(reader))
            self._mailbox.put(synced)
            self._synced = True
        for event in later:
            self._put(event, None)
        if self._open is not None:
            missing = [ident for ident in self._open if ident not in following.records]
            self._new = list(dict.fromkeys([*self._new, *missing]))
            self._end_if_done()
        self._keeper.soon()

    def _spot_of(self, reader: Reader) -> Spot:
        """Up to where what was read is taken in."""
        known = reader.position == self._position
        return Spot(reader.incarnation, self._position, reader.stamp if known else None)

    async def _introduce_new(self) -> None:
        """Tell of jobs that were added, or that nobody knows any more."""
        idents, self._new = self._new, []
        for ident in idents:
            was_known = ident in self._trail.members
            try:
                introduced = await self._introduce(self._selection.with_ids([ident]))
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
            for event in introduced.events:
                if isinstance(event, JobEvent):
                    self._put(event, None)

    async def _introduce(self, selection: Selection) -> Introduced:
        """What the mirror tells a new watch of jobs, which are known from now on.

        Raises:
            NotFoundError: there is none of one of the ids.
        """
        introduced = await introduce(self._mirror, selection)
        for record in introduced.records:
            self._following.learn(record)
        return introduced

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
