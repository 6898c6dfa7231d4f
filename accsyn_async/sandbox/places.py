"""Finds out where a source and a destination lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from accsyn_async.sandbox import notation, roles
from accsyn_async.sandbox.notation import NotationError, Place, read_place
from accsyn_async.sandbox.refusal import Refusal, there_are
from accsyn_async.sandbox.state import Client, End, Job, Party, SandboxUser, Share, Site, Workspace
from accsyn_async.sandbox.volume_paths import below, in_real_folder, on_volume

__all__ = ["Resolver"]


@dataclass(frozen=True, slots=True)
class _Side:
    """Whose machine a place lies on: a site's or a user's, one of the two."""

    site: Site | None = None
    user: SandboxUser | None = None


class Resolver:
    """Turns the notation of one user's jobs into ends.

    Args:
        workspace: where the parties and shares are looked up.
        user: who submits; a path without a party may lie on this user's machine.
    """

    def __init__(self, workspace: Workspace, user: SandboxUser) -> None:
        self._workspace = workspace
        self._user = user

    def resolve(self, source: str, destination: str, job: Job | None = None) -> tuple[End, End]:
        """Find both ends of a task.

        Args:
            source: as written.
            destination: as written.
            job: the job that the task joins; its parties stand in for parties left out.

        Raises:
            Refusal: one cannot be read, does not exist, may not be used, or is ambiguous.
        """
        from_place = self._read(source, "source")
        to_place = self._read(destination, "destination")
        if job is not None:
            from_place = _with_party(from_place, job.source)
            to_place = _with_party(to_place, job.destination)
        if from_place.parts is None:
            raise Refusal("E#J003", f"The source {source!r} has no path.")
        from_side, to_side = self._sides(from_place, to_place)
        if from_side == to_side:
            raise Refusal("E#J005", f"Source and destination of {source!r} are the same party.")
        if not self._user.elevated and from_side.site is not None and to_side.site is not None:
            raise Refusal("E#J006", "Only admins and employees transfer between sites.")
        start = self._end(from_side, from_place, "source")
        if to_place.frames is not None and to_place.frames != start.frames:
            raise Refusal("E#J032", f"The destination {destination!r} is numbered otherwise than {source!r}.")
        if to_place.parts is None:
            return start, self._mirror(start, to_side, destination)
        return start, self._end(to_side, to_place, "destination")

    def at_site(self, text: str, what: str) -> End:
        """Find what lies on a share, at whichever site.

        Raises:
            Refusal: it cannot be read, does not exist, or lies on somebody's own machine.
        """
        place = self._read(text, what)
        end = self._anywhere(place, what)
        if end.share is None:
            raise Refusal("E#D005", f"The {what} {text!r} lies on no share.")
        return end

    def to_deliver(self, text: str, party: Party | None) -> End:
        """Find what is delivered: on a share, at whichever site, or on the machine of the user who asks.

        Args:
            text: the source as written.
            party: stands in for a party left out; ``None`` for nobody.

        Raises:
            Refusal: it cannot be read, does not exist, or may not be used.
        """
        place = self._read(text, "source")
        return self._anywhere(place if party is None else _with_party(place, party), "source")

    def on_own_machine(self, text: str, what: str) -> End:
        """Find what lies on the machine of the user who asks.

        Raises:
            Refusal: it cannot be read, or lies elsewhere.
        """
        place = self._read(text, what)
        side = _Side(user=self._user) if place.party is None else self._party_side(place.party)
        if place.parts is None or side.user is None:
            raise Refusal("E#D006", f"The {what} {text!r} is no path on your own machine.")
        return self._local_end(side.user, place)

    def own_party(self) -> Party:
        """The party of the user who asks."""
        return self.party(_Side(user=self._user))

    def home(self) -> End:
        """The home of the user who asks."""
        return self.at_site(f"home={self._user.username}/", "destination")

    def here(self) -> End:
        """The main site itself, where what is computed is."""
        site = self._workspace.main_site
        client = self._workspace.client_of(site=site)
        return End(self.party(_Side(site=site)), site.folder, (), True, "", None, client)

    def _read(self, text: str, what: str) -> Place:
        try:
            return read_place(text, self._workspace.code, self._workspace.main_site.code)
        except NotationError as error:
            raise Refusal("E#J002", f"The {what} {text!r} cannot be used: {error}.") from None

    def _sides(self, source: Place, destination: Place) -> tuple[_Side, _Side]:
        """Whose the two places are.

        An absolute path without a party that lies on a volume is the workspace's, as one without a party is;
        any other is on the machine of the user who asks. So is one on a volume when the other end is the
        workspace already: of a job's two parties one is somebody else.
        """
        here, there = self._side(source), self._side(destination)
        guessed = here is None
        here = here or self._guess(source, there)
        there = there or self._guess(destination, here)
        if here == there and here.user is not None:
            if guessed and destination.party is not None:
                raise Refusal("E#J005", f"The source {source.text!r} lies on no volume of the workspace.")
            raise Refusal(
                "E#J005",
                f"Both {source.text!r} and {destination.text!r} would lie on your own machine; "
                "name a share (share=projects/…) or a party on one side.",
            )
        return here, there

    def _guess(self, place: Place, other: _Side | None) -> _Side:
        """Whose an absolute path without a party is, as the other end tells."""
        main = _Side(site=self._workspace.main_site)
        return main if other != main and on_volume(self._workspace, place) else _Side(user=self._user)

    def _side(self, place: Place) -> _Side | None:
        """Whose a place is; ``None`` when only the other end can tell."""
        if place.party is not None:
            return self._party_side(place.party)
        if place.absolute and in_real_folder(self._workspace, place) is None:
            return None
        return _Side(site=self._workspace.main_site)

    def _party_side(self, party: notation.Party) -> _Side:
        workspace = self._workspace
        if party.kind == "workspace":
            return _Side(site=workspace.main_site)
        if party.kind == "site":
            site = workspace.find_site(party.name)
            if site is None:
                known = there_are(one.code for one in workspace.sites)
                raise Refusal("E#J010", f"There is no site {party.name!r} ({known}).")
            return _Side(site=site)
        if party.kind == "user":
            user = workspace.find_user(party.name)
            if user is None:
                raise Refusal("E#J011", f"There is no user {party.name!r}.")
        else:
            client = next((one for one in workspace.clients if one.id == party.name), None)
            if client is None:
                raise Refusal("E#J012", f"There is no client {party.name!r}.")
            if client.user is None:
                return _Side(site=client.site)
            user = client.user
        if user is not self._user:
            raise Refusal(
                "E#J013",
                f"Only {user.username} may name paths on their machine; make a delivery to send files there.",
            )
        return _Side(user=user)

    def _anywhere(self, place: Place, what: str) -> End:
        """What lies on a share, or on the machine of the user who asks."""
        if place.parts is None:
            raise Refusal("E#J003", f"The {what} {place.text!r} has no path.")
        side = self._side(place)
        if side is None:
            is_there = on_volume(self._workspace, place) is not None
            side = _Side(site=self._workspace.main_site) if is_there else _Side(user=self._user)
        return self._end(side, place, what)

    def _end(self, side: _Side, place: Place, what: str) -> End:
        if side.user is not None:
            return self._local_end(side.user, place)
        assert side.site is not None
        share, parts = self._on_share(place)
        self._require_access(share, parts, what)
        text = "/".join(parts) + _range(place.frames)
        located = share.locate(parts)
        if located is None:
            known = there_are(one.name for one in share.files.values())
            raise Refusal("E#J015", f"The collection {share.code!r} does not show {text!r} ({known}).")
        real, inner = located
        root, path = self._rooted(side.site, real, (*real.parts, *inner))
        client = self._server(real, side.site)
        return End(
            self.party(side),
            root,
            path,
            place.folder,
            text,
            share,
            client,
            frames=place.frames,
            volume=real.parent or real,
        )

    def _require_access(self, share: Share, parts: tuple[str, ...], what: str) -> None:
        allows, verb = (roles.may_read, "read from") if what == "source" else (roles.may_write, "write to")
        if not allows(self._user, share, parts):
            path = "/".join((share.code, *parts))
            raise Refusal("E#P005", f"You may not {verb} {share.kind}={path}; ask for access to it.")

    def _local_end(self, user: SandboxUser, place: Place) -> End:
        if place.share is not None:
            raise Refusal("E#J014", f"{user.username} has mapped no share locally ({place.text!r}).")
        parts = below(place, self._workspace.local_root)
        if parts is None:
            parts = (*((place.drive,) if place.drive else ()), *(place.parts or ()))
        text = place.text.rstrip("/\\") or place.text
        client = self._workspace.client_of(user=user)
        if client is None:
            raise Refusal("E#J037", f"{user.username} has no client that could send or receive.")
        party, root = self.party(_Side(user=user)), self._workspace.local_root
        return End(party, root, parts, place.folder, text, None, client, frames=place.frames)

    def _mirror(self, start: End, side: _Side, text: str) -> End:
        if side.site is None or start.share is None:
            raise Refusal(
                "E#J007",
                f"The destination {text!r} has no path; only from a share to a site it can be left out.",
            )
        share = start.share
        text = start.path.removesuffix(_range(start.frames))
        names = tuple(text.split("/")) if text else ()
        self._require_access(share, names, "destination")
        root, path = self._rooted(side.site, share, (*share.parts, *names))
        client = self._server(share, side.site)
        return End(
            self.party(side),
            root,
            path,
            False,
            start.path,
            share,
            client,
            mirrored=True,
            frames=start.frames,
            volume=share.parent or share,
        )

    def _server(self, share: Share, site: Site) -> Client | None:
        try:
            return self._workspace.server_for(share, site)
        except LookupError as error:
            raise Refusal("E#J036", str(error)) from None

    def _rooted(self, site: Site, share: Share, path: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
        return (share.folder, path) if site.main else (site.folder, (share.volume, *path))

    def _on_share(self, place: Place) -> tuple[Share, tuple[str, ...]]:
        workspace = self._workspace
        parts = place.parts or ()
        if place.share is not None:
            kind, name = place.share
            own = name == notation.OWN
            share = workspace.home_of(self._user) if own else workspace.find_share(kind, name)
            if share is None or not roles.may_see(self._user, share):
                usable = [one for one in workspace.shares if roles.may_see(self._user, one)]
                known = there_are(f"{one.kind}={one.code}" for one in usable)
                raise Refusal("E#J015", f"There is no {kind} {name!r} ({known}).")
            return share, parts
        if place.absolute:
            found = on_volume(workspace, place)
            if found is None:
                raise Refusal("E#J016", f"{place.text!r} lies on no volume of the workspace.")
            return found
        if place.party is None and not self._user.elevated:
            home = workspace.home_of(self._user)
            if home is None:
                raise Refusal("E#J015", f"You have no home for {place.text!r}; name a share.")
            return home, parts
        volume = workspace.find_share("volume", parts[0]) if parts else None
        return (workspace.default_volume, parts) if volume is None else (volume, parts[1:])

    def party(self, side: _Side) -> Party:
        """The party that rows show for a side."""
        workspace = self._workspace
        if side.user is not None:
            user = side.user
            hr = f"user:{user.username}[{user.role}]({user.id})"
            return Party("user", user.id, hr, (f"user:{user.id}", user.id, user.username, hr))
        assert side.site is not None
        if side.site.main:
            hr = f"workspace:{workspace.code}({workspace.id})"
            names = (workspace.code, side.site.code, side.site.id)
            return Party(
                "workspace", workspace.id, hr, (f"workspace:{workspace.id}", workspace.id, *names, hr)
            )
        site = side.site
        hr = f"site:{site.code}({site.id})"
        return Party("site", site.id, hr, (f"site:{site.id}", site.id, site.code, hr))


def _with_party(place: Place, party: Party) -> Place:
    if place.party is None and (place.absolute or party.kind != "workspace"):
        name = "" if party.kind == "workspace" else party.id
        return replace(place, party=notation.Party(party.kind, name))
    return place


def _range(frames: tuple[int, int] | None) -> str:
    return "" if frames is None else f"[{frames[0]}-{frames[1]}]"
