"""A session with an accsyn workspace: its lifecycle, and what it can be asked."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import ssl as ssl_module
import uuid
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Literal, TypeVar, overload

import aiohttp

from accsyn_async._version import __version__
from accsyn_async.api.calls import Calls
from accsyn_async.errors import AccsynError, ArgumentError, OutcomeUnknownError, SessionClosedError
from accsyn_async.logs import log_to
from accsyn_async.models import Job
from accsyn_async.monitor.checkpoint import Checkpoint
from accsyn_async.monitor.monitor import Monitor
from accsyn_async.monitor.schedule import PollPolicy
from accsyn_async.monitor.selection import Selection, Watchable, select
from accsyn_async.monitor.store import StateStore
from accsyn_async.monitor.until import Until
from accsyn_async.monitor.wait import AsCompleted, wait_for_all, wait_for_job
from accsyn_async.monitor.watch import Watch
from accsyn_async.transport.credentials import Password, Settings, check_base_url, parse_proxy, resolve
from accsyn_async.transport.http import AiohttpSender
from accsyn_async.transport.limiter import Limiter, Priority, RateLimit
from accsyn_async.transport.pipeline import Pipeline, Timeouts
from accsyn_async.transport.proofs import Proofs
from accsyn_async.transport.seam import AsyncioClock, Clock, Sender
from accsyn_async.wire.dialect import ApiVersion, Dialect, is_host
from accsyn_async.wire.message import Call, Ticket, Verb
from accsyn_async.wire.redact import Redactor, Secret
from accsyn_async.wire.reply import Failure
from accsyn_async.wire.v1 import V1
from accsyn_async.wire.v3 import V3

__all__ = ["Session"]

logger = logging.getLogger("accsyn_async.session")

T = TypeVar("T")

_LONGEST_URL = 8000
"""Bytes: many servers take no longer request line than 8 KB."""
_POLL_TIMEOUT = 30.0
"""Seconds that one request of a poll may take: the next poll asks again."""


class Session(Calls):
    """A session with an accsyn workspace; use it in ``async with``.

    What is not given is taken from an env file or the environment: see
    ``accsyn_async.transport.credentials``. Entering logs in.

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
        self._log = contextlib.ExitStack()
        self._log_to = log_to(verbose=verbose, path_logfile=path_logfile)

        base, socks = _addresses(settings, hostname, port, plain_allowed=ssl is False)
        clock = _clock or AsyncioClock()
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
        self._opened = True
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

    def get_last_message(self) -> str | None:
        """The message of the last call that failed; ``None`` when none did."""
        return self._pipeline.last_message

    @property
    def monitor(self) -> Monitor:
        """What polls for this session's watches; ``session.monitor.statistics()`` tells how it stands."""
        return self._monitor

    def watch(
        self,
        what: Watchable,
        *,
        fields: Iterable[str] | None = None,
        tasks: bool = False,
        initial: bool = True,
        history: bool = True,
        checkpoint: str | os.PathLike[str] | StateStore | None = None,
        entitytype: str = "transfer",
    ) -> Watch:
        """Watch jobs: first what is, then what changes.

        Args:
            what: an id, a query such as ``'Transfer WHERE user="lisa@example.com"'``,
                a condition (``where("Transfer", status="running")``), a job's row or
                snapshot, or several ids or rows.
            fields: whose changes are told, of status, progress, speed, etr, size, eta, name,
                source, destination, user, parent, modified and metadata; ``None`` for the
                first five. With fields, only what they need is asked for, and a job shows
                its name, its status, when it was created and finished, and them: fewer
                fields, fewer changes, less to read. Ends are told whatever they are.
            tasks: tell changes of the tasks of running jobs, as ``TaskChanged``. Each such
                job takes a request of its own, of up to eight jobs a poll, in turn.
            initial: ``False`` leaves out the ``JobFound`` of each job that there is at first.
            history: ``False`` tells nothing of jobs that had ended before the watch began.
            checkpoint: a file, or a ``StateStore``, which keeps what was seen: a watch that
                comes back with it tells what ended while it was away, each end until it was
                used. One watch uses it at a time.
            entitytype: the type of jobs that are given by id: transfer, delivery, request,
                stream or compute.

        Returns:
            The watch, to be entered with ``async with``. Iterating over it yields a
            ``JobFound`` for each job that there is, ``Synced``, and then events.

        Raises:
            QueryError: a text is neither an id nor a query of jobs; nothing is sent.
            ArgumentError: no ids, or something that is no id; a field that there is not.

        Example::

            async with session.watch("Transfer WHERE status=running") as watch:
                async for event in watch:
                    print(event)
        """
        self._check_open()
        selection = select(what, entitytype, fields=fields, tasks=tasks, initial=initial, history=history)
        return Watch(self._monitor, selection, self._checkpoint(checkpoint, selection))

    async def wait(
        self,
        job: Watchable,
        *,
        until: Until | None = None,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        entitytype: str = "transfer",
    ) -> Job:
        """Wait until a job is done, or is what you say.

        Cancelling the wait leaves the job alone. It is seen when it is polled: a state
        that it was in only between two polls is missed, and so is one that has changed
        again while the event loop was busy. To wait for a short one such as ``running``,
        name those that may follow it too.

        Args:
            job: its id, row or snapshot.
            until: a state or its name, several of them, or a function that takes the
                ``Job`` and says whether it is time; called once for each state of the
                job that is seen, the present one first. ``None`` waits until it is done.
            timeout: seconds, all waiting counted; ``None`` waits for ever.
            tolerate_failed: keep waiting when it fails, as it may be retried. Not
                needed for a job that is waited for until it fails.
            entitytype: its type.

        Returns:
            The job, done, or as it was when ``until`` held.

        Raises:
            JobFailedError: it failed before that.
            JobAbortedError: it was aborted before that.
            JobRemovedError: it was deleted, or is out of reach.
            JobEndedError: (the base of these three) it is done, and ``until`` never held.
            NotFoundError: there is none of this id.
            WaitTimeoutError: (a ``TimeoutError``) time ran out; says how it looked.
            ArgumentError: not one job, or something that cannot be waited for; nothing
                is sent.
            AuthenticationError: a login was refused.
            SessionClosedError: the session was closed meanwhile.
            Exception: what the function raises.

        Example::

            job = await session.wait(transfer["id"], until=["running", "done"])
            job = await session.wait(transfer["id"], until=lambda job: job.progress >= 50)
            job = await session.wait(transfer["id"], timeout=3600)
        """
        self._check_open()
        return await wait_for_job(
            self._monitor,
            select(job, entitytype),
            until=until,
            timeout=timeout,
            tolerate_failed=tolerate_failed,
        )

    @overload
    async def wait_all(
        self,
        jobs: Watchable,
        *,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        return_exceptions: Literal[False] = False,
        entitytype: str = "transfer",
    ) -> list[Job]: ...
    @overload
    async def wait_all(
        self,
        jobs: Watchable,
        *,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        return_exceptions: bool,
        entitytype: str = "transfer",
    ) -> list[Job | AccsynError]: ...

    async def wait_all(
        self,
        jobs: Watchable,
        *,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        return_exceptions: bool = False,
        entitytype: str = "transfer",
    ) -> list[Job] | list[Job | AccsynError]:
        """Wait until each of several jobs is done.

        Cancelling the wait leaves the jobs alone, and so does the failure of one of them.

        Args:
            jobs: ids, rows or snapshots.
            timeout: seconds for all of them together; ``None`` waits for ever.
            tolerate_failed: keep waiting for one that fails, as it may be retried.
            return_exceptions: put the error of a job (it failed, was aborted or removed,
                is not there, or may not be seen) in its place in the list, and wait for
                the others. What concerns them all is raised all the same.
            entitytype: their type.

        Returns:
            The jobs, done, in the order given; one that was given twice, twice.

        Raises:
            JobFailedError, JobAbortedError, JobRemovedError: one came to another end;
                raised at once, with ``job``.
            NotFoundError: there is none of one of the ids.
            WaitTimeoutError: (a ``TimeoutError``) time ran out; says how many are open
                and how they looked.
            ArgumentError: no ids, or something that is no id; nothing is sent.
            AuthenticationError: a login was refused.
            SessionClosedError: the session was closed meanwhile.

        Example::

            for job in await session.wait_all([first, second], timeout=3600):
                print(job.name, job.size)
        """
        self._check_open()
        return await wait_for_all(
            self._monitor,
            jobs,
            entitytype,
            timeout=timeout,
            tolerate_failed=tolerate_failed,
            return_exceptions=return_exceptions,
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

    def _checkpoint(
        self, kept: str | os.PathLike[str] | StateStore | None, selection: Selection
    ) -> Checkpoint | None:
        if kept is None:
            return None
        if isinstance(kept, str | os.PathLike):
            # Imported late, as few watches keep anything.
            from accsyn_async.monitor.sqlite_store import SqliteStore

            kept = SqliteStore(kept)
        elif not all(callable(getattr(kept, name, None)) for name in ("load", "save", "aclose")):
            raise ArgumentError(f"checkpoint is a file's path or a StateStore, not {kept!r}")
        return Checkpoint(kept, self._workspace, selection)

    def _room(self, call: Call) -> int:
        return _LONGEST_URL - self._pipeline.url_length(call)

    async def _read(self, call: Call, read: Callable[[bytes], T | Failure]) -> T:
        self._check_open()
        return await self._pipeline.call(call, read)

    async def _poll(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        return await self._pipeline.call(
            call, read, priority=Priority.POLL, attempts=1, total=min(_POLL_TIMEOUT, self._timeout)
        )

    def _check_open(self) -> None:
        if self._closed:
            raise SessionClosedError("the session is closed")
        if not self._opened:
            raise SessionClosedError("enter the session first: async with Session() as session")


def _dialect(api_version: ApiVersion, workspace: str, username: str) -> Dialect:
    hostname = socket.gethostname()
    if api_version == "v1":
        return V1(workspace, username, hostname, str(uuid.uuid4()))
    return V3(workspace, username, hostname)


def _addresses(
    settings: Settings, hostname: str | None, port: int | None, *, plain_allowed: bool
) -> tuple[str | None, str | None]:
    """The backend's address, if it is known; a SOCKS server."""
    proxy = parse_proxy(settings.proxy) if settings.proxy else None
    socks = proxy.url if proxy and proxy.is_socks else None
    if settings.url:
        if proxy and not proxy.is_socks and proxy.url != settings.url.rstrip("/"):
            logger.warning("the accsyn proxy is not used, as url names the backend")
        return check_base_url(settings.url, plain_allowed=plain_allowed), socks
    if proxy and not proxy.is_socks:
        return proxy.url, None
    if hostname:
        address = f"https://{hostname}:{port or 443}"
        return check_base_url(address, plain_allowed=plain_allowed), socks
    return None, socks


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


def _seconds(name: str, value: float | None, otherwise: float) -> float:
    if value is None:
        return otherwise
    given: object = value
    if not isinstance(given, int | float) or not given > 0:
        raise ArgumentError(f"{name} is a positive number of seconds, not {value!r}")
    return float(given)
