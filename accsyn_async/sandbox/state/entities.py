"""What a workspace is made of beside its jobs. Knows no wire, no files, no rules."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from accsyn_async.sandbox.state.identity import new_id, new_uuid

__all__ = [
    "APP",
    "BROWSER",
    "CLIENT_TYPES",
    "LANE",
    "SERVER",
    "USER_SERVER",
    "Acl",
    "Client",
    "CollectionFile",
    "ComputeEngine",
    "Entity",
    "LocalShare",
    "Queue",
    "SandboxUser",
    "Share",
    "Site",
    "State",
]

APP: Final = 0
SERVER: Final = 1
USER_SERVER: Final = 2
BROWSER: Final = 3
LANE: Final = 4
CLIENT_TYPES: Final[Mapping[int, str]] = {
    APP: "app",
    SERVER: "server",
    USER_SERVER: "userserver",
    BROWSER: "browser",
    LANE: "lane",
}
"""What each type of client is called."""


class State(IntEnum):
    """How far an entity is from being found: of several states the greatest counts."""

    ACTIVE = 0
    INACTIVE = 1
    ARCHIVED = 2


@dataclass(slots=True, eq=False, kw_only=True)
class Entity:
    """What all entities have in common.

    Attributes:
        code: the name for programs, unique among its kind for most.
        id: 24 hex digits.
        name: the name for people.
        description: for people.
        status: whether it works, in the words of its type.
        metadata: the users' own data.
        created: UTC text.
        creator: the e-mail address of who made it; ``accsyn`` for what was there from the beginning.
        modified: UTC text.
        modifier: the e-mail address of who changed it last; empty when nobody did.
        own_state: whether it was deactivated or deleted itself.
    """

    code: str
    id: str = field(default_factory=new_id)
    name: str = ""
    description: str = ""
    status: str = "enabled"
    metadata: dict[str, Any] = field(default_factory=dict, repr=False)
    created: str = ""
    creator: str = "accsyn"
    modified: str = ""
    modifier: str = ""
    own_state: State = State.ACTIVE

    @property
    def state(self) -> State:
        """Whether it is found: what it belongs to can take it along."""
        return self.own_state


@dataclass(slots=True, eq=False, kw_only=True)
class SandboxUser(Entity):
    """A user of the workspace; ``code`` is the e-mail address.

    Attributes:
        role: ``admin``, ``employee`` or ``standard``.
        api_key: the secret to log in with, fresh in each new workspace.
        password: what logs in to v1 instead of the api key; as secret.
        queue: where jobs that involve the user go when they name no queue.
        logged_in: UTC text; empty when never.
    """

    role: str
    api_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    queue: Queue | None = None
    logged_in: str = ""

    @property
    def username(self) -> str:
        """The e-mail address to log in with."""
        return self.code

    @property
    def elevated(self) -> bool:
        """Whether the user is an admin or an employee."""
        return self.role in ("admin", "employee")


@dataclass(slots=True, eq=False, kw_only=True)
class Site(Entity):
    """A place with servers; the main one is the workspace's own premises.

    Attributes:
        main: whether it is the main one.
        folder: what stands for its storage: each volume has a folder in it. The main site's is that of the
            default volume.
    """

    main: bool = False
    folder: Path


@dataclass(slots=True, eq=False, kw_only=True)
class Queue(Entity):
    """Holds jobs; ``status`` is ``waiting`` when it works, or ``paused``."""

    priority: int = 500
    default: bool = False
    compute_default: bool = False
    status: str = "waiting"


@dataclass(slots=True, eq=False, kw_only=True)
class ComputeEngine(Entity):
    """A way to compute, which a compute job names."""


@dataclass(frozen=True, slots=True)
class LocalShare:
    """A share that a user has mapped on a computer: where, and what admins and employees may do there.

    Attributes:
        share: a volume, folder or home.
        parts: the names from the root of the computer to what stands for the share.
        read: whether files may be pulled from there.
        write: whether files may be pushed there.
    """

    share: Share
    parts: tuple[str, ...]
    read: bool = False
    write: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Client(Entity):
    """A program that sends and receives; ``code`` is the name of its computer.

    Attributes:
        type: `APP`, `SERVER`, `USER_SERVER`, `BROWSER` or `LANE`.
        user: whose it is; ``None`` for a site's server.
        site: where it stands; ``None`` on a user's own machine.
        checked_in: UTC text.
        mapped: the shares that the user has mapped on it, by id.
    """

    type: int
    user: SandboxUser | None = None
    site: Site | None = None
    status: str = "online"
    checked_in: str = ""
    mapped: dict[str, LocalShare] = field(default_factory=dict, repr=False)

    @property
    def state(self) -> State:
        """Whether it is found: a user's goes with the user."""
        return max(self.own_state, State.ACTIVE if self.user is None else self.user.state)


