"""What has been published of a workspace so far, as it stands in its streams."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import (
    RELAY,
    EventMessage,
    HealthMessage,
    NewerError,
    NotOursError,
    Published,
    StateMessage,
    TermMessage,
    check_sender,
    read_event,
    read_health,
    read_state,
    read_term,
)
from accsyn_async.relay.reader import Arrived, Reader, Rebuilt
from accsyn_async.relay.subjects import Names
from accsyn_async.relay.terms import Terms

__all__ = ["Inventory", "Shelf", "read_all", "read_inventory", "read_shelf"]

logger = logging.getLogger("accsyn_async.relay")

_PATIENCE: Final = 10.0
"""Seconds that what is there may take to come."""
_AT_ONCE: Final = 1000

P = TypeVar("P", bound=Published)


@dataclass(slots=True)
class Shelf:
    """The last message of each subject of one stream.

    Attributes:
        messages: by subject.
        last: the sequence of the stream's last message.
    """

    messages: dict[str, Arrived] = field(default_factory=dict)
    last: int = 0

    @property
    def subjects(self) -> dict[str, int]:
        """The sequence of each subject's last message."""
        return {subject: message.seq for subject, message in self.messages.items()}


@dataclass(slots=True)
class Inventory:
    """What was published.

    Attributes:
        events: the stream of events.
        states: the stream of states.
        event_messages: the last event of each job, and its sequence.
        state_messages: the state of each job, and its sequence.
        health: how the last leader was; ``None`` when there never was one.
        term: the how-manieth leader was the last; 0 before the first.
        book: what was counted in; ``None`` when nothing was.
    """

    events: Shelf
    states: Shelf
    event_messages: list[tuple[EventMessage, int]] = field(default_factory=list)
    state_messages: list[tuple[StateMessage, int]] = field(default_factory=list)
    health: HealthMessage | None = None
    term: int = 0
    book: str | None = None


async def read_inventory(link: Link, names: Names) -> Inventory:
    """Read what was published.

    Messages that no relay wrote are left out, but count where sequences are concerned.

    Raises:
        NewerError: a newer relay has published, in a form that this one does not know.
        Error: (of nats) NATS does not answer.
        TimeoutError: likewise.
    """
    events = await read_shelf(link, names.events)
    states = await read_shelf(link, names.states)
    inventory = Inventory(events, states)
    began: TermMessage | None = None
    terms = Terms()
    for message in await read_all(link, names.events, names.term):
        term = _ours(read_term, message)
        if term is not None:
            began = term
            terms.begin(term.term, term.relay, term.book, message.seq)
    for message in events.messages.values():
        if message.subject == names.term:
            continue
        event = _ours(read_event, message)
        if event is not None and _can_be(terms.allow_event(event, message.seq), message):
            inventory.event_messages.append((event, message.seq))
    for message in states.messages.values():
        if message.subject == names.health:
            inventory.health = _ours(read_health, message)
            continue
        state = _ours(read_state, message)
        if state is not None and _can_be(terms.knows(state), message):
            inventory.state_messages.append((state, message.seq))
    heads = [each for each in (began, inventory.health) if each is not None]
    told = [each for each, _ in (*inventory.event_messages, *inventory.state_messages)]
    every = (*heads, *told)
    inventory.term = max((each.term for each in every), default=0)
    if every:
        inventory.book = max(every, key=lambda each: each.term).book
    return inventory


async def read_all(link: Link, stream: str, subject: str) -> list[Arrived]:
    """Every message of a subject.

    Raises:
        Error: (of nats) NATS does not answer.
        TimeoutError: likewise.
    """
    several: list[Arrived] = []
    async with Reader(link, stream, [subject], after=0) as reader:
        async for each in _present(reader):
            if isinstance(each, Arrived):
                several.append(each)
    return several


async def _present(reader: Reader) -> AsyncIterator[Arrived | Rebuilt]:
    """What there is."""
    async with asyncio.timeout(_PATIENCE):
        await reader.begun()
    while not reader.caught_up:
        async with asyncio.timeout(_PATIENCE):
            several = await reader.several(_AT_ONCE)
        for each in several:
            yield each


async def read_shelf(link: Link, stream: str, *, headers_only: bool = False) -> Shelf:
    """Read the last message of each subject of a stream.

    Raises:
        Error: (of nats) NATS does not answer.
        TimeoutError: likewise.
    """
    info = await link.jetstream.stream_info(stream)
    shelf = Shelf(last=info.state.last_seq)
    async with Reader(link, stream, latest=True, headers_only=headers_only) as reader:
        async for message in _present(reader):
            if isinstance(message, Rebuilt):
                shelf = Shelf()
            else:
                shelf.messages[message.subject] = message
        shelf.last = max(shelf.last, reader.position)
    return shelf


def _ours(read: Callable[[bytes], P], message: Arrived) -> P | None:
    try:
        ours = read(message.data)
        check_sender(ours, message.headers)
        return ours
    except NewerError:
        if RELAY not in message.headers:
            return None
        # What it says would be overwritten with what an older relay makes of it.
        raise
    except NotOursError as error:
        logger.warning("left out a message on %s: %s", message.subject, error)
        return None


def _can_be(allowed: bool, message: Arrived) -> bool:
    if not allowed:
        logger.warning("left out a message on %s: it is not from who it says", message.subject)
    return allowed
