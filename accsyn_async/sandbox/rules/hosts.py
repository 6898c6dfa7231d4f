"""The computers on which accsyn runs: started, stopped and set up by people, as no call of the API can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.rules.kinds.shares import serve
from accsyn_async.sandbox.rules.local_places import path_on_computer
from accsyn_async.sandbox.rules.notation import read_place
from accsyn_async.sandbox.state.entities import (
    APP,
    USER_SERVER,
    Client,
    LocalShare,
    SandboxUser,
    Share,
)
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Hosts"]

TYPES: Final = {"app": APP, "userserver": USER_SERVER}


class Hosts:
    """What people do at computers.

    Args:
        workspace: that their programs log in to.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def clients(self) -> tuple[Client, ...]:
        """The clients, of computers that are on or off."""
        return self._workspace.clients

    def start(
        self,
        *,
        user: str | None = None,
        site: str | None = None,
        type: str = "app",
        hostname: str = "",
        volumes: Iterable[str] | None = None,
    ) -> Client:
        """Start a computer: a user's, or a server at a site.

        A user's computer that has that program already goes online again.

        Example::

            server = box.hosts.start(site="berlin")

        Args:
            user: the e-mail address or id of whose it is; ``None`` for a server at a site.
            site: the code or id of where the server stands; ``None`` for a user's computer.
            type: of a user's, ``app`` for the desktop app or ``userserver`` for the program that runs in
                the background.
            hostname: the name of the computer; one is made up when it is empty.
            volumes: the codes or ids of the volumes that the server serves at its site, in place of who did;
                ``None`` for those that no server serves there yet.

        Returns:
            The client, online.

        Raises:
            KeyError: there is no such user, site or volume.
            ValueError: neither or both of ``user`` and ``site`` are given, or the type is none.
        """
        if (user is None) == (site is None):
            raise ValueError("a computer is a user's, or a server at a site: give one of user= and site=")
        if user is not None:
            if type not in TYPES:
                raise ValueError(f"type must be {' or '.join(TYPES)}, not {type!r}")
            if volumes is not None:
                raise ValueError("only a server at a site serves volumes")
            client = self._start_own(self.user(user), TYPES[type], hostname)
        else:
            client = self._start_server(site or "", hostname, volumes)
        self._workspace.changed()
        return client

    def switch(self, client: str, *, online: bool) -> Client:
        """Take a client on- or offline, whatever its user says; one that is disabled stays so.

        Example::

            app = next(one for one in box.hosts.clients if one.user is box.user("standard"))
            box.hosts.switch(app.id, online=False)  # downloads of this user wait

        Raises:
            KeyError: there is none of that id.
        """
        found = self._client(client)
        disabled = found.status.startswith("disabled")
        if online:
            found.status = "disabled" if disabled else "online"
            found.checked_in = self._workspace.clock.text()
        else:
            found.status = "disabled-offline" if disabled else "offline"
        self._workspace.changed()
        return found

    def map_share(
        self, client: str, share: str, path: str | None, *, read: bool = False, write: bool = False
    ) -> None:
        """Map a share locally, as its user does in the app, for all programs on that computer.

        Example::

            app = next(one for one in box.hosts.clients if one.user is box.user("employee"))
            box.hosts.map_share(app.id, "projects", "/work/projects", read=True)

        Args:
            client: the id of a client of the user.
            share: the code or id of a volume, folder or home.
            path: where it is on the computer, such as ``/work/thefilm``; ``None`` ends the mapping.
            read: whether admins and employees may pull files from there.
            write: whether they may push files there.

        Raises:
            KeyError: there is no such client or share, or the user does not see it. A volume can be mapped
                by whom it is hidden from too.
            ValueError: the client is no user's, or the path is not absolute.
        """
        found = self._client(client)
        if found.user is None or found.type not in TYPES.values():
            raise ValueError(f"only users map shares, and {found.code} is none's computer")
        target = self._share(share, found.user)
        mapped = None
        if path is not None:
            place = read_place(path, self._workspace.code)
            if place.party is not None or place.parts is None or not place.absolute:
                raise ValueError(f"a share is mapped to an absolute path, not to {path!r}")
            parts = path_on_computer(place, self._workspace.local_root)
            mapped = LocalShare(target, parts, read, write)
        for one in self._workspace.clients_of(found.user):
            if one.code == found.code:
                one.mapped.pop(target.id, None)
                if mapped is not None:
                    one.mapped[target.id] = mapped
        self._workspace.changed()

    def user(self, name: str) -> SandboxUser:
        """The user of a role, the first there was, or of an e-mail address or id.

        Raises:
            KeyError: there is none.
        """
        users = self._workspace.users
        found = next((one for one in users if one.role == name), None) or self._workspace.find_user(name)
        if found is None:
            known = ", ".join(one.username for one in users)
            raise KeyError(f"{name!r} is no role (admin, employee, standard) and no user ({known})")
        return found

    def _start_own(self, user: SandboxUser, kind: int, hostname: str) -> Client:
        workspace = self._workspace
        mine = [one for one in workspace.clients if one.user is user]
        hostname = hostname or f"{user.username.partition('@')[0]}-{len(mine) + 1}"
        known = next((one for one in mine if (one.type, one.code) == (kind, hostname)), None)
        if known is not None:
            return self.switch(known.id, online=True)
        client = Client(code=hostname, type=kind, user=user, checked_in=workspace.clock.text())
        # A computer's programs share what was mapped on it.
        for one in mine:
            if one.code == hostname:
                client.mapped |= one.mapped
        return workspace.add(client)

    def _start_server(self, name: str, hostname: str, volumes: Iterable[str] | None) -> Client:
        workspace = self._workspace
        site = workspace.find_site(name)
        if site is None:
            known = ", ".join(one.code for one in workspace.sites)
            raise KeyError(f"there is no site {name!r} ({known})")
        if volumes is None:
            served = [one for one in workspace.volumes if one.server_at(site) is None]
        else:
            served = [self._volume(one) for one in volumes]
        server = workspace.add_server(site, hostname)
        for volume in served:
            serve(volume, server)
        return server

    def _client(self, ident: str) -> Client:
        found = self._workspace.find_client(ident)
        if found is None:
            raise KeyError(f"there is no client {ident!r}")
        return found

    def _volume(self, name: str) -> Share:
        found = self._workspace.find_share("volume", name)
        if found is None:
            raise KeyError(f"there is no volume {name!r}")
        return found

    def _share(self, name: str, user: SandboxUser) -> Share:
        found = self._workspace.find_share("share", name)
        if (
            found is None
            or found.kind == "collection"
            or not (found.kind == "volume" or roles.may_see(user, found))
        ):
            raise KeyError(f"{user.username} has no volume, folder or home {name!r} to map")
        return found
