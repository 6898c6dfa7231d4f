"""Which durable watches a feed has open, for those who ask whether they may have them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress
from typing import Final

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from accsyn_async.relay.bookmark import OPEN
from accsyn_async.relay.link import Link, end
from accsyn_async.relay.place import Holder
from accsyn_async.relay.subjects import Names

__all__ = ["Holding"]

logger = logging.getLogger("accsyn_async.relay")

_CLOSED: Final = b"closed"


class Holding:
    """Answers, from the first durable watch on, which ones are open here.

    Args:
        link: the connection.
        names: the workspace's.
        who: this process, for people.
    """

    def __init__(self, link: Link, names: Names, who: str) -> None:
        self.holder = Holder(secrets.token_hex(8), who)
        self._link = link
        self._names = names
        self._open: set[str] = set()
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

    async def aclose(self) -> None:
        """Answer no more. May be called twice."""
        task, self._task = self._task, None
        if task is not None:
            await end(task)

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
