"""What a leader publishes, on both streams: events first, then the states that include them."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from nats.js.errors import APIError, NotFoundError

from accsyn_async.events import JobEvent
from accsyn_async.relay.book import Book, Masthead, Record
from accsyn_async.relay.fence import FENCES, Fence
from accsyn_async.relay.fenced_stream import (
    FencedStream,
    Outgoing,
    PublishError,
    WipedError,
    reaching_nats,
)
from accsyn_async.relay.inventory import Shelf, read_shelf
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import (
    EVENT,
    RELAY,
    EventMessage,
    HealthMessage,
    StateMessage,
    TermMessage,
    encode,
)
from accsyn_async.relay.sizes import fitted
from accsyn_async.relay.streams import ensure_streams
from accsyn_async.relay.subjects import Names

__all__ = ["MakeHealth", "Press"]

logger = logging.getLogger("accsyn_async.relay")

_RECENT: Final = 5_000
"""Events that are kept, to be published again should their stream lose them."""
_HEADERS: Final = 2_048
"""Bytes that a message's headers may take."""
_SAFE: Final = 0.99
"""The part of the time that messages are kept in which it is a wonder that one is gone."""
_RENEWED: Final = 1 / 3
"""The part of it after which a state that does not change is published again, lest it ages out."""

_MENDS: Final = 3

MakeHealth = Callable[[Masthead, int], HealthMessage]
"""Makes the message about the leader's health, given what is settled."""


@dataclass(slots=True)
class _Print:
    """An event that was published, or is about to be."""

    message: EventMessage
    subject: str
    data: bytes
    seq: int = 0


