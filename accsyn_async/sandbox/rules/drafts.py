"""Reads what clients send to make and to change jobs and tasks, without knowing what exists."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows.attributes import COMPUTE_TASK, TRANSFER_TASK, require_known
from accsyn_async.sandbox.rules.settings import read_settings

__all__ = [
    "MAX_TASKS",
    "Draft",
    "check_parameters",
    "flag_in",
    "name_in",
    "object_in",
    "priority_in",
    "read_compute",
    "read_drafts",
    "settings_in",
    "text_in",
]

MAX_TASKS: Final = 100_000
NEW_TASK_STATES: Final = ("queued", "onhold", "excluded")


@dataclass(frozen=True, slots=True)
class Draft:
    """A task as it was sent; a compute job's has no source.

    ``branch`` tells that it holds others. ``whole`` is the code of the collection that it was sent for all
    of, and so one of several; empty otherwise.
    """

    uri: str | None
    source: str
    destination: str | None
    status: str
    priority: int
    metadata: dict[str, Any]
    settings: dict[str, Any]
    description: str = ""
    compute: dict[str, Any] = field(default_factory=dict)
    deps: tuple[str, ...] = ()
    branch: bool = False
    whole: str = ""


def read_drafts(data: dict[str, Any]) -> list[Draft]:
    """The tasks of a transfer, or those to add to one.

    Raises:
        Refusal: one is wrong.
    """
    tasks = data.get("tasks")
    if tasks is None:
        return [_draft(None, {key: data[key] for key in ("source", "destination") if key in data}, {})]
    return [_draft(uri, task, data) for uri, task in _pairs(tasks)]


def read_compute(data: dict[str, Any], taken: Collection[str] = ()) -> list[Draft]:
    """The tasks of a compute job, each after the one that it is nested in.

    Args:
        data: as sent.
        taken: the uris that are not given to a task without one.

    Raises:
        Refusal: one is wrong.
    """
    tasks = data.get("tasks")
    if tasks is None:
        tasks = [{"compute": data.get("compute", {})}]
    drafts = list(_nested("", tasks, taken))
    if len(drafts) > MAX_TASKS:
        raise Refusal("E#J009", f"A job can have {MAX_TASKS} tasks at most.")
    return drafts


def _pairs(tasks: Any) -> list[tuple[str | None, Any]]:
    if isinstance(tasks, dict) and _is_one(tasks):
        tasks = [tasks]
    if not isinstance(tasks, (list, dict)) or not tasks:
        raise Refusal("E#J001", "'tasks' must be a list or an object with at least one task.")
    if len(tasks) > MAX_TASKS:
        raise Refusal("E#J009", f"A job can have {MAX_TASKS} tasks at most.")
    return list(tasks.items()) if isinstance(tasks, dict) else [(None, task) for task in tasks]


def _is_one(tasks: dict[str, Any]) -> bool:
    """Whether an object is a task itself, rather than tasks by their uris."""
    plain = ("source", "destination", "uri", "description", "status", "priority", "deps")
    if any(isinstance(tasks.get(name), (str, int, list)) for name in plain):
        return True
    computed = tasks.get("compute")
    return isinstance(computed, dict) and "parameters" in computed


def _nested(prefix: str, tasks: Any, taken: Collection[str]) -> Iterator[Draft]:
    pairs = _pairs(tasks)
    uris = (task.get("uri") for _, task in pairs if isinstance(task, dict))
    named = {uri for uri in uris if isinstance(uri, str)}
    number = 0 if prefix else len(taken)
    for name, task in pairs:
        if not isinstance(task, dict):
            raise Refusal("E#J001", "A compute job's task is an object.")
        if "source" in task or "destination" in task:
            raise Refusal("E#J033", "A compute job's task has no 'source' and no 'destination'.")
        require_known(task, COMPUTE_TASK, "compute job's task")
        name = task.get("uri", name)
        if name is None:
            while str(number) in named or f"{prefix}{number}" in taken:
                number += 1
            name, number = str(number), number + 1
        if not isinstance(name, str) or not name or "/" in name:
            raise Refusal("E#J001", f"A task's uri is a text without a slash, not {name!r}.")
        inner = task.get("tasks")
        deps = task.get("deps", [])
        if not isinstance(deps, list) or not all(isinstance(dep, str) for dep in deps):
            raise Refusal("E#J030", f"The 'deps' of {prefix + name!r} must be a list of uris.")
        compute = object_in(task, "compute")
        check_parameters(object_in(compute, "parameters"))
        yield Draft(
            prefix + name,
            "",
            None,
            _status(task),
            priority_in(task, 500),
            object_in(task, "metadata"),
            settings_in(task),
            text_in(task, "description"),
            compute,
            tuple(deps),
            inner is not None,
        )
        if inner is not None:
            yield from _nested(f"{prefix}{name}/", inner, taken)


def check_parameters(parameters: dict[str, Any]) -> None:
    """Refuse parameters that the stand-in for an engine cannot obey.

    Raises:
        Refusal: ``seconds`` is no number from 0, or ``fail`` neither a flag nor a text.
    """
    seconds, fail = parameters.get("seconds"), parameters.get("fail")
    counts = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if seconds is not None and not (counts and 0 <= seconds < math.inf):
        raise Refusal("E#J039", f"The parameter 'seconds' must be a number from 0, not {seconds!r:.100}.")
    if fail is not None and not isinstance(fail, (bool, str)):
        raise Refusal("E#J039", f"The parameter 'fail' must be true, false or a text, not {fail!r:.100}.")


def _draft(uri: str | None, task: Any, data: dict[str, Any]) -> Draft:
    if isinstance(task, str):
        task = {"source": task}
    if not isinstance(task, dict):
        raise Refusal("E#J001", "A task is a source or an object.")
    if any(name in task for name in ("tasks", "compute", "deps")):
        raise Refusal("E#J008", "Only a compute job, which names its 'engine', has nested tasks and deps.")
    require_known(task, TRANSFER_TASK, "task")
    uri = task.get("uri", uri)
    if uri is not None and (not isinstance(uri, str) or not uri):
        raise Refusal("E#J001", "A task's 'uri' must be a text.")
    source = task.get("source", data.get("source"))
    destination = task.get("destination", data.get("destination"))
    if not isinstance(source, str):
        raise Refusal("E#J001", "A 'source' is missing, or is no text.")
    if destination is not None and not isinstance(destination, str):
        raise Refusal("E#J001", "The 'destination' must be a text.")
    return Draft(
        uri,
        source,
        destination,
        _status(task),
        priority_in(task, 500),
        object_in(task, "metadata"),
        settings_in(task),
        text_in(task, "description"),
    )


def _status(task: dict[str, Any]) -> str:
    status = task.get("status", "queued")
    if status not in NEW_TASK_STATES:
        raise Refusal("E#J020", f"A new task's status can be {', '.join(NEW_TASK_STATES)}, not {status!r}.")
    return str(status)


def text_in(data: dict[str, Any], name: str) -> str:
    """A text that was sent; empty without one."""
    text = data.get(name) or ""
    if not isinstance(text, str):
        raise Refusal("E#J001", f"The {name!r} must be a text.")
    return text


def name_in(data: dict[str, Any]) -> str:
    """The name that was sent, by its older name too; empty without one."""
    name = data.get("name") or data.get("code") or ""
    if not isinstance(name, str) or len(name) > 1000:
        raise Refusal("E#J001", "The name must be a text of at most 1000 characters.")
    return name


def priority_in(data: dict[str, Any], default: int) -> int:
    """The priority that was sent."""
    value = data.get("priority", default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise Refusal("E#J025", f"A priority is a number from 1 to 1000, not {value!r}.")
    return value


def object_in(data: dict[str, Any], name: str) -> dict[str, Any]:
    """An object that was sent; empty without one."""
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal("E#J001", f"{name!r} must be an object.")
    return value


def settings_in(data: dict[str, Any]) -> dict[str, Any]:
    """The settings that were sent, when they can be obeyed."""
    settings = object_in(data, "settings")
    read_settings(settings)
    return settings


def flag_in(data: dict[str, Any], name: str) -> bool | None:
    """A flag that was sent; ``None`` without one."""
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal("E#J001", f"{name!r} must be true or false.")
    return value
