"""A relay: it leads, or it waits to lead."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import random
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nats.errors import NoRespondersError
from nats.js.errors import APIError

from accsyn_async.board.actions import ACTIONS
from accsyn_async.errors import AccsynError, ArgumentError, TransportError
from accsyn_async.monitor.selection import select
from accsyn_async.relay.acks import Acks
from accsyn_async.relay.book import Book
from accsyn_async.relay.candidate import Candidate
from accsyn_async.relay.commands import CommandDesk
from accsyn_async.relay.fenced_stream import DeposedError, PublishError
from accsyn_async.relay.leader import Leader
from accsyn_async.relay.lease import Lease
from accsyn_async.relay.link import Link, end
from accsyn_async.relay.messages import HealthMessage, NewerError
from accsyn_async.relay.press import Press
from accsyn_async.relay.statistics import RelayStatistics
from accsyn_async.relay.subjects import Names
from accsyn_async.safe_text import safe
from accsyn_async.session import Session
from accsyn_async.transport.seam import AsyncioClock, Clock

__all__ = ["Relay", "RelayStatistics", "Role"]

logger = logging.getLogger("accsyn_async.relay")

_PAUSE: Final = 1.0
"""Seconds before a relay that could not lead tries again, about."""
_LOOKS_FOR_JETSTREAM: Final = 5
_LONG_PAUSE: Final = 30.0
"""The same, where it cannot until somebody does something."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a relay is at the moment.

    Attributes:
        role: whether it leads.
        relay: its name.
        term: the how-manieth leader it is; ``None`` when it does not lead.
        leader: the name of who leads, as far as is known.
        reason: why it leads no more; ``None`` where it did not lead before, and while it leads.
    """

    role: Literal["leader", "standby"]
    relay: str
    term: int | None = None
    leader: str | None = None
    reason: str | None = None


class Relay:
    """Publishes jobs on NATS, or waits to do so while another does.

    Args:
        session: an open session.
        link: an open connection to NATS.
        queries: what to publish; all that publish a workspace's jobs should name the same.
        allowed: what jobs can be made to do by who asks: of pause, resume and abort.
        replicas: how many NATS servers hold each message, of streams that have to be made.
        on_role: called when it begins to lead, and to wait; and when another leads than did.
        clock: time.

    Raises:
        QueryError: what is to be published is no query of jobs.
        ArgumentError: nothing is to be published; there is no such action.

    Attributes:
        name: tells this process from others.
    """

    def __init__(
        self,
        session: Session,
        link: Link,
        *,
        queries: Sequence[str] = ("Transfer",),
        allowed: Sequence[str] = (),
        replicas: int = 1,
        on_role: Callable[[Role], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not queries:
            raise ArgumentError("a relay publishes the jobs of at least one query, such as 'Transfer'")
        for query in queries:
            if select(query).ids is not None:
                raise ArgumentError(f"{query!r} is a job's id; a relay publishes the jobs of queries")
        for action in allowed:
            if action not in ACTIONS:
                raise ArgumentError(f"{action!r} cannot be allowed; there are {', '.join(ACTIONS)}")
        if replicas not in (1, 3, 5):
            raise ArgumentError(f"replicas are 1, 3 or 5, not {replicas}")
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self._session = session
        self._link = link
        self._names = Names.of(session.workspace)
        self._queries = tuple(dict.fromkeys(queries))
        self._allowed = tuple(dict.fromkeys(allowed))
        self._replicas = replicas
        self._on_role = on_role or (lambda role: None)
        self._clock = clock or AsyncioClock()
        self._press: Press | None = None
        self._leader: Leader | None = None
        self._memory: Book | None = None
        self._terms = 0
        self._events = self._states = self._mended = self._commands = 0

    def statistics(self) -> RelayStatistics:
        """What it has done, and how it stands."""
        press, leader = self._press, self._leader
        leads = press is not None and leader is not None
        age = self._session.monitor.statistics().age if leads else None
        return RelayStatistics(
            leads=leads,
            term=press.book.masthead.term if press is not None else None,
            terms=self._terms,
            events=self._events + (press.events_published if press is not None else 0),
            states=self._states + (press.states_published if press is not None else 0),
            mended=self._mended + (press.mended if press is not None else 0),
            commands=self._commands,
            jobs=len(press.book.records) if press is not None else 0,
            connected=self._link.connected,
            trouble=leader.standing.trouble if leader is not None else None,
            age=age,
        )

    async def run(self) -> None:
        """Lead whenever nobody else does, until cancelled.

        Raises:
            TransportError: the NATS server has no JetStream.
            AccsynError: why it can lead no more, such as a login that was refused.
        """
        await self._check_jetstream()
        lease = Lease(
            self._link,
            self._names,
            self.name,
            clock=self._clock,
            replicas=self._replicas,
            on_holder=lambda holder: self._on_role(Role("standby", self.name, leader=holder)),
        )
        reason: str | None = None
        while True:
            self._on_role(Role("standby", self.name, leader=await lease.holder(), reason=reason))
            pause = _PAUSE
            try:
                await lease.acquire()
                reason = await self._lead(lease)
            except NewerError as error:
                # Let newer ones lead, and look again whether there are any.
                reason, pause = str(error), _LONG_PAUSE
            finally:
                await lease.release()
            logger.warning("it leads no more: %s", reason)
            await self._clock.sleep(pause * (0.5 + random.random()))

    async def _check_jetstream(self) -> None:
        """See whether there is JetStream at all; a cluster that has just been started may need a moment."""
        for _ in range(_LOOKS_FOR_JETSTREAM):
            try:
                await self._link.api(f"STREAM.INFO.{self._names.events}")
                return
            except TransportError as error:
                if not isinstance(error.__cause__, NoRespondersError):
                    return
            except (AccsynError, APIError):
                return
            await self._clock.sleep(_PAUSE)
        raise TransportError(
            f"the NATS server at {self._link.server} has no JetStream: start it with `nats-server -js`"
        )

    def _count(self, commands: int) -> None:
        self._commands += commands

    async def _lead(self, lease: Lease) -> str:
        """Lead for as long as the lease is held; why it ended."""
        keeping = asyncio.create_task(lease.keep(), name="accsyn-relay-lease")
        leading = asyncio.create_task(self._work(lease), name="accsyn-relay-term")
        try:
            await asyncio.wait({keeping, leading}, return_when=asyncio.FIRST_COMPLETED)
            if not leading.done():
                return lease.lost or "the lease was lost"
            try:
                leading.result()
            except (DeposedError, PublishError) as error:
                return str(error)
            return "it has ended"
        finally:
            await end(leading)
            await end(keeping)

    async def _work(self, lease: Lease) -> None:
        """Lead a term to its end."""
        leader = Leader(self._session, self._queries, allowed=self._allowed, clock=self._clock)
        async with Acks(self._link.client) as acks:
            press, inventory = await Candidate(
                link=self._link,
                acks=acks,
                names=self._names,
                workspace=self._session.workspace,
                relay=self.name,
                new_book=secrets.token_hex(8),
                replicas=self._replicas,
                may_write=lambda: lease.held,
                now=self._clock.now,
                health=leader.health,
                memory=self._memory,
            ).begin()
            self._compare(inventory.health)
            self._begin(press, leader)
            try:
                async with CommandDesk(
                    self._session,
                    self._link,
                    self._names,
                    leader,
                    press.book,
                    allowed=self._allowed,
                    may_act=lambda: lease.held,
                    count=self._count,
                ):
                    await leader.lead(press, _published_until(inventory.health))
            finally:
                self._end(press)

    def _compare(self, before: HealthMessage | None) -> None:
        """Say so when the last leader was told to do something else: they should all be told the same."""
        if before is None or before.relay == self.name:
            return
        for what, theirs, ours in (
            ("published", before.queries, self._queries),
            ("allowed", before.allowed, self._allowed),
        ):
            if set(theirs) != set(ours):
                logger.warning(
                    "%s %s %s, and this one %s: start all relays with the same",
                    safe(before.relay),
                    what,
                    safe(", ".join(theirs) or "nothing"),
                    ", ".join(ours) or "nothing",
                )

    def _begin(self, press: Press, leader: Leader) -> None:
        self._press, self._leader, self._memory = press, leader, press.book
        self._terms += 1
        term = press.book.masthead.term
        logger.debug("it leads, as number %s", term)
        self._on_role(Role("leader", self.name, term=term, leader=self.name))

    def _end(self, press: Press) -> None:
        self._press = self._leader = None
        self._events += press.events_published
        self._states += press.states_published
        self._mended += press.mended


def _published_until(health: HealthMessage | None) -> dt.datetime | None:
    """Until when what happened was seen by the leader before; ``None`` when there was none."""
    if health is None:
        return None
    return health.at - dt.timedelta(seconds=health.age_s or 0.0)
