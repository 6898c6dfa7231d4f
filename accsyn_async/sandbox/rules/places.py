"""Finds out where a source and a destination lie."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from accsyn_async.sandbox.refusal import Refusal, there_are
from accsyn_async.sandbox.rows.entity_rows import user_hr
from accsyn_async.sandbox.rules import notation, roles, standing
from accsyn_async.sandbox.rules.local_places import Computers
from accsyn_async.sandbox.rules.notation import NotationError, Place, read_place
from accsyn_async.sandbox.rules.sequences import frame_range
from accsyn_async.sandbox.rules.volume_paths import in_real_folder, on_volume
from accsyn_async.sandbox.state.entities import APP, SERVER, USER_SERVER, Client, SandboxUser, Share, Site
from accsyn_async.sandbox.state.jobs import End, Job, Party
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Resolver"]


@dataclass(frozen=True, slots=True)
class _Side:
    """Whose machine a place lies on: a site's or a user's, one of the two; ``client`` when it was named."""

    site: Site | None = None
    user: SandboxUser | None = None
    client: Client | None = field(default=None, compare=False)


class Resolver:
    """Turns the notation of one user's jobs into ends.

    Args:
        workspace: where the parties and shares are looked up.
        user: who submits; a path without a party may lie on this user's machine.
    """

    def __init__(self, workspace: Workspace, user: SandboxUser) -> None:
        self._workspace = workspace
        self._user = user
        self._computers = Computers(workspace, user)
        self._involved: set[str] = set()

    def whole(self, source: str) -> tuple[str, list[str]] | None:
        """What a whole collection stands for as the source of a task.

        Args:
            source: as written.

        Returns:
            The code of the collection and what it shows, with the ranges of sequences; ``None`` when the
            source is anything else.

        Raises:
            Refusal: it cannot be read, the user may not read all of the collection, or it shows nothing.
        """
        place = self._read(source, "source")
        at_site = place.party is None or place.party.kind in ("workspace", "site")
        if place.share is None or place.parts or not at_site:
            return None
        share = self._workspace.find_share(*place.share)
        if share is None or share.kind != "collection" or not roles.may_see(self._user, share):
            return None
        standing.require_access(self._user, share, (), "source")
        names = [file.name + file.range for file in share.shown()]
        if not names:
            raise Refusal("E#J047", f"The collection {share.code!r} shows nothing; add files to it first.")
        return share.code, names

    def resolve(
        self, source: str, destination: str, job: Job | None = None, *, into: bool = False
    ) -> tuple[End, End]:
        """Find both ends of a task.

        Args:
            source: as written.
            destination: as written.
            job: the job that the task joins; its parties stand in for parties left out.
            into: whether the destination is a folder, with a slash or without.

        Raises:
            Refusal: one cannot be read, does not exist, may not be used, or is ambiguous.
        """
        from_place = self._read(source, "source")
        to_place = self._read(destination, "destination")
        if job is not None:
            self._involved = {job.source.id, job.destination.id}
            from_place = _with_party(from_place, job.source)
            to_place = _with_party(to_place, job.destination)
        if from_place.parts is None:
            raise Refusal("E#J003", f"The source {source!r} has no path.")
        if into:
            to_place = replace(to_place, folder=True)
        from_side, to_side = self._sides(from_place, to_place)
        if job is not None:
            from_side, to_side = _as_before(from_side, to_side, job)
        if from_side == to_side:
            raise Refusal("E#J005", f"Source and destination of {source!r} are the same party.")
        if from_side.user is not None and to_side.user is not None:
            raise Refusal("E#J006", "Files go from or to a site, not from one user's machine to another's.")
        between = from_side.site is not None and to_side.site is not None
        if between and not self._user.elevated:
            raise Refusal("E#J006", "Only admins and employees transfer between sites.")
        start = self._end(from_side, from_place, "source")
        if to_place.frames is not None and to_place.frames != start.frames:
            raise Refusal("E#J032", f"The destination {destination!r} is numbered otherwise than {source!r}.")
        if to_place.parts is None:
            end = self._mirror(start, to_side, destination)
        else:
            end = self._end(to_side, to_place, "destination")
        if between:
            standing.require_all(self._user, start, end)
        return start, end

    def at_site(self, text: str, what: str) -> End:
        """Find what lies on a share, at whichever site.

        Raises:
            Refusal: it cannot be read, does not exist, or lies on somebody's own machine.
        """
        place = self._read(text, what)
        end = self._anywhere(place, what)
        if end.party.kind == "user":
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
        if party is not None:
            self._involved = {party.id}
            place = _with_party(place, party)
        end = self._anywhere(place, "source")
        if end.party.kind == "user" and end.party.id != self._user.id:
            raise Refusal("E#J013", f"The source {text!r} is on another user's machine.")
        return end

    def on_own_machine(self, text: str, what: str) -> End:
        """Find what lies on the machine of the user who asks.

        Raises:
            Refusal: it cannot be read, or lies elsewhere.
        """
        place = self._read(text, what)
        side = _Side(user=self._user) if place.party is None else self._party_side(place.party)
        if place.parts is None or side.user is None:
            raise Refusal("E#D006", f"The {what} {text!r} is no path on your own machine.")
        if side.user is not self._user:
            raise Refusal("E#J013", f"The {what} {text!r} is on another user's machine.")
        return self._local_end(side, place, what)

    def own_party(self) -> Party:
        """The party of the user who asks."""
        return self.party(_Side(user=self._user))

    def home(self) -> End:
        """The home of the user who asks."""
        return self.at_site(f"home={self._user.username}/", "destination")

    def here(self) -> End:
        """The main site itself, where what is computed is."""
        site = self._workspace.main_site
        client = self._workspace.server_of(site)
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
                raise Refusal("E#J005", f"The source {source.text!r} lies on no volume that you may reach.")
            raise Refusal(
                "E#J005",
                f"Both {source.text!r} and {destination.text!r} would lie on your own machine; "
                "name a share (share=projects/…) or a party on one side.",
            )
        return here, there

    def _guess(self, place: Place, other: _Side | None) -> _Side:
        """Whose an absolute path without a party is, as the other end tells."""
        main = _Side(site=self._workspace.main_site)
        return (
            main
            if other != main and on_volume(self._workspace, place, self._user)
            else _Side(user=self._user)
        )

    def _side(self, place: Place) -> _Side | None:
        """Whose a place is; ``None`` when only the other end can tell."""
        if place.party is not None:
            return self._party_side(place.party)
        if place.absolute and in_real_folder(self._workspace, place, self._user) is None:
            return None
        return _Side(site=self._workspace.main_site)

    def _party_side(self, party: notation.Party) -> _Side:
        workspace = self._workspace
        if party.kind == "workspace":
            return _Side(site=workspace.main_site)
        if party.kind == "site":
            site = workspace.find_site(party.name)
            if site is None:
                # Whom sites are hidden from is not told of the others.
                known = [one.code for one in workspace.sites if roles.may_see(self._user, one)]
                hint = f" ({there_are(known)})" if known else ""
                raise Refusal("E#J010", f"There is no site {party.name!r}{hint}.")
            return _Side(site=site)
        if party.kind == "user":
            user = workspace.find_user(party.name)
            if user is None or not (user.id in self._involved or roles.may_see(self._user, user)):
                raise Refusal("E#J011", f"There is no user {party.name!r}.")
            if not party.host:
                return _Side(user=user)
            hosts = [one for one in workspace.clients_of(user) if one.code.casefold() == party.host]
            if not hosts:
                raise Refusal("E#J012", f"{user.username} has no client on {party.host!r}.")
            return _Side(user=user, client=hosts[-1])
        client = workspace.find_client(party.name)
        if client is None or not roles.may_see(self._user, client):
            raise Refusal("E#J012", f"There is no client {party.name!r}.")
        if client.type == SERVER and client.site is not None:
            return _Side(site=client.site, client=client)
        if client.type not in (APP, USER_SERVER) or client.user is None:
            raise Refusal("E#J012", f"The client {client.code} neither sends nor receives files.")
        return _Side(user=client.user, client=client)

    def _anywhere(self, place: Place, what: str) -> End:
        """What lies on a share, or on the machine of the user who asks."""
        if place.parts is None:
            raise Refusal("E#J003", f"The {what} {place.text!r} has no path.")
        side = self._side(place)
        if side is None:
            is_there = on_volume(self._workspace, place, self._user) is not None
            side = _Side(site=self._workspace.main_site) if is_there else _Side(user=self._user)
        return self._end(side, place, what)

    def _end(self, side: _Side, place: Place, what: str) -> End:
        if side.user is not None:
            return self._local_end(side, place, what)
        assert side.site is not None
        share, parts = self._on_share(place)
        standing.require_access(self._user, share, parts, what)
        text = "/".join(parts) + frame_range(place.frames)
        located = share.locate(parts)
        if located is None:
            known = there_are(one.name for one in share.shown())
            raise Refusal("E#J015", f"The collection {share.code!r} does not show {text!r} ({known}).")
        real, inner = located
        root, path = self._rooted(side.site, real, (*real.parts, *inner))
        client = self._server(side, real, share)
        return End(
            self.party(side),
            root,
            path,
            place.folder,
            text,
            share,
            client,
            frames=place.frames,
            real=real,
        )

    def _local_end(self, side: _Side, place: Place, what: str) -> End:
        assert side.user is not None
        party = self.party(side)
        if place.share is None:
            return self._computers.end(party, side.user, side.client, place, what)
        share, parts = self._on_share(place)
        return self._computers.shared_end(party, side.user, side.client, share, parts, what, place)

    def _mirror(self, start: End, side: _Side, text: str) -> End:
        share = start.share
        if share is None:
            raise Refusal(
                "E#J007", f"The destination {text!r} has no path; only from a share it can be left out."
            )
        names = start.inner
        # What a collection shows is mirrored to where it really lies.
        real, inner = share.locate(names) or (share, names)
        if side.user is not None:
            party, frames = self.party(side), start.frames
            return self._computers.shared_end(
                party, side.user, side.client, real, inner, "destination", frames=frames
            )
        assert side.site is not None
        standing.require_access(self._user, share, names, "destination")
        root, parts = self._rooted(side.site, real, (*real.parts, *inner))
        client = self._server(side, real, share)
        return End(
            self.party(side),
            root,
            parts,
            False,
            start.path,
            share,
            client,
            mirrored=True,
            frames=start.frames,
            real=real,
        )

    def _server(self, side: _Side, real: Share, share: Share) -> Client:
        """The server that serves what is named, which for a collection really lies on another share."""
        assert side.site is not None
        server = real.server_at(side.site)
        if server is None or side.client not in (None, server):
            who = "No server" if side.client is None else f"The server {side.client.code}"
            verb = "serves" if side.client is None else "does not serve"
            raise Refusal(
                "E#J036",
                f"{who} at the site {side.site.code} {verb} the {share.kind} {share.code}; "
                "start a server there and assign it to the volume.",
            )
        return server

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
            found = on_volume(workspace, place, self._user)
            if found is None:
                raise Refusal("E#J016", f"{place.text!r} lies on no volume that you may reach.")
            return found
        if place.party is None and not self._user.elevated:
            home = workspace.home_of(self._user)
            if home is None:
                raise Refusal("E#J015", f"You have no home for {place.text!r}; name a share.")
            return home, parts
        volume = self._volume(parts[0]) if parts else None
        if volume is not None:
            return volume, parts[1:]
        if not roles.may_see(self._user, workspace.default_volume):
            raise Refusal("E#J016", f"{place.text!r} lies on no volume that you may reach.")
        return workspace.default_volume, parts

    def _volume(self, name: str) -> Share | None:
        """The volume of a name, unless it is hidden from who asks."""
        volume = self._workspace.find_share("volume", name)
        return volume if volume is not None and roles.may_see(self._user, volume) else None

    def party(self, side: _Side) -> Party:
        """The party that rows show for a side."""
        workspace = self._workspace
        if side.user is not None:
            user = side.user
            hr = user_hr(user)
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


def _as_before(start: _Side, end: _Side, job: Job) -> tuple[_Side, _Side]:
    """What was resolved for a job remains so: its tasks stay on the clients of its first one."""
    first = next(iter(job.tasks.values()), None)
    if first is None:
        return start, end
    sides = []
    for side, known in ((start, first.source), (end, first.destination)):
        mine = side.user is not None and side.client is None and known.party.id == side.user.id
        sides.append(replace(side, client=known.client) if mine else side)
    return sides[0], sides[1]
