"""A session with an accsyn workspace: its lifecycle, and what it can be asked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl as ssl_module
import uuid
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar

import aiohttp

from accsyn_async._version import __version__
from accsyn_async.errors import AccsynError, ArgumentError, OutcomeUnknownError, SessionClosedError
from accsyn_async.logs import log_to
from accsyn_async.monitor.monitor import Monitor
from accsyn_async.monitor.schedule import PollPolicy
from accsyn_async.submission.submitting import Submitting
from accsyn_async.times import is_seconds
from accsyn_async.transport.addresses import addresses_of
from accsyn_async.transport.credentials import Password, resolve
from accsyn_async.transport.http import AiohttpSender
from accsyn_async.transport.limiter import Limiter, Priority, RateLimit
from accsyn_async.transport.pipeline import Pipeline, Timeouts
from accsyn_async.transport.proofs import Proofs
from accsyn_async.transport.seam import AsyncioClock, Clock, Sender
from accsyn_async.transport.traffic import Traffic
from accsyn_async.wire.dialect import ApiVersion, Dialect, is_host
from accsyn_async.wire.ends import EndReader
from accsyn_async.wire.message import Call, Ticket, Verb
from accsyn_async.wire.redact import Redactor, Secret
from accsyn_async.wire.reply import Failure
from accsyn_async.wire.rows import JobReader
from accsyn_async.wire.v1 import V1
from accsyn_async.wire.v3 import V3

__all__ = ["Session"]

T = TypeVar("T")

_LONGEST_URL = 8000
"""Bytes: many servers take no longer request line than 8 KB."""
_POLL_TIMEOUT = 30.0
"""Seconds that one request of a poll may take: the next poll asks again."""


class Session(Submitting):
    """A session with an accsyn workspace; use it in ``async with``.

    What is not given is taken from an env file or the environment: see the page on settings, and
    the module ``accsyn_async.transport.credentials``. Entering logs in.

    Args:
        workspace: the workspace's code (``ACCSYN_WORKSPACE``).
        username: the user's e-mail address (``ACCSYN_API_USER``).
        api_key: the user's API key (``ACCSYN_API_KEY``).
        hostname: the backend's host; ``None`` asks accsyn for it.
        port: the backend's port; ``None`` is 443, or what accsyn says.
        proxy: ``accsyn:host:port``, or ``socks:``, ``socks4:`` or ``socks5:`` likewise
            (``ACCSYN_PROXY``).
        verbose: log what is sent and answered, without secrets, to standard error.
        pretty_json: indent replies in that log.
        path_logfile: a file for the log in place of standard error.
        timeout: seconds to wait for the next byte of a reply; 120 when ``None``.
        connect_timeout: seconds to wait for a connection; 10 when ``None``.
        domain: the old name of ``workspace``.
        path_envfile: an env file with the above (``ACCSYN_CREDENTIALS_PATH``).
        url: the backend's address, such as ``http://127.0.0.1:8181``; skips asking
            for it (``ACCSYN_URL``).
        ssl: ``True`` checks the backend's certificate; an ``SSLContext`` does as it
            says; ``False`` checks nothing, and lets ``url`` be plain HTTP to another
            computer.
        pwd: (v1) the user's password, or a function, sync or async, that is asked for
            it at each login, so that it need not stay in memory. A sync one is called
            on the event loop.
        session_key: (v1) the key of a session that somebody else began
            (``ACCSYN_SESSION_KEY``). It cannot renew itself: pass ``pwd`` too, or be
            ready for ``SessionExpiredError``.
        api_version: ``"v3"``, or ``"v1"`` for an older workspace.
        rate_limit: how many requests may go out; ``None`` lifts it.
        poll: how often watches poll.
        client_session: an aiohttp session of your own to send with; it is left as it
            is, and open. Its connector, headers, cookies, proxy and middlewares apply.
        trace_configs: aiohttp's hooks into requests and connections; with
            ``client_session``, give them to that.

    Raises:
        AuthenticationError: a setting is missing; on entering, the login was refused.
        ArgumentError: a setting cannot be used.
        TransportError: (on entering) the backend was not reached.

    Example::

        async with Session() as session:
            for transfer in await session.find("Transfer"):
                print(transfer["name"], transfer["status"])
    """

    __version__ = __version__

    def __init__(
        self,
        workspace: str | None = None,
        username: str | None = None,
        api_key: str | None = None,
        hostname: str | None = None,
        port: int | None = None,
        proxy: str | None = None,
        verbose: bool = False,
        pretty_json: bool = False,
        path_logfile: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = None,
        domain: str | None = None,
        path_envfile: str | os.PathLike[str] | None = None,
        *,
        url: str | None = None,
        ssl: bool | ssl_module.SSLContext = True,
        pwd: Password | None = None,
        session_key: str | None = None,
        api_version: ApiVersion = "v3",
        rate_limit: RateLimit | None = RateLimit(25, burst=40),  # noqa: B008 - it is immutable
        poll: PollPolicy = PollPolicy(),  # noqa: B008 - it is immutable
        client_session: aiohttp.ClientSession | None = None,
        trace_configs: Sequence[aiohttp.TraceConfig] = (),
        _sender: Sender | None = None,
        _clock: Clock | None = None,
    ) -> None:
        _check_kinds(hostname=hostname, ssl=ssl, rate_limit=rate_limit, poll=poll)
        if api_version not in ("v3", "v1"):
            raise ArgumentError(f"api_version is 'v3' or 'v1', not {api_version!r}")
        settings = resolve(
            workspace=workspace or domain,
            username=username,
            api_key=api_key,
            pwd=pwd,
            session_key=session_key,
            api_version=api_version,
            url=url,
            proxy=proxy,
            path_envfile=path_envfile,
        )
        self._timeout = _seconds("timeout", timeout, 120.0)
        self._connect_timeout = _seconds("connect_timeout", connect_timeout, 10.0)
        self._username = settings.credentials.username
        self._workspace = settings.credentials.workspace
        self._opened = self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log = contextlib.ExitStack()
        self._log_to = log_to(verbose=verbose, path_logfile=path_logfile)

        base, socks = addresses_of(settings, hostname, port, plain_allowed=ssl is False)
        self._clock = clock = _clock or AsyncioClock()
        self._dialect = _dialect(api_version, self._workspace, self._username)
        self._pipeline = Pipeline(
            dialect=self._dialect,
            proofs=Proofs(settings.credentials),
            sender=_sender
            or AiohttpSender(
                ssl=ssl,
                connect_timeout=self._connect_timeout,
                socks=socks,
                client_session=client_session,
                trace_configs=trace_configs,
            ),
            clock=clock,
            base=base,
            port=port,
            limiter=Limiter(rate_limit, clock),
            redact=Redactor(),
            timeouts=Timeouts(read=self._timeout, total=self._timeout * 2 + self._connect_timeout),
            pretty=pretty_json,
        )
        self._monitor = Monitor(
            self._poll, workspace=self._workspace, policy=poll, clock=clock, room=self._room
        )

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._opened else "not entered"
        return f"<Session {self._username!r} @ {self._workspace!r}, {state}>"

    async def __aenter__(self) -> Session:
        if self._opened:
            raise SessionClosedError("a session is entered once; make another")
        self._opened, self._loop = True, asyncio.get_running_loop()
        self._log.enter_context(self._log_to)
        try:
            await self._pipeline.login()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End every watch, stop polling and close all connections. May be called twice."""
        self._closed = True
        try:
            await self._monitor.aclose()
        finally:
            try:
                await self._pipeline.aclose()
            finally:
                self._log.close()

    @property
    def workspace(self) -> str:
        """The workspace's code."""
        return self._workspace

    @property
    def username(self) -> str:
        """The user's e-mail address."""
        return self._username

    @property
    def timeout(self) -> float:
        """Seconds to wait for the next byte of a reply."""
        return self._timeout

    @property
    def connect_timeout(self) -> float:
        """Seconds to wait for a connection."""
        return self._connect_timeout

    @property
    def api_version(self) -> ApiVersion:
        """The dialect that the workspace speaks."""
        return self._dialect.version

    @property
    def role(self) -> str | None:
        """What the user may do: admin, employee, standard …; ``None`` before the login."""
        ticket = self._pipeline.ticket
        return ticket.role if ticket else None

    @property
    def traffic(self) -> Traffic:
        """What this session has sent so far, and what came of it.

        >>> import asyncio
        >>> from accsyn_async.sandbox import Sandbox
        >>> async def main():
        ...     async with Sandbox() as box, box.session() as session:
        ...         await session.find("Transfer")
        ...         return session.traffic
        >>> asyncio.run(main()).requests
        {('PUT', 'login', 'ok'): 1, ('GET', 'transfer', 'ok'): 1}
        """
        return self._pipeline.traffic

    def get_last_message(self) -> str | None:
        """The message of the last call that failed; ``None`` when none did."""
        return self._pipeline.last_message

    @property
    def _uid(self) -> str:
        return self._ticket().uid

    @property
    def _session_key(self) -> Secret | None:
        return self._ticket().key

    def _hide(self, secret: str) -> None:
        self._pipeline.hide(secret)

    def _ticket(self) -> Ticket:
        self._check_open()
        ticket = self._pipeline.ticket
        if ticket is None:
            raise SessionClosedError("the session has not logged in yet")
        return ticket

    async def _event(
        self,
        verb: Verb,
        uri: str,
        data: dict[str, Any] | list[Any] | None = None,
        *,
        query: str | None = None,
        entityid: str | None = None,
    ) -> dict[str, Any]:
        self._check_open()
        try:
            reply: dict[str, Any] = await self._pipeline.call(Call(verb, uri, data, query, entityid))
        except OutcomeUnknownError:
            self._monitor.wake()
            raise
        if verb != "GET":
            self._monitor.wake()
        return reply

    def _room(self, call: Call) -> int:
        return _LONGEST_URL - self._pipeline.url_length(call)

    async def _read(self, call: Call, read: Callable[[bytes], T | Failure]) -> T:
        self._check_open()
        return await self._pipeline.call(call, read)

    async def _poll(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        return await self._pipeline.call(
            call,
            read,
            priority=Priority.POLL,
            attempts=1,
            total=min(_POLL_TIMEOUT, self._timeout),
            known=read.body if isinstance(read, JobReader | EndReader) else b"",
        )

    def _check_open(self) -> None:
        if self._closed:
            raise SessionClosedError("the session is closed")
        if not self._opened:
            raise SessionClosedError("enter the session first: async with Session() as session")
        if _elsewhere(self._loop):
            raise AccsynError(
                "the session was entered in another event loop, and belongs to it; make one in this loop"
            )


def _dialect(api_version: ApiVersion, workspace: str, username: str) -> Dialect:
    hostname = socket.gethostname()
    if api_version == "v1":
        return V1(workspace, username, hostname, str(uuid.uuid4()))
    return V3(workspace, username, hostname)


def _check_kinds(*, hostname: object, ssl: object, rate_limit: object, poll: object) -> None:
    if hostname is not None and not is_host(hostname):
        # Not shown: somebody may have put a password into it.
        raise ArgumentError("hostname is a host's name or address alone; see port= and url=")
    if not isinstance(ssl, bool | ssl_module.SSLContext):
        raise ArgumentError(f"ssl is True, False or an SSLContext, not {ssl!r}")
    if rate_limit is not None and not isinstance(rate_limit, RateLimit):
        raise ArgumentError(f"rate_limit is a RateLimit or None, not {rate_limit!r}")
    if not isinstance(poll, PollPolicy):
        raise ArgumentError(f"poll is a PollPolicy, not {poll!r}")


def _elsewhere(home: asyncio.AbstractEventLoop | None) -> bool:
    """Whether another event loop than this one runs here."""
    try:
        return asyncio.get_running_loop() is not home
    except RuntimeError:
        return False


def _seconds(name: str, value: float | None, otherwise: float) -> float:
    if value is None:
        return otherwise
    if not is_seconds(value) or not value:
        raise ArgumentError(f"{name} is a positive number of seconds, not {value!r}")
    return float(value)
