"""Who holds the lease, and is about to lead: it reads what was published, and puts up the fence."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from accsyn_async.relay.acks import Acks
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.fence import FENCES, Fence
from accsyn_async.relay.fenced_stream import Outgoing, PublishError, WipedError, reaching_nats
from accsyn_async.relay.inventory import Inventory, read_inventory
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import NotOursError, TermMessage, encode
from accsyn_async.relay.press import MakeHealth, Press
from accsyn_async.relay.streams import ensure_streams
from accsyn_async.relay.subjects import Names

__all__ = ["Candidate"]

logger = logging.getLogger("accsyn_async.relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What it takes to begin a term.

    Attributes:
        link: the connection.
        acks: sends messages over it.
        names: the workspace's.
        workspace: its code.
        relay: which process this is.
        new_book: the name of a book, should there be none yet.
        replicas: how many servers hold each message, of streams that have to be made.
        may_write: whether this process holds the lease.
        now: the time of day, UTC.
        health: makes the message about the leader's health.
        memory: what this process published when it led before, should the streams have lost it;
            ``None`` when it never led.
    """

    link: Link
    acks: Acks
    names: Names
    workspace: str
    relay: str
    new_book: str
    replicas: int
    may_write: Callable[[], bool]
    now: Callable[[], dt.datetime]
    health: MakeHealth
    memory: Book | None = None

    async def begin(self) -> tuple[Press, Inventory]:
        """Read what was published, and put up the fence behind which only this leader writes.

        Returns:
            What publishes, and what was published before.

        Raises:
            DeposedError: another leads.
            PublishError: NATS does not answer as it should.
            NewerError: a newer relay has published, in a form that this one does not know.
            ArgumentError: the streams cannot be made as wanted.
            PermissionDeniedError: NATS does not let this user do that.
        """
        try:
            with reaching_nats():
                for _ in range(FENCES):
                    begun = await self._begin()
                    if begun is not None:
                        return begun
        except WipedError as error:
            raise PublishError(str(error)) from None
        raise PublishError("others write to the streams without end")

    async def _begin(self) -> tuple[Press, Inventory] | None:
        names = self.names
        kept = await ensure_streams(self.link, names, self.replicas)
        fence = Fence(self.link, self.acks, names, self.relay, self.may_write, kept.atomic)
        before = await read_inventory(self.link, names)
        masthead = self._masthead(before)
        events = fence.stream(names.events, masthead.term)
        first = Outgoing(names.term, encode(TermMessage(**masthead.fields(self.now()))))
        if await events.begin(first, before.events.subjects, before.events.last) is None:
            return None
        # Nobody else tells of events any more. Now the states, up to where they end.
        for _ in range(FENCES):
            inventory = await read_inventory(self.link, names)
            # Our own beginning is in it by now.
            inventory.term, inventory.book = before.term, before.book
            states = fence.stream(names.states, masthead.term)
            health = Outgoing(names.health, encode(self.health(masthead, inventory.events.last)))
            if await states.begin(health, inventory.states.subjects, inventory.states.last) is None:
                continue
            press = Press(
                self.link,
                names,
                self._book(masthead, inventory),
                fence,
                events,
                states,
                make_health=self.health,
                replicas=self.replicas,
                kept=kept.seconds,
                now=self.now,
            )
            return press, inventory
        return None

    def _masthead(self, before: Inventory) -> Masthead:
        if before.book is None and self.memory is not None:
            last = self.memory.masthead
            return Masthead(self.workspace, self.relay, last.term + 1, last.book)
        return Masthead(self.workspace, self.relay, before.term + 1, before.book or self.new_book)

    def _book(self, masthead: Masthead, inventory: Inventory) -> Book:
        book = Book(masthead)
        if inventory.book is None and self.memory is not None:
            book.remember(self.memory)
            return book
        for event, seq in inventory.event_messages:
            try:
                book.read_event(event, seq)
            except NotOursError as error:
                logger.warning("left out an event: %s", error)
        for state, seq in inventory.state_messages:
            try:
                book.read_state(state, seq)
            except NotOursError as error:
                logger.warning("left out a state: %s", error)
        return book
