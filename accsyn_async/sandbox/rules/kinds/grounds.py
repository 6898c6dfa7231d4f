"""Sites, queues, engines and clients: what jobs run on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import entity_rows, fields
from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.rules.kinds.kind import COMMON, Attend, Kind
from accsyn_async.sandbox.state.entities import (
    CLIENT_TYPES,
    SERVER,
    USER_SERVER,
    Client,
    ComputeEngine,
    Queue,
    SandboxUser,
    Share,
    Site,
)
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Clients", "Engines", "Queues", "Sites"]

ON_OR_OFF: Final = fields.choice("enabled", "disabled")


class Sites(Kind[Site]):
    """The sites. The main one stays."""

    name = "site"
    holds = Site
    settable: ClassVar = {**COMMON, "code": fields.code, "status": ON_OR_OFF}

    def __init__(self, workspace: Workspace, attend: Attend) -> None:
        super().__init__(workspace, attend, entity_rows.sites())

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> Site:
        code = self._new_code(values)
        site = Site(**{**values, "code": code, "folder": self._folder()})
        return self._workspace.add(site)

    def _change(self, user: SandboxUser, entity: Site, values: dict[str, Any]) -> None:
        super()._change(user, entity, values)
        self._workspace.changed()

    def _detach(self, user: SandboxUser, entity: Site, *, force: bool) -> None:
        if entity.main:
            raise Refusal("E#N424", "The main site cannot be deleted.")
        servers = [one for one in self._workspace.clients if one.site is entity]
        if servers and not force:
            codes = ", ".join(one.code for one in servers)
            raise Refusal("E#N422", f"The site {entity.code!r} has servers ({codes}); move them first.")
        self._stop(lambda job: entity.id in (job.source.id, job.destination.id), entity.code, force=force)
        for server in servers:
            server.site = None


class Queues(Kind[Queue]):
    """The queues. Jobs of one that is deleted move to the default one, which stays."""

    name = "queue"
    holds = Queue
    settable: ClassVar = {
        **COMMON,
        "code": fields.code,
        "status": fields.choice("waiting", "paused"),
        "priority": fields.number(0, 1000),
        "default": fields.flag,
        "compute_default": fields.flag,
    }

    def __init__(self, workspace: Workspace, attend: Attend) -> None:
        super().__init__(workspace, attend, entity_rows.queues(workspace.code))

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> Queue:
        queue = Queue(code=self._new_code(values))
        self._change(user, queue, {**values, "code": queue.code})
        return self._workspace.add(queue)

    def _change(self, user: SandboxUser, entity: Queue, values: dict[str, Any]) -> None:
        flags = ("default", "compute_default")
        if any(values.get(name) is False and getattr(entity, name) for name in flags):
            raise Refusal("E#N424", "Make another queue the default one instead.")
        super()._change(user, entity, values)
        for name in flags:
            if values.get(name):
                for queue in self.members():
                    setattr(queue, name, queue is entity)
        self._workspace.changed()

    def _detach(self, user: SandboxUser, entity: Queue, *, force: bool) -> None:
        if entity.default or entity.compute_default:
            raise Refusal("E#N424", "The default queue cannot be deleted; make another one the default.")
        for job in self._workspace.jobs.values():
            if job.queue is entity:
                job.queue = self._workspace.default_queue
        users, shares = self._workspace.every(SandboxUser), self._workspace.every(Share)
        owners: list[SandboxUser | Share] = [*users, *shares]
        for one in owners:
            if one.queue is entity:
                one.queue = None
        self._workspace.changed()


class Engines(Kind[ComputeEngine]):
    """The engines. To delete one aborts the active jobs that name it; none of them begins again."""

    name = "engine"
    holds = ComputeEngine
    settable: ClassVar = {**COMMON, "code": fields.code, "status": ON_OR_OFF}

    def __init__(self, workspace: Workspace, attend: Attend) -> None:
        super().__init__(workspace, attend, entity_rows.engines())

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> ComputeEngine:
        code = self._new_code(values)
        return self._workspace.add(ComputeEngine(**{**values, "code": code}))

    def _detach(self, user: SandboxUser, entity: ComputeEngine, *, force: bool) -> None:
        named = (entity.id, entity.code.casefold())
        self._stop(lambda job: job.engine.casefold() in named, entity.code, force=True)


class Clients(Kind[Client]):
    """The clients, of one type or all. They come of installing a program, not of a call.

    Args:
        workspace: whose.
        attend: what is told of a job that was changed.
        name: ``client`` for all, or the name of a type.
    """

    name = "client"
    holds = Client
    settable: ClassVar = {
        "description": fields.text,
        "metadata": fields.mapping,
        "status": fields.choice("online", "offline", "enabled", "disabled", "disabled-offline"),
        "site": fields.text,
    }
    plain: ClassVar = frozenset(("description", "metadata", "status"))

    def __init__(self, workspace: Workspace, attend: Attend, name: str = "client") -> None:
        super().__init__(workspace, attend, entity_rows.clients())
        self.name = name

    def members(self) -> Iterable[Client]:
        """The clients."""
        clients = self._workspace.every(Client)
        return (one for one in clients if self.name in ("client", CLIENT_TYPES[one.type]))

    def may_create(self, user: SandboxUser) -> bool:
        """Nobody may."""
        return False

    def create(self, user: SandboxUser, data: Any) -> Client:
        """Refused: clients come of being installed."""
        return self._make(user, {})

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> Client:
        raise Refusal("E#N420", "Clients cannot be created; they come of installing accsyn on a computer.")

    def _change(self, user: SandboxUser, entity: Client, values: dict[str, Any]) -> None:
        changes = dict(values)
        if "site" in values:
            if user.role != "admin" or entity.type not in (SERVER, USER_SERVER):
                raise Refusal("E#P002", "Only admins set the site, and only that of servers.")
            changes["site"] = self._workspace.find_site(values["site"])
            if changes["site"] is None:
                raise Refusal("E#N412", f"There is no site {values['site']!r}.")
        if "status" in values:
            there = entity.status in ("online", "disabled")
            if values["status"] == "enabled":
                changes["status"] = "online" if there else "offline"
            elif values["status"] == "disabled" and not there:
                changes["status"] = "disabled-offline"
        super()._change(user, entity, changes)
        self._workspace.changed()

    def _require_removal(self, user: SandboxUser, entity: Client, what: str) -> None:
        if not roles.may_change(user, entity):
            self._require_change(user, entity, what)

    def delete(self, user: SandboxUser, entity: Client, *, force: bool = False) -> None:
        """Delete one; the volumes that it served are no longer, and jobs on it wait for good."""
        super().delete(user, entity, force=force)
        self._workspace.changed()

    def _detach(self, user: SandboxUser, entity: Client, *, force: bool) -> None:
        if not force and entity.status in ("online", "disabled"):
            raise Refusal("E#N422", f"The client {entity.code!r} is online; only offline ones are deleted.")
        for volume in self._workspace.every(Share):
            if entity in volume.servers:
                volume.servers.remove(entity)
