"""One connection to one NATS server, which ends some day."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import nats.errors
from nats.aio.client import Client, RawCredentials
from nats.js import JetStreamContext

from accsyn_async.relay.nats_errors import translate
from accsyn_async.relay.nats_options import Endpoint, NatsOptions
from accsyn_async.safe_text import safe

__all__ = ["ANSWERS_WITHIN", "Connection"]

logger = logging.getLogger("accsyn_async.relay")

ANSWERS_WITHIN: Final = 3.0
"""Seconds that a server has to answer."""

_CONNECTS_WITHIN: Final = 2
_TAKES_WITHIN: Final = 1.0
_NEVER: Final = 10**8
_MOST_DISCOVERED: Final = 100
_DENIED: Final = re.compile(r'permissions violation for (?:publish|subscription) to "([^"]*)"', re.IGNORECASE)


class _Client(Client):
    """Says who it is over TLS only, where TLS is asked for; and says at once when it is closed."""

    def __init__(self, closed: Callable[[], None], *, insists_on_tls: bool) -> None:
        super().__init__()
        self._told_of_close = closed
        self._insists_on_tls = insists_on_tls

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        # Its own callbacks come when all bytes are written, which may be never.
        self._told_of_close()
        await super()._close(status, do_cbs)

    def _connect_command(self) -> bytes:
        if self._insists_on_tls and not self._server_info.get("tls_required"):
            raise nats.errors.SecureConnRequiredError
        return super()._connect_command()


class Connection:
    """One connection to one server, which ends some day.

    Attributes:
        endpoint: the server.
        client: nats-py's client.
        lost: set when the connection is lost, or closed.
        waiting: what waits for an answer, each with the subject that it asked on; woken when none comes.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.lost = asyncio.Event()
        self.client: Client = _Client(self.lose, insists_on_tls=endpoint.tls)
        self.waiting: dict[asyncio.Future[None], str] = {}
        self._denied: set[str] = set()
        self._opening = True
        self._jetstream: JetStreamContext | None = None

    @property
    def jetstream(self) -> JetStreamContext:
        """JetStream by way of it."""
        if self._jetstream is None:
            self._jetstream = self.client.jetstream(timeout=ANSWERS_WITHIN)
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
                    connect_timeout=_CONNECTS_WITHIN,
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
        lost = asyncio.ensure_future(self.lost.wait())
        try:
            while not self.lost.is_set():
                await asyncio.wait({lost}, timeout=ping_every)
                if not self.lost.is_set():
                    await self._ping(lost, ping_every)
        finally:
            lost.cancel()

    async def _ping(self, lost: asyncio.Future[Any], timeout: float) -> None:
        """Look whether the server answers, for as long as the connection is not known to be lost."""
        ping = asyncio.ensure_future(self.client.rtt(timeout=timeout))  # type: ignore[arg-type]
        try:
            await asyncio.wait({ping, lost}, return_when=asyncio.FIRST_COMPLETED)
            if ping.done():
                ping.result()
        except (nats.errors.Error, OSError):
            self.lose()
        finally:
            ping.cancel()
            await asyncio.gather(ping, return_exceptions=True)

    def lose(self) -> None:
        """Tell all who wait for an answer that none comes any more."""
        self.lost.set()
        for over in self.waiting:
            if not over.done():
                over.set_result(None)

    def is_denied(self, subject: str) -> bool:
        """Whether the server has said that one may not publish or subscribe there."""
        # Who may not hear answers may not ask.
        return any(each == subject.lower() or each.startswith("_inbox.") for each in self._denied)

    async def dispose(self, *, gracefully: bool = False) -> None:
        """End it, whatever the other side does.

        Args:
            gracefully: try to write first what has not been.
        """
        self._opening = False
        self.lose()
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
        if denied and denied[1].lower() not in self._denied:
            self._denied.add(denied[1].lower())
            logger.warning("NATS: %s", safe(error))
            for over, subject in self.waiting.items():
                if self.is_denied(subject) and not over.done():
                    over.set_result(None)
        else:
            logger.debug("NATS: %s", safe(error))
        if isinstance(error, nats.errors.StaleConnectionError):
            self.lose()


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
