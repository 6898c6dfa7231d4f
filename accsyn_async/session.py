"""A session with an accsyn workspace: its lifecycle, and what it can be asked."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl as ssl_module
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar

import aiohttp

from accsyn_async.api.entities import EntityCalls
from accsyn_async.errors import ArgumentError, OutcomeUnknownError, SessionClosedError
from accsyn_async.logs import log_to
from accsyn_async.models import Job
from accsyn_async.monitor.monitor import Monitor
from accsyn_async.monitor.schedule import PollPolicy
from accsyn_async.monitor.selection import Watchable, select
from accsyn_async.monitor.wait import AsCompleted, wait_for_job
from accsyn_async.monitor.watch import Watch
from accsyn_async.transport.credentials import Settings, check_base_url, parse_proxy, resolve
from accsyn_async.transport.http import AiohttpSender
from accsyn_async.transport.limiter import Limiter, Priority, RateLimit
from accsyn_async.transport.pipeline import Pipeline, Timeouts
from accsyn_async.transport.seam import AsyncioClock, Clock, Sender
from accsyn_async.wire.message import Call, Ticket, Verb
from accsyn_async.wire.redact import Redactor
from accsyn_async.wire.reply import Failure
from accsyn_async.wire.v3 import MASTER, V3

__all__ = ["Session"]

T = TypeVar("T")

_POLL_TIMEOUT = 30.0
"""Seconds that one request of a poll may take: the next poll asks again."""


class Session(EntityCalls):
    """A session with an accsyn workspace; use it in ``async with``.

    What is not given is taken from an env file or the environment: see
    ``accsyn_async.transport.credentials``. Entering logs in.

    Args:
        workspace: the workspace's code (``ACCSYN_WORKSPACE``).
        username: the user's e-mail address (``ACCSYN_API_USER``).
        api_key: the user's API key (``ACCSYN_API_KEY``).
        hostname: the backend's host; ``None`` asks accsyn for it.
        port: the backend's port; ``None`` is 443, or what accsyn says.
        proxy: ``accsyn:host:port`` or ``socks:host:port`` (``ACCSYN_PROXY``).
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
        rate_limit: RateLimit | None = RateLimit(25, burst=40),  # noqa: B008 - it is immutable
        poll: PollPolicy = PollPolicy(),  # noqa: B008 - it is immutable
        client_session: aiohttp.ClientSession | None = None,
        trace_configs: Sequence[aiohttp.TraceConfig] = (),
        _sender: Sender | None = None,
        _clock: Clock | None = None,
    ) -> None:
        settings = resolve(
            workspace=workspace or domain,
            username=username,
            api_key=api_key,
            url=url,
            proxy=proxy,
            path_envfile=path_envfile,
        )
        self._timeout = _seconds("timeout", timeout, 120.0)
        self._connect_timeout = _seconds("connect_timeout", connect_timeout, 10.0)
        self._username = settings.credentials.username
        self._workspace = settings.credentials.workspace
        self._ticket: Ticket | None = None
        self._opened = self._closed = False
        self._log = contextlib.ExitStack()
        self._log_to = log_to(verbose=verbose, path_logfile=path_logfile)

        base, master, socks = _addresses(settings, hostname, port, plain_allowed=ssl is False)
        clock = _clock or AsyncioClock()
        redact = Redactor()
        key = settings.credentials.api_key
        redact.know(key.reveal())
        self._pipeline = Pipeline(
            dialect=V3(self._workspace, self._username, key, socket.gethostname()),
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
            master=master,
            port=port,
            limiter=Limiter(rate_limit, clock),
            redact=redact,
            timeouts=Timeouts(read=self._timeout, total=self._timeout * 2 + self._connect_timeout),
            pretty=pretty_json,
        )
        self._monitor = Monitor(self._poll, workspace=self._workspace, policy=poll, clock=clock)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._opened else "not entered"
        return f"<Session {self._username!r} @ {self._workspace!r}, {state}>"

    async def __aenter__(self) -> Session:
        if self._opened:
            raise SessionClosedError("a session is entered once; make another")
        self._opened = True
        self._log.enter_context(self._log_to)
        try:
            self._ticket = await self._pipeline.login()
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
    def role(self) -> str | None:
        """What the user may do: admin, employee, standard …; ``None`` before the login."""
        return self._ticket.role if self._ticket else None

    def get_last_message(self) -> str | None:
        """The message of the last call that failed; ``None`` when none did."""
        return self._pipeline.last_message

    def watch(self, what: Watchable, *, entitytype: str = "transfer") -> Watch:
        """Watch jobs: first what is, then what changes.

        Args:
            what: an id, a query such as ``'Transfer WHERE user="lisa@example.com"'``,
                a job's row or snapshot, or several ids or rows.
            entitytype: the type of jobs that are given by id.

        Returns:
            The watch, to be entered with ``async with``. Iterating over it yields a
            ``JobFound`` for each job that there is, ``Synced``, and then events.

        Raises:
            QueryError: a text is neither an id nor a query of jobs; nothing is sent.
            ArgumentError: no ids, or something that is no id.

        Example::

            async with session.watch("Transfer WHERE status=running") as watch:
                async for event in watch:
                    print(event)
        """
        self._check_open()
        return Watch(self._monitor, select(what, entitytype))

    async def wait(
        self,
        job: Watchable,
        *,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        entitytype: str = "transfer",
    ) -> Job:
        """Wait until a job is done.

        Cancelling the wait leaves the job alone.

        Args:
            job: its id, row or snapshot.
            timeout: seconds, all waiting counted; ``None`` waits for ever.
            tolerate_failed: keep waiting when it fails, as it may be retried.
            entitytype: its type.

        Returns:
            The job, done.

        Raises:
            JobFailedError: it failed.
            JobAbortedError: it was aborted.
            JobRemovedError: it was deleted, or is out of reach.
            NotFoundError: there is none of this id.
            WaitTimeoutError: (a ``TimeoutError``) time ran out; says how it looked.
            AuthenticationError: a login was refused.
            SessionClosedError: the session was closed meanwhile.

        Example::

            job = await session.wait(transfer["id"], timeout=3600)
        """
        self._check_open()
        return await wait_for_job(
            self._monitor, select(job, entitytype), timeout=timeout, tolerate_failed=tolerate_failed
        )

    def as_completed(self, jobs: Watchable, *, entitytype: str = "transfer") -> AsCompleted:
        """Iterate over jobs in the order in which they come to their ends.

        Args:
            jobs: ids, rows or snapshots.
            entitytype: their type.

        Returns:
            An async iterator of jobs, done or aborted. It raises ``JobRemovedError``
            for one that was deleted, and what a watch raises.

        Raises:
            ArgumentError: no ids, or something that is no id.

        Example::

            async for job in session.as_completed([first["id"], second["id"]]):
                print(job.name, job.status)
        """
        self._check_open()
        selection = select(jobs, entitytype)
        if selection.ids is None:
            raise ArgumentError("as_completed is for jobs by their ids; watch takes queries")
        return AsCompleted(self._monitor, selection)

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

    async def _poll(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        return await self._pipeline.call(
            call, read, priority=Priority.POLL, attempts=1, total=min(_POLL_TIMEOUT, self._timeout)
        )

    def _check_open(self) -> None:
        if self._closed:
            raise SessionClosedError("the session is closed")
        if not self._opened:
            raise SessionClosedError("enter the session first: async with Session() as session")


def _addresses(
    settings: Settings, hostname: str | None, port: int | None, *, plain_allowed: bool
) -> tuple[str | None, str, str | None]:
    """The backend's address, if it is known; who is asked for it otherwise; a SOCKS server."""
    proxy = parse_proxy(settings.proxy) if settings.proxy else None
    socks = proxy.url if proxy and proxy.is_socks else None
    if settings.url:
        return check_base_url(settings.url, plain_allowed=plain_allowed), MASTER, socks
    if proxy and not proxy.is_socks:
        return proxy.url, proxy.url, None
    if hostname:
        address = f"https://{hostname}:{port or 443}"
        return check_base_url(address, plain_allowed=plain_allowed), MASTER, socks
    return None, MASTER, socks


def _seconds(name: str, value: float | None, otherwise: float) -> float:
    if value is None:
        return otherwise
    if not value > 0:
        raise ArgumentError(f"{name} is a positive number of seconds, not {value!r}")
    return float(value)
