"""What brings all that a relay publishes into a feed's mirror."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
from typing import Any, Final

from nats.js.errors import APIError

from accsyn_async.errors import AccsynError, TransportError
from accsyn_async.relay.asking import ask_leader
from accsyn_async.relay.command_messages import Commanded
from accsyn_async.relay.last_term import learn_last_term
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import (
    NotOursError,
    check_sender,
    read_event,
    read_health,
    read_state,
    read_term,
)
from accsyn_async.relay.pulse import Pulse
from accsyn_async.relay.reader import Arrived, Reader, Rebuilt
from accsyn_async.relay.states import States
from accsyn_async.relay.stream_facts import StreamFacts, stream_facts, wait_for_facts
from accsyn_async.relay.subjects import Names, job_of, token_of
from accsyn_async.safe_text import safe
from accsyn_async.transport.seam import Clock

__all__ = ["Intake"]

logger = logging.getLogger("accsyn_async.relay")

_SLICE: Final = 0.008
"""Seconds of taking messages in after which the event loop gets its turn."""
_BATCH: Final = 100
_LOOKS_EVERY: Final = 1.0
_ASKS_AGAIN: Final = (1.0, 10.0)
_RENEWS_EVERY: Final = 60.0
"""Seconds after which the leader is asked again for jobs that it may publish only as it was asked."""


class Intake:
    """Reads states and events into a mirror, and asks the leader for what is missing.

    Args:
        link: the connection.
        names: the workspace's.
        states: the mirror.
        pulse: judges how NATS, the relay and the backend are.
        clock: time.
        by: who asks, for the relay's log.
    """

    def __init__(self, link: Link, names: Names, states: States, pulse: Pulse, clock: Clock, by: str) -> None:
        self._link = link
        self._names = names
        self._mirror = states
        self._clock = clock
        self._by = by
        self._wanted = asyncio.Event()
        self._pulse = pulse
        self._health: Arrived | None = None
        self._events: Reader | None = None
        self._server_time = _ServerTime(clock)
        self._to_be_noted = False
        # Whether what is read next of the relay's health was kept, and may be old.
        self._was_kept = True
        self._complained = False
        # The ids that the leader has promised to publish, until when that is believed.
        self._promised: dict[str, float] = {}

    def want(self) -> None:
        """Somebody waits for a job of which nothing is known."""
        self._wanted.set()

    async def run(self) -> None:
        """Read for ever.

        Raises:
            PermissionDeniedError: this user may not read the workspace's streams.
            AccsynError: what else ends reading for good.
        """
        off = self._link.on_change(self._connection_changed)
        self._connection_changed()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look(), name="accsyn-feed-look")
                group.create_task(self._read(), name="accsyn-feed-read")
        except BaseExceptionGroup as several:
            raise _first_of(several) from None
        finally:
            off()
            self._events = None

    async def _read(self) -> None:
        """Read what there is, then what comes."""
        names = self._names
        self._server_time.note(await wait_for_facts(self._link, names.states, self._clock))
        self._to_be_noted = False
        async with Reader(self._link, names.states, [names.every_state, names.health], after=0) as states:
            await self._read_all(states, self._take_state)
            facts = await wait_for_facts(self._link, names.events, self._clock)
            await learn_last_term(self._link, names, self._mirror.terms)
            settled = self._settled(facts)
            subjects = [names.every_event, names.term]
            async with Reader(
                self._link, names.events, subjects, after=settled, incarnation=facts.created
            ) as events:
                self._events = events
                self._mirror.stream = facts.created
                await self._read_all(events, self._take_event, up_to=facts.last)
                self._mirror.begin(events.position)
                await self._admit()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read_on(states, self._take_state), name="accsyn-feed-states")
                    group.create_task(self._read_on(events, self._take_event), name="accsyn-feed-events")
                    group.create_task(self._seek(), name="accsyn-feed-seek")
                    group.create_task(self._renew(), name="accsyn-feed-renew")

    def _settled(self, facts: StreamFacts) -> int:
        """Up to which sequence every event is in its job's state."""
        health = self._pulse.health
        if health is None or self._health is None:
            return 0
        # What was said before the stream was made anew is of another one.
        is_of_it = facts.created[:19] <= self._health.at.isoformat()[:19]
        return health.settled if is_of_it and health.settled <= facts.last else 0

    async def _read_all(self, reader: Reader, take: Any, *, up_to: int | None = None) -> None:
        """Read what there is."""
        await reader.begun()
        while not reader.caught_up and (up_to is None or reader.position < up_to):
            await self._take_some(reader, take)

    async def _read_on(self, reader: Reader, take: Any) -> None:
        while True:
            await self._take_some(reader, take)

    async def _take_some(self, reader: Reader, take: Any) -> None:
        several = await reader.several(_BATCH)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for each in several:
            take(each)
            if loop.time() - began > _SLICE:
                await asyncio.sleep(0)
                began = loop.time()
        await asyncio.sleep(0)

    async def _admit(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while self._mirror.admit():
            if loop.time() - began > _SLICE:
                await asyncio.sleep(0)
                began = loop.time()

    def _take_state(self, each: Arrived | Rebuilt) -> None:
        if isinstance(each, Rebuilt):
            logger.warning("the states are read anew: %s", each.reason)
            self._was_kept = True
            self._mirror.rebuilt("states")
            return
        try:
            if each.subject == self._names.health:
                health = read_health(each.data)
                check_sender(health, each.headers)
                self._check_term(self._mirror.terms.allow_state(health))
                self._mirror.terms.heard(health)
                self._health = each
                self._mirror.take_health(health)
                self._pulse.heard(health, self._clock.monotonic(), ago=self._age_of(each))
                self._look_now()
                return
            state = read_state(each.data)
            check_sender(state, each.headers)
            self._check_term(self._mirror.terms.allow_state(state))
            _check_subject(each.subject, state.job.get("id"))
        except NotOursError as error:
            self._complain(each, error)
        else:
            self._mirror.take_state(state)

    def _take_event(self, each: Arrived | Rebuilt) -> None:
        if isinstance(each, Rebuilt):
            logger.warning("the events are read anew: %s", each.reason)
            self._mirror.rebuilt("events")
            self._mirror.terms.forget()
            self._mirror.stream = each.incarnation
            return
        try:
            if each.subject == self._names.term:
                term = read_term(each.data)
                check_sender(term, each.headers)
                self._mirror.terms.begin(term.term, term.relay, term.book, each.seq)
                self._mirror.take_term(term, each.seq)
                return
            event = read_event(each.data)
            check_sender(event, each.headers)
            self._check_term(self._mirror.terms.allow_event(event, each.seq))
            _check_subject(each.subject, event.job.get("id"))
        except NotOursError as error:
            self._complain(each, error)
            self._mirror.passed(each.seq)
        else:
            self._mirror.take_event(event, each.seq)

    def _age_of(self, health: Arrived) -> float:
        """How long ago the relay said how it is, seconds.

        What is kept may be old, and that is read first; what comes after it comes as it is said.
        """
        was_kept, self._was_kept = self._was_kept, False
        return self._server_time.since(health.at) if was_kept else 0.0

    @staticmethod
    def _check_term(allowed: bool) -> None:
        if not allowed:
            raise NotOursError("it is not from who it says")

    def _complain(self, each: Arrived, error: NotOursError) -> None:
        level = logging.DEBUG if self._complained else logging.WARNING
        self._complained = True
        logger.log(level, "message %s on %s is left out: %s", each.seq, safe(each.subject), safe(error))

    # -- how things stand

    def _connection_changed(self) -> None:
        self._was_kept = self._to_be_noted = True
        if self._link.connected:
            self._pulse.connected(self._clock.monotonic())
            self._look_now()
        else:
            self._pulse.lost(str(self._link.trouble), self._clock.monotonic())

    def _look_now(self) -> None:
        trouble = self._pulse.trouble(self._clock.monotonic())
        if trouble is None:
            self._mirror.recover()
        else:
            self._mirror.degrade(trouble)

    async def _look(self) -> None:
        """Look at the clock now and then."""
        while True:
            await self._clock.sleep(_LOOKS_EVERY)
            await self._note_time()
            self._look_now()
            events = self._events
            if events is not None and self._mirror.ready and events.caught_up and self._link.connected:
                self._mirror.caught_up()
                if self._mirror.wanted:
                    self._wanted.set()

    async def _note_time(self) -> None:
        """Learn the server's time, once on each connection."""
        if self._to_be_noted and self._link.connected:
            try:
                self._server_time.note(await stream_facts(self._link, self._names.states))
            except (TransportError, APIError) as error:
                logger.debug("the server's time is not known: %s", error)
            else:
                self._to_be_noted = False

    # -- what is missing

    async def _seek(self) -> None:
        """Ask the leader for the jobs that somebody waits for."""
        pause, longest = _ASKS_AGAIN
        while True:
            if not self._mirror.wanted:
                self._promised.clear()
                self._wanted.clear()
                await self._wanted.wait()
                pause = _ASKS_AGAIN[0]
            answered = True
            for kind, idents in self._mirror.sought.items():
                answered = await self._ask_for(kind, self._due(idents)) and answered
            pause = _ASKS_AGAIN[0] if answered else min(longest, pause * 2)
            if self._mirror.wanted:
                await self._clock.sleep(pause * random.uniform(0.75, 1.25))

    async def _renew(self) -> None:
        """Have the leader go on with the jobs that are watched by their ids, whatever its queries."""
        while True:
            await self._clock.sleep(_RENEWS_EVERY * random.uniform(0.75, 1.25))
            health = self._pulse.health
            if health is None or self._link.is_denied(self._names.command):
                continue
            for kind, idents in self._mirror.lasting(health.queries).items():
                await self._look_for(kind, idents)

    def _due(self, idents: list[str]) -> list[str]:
        now = self._clock.monotonic()
        return [ident for ident in idents if self._promised.get(ident, 0.0) <= now]

    async def _ask_for(self, kind: str, idents: list[str]) -> bool:
        """Ask for some jobs; whether there was an answer for each."""
        if not idents:
            return True
        results = await self._look_for(kind, idents)
        if results is None:
            return False
        for result in results:
            if result.ok:
                self._promised[result.id] = self._clock.monotonic() + _ASKS_AGAIN[1]
            elif not result.unknown and result.id in self._mirror.wanted:
                self._mirror.missing(result.id)
        return not any(result.unknown for result in results)

    async def _look_for(self, kind: str, idents: list[str]) -> list[Commanded] | None:
        """Have the leader look for some jobs; ``None`` when there was no answer."""
        try:
            return await ask_leader(self._link, self._names, "look", idents, entitytype=kind, by=self._by)
        except AccsynError as error:
            logger.debug("the relay was asked for %s jobs: %s", len(idents), error.message)
            return None


class _ServerTime:
    """What time it is on the server, whatever this machine's clock says."""

    __slots__ = ("_clock", "_noted")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._noted: tuple[dt.datetime, float] | None = None

    def note(self, facts: StreamFacts) -> None:
        """The server has just said it."""
        if facts.now is not None:
            self._noted = facts.now, self._clock.monotonic()

    def since(self, moment: dt.datetime) -> float:
        """Seconds since then; 0 when that is not known."""
        if self._noted is None:
            return 0.0
        now, at = self._noted
        return max(0.0, (now - moment).total_seconds() + self._clock.monotonic() - at)


def _first_of(several: BaseExceptionGroup[BaseException]) -> BaseException:
    first = several.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


def _check_subject(subject: str, ident: object) -> None:
    if not isinstance(ident, str) or job_of(subject) != token_of(ident):
        raise NotOursError("it is about another job than its subject says")
