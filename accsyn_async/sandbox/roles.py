"""Who sees and may change what, by role, and by what a user was granted on shares."""

from __future__ import annotations

from typing import Final

from accsyn_async.sandbox.entities import (
    SERVER,
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

__all__ = ["READERS", "WRITERS", "may_change", "may_list", "may_read", "may_see", "may_write", "shows"]

ALL: Final = frozenset({"admin", "employee", "standard"})
STAFF: Final = frozenset({"admin", "employee"})
ADMINS: Final = frozenset({"admin"})

READERS: Final = {
    **dict.fromkeys(("workspace", "queue", "site", "server", "engine", "volume", "lane"), STAFF),
    **dict.fromkeys(("user", "acl", "share", "folder", "home", "collection", "file"), ALL),
    **dict.fromkeys(("transfer", "compute", "delivery", "request", "stream", "task"), ALL),
    **dict.fromkeys(("client", "app", "userserver", "browser"), ALL),
}
"""The roles that see entities of a type, perhaps not all of them."""

WRITERS: Final = {
    **READERS,
    **dict.fromkeys(("workspace", "queue", "site", "server", "engine", "volume", "lane"), ADMINS),
}
"""The roles that may change entities of a type, perhaps not all of them."""


def may_read(user: SandboxUser, share: Share, parts: tuple[str, ...] = ()) -> bool:
    """Whether a user may list and download what lies at a path of a share."""
    return any(acl.read for acl in _reaching(user, share, parts)) or _owns_all(user, share)


def may_write(user: SandboxUser, share: Share, parts: tuple[str, ...] = ()) -> bool:
    """Whether a user may upload to, change and delete what lies at a path of a share."""
    return any(acl.write for acl in _reaching(user, share, parts)) or _owns_all(user, share)


def may_list(user: SandboxUser, share: Share, parts: tuple[str, ...] = ()) -> bool:
    """Whether a user may list a folder: all of it, or only what `shows` when something below was granted."""
    return may_read(user, share, parts) or len(_on_the_way(user, share, parts)) > len(parts)


def shows(user: SandboxUser, share: Share, parts: tuple[str, ...]) -> bool:
    """Whether a file or folder shows in a listing: it may be read, or was granted, or leads there."""
    return may_read(user, share, parts) or bool(_on_the_way(user, share, parts))


def _on_the_way(user: SandboxUser, share: Share, parts: tuple[str, ...]) -> tuple[str, ...]:
    """The path that a user was granted on a share, when it is this one or lies below."""
    acl = share.acls.get(user.id)
    if acl is None or acl.state is not State.ACTIVE or acl.parts[: len(parts)] != parts:
        return ()
    return acl.parts


def _owns_all(user: SandboxUser, share: Share) -> bool:
    return user.role == "admin" and share.state is State.ACTIVE


def _reaching(user: SandboxUser, share: Share, parts: tuple[str, ...]) -> list[Acl]:
    """The ACLs of a user that cover a path: of the share, or of the volume that it lies on."""
    if share.state is not State.ACTIVE:
        return []
    found = []
    own = share.acls.get(user.id)
    if own is not None and parts[: len(own.parts)] == own.parts:
        found.append(own)
    if share.parent is not None and share.kind != "collection" and not _closed_home(user, share):
        outer = share.parent.acls.get(user.id)
        path = (*share.parts, *parts)
        if outer is not None and path[: len(outer.parts)] == outer.parts:
            found.append(outer)
    return [acl for acl in found if acl.state is State.ACTIVE]


def _closed_home(user: SandboxUser, share: Share) -> bool:
    """Whether a share is a home that access to its volume does not open."""
    if share.user is None or share.user is user:
        return False
    return user.role == "standard" or share.user.elevated


def may_see(user: SandboxUser, entity: Entity) -> bool:
    """Whether a user finds an entity, in whatever state it is."""
    if user.role == "admin" or entity is user:
        return True
    match entity:
        case SandboxUser():
            return user.elevated and entity.role == "standard"
        case Site() | Queue() | ComputeEngine():
            return user.elevated
        case Client():
            return user.elevated or entity.user is user
        case Acl():
            return entity.user is user or (user.elevated and may_see(user, entity.share))
        case Share():
            return _sees_share(user, entity)
    return False


def _sees_share(user: SandboxUser, share: Share) -> bool:
    if user.id in share.acls or share.user is user:
        return True
    if not user.elevated or share.kind == "volume" or _closed_home(user, share):
        return False
    if share.kind == "collection":
        return True
    acl = None if share.parent is None else share.parent.acls.get(user.id)
    return acl is not None and share.parts[: len(acl.parts)] == acl.parts


def may_change(user: SandboxUser, entity: Entity) -> bool:
    """Whether a user may change an entity that they see; what of it is another matter."""
    if user.role == "admin" or entity is user:
        return True
    match entity:
        case SandboxUser():
            return user.elevated and entity.role == "standard"
        case Client():
            return entity.type != SERVER and (user.elevated or entity.user is user)
        case Acl():
            return entity.user is user or may_change(user, entity.share)
        case Share():
            if entity.kind == "volume" or _closed_home(user, entity):
                return False
            return user.elevated or may_write(user, entity)
    return False
