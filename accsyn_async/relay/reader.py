"""Reads a stream in order, without a gap, for ever.

A consumer on the server lives as long as nothing is doubtful: a heartbeat that does not come, a number
left out, a lost connection, a server that says it is gone. Then another one begins behind the last
message that came.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Final

import nats.errors

from accsyn_async.errors import AccsynError, PermissionDeniedError, SessionClosedError
from accsyn_async.relay.arrivals import Arrivals, Arrived, Rebuilt
from accsyn_async.relay.consumer import Consumer, Wanted
from accsyn_async.relay.link import Link, end

__all__ = ["Arrived", "Reader", "ReaderClosed", "Rebuilt"]

logger = logging.getLogger("accsyn_async.relay")

_PREFETCH: Final = 500
_HEARTBEAT: Final = 2.0
_PAUSES: Final = (0.1, 2.0)


class ReaderClosed(SessionClosedError):
    """The reader was closed."""


class Reader:
    """Reads a stream; begins with the first wait, or with ``async with``. One waits at a time.

    Args:
        link: the connection.
        stream: the stream's name; waited for while there is none of that name.
        subjects: what is read of it; all when empty.
        after: begin behind this sequence, 0 for the first message; ``None`` for what is published from
            now on.
        latest: begin with the last message of each subject, then go on with all that is published.
        incarnation: when the stream that ``after`` belongs to was created, as a reader's `incarnation`
            told; ``None`` to take any.
        stamp: that of the message at ``after``, as a reader's `stamp` told; ``None`` to take any.
        headers_only: leave the messages' data out.
        prefetch: how many messages lie ready at most.
        heartbeat: seconds between two signs of life of the server.
    """

    def __init__(
        self,
        link: Link,
        stream: str,
        subjects: Sequence[str] = (),
        *,
        after: int | None = None,
        latest: bool = False,
        incarnation: str | None = None,
        stamp: int | None = None,
        headers_only: bool = False,
        prefetch: int = _PREFETCH,
        heartbeat: float = _HEARTBEAT,
    ) -> None:
        self._link = link
        self._wanted = Wanted(stream, list(subjects), headers_only, prefetch, heartbeat)
        self._arrivals = Arrivals(after, latest, incarnation, stamp)
        self._reads = 0
        self._served = False
        self._consumer: Consumer | None = None
        self._begun = asyncio.Event()
        self._failure: AccsynError | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def __aenter__(self) -> Reader:
        self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @property
    def position(self) -> int:
        """The sequence of the last message that was handed out; before one, where reading began."""
        return self._arrivals.position

    @property
    def incarnation(self) -> str | None:
        """When the stream that `position` belongs to was created; ``None`` before that is known."""
        return self._arrivals.incarnation

    @property
    def stamp(self) -> int | None:
        """When the server took the message at `position`, nanoseconds since 1970; ``None`` when unknown."""
        return self._arrivals.stamp

    @property
    def caught_up(self) -> bool:
        """Whether all is handed out that was there when the last message was sent, or reading began."""
        return self._arrivals.pending == 0 and not self._arrivals.queue

    @property
    def reads(self) -> int:
        """How often reading has begun."""
        return self._reads

    async def begun(self) -> None:
        """Wait until reading has begun: then `caught_up` tells whether there is anything.

        Raises:
            ReaderClosed: the reader was closed.
            PermissionDeniedError: this user may not read that.
        """
        self._start()
        await self._begun.wait()
        self._check()

    async def next(self) -> Arrived | Rebuilt:
        """What comes next; waits for it for ever.

        Raises:
            ReaderClosed: the reader was closed.
            PermissionDeniedError: this user may not read that.
        """
        return (await self.several(1))[0]

    async def several(self, most: int) -> list[Arrived | Rebuilt]:
        """What is there, at least one; waits for that for ever.

        Args:
            most: how many to take at most.

        Raises:
            ReaderClosed: the reader was closed.
            PermissionDeniedError: this user may not read that.
        """
        self._start()
        arrivals = self._arrivals
        while not arrivals.queue or self._closed:
            self._check()
            arrivals.here.clear()
            await arrivals.here.wait()
        taken = arrivals.hand_out(most)
        if self._consumer is not None:
            self._consumer.make_room()
        return taken

    async def aclose(self) -> None:
        """Read no more. May be called twice."""
        self._closed = True
        self._arrivals.here.set()
        self._begun.set()
        task, self._task = self._task, None
        if task is not None:
            await end(task)

    def _start(self) -> None:
        if self._task is None and not self._closed and self._failure is None:
            self._task = asyncio.create_task(self._go_on(), name=f"accsyn-relay reader {self._wanted.stream}")

    def _check(self) -> None:
        if self._closed:
            raise ReaderClosed("the reader is closed")
        if self._failure is not None and not self._arrivals.queue:
            raise self._failure

    async def _go_on(self) -> None:
        off = self._link.on_change(self._on_change)
        pause, longest = _PAUSES
        try:
            while True:
                client = await self._link.ready()
                consumer = self._consumer = Consumer(self._link, client, self._wanted, self._arrivals)
                try:
                    if await consumer.begin():
                        self._reads += 1
                        self._begun.set()
                        await consumer.read()
                except PermissionDeniedError as error:
                    if not self._served and not consumer.lived:
                        self._fail(error)
                        return
                    consumer.doubt = error.message
                except (AccsynError, nats.errors.Error, OSError) as error:
                    consumer.doubt = str(error)
                finally:
                    self._consumer = None
                    await consumer.end()
                logger.debug("reading %s begins anew: %s", self._wanted.stream, consumer.doubt)
                if consumer.lived:
                    self._served, pause = True, _PAUSES[0]
                await asyncio.sleep(pause * random.random())
                if not consumer.lived:
                    pause = min(2 * pause, longest)
        finally:
            off()

    def _fail(self, error: AccsynError) -> None:
        self._failure = error
        self._arrivals.here.set()
        self._begun.set()

    def _on_change(self) -> None:
        if self._consumer is not None:
            self._consumer.doubt_it("the connection changed")
