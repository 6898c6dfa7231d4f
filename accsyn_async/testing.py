"""A pytest plugin: the fixture ``accsyn_sandbox``, a workspace in a box for tests.

It is there as soon as ``accsyn-async`` is installed::

    async def test_delivery(accsyn_sandbox):
        (accsyn_sandbox.volume / "a.mov").write_bytes(b"frames")
        async with accsyn_sandbox.session("employee") as session:
            job = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
            accsyn_sandbox.advance(hours=6)
            assert (await session.wait(job["id"])).status == "done"

    def test_code_that_uses_the_official_client(accsyn_sandbox, monkeypatch):
        for name, value in accsyn_sandbox.official_env().items():
            monkeypatch.setenv(name, value)
        publish("a.mov")
        assert [one.uri for one in accsyn_sandbox.requests if one.verb == "POST"] == ["transfer/create"]

One server, on a free port, runs in a thread of its own for the whole test session (one a worker under
pytest-xdist) and begins anew for each test. To start it with other options, override a fixture::

    @pytest.fixture(scope="session")
    def accsyn_sandbox_options():
        return {"workspace": "studio", "time_factor": 0}

Its certificate, with the option ``tls``, is signed by the authority in the file ``accsyn_sandbox.ca``.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

try:
    import pytest
except ModuleNotFoundError:
    text = "pytest is not installed: pip install pytest"
    raise ModuleNotFoundError(text, name="pytest") from None

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from accsyn_async.sandbox import Client, RecordedRequest, Sandbox, SandboxStatistics, SandboxUser, Weather
    from accsyn_async.session import Session

__all__ = ["AccsynSandbox", "accsyn_sandbox", "accsyn_sandbox_options", "accsyn_sandbox_server"]

T = TypeVar("T")

STARTS_WITHIN = 30.0


class AccsynSandbox:
    """A sandbox in a thread of its own, for sync and async tests alike. Made by the fixture.

    Args:
        options: those of `accsyn_async.sandbox.Sandbox`, but the limit of requests is lifted.
    """

    def __init__(self, **options: Any) -> None:
        self._options = {"rate_limit": False, **options}
        self._ready: Future[tuple[Sandbox, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="accsyn-sandbox server", daemon=True)

    def start(self) -> None:
        """Start the server; returns when it listens.

        Raises:
            OSError: it cannot listen.
            ValueError: an option makes no sense.
        """
        self._thread.start()
        self._box, self._loop, self._stop = self._ready.result(STARTS_WITHIN)

    def close(self) -> None:
        """Stop the server and remove its temporary folders; again does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    @property
    def url(self) -> str:
        """The address, such as ``http://127.0.0.1:43121``."""
        return self._box.url

    @property
    def workspace(self) -> str:
        """The workspace's code."""
        return self._box.workspace

    @property
    def users(self) -> tuple[SandboxUser, ...]:
        """The users, with their api keys and passwords."""
        return self._box.users

    @property
    def volume(self) -> Path:
        """The folder of the default volume ``projects`` at the main site."""
        return self._box.volume

    @property
    def local_root(self) -> Path:
        """The folder that stands for the users' own machines."""
        return self._box.local_root

    @property
    def now(self) -> datetime:
        """The time in the box."""
        return self._box.now

    @property
    def weather(self) -> Weather:
        """What goes wrong: ``accsyn_sandbox.weather.add("throttle", count=2)``."""
        return self._box.weather

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What was asked since the test began, the oldest first, with secrets masked."""
        return self._box.requests

    @property
    def ca(self) -> Path | None:
        """The PEM file of the authority that signed the certificate; ``None`` without TLS."""
        return self._box.ca

    @property
    def control_token(self) -> str:
        """What ``/_sandbox/`` wants as ``X-Sandbox-Token``.

        Raises:
            RuntimeError: it is not served; it is with the option ``control``.
        """
        return self._box.control_token

    def statistics(self) -> SandboxStatistics:
        """What it has been asked since the test began.

        Example::

            assert accsyn_sandbox.statistics().throttled == 0
        """
        return self._box.statistics()

    def forget_requests(self) -> None:
        """Forget what was asked, for ``requests``.

        Example::

            accsyn_sandbox.forget_requests()
            assert accsyn_sandbox.requests == ()
        """
        self._box.forget_requests()

    def site_root(self, code: str) -> Path:
        """The folder of a remote site, which holds its copy of each volume (``<folder>/projects/…``).

        Example::

            assert not (accsyn_sandbox.site_root("berlin") / "projects" / "a.mov").exists()

        Raises:
            KeyError: there is no remote site of that code.
        """
        return self._box.site_root(code)

    def user(self, role: str) -> SandboxUser:
        """The first user of a role (``admin``, ``employee``, ``standard``), or that of an e-mail address.

        Example::

            assert accsyn_sandbox.user("standard@example.com").role == "standard"

        Raises:
            KeyError: there is none.
        """
        return self._box.user(role)

    def session(self, role: str = "admin", **options: Any) -> Session:
        """A client session for a user, not yet entered.

        Example::

            async with accsyn_sandbox.session("standard") as session:
                await session.find("Transfer")

        Args:
            role: whose, by role or e-mail address; users who were invited too.
            options: passed on to `accsyn_async.Session`.

        Raises:
            KeyError: there is no such user.
        """
        return self._box.session(role, **{"rate_limit": None, **options})

    def official_env(self, role: str = "admin") -> dict[str, str]:
        """The environment in which the official client finds the sandbox, old and new versions of it.

        That client prefers a file ``.env`` in the current folder, so run such tests where there is none.

        Example::

            for name, value in accsyn_sandbox.official_env("employee").items():
                monkeypatch.setenv(name, value)

        Args:
            role: as whom it logs in, by role or e-mail address.

        Raises:
            KeyError: there is no such user.
            RuntimeError: the sandbox speaks https, which that client does not over a proxy.
        """
        scheme, _, address = self.url.partition("://")
        if scheme != "http":
            raise RuntimeError("the official client reaches a sandbox without tls only")
        user = self.user(role)
        return {
            "ACCSYN_WORKSPACE": self.workspace,
            "ACCSYN_DOMAIN": self.workspace,
            "ACCSYN_API_USER": user.username,
            "ACCSYN_API_KEY": user.api_key,
            "ACCSYN_PROXY": address,
            "ACCSYN_CREDENTIALS_PATH": "",
        }

    def add_client(
        self,
        *,
        user: str | None = None,
        site: str | None = None,
        type: str = "app",
        hostname: str = "",
        volumes: Sequence[str] | None = None,
    ) -> Client:
        """Start another computer: a user's, with the app or a server, or a server at a site.

        Example::

            laptop = accsyn_sandbox.add_client(user="standard", hostname="laptop")
            async with accsyn_sandbox.session("standard") as session:
                client = await session.get_entity("client", laptop.id)

        Args:
            user: whose, by role or e-mail address; ``None`` for a server at a site.
            site: the code of where the server stands; ``None`` for a user's computer.
            type: of a user's, ``app`` or ``userserver``.
            hostname: its name; one is made up when it is empty.
            volumes: the codes of those that the server serves at its site; ``None`` for those that no server
                serves there yet.

        Returns:
            The client, online; jobs name it as ``client=<id>:/path``.

        Raises:
            KeyError: there is no such user, site or volume.
            ValueError: neither or both of ``user`` and ``site`` are given, or the type is none.
        """

        async def start() -> Client:
            return self._box.hosts.start(user=user, site=site, type=type, hostname=hostname, volumes=volumes)

        return self._call(start)

    def switch_client(self, client: str, *, online: bool) -> Client:
        """Take a client on- or offline; jobs wait for one that is off.

        Example::

            laptop = accsyn_sandbox.add_client(user="standard", hostname="laptop")
            accsyn_sandbox.switch_client(laptop.id, online=False)

        Raises:
            KeyError: there is none of that id.
        """

        async def switch() -> Client:
            return self._box.hosts.switch(client, online=online)

        return self._call(switch)

    def map_share(
        self, client: str, share: str, path: str | None, *, read: bool = False, write: bool = False
    ) -> None:
        """Map a share on a user's computer, which lets admins and employees pull from there and push there.

        Example::

            laptop = accsyn_sandbox.add_client(user="employee", hostname="laptop")
            accsyn_sandbox.map_share(laptop.id, "projects", "/work/projects", write=True)

        Args:
            client: the id of a client of the user.
            share: the code of a volume, folder or home.
            path: where it is on the computer, such as ``/work/thefilm``; ``None`` ends the mapping.
            read: whether they may pull.
            write: whether they may push.

        Raises:
            KeyError: there is no such client or share, or the user does not see it.
            ValueError: the client is no user's, or the path is not absolute.
        """

        async def map_share() -> None:
            self._box.hosts.map_share(client, share, path, read=read, write=write)

        self._call(map_share)

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move the clock on; what transfers would have copied by then is copied when this returns.

        Example::

            accsyn_sandbox.advance(days=15)  # what has finished is archived now

        Raises:
            ValueError: the sum is below 0.
        """
        self._call(lambda: self._box.advance(days=days, hours=hours, minutes=minutes, seconds=seconds))

    def run_at(self, time_factor: float) -> None:
        """Let time pass faster or slower from now on, until the test ends.

        Example::

            accsyn_sandbox.run_at(1440)  # a day a minute

        Args:
            time_factor: seconds that pass in the box in a real one; 0 stops its clock.

        Raises:
            ValueError: ``time_factor`` is below 0, or above 1e18.
        """
        self._call(lambda: self._box.run_at(time_factor))

    def expire_sessions(self) -> None:
        """Refuse every session handed out so far, with ``session_expired``.

        Example::

            async with accsyn_sandbox.session() as session:
                accsyn_sandbox.expire_sessions()
                await session.find("Queue")  # logs in again, and goes on
        """
        self._box.expire_sessions()

    def reset(self, *, seed: int | str | None = None) -> None:
        """Begin anew, as before each test; users keep their api keys.

        Example::

            accsyn_sandbox.reset(seed=7)  # the same ids as in every other run with this seed

        Args:
            seed: makes ids and the weather's choices the same in every run, until the next time: the test
                that follows has that of the options again.
        """
        self._call(lambda: self._box.reset(seed=seed))

    def _call(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if not self._thread.is_alive():
            raise RuntimeError("the accsyn sandbox is not running: it was not started, or has been closed")
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        from accsyn_async.sandbox import Sandbox

        stop = asyncio.Event()
        async with Sandbox(**self._options) as box:
            self._ready.set_result((box, asyncio.get_running_loop(), stop))
            await stop.wait()


@pytest.fixture(scope="session")
def accsyn_sandbox_options() -> dict[str, Any]:
    """Options of the `accsyn_async.sandbox.Sandbox` that ``accsyn_sandbox`` starts; made to be overridden."""
    return {}


@pytest.fixture(scope="session")
def accsyn_sandbox_server(accsyn_sandbox_options: dict[str, Any]) -> Iterator[AccsynSandbox]:
    """The server behind ``accsyn_sandbox``, for fixtures of a wider scope."""
    server = AccsynSandbox(**accsyn_sandbox_options)
    server.start()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def accsyn_sandbox(accsyn_sandbox_server: AccsynSandbox) -> Iterator[AccsynSandbox]:
    """A workspace in a box, with its own server; anew for each test."""
    yield accsyn_sandbox_server
    accsyn_sandbox_server.reset()
