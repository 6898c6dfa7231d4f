"""Settings of the workspace, of entities and of integrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules.inheritance import DEFAULTS, PARENTS, Inheritance, holding, over, value_of
from accsyn_async.sandbox.rules.settings import read_settings
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.setting_store import Scope, SettingStore, StoreError, check
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.finder import Finder
from accsyn_async.sandbox.topics.topic import Answers, Reply, Topic, data_of, flag_of

__all__ = ["SettingTopic"]

MAX_LEVELS: Final = 20


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a call is about: a job, a task of one, or something else with what that inherits from."""

    scope: Scope
    above: tuple[Scope, ...] = ()
    job: Job | None = None
    task: Task | None = None


class SettingTopic(Topic):
    """Answers ``setting``.

    One setting is answered as it holds: of the entity, or else of what it inherits from, or else the default.
    All settings are those of the entity alone unless ``upstream`` is asked for. With ``recursive`` those of
    what lies below are added, each under ``<type>:<id>``. Jobs and tasks hold their own settings, the same
    that they can be created with.

    Args:
        workspace: whose.
        finder: finds entities.
        store: where settings of all else are kept.
    """

    def __init__(self, workspace: Workspace, finder: Finder, store: SettingStore) -> None:
        self._workspace = workspace
        self._finder = finder
        self._store = store
        self._inheritance = Inheritance(store, workspace.id)

    def calls(self) -> Mapping[str, Answers]:
        """The one uri, with each method."""
        return {"setting": {"GET": self._get, "PUT": self._set, "DELETE": self._delete}}

    async def _get(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        subject = await self._subject(event, user, data)
        if data.get("name") is not None:
            values = over(self._holding(subject, self._above(subject)), DEFAULTS)
            return {"result": value_of(values, _text(data, "name"))}
        above = self._above(subject) if flag_of(data, "upstream") else []
        share = await self._share(event, user, data)
        if share is not None:
            above.insert(0, self._store.own(share))
        result = self._holding(subject, above)
        if data.get("omit_defaults") is False:
            result = over(result, DEFAULTS)
        if flag_of(data, "recursive"):
            result |= await self._below(subject.scope, event, user)
        return {"result": result}

    async def _set(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        subject = await self._subject(event, user, data)
        _require_change(subject.scope, user)
        name, value = _text(data, "name"), data.get("value")
        if not isinstance(value, str):
            raise Refusal("E#S003", "'value' must be a text.")
        try:
            check(name, value)
            if subject.scope.kind != "integration":
                read_settings({name: value})
            holder = subject.task or subject.job
            if holder is None:
                self._store.set(subject.scope, name, value)
            else:
                holder.settings = holder.settings | {name: value}
        except StoreError as error:
            raise Refusal("E#S004", f"The setting cannot be kept: {error}.") from None
        return {"result": True}

    async def _delete(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        subject = await self._subject(event, user, data)
        _require_change(subject.scope, user)
        name = _text(data, "name")
        holder = subject.task or subject.job
        if holder is None:
            return {"result": self._store.delete(subject.scope, name)}
        there = name in holder.settings
        holder.settings = {key: value for key, value in holder.settings.items() if key != name}
        return {"result": there}

    def _own(self, subject: _Subject) -> Mapping[str, Any]:
        holder = subject.task or subject.job
        return self._store.own(subject.scope) if holder is None else holder.settings

    def _above(self, subject: _Subject) -> list[Mapping[str, Any]]:
        if subject.job is not None:
            return self._inheritance.above(subject.job, subject.task)
        return [self._store.own(scope) for scope in subject.above]

    def _holding(self, subject: _Subject, above: list[Mapping[str, Any]]) -> dict[str, Any]:
        return holding(self._own(subject), above, alone=subject.task is not None)

    async def _subject(self, event: Event, user: SandboxUser, data: Reply) -> _Subject:
        if data.get("integration"):
            return _Subject(Scope("integration", _text(data, "integration").casefold()))
        kind = _text(data, "entitytype").casefold().strip() if data.get("entitytype") else "workspace"
        if kind == "integration":
            return _Subject(Scope(kind, _required_id(kind, event).casefold()))
        workspace = Scope("workspace", self._workspace.id)
        if kind == "workspace":
            if event.id not in (None, "", self._workspace.id):
                raise Refusal("E#S001", f"There is no workspace {event.id!r}.")
            return _Subject(workspace)
        id = _required_id(kind, event)
        if kind == "job" and self._workspace.find_queue(id) is not None:
            kind = "queue"  # which is a job of a kind
        row = await self._finder.by_id(kind, id, event, user)
        if row is None:
            raise Refusal("E#S001", f"There is no {kind} {event.id!r}.")
        if kind == "task":
            parent = self._workspace.jobs[row["job"]]
            return _Subject(Scope(kind, id), job=parent, task=parent.tasks[row["uri"]])
        job = self._workspace.jobs.get(id)
        if job is not None:
            return _Subject(Scope(kind, id), job=job)
        first, *above = await self._chain(kind, id, event, user)
        return _Subject(first, (*above, workspace))

    async def _chain(self, kind: str, id: str, event: Event, user: SandboxUser) -> list[Scope]:
        """An entity, then what it inherits from, nearest first, without the workspace."""
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
            chain = await self._chain(one.kind, one.id, event, user)
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
