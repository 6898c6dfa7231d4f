"""Finds the file or folder that a path of a file operation names, and who may reach it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows.told import Tell, plainly, telling
from accsyn_async.sandbox.rules import job_states, roles, standing
from accsyn_async.sandbox.rules.closed import Closed
from accsyn_async.sandbox.rules.notation import OWN, NotationError, Place, read_place
from accsyn_async.sandbox.rules.volume_paths import on_volume
from accsyn_async.sandbox.state.entities import SandboxUser, Share, Site
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["FilePlaces", "Spot"]

_PACKAGE: Final = re.compile(r"(?:delivery|stream)=([0-9a-f]+)/?(.*)", re.DOTALL | re.IGNORECASE)
KEYS: Final = ("share", "volume", "folder", "collection", "home", "v", "s")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a path leads.

    Attributes:
        root: the folder that must not be left.
        base: the names from it to the share's folder.
        parts: the names from there.
        folder: whether it was written with a trailing slash.
        text: the path as written.
        closed: the folders below that the user may not touch.
        shows: tells of the names below whether the user may see what is there.
        inside: of a whole collection or delivery, which has no folder, what it shows by name; else ``None``.
        tell: tells of names from the root, in accsyn's notation.
    """

    root: Path
    base: tuple[str, ...]
    parts: tuple[str, ...]
    folder: bool
    text: str
    closed: Closed = frozenset()
    shows: Callable[[tuple[str, ...]], bool] = field(default=lambda _names: True, compare=False)
    inside: Mapping[str, Spot] | None = None
    tell: Tell = field(default=plainly, compare=False)

    @property
    def path(self) -> tuple[str, ...]:
        """The names from the root."""
        return (*self.base, *self.parts)


