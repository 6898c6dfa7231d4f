"""Reads streams message by message, by plain requests: no consumer of NATS stands between."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError, Error
from nats.js.errors import NotFoundError as NoStreamError

from tests.relay.rounds.streams import Stored

__all__ = ["Tail", "client_of", "read_all"]

LOOKS_EVERY = 1.0
"""Seconds after which a stream is looked at, when nothing seemed to come."""
AGAIN = 0.2
"""Seconds after which what NATS did not answer is asked again."""
TROUBLE = (Error, nats.errors.Error, TimeoutError, OSError)


@asynccontextmanager
async def client_of(servers: Sequence[str]) -> AsyncIterator[Client]:
    """A connection that is kept for ever, and says nothing of its troubles."""

    async def quiet(_: Exception) -> None:
        return

    client = await nats.connect(
        list(servers),
        name="auditor",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.2,
        ping_interval=2,
        max_outstanding_pings=2,
        error_cb=quiet,
    )
    try:
        yield client
    finally:
        with suppress(*TROUBLE):
            await client.close()


class Tail:
    """Follows a stream: each message as soon as it stands there, in its order; of those that were replaced
    before they were seen, none.

    Args:
        client: the connection.
        stream: the stream's name.
        subjects: what stands in it; a message there is a hint to look.
        take: is given each message.
        rebuilt: is told that the stream is another one from here on.

    Attributes:
        position: up to where it was read.
        hints: how many messages went by on its subjects, whether or not they stand in the stream.
    """

    def __init__(
        self,
        client: Client,
        stream: str,
        subjects: Sequence[str],
        take: Callable[[Stored], None],
        rebuilt: Callable[[], None],
    ) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=2)
        self._stream = stream
        self._subjects = subjects
        self._take = take
        self._rebuilt = rebuilt
        self._hint = asyncio.Event()
        self._passing = asyncio.Event()
        self._created: dt.datetime | None = None
        self._reading = asyncio.Lock()
        self.position = 0
        self.hints = 0

    async def run(self) -> None:
        """Follow it, for ever."""
        for subject in self._subjects:
            await self._client.subscribe(subject, cb=self._on_hint)
        while True:
            try:
                await self.catch_up()
            except TROUBLE:
                await asyncio.sleep(AGAIN)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hint.wait(), LOOKS_EVERY)

    async def catch_up(self) -> None:
        """Take all that stands there now.

        Raises:
            Exception: of `TROUBLE`, when NATS does not answer.
        """
        async with self._reading:
            self._hint.clear()
            with suppress(NoStreamError):
                await self._catch_up()

    async def _catch_up(self) -> None:
        info = await self._jetstream.stream_info(self._stream)
        if self._created not in (None, info.created) or info.state.last_seq < self.position:
            self.position = 0
            self._rebuilt()
        self._created = info.created
        while self.position < info.state.last_seq:
            stored = await _next(self._jetstream, self._stream, self.position + 1)
            if stored is None:
                return
            self.position = stored.seq
            self._take(stored)

    async def heard(self, hints: int) -> None:
        """Wait until so many messages went by; at once when the last of them does."""
        while self.hints < hints:
            await self._passing.wait()

    async def _on_hint(self, _: object) -> None:
        self.hints += 1
        self._hint.set()
        self._passing.set()
        self._passing.clear()


async def read_all(client: Client, stream: str) -> list[Stored]:
    """All messages of a stream, as they stand there now.

    Raises:
        Exception: of `TROUBLE`, when NATS does not answer.
    """
    jetstream = client.jetstream(timeout=5)
    messages: list[Stored] = []
    while (stored := await _next(jetstream, stream, messages[-1].seq + 1 if messages else 1)) is not None:
        messages.append(stored)
    return messages


async def _next(jetstream: JetStreamContext, stream: str, seq: int) -> Stored | None:
    """The first message at or behind a place."""
    try:
        found = await jetstream.get_msg(stream, seq=seq, subject=">", next=True)
    except APIError as error:
        if error.code == 404:
            return None
        raise
    return Stored(found.seq or 0, found.subject or "", found.data or b"", found.headers or {})
