"""Who sees and may change what, by role, and by what a user was granted on shares.

==================  =====  ===========================================  =====================================
of                  admin  employee                                     standard
==================  =====  ===========================================  =====================================
workspace           all    sees                                         -
site, queue,        all    sees                                         -
engine, server
user                all    sees all but admins; makes and changes       sees and changes the own profile
                           standard users and the own profile
app, userserver,    all    sees and changes as those users; a user's    sees and changes the own ones
browser                    own ones too
volume              all    sees those granted                           -
folder              all    sees, makes and changes those on a part of   sees those granted, and describes
                           a volume that was granted, or granted        those granted for writing
                           themselves
home                all    the own one, and those of standard users     the own one, as such folders
                           as such folders
collection          all    sees, makes and changes                      sees those granted
acl                 all    sees the own ones and those on shares that   sees and gives up the own ones
                           they see, changes those on shares that they
                           may change
file                all    reads and writes where granted               reads and writes where granted
transfer, compute   all    sees the own ones and those on shares that   sees and changes the own transfers
                           they see, or on none; changes what they see
delivery, request,  all    likewise; receives when submitted            receives when submitted
stream
log                 all    of what they see, and of what they did       of what they did and of jobs they see
==================  =====  ===========================================  =====================================

What is not seen is not found. Access to a volume or folder does not open the homes below it that it does not
name: an employee needs an ACL on another employee's or an admin's home itself, or on a path in it, and a
standard user on anybody else's. Jobs have rules of their own (`accsyn_async.sandbox.rules.job_states`).
"""

from __future__ import annotations

from typing import Final

from accsyn_async.sandbox.state.entities import (
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

__all__ = [
    "READERS",
    "WRITERS",
    "closed_below",
    "has_all",
    "may_change",
    "may_list",
    "may_read",
    "may_see",
    "may_write",
    "shows",
]

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


def has_all(user: SandboxUser, share: Share) -> bool:
    """Whether a user may read and write all of the volume that a share lies on."""
    volume = share.parent or share
    acl = volume.acls.get(user.id)
    if acl is None or acl.state is not State.ACTIVE:
        return _owns_all(user, volume)
    return _owns_all(user, volume) or (acl.read and acl.write and not acl.parts)


def closed_below(user: SandboxUser, share: Share, parts: tuple[str, ...] = ()) -> frozenset[tuple[str, ...]]:
    """The homes below a path that access to it does not open, each by the names from the volume."""
    if user.role == "admin":
        return frozenset()
    path = (*share.parts, *parts)
    above = Share.home_key(path)
    return frozenset(
        home.parts
        for home in (share.parent or share).homes.values()
        if len(home.parts) > len(path)
        and Share.home_key(home.parts[: len(path)]) == above
        and _is_closed(user, home)
    )


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
    found = [share.acls.get(user.id)]
    if share.parent is not None and share.kind != "collection":
        found.append(share.parent.acls.get(user.id))
    path = (*share.parts, *parts)
    return [acl for acl in found if acl is not None and acl.state is State.ACTIVE and _opens(acl, path)]


def _opens(acl: Acl, path: tuple[str, ...]) -> bool:
    """Whether an ACL covers a path, which begins at the volume."""
    base = (*acl.share.parts, *acl.parts)
    if path[: len(base)] != base:
        return False
    homes = (acl.share.parent or acl.share).homes
    inner = (homes.get(Share.home_key(path[:count])) for count in range(len(base) + 1, len(path) + 1))
    return not any(home is not None and _is_closed(acl.user, home) for home in inner)


def _is_closed(user: SandboxUser, home: Share) -> bool:
    """Whether access to what lies above a home does not open it."""
    if home.user is None or home.user is user or home.state is State.ARCHIVED:
        return False
    return user.role == "standard" or home.user.elevated


def may_see(user: SandboxUser, entity: Entity) -> bool:
    """Whether a user finds an entity, in whatever state it is."""
    if user.role == "admin" or entity is user:
        return True
    match entity:
        case SandboxUser():
            return user.elevated and entity.role != "admin"
        case Site() | Queue() | ComputeEngine():
            return user.elevated
        case Client():
            return entity.user is user or (
                user.elevated and (entity.user is None or may_see(user, entity.user))
            )
        case Acl():
            return entity.user is user or (user.elevated and may_see(user, entity.share))
        case Share():
            return _sees_share(user, entity)
    return False


def _sees_share(user: SandboxUser, share: Share) -> bool:
    if user.id in share.acls or share.user is user:
        return True
    if not user.elevated or share.kind == "volume":
        return False
    if share.kind == "collection":
        return True
    acl = None if share.parent is None else share.parent.acls.get(user.id)
    return acl is not None and _opens(acl, share.parts)


def may_change(user: SandboxUser, entity: Entity) -> bool:
    """Whether a user may change an entity that they see; what of it is another matter."""
    if user.role == "admin" or entity is user:
        return True
    match entity:
        case SandboxUser():
            return user.elevated and entity.role == "standard"
        case Client():
            return entity.user is not None and entity.type != SERVER and may_change(user, entity.user)
        case Acl():
            return entity.user is user or may_change(user, entity.share)
        case Share():
            if entity.kind == "volume" or (entity.kind == "home" and _is_closed(user, entity)):
                return False
            return user.elevated or may_write(user, entity)
    return False
