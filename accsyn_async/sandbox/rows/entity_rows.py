"""The attributes of what a workspace is made of: what is sent, and what a query compares."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from accsyn_async.sandbox.rows.table import Getter, Row, Table
from accsyn_async.sandbox.state.entities import (
    CLIENT_TYPES,
    SERVER,
    Acl,
    Client,
    CollectionFile,
    ComputeEngine,
    Entity,
    Queue,
    SandboxUser,
    Share,
    Site,
    State,
)
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = [
    "acls",
    "assignment",
    "clients",
    "engines",
    "files",
    "queues",
    "share_hr",
    "shares",
    "sites",
    "user_hr",
    "users",
    "workspaces",
]

E = TypeVar("E", bound=Entity)

STATUS_HR: Final = {
    "enabled": "Enabled",
    "disabled": "Disabled",
    "offline": "Offline",
    "disabled-offline": "Disabled, offline",
}


def _common() -> dict[str, Getter[Any]]:
    return {
        "id": lambda one: one.id,
        "code": lambda one: one.code,
        "name": lambda one: one.name,
        "description": lambda one: one.description,
        "status": lambda one: one.status,
        "created": lambda one: one.created,
        "creator": lambda one: one.creator,
        "modified": lambda one: one.modified,
        "modifier": lambda one: one.modifier,
        "metadata": lambda one: one.metadata,
        "inactive": lambda one: one.state is State.INACTIVE,
    }


def user_hr(user: SandboxUser) -> str:
    """A user for people."""
    return f"user:{user.username}[{user.role}]({user.id})"


def share_hr(share: Share) -> str:
    """A share for people."""
    return f"share:{share.name}[{share.kind}]({share.id})"


def _id(entity: Entity | None) -> str | None:
    return None if entity is None else entity.id


def _names(entity: Entity | None) -> tuple[str, ...]:
    return () if entity is None else (entity.id, entity.code, entity.name)


def users() -> Table[SandboxUser]:
    """The table of users."""
    return Table(
        {
            **_common(),
            "email": lambda user: user.code,
            "role": lambda user: user.role,
            "logged_in": lambda user: user.logged_in or None,
            "queue": lambda user: _id(user.queue),
        },
        {"username": lambda user: user.code, "queue": lambda user: _names(user.queue)},
        refers={"queue": (lambda user: user.queue, queues())},
    )


def workspaces() -> Table[Workspace]:
    """The table of the one workspace."""
    return Table(
        {
            "id": lambda workspace: workspace.id,
            "code": lambda workspace: workspace.code,
            "name": lambda workspace: workspace.name,
            "description": lambda workspace: workspace.description,
            "created": lambda workspace: workspace.created,
            "modified": lambda workspace: workspace.modified,
            "modifier": lambda workspace: workspace.modifier,
            "metadata": lambda workspace: workspace.metadata,
            "main_site": lambda workspace: workspace.main_site.id,
        }
    )


def sites() -> Table[Site]:
    """The table of sites."""
    return Table({**_common(), "main": lambda site: site.main, "accsyn": lambda site: False})


def queues(workspace: str = "") -> Table[Queue]:
    """The table of queues.

    Args:
        workspace: the workspace's code, for their uri.
    """
    return Table(
        {
            **_common(),
            "default": lambda queue: queue.default,
            "compute_default": lambda queue: queue.compute_default,
            "priority": lambda queue: queue.priority,
            "uri": lambda queue: f"{workspace}/{queue.code}",
        }
    )


def engines() -> Table[ComputeEngine]:
    """The table of engines."""
    return Table(_common())


def _path(share: Share) -> str:
    if share.kind == "volume":
        return str(share.root)
    return "" if share.kind == "collection" else "/".join(share.parts)


def shares(kind: str = "share") -> Table[Share]:
    """The table of volumes, or of what lies on them; ``share`` for all."""
    sent: dict[str, Getter[Share]] = {
        **_common(),
        "status": lambda share: share.availability,
        "status_hr": lambda share: STATUS_HR[share.availability],
        "type": lambda share: share.kind,
        "path": _path,
        "email": lambda share: share.email,
        "queue": lambda share: _id(share.queue),
    }
    asked: dict[str, Getter[Share]] = {
        "parent": lambda share: _names(share.parent),
        "volume": lambda share: _names(share.parent or share),
        "user": lambda share: _names(share.user),
        "queue": lambda share: _names(share.queue),
    }
    if kind in ("volume", "share"):
        sent |= {
            "default": lambda share: share.default,
            "licensed": lambda share: True,
            "paths": lambda share: share.paths,
        }
    if kind != "volume":
        sent |= {
            "parent": lambda share: _id(share.parent),
            "parent_hr": lambda share: "" if share.parent is None else share_hr(share.parent),
        }
    if kind in ("home", "share"):
        sent["user"] = lambda share: _id(share.user)
    refers: dict[str, tuple[Getter[Share], Table[Any]]] = {
        "queue": (lambda share: share.queue, queues()),
        "user": (lambda share: share.user, users()),
    }
    if kind != "volume":
        refers["parent"] = (lambda share: share.parent, shares("volume"))
        refers["volume"] = (lambda share: share.parent or share, shares("volume"))
    return Table(sent, asked, refers=refers, objects=("metadata", "paths"))


def clients() -> Table[Client]:
    """The table of clients."""
    return Table(
        {
            **_common(),
            "type": lambda client: client.type,
            "type_hr": lambda client: CLIENT_TYPES[client.type],
            "user": lambda client: _id(client.user),
            "user_hr": lambda client: "" if client.user is None else user_hr(client.user),
            "site": lambda client: _id(client.site),
            "site_hr": lambda client: "" if client.site is None else client.site.code,
            "parent": lambda client: None,
            "host_id": lambda client: "02:00:00:00:00:01",
            "last_checkin": lambda client: client.checked_in,
            "os": lambda client: "linux",
            "username": lambda client: "accsyn",
            "version": lambda client: "3.6-5",
            "wan_ip": lambda client: "127.0.0.1",
            "benchmark": lambda client: None,
            "roles": lambda client: ["storage", "compute"] if client.type == SERVER and client.site else [],
            "metrics": lambda client: {},
        },
        {
            "user": lambda client: _names(client.user),
            "site": lambda client: _names(client.site),
            "type": lambda client: (client.type, CLIENT_TYPES[client.type]),
        },
        refers={
            "user": (lambda client: client.user, users()),
            "site": (lambda client: client.site, sites()),
        },
    )


def assignment(volume: Share, server: Client) -> Row:
    """The row of a server that serves a volume."""
    site = server.site
    return {
        "id": server.id,
        "client": server.id,
        "client_hr": server.code,
        "code": server.code,
        "type": server.type,
        "status": server.status,
        "site": _id(site),
        "site_hr": "" if site is None else site.code,
        "main": site is not None and site.main,
        "share": volume.id,
        "share_hr": volume.name,
    }


def acls(*, recursive: bool = False) -> Table[Acl]:
    """The table of ACLs.

    Args:
        recursive: whether a query for a volume's means those of all that lies on it too.
    """
    sent = _common()
    for name in ("code", "name", "metadata", "inactive"):
        del sent[name]

    def target(acl: Acl) -> tuple[str, ...]:
        found = [acl.share]
        if recursive and acl.share.parent is not None:
            found.append(acl.share.parent)
        return tuple(f"share:{name}" for share in found for name in _names(share))

    return Table(
        {
            **sent,
            "entity": lambda acl: f"user:{acl.user.id}",
            "entity_hr": lambda acl: acl.user.code,
            "target": lambda acl: f"share:{acl.share.id}",
            "target_hr": lambda acl: acl.share.name,
            "read": lambda acl: acl.read,
            "write": lambda acl: acl.write,
            "path": lambda acl: acl.path,
            "acknowledged": lambda acl: acl.acknowledged,
            "role": lambda acl: None,
            "token": lambda acl: None,
        },
        {
            "entity": lambda acl: tuple(f"user:{name}" for name in _names(acl.user)),
            "target": target,
            "user": lambda acl: _names(acl.user),
            "share": lambda acl: _names(acl.share),
        },
        refers={"user": (lambda acl: acl.user, users()), "share": (lambda acl: acl.share, shares())},
    )


def files(collection: Share) -> Table[CollectionFile]:
    """The table of what a collection shows."""
    return Table(
        {
            "id": lambda file: file.id,
            "code": lambda file: file.name,
            "name": lambda file: file.name,
            "filename": lambda file: file.name,
            "path": lambda file: "/".join((f"{file.share.kind}={file.share.code}", *file.parts)) + file.range,
            "share": lambda file: file.share.id,
            "share_hr": lambda file: share_hr(file.share),
            "parent": lambda file: collection.id,
            "parent_hr": lambda file: share_hr(collection),
            "created": lambda file: file.created,
            "creator": lambda file: file.creator,
        },
        refers={"share": (lambda file: file.share, shares())},
    )