class Press:
    """Publishes what a book says is new.

    Args:
        link: the connection.
        names: the workspace's.
        book: what was published.
        fence: makes fenced streams.
        events: the stream of events, fenced.
        states: the stream of states, fenced.
        make_health: makes the message about the leader's health.
        replicas: how many servers hold each message, of streams that have to be made anew.
        kept: seconds that messages are kept.
        now: the time of day, UTC.

    Attributes:
        book: likewise.
        settled: up to this sequence, every event is in its job's state.
        events_published: how many since the term began.
        states_published: likewise.
        mended: how often what a stream had lost was published again.
    """

    def __init__(
        self,
        link: Link,
        names: Names,
        book: Book,
        fence: Fence,
        events: FencedStream,
        states: FencedStream,
        *,
        make_health: MakeHealth,
        replicas: int,
        kept: float,
        now: Callable[[], dt.datetime],
    ) -> None:
        self.book = book
        self.settled = 0
        self.events_published = self.states_published = self.mended = 0
        self._link = link
        self._names = names
        self._fence = fence
        self._events = events
        self._states = states
        self._replicas = replicas
        self._kept = dt.timedelta(seconds=kept)
        self._now = now
        self._make_health = make_health
        self._term_told_at = now()
        self._lock = asyncio.Lock()
        # Jobs whose messages would be too large.
        self._cut: set[str] = set()
        self._recent: deque[_Print] = deque(maxlen=_RECENT)

    async def repair(self) -> None:
        """Publish what an earlier leader had not come to: states of its last events, and ends that are lost.

        Raises:
            DeposedError, PublishError: as ``tell``.
        """
        async with self._lock:
            await self._mending(self._repair)

    async def tell(self, events: Sequence[JobEvent], kind: str) -> None:
        """Publish what is new in events of the leader's watch.

        Args:
            events: in order.
            kind: the entity type of their jobs.

        Raises:
            DeposedError: another leads.
            PublishError: NATS does not answer as it should.
        """
        async with self._lock:
            messages = [message for event in events for message in self.book.take(event, kind)]
            await self._mending(lambda: self._print(messages))

    async def tell_health(self) -> None:
        """Publish how the leader is.

        Raises:
            DeposedError, PublishError: as ``tell``.
        """
        async with self._lock:
            await self._mending(self._print_health)

    async def check(self) -> None:
        """See whether the streams are what they were, and mend them if not; cheap, unless others wrote.

        Raises:
            DeposedError, PublishError: as ``tell``.
        """

        async def look() -> None:
            await self._events.check()
            await self._states.check()
            if self._events.disturbed or self._states.disturbed:
                # What others write can stand in the place of a state.
                await self._audit(await self._take_stock())

        async with self._lock:
            await self._mending(look)

    async def audit(self) -> None:
        """Compare what stands in the streams with what was published, and publish again what is lost.

        Others go on publishing while the streams are read.

        Raises:
            DeposedError, PublishError: as ``tell``.
        """
        with reaching_nats():
            found = await self._take_stock()
        async with self._lock:
            await self._mending(lambda: self._audit(found))

    async def _mending(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something; should a stream not be what it was, see to it that it is."""
        try:
            with reaching_nats():
                await work()
            return
        except WipedError as error:
            reason: WipedError = error
        for _ in range(_MENDS):
            logger.warning("%s; what it held is published again", reason)
            try:
                with reaching_nats():
                    await self._mend()
            except WipedError as error:
                reason = error
                continue
            self.mended += 1
            return
        raise PublishError(f"the streams are lost again and again: {reason}")

    async def _print(self, messages: Sequence[EventMessage]) -> None:
        prints = [self._printed(message) for message in messages]
        self._recent += prints
        await self._print_events(prints)
        await self._print_states()

    async def _print_events(self, prints: Sequence[_Print]) -> None:
        sequences = await self._events.publish(
            [Outgoing(each.subject, each.data, each.message.id) for each in prints]
        )
        for each, seq in zip(prints, sequences, strict=True):
            each.seq = seq
            self.book.published_event(each.message, seq)
        self.events_published += len(prints)

    async def _print_states(self) -> None:
        messages = self.book.states()
        idents = [message.job["id"] for message in messages]
        try:
            sequences = await self._states.publish(
                [
                    Outgoing(self._names.state(ident), self._fitted(message))
                    for ident, message in zip(idents, messages, strict=True)
                ]
            )
        except BaseException:
            self.book.touch(idents)
            raise
        for ident, seq in zip(idents, sequences, strict=True):
            self.book.published_state(ident, seq)
        self.states_published += len(messages)
        self.settled = self._events.last

    async def _print_health(self) -> None:
        # One thing is published at a time, and events not before their states.
        self.settled = self._events.last
        text = encode(self._make_health(self.book.masthead, self.settled))
        await self._states.publish([Outgoing(self._names.health, text)])

    async def _repair(self) -> None:
        """Publish what an earlier leader did not come to."""
        unsure = [ident for ident, record in self.book.records.items() if not record.confirmed]
        await self._print_ends([ident for ident in unsure if not await self._stands(ident)])
        await self._print_states()

    async def _take_stock(self) -> _Stock:
        ends = self._events.last, self._states.last
        try:
            events = await read_shelf(self._link, self._names.events, headers_only=True)
            states = await read_shelf(self._link, self._names.states, headers_only=True)
        except NotFoundError:
            # To be found out by who can mend it.
            return _Stock({}, {}, 0, 0)
        return _Stock(events.subjects, states.subjects, *ends)

    async def _audit(self, found: _Stock) -> None:
        await self._events.check()
        await self._states.check()
        self._events.disturbed = self._states.disturbed = False
        now = self._now()
        if now - self._term_told_at > self._kept * _RENEWED:
            await self._events.publish([Outgoing(self._names.term, self._term_text())])
            self._term_told_at = now
        for ident in self.book.forget(now - self._kept):
            self._events.forget(self._names.event(ident))
            self._states.forget(self._names.state(ident))
        for ident, record in self.book.records.items():
            seq, state_seq = record.event_seq, record.state_seq
            # What was published since is not looked for.
            if seq <= found.events_end and found.events.get(self._names.event(ident), 0) < seq:
                if self._is_kept(record):
                    raise WipedError(f"an event of {ident} is gone")
                record.event_seq = 0
            if not record.ended and now - record.at > self._kept * _RENEWED:
                record.at = now
                self.book.touch([ident])
            if state_seq <= found.states_end and found.states.get(self._names.state(ident)) != state_seq:
                self.book.touch([ident])
        await self._print_states()

    async def _mend(self) -> None:
        """Make the streams anew, where they are gone, and publish what they have lost."""
        kept = await ensure_streams(self._link, self._names, self._replicas)
        self._kept = dt.timedelta(seconds=kept.seconds)
        self._fence = self._fence._replace(atomic=kept.atomic)
        events = await self._begin_again(self._names.events, self._names.term, self._term_text())
        self._events = events.stream
        await self._print_events(await self._missing(events.shelf))
        await self._print_ends(
            [ident for ident in self.book.records if not await self._stands(ident, events.shelf)]
        )
        health = encode(self._make_health(self.book.masthead, self.settled))
        states = await self._begin_again(self._names.states, self._names.health, health)
        self._states = states.stream
        for ident, record in self.book.records.items():
            if states.shelf.subjects.get(self._names.state(ident)) != record.state_seq:
                self.book.touch([ident])
        await self._print_states()

    async def _begin_again(self, stream: str, subject: str, text: bytes) -> _Begun:
        for _ in range(FENCES):
            shelf = await read_shelf(self._link, stream, headers_only=True)
            fenced = self._fence.stream(stream, self.book.masthead.term)
            if await fenced.begin(Outgoing(subject, text), shelf.subjects, shelf.last) is not None:
                return _Begun(fenced, shelf)
        raise PublishError(f"others write to the stream {stream} without end")

    async def _missing(self, shelf: Shelf) -> list[_Print]:
        """The recent events that do not stand in the stream, in order."""
        by_subject: dict[str, list[_Print]] = {}
        for each in self._recent:
            by_subject.setdefault(each.subject, []).append(each)
        there: set[int] = set()
        for subject, prints in by_subject.items():
            last = shelf.messages.get(subject)
            if last is None:
                continue
            ident = _id_of(last.headers)
            places = [place for place, each in enumerate(prints) if each.message.id == ident]
            if places:
                there.update(map(id, prints[: places[-1] + 1]))
            elif ident is None:
                # Something else stands on top of what is looked for.
                there.update([id(each) for each in prints if await self._is_at(each.seq, each.message.id)])
        return [each for each in self._recent if id(each) not in there]

    async def _stands(self, ident: str, shelf: Shelf | None = None) -> bool:
        """Whether a job's last event stands in the stream; its sequence is noted, or that there is none."""
        record = self.book.records[ident]
        last = shelf.messages.get(self._names.event(ident)) if shelf is not None else None
        if last is not None and _id_of(last.headers) == record.event_id:
            record.event_seq, record.confirmed = last.seq, True
        elif not record.confirmed or shelf is not None:
            record.confirmed = bool(record.event_seq) and await self._is_at(record.event_seq, record.event_id)
            record.event_seq = record.event_seq if record.confirmed else 0
        return record.confirmed

    async def _is_at(self, seq: int, ident: str) -> bool:
        if not seq:
            return False
        try:
            there = await self._link.jetstream.get_msg(self._names.events, seq=seq)
        except APIError as error:
            if error.code != 404:
                raise
            return False
        return _id_of(there.headers or {}) == ident

    async def _print_ends(self, lost: Sequence[str]) -> None:
        """Publish the ends of jobs whose last event is lost; of the others the state says enough."""
        self.book.touch(lost)
        kept = [ident for ident in lost if self._is_kept(self.book.records[ident])]
        ends = list(self.book.ends(kept))
        if ends:
            logger.warning("%s ends are published again", len(ends))
        await self._print_events(
            [_Print(end, self._names.event(end.job["id"]), self._fitted(end)) for end in ends]
        )

    def _printed(self, message: EventMessage) -> _Print:
        return _Print(message, self._names.event(message.job["id"]), self._fitted(message))

    def _fitted(self, message: EventMessage | StateMessage) -> bytes:
        """A message as JSON, not larger than NATS takes."""
        limit = self._link.client.max_payload - _HEADERS
        smaller, text = fitted(message, limit)
        ident = message.job["id"]
        if smaller is message:
            self._cut.discard(ident)
        elif ident not in self._cut:
            self._cut.add(ident)
            logger.warning("the job %s is too large for NATS: its largest attributes are left out", ident)
        return text

    def _is_kept(self, record: Record) -> bool:
        """Whether what was published of a job then is not about to age out."""
        return self._now() - record.at < self._kept * _SAFE

    def _term_text(self) -> bytes:
        return encode(TermMessage(**self.book.masthead.fields(self._now())))


class _Stock(NamedTuple):
    """What stood in the streams: the last sequence of each subject, and up to where that was looked for."""

    events: Mapping[str, int]
    states: Mapping[str, int]
    events_end: int
    states_end: int


class _Begun(NamedTuple):
    """A stream that was begun, and what stood in it before."""

    stream: FencedStream
    shelf: Shelf


def _id_of(headers: Mapping[str, str]) -> str | None:
    """The id of an event that is a relay's; ``None`` for what is none."""
    return headers.get(EVENT) if RELAY in headers else None
