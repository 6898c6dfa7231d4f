"""Volumes, folders and homes: places for files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import entity_rows, fields
from accsyn_async.sandbox.rows.fields import Reader
from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.rules.kinds.kind import COMMON, Attend, Kind
from accsyn_async.sandbox.state.entities import SERVER, Acl, Client, SandboxUser, Share, State
from accsyn_async.sandbox.state.jobs import Job
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Folders", "Homes", "Shares", "Volumes", "require_server", "serve"]

SETTABLE: Final[Mapping[str, Reader]] = {
    **COMMON,
    "code": fields.code,
    "status": fields.choice("enabled", "disabled"),
    "email": fields.text,
    "queue": fields.text,
}
SYSTEMS: Final = ("windows", "windows_vpn", "linux", "linux_vpn", "mac", "mac_vpn")


class Shares(Kind[Share]):
    """The shares of one kind. No two shares of any kind have the same code."""

    holds = Share
    settable: ClassVar = SETTABLE

    def __init__(self, workspace: Workspace, attend: Attend) -> None:
        super().__init__(workspace, attend, entity_rows.shares(self.name))

    def members(self) -> Iterable[Share]:
        """The shares of this kind."""
        return (one for one in self._workspace.every(Share) if one.kind == self.name)

    def _change(self, user: SandboxUser, entity: Share, values: dict[str, Any]) -> None:
        super()._change(user, entity, {**values, **self._queue(values)})
        self._workspace.changed()

    def _detach(self, user: SandboxUser, entity: Share, *, force: bool) -> None:
        self._stop(lambda job: _uses(job, entity), entity.code, force=force)
        for acl in self._workspace.every(Acl):
            if acl.share is entity and acl.own_state is not State.ARCHIVED:
                acl.own_state = State.ARCHIVED

    def _rest(self, user: SandboxUser, entity: Share) -> None:
        self._stop(lambda job: _uses(job, entity), entity.code, force=False)

    def _volume(self, user: SandboxUser, name: str | None) -> Share:
        workspace = self._workspace
        volume = workspace.default_volume if name is None else workspace.find_share("volume", name)
        if volume is None or not roles.may_see(user, volume):
            raise Refusal(
                "E#N412", f"There is no volume {name!r}." if name else "Name a volume with 'parent'."
            )
        return volume


class Volumes(Shares):
    """The volumes. The default one stays."""

    name = "volume"
    settable: ClassVar = {**SETTABLE, "default": fields.flag, "paths": fields.texts(*SYSTEMS)}
    initial: ClassVar = {"server": fields.text, "siteservers": fields.names}

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> Share:
        workspace = self._workspace
        main = workspace.server_of(workspace.main_site)
        server = self._server(values["server"]) if "server" in values else main
        servers = [] if server is None else [server]
        servers += [self._server(name) for name in values.get("siteservers", ())]
        code = self._new_code(values)
        changes = {
            name: value for name, value in values.items() if name not in ("server", "siteservers", "code")
        }
        self._queue(values)
        volume = workspace.add(Share(code=code, kind="volume", root=self._folder(), volume=code))
        self._change(user, volume, changes)
        for server in servers:
            serve(volume, server)
        return volume

    def _change(self, user: SandboxUser, entity: Share, values: dict[str, Any]) -> None:
        if values.get("default") is False and entity.default:
            raise Refusal("E#N424", "Make another volume the default one instead.")
        super()._change(user, entity, values)
        if values.get("default"):
            for volume in self.members():
                volume.default = volume is entity

    def _detach(self, user: SandboxUser, entity: Share, *, force: bool) -> None:
        self._require_other(entity)
        super()._detach(user, entity, force=True)

    def _rest(self, user: SandboxUser, entity: Share) -> None:
        self._require_other(entity)
        super()._rest(user, entity)

    def _require_other(self, volume: Share) -> None:
        if volume.default:
            raise Refusal("E#N424", "The default volume stays; make another one the default.")

    def _server(self, ident: str) -> Client:
        found = self._workspace.find_client(ident)
        if found is None:
            raise Refusal("E#N412", f"There is no server {ident!r}.")
        require_server(found)
        return found


class Folders(Shares):
    """The shared folders. One that is made without a path has a folder of its own, named as its code.

    The path ``/`` shares the volume itself.
    """

    name = "folder"
    initial: ClassVar = {"parent": fields.text, "path": fields.path}

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> Share:
        volume = self._volume(user, values.pop("parent", None))
        parts = values.pop("path", None)
        if "name" not in values and "code" not in values and parts:
            values["name"] = parts[-1]
        code = self._new_code(values)
        parts = (code,) if parts is None else parts
        if not roles.may_write(user, volume, parts):
            raise Refusal("E#P002", f"You may not share a folder of the volume {volume.code!r}.")
        values |= self._queue(values) | {"code": code}
        share = Share(**values, kind="folder", parent=volume, volume=volume.volume, parts=parts)
        return self._workspace.add(share)


class Homes(Shares):
    """The homes, one a user at most; they come and go with the user, whose address is their code."""

    name = "home"
    settable: ClassVar = {name: reader for name, reader in SETTABLE.items() if name != "code"}
    initial: ClassVar = {"user": fields.text, "code": fields.text, "parent": fields.text, "path": fields.path}

    def _make(self, user: SandboxUser, values: dict[str, Any]) -> Share:
        workspace = self._workspace
        code = values.pop("code", None)
        name = values.pop("user", code)
        owner = None if name is None else workspace.find_user(name)
        if owner is None or not roles.may_see(user, owner):
            raise Refusal("E#N412", f"There is no user {name!r} to make a home for.")
        if not roles.may_change(user, owner):
            raise Refusal("E#P002", f"Your role, {user.role}, may not make a home for {owner.code}.")
        volume = self._volume(user, values.pop("parent", None))
        usual = ("home", owner.code)
        parts = values.pop("path", usual)
        if parts != usual and user.role != "admin":
            # It would close what lies there to others.
            raise Refusal("E#P002", f"Only admins make a home elsewhere than at {'/'.join(usual)}.")
        if not roles.may_write(user, volume, parts):
            raise Refusal("E#P002", f"You may not make a home on the volume {volume.code!r}.")
        self._require_free(owner.code)
        self._queue(values)
        home = workspace.add_home(owner, user.username, volume, parts)
        self._change(user, home, values)
        return home

    def _rest(self, user: SandboxUser, entity: Share) -> None:
        raise Refusal("E#N420", "A home cannot be deactivated; deactivate the user instead.")


def require_server(client: Client) -> None:
    """Refuse what cannot serve volumes.

    Raises:
        Refusal: it is no server, or stands at no site.
    """
    if client.type != SERVER or client.site is None:
        raise Refusal("E#N425", f"The client {client.code!r} is no server at a site.")


def serve(volume: Share, server: Client) -> None:
    """Let a server serve a volume, in place of the one that did at its site."""
    volume.servers = [one for one in volume.servers if one.site is not server.site]
    volume.servers.append(server)


def _uses(job: Job, share: Share) -> bool:
    """Whether a job touches a share, through a collection too; a request does by where its files go to."""
    if job.inbox is not None and share in job.inbox.shares:
        return True
    return any(share in end.shares for task in job.tasks.values() for end in (task.source, task.destination))
