"""What holds of a workspace whatever anybody sends, well-formed or not."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.calls import Calls
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import (
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
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.acl import AclTopic
from accsyn_async.sandbox.topics.entities import EntityTopic
from accsyn_async.sandbox.topics.event import Event

TYPES: tuple[type[Entity], ...] = (SandboxUser, Site, Queue, ComputeEngine, Client, Share, Acl)
STEPS = 250
VERBS = {
    "find": "GET",
    "create": "POST",
    "add": "POST",
    "edit": "PUT",
    "activate": "POST",
    "deactivate": "DELETE",
    "delete": "DELETE",
    "server": "PUT",
    "servers": "GET",
    "file/remove": "DELETE",
}
NEW: dict[str, tuple[str, ...]] = {
    "user": ("code", "role"),
    "site": ("name",),
    "queue": ("name", "priority"),
    "engine": ("name",),
    "volume": ("name", "queue", "default"),
    "folder": ("name", "path", "parent"),
    "home": ("user", "queue"),
    "collection": ("name", "files"),
    "share": ("name", "path"),
    "acl": ("entity", "target", "read", "path"),
}
CHANGED: dict[str, tuple[str, ...]] = {
    "user": ("role", "status", "queue"),
    "site": ("code", "status"),
    "queue": ("status", "default", "compute_default", "code"),
    "volume": ("status", "default", "code"),
    "server": ("site", "status"),
    "client": ("status",),
}
KINDS = (*NEW, "server", "client", "file", "workspace")
REFERENCES = ("user", "parent", "server", "site", "client", "entity", "target")
PREFIXES = {"entity": "user:", "target": "share:"}
JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x" * 20_000,
    "\0",
    "..",
    "\ud800",
    [],
    [1],
    {},
    {"a": {}},
)


class Sender:
    """Makes calls at random, most of which make sense."""

    def __init__(self, workspace: Workspace, seed: int) -> None:
        self._workspace = workspace
        self._random = random.Random(seed)

    def value(self, name: str) -> Any:
        pick = self._random.choice
        if self._random.random() < 0.05:
            return pick(JUNK)
        if name in REFERENCES:
            kinds: dict[str, type[Entity]] = {"user": SandboxUser, "entity": SandboxUser, "site": Site}
            kinds |= {"server": Client, "client": Client}
            return PREFIXES.get(name, "") + pick(list(self._workspace.every(kinds.get(name, Share)))).id
        fitting: dict[str, tuple[Any, ...]] = {
            "name": ("a", "b", "B", "c d", "projects"),
            "code": ("a", "l@example.com", "m@example.com", "standard@example.com", "b"),
            "metadata": ({}, {"a": 1}),
            "role": ("admin", "employee", "standard"),
            "status": ("enabled", "enabled", "disabled", "waiting", "online"),
            "path": ("", "x", "x/y", "../x"),
            "files": ([], ["share=projects/x"], ["y", "/z"], ["volume=b/y"]),
            "priority": (0, 500, 1000, 1001),
            "queue": ("medium", "a", "b"),
        }
        return pick(fitting.get(name, (True, True, False)))

    def data(self, kind: str, operation: str) -> Any:
        chance = self._random.random()
        if chance < 0.04:
            return self._random.choice((*JUNK[-4:], None, {"colour": "red"}))
        if operation == "create":
            names: tuple[str, ...] = NEW.get(kind, ("name",))
        elif operation == "edit":
            known = CHANGED.get(kind, ("name", "metadata"))
            names = tuple(self._random.sample(known, self._random.randint(1, len(known))))
        else:
            flags = ("force", "inactive", "archived", "recursive")
            names = {"server": ("client",), "add": ("files",), "file/remove": ("files",)}.get(
                operation, tuple(name for name in flags if self._random.random() < 0.2)
            )
        return {name: self.value(name) for name in names}

    def call(self) -> tuple[str, Event, SandboxUser]:
        kind = self._random.choice(KINDS)
        operation = self._random.choice(tuple(VERBS))
        user = self._random.choice((self._workspace.users[0], *self._workspace.users))
        everything = [one for one_type in TYPES for one in self._workspace.every(one_type)]
        alike = [one for one in everything if _kind(one) == kind]
        one = self._random.choice(alike if alike and self._random.random() < 0.9 else everything)
        event = Event(
            uri=f"{kind}/{operation}",
            workspace="acme",
            session="s",
            ident=user.username,
            data=self.data(kind, operation),
            query=self._random.choice((None, None, "code=*", one.code, "(")),
            id=one.id if operation != "find" or self._random.random() < 0.5 else None,
        )
        return VERBS[operation], event, user


@pytest.mark.parametrize("seed", range(12))
async def test_the_rules_hold(tmp_path: Path, seed: int) -> None:
    workspace = furnished("acme", tmp_path, {"berlin": tmp_path}, tmp_path, Clock(), spare=tmp_path / "spare")
    calls = Calls([EntityTopic(workspace), AclTopic(workspace)])
    sender = Sender(workspace, seed)
    succeeded: Counter[str] = Counter()
    for _ in range(STEPS):
        verb, event, user = sender.call()
        before = _state(workspace)
        try:
            reply = await calls.answer(verb, event, user)
        except Refusal:
            assert _state(workspace) == before, event
        else:
            assert verb != "GET" or _state(workspace) == before, event
            assert "result" in reply
            succeeded[event.uri.partition("/")[2]] += 1
        _check(workspace)
    assert set(succeeded) >= {"find", "create", "edit", "delete"}


def _kind(entity: Entity) -> str:
    match entity:
        case SandboxUser():
            return "user"
        case ComputeEngine():
            return "engine"
        case Client():
            return "server" if entity.site is not None else "client"
        case Share():
            return entity.kind
    return type(entity).__name__.casefold()


def _state(workspace: Workspace) -> list[Any]:
    names = ("code", "name", "status", "metadata", "own_state", "modified", "modifier", "default", "role")
    return [
        (one.id, *(repr(getattr(one, name, None)) for name in names))
        for one_type in TYPES
        for one in workspace.every(one_type)
    ]


def _check(workspace: Workspace) -> None:
    assert workspace.main_site.state is State.ACTIVE
    assert any(user.role == "admin" and user.status == "enabled" for user in workspace.users)
    assert [volume.state for volume in workspace.every(Share) if volume.default] == [State.ACTIVE]
    assert [queue.state for queue in workspace.every(Queue) if queue.default] == [State.ACTIVE]
    assert [queue.state for queue in workspace.every(Queue) if queue.compute_default] == [State.ACTIVE]
    for unique in (SandboxUser, Site, Queue, ComputeEngine, Share):
        codes = Counter(one.code.casefold() for one in workspace.active(unique))
        assert not codes or max(codes.values()) == 1, unique
    for acl in workspace.active(Acl):
        assert acl.share.acls[acl.user.id] is acl
        assert acl.read or acl.write
