"""A connection to NATS that is kept for ever.

Each time it is lost a new client of nats-py is made, on whichever server answers: one that was refused at
a reconnect, or has lost its way, would never come back by itself. What subscribes, subscribes anew when
the connection changes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from accsyn_async.errors import (
    AccsynError,
    AuthenticationError,
    PermissionDeniedError,
    SessionClosedError,
    TransportError,
)
from accsyn_async.relay.connection import ANSWERS_WITHIN, Connection
from accsyn_async.relay.nats_errors import out_of_reach, translate
from accsyn_async.relay.nats_options import Endpoint, NatsOptions
from accsyn_async.safe_text import safe
from accsyn_async.transport.seam import AsyncioClock, Clock

__all__ = ["Link", "NatsOptions", "end", "heed_cancellation", "translate"]

logger = logging.getLogger("accsyn_async.relay")

_CANCELS_EVERY: Final = 0.5
_FIRST_PAUSE: Final = 0.25
_PAUSES: Final = (1.0, 10.0)


class Link:
    """A connection to NATS, kept until it is closed: ``async with Link(options) as link``.

    Args:
        options: where, and as whom.
        clock: what pauses are taken by.
        patience: seconds after which the first connection is given up.
        ping_every: seconds between two looks whether the server still answers; it has as long to do so.
    """

    def __init__(
        self,
        options: NatsOptions,
        clock: Clock | None = None,
        *,
        patience: float = 10.0,
        ping_every: float = 5.0,
    ) -> None:
        self._options = options
        self._clock = clock or AsyncioClock()
        self._patience = patience
        self._ping_every = ping_every
        self._endpoints: tuple[Endpoint, ...] = ()
        self._discovered: tuple[Endpoint, ...] = ()
        self._current: Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._callbacks: dict[object, Callable[[], None]] = {}
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._trouble: str | None = "not connected yet"

    async def __aenter__(self) -> Link:
        """Connect.

        Raises:
            ArgumentError: an address or a file cannot be used.
            AuthenticationError: the server refuses the login.
            TransportError: no server is reached in time.
        """
        self._options.check()
        self._endpoints = self._options.endpoints()
        await self._connect_first()
        self._keeper = asyncio.create_task(self._keep(), name="accsyn-relay link")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection. May be called twice."""
        keeper, self._keeper = self._keeper, None
        try:
            if keeper is not None:
                await end(keeper)
        finally:
            self._trouble = "closed"
            self._tell(False)
            if self._current is not None:
                await self._current.dispose(gracefully=True)

    @property
    def client(self) -> Client:
        """The client of nats-py; another one after each time that the connection was lost.

        Raises:
            SessionClosedError: there has not been a connection yet.
        """
        return self._connection.client

    @property
    def jetstream(self) -> JetStreamContext:
        """JetStream, by way of the present client; calls time out after some seconds."""
        return self._connection.jetstream

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._up.is_set() and self._current is not None and not self._current.lost.is_set()

    @property
    def trouble(self) -> str | None:
        """What is wrong, for people; ``None`` while it is connected. Holds no secret."""
        return None if self.connected else self._trouble or "the connection to NATS was lost"

    @property
    def server(self) -> str:
        """The server that it is connected to, or was last, without user and password."""
        return self._current.endpoint.url if self._current else ", ".join(e.url for e in self._endpoints)

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have something called whenever `connected` or `client` changes; what is returned ends that."""
        key = object()
        self._callbacks[key] = callback

        def off() -> None:
            self._callbacks.pop(key, None)

        return off

    async def ready(self) -> Client:
        """The client, once there is a connection."""
        while not self.connected:
            # When the client knows that it is cut off, the keeper will in a moment.
            await (self._down if self._up.is_set() else self._up).wait()
        return self.client

    def is_denied(self, subject: str) -> bool:
        """Whether the server has said on this connection that one may not publish or subscribe there."""
        return self._current is not None and self._current.is_denied(subject)

    async def request(
        self,
        subject: str,
        payload: bytes = b"",
        *,
        timeout: float = ANSWERS_WITHIN,
        headers: Mapping[str, str] | None = None,
    ) -> Msg:
        """Ask, and wait for the answer; given up at once when the connection is lost.

        Raises:
            TransportError: there is no connection, nobody listens, or no answer came in time.
            PermissionDeniedError: this user may not ask there.
        """
        connection = self._connection
        if not self.connected:
            raise TransportError(out_of_reach(self.trouble))
        asked = asyncio.ensure_future(
            connection.client.request(
                subject, payload, timeout=timeout, headers=dict(headers) if headers else None
            )
        )
        over = asyncio.get_running_loop().create_future()
        connection.waiting[over] = subject
        try:
            await asyncio.wait({asked, over}, return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                return asked.result()
            if self.is_denied(subject):
                raise PermissionDeniedError(f"this user may not publish to {safe(subject)} on NATS")
            raise TransportError("the connection to NATS was lost before an answer came")
        except nats.errors.TimeoutError:
            raise TransportError(f"NATS did not answer within {timeout:g} s") from None
        except (nats.errors.Error, OSError) as error:
            raise translate(error) from error
        finally:
            del connection.waiting[over]
            asked.cancel()

    async def api(self, call: str, body: object = None, *, timeout: float = ANSWERS_WITHIN) -> dict[str, Any]:
        """Ask JetStream, such as ``STREAM.INFO.ORDERS``.

        Raises:
            nats.js.errors.APIError: it says no.
            TransportError: no answer came; also when the server has no JetStream.
            PermissionDeniedError: this user may not ask that.
        """
        payload = b"" if body is None else json.dumps(body).encode()
        answer = await self.request(f"$JS.API.{call}", payload, timeout=timeout)
        try:
            said = json.loads(answer.data)
        except ValueError:
            raise TransportError("JetStream's answer cannot be read") from None
        if "error" in said:
            # It raises what it makes of it.
            nats.js.errors.APIError.from_error(said["error"])
        return dict(said)

    @property
    def _connection(self) -> Connection:
        if self._current is None:
            raise SessionClosedError("not connected to NATS: enter the link with `async with` first")
        return self._current

    async def _connect_first(self) -> None:
        where = ", ".join(endpoint.url for endpoint in self._endpoints)
        self._trouble = f"NATS does not answer ({where})"
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                # Looked at too: nats-py swallows a cancellation now and then, and there comes no other.
                while loop.time() < deadline:
                    try:
                        return await self._connect_anywhere()
                    except TransportError:
                        await self._clock.sleep(_FIRST_PAUSE * random.uniform(0.5, 1.5))
        raise TransportError(
            self._trouble if len(self._endpoints) == 1 else f"no server of {where}: {self._trouble}"
        )

    async def _keep(self) -> None:
        while True:
            connection = self._connection
            await connection.until_lost(self._ping_every)
            self._trouble = f"the connection to {connection.endpoint.url} was lost"
            logger.warning("%s", self._trouble)
            self._discovered = connection.discovered(self._endpoints)
            self._tell(False)
            disposing = asyncio.create_task(connection.dispose(), name="accsyn-relay link lost")
            try:
                await self._connect_again()
            finally:
                await disposing

    async def _connect_again(self) -> None:
        pause, longest = _PAUSES
        # All that were connected to a server that ended come at once.
        await self._clock.sleep(_FIRST_PAUSE * random.random())
        while True:
            try:
                return await self._connect_anywhere()
            except AccsynError as error:
                self._trouble = error.message
                logger.debug("NATS: %s", error.message)
            await self._clock.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 1.5, longest)

    async def _connect_anywhere(self) -> None:
        """Connect to the first server that answers.

        Raises:
            AuthenticationError: none takes this login, and one refuses it.
            ArgumentError: a file cannot be used.
            TransportError: none answers.
        """
        last = self._current.endpoint if self._current else None
        endpoints = [*random.sample(self._endpoints, len(self._endpoints)), *self._discovered]
        # The one that was just lost comes last.
        endpoints.sort(key=lambda endpoint: endpoint == last)
        failures: list[AccsynError] = []
        for endpoint in endpoints:
            connection = Connection(endpoint)
            try:
                await connection.open(self._options)
            except (AuthenticationError, TransportError) as error:
                failures.append(error)
                self._trouble = error.message
                continue
            self._current = connection
            self._trouble = None
            logger.info("connected to %s", endpoint.url)
            self._tell(True)
            return
        raise min(failures, key=lambda error: isinstance(error, TransportError))

    def _tell(self, up: bool) -> None:
        if up == self._up.is_set():
            return
        if up:
            self._down.clear()
            self._up.set()
        else:
            self._up.clear()
            self._down.set()
        for callback in list(self._callbacks.values()):
            callback()


def heed_cancellation() -> None:
    """End the running task if it was cancelled: nats-py swallows a cancellation now and then.

    Raises:
        CancelledError: it was.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task of one's own, and wait until it has ended, also when nats-py swallows a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCELS_EVERY)
