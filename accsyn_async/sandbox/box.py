"""The sandbox: starts it all, and clears it away."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import web

from accsyn_async.sandbox.access import Access
from accsyn_async.sandbox.calls import Calls
from accsyn_async.sandbox.clock import Clock
from accsyn_async.sandbox.engine import Engine
from accsyn_async.sandbox.limit import AddressLimit
from accsyn_async.sandbox.server import Replies, make_server
from accsyn_async.sandbox.state import SandboxUser, Workspace
from accsyn_async.sandbox.topics.acl import AclTopic
from accsyn_async.sandbox.topics.deliveries import DeliveryTopic
from accsyn_async.sandbox.topics.entities import EntityTopic
from accsyn_async.sandbox.topics.jobs import JobTopic

if TYPE_CHECKING:
    from accsyn_async.session import Session

__all__ = ["Sandbox", "SandboxStatistics"]

SITES: Final = ("berlin",)


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
    Api keys, ids and sessions are fresh at each start.

    Of a job's or task's ``settings`` it obeys ``transfer_exclude``, ``transfer_include``,
    ``transfer_ignore_existing``, ``task_bucketsize``, ``job_speed_limit`` and ``transfer_speed_limit``; other
    ``transfer_`` settings are refused, the rest is kept and does nothing.
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

    Raises:
        ValueError: ``speed`` is not above 0, or ``workspace`` is empty.
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
    ) -> None:
        if not 0 < speed < float("inf"):
            raise ValueError(f"speed must be above 0 MB/s, not {speed}")
        if not workspace:
            raise ValueError("workspace must not be empty")
        self._host = host
        self._port = port
        self._tls = tls
        self._code = workspace
        self._volume = volume
        self._local_root = local_root
        self._speed = speed
        self._limit = AddressLimit() if rate_limit else None
        self._stack: AsyncExitStack | None = None
        self._parts: _Parts | None = None

    async def __aenter__(self) -> Self:
        if self._parts is not None:
            raise RuntimeError("a Sandbox can be started once")
        async with AsyncExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="accsyn-sandbox-"))
            stack.push_async_callback(asyncio.to_thread, _remove, folder)
            self._parts = parts = await asyncio.to_thread(self._prepare, folder)
            stack.push_async_callback(parts.engine.aclose)
            runner = make_server(parts.replies)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, self._host, self._port, ssl_context=parts.server_tls)
            await site.start()
            self._port = runner.addresses[0][1]
            parts.replies.bind(_reachable(self._host), self._port)
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
        return self._started().ca

    def site_root(self, code: str) -> Path:
        """The folder of a remote site, which holds its copy of each volume (``<folder>/projects/…``).

        Raises:
            KeyError: there is no remote site of that code.
        """
        site = self._started().workspace.find_site(code)
        if site is None or site.main:
            raise KeyError(code)
        return site.folder

    def user(self, role: str) -> SandboxUser:
        """The user of a role: ``admin``, ``employee`` or ``standard``.

        Raises:
            KeyError: there is no such role.
        """
        for user in self.users:
            if user.role == role:
                return user
        raise KeyError(role)

    def session(self, role: str = "admin", **options: Any) -> Session:
        """A client session for a user of this sandbox, not yet entered.

        Args:
            role: whose.
            options: passed on to `accsyn_async.Session`, whose own ``async with`` opens it.
        """
        from accsyn_async.session import Session

        user = self.user(role)
        if self.ca is not None:
            options.setdefault("ssl", ssl.create_default_context(cafile=self.ca))
        return Session(self._code, user.username, user.api_key, url=self.url, **options)

    def expire_sessions(self) -> None:
        """Refuse every session id handed out so far, with ``session_expired``."""
        self._started().access.expire_sessions()

    def statistics(self) -> SandboxStatistics:
        """What it has been asked so far."""
        parts = self._started()
        replies = parts.replies
        return SandboxStatistics(
            replies.requests, parts.access.logins, replies.throttled, dict(replies.events)
        )

    def _started(self) -> _Parts:
        if self._parts is None:
            raise RuntimeError("the Sandbox has not been started; use 'async with'")
        return self._parts

    def _prepare(self, folder: Path) -> _Parts:
        clock = Clock()
        sites = {code: _folder(folder / "sites" / code) for code in SITES}
        workspace = Workspace(
            self._code,
            _folder(Path(self._volume or folder / "volume")),
            sites,
            _folder(Path(self._local_root or folder / "local")),
            clock,
            spare=folder / "spare",
        )
        access = Access(workspace)
        engine = Engine(self._speed, clock)
        topics = [
            EntityTopic(workspace, engine.attend),
            AclTopic(workspace, engine.attend),
            JobTopic(workspace, engine),
            DeliveryTopic(workspace, engine),
        ]
        replies = Replies(self._code, access, Calls(topics), self._limit)
        ca, server_tls = _certificate(folder, self._host) if self._tls else (None, None)
        return _Parts(workspace, access, engine, replies, ca, server_tls)


@dataclass(frozen=True, slots=True)
class _Parts:
    workspace: Workspace
    access: Access
    engine: Engine
    replies: Replies
    ca: Path | None
    server_tls: ssl.SSLContext | None


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def _certificate(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    try:
        import trustme
    except ImportError:
        raise RuntimeError("a sandbox with tls needs trustme: pip install 'accsyn-async[cli]'") from None
    authority = trustme.CA()
    names = dict.fromkeys((_reachable(host), "localhost", "127.0.0.1", "::1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path, context
