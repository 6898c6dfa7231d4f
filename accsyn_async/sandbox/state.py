"""The entities of a workspace, in memory. Knows no wire, no files, no rules."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from accsyn_async.sandbox.clock import Clock
from accsyn_async.sandbox.identity import new_id, new_uuid
from accsyn_async.sandbox.keyring import Keyring

__all__ = [
    "Client",
    "End",
    "Job",
    "Party",
    "Queue",
    "SandboxUser",
    "Share",
    "Site",
    "Task",
    "Workspace",
    "new_id",
]

T = TypeVar("T")

FINISHED: Final = frozenset({"done", "aborted"})
APP, SERVER = 0, 1


@dataclass(frozen=True, slots=True)
class SandboxUser:
    """A user of the workspace.

    Attributes:
        role: ``admin``, ``employee`` or ``standard``.
        username: the e-mail address to log in with.
        api_key: the secret to log in with, fresh each start.
        id: the entity id.
        created: UTC text.
        password: what logs in to v1 instead of the api key; as secret.
    """

    role: str
    username: str
    api_key: str = field(repr=False)
    id: str = field(default_factory=new_id)
    created: str = ""
    password: str = field(default="", repr=False)

    @property
    def elevated(self) -> bool:
        """Whether the user is an admin or an employee."""
        return self.role in ("admin", "employee")


@dataclass(frozen=True, slots=True)
class Site:
    """A place with servers; the main one is the workspace's own premises."""

    id: str
    code: str
    main: bool
    folder: Path
    created: str


@dataclass(frozen=True, slots=True)
class Share:
    """A volume, or a user's home on one. ``parts`` leads from the volume's folder to it."""

    id: str
    code: str
    kind: str
    volume: str
    parts: tuple[str, ...]
    created: str
    default: bool = False
    user: SandboxUser | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """Holds jobs."""

    id: str
    code: str
    priority: int
    created: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """A program that sends and receives: a user's desktop app (type 0) or a site's server (type 1)."""

    id: str
    code: str
    type: int
    created: str
    user: SandboxUser | None = None
    site: Site | None = None
    status: str = "online"


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a job: ``kind`` is ``workspace``, ``site`` or ``user``.

    ``hr`` is how people read it; ``names`` are all that a query may call it.
    """

    kind: str
    id: str
    hr: str
    names: tuple[str, ...]

    @property
    def value(self) -> str:
        """``<kind>:<id>``."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class End:
    """One end of a task: where beneath which folder, and what was written.

    Attributes:
        party: whose it is.
        root: the folder that must not be left.
        parts: the names from the root to the file.
        folder: whether it was written with a trailing slash.
        path: the path as rows show it.
        share: the share it lies on; ``None`` on a user's machine.
        client: the client that serves it.
        mirrored: whether the path was left out and is that of the source.
    """

    party: Party
    root: Path
    parts: tuple[str, ...]
    folder: bool
    path: str
    share: Share | None
    client: Client | None
    mirrored: bool = False


@dataclass(slots=True, eq=False)
class Task:
    """A file or folder of a job. ``size`` is -1 before it was measured; ``milliseconds`` the time it took."""

    uri: str
    source: End
    destination: End
    created: str
    status: str = "queued"
    priority: int = 500
    metadata: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_uuid)
    size: int = -1
    copied: int = 0
    finished: str | None = None
    milliseconds: int = 0
    message: str = ""


