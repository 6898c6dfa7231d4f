"""Publishing to JetStream, many messages at a time, and what it answers to each.

nats-py's own ``publish_async`` never ends where a message is refused: nobody hears of that answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Final

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

__all__ = ["Ack", "Acks"]


class _Error(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class Ack(msgspec.Struct, frozen=True):
    """What JetStream answers to a message.

    Attributes:
        seq: where it stands in its stream; 0 when it was refused.
        duplicate: whether its id is known, so that it was not taken a second time.
        error: why it was refused; ``None`` when it was not.
    """

    seq: int = 0
    duplicate: bool = False
    error: _Error | None = None

    @property
    def reason(self) -> str | None:
        """Why it was refused, for people; ``None`` when it was not."""
        return None if self.error is None else self.error.description or f"error {self.error.err_code}"


_DECODER: Final = msgspec.json.Decoder(Ack)
_NOBODY: Final = Ack(error=_Error(503, 0, "no stream takes it"))


class Acks:
    """Sends messages over one connection, and hears the answers, for as long as it is entered.

    Args:
        client: the connection.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._waiting: dict[str, asyncio.Future[Ack]] = {}
        self._count = 0

    async def __aenter__(self) -> Acks:
        self._subscription = await self._client.subscribe(f"{self._inbox}.*", cb=self._receive)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        subscription, self._subscription = self._subscription, None
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()
        if subscription is not None:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def send(self, subject: str, data: bytes, headers: Mapping[str, str]) -> asyncio.Future[Ack]:
        """Send a message; what comes back ends with the answer, or is cancelled by who waits no longer.

        Raises:
            Error: (of nats) there is no connection.
        """
        self._count += 1
        token = f"{self._inbox}.{self._count}"
        future = self._waiting[token] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: self._waiting.pop(token, None))
        try:
            await self._client.publish(subject, data, reply=token, headers=dict(headers))
        except BaseException:
            future.cancel()
            raise
        return future

    async def push(self, subject: str, data: bytes, headers: Mapping[str, str]) -> None:
        """Send a message that gets no answer of its own: part of a batch.

        Raises:
            Error: (of nats) there is no connection.
        """
        await self._client.publish(subject, data, headers=dict(headers))

    async def _receive(self, message: Msg) -> None:
        future = self._waiting.get(message.subject)
        if future is None or future.done():
            return
        if (message.headers or {}).get("Status") == "503":
            future.set_result(_NOBODY)
            return
        try:
            future.set_result(_DECODER.decode(message.data))
        except msgspec.DecodeError as error:
            future.set_exception(nats.errors.Error(f"JetStream's answer cannot be read: {error}"))
