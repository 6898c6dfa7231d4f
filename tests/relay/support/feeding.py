"""A feed, and one who publishes what it reads."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Any

from accsyn_async import Event, JobEvent, Watch
from accsyn_async.relay import Feed, NatsOptions
from accsyn_async.transport.seam import Clock
from tests.relay.support.publisher import START, Publisher
from tests.support.nats_servers import NatsServer

PATIENCE = 20.0
"""Seconds after which a test is given up: what it waits for will not come."""


class HandClock:
    """A clock that stands still until somebody moves it; who sleeps wakes when it has."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._sleepers: dict[asyncio.Future[None], float] = {}

    def monotonic(self) -> float:
        return self._now

    def now(self) -> dt.datetime:
        return START + dt.timedelta(seconds=self._now)

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers[sleeper] = self._now + seconds
        try:
            await sleeper
        finally:
            del self._sleepers[sleeper]

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        for sleeper, due in self._sleepers.items():
            if due <= self._now and not sleeper.done():
                sleeper.set_result(None)


@contextlib.asynccontextmanager
async def feeding(
    server: NatsServer, workspace: str, *, clock: Clock | None = None, **options: Any
) -> AsyncIterator[tuple[Publisher, Feed]]:
    """A publisher that has said how it is, and a feed of what it publishes."""
    async with Publisher(server.url, workspace) as publisher:
        await publisher.health()
        async with Feed(NatsOptions((server.url,), **options), workspace=workspace, clock=clock) as feed:
            yield publisher, feed


def feed_of(server: NatsServer, workspace: str) -> Feed:
    return Feed(NatsOptions((server.url,)), workspace=workspace)


async def until(watch: Watch, *kinds: type[Event], count: int = 1) -> list[Event]:
    """Events up to and with the last of so many of some kinds."""
    events: list[Event] = []
    async with asyncio.timeout(PATIENCE):
        while sum(isinstance(event, kinds) for event in events) < count:
            events.append(await anext(watch))
    return events


async def rest(watch: Watch) -> list[Event]:
    """All that comes until it ends."""
    async with asyncio.timeout(PATIENCE):
        return [event async for event in watch]


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.005)


def told(events: list[Event]) -> list[tuple[str, int]]:
    """What events say: their classes, and the jobs' numbers, or -1."""
    return [
        (type(event).__name__, int(event.job.id, 16) if isinstance(event, JobEvent) else -1)
        for event in events
    ]


def ids_in(events: list[Event]) -> list[str]:
    """The events' ids."""
    return [event.id for event in events if isinstance(event, JobEvent)]
