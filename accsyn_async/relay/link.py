"""A connection to NATS that is kept for ever.

Each time it is lost a new client of nats-py is made, on whichever server answers: one that was refused at
a reconnect, or has lost its way, would never come back by itself. What subscribes, subscribes anew when
the connection changes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import nats.errors
import nats.js.errors
from nats.aio.client import Client, RawCredentials
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from accsyn_async.errors import (
    AccsynError,
    ArgumentError,
    AuthenticationError,
    BackendError,
    PermissionDeniedError,
    SessionClosedError,
    TransportError,
)
from accsyn_async.relay.nats_options import Endpoint, NatsOptions
from accsyn_async.safe_text import safe
from accsyn_async.transport.seam import AsyncioClock, Clock

__all__ = ["Link", "NatsOptions", "end", "translate"]

logger = logging.getLogger("accsyn_async.relay")

_CONNECTS_WITHIN: Final = 2.0
_ANSWERS_WITHIN: Final = 3.0
_TAKES_WITHIN: Final = 1.0
_CANCELS_EVERY: Final = 0.5
_NEVER: Final = 10**8
_FIRST_PAUSE: Final = 0.25
_PAUSES: Final = (1.0, 10.0)
_MOST_DISCOVERED: Final = 100
_DENIED: Final = re.compile(r'permissions violation for (?:publish|subscription) to "([^"]*)"', re.IGNORECASE)


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
        self._current: _Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._callbacks: dict[object, Callable[[], None]] = {}
        self._up = asyncio.Event()
        self._trouble: str | None = "not connected yet"

    async def __aenter__(self) -> Link:
        """Connect.

        Raises:
            ArgumentError: an address or a file cannot be used.
            AuthenticationError: the server refuses the login.
            TransportError: no server is reached in time.
        """
        self._endpoints = self._options.endpoints()
        self._options.context()
        self._options.proof()
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
            await (asyncio.sleep(0) if self._up.is_set() else self._up.wait())
        return self.client

    def is_denied(self, subject: str) -> bool:
        """Whether the server has said on this connection that one may not publish or subscribe there."""
        denied = self._current.denied if self._current else ()
        # Who may not hear answers may not ask.
        return any(each == subject.lower() or each.startswith("_inbox.") for each in denied)

    async def request(
        self,
        subject: str,
        payload: bytes = b"",
        *,
        timeout: float = _ANSWERS_WITHIN,
        headers: Mapping[str, str] | None = None,
    ) -> Msg:
        """Ask, and wait for the answer; given up at once when the connection is lost.

        Raises:
            TransportError: there is no connection, nobody listens, or no answer came in time.
            PermissionDeniedError: this user may not ask there.
        """
        connection = self._connection
        if not self.connected:
            raise TransportError(f"NATS is out of reach: {self.trouble}")
        asked = asyncio.ensure_future(
            connection.client.request(
                subject, payload, timeout=timeout, headers=dict(headers) if headers else None
            )
        )
        lost = asyncio.ensure_future(connection.lost.wait())
        try:
            await asyncio.wait({asked, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise TransportError("the connection to NATS was lost before an answer came")
            return asked.result()
        except nats.errors.TimeoutError:
            if self.is_denied(subject):
                raise PermissionDeniedError(f"this user may not publish to {safe(subject)} on NATS") from None
            raise TransportError(f"NATS did not answer within {timeout:g} s") from None
        except (nats.errors.Error, OSError) as error:
            raise translate(error) from error
        finally:
            lost.cancel()
            asked.cancel()

    async def api(
        self, call: str, body: object = None, *, timeout: float = _ANSWERS_WITHIN
    ) -> dict[str, Any]:
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
            raise nats.js.errors.APIError.from_error(said["error"])
        return dict(said)

    @property
    def _connection(self) -> _Connection:
        if self._current is None:
            raise SessionClosedError("not connected to NATS: enter the link with `async with` first")
        return self._current

    async def _connect_first(self) -> None:
        where = ", ".join(endpoint.url for endpoint in self._endpoints)
        self._trouble = f"NATS does not answer ({where})"
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while True:
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
            connection = _Connection(endpoint)
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
            self._up.set()
        else:
            self._up.clear()
        for callback in list(self._callbacks.values()):
            callback()


class _Client(Client):
    """Says who it is over TLS only, where TLS is asked for; and says at once when it is closed."""

    def __init__(self, lost: asyncio.Event, *, insists_on_tls: bool) -> None:
        super().__init__()
        self._lost = lost
        self._insists_on_tls = insists_on_tls

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        # Its own callbacks come when all bytes are written, which may be never.
        self._lost.set()
        await super()._close(status, do_cbs)

    def _connect_command(self) -> bytes:
        if self._insists_on_tls and not self._server_info.get("tls_required"):
            raise nats.errors.SecureConnRequiredError
        return super()._connect_command()


class _Connection:
    """One connection to one server, which ends some day."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.lost = asyncio.Event()
        self.denied: set[str] = set()
        self.client: Client = _Client(self.lost, insists_on_tls=endpoint.tls)
        self._opening = True
        self._jetstream: JetStreamContext | None = None

    @property
    def jetstream(self) -> JetStreamContext:
        if self._jetstream is None:
            self._jetstream = self.client.jetstream(timeout=_ANSWERS_WITHIN)
        return self._jetstream

    async def open(self, options: NatsOptions) -> None:
        """Connect, once.

        Raises:
            AuthenticationError: the server refuses the login.
            ArgumentError: a file cannot be used.
            TransportError: it is not reached.
        """
        endpoint = self.endpoint
        settings = _identity(options, endpoint)
        task = asyncio.current_task()
        cancelled_before = task.cancelling() if task else 0
        context = options.context()
        if context is not None:
            settings["tls"] = context
        try:
            async with asyncio.timeout(2 * _CONNECTS_WITHIN):
                await self.client.connect(
                    [endpoint.url],
                    name=options.name,
                    error_cb=self._on_error,
                    allow_reconnect=False,
                    connect_timeout=_CONNECTS_WITHIN,  # type: ignore[arg-type]
                    reconnect_time_wait=0,
                    ping_interval=_NEVER,
                    # A publish whose bytes nobody takes would wait for ever, also when all is closed.
                    flush_timeout=_TAKES_WITHIN,
                    tls_hostname=endpoint.hostname,
                    **settings,
                )
            if task and task.cancelling() > cancelled_before:
                # Swallowed by wait_for, before Python 3.12.
                raise asyncio.CancelledError
        except Exception as error:
            await self.dispose()
            raise translate(error, endpoint.url) from None
        except BaseException:
            await self.dispose()
            raise
        self._opening = False

    async def until_lost(self, ping_every: float) -> None:
        """Wait until the connection is lost; one that answers no more is."""
        while not self.lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ping_every):
                    await self.lost.wait()
            if not self.lost.is_set():
                try:
                    await self.client.rtt(timeout=ping_every)  # type: ignore[arg-type]
                except (nats.errors.Error, OSError):
                    self.lost.set()

    async def dispose(self, *, gracefully: bool = False) -> None:
        """End it, whatever the other side does.

        Args:
            gracefully: try to write first what has not been.
        """
        self._opening = False
        self.lost.set()
        try:
            if gracefully:
                with suppress(Exception):
                    async with asyncio.timeout(_TAKES_WITHIN):
                        await self.client.close()
        finally:
            transport, self.client._transport = self.client._transport, None
            for writer in ("_io_writer", "_bare_io_writer"):
                # Closed only, a socket whose bytes nobody takes stays open until the system gives up.
                left = getattr(transport, writer, None)
                if left is not None:
                    left.transport.abort()
            with suppress(Exception):
                await self.client.close()

    def discovered(self, known: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        """The servers that the server told of, to be reached as this one was."""
        places = {(each.host, each.port) for each in known}
        found = []
        for server in self.client.discovered_servers[:_MOST_DISCOVERED]:
            if server.hostname and server.port and (server.hostname, server.port) not in places:
                found.append(self.endpoint._replace(host=server.hostname, port=server.port))
        return tuple(found)

    async def _on_error(self, error: Exception) -> None:
        if self._opening:
            # nats-py would try again for ever.
            raise error
        denied = _DENIED.search(str(error))
        if denied and denied[1] not in self.denied:
            self.denied.add(denied[1].lower())
            logger.warning("NATS: %s", safe(error))
        else:
            logger.debug("NATS: %s", safe(error))
        if isinstance(error, nats.errors.StaleConnectionError):
            self.lost.set()


def _identity(options: NatsOptions, endpoint: Endpoint) -> dict[str, Any]:
    """What nats-py is to be told of who connects."""
    proof = options.proof()
    if proof is not None:
        if proof.jwt is not None:
            return {"user_credentials": RawCredentials(proof.jwt.reveal())}
        assert proof.seed is not None
        return {"nkeys_seed_str": proof.seed.reveal()}
    if options.token is not None:
        return {"token": options.token.reveal()}
    if endpoint.secret is None:
        return {}
    if endpoint.user is None:
        return {"token": endpoint.secret.reveal()}
    return {"user": endpoint.user, "password": endpoint.secret.reveal()}


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task of one's own, and wait until it has ended, also when nats-py swallows a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCELS_EVERY)


def translate(error: BaseException, server: str = "") -> AccsynError:
    """An error of NATS in this library's words.

    Args:
        error: what was raised.
        server: where, without secrets.

    >>> translate(nats.errors.NoRespondersError())
    TransportError('NATS: nobody answers there')
    """
    where = f" ({server})" if server else ""
    said = str(error).removeprefix("nats: ").strip().strip("'")
    lower = said.lower()
    if isinstance(error, AccsynError):
        return error
    if isinstance(error, nats.errors.AuthorizationError) or "authorization violation" in lower:
        return AuthenticationError(
            f"NATS refuses the login{where}: wrong or no token, password or credentials"
        )
    if "authentication" in lower:
        return AuthenticationError(f"NATS refuses the login{where}: {safe(said)}")
    if "permissions violation" in lower:
        return PermissionDeniedError(f"NATS: {safe(said)}")
    if isinstance(error, nats.js.errors.APIError):
        temporary = error.code is None or error.code >= 500
        return BackendError(f"NATS JetStream: {safe(error.description)}", temporary=temporary)
    if isinstance(error, nats.errors.SecureConnRequiredError):
        return TransportError(f"NATS: the server{where} speaks no TLS, and nothing else will do")
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or "it cannot be verified"
        return TransportError(f"NATS: the server's certificate is not trusted{where}: {safe(reason)}")
    if isinstance(error, ssl.SSLError):
        return TransportError(
            f"NATS: no TLS with the server{where}: {safe(getattr(error, 'reason', None) or error)}"
        )
    if isinstance(error, nats.errors.NoRespondersError):
        return TransportError("NATS: nobody answers there")
    if isinstance(error, TimeoutError):
        return TransportError(f"NATS does not answer{where}")
    if isinstance(error, OSError):
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
        return TransportError(f"NATS is out of reach{where}: {safe(reason)}")
    if isinstance(error, nats.errors.Error):
        return TransportError(f"NATS: {safe(said or type(error).__name__)}{where}")
    return ArgumentError(f"NATS{where}: {safe(said)}")
