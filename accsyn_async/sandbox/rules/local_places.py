"""Finds out where on a user's own computers a source or a destination lies.

A user has one app at first, and may start more computers. The path of a job that names none of them
(``client=<id>:/path``, ``lisa@example.com@<hostname>:/path``) lies on the only one that is online; with
several online it is ambiguous, and refused, though accsyn may take the one that came online last. On one
computer that runs both, the user server goes before the app. While none is online it lies on the default
one, the oldest app, and the job waits for that.

Only users themselves name any path on their computers. A share that a user has mapped locally is open to
admins, and to employees who may reach the share: for writing, to push files there, and for reading, to pull
them, as far as the user has allowed each.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.rules.notation import Place
from accsyn_async.sandbox.rules.sequences import frame_range
from accsyn_async.sandbox.rules.volume_paths import below
from accsyn_async.sandbox.state.entities import (
    APP,
    USER_SERVER,
    Client,
    LocalShare,
    SandboxUser,
    Share,
    State,
)
from accsyn_async.sandbox.state.jobs import End, Party
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Computers", "mapping_of", "path_on_computer", "require_mapped"]

Path = tuple[str, ...]


class Computers:
    """Finds places on the computers of users.

    Args:
        workspace: where clients are looked up.
        asker: who asks, and is told no more than they may see.
    """

    def __init__(self, workspace: Workspace, asker: SandboxUser) -> None:
        self._workspace = workspace
        self._asker = asker

    def end(self, party: Party, owner: SandboxUser, chosen: Client | None, place: Place, what: str) -> End:
        """Find a path that was written, one that the owner alone may name or one on a mapped share.

        Args:
            party: the owner, as rows show them.
            owner: whose computers.
            chosen: the one that was named; ``None`` to find it.
            place: what was written, not on a share.
            what: ``source`` or ``destination``.

        Raises:
            Refusal: the asker may not, or there is no such computer.
        """
        root = self._workspace.local_root
        parts = path_on_computer(place, root)
        if owner is self._asker:
            client = self._client(owner, self._of(owner, chosen))
            text = place.text.rstrip("/\\") or place.text
            return End(party, root, parts, place.folder, text, None, client, frames=place.frames)
        found = {}
        for client in self._of(owner, chosen) if self._asker.elevated else ():
            mapped = _longest(one for one in client.mapped.values() if _holds(one, parts))
            if mapped is not None and self._reaches(mapped, parts[len(mapped.parts) :]):
                found[client.id] = mapped
        if not found:
            raise Refusal(
                "E#J013",
                f"Only {owner.username} may name paths on their machine that lie on no locally mapped share; "
                "make a delivery to send files there.",
            )
        client = self._client(owner, [one for one in self._of(owner, chosen) if one.id in found])
        mapped = found[client.id]
        inner = parts[len(mapped.parts) :]
        require_mapped(owner, mapped, what)
        text = "/".join(inner) + frame_range(place.frames)
        return End(party, root, parts, place.folder, text, mapped.share, client, frames=place.frames)

    def shared_end(
        self,
        party: Party,
        owner: SandboxUser,
        chosen: Client | None,
        share: Share,
        parts: Path,
        what: str,
        place: Place | None = None,
        frames: tuple[int, int] | None = None,
    ) -> End:
        """Find a path of a share where a user has mapped it, or something around it.

        Args:
            party: the owner, as rows show them.
            owner: whose computers.
            chosen: the one that was named; ``None`` to find it.
            share: which share.
            parts: the names from it.
            what: ``source`` or ``destination``.
            place: what was written; ``None`` to mirror the path of the source.
            frames: those of the source that is mirrored.

        Raises:
            Refusal: it is not mapped, the asker may not, or there is no such computer.
        """
        path = (*share.parts, *parts)
        found = {}
        for client in self._of(owner, chosen) if owner is self._asker or self._asker.elevated else ():
            mapped = _longest(one for one in client.mapped.values() if _covers(one, share, path))
            if mapped is not None:
                found[client.id] = mapped
        if not found:
            text = "/".join((share.code, *parts))
            raise Refusal("E#J014", f"{owner.username} has not mapped {share.kind}={text} locally.")
        client = self._client(owner, [one for one in self._of(owner, chosen) if one.id in found])
        mapped = found[client.id]
        inner = path[len(mapped.share.parts) :]
        if owner is not self._asker:
            if not self._reaches(mapped, inner):
                text = "/".join((share.code, *parts))
                raise Refusal("E#P005", f"You may not reach {share.kind}={text}; ask for access to it.")
            require_mapped(owner, mapped, what)
        frames = frames if place is None else place.frames
        return End(
            party,
            self._workspace.local_root,
            (*mapped.parts, *inner),
            False if place is None else place.folder,
            "/".join(parts) + frame_range(frames),
            share,
            client,
            mirrored=place is None,
            frames=frames,
        )

    def _of(self, owner: SandboxUser, chosen: Client | None) -> tuple[Client, ...]:
        return self._workspace.clients_of(owner) if chosen is None else (chosen,)

    def _client(self, owner: SandboxUser, clients: Iterable[Client]) -> Client:
        known = list(clients)
        online = [one for one in known if one.status == "online"]
        serving = {one.code for one in online if one.type == USER_SERVER}
        online = [one for one in online if one.type == USER_SERVER or one.code not in serving]
        if len(online) > 1:
            names = ", ".join(f"client={one.id} ({one.code})" for one in online)
            raise Refusal("E#J045", f"{owner.username} has several clients online; name one of {names}.")
        if online:
            return online[0]
        default = next((one for one in known if one.type == APP), known[0] if known else None)
        if default is None:
            raise Refusal("E#J037", f"{owner.username} has no client that could send or receive.")
        return default

    def _reaches(self, mapped: LocalShare, inner: Path) -> bool:
        return any(may(self._asker, mapped.share, inner) for may in (roles.may_list, roles.may_write))


def path_on_computer(place: Place, root: PurePath) -> Path:
    """The names from the folder that stands for users' computers to what a path on one names.

    Args:
        place: what was written: as users write it, with a drive or not, or by its real folder in that one.
        root: that folder.
    """
    parts = below(place, root)
    if parts is not None:
        return parts
    drive = () if place.drive is None else (place.drive,)
    return (*drive, *(place.parts or ()))


def require_mapped(owner: SandboxUser, mapped: LocalShare | None, what: str) -> None:
    """Refuse what a user has not allowed others on a computer of their own.

    Raises:
        Refusal: it is so.
    """
    if mapped is None or not (mapped.read if what == "source" else mapped.write):
        verb = "read from" if what == "source" else "write to"
        raise Refusal("E#J046", f"{owner.username} lets nobody {verb} this locally mapped share.")


def mapping_of(end: End) -> LocalShare | None:
    """The mapping by which an end on a user's computer lies on a share; ``None`` when there is none now."""
    if end.client is None or end.share is None:
        return None
    return _longest(one for one in end.client.mapped.values() if _holds(one, end.parts))


def _holds(mapped: LocalShare, parts: Path) -> bool:
    return mapped.share.state is State.ACTIVE and parts[: len(mapped.parts)] == mapped.parts


def _covers(mapped: LocalShare, share: Share, path: Path) -> bool:
    outer = mapped.share
    same = (outer.parent or outer) is (share.parent or share)
    return same and outer.state is State.ACTIVE and path[: len(outer.parts)] == outer.parts


def _longest(found: Iterable[LocalShare]) -> LocalShare | None:
    return max(found, key=lambda one: len((*one.share.parts, *one.parts)), default=None)
