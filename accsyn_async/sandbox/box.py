"""The sandbox: starts it all, and clears it away."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import web

from accsyn_async.sandbox.backend import Backend, Options
from accsyn_async.sandbox.backends import Backends
from accsyn_async.sandbox.files.clearing import remove
from accsyn_async.sandbox.files.folders import Folders
from accsyn_async.sandbox.keeping.keeper import Keeper
from accsyn_async.sandbox.keeping.state_file import StateFile
from accsyn_async.sandbox.rules.hosts import Hosts
from accsyn_async.sandbox.server.certificate import make_certificate
from accsyn_async.sandbox.server.control import Control
from accsyn_async.sandbox.server.dialects import Place
from accsyn_async.sandbox.server.limit import AddressLimit
from accsyn_async.sandbox.server.listening import make_server
from accsyn_async.sandbox.server.recording import RecordedRequest, Recording
from accsyn_async.sandbox.server.replies import Replies
from accsyn_async.sandbox.server.weather import Weather
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import SandboxUser

if TYPE_CHECKING:
    from accsyn_async.session import Session

__all__ = ["MAX_FACTOR", "Sandbox", "SandboxStatistics"]

MAX_FACTOR: Final = 1e18


@dataclass(frozen=True, slots=True)
class SandboxStatistics:
    """What a sandbox has been asked.

    Attributes:
        requests: HTTP requests, refused ones too.
        logins: sessions handed out.
        throttled: requests answered with 429.
        events: well-formed events by their uri; ``?`` for uris that do not exist.
    """

    requests: int
    logins: int
    throttled: int
    events: dict[str, int] = field(default_factory=dict)


class Sandbox:
    r"""A workspace in a box: a server that speaks accsyn's protocol and moves real files between folders.

    It holds three users (``admin``, ``employee`` and ``standard`` at ``example.com``), the main site ``hq``
    and a site ``berlin``, the volume ``projects``, the queue ``medium``, and a desktop app for each user.
    Clients come of programs that log in, not of calls: `hosts` starts more of them, takes them on- and
    offline, and maps shares on users' computers. A site that is made has no server before one is started.
    Api keys, passwords, ids and sessions are fresh at each start, unless they are kept in a file. It speaks
    today's dialect (v3) and that of older workspaces (v1).

    Of settings it obeys ``transfer_exclude``, ``transfer_include``, ``transfer_ignore_existing``,
    ``task_bucketsize`` and ``transfer_speedlimit`` (or ``transfer_speed_limit``, ``job_speed_limit``), when a
    task begins: its own and its job's, or else those of the delivery, queue, shares, clients, sites, users
    and workspace, of which the nearest decides; filters add up. Others that accsyn's manual names are kept
    and do nothing; ``transfer_`` settings that it does not name are refused. One transfer runs between two
    endpoints at a time. The engine ``pipeline`` computes nothing, takes the time of a task's parameter
    ``seconds``, and fails when its parameter ``fail`` says so.
    A regular expression in a query, a filter or a setting may be what Python reads, except for what cannot
    be followed in bounded time: references to groups, looking behind, possessive repeats. In ``ls`` and
    ``getsize`` one must occur in a name; in ``transfer_exclude`` and ``transfer_include`` it must fill it.
    A file's name that is no UTF-8, holds a backslash, or begins or ends with a blank is shown with characters
    of the last private plane in those places (``U+10FF20`` is a blank), and is asked for like that.
    Symbolic links and special files are not transferred: one inside a transferred folder fails its task,
    unless the settings leave it out.

    Example::

        async with Sandbox() as box:
            (box.volume / "a.mov").write_bytes(bytes(1_000_000))
            async with box.session() as session:
                transfer = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})

    Args:
        host: the address to listen on. Another than this machine's own (``127.0.0.1``, ``::1``) lets others
            on the network in, who still need an api key; that is for the caller to decide. Requests must name
            this address (or localhost) in ``Host``, so give the address that others use, not ``0.0.0.0``.
        port: the port; 0 for a free one.
        tls: whether to speak https, with a certificate of its own (needs ``accsyn-async[cli]``).
        workspace: the workspace's code.
        volume: the folder of the default volume; ``None`` for a temporary one. A folder given is kept.
        local_root: the folder that stands for the users' own machines: ``/Users/lisa/a.mov`` is
            ``<local_root>/Users/lisa/a.mov``, and ``C:\work`` is ``<local_root>/C/work``. ``None`` for a
            temporary one.
        speed: MB/s (1 MB is 1,000,000 bytes) that each running transfer gets.
        rate_limit: whether an address may send 30 requests a second (60 at once), as the real backend has it.
        give_api_keys: whether users may ask for their own api key, which workspaces refuse by default.
        seed: makes ids and the weather's choices the same in every run; secrets are fresh all the same.
        time_factor: seconds that pass in the box in a real one; 0 for a clock that stands still but for
            `advance`.
        synthetic_jobs: how many jobs without files there are from the start, which move by the clock.
        control: whether ``/_sandbox/`` is served to whoever has `control_token`.
        state: a file that keeps the workspace, its jobs, settings, logs, keys and sessions between runs; made
            when there is none. The folders that are not given are then beside it, in ``<state>.files``, and
            kept as well. Each change is in it before it is answered, even when the process is killed; what
            transfers have done is in it within a second. A transfer that was under way begins its file
            again; the clock never goes back. ``None`` keeps nothing.

    Raises:
        ValueError: ``speed`` is not above 0, ``time_factor`` or ``synthetic_jobs`` is below 0 or too much, or
            ``host`` or ``workspace`` is empty.
        StateError: ``async with`` finds that ``state`` is another kind of file, damaged, in use, or that of
            another workspace; closing, that it could not be written. A ``ValueError``.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        workspace: str = "acme",
        volume: Path | str | None = None,
        local_root: Path | str | None = None,
        speed: float = 50.0,
        rate_limit: bool = True,
        give_api_keys: bool = False,
        seed: int | str | None = None,
        time_factor: float = 1.0,
        synthetic_jobs: int = 0,
        control: bool = False,
        state: Path | str | None = None,
    ) -> None:
        if not 0 < speed < float("inf"):
            raise ValueError(f"speed must be above 0 MB/s, not {speed}")
        _check_factor(time_factor)
        if synthetic_jobs < 0:
            raise ValueError(f"synthetic_jobs must be 0 or more, not {synthetic_jobs}")
        if not host.strip():
            raise ValueError("host must not be empty; 0.0.0.0 is all addresses of this machine")
        if not workspace:
            raise ValueError("workspace must not be empty")
        self._host = host
        self._port = port
        self._tls = tls
        self._code = workspace
        self._volume = volume
        self._local_root = local_root
        self._state = None if state is None else Path(state).resolve()
        self._time_factor = time_factor
        self._resetting = asyncio.Lock()
        self._clock = Clock(factor=time_factor)
        self._weather = Weather(seed)
        self._recording = Recording()
        self._place = Place()
        self._control = Control(self) if control else None
        limit = AddressLimit() if rate_limit else None
        self._replies = Replies(self._clock, self._weather, self._recording, limit, self._control)
        self._options = Options(speed, seed, synthetic_jobs, give_api_keys)
        self._backends = Backends(workspace, self._clock, self._replies, self._place, self._options)
        self._stack: AsyncExitStack | None = None
        self._folders: Folders | None = None
        self._ca: Path | None = None

    async def __aenter__(self) -> Self:
        if self._folders is not None:
            raise RuntimeError("a Sandbox can be started once")
        async with AsyncExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="accsyn-sandbox-"))
            stack.push_async_callback(asyncio.to_thread, remove, folder)
            folders, file, tls = await asyncio.to_thread(self._prepare, folder)
            self._folders = folders
            if file is not None:
                stack.callback(file.close)
            stack.push_async_callback(self._backends.aclose)
            await self._backends.begin(folders, None if file is None else Keeper(file, folders))
            runner = make_server(self._replies.handle)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.callback(self._replies.turn_away)
            site = web.TCPSite(runner, self._host, self._port, ssl_context=tls)
            await site.start()
            self._port = runner.addresses[0][1]
            self._place.hostname, self._place.port = _reachable(self._host), self._port
            self._replies.bind(self._place.hostname, self._port)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop the server and all transfers and remove the temporary folders; again does nothing."""
        stack, self._stack = self._stack, None
        if stack is not None:
            await stack.aclose()

    @property
    def url(self) -> str:
        """The address, such as ``http://127.0.0.1:43121``."""
        self._started()
        host = _reachable(self._host)
        return f"{'https' if self._tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def workspace(self) -> str:
        """The workspace's code."""
        return self._code

    @property
    def users(self) -> tuple[SandboxUser, ...]:
        """The users, with their api keys."""
        return self._started().workspace.users

    @property
    def volume(self) -> Path:
        """The folder of the default volume ``projects`` at the main site."""
        return self._started().workspace.main_site.folder

    @property
    def local_root(self) -> Path:
        """The folder that stands for the users' own machines."""
        return self._started().workspace.local_root

    @property
    def ca(self) -> Path | None:
        """The PEM file of the authority that signed the certificate; ``None`` without TLS."""
        self._started()
        return self._ca

    def site_root(self, code: str) -> Path:
        """The folder of a remote site, which holds its copy of each volume (``<folder>/projects/…``).

        Example::

            frames = box.site_root("berlin") / "projects" / "a.mov"  # what "a.mov" is there, once it is sent

        Raises:
            KeyError: there is no remote site of that code.
        """
        site = self._started().workspace.find_site(code)
        if site is None or site.main:
            raise KeyError(code)
        return site.folder

    @property
    def hosts(self) -> Hosts:
        """The computers, which can be started, switched off and have shares mapped."""
        return Hosts(self._started().workspace)

    def user(self, role: str) -> SandboxUser:
        """The first user of a role (``admin``, ``employee``, ``standard``), or that of an e-mail address.

        Example::

            assert box.user("standard").username == "standard@example.com"

        Raises:
            KeyError: there is none.
        """
        return self.hosts.user(role)

    def session(self, role: str = "admin", **options: Any) -> Session:
        """A client session for a user of this sandbox, not yet entered.

        Example::

            async with box.session("employee") as session:
                await session.find("Transfer")

        Args:
            role: whose, by role or e-mail address.
            options: passed on to `accsyn_async.Session`, whose own ``async with`` opens it; with
                ``api_version="v1"`` it speaks as older clients do, also with ``pwd=`` or ``session_key=``
                instead of the api key.
        """
        from accsyn_async.session import Session

        user = self.user(role)
        if self.ca is not None:
            options.setdefault("ssl", ssl.create_default_context(cafile=self.ca))
        if "pwd" not in options and "session_key" not in options:
            options.setdefault("api_key", user.api_key)
        return Session(self._code, user.username, url=self.url, **options)

    @property
    def weather(self) -> Weather:
        """What goes wrong; ``box.weather.add("throttle", count=2)`` lets something."""
        return self._weather

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What was asked, the oldest first (the last ten thousand), with secrets masked."""
        return self._recording.requests

    @property
    def now(self) -> datetime:
        """The time in the box."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    @property
    def time_factor(self) -> float:
        """Seconds that pass in the box in a real one."""
        return self._clock.factor

    @property
    def control_token(self) -> str:
        """What ``/_sandbox/`` wants as ``X-Sandbox-Token``; fresh each start.

        Raises:
            RuntimeError: it is not served.
        """
        if self._control is None:
            raise RuntimeError("this sandbox has no control; start it with control=True")
        return self._control.token

    async def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move the clock on; what transfers would have copied by then is copied when this returns.

        Example::

            await box.advance(hours=6)  # a transfer of five hours is done now, as of an hour ago

        Raises:
            ValueError: the sum is below 0.
        """
        self._started()
        await self._backends.advance(((days * 24 + hours) * 60 + minutes) * 60 + seconds)

    async def run_at(self, time_factor: float) -> None:
        """Let time pass faster or slower from now on, until `reset`.

        Example::

            await box.run_at(60)  # an hour a minute

        Args:
            time_factor: seconds that pass in the box in a real one; 0 stops its clock.

        Raises:
            ValueError: ``time_factor`` is below 0, or above 1e18.
        """
        _check_factor(time_factor)
        self._started()
        await self._backends.run_at(time_factor)

    async def reset(self, *, seed: int | str | None = None) -> None:
        """Begin anew: a fresh workspace, fair weather, the right time, nothing recorded.

        Transfers are stopped, temporary folders are emptied, those that were given are left alone. The users
        keep their api keys and passwords; sessions have expired.

        A call that has not been carried out by then is refused with HTTP status 410; what is asked meanwhile
        waits.

        Example::

            await box.reset(seed=7)  # the same ids as in every other run with this seed

        Args:
            seed: holds instead of that of the start, until the next time.
        """
        self._started()
        async with self._resetting, self._replies.between():
            await self._backends.stop()
            options = self._options if seed is None else replace(self._options, seed=seed)
            self._backends.options = options
            self._clock.run_at(self._time_factor)
            self._clock.restart()
            self._weather.clear(secrets.token_hex() if options.seed is None else options.seed)
            self._replies.clear()
            await self._backends.renew()

    def forget_requests(self) -> None:
        """Forget what was asked, for ``requests``.

        Example::

            box.forget_requests()
            assert box.requests == ()
        """
        self._recording.clear()

    def expire_sessions(self) -> None:
        """Refuse every session handed out so far, with ``session_expired``.

        Example::

            async with box.session() as session:
                box.expire_sessions()
                await session.find("Queue")  # logs in again, and goes on
        """
        self._started()
        self._replies.expire_sessions()

    def statistics(self) -> SandboxStatistics:
        """What it has been asked so far.

        Example::

            assert box.statistics().throttled == 0
        """
        logins = self._started().access.logins
        replies = self._replies
        return SandboxStatistics(replies.requests, logins, replies.throttled, dict(replies.events))

    def _started(self) -> Backend:
        backend = self._backends.current
        if backend is None:
            raise RuntimeError("the Sandbox has not been started; use 'async with'")
        return backend

    def _prepare(self, folder: Path) -> tuple[Folders, StateFile | None, ssl.SSLContext | None]:
        tls = file = None
        if self._tls:
            self._ca, tls = make_certificate(folder, _reachable(self._host))
        if self._state is not None:
            file = StateFile(self._state)
            folder = self._state.with_name(f"{self._state.name}.files")
        return Folders(folder, self._volume, self._local_root), file, tls


def _check_factor(time_factor: float) -> None:
    if not 0 <= time_factor <= MAX_FACTOR:
        raise ValueError(f"time_factor must be from 0 to {MAX_FACTOR:g}, not {time_factor}")


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
