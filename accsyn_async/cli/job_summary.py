"""What a job is, in one line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from accsyn_async.jobs.attributes import TASK_ATTRIBUTES, JobKind
from accsyn_async.safe_text import safe

__all__ = ["job_summary"]


def job_summary(document: Mapping[str, Any], kind: JobKind) -> str:
    """A good job's kind, name, number of tasks, and from where to where it goes.

    >>> job_summary({"name": "Daily", "tasks": [{"source": "a", "destination": "site=berlin"}]}, "transfer")
    'transfer "Daily" · 1 task · a → site=berlin'
    """
    name = document.get("name") or document.get("code")
    tasks = list(_tasks(document.get("tasks"), kind))
    count = len(tasks) or (0 if kind == "request" else 1)
    told = (
        ("compute job" if kind == "compute" else kind) + (f' "{name}"' if name else ""),
        f"{count} {'task' if count == 1 else 'tasks'}" if count else "",
        " → ".join(filter(None, _way(document, kind, tasks))),
    )
    return safe(" · ".join(filter(None, told)))


def _way(document: Mapping[str, Any], kind: JobKind, tasks: list[Any]) -> list[str]:
    """From where, by what, to where; empty for what is left out."""
    recipients = _told(map(_recipient, document.get("recipients") or ()))
    source, destination = (_told(_ends(side, document, tasks)) for side in ("source", "destination"))
    if kind == "compute":
        engine = document.get("engine") or document.get("app")
        return [_told([document.get("input")]), _told([engine]), _told([document.get("output")])]
    if kind == "request":
        return [recipients, _told([document.get("destination")])]
    return [source, destination if kind == "transfer" else recipients]


def _tasks(tasks: Any, kind: JobKind) -> Iterator[Any]:
    """The tasks that are run: of nested ones the innermost."""
    if isinstance(tasks, Mapping):
        known = TASK_ATTRIBUTES[kind]
        alone = any(name in known and not isinstance(value, Mapping) for name, value in tasks.items())
        tasks = [tasks] if alone else list(tasks.values())
    for task in tasks or ():
        inner = task.get("tasks") if isinstance(task, Mapping) else None
        if inner:
            yield from _tasks(inner, kind)
        else:
            yield task


def _ends(side: str, document: Mapping[str, Any], tasks: list[Any]) -> Iterator[Any]:
    for task in tasks or [document]:
        if isinstance(task, Mapping):
            yield task.get(side) or document.get(side)
        elif side == "source":
            yield task
        else:
            yield document.get(side)


def _recipient(one: Any) -> Any:
    return one.get("user", one.get("recipient")) if isinstance(one, Mapping) else one


def _told(places: Iterable[Any]) -> str:
    """The first of them, and how many others there are."""
    first, *others = dict.fromkeys(str(place) for place in places if place) or [""]
    return f"{first} and {len(others)} more" if others else first
