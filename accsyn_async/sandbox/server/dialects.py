"""The two dialects: their addresses, how one logs in, and how their events are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.access import Access
from accsyn_async.sandbox.server.calls import Calls
from accsyn_async.sandbox.server.envelope import read_event
from accsyn_async.sandbox.server.session_keys import SessionKeys, seconds_of
from accsyn_async.sandbox.server.v1 import from_v1
from accsyn_async.sandbox.server.v1_rows import attributes_to_v1, to_v1
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event

__all__ = ["V1", "V3", "Dialect", "Place"]

Reply = dict[str, Any]
EVENT_METHODS: Final = ("GET", "PUT", "POST", "DELETE")


@dataclass(slots=True)
class Place:
    """Where the server is reached."""

    hostname: str = ""
    port: int = 0


class Dialect(Protocol):
    """One way to talk to the workspace.

    Attributes:
        name: ``v3`` or ``v1``.
        addresses: what each path is for (``discovery``, ``login`` or ``event``) and its methods.
    """

    name: str
    addresses: Mapping[str, tuple[str, tuple[str, ...]]]

    def discover(self, asked: Reply) -> Reply:
        """Say where the workspace is."""

    def log_in(self, headers: Mapping[str, str], body: Reply) -> tuple[SandboxUser, Reply]:
        """Check credentials and hand a session out."""

    def authenticate(self, headers: Mapping[str, str]) -> SandboxUser:
        """Who sends an event."""

    def read(self, body: Reply, user: SandboxUser) -> Event:
        """Read an event and check that it is the user's."""

    def check_session(self, event: Event, user: SandboxUser) -> None:
        """Refuse an event of a session that has expired."""

    def name_of(self, event: Event) -> str | None:
        """What a call is known by; ``None`` when there is no such call."""

    async def answer(self, verb: str, event: Event, user: SandboxUser) -> Reply:
        """Do what an event asks."""

    def expire_sessions(self) -> None:
        """Let every session handed out have expired."""


class V3:
    """The dialect of today."""

    name = "v3"
    addresses: Mapping[str, tuple[str, tuple[str, ...]]] = {
        "/api/v3/J3PKTtDvolDMBtTy6AFGA": ("discovery", ("GET",)),
        "/api/v3/api/login": ("login", ("PUT",)),
        "/api/v3/event": ("event", EVENT_METHODS),
    }

    def __init__(self, code: str, access: Access, calls: Calls, place: Place) -> None:
        self._code = code
        self._access = access
        self._calls = calls
        self._place = place

    def discover(self, asked: Reply) -> Reply:
        """Give host and port."""
        _require_workspace(asked.get("ident"), self._code)
        return {"result": {"hostname": self._place.hostname, "port": self._place.port}}

    def log_in(self, headers: Mapping[str, str], body: Reply) -> tuple[SandboxUser, Reply]:
        """Hand a session id out."""
        user = self.authenticate(headers)
        return user, {"result": {"id": user.id, "role": user.role, "session_id": self._access.log_in(user)}}

    def authenticate(self, headers: Mapping[str, str]) -> SandboxUser:
        """The user whose api key was sent."""
        return self._access.authenticate(headers.get("Authorization"), headers.get("X-Accsyn-Workspace"))

    def read(self, body: Reply, user: SandboxUser) -> Event:
        """Read an event."""
        return _checked(read_event(body), user, self._code)

    def check_session(self, event: Event, user: SandboxUser) -> None:
        """Check the session id."""
        self._access.check_session(event.session, user)

    def name_of(self, event: Event) -> str | None:
        """What a call is known by."""
        return self._calls.name(event.uri)

    async def answer(self, verb: str, event: Event, user: SandboxUser) -> Reply:
        """Do what an event asks."""
        return await self._calls.answer(verb, event, user)

    def expire_sessions(self) -> None:
        """Forget every session id."""
        self._access.expire_sessions()