@dataclass(frozen=True, slots=True)
class CollectionFile:
    """A file or folder that a collection shows.

    Attributes:
        share: where it really lies.
        parts: the names from the share to it.
        frames: the first and last number of a sequence, whose last part then holds ``%04d``.
    """

    share: Share
    parts: tuple[str, ...]
    created: str
    creator: str
    id: str = field(default_factory=new_uuid)
    frames: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """What it is called in the collection."""
        return self.parts[-1] if self.parts else self.share.code

    @property
    def range(self) -> str:
        """The numbers of a sequence as they are written after the name; empty for anything else."""
        return "" if self.frames is None else f"[{self.frames[0]}-{self.frames[1]}]"


@dataclass(slots=True, eq=False, kw_only=True)
class Share(Entity):
    """A place for files: a volume, a folder or a user's home on one, or a collection.

    Attributes:
        kind: ``volume``, ``folder``, ``home`` or ``collection``.
        parent: the volume that it lies on; ``None`` for a volume or collection.
        parts: the names from the volume's folder to it.
        root: the volume's folder at the main site; ``None`` for others.
        volume: the name of the volume's folder at other sites.
        default: whether it is the volume that paths without a share mean.
        user: whose home it is.
        email: more addresses for notices.
        queue: where jobs that touch it go when they name no queue.
        paths: where a volume is on computers of each operating system.
        servers: the clients that serve a volume, one a site.
        files: what a collection shows, by id.
        acls: who may reach it, by user id; also while it is inactive.
        homes: those that lie on a volume, by the `home_key` of their paths.
    """

    kind: str
    parent: Share | None = None
    parts: tuple[str, ...] = ()
    root: Path | None = None
    volume: str = ""
    default: bool = False
    user: SandboxUser | None = None
    email: str = ""
    queue: Queue | None = None
    paths: dict[str, str] = field(default_factory=dict)
    servers: list[Client] = field(default_factory=list, repr=False)
    files: dict[str, CollectionFile] = field(default_factory=dict, repr=False)
    acls: dict[str, Acl] = field(default_factory=dict, repr=False)
    homes: dict[str, Share] = field(default_factory=dict, repr=False)

    @property
    def state(self) -> State:
        """Whether it is found: a volume takes its shares along, a user the home."""
        owners = [one for one in (self.parent, self.user) if one is not None]
        return max((self.own_state, *(one.state for one in owners)))

    @staticmethod
    def home_key(path: Iterable[str]) -> str:
        """By which a volume holds the home at a path on it: in any case, as some disks hold their names."""
        return "/".join(path).casefold()

    @property
    def folder(self) -> Path:
        """The folder of its volume at the main site."""
        root = self.root if self.parent is None else self.parent.root
        assert root is not None
        return root

    @property
    def availability(self) -> str:
        """The status with what comes of its volume: of that, and of whether it is served at the main site.

        What was deactivated or deleted is offline.
        """
        volume = self if self.parent is None else self.parent
        on = self.status == volume.status == "enabled"
        if self.state is not State.ACTIVE:
            return "offline" if on else "disabled-offline"
        if self.kind == "collection":
            return self.status
        for server in volume.servers:
            if server.site is not None and server.site.main and server.status == "online":
                return "enabled" if on else "disabled"
        return "offline" if on else "disabled-offline"

    def server_at(self, site: Site) -> Client | None:
        """The server that serves its volume at a site; ``None`` when none does."""
        volume = self if self.parent is None else self.parent
        return next((one for one in volume.servers if one.site is site and one.state is State.ACTIVE), None)

    def shown(self) -> tuple[CollectionFile, ...]:
        """What a collection shows now, without what lies on a share that was deactivated or deleted."""
        return tuple(file for file in self.files.values() if file.share.state is State.ACTIVE)

    def locate(self, parts: tuple[str, ...]) -> tuple[Share, tuple[str, ...]] | None:
        """Where a path on it really lies, which differs for a collection.

        Returns:
            A volume, folder or home and the names from it; ``None`` for a collection itself and for what it
            does not show.
        """
        if self.kind != "collection":
            return self, parts
        for file in self.shown():
            if parts and file.name == parts[0]:
                return file.share, (*file.parts, *parts[1:])
        return None


@dataclass(slots=True, eq=False, kw_only=True)
class Acl(Entity):
    """What a user may do on a share, from a folder of it downwards.

    Attributes:
        user: who.
        share: where.
        parts: the names from the share to the folder; none for all of it.
        read: whether files may be listed and downloaded.
        write: whether files may be uploaded, changed and deleted.
        acknowledged: whether the user has taken notice.
    """

    code: str = ""
    user: SandboxUser
    share: Share
    parts: tuple[str, ...] = ()
    read: bool = False
    write: bool = False
    acknowledged: bool = False

    @property
    def state(self) -> State:
        """Whether it is found: it goes with its share and its user."""
        return max(self.own_state, self.user.state, self.share.state)

    @property
    def path(self) -> str:
        """The folder as rows show it."""
        return "/".join(self.parts) or "/"
