"""One consumer on the server, which reads a stream from some place on until something is doubtful."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from accsyn_async.errors import PermissionDeniedError
from accsyn_async.relay.arrivals import Arrivals, Arrived
from accsyn_async.relay.link import Link
from accsyn_async.relay.stream_facts import stamp_of

__all__ = ["Consumer", "Wanted"]

_MISSED: Final = 2.5
"""After how many heartbeats' time without a sign of life the consumer is doubtful."""
_EXPIRES: Final = 15
"""For how many heartbeats' time a request is made."""
_FORGOTTEN_AFTER: Final = 30.0
_ANSWERS_WITHIN: Final = 2.0
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_ACK: Final = "$JS.ACK."
_NOWHERE: Final = "_INBOX.accsyn.nowhere"


class Wanted(NamedTuple):
    """What is read, and how.

    Attributes:
        stream: the stream's name.
        subjects: what of it; all when empty.
        headers_only: whether the messages' data is left out.
        prefetch: how many messages lie ready at most.
        heartbeat: seconds between two signs of life of the server.
    """

    stream: str
    subjects: list[str]
    headers_only: bool
    prefetch: int
    heartbeat: float


class Consumer:
    """A consumer that asks for as many messages as there is room for.

    Args:
        link: the connection.
        client: its present client.
        wanted: what is read.
        arrivals: where it is put, and where to begin.

    Attributes:
        doubt: why it can be relied on no more; ``None`` while it can.
        lived: whether it ever showed a sign of life, or the stream turned out to be another.
        outstanding: how many messages it was asked for that have not come.
    """

    def __init__(self, link: Link, client: Client, wanted: Wanted, arrivals: Arrivals) -> None:
        self.doubt: str | None = None
        self.lived = False
        self.outstanding = 0
        self._link = link
        self._client = client
        self._wanted = wanted
        self._arrivals = arrivals
        self._name = f"accsyn-{secrets.token_hex(8)}"
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._created = False
        self._wake = asyncio.Event()
        self._count = 0
        self._requests = 0
        self._heard = 0.0

    async def begin(self) -> bool:
        """Create it, behind what came last; whether it was created, and is no doubtful one.

        Raises:
            AccsynError: it cannot be, now.
            nats.errors.Error: the same.
        """
        stream, arrivals = self._wanted.stream, self._arrivals
        if arrivals.must_look_first:
            await self._look()
        self._subscription = await self._client.subscribe(f"{self._inbox}.*", cb=self._on_message)
        self._created = True
        made = await self._link.api(
            f"CONSUMER.CREATE.{stream}.{self._name}",
            {"stream_name": stream, "config": self._config(), "action": "create"},
            timeout=_ANSWERS_WITHIN,
        )
        # Looked at after the consumer was made: it cannot be one of an older stream then.
        await self._look()
        if self.doubt is None and (began_at := arrivals.to_compare) is not None:
            self.doubt = arrivals.compare(await stamp_of(self._link, stream, began_at))
            self.lived = self.lived or self.doubt is not None
        if self.doubt is None:
            arrivals.pending = int(made["num_pending"])
        return self.doubt is None

    async def read(self) -> None:
        """Ask for messages until something is doubtful.

        Raises:
            PermissionDeniedError: this user may not ask for them.
            nats.errors.Error: the connection was lost.
        """
        prefetch, heartbeat, loop = self._wanted.prefetch, self._wanted.heartbeat, asyncio.get_running_loop()
        patience = _MISSED * heartbeat
        while self.doubt is None:
            self._wake.clear()
            room = prefetch - len(self._arrivals.queue) - self.outstanding
            if 2 * room >= prefetch:
                await self._ask_for(room)
                self._heard = loop.time()
            if not self.outstanding:
                await self._wake.wait()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._heard + patience):
                    await self._wake.wait()
            if loop.time() >= self._heard + patience:
                self.doubt_it("no sign of life")
                self._check_whether_allowed()

    async def end(self) -> None:
        """Take no more messages, and have the server forget it."""
        with suppress(nats.errors.Error, OSError):
            if self._subscription is not None:
                await self._subscription.unsubscribe()
            if self._created:
                call = f"$JS.API.CONSUMER.DELETE.{self._wanted.stream}.{self._name}"
                await self._client.publish(call, reply=_NOWHERE)

    def make_room(self) -> None:
        """Something was taken out of what lies ready."""
        if 2 * self.outstanding <= self._wanted.prefetch:
            self._wake.set()

    def doubt_it(self, reason: str) -> None:
        """Rely on it no more."""
        self.doubt = self.doubt or reason
        self._wake.set()

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "name": self._name,
            "ack_policy": "none",
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": int(_FORGOTTEN_AFTER * 1e9),
            "headers_only": self._wanted.headers_only,
        }
        config |= self._arrivals.beginning()
        if self._wanted.subjects:
            config["filter_subjects"] = self._wanted.subjects
        elif config["deliver_policy"] == "last_per_subject":
            config["filter_subjects"] = [">"]
        return config

    async def _look(self) -> None:
        info = await self._link.api(f"STREAM.INFO.{self._wanted.stream}", timeout=_ANSWERS_WITHIN)
        before = len(self._arrivals.queue)
        self.doubt = self._arrivals.take_stock(str(info["created"]), int(info["state"]["last_seq"]))
        self.lived = self.lived or len(self._arrivals.queue) > before

    async def _ask_for(self, count: int) -> None:
        self._requests += 1
        self.outstanding += count
        heartbeat = int(self._wanted.heartbeat * 1e9)
        request = {"batch": count, "expires": _EXPIRES * heartbeat, "idle_heartbeat": heartbeat}
        await self._client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._wanted.stream}.{self._name}",
            json.dumps(request).encode(),
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
        seq, count, stamp, pending = map(int, parts[5:9] if len(parts) == 9 else parts[7:11])
        if count <= self._count:
            return
        if count != self._count + 1:
            self.doubt_it(f"message {self._count + 1} of the consumer is missing")
            return
        self._count = count
        self.lived = True
        self.outstanding -= 1
        arrived = Arrived(msg.subject, msg.data, msg.headers or _NO_HEADERS, seq, stamp, pending)
        reason = self._arrivals.take(arrived)
        if reason is not None:
            self.doubt_it(reason)
        self.make_room()

    def _on_status(self, headers: Mapping[str, str]) -> None:
        status = headers.get("Status")
        if status == "100":
            self.lived = True
            if int(headers.get("Nats-Last-Consumer") or 0) > self._count:
                self.doubt_it("the last message did not come")
        elif status == "408":
            self.outstanding -= int(headers.get("Nats-Pending-Messages") or 0)
            self._wake.set()
        else:
            self.doubt_it(f"the consumer is gone: {status} {headers.get('Description', '')}".strip())

    def _check_whether_allowed(self) -> None:
        asked = f"$JS.API.CONSUMER.MSG.NEXT.{self._wanted.stream}.{self._name}"
        for subject in (f"{self._inbox}.*", asked):
            if self._link.is_denied(subject):
                raise PermissionDeniedError(f"this user may not use {subject} on NATS")
