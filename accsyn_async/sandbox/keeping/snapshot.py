"""A sandbox's memory as texts, each with a kind and an id: what is new in it, and how it is read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeVar

from accsyn_async.sandbox.keeping.portable import Portable, PortableError
from accsyn_async.sandbox.state.entities import (
    Acl,
    Client,
    ComputeEngine,
    Entity,
    Queue,
    SandboxUser,
    Share,
    Site,
)
from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.journal import Entry
from accsyn_async.sandbox.state.keyring import Keyring
from accsyn_async.sandbox.state.memory import Course, GivenKey, Memory
from accsyn_async.sandbox.state.setting_store import Scope
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Item", "Snapshot", "SnapshotError", "restored"]

ENTITIES: Final[Mapping[str, type[Entity]]] = {
    "site": Site,
    "queue": Queue,
    "engine": ComputeEngine,
    "user": SandboxUser,
    "client": Client,
    "share": Share,
    "acl": Acl,
}
KINDS: Final[Mapping[str, type]] = {**ENTITIES, "job": Job}
NAMED: Final = (Entity, Job)
OWN: Final = ("id", "code", "name", "description", "metadata", "created", "modified", "modifier", "numbers")

_OF_TASK: Final = attrgetter(*(one.name for one in fields(Task)))
_OF_JOB: Final = attrgetter(*(one.name for one in fields(Job) if one.name not in ("tasks", "recipients")))
_OF_RECIPIENT: Final = attrgetter("name", "user", "transfer")

Key = tuple[str, str]
T = TypeVar("T")


class SnapshotError(ValueError):
    """What was kept cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is kept: ``text`` is JSON, ``None`` for what is gone."""

    kind: str
    id: str
    text: str | None


class Snapshot:
    """Tells what has changed since it was last asked.

    Args:
        roots: the folders that files lie in, by name.
    """

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._portable = Portable(NAMED, roots, _nothing)
        self._texts: dict[Key, str] = {}
        self._marks: dict[str, object] = {}

    def forget(self) -> None:
        """Hold everything for changed: it could not be kept."""
        self._texts.clear()
        self._marks.clear()

    def changes(self, memory: Memory, **box: Any) -> list[Item]:
        """What is new or other than last time, and what is gone.

        Args:
            memory: where to look.
            box: more to keep, of the kind ``box``.
        """
        before, self._texts = self._texts, {}
        marks, self._marks = self._marks, {}
        changed = []
        for kind, id, write in self._parts(memory, before, marks):
            text = before[kind, id] if write is None else _text(write())
            self._texts[kind, id] = text
            if before.get((kind, id)) != text:
                changed.append(Item(kind, id, text))
        told = {"secret": memory.keyring.secret.hex(), "starts": memory.starts, **box}
        changed.append(Item("box", "", _text(told)))
        return [*changed, *(Item(*key, None) for key in before if key not in self._texts)]

    def _parts(
        self, memory: Memory, before: Mapping[Key, str], marks: Mapping[str, object]
    ) -> Iterator[tuple[str, str, Callable[[], Any] | None]]:
        """Kind, id, and what writes it; ``None`` when it is as it was."""
        workspace, write = memory.workspace, self._portable.write
        yield "workspace", "", lambda: {name: getattr(workspace, name) for name in OWN}
        for kind, entity_type in ENTITIES.items():
            for entity in workspace.every(entity_type):
                yield kind, entity.id, partial(write, entity)
        for job in workspace.jobs.values():
            mark = self._marks[job.id] = _mark(job)
            same = ("job", job.id) in before and marks.get(job.id) == mark
            yield "job", job.id, None if same else partial(write, job)
        for scope in memory.settings.scopes():
            yield (
                "setting",
                scope.key,
                partial(list, (scope.kind, scope.id, dict(memory.settings.own(scope)))),
            )
        for number, entry in memory.journal.numbered():
            known = ("entry", str(number)) in before
            yield "entry", str(number), None if known else partial(asdict, entry)
        for session, user in memory.sessions.items():
            yield "session", session, partial(str, user.id)
        for key, given in memory.keys.items():
            yield "key", key, partial(list, (given.user.id, given.ends, given.lifetime))
        for job_id, one in memory.courses.items():
            yield "course", job_id, partial(list, (one.begin, one.seconds, one.end, one.before, one.again))


def restored(items: Iterable[Item], workspace: Workspace, roots: Mapping[str, Path]) -> tuple[Memory, Any]:
    """Read what was kept.

    Args:
        items: in the order in which they were first kept.
        workspace: an empty one, to be filled.
        roots: the folders that files lie in, by name.

    Returns:
        The memory, and what more was told with `Snapshot.changes`.

    Raises:
        SnapshotError: something is missing or wrong.
    """
    try:
        return _Reading(items, workspace, roots).memory()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        detail = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise SnapshotError(detail) from error


class _Reading:
    def __init__(self, items: Iterable[Item], workspace: Workspace, roots: Mapping[str, Path]) -> None:
        self._of: dict[str, dict[str, Any]] = {}
        for item in items:
            self._of.setdefault(item.kind, {})[item.id] = json.loads(item.text or "null")
        self._workspace = workspace
        self._portable = Portable(NAMED, roots, self._find)
        # Empty at first: they may refer to each other in circles.
        self._named: dict[str, Any] = {
            id: object.__new__(made) for kind, made in KINDS.items() for id in self._all(kind)
        }

    def memory(self) -> tuple[Memory, dict[str, Any]]:
        workspace, own, box = self._workspace, self._of["workspace"][""], self._of["box"][""]
        for name in OWN:
            setattr(workspace, name, own[name])
        for kind, entity_type in ENTITIES.items():
            for id in self._all(kind):
                workspace.add(self._filled(kind, entity_type, id))
        for id in self._all("job"):
            workspace.jobs[id] = self._filled("job", Job, id)
        _require_defaults(workspace)
        memory = Memory(workspace, Keyring(bytes.fromhex(box.pop("secret"))), starts=int(box.pop("starts")))
        for kind, id, values in self._all("setting").values():
            for name, value in values.items():
                memory.settings.set(Scope(kind, id), name, value)
        for number, entry in self._all("entry").items():
            memory.journal.restore(int(number), Entry(**entry))
        for session, user in self._all("session").items():
            memory.sessions[session] = self._find(SandboxUser, user)
        for key, (user, ends, lifetime) in self._all("key").items():
            memory.keys[key] = GivenKey(self._find(SandboxUser, user), float(ends), float(lifetime))
        for id, course in self._all("course").items():
            memory.courses[id] = Course(self._find(Job, id), *course)
        return memory, box

    def _all(self, kind: str) -> dict[str, Any]:
        return self._of.get(kind, {})

    def _filled(self, kind: str, made: type[T], id: str) -> T:
        one = self._find(made, id)
        self._portable.fill(one, self._of[kind][id])
        return one

    def _find(self, kind: type[T], id: str) -> T:
        one = self._named[id]
        if not isinstance(one, kind):
            raise KeyError(id)
        return one


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _mark(job: Job) -> object:
    """What differs when a job has changed; much cheaper than to write the job."""
    tasks = [_OF_TASK(task) for task in job.tasks.values()]
    return _OF_JOB(job), tasks, [_OF_RECIPIENT(one) for one in job.recipients]


def _require_defaults(workspace: Workspace) -> None:
    if not hasattr(workspace, "main_site"):
        raise PortableError("the main site is missing")
    if not any(one.default for one in workspace.every(Share)):
        raise PortableError("the default volume is missing")
    if not any(one.default for one in workspace.every(Queue)):
        raise PortableError("the default queue is missing")


def _nothing(kind: type, id: str) -> Any:
    raise KeyError(id)