class FilePlaces:
    """Finds paths.

    Args:
        workspace: where the shares are looked up.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def find(self, user: SandboxUser, path: object, *, write: bool = False, whole: bool = False) -> Spot:
        """Find a path.

        Args:
            user: who asks.
            path: a text such as ``share=projects/a.mov``, or an object of a ``path`` and perhaps the id or
                code of a ``share`` (``volume``, ``folder``, ``collection``, ``home``). What a delivery or
                stream holds is ``delivery=<id>/a.mov``.
            write: whether it is to be changed.
            whole: whether all of it is to be read or changed, rather than what of it the user may see.

        Raises:
            Refusal: it cannot be read, lies on no share that the user may see, or may not be changed.
        """
        package = _PACKAGE.fullmatch(_text(path))
        if package is not None:
            return self._delivered(user, package[1], package[2], write=write)
        place = self._read(_text(path))
        site = self._site(place)
        share, parts = self._share(user, place)
        if not (roles.may_list(user, share, parts) or roles.may_write(user, share, parts)):
            raise Refusal("E#F001", f"There is no {place.text!r}.")
        if write and not roles.may_write(user, share, parts):
            raise Refusal("E#F003", f"You may not change {place.text!r}.")
        if write and whole and roles.closed_below(user, share, parts):
            raise Refusal("E#F003", f"You may not change all that is in {place.text!r}.")
        readable = roles.may_read if whole else roles.may_list
        if not write and not readable(user, share, parts):
            raise Refusal("E#F003", f"You may not read {place.text!r}.")
        written = "/".join((f"{share.kind}={share.code}", *parts))
        located = share.locate(parts)
        if located is None and not parts and not write:
            inside = {
                one.name: self._spot(one.share, one.parts, site, place, f"{written}/{one.name}")
                for one in share.shown()
            }
            return Spot(Path(), (), (), True, place.text, inside=inside)
        if located is None:
            raise Refusal("E#F007", f"The collection {share.code!r} shows no {place.text!r}.")
        spot = self._spot(*located, site, place, written)
        closed = frozenset[str]()
        if located == (share, parts):
            closed = standing.closed_folders(user, share, parts, spot.root)
        return replace(spot, closed=closed, shows=lambda names: roles.shows(user, share, (*parts, *names)))

    def _delivered(self, user: SandboxUser, name: str, below: str, *, write: bool) -> Spot:
        job = self._workspace.jobs.get(name.casefold())
        if job is None or job.kind not in ("delivery", "stream") or not job_states.may_see(user, job):
            raise Refusal("E#F001", f"There is no delivery {name!r}.")
        if write:
            raise Refusal("E#F003", f"You may not change what the {job.kind} {name!r} holds.")
        held: dict[str, Spot] = {}
        for task in job.counted():
            end = task.source
            if end.client is not None and end.client.status != "online":
                raise Refusal("E#F004", f"The client {end.client.code} is {end.client.status}.")
            if end.parts:
                closed = standing.closed_to(job, task)
                written = f"{job.kind}={name}/{end.parts[-1]}"
                held[end.parts[-1]] = Spot(
                    *(end.root, (), end.parts, False, below, closed), tell=telling(written, end.parts)
                )
        first, *rest = self._read(f"./{below}").parts or ("",)
        if not first:
            closed = frozenset[str]().union(*(spot.closed for spot in held.values()))
            return Spot(Path(), (), (), True, name, closed, inside=held)
        if first not in held:
            raise Refusal("E#F007", f"The {job.kind} {name!r} holds no {below!r}.")
        return replace(held[first], parts=(*held[first].parts, *rest))

    def _spot(self, share: Share, parts: tuple[str, ...], site: Site, place: Place, written: str) -> Spot:
        self._require_server(share, site)
        base = share.parts if site.main else (share.volume, *share.parts)
        root = share.folder if site.main else site.folder
        written = written if site.main else f"site={site.code}:{written}"
        return Spot(root, base, parts, place.folder, place.text, tell=telling(written, (*base, *parts)))

    def _require_server(self, share: Share, site: Site) -> None:
        server = share.server_at(site)
        if server is None:
            raise Refusal(
                "E#F004", f"No server at the site {site.code} serves the {share.kind} {share.code}."
            )
        if server.status != "online":
            raise Refusal("E#F004", f"The server of {site.code} is {server.status}.")
        if site.status == "disabled":
            raise Refusal("E#F004", f"The site {site.code} is disabled.")

    def _read(self, text: str) -> Place:
        try:
            return read_place(text, self._workspace.code, self._workspace.main_site.code)
        except NotationError as error:
            raise Refusal("E#F002", f"The path {text!r} cannot be used: {error}.") from None

    def _site(self, place: Place) -> Site:
        party = place.party
        if party is None or party.kind == "workspace":
            return self._workspace.main_site
        if party.kind != "site":
            raise Refusal("E#F002", f"{place.text!r} is on a user's machine; name a share.")
        site = self._workspace.find_site(party.name)
        if site is None:
            raise Refusal("E#F005", f"There is no site {party.name!r}.")
        return site

    def _share(self, user: SandboxUser, place: Place) -> tuple[Share, tuple[str, ...]]:
        workspace = self._workspace
        parts = place.parts or ()
        if place.share is not None:
            kind, name = place.share
            share = workspace.home_of(user) if name == OWN else workspace.find_share(kind, name)
            if share is None or not roles.may_see(user, share):
                raise Refusal("E#F001", f"There is no {kind} {name!r}.")
            return share, parts
        if place.absolute:
            found = on_volume(workspace, place, user)
            if found is None:
                raise Refusal("E#F006", f"{place.text!r} lies on no volume that you may reach.")
            return found
        if not user.elevated and place.party is None:
            home = workspace.home_of(user)
            if home is None:
                raise Refusal("E#F001", f"You have no home for {place.text!r}; name a share.")
            return home, parts
        volume = workspace.find_share("volume", parts[0]) if parts else None
        if volume is None or not roles.may_see(user, volume):
            return workspace.default_volume, parts
        return volume, parts[1:]


def _text(path: object) -> str:
    if isinstance(path, str):
        return path
    if isinstance(path, dict):
        shares = [path[key] for key in KEYS if path.get(key)]
        below = path.get("path", "")
        if len(shares) <= 1 and isinstance(below, str) and all(isinstance(one, str) for one in shares):
            return f"share={shares[0]}/{below.lstrip('/')}" if shares else below
    raise Refusal("E#F002", "A path must be a text, or an object of a path and perhaps a share.")
