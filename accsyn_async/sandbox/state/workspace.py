"""All that a workspace holds, in memory. Knows no wire, no files, no rules."""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import (
    APP,
    SERVER,
    USER_SERVER,
    Acl,
    Client,
    ComputeEngine,
    Entity,
    Queue,
    SandboxUser,
    Share,
    Site,
    State,
)
from accsyn_async.sandbox.state.identity import new_id

if TYPE_CHECKING:
    from accsyn_async.sandbox.state.jobs import Job

__all__ = ["Workspace"]

E = TypeVar("E", bound=Entity)


class Workspace:
    """All that a workspace holds; nothing at first.

    What was deactivated or deleted is kept; the properties and finders leave it out.

    Args:
        code: the workspace's code.
        local_root: the folder that stands for the users' own machines.
        clock: tells the time.
        spare: where folders of further volumes and sites are made; ``None`` when there can be none.
    """

    main_site: Site

    def __init__(self, code: str, local_root: Path, clock: Clock, spare: Path | None = None) -> None:
        self.id = new_id()
        self.code = code
        self.name = code
        self.description = ""
        self.metadata: dict[str, Any] = {}
        self.created = self.modified = clock.text()
        self.modifier = ""
        self.clock = clock
        self.local_root = local_root
        self.spare = spare
        self.jobs: dict[str, Job] = {}
        self._entities: dict[type[Entity], dict[str, Any]] = defaultdict(dict)
        self.changed: Callable[[], None] = _nothing
        """To be called after a queue or a client was changed: jobs may go on, or must wait."""
        self.numbers = 0
        """How many jobs there were."""

    def add(self, entity: E) -> E:
        """Take an entity in."""
        entity.name = entity.name or entity.code
        entity.created = entity.created or self.clock.text()
        entity.modified = entity.modified or entity.created
        self._entities[type(entity)][entity.id] = entity
        if isinstance(entity, Site) and entity.main:
            self.main_site = entity
        return entity

    def add_user(self, code: str, role: str, *, name: str = "", creator: str = "accsyn") -> SandboxUser:
        """Take a user in, with an api key and a desktop app that is online."""
        user = self.add(SandboxUser(code=code, name=name, role=role, creator=creator))
        self.add(Client(code=socket.gethostname(), type=APP, user=user, checked_in=self.clock.text()))
        return user

    def add_server(self, site: Site, code: str = "") -> Client:
        """Give a site a server, online; ``code`` is the name of its computer, made up when it is empty."""
        if not code:
            count = sum(one.site is site for one in self.every(Client))
            code = f"{site.code}-server{f'-{count + 1}' if count else ''}"
        return self.add(Client(code=code, type=SERVER, site=site, checked_in=self.clock.text()))

    def add_home(
        self,
        user: SandboxUser,
        creator: str = "accsyn",
        volume: Share | None = None,
        parts: tuple[str, ...] | None = None,
    ) -> Share:
        """Give a user a home; what they may do there is another matter.

        Args:
            user: whose.
            creator: the e-mail address of who gives it.
            volume: where; ``None`` for the default one.
            parts: the names from the volume to it; ``None`` for ``home/<e-mail address>``.
        """
        volume = volume or self.default_volume
        home = self.add(
            Share(
                code=user.code,
                kind="home",
                parent=volume,
                volume=volume.volume,
                parts=("home", user.code) if parts is None else parts,
                user=user,
                creator=creator,
            )
        )
        volume.homes[Share.home_key(home.parts)] = home
        return home

    def grant(
        self,
        user: SandboxUser,
        share: Share,
        parts: tuple[str, ...] = (),
        *,
        read: bool = True,
        write: bool = True,
        creator: str = "accsyn",
    ) -> Acl:
        """Let a user reach a share; a user has one ACL on a share, which is changed."""
        acl = share.acls.get(user.id)
        if acl is None:
            acl = share.acls[user.id] = self.add(Acl(user=user, share=share, creator=creator))
        acl.parts, acl.read, acl.write = parts, read, write
        acl.status = "enabled"
        return acl

    def revoke(self, acl: Acl) -> None:
        """Take an ACL away, into the archive."""
        acl.share.acls.pop(acl.user.id, None)
        acl.own_state = State.ARCHIVED

    def spare_folder(self, kind: str) -> Path:
        """A fresh folder for a further volume or site.

        Raises:
            FileNotFoundError: there is nowhere to make one.
        """
        if self.spare is None:
            raise FileNotFoundError("this workspace has no room for further folders")
        folder = self.spare / kind / new_id()
        folder.mkdir(parents=True)
        return folder

    def every(self, kind: type[E]) -> Iterable[E]:
        """The entities of a type in every state, the oldest first."""
        return self._entities[kind].values()

    def active(self, kind: type[E]) -> tuple[E, ...]:
        """The entities of a type that were neither deactivated nor deleted."""
        return tuple(one for one in self.every(kind) if one.state is State.ACTIVE)

    @property
    def users(self) -> tuple[SandboxUser, ...]:
        """The users."""
        return self.active(SandboxUser)

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites, the main one first."""
        return self.active(Site)

    @property
    def queues(self) -> tuple[Queue, ...]:
        """The queues."""
        return self.active(Queue)

    @property
    def engines(self) -> tuple[ComputeEngine, ...]:
        """The engines."""
        return self.active(ComputeEngine)

    @property
    def clients(self) -> tuple[Client, ...]:
        """The clients."""
        return self.active(Client)

    @property
    def shares(self) -> tuple[Share, ...]:
        """The volumes, folders, homes and collections."""
        return self.active(Share)

    @property
    def volumes(self) -> tuple[Share, ...]:
        """The volumes."""
        return tuple(one for one in self.shares if one.kind == "volume")

    @property
    def homes(self) -> tuple[Share, ...]:
        """The homes."""
        return tuple(one for one in self.shares if one.kind == "home")

    @property
    def default_volume(self) -> Share:
        """The volume that paths without a share mean; there always is one."""
        return next(one for one in self.every(Share) if one.default)

    @property
    def default_queue(self) -> Queue:
        """The queue of jobs that name none; there always is one."""
        return next(one for one in self.every(Queue) if one.default)

    @property
    def compute_queue(self) -> Queue:
        """The queue of compute jobs that name none; there always is one."""
        return next(one for one in self.every(Queue) if one.compute_default)

    def next_number(self) -> int:
        """The number of the next job."""
        self.numbers += 1
        return self.numbers

    def clients_of(self, user: SandboxUser) -> tuple[Client, ...]:
        """The clients that may send and receive for a user: apps and user servers."""
        mine = (one for one in self.every(Client) if one.user is user and one.type in (APP, USER_SERVER))
        return tuple(one for one in mine if one.state is State.ACTIVE)

    def server_of(self, site: Site) -> Client | None:
        """A server that stands at a site, the first that there was; ``None`` without one."""
        servers = (one for one in self.every(Client) if one.site is site and one.type == SERVER)
        return next((one for one in servers if one.state is State.ACTIVE), None)

    def find_entity(self, ident: str) -> Entity | None:
        """The entity of an id, of whatever type and in whatever state."""
        return next((known[ident] for known in self._entities.values() if ident in known), None)

    def find_client(self, ident: str) -> Client | None:
        """The client of an id."""
        found = self._entities[Client].get(ident)
        return found if found is not None and found.state is State.ACTIVE else None

    def find_user(self, name: str) -> SandboxUser | None:
        """The user of an e-mail address or id, in any case."""
        return _named(self.every(SandboxUser), name)

    def find_site(self, name: str) -> Site | None:
        """The site of a code or id, in any case."""
        return _named(self.every(Site), name)

    def find_queue(self, name: str) -> Queue | None:
        """The queue of a code or id, in any case."""
        return _named(self.every(Queue), name)

    def find_engine(self, name: str) -> ComputeEngine | None:
        """The engine of a code or id, in any case."""
        return _named(self.every(ComputeEngine), name)

    def find_share(self, kind: str, name: str) -> Share | None:
        """The share of a kind (``share`` for any) by code or id, in any case."""
        return _named((one for one in self.every(Share) if kind in ("share", one.kind)), name)

    def home_of(self, user: SandboxUser) -> Share | None:
        """A user's home; ``None`` without one."""
        return next((one for one in self.homes if one.user is user), None)


def _nothing() -> None:
    pass


def _named(entities: Iterable[E], name: str) -> E | None:
    """The active one of a code or id."""
    name = name.casefold()
    named = (one for one in entities if name in (one.code.casefold(), one.id))
    return next((one for one in named if one.state is State.ACTIVE), None)
