"""Settings of the workspace, of entities and of integrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from accsyn_async.sandbox.envelope import Event
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.setting_store import (
    DEFAULTS,
    PARENTS,
    Scope,
    SettingStore,
    StoreError,
    check,
    inherited,
)
from accsyn_async.sandbox.settings import read_settings
from accsyn_async.sandbox.state import SandboxUser, Workspace
from accsyn_async.sandbox.topics.finder import Finder
from accsyn_async.sandbox.topics.topic import Answers, Reply, Topic, data_of, flag_of

__all__ = ["SettingTopic"]

MAX_LEVELS: Final = 20


class SettingTopic(Topic):
    """Answers ``setting``.

    One setting is answered as it holds: of the entity, or else of what it inherits from, or else the default.
    All settings are those of the entity alone unless ``upstream`` is asked for. With ``recursive`` those of
    what lies below are added, each under ``<type>:<id>``. Those of a job are those it was created with.

    Args:
        workspace: whose.
        finder: finds entities.
        store: where settings are kept.
    """

    def __init__(self, workspace: Workspace, finder: Finder, store: SettingStore | None = None) -> None:
        self._workspace = workspace
        self._finder = finder
        self._store = SettingStore() if store is None else store

    def calls(self) -> Mapping[str, Answers]:
        """The one uri, with each method."""
        return {"setting": {"GET": self._get, "PUT": self._set, "DELETE": self._delete}}

    async def _get(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        chain = await self._chain(event, user, data)
        name = data.get("name")
        if name is not None:
            values = inherited([*map(self._own, chain), DEFAULTS])
            return {"result": values.get(_text(data, "name"))}
        if not flag_of(data, "upstream"):
            del chain[1:]
        share = await self._share(event, user, data)
        if share is not None:
            chain.insert(1, share)
        settings = [self._own(scope) for scope in chain]
        if data.get("omit_defaults") is False:
            settings.append(DEFAULTS)
        result = inherited(settings)
        if flag_of(data, "recursive"):
            result |= await self._below(chain[0], event, user)
        return {"result": result}

    async def _set(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        scope = (await self._chain(event, user, data))[0]
        _require_change(scope, user)
        name, value = _text(data, "name"), data.get("value")
        if not isinstance(value, str):
            raise Refusal("E#S003", "'value' must be a text.")
        try:
            check(name, value)
            job = self._workspace.jobs.get(scope.id)
            if job is None:
                self._store.set(scope, name, value)
            else:
                read_settings(job.settings | {name: value})
                job.settings = job.settings | {name: value}
        except StoreError as error:
            raise Refusal("E#S004", f"The setting cannot be kept: {error}.") from None
        return {"result": True}

    async def _delete(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        scope = (await self._chain(event, user, data))[0]
        _require_change(scope, user)
        name = _text(data, "name")
        job = self._workspace.jobs.get(scope.id)
        if job is None:
            return {"result": self._store.delete(scope, name)}
        there = name in job.settings
        job.settings = {key: value for key, value in job.settings.items() if key != name}
        return {"result": there}

    def _own(self, scope: Scope) -> Mapping[str, Any]:
        job = self._workspace.jobs.get(scope.id)
        return self._store.own(scope) if job is None else job.settings

    async def _chain(self, event: Event, user: SandboxUser, data: Reply) -> list[Scope]:
        """What an event asks about, then what that inherits from, nearest first."""
        workspace = Scope("workspace", self._workspace.id)
        if data.get("integration"):
            return [Scope("integration", _text(data, "integration").casefold())]
        kind = _text(data, "entitytype").casefold().strip() if data.get("entitytype") else "workspace"
        if kind == "integration":
            return [Scope(kind, _required_id(kind, event).casefold())]
        if kind == "workspace":
            if event.id not in (None, "", self._workspace.id):
                raise Refusal("E#S001", f"There is no workspace {event.id!r}.")
            return [workspace]
        id = _required_id(kind, event)
        if kind == "job" and self._workspace.find_queue(id) is not None:
            kind = "queue"  # which is a job of a kind
        chain = await self._entity_chain(kind, id, event, user)
        if not chain:
            raise Refusal("E#S001", f"There is no {kind} {event.id!r}.")
        return [*chain, workspace]

    async def _entity_chain(self, kind: str, id: str, event: Event, user: SandboxUser) -> list[Scope]:
        chain: list[Scope] = []
        while len(chain) < MAX_LEVELS:
            row = await self._finder.by_id(kind, id, event, user)
            if row is None:
                break
            chain.append(Scope(kind, id))
            above = [(row[name], type) for name, type in PARENTS.get(kind, ()) if row.get(name)]
            if not above or not isinstance(above[0][0], str):
                break
            id, kind = above[0]
        return chain

    async def _share(self, event: Event, user: SandboxUser, data: Reply) -> Scope | None:
        if not data.get("share"):
            return None
        name = _text(data, "share")
        share = self._workspace.find_share("share", name)
        row = None if share is None else await self._finder.by_id("share", share.id, event, user)
        if share is None or row is None:
            raise Refusal("E#S001", f"There is no share {name!r}.")
        return Scope(share.kind, share.id)

    async def _below(self, scope: Scope, event: Event, user: SandboxUser) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in self._store.scopes():
            if one.id == scope.id or one.kind in ("workspace", "integration"):
                continue
            chain = await self._entity_chain(one.kind, one.id, event, user)
            if chain and (scope.kind == "workspace" or scope.id in [above.id for above in chain]):
                found[one.text] = dict(self._store.own(one))
        return found


def _required_id(kind: str, event: Event) -> str:
    if not event.id:
        raise Refusal("E#S001", f"Say which {kind}: give its id.")
    return event.id


def _require_change(scope: Scope, user: SandboxUser) -> None:
    if scope.kind in ("workspace", "integration"):
        allowed = user.role == "admin"
    else:
        allowed = user.elevated or scope.id == user.id
    if not allowed:
        raise Refusal("E#S002", f"You may not change the settings of this {scope.kind}.")


def _text(data: Reply, name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refusal("E#S003", f"{name!r} must be a text.")
    return value
