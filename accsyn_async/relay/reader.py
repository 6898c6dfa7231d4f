"""Reads a stream in order, without a gap, for ever.

A consumer on the server lives as long as nothing is doubtful: a heartbeat that does not come, a number
left out, a lost connection, a server that says it is gone. Then another one begins behind the last
message that came.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import random
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from accsyn_async.errors import AccsynError, PermissionDeniedError, SessionClosedError
from accsyn_async.relay.link import Link, end

__all__ = ["Arrived", "Reader", "ReaderClosed", "Rebuilt"]

logger = logging.getLogger("accsyn_async.relay")

_PREFETCH: Final = 500
_HEARTBEAT: Final = 2.0
_MISSED: Final = 2.5
"""After how many times that without a sign of life the consumer is doubtful."""
_FORGOTTEN_AFTER: Final = 30.0
_ANSWERS_WITHIN: Final = 2.0
_PAUSES: Final = (0.1, 2.0)
_LOOKS_BEFORE_CUT_BACK: Final = 4
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_ACK: Final = "$JS.ACK."
_NOWHERE: Final = "_INBOX.accsyn.nowhere"


class ReaderClosed(SessionClosedError):
    """The reader was closed."""


class Arrived(NamedTuple):
    """A message of the stream.

    Attributes:
        subject: what it was published on.
        data: what it says.
        headers: its headers.
        seq: its sequence in the stream.
        at: when the server took it, UTC.
        pending: how many more there were behind it when the server sent it.
    """

    subject: str
    data: bytes
    headers: Mapping[str, str]
    seq: int
    at: dt.datetime
    pending: int


class Rebuilt(NamedTuple):
    """The stream is another one than before, or was cut back: reading begins at its first message.

    Attributes:
        incarnation: when the stream was created, as the server writes it.
        reason: what was found, for the log.
    """

    incarnation: str
    reason: str


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
        headers_only: bool = False,
        prefetch: int = _PREFETCH,
        heartbeat: float = _HEARTBEAT,
    ) -> None:
        self._link = link
        self._stream = stream
        self._subjects = list(subjects)
        self._latest = latest
        self._headers_only = headers_only
        self._prefetch = prefetch
        self._heartbeat = heartbeat
        # What was handed out, and what came: between the two lies the queue.
        self._position = after or 0
        self._incarnation = incarnation
        self._mark = _Mark(None if latest else after, None, incarnation)
        self._pending: int | None = None
        self._queue: deque[Arrived | Rebuilt] = deque()
        self._reads = 0
        self._short = 0
        self._served = False
        self._run: _Run | None = None
        self._begun = asyncio.Event()
        self._arrived = asyncio.Event()
        self._wake = asyncio.Event()
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
        return self._position

    @property
    def incarnation(self) -> str | None:
        """When the stream that `position` belongs to was created; ``None`` before that is known."""
        return self._incarnation

    @property
    def caught_up(self) -> bool:
        """Whether all is handed out that was there when the last message was sent, or reading began."""
        return self._pending == 0 and not self._queue

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
        while not self._queue or self._closed:
            self._check()
            self._arrived.clear()
            await self._arrived.wait()
        taken = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
        for each in taken:
            if isinstance(each, Arrived):
                self._position = each.seq
            else:
                self._position, self._incarnation = 0, each.incarnation
        if self._run is not None and self._run.outstanding <= self._prefetch // 2:
            self._wake.set()
        return taken

    async def aclose(self) -> None:
        """Read no more. May be called twice."""
        self._closed = True
        self._arrived.set()
        self._begun.set()
        task, self._task = self._task, None
        if task is not None:
            await end(task)

    def _start(self) -> None:
        if self._task is None and not self._closed and self._failure is None:
            self._task = asyncio.create_task(self._go_on(), name=f"accsyn-relay reader {self._stream}")

    def _check(self) -> None:
        if self._closed:
            raise ReaderClosed("the reader is closed")
        if self._failure is not None and not self._queue:
            raise self._failure

    async def _go_on(self) -> None:
        off = self._link.on_change(self._doubt_all)
        pause, longest = _PAUSES
        try:
            while True:
                client = await self._link.ready()
                run = self._run = _Run(self, client, self._stream)
                try:
                    await run.begin()
                    await run.read()
                except PermissionDeniedError as error:
                    if not self._served and not run.lived:
                        self._fail(error)
                        return
                    run.doubt = error.message
                except (AccsynError, nats.errors.Error, OSError) as error:
                    run.doubt = str(error)
                finally:
                    self._run = None
                    await run.end()
                logger.debug("reading %s begins anew: %s", self._stream, run.doubt)
                if run.lived:
                    self._served, pause = True, _PAUSES[0]
                await asyncio.sleep(pause * random.random())
                if not run.lived:
                    pause = min(2 * pause, longest)
        finally:
            off()

    def _fail(self, error: AccsynError) -> None:
        self._failure = error
        self._arrived.set()
        self._begun.set()

    def _doubt_all(self) -> None:
        if self._run is not None:
            self._run.doubt = self._run.doubt or "the connection changed"
        self._wake.set()


class _Mark(NamedTuple):
    """The last message that came.

    Attributes:
        seq: its sequence; ``None`` while there is no place to go on at.
        at: when the server took it, nanoseconds; ``None`` when that is not known.
        incarnation: when its stream was created; ``None`` when that is not known.
    """

    seq: int | None
    at: int | None
    incarnation: str | None


class _Run:
    """One consumer on the server, from its beginning until something is doubtful."""

    def __init__(self, reader: Reader, client: Client, stream: str) -> None:
        self.doubt: str | None = None
        self.lived = False
        self.outstanding = 0
        self._reader = reader
        self._client = client
        self._stream = stream
        self._name = f"accsyn-{secrets.token_hex(8)}"
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._created = False
        self._count = 0
        self._requests = 0
        self._heard = 0.0

    async def begin(self) -> None:
        """Create the consumer, behind what came last.

        Raises:
            AccsynError, nats.errors.Error: it cannot be, now.
        """
        reader, link = self._reader, self._reader._link
        if reader._mark.seq is None and not reader._latest:
            self._take_stock(await link.api(f"STREAM.INFO.{self._stream}", timeout=_ANSWERS_WITHIN))
        self._subscription = await self._client.subscribe(f"{self._inbox}.*", cb=self._on_message)
        self._created = True
        made = await link.api(
            f"CONSUMER.CREATE.{self._stream}.{self._name}",
            {"stream_name": self._stream, "config": self._config(), "action": "create"},
            timeout=_ANSWERS_WITHIN,
        )
        # Looked at after the consumer was made: it cannot be one of an older stream then.
        self._take_stock(await link.api(f"STREAM.INFO.{self._stream}", timeout=_ANSWERS_WITHIN))
        if self.doubt is None:
            reader._reads += 1
            reader._pending = made["num_pending"]
            reader._begun.set()

    async def read(self) -> None:
        """Ask for messages, as many as there is room for, until something is doubtful."""
        reader, loop = self._reader, asyncio.get_running_loop()
        patience = _MISSED * reader._heartbeat
        while self.doubt is None:
            reader._wake.clear()
            room = reader._prefetch - len(reader._queue) - self.outstanding
            if 2 * room >= reader._prefetch:
                await self._ask_for(room)
                self._heard = loop.time()
            if not self.outstanding:
                await reader._wake.wait()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._heard + patience):
                    await reader._wake.wait()
            if loop.time() >= self._heard + patience:
                self.doubt = "no sign of life"
                self._check_whether_allowed()

    async def end(self) -> None:
        """Take no more messages, and have the server forget the consumer."""
        with suppress(nats.errors.Error, OSError):
            if self._subscription is not None:
                await self._subscription.unsubscribe()
            if self._created:
                call = f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._name}"
                await self._client.publish(call, reply=_NOWHERE)

    def _config(self) -> dict[str, Any]:
        reader = self._reader
        config: dict[str, Any] = {
            "name": self._name,
            "ack_policy": "none",
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": int(_FORGOTTEN_AFTER * 1e9),
        }
        if reader._subjects:
            config["filter_subjects"] = reader._subjects
        if reader._headers_only:
            config["headers_only"] = True
        seq, at, _ = reader._mark
        if seq is None:
            config["deliver_policy"] = "last_per_subject"
            if not reader._subjects:
                config["filter_subjects"] = [">"]
        else:
            # From the last one that came, where it is known: it must still be the same.
            config |= {"deliver_policy": "by_start_sequence", "opt_start_seq": seq + (at is None) or 1}
        return config

    def _take_stock(self, info: dict[str, Any]) -> None:
        """Compare the stream with what is known of it."""
        reader, created, last = self._reader, str(info["created"]), int(info["state"]["last_seq"])
        seq, at, incarnation = reader._mark
        if incarnation is None:
            # Told with what is handed out, and nothing was yet.
            reader._incarnation = created
        if incarnation is not None and incarnation != created:
            self._rebuilt(created, "the stream was made anew")
        elif seq is not None and last < seq:
            self._found_short(created, f"the stream ends at {last}, and {seq} had been read")
        elif seq is None and not reader._latest:
            reader._mark = _Mark(last, None, created)
            reader._position = last
        else:
            reader._mark = _Mark(seq, at, created)
            reader._short = 0

    def _found_short(self, created: str, reason: str) -> None:
        # A new leader of a stream may not have taken in all that it has.
        self._reader._short += 1
        if self._reader._short < _LOOKS_BEFORE_CUT_BACK:
            self._doubt(reason)
        else:
            self._reader._short = 0
            self._rebuilt(created, reason)

    def _rebuilt(self, created: str, reason: str) -> None:
        reader = self._reader
        reader._mark = _Mark(None if reader._latest else 0, None, created)
        reader._queue.append(Rebuilt(created, reason))
        reader._arrived.set()
        self.doubt = reason
        self.lived = True
        reader._wake.set()

    async def _ask_for(self, count: int) -> None:
        self._requests += 1
        heartbeat = self._reader._heartbeat
        wanted = {
            "batch": count,
            "expires": int(15 * heartbeat * 1e9),
            "idle_heartbeat": int(heartbeat * 1e9),
        }
        self.outstanding += count
        await self._client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}",
            json.dumps(wanted).encode(),
            reply=f"{self._inbox}.{self._requests}",
        )

    async def _on_message(self, msg: Msg) -> None:
        if self.doubt is not None:
            return
        self._heard = asyncio.get_running_loop().time()
        if not msg.reply.startswith(_ACK):
            self._on_status(msg.headers or {})
            return
        # $JS.ACK.[domain.account.]stream.consumer.delivered.stream seq.consumer seq.time.pending[.token]
        parts = msg.reply.split(".")
        seq, count, at, pending = map(int, parts[5:9] if len(parts) == 9 else parts[7:11])
        if count <= self._count:
            return
        if count != self._count + 1:
            self._doubt(f"message {self._count + 1} of the consumer is missing")
            return
        self._count = count
        self.lived = True
        self.outstanding -= 1
        reader = self._reader
        reader._pending = pending
        known, known_at, incarnation = reader._mark
        if known is not None and seq <= known:
            # The last one that came, once more, to see whether it is the same.
            if seq < known or (known_at is not None and at != known_at):
                self._rebuilt(incarnation or "", f"another message has the sequence {seq} now")
            return
        reader._mark = _Mark(seq, at, incarnation)
        when = dt.datetime.fromtimestamp(at / 1e9, dt.UTC)
        reader._queue.append(Arrived(msg.subject, msg.data, msg.headers or _NO_HEADERS, seq, when, pending))
        reader._arrived.set()
        if 2 * self.outstanding <= reader._prefetch:
            reader._wake.set()

    def _on_status(self, headers: Mapping[str, str]) -> None:
        status = headers.get("Status")
        if status == "100":
            self.lived = True
            if int(headers.get("Nats-Last-Consumer") or 0) > self._count:
                self._doubt("the last message did not come")
        elif status == "408":
            self.outstanding -= int(headers.get("Nats-Pending-Messages") or 0)
            self._reader._wake.set()
        else:
            self._doubt(f"the consumer is gone: {status} {headers.get('Description', '')}".strip())

    def _doubt(self, reason: str) -> None:
        self.doubt = reason
        self._reader._wake.set()

    def _check_whether_allowed(self) -> None:
        for subject in (f"{self._inbox}.*", f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}"):
            if self._reader._link.is_denied(subject):
                raise PermissionDeniedError(f"this user may not use {subject} on NATS")