class V1:
    """The dialect of older workspaces, whose calls become those of today."""

    name = "v1"
    addresses: Mapping[str, tuple[str, tuple[str, ...]]] = {
        "/api/v1.0/registry/organization/domain": ("discovery", ("PUT",)),
        "/api/v1.0/user/login/auth": ("login", ("PUT",)),
        "/api/v1.0/event": ("event", EVENT_METHODS),
    }

    def __init__(self, workspace: Workspace, keys: SessionKeys, access: Access, calls: Calls) -> None:
        self._workspace = workspace
        self._keys = keys
        self._access = access
        self._calls = calls

    def discover(self, asked: Reply) -> Reply:
        """Give the name before ``.accsyn.com``."""
        _require_workspace(asked.get("organization"), self._workspace.code)
        return {"domain": self._workspace.code}

    def log_in(self, headers: Mapping[str, str], body: Reply) -> tuple[SandboxUser, Reply]:
        """Hand a session key out."""
        if not isinstance(body.get("session"), str):
            raise Refusal("E#A400", "The login names no 'session'.", status=400)
        user, reply = self._keys.log_in(headers.get("Authorization"), body.get("session_key_reuse"))
        self._access.note_login(user)
        return user, reply

    def authenticate(self, headers: Mapping[str, str]) -> SandboxUser:
        """The user whose session key was sent."""
        return self._keys.authenticate(headers.get("Authorization"))

    def read(self, body: Reply, user: SandboxUser) -> Event:
        """Read an event."""
        return _checked(read_event(body, "domain"), user, self._workspace.code)

    def check_session(self, event: Event, user: SandboxUser) -> None:
        """Nothing to do: the session key has been checked."""

    def name_of(self, event: Event) -> str | None:
        """What a call is known by, in the names of today."""
        if event.uri.casefold() == "user/generate_session_key":
            return event.uri.casefold()
        return self._calls.name(from_v1("GET", event, self._is_queue)[1].uri)

    async def answer(self, verb: str, event: Event, user: SandboxUser) -> Reply:
        """Do what an event asks."""
        if event.uri.casefold() == "user/generate_session_key":
            return self._generate(verb, event, user)
        old = event
        verb, event = from_v1(verb, event, self._is_queue)
        reply = await self._calls.answer(verb, event, user)
        if event.uri.casefold() == "attributes":
            return {**reply, "result": attributes_to_v1(event.data["entitytype"], reply["result"])}
        reply = to_v1(event.uri.casefold(), reply, self._workspace.id, self._root_of)
        asked = old.data.get("attributes") if isinstance(old.data, dict) else None
        return _only(reply, asked) if asked and event.uri.casefold().endswith("/find") else reply

    def expire_sessions(self) -> None:
        """Let every session key have expired."""
        self._keys.expire()

    def _generate(self, verb: str, event: Event, user: SandboxUser) -> Reply:
        if verb != "POST":
            raise Refusal("E#E405", f"{event.uri} is called with POST, not {verb}.")
        if (event.query or "").casefold() != user.username.casefold():
            raise Refusal("E#P002", "A session key can be made for oneself only.")
        lifetime = event.data.get("lifetime") if isinstance(event.data, dict) else None
        return {"session_key": self._keys.generate(user, seconds_of(lifetime))}

    def _root_of(self, share: str) -> str | None:
        found = self._workspace.find_share("share", share) if share else None
        return None if found is None or found.parent is None else found.parent.id

    def _is_queue(self, ident: str) -> bool:
        return self._workspace.find_queue(ident) is not None


def _only(reply: Reply, attributes: list[str]) -> Reply:
    """A reply whose rows hold no more than was asked for."""
    wanted = {"id", *attributes}
    rows = ({name: row[name] for name in row if name in wanted} for row in reply["result"])
    return {**reply, "result": list(rows)}


def _require_workspace(name: object, code: str) -> None:
    if not isinstance(name, str) or name.casefold() != code.casefold():
        raise Refusal("E#W404", f"There is no workspace {name!r}.")


def _checked(event: Event, user: SandboxUser, code: str) -> Event:
    _require_workspace(event.workspace, code)
    if event.ident.casefold() != user.username.casefold():
        raise Refusal("E#A403", "'ident' is not the user who sends this.")
    return event