@dataclass(slots=True, eq=False)
class Job:
    """A transfer. ``size`` is -1 before it was measured; ``speed`` (MB/s) is ``None`` when nothing moves."""

    number: int
    name: str
    user: SandboxUser
    queue: Queue
    source: Party
    destination: Party
    created: str
    modified: str
    modifier: SandboxUser
    status: str = "init"
    priority: int = 500
    metadata: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    size: int = -1
    copied: int = 0
    speed: float | None = None
    finished: str | None = None

    @property
    def destination_text(self) -> str:
        """The destination party alone, in the notation; paths are mirrored to it."""
        return (
            f"{self.destination.kind}={self.destination.id}" if self.destination.kind != "workspace" else "hq"
        )

    @property
    def is_finished(self) -> bool:
        """Whether the job is done or aborted, and so no longer active."""
        return self.status in FINISHED

    def counted(self) -> Iterator[Task]:
        """The tasks that are not excluded."""
        return (task for task in self.tasks.values() if task.status != "excluded")

    def tally(self) -> None:
        """Sum the tasks' sizes and copied bytes up."""
        sizes = [task.size for task in self.counted()]
        measured = [size for size in sizes if size >= 0]
        if measured or not sizes:
            self.size = sum(measured)
        self.copied = sum(task.copied for task in self.counted())


class Workspace:
    """All that a workspace holds.

    Args:
        code: the workspace's code.
        volume: the folder of the default volume at the main site.
        site_folders: the remote sites' folders by code.
        local_root: the folder that stands for the users' own machines.
        clock: tells the time.
        keys: the users' secrets; fresh ones by default.
    """

    def __init__(
        self,
        code: str,
        volume: Path,
        site_folders: dict[str, Path],
        local_root: Path,
        clock: Clock,
        keys: Keyring | None = None,
    ) -> None:
        now = clock.text()
        keys = keys or Keyring()
        self.id = new_id()
        self.code = code
        self.created = now
        self.clock = clock
        self.local_root = local_root
        self.users = tuple(
            SandboxUser(role, name, keys.api_key(name), created=now, password=keys.password(name))
            for role in ("admin", "employee", "standard")
            for name in (f"{role}@example.com",)
        )
        self.main_site = Site(new_id(), "hq", True, volume, now)
        self.sites = (
            self.main_site,
            *(Site(new_id(), code, False, folder, now) for code, folder in site_folders.items()),
        )
        self.default_volume = Share(new_id(), "projects", "volume", "projects", (), now, default=True)
        self.homes = tuple(
            Share(new_id(), user.username, "home", "projects", ("home", user.username), now, user=user)
            for user in self.users
        )
        self.default_queue = Queue(new_id(), "medium", 500, now, default=True)
        self.queues = (self.default_queue,)
        host = socket.gethostname()
        self.clients = (
            *(Client(new_id(), host, APP, now, user=user) for user in self.users),
            *(Client(new_id(), f"{site.code}-server", SERVER, now, site=site) for site in self.sites),
        )
        self.jobs: dict[str, Job] = {}
        self._numbers = 0

    @property
    def volumes(self) -> tuple[Share, ...]:
        """The volumes."""
        return (self.default_volume,)

    @property
    def shares(self) -> tuple[Share, ...]:
        """The volumes and homes."""
        return (*self.volumes, *self.homes)

    def next_number(self) -> int:
        """The number of the next job."""
        self._numbers += 1
        return self._numbers

    def client_of(self, *, user: SandboxUser | None = None, site: Site | None = None) -> Client | None:
        """The client that sends and receives for a user or a site."""
        return next((one for one in self.clients if one.user is user and one.site is site), None)

    def find_user(self, name: str) -> SandboxUser | None:
        """The user of an e-mail address or id, in any case."""
        return _named(self.users, name.casefold(), lambda user: (user.username, user.id))

    def find_site(self, name: str) -> Site | None:
        """The site of a code or id, in any case."""
        return _named(self.sites, name.casefold(), lambda site: (site.code, site.id))

    def find_queue(self, name: str) -> Queue | None:
        """The queue of a code or id, in any case."""
        return _named(self.queues, name.casefold(), lambda queue: (queue.code, queue.id))

    def find_share(self, kind: str, name: str) -> Share | None:
        """The share of a kind (``share`` for any) by code or id, in any case."""
        shares = [one for one in self.shares if kind in ("share", one.kind)]
        return _named(shares, name.casefold(), lambda share: (share.code, share.id))


def _named(entities: Iterable[T], name: str, names: Callable[[T], tuple[str, ...]]) -> T | None:
    return next((one for one in entities if name in (text.casefold() for text in names(one))), None)
