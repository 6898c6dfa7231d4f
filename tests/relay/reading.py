"""Feeding a mirror in a test, and reading what its watches were told."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from accsyn_async.monitor.selection import select
from accsyn_async.monitor.source import Membership
from accsyn_async.relay.mirror import Mirror
from tests.relay.publisher import WORKSPACE, Publisher
from tests.support.virtual import START

__all__ = ["Box", "Feeder", "StillClock"]


class StillClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> dt.datetime:
        return self.start(self.seconds)

    @staticmethod
    def start(seconds: float) -> dt.datetime:
        """The time of day after so many seconds."""
        return START + dt.timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing sleeps here")


class Box:
    """What a watch was told, as its consumer takes it out."""

    def __init__(self, mirror: Mirror, what: Any, **options: Any) -> None:
        self.mailbox = Mailbox()
        self.place: Membership = mirror.subscribe(select(what, **options), self.mailbox)
        self.error: Exception | None = None
        self.over = False

    def take(self) -> list[Any]:
        """What came since the last time."""
        return asyncio.run(self._take())

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.take()]

    async def _take(self) -> list[Any]:
        events: list[Any] = []
        try:
            while len(self.mailbox) or self.mailbox.closed:
                events.append(await self.mailbox.get())
        except MailboxClosed:
            self.over = True
        except Exception as error:
            self.error = error
        return events


class Feeder:
    """Hands what a publisher wrote to a mirror, each stream in its order, at its own pace."""

    def __init__(self, publisher: Publisher, on_wanted: Callable[[], None] | None = None) -> None:
        self.clock = StillClock()
        self.mirror = Mirror(WORKSPACE, self.clock, on_wanted=on_wanted)
        self.publisher = publisher
        self.events_read = 0
        self.states_read = 0
        # How many events stood in streams that are lost.
        self.offset = 0

    def load(self) -> None:
        """Read all there is, and begin."""
        self.states()
        self.events()
        self.mirror.begin(self.events_read)
        while self.mirror.admit():
            pass

    def states(self, most: int | None = None) -> None:
        for message in self._next(self.publisher.states, self.states_read, most):
            self.states_read += 1
            self.mirror.take_state(message)

    def events(self, most: int | None = None) -> None:
        for message in self._next(self.publisher.events, self.events_read, most):
            self.events_read += 1
            self.mirror.take_event(message, self.events_read)

    def all(self) -> None:
        """Read on to the end of both streams."""
        self.events()
        self.states()

    @staticmethod
    def _next(messages: list[Any], read: int, most: int | None) -> Iterable[Any]:
        return messages[read : None if most is None else read + most]
