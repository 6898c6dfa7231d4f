"""Which durable watches a feed has open, for those who ask whether they may have them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress
from typing import Final

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from accsyn_async.relay.bookmark import OPEN, SILENT_FOR
from accsyn_async.relay.link import Link, end
from accsyn_async.relay.place import Holder
from accsyn_async.relay.subjects import Names
from accsyn_async.transport.seam import Clock

__all__ = ["Holding"]

logger = logging.getLogger("accsyn_async.relay")

_CLOSED: Final = b"closed"
_ALL_ARE_BACK: Final = 20.0
"""Seconds after which all that were cut off at a time are connected again: they try each 15 s at least."""


class Holding:
    """Answers, from the first durable watch on, which ones are open here.

    Args:
        link: the connection.
        names: the workspace's.
        who: this process, for people.
        clock: time.
    """

    def __init__(self, link: Link, names: Names, who: str, clock: Clock) -> None:
        self.holder = Holder(secrets.token_hex(8), who)
        self._link = link
        self._names = names
        self._clock = clock
        self._open: set[str] = set()
        # When this feed was connected again, on the monotonic clock; ``None`` when it never was away.
        self._back_at: float | None = None
        self._off = link.on_change(self._connection_changed)
        self._changed = asyncio.Event()
        self._answers = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Wait until those who ask are answered."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_answering(), name="accsyn-feed-holding")
        await self._answers.wait()

    def hold(self, name: str) -> None:
        """A durable watch is open."""
        self._open.add(name)

    def let_go(self, name: str) -> None:
        """It is open no more."""
        self._open.discard(name)

    def silence(self) -> float:
        """For how many seconds the holder of a name has to be silent before it counts as crashed.

        When this feed was cut off itself, others may not be back yet.
        """
        was_away = self._back_at is not None and self._clock.monotonic() - self._back_at < _ALL_ARE_BACK
        return _ALL_ARE_BACK if was_away else SILENT_FOR

    async def aclose(self) -> None:
        """Answer no more. May be called twice."""
        self._off()
        task, self._task = self._task, None
        if task is not None:
            await end(task)

    def _connection_changed(self) -> None:
        if self._link.connected:
            self._back_at = self._clock.monotonic()

    async def _keep_answering(self) -> None:
        off = self._link.on_change(self._changed.set)
        try:
            while True:
                client = await self._link.ready()
                self._changed.clear()
                subscription = None
                try:
                    subscription = await client.subscribe(
                        self._names.holder(self.holder.feed), cb=self._answer
                    )
                    await client.flush()
                    self._answers.set()
                except (NatsError, OSError) as error:
                    logger.debug("nobody can ask for durable watches: %s", error)
                    await asyncio.sleep(0.1)
                    continue
                try:
                    await self._changed.wait()
                finally:
                    self._answers.clear()
                    with suppress(NatsError, OSError):
                        await subscription.unsubscribe()
        finally:
            off()

    async def _answer(self, msg: Msg) -> None:
        name = msg.data.decode("utf-8", "replace")
        with suppress(NatsError, OSError):
            await msg.respond(OPEN if name in self._open else _CLOSED)
