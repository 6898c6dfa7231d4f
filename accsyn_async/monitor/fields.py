"""What can be watched of a job and of a task, and what a poll asks for to see it."""

from __future__ import annotations

from collections.abc import Iterable

from accsyn_async.errors import ArgumentError

__all__ = ["TASK_FIELDS", "WATCHABLE", "WATCHED", "attributes_for", "check_fields"]

WATCHED = ("status", "progress", "speed", "etr", "size")
"""The fields whose changes are events, unless a watch names its own."""

TASK_FIELDS = ("status", "progress", "priority", "size")
"""The fields whose changes are events of a task."""

_ALWAYS = ("id", "name", "code", "status", "created", "finished")
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "status": (),
    "progress": ("progress",),
    "speed": ("speed",),
    "etr": ("etr",),
    "size": ("size",),
    "eta": ("progress", "size"),
    "name": (),
    "source": ("source", "source_hr"),
    "destination": ("destination", "destination_hr"),
    "user": ("user", "user_hr"),
    "parent": ("parent", "parent_hr"),
    "modified": ("modified",),
    "metadata": ("metadata",),
}
"""Each field that can be watched, and the attributes that it is read from."""

WATCHABLE = tuple(_ATTRIBUTES)
"""Every field that can be watched."""


def check_fields(fields: Iterable[str] | None) -> tuple[str, ...] | None:
    """The fields of a watch, each once, in a fixed order; ``None`` for the usual ones.

    Raises:
        ArgumentError: there is none, or one that there is not.

    >>> check_fields(["speed", "progress", "speed"])
    ('progress', 'speed')
    """
    if fields is None:
        return None
    given: object = fields
    named = [fields] if isinstance(fields, str) or not isinstance(given, Iterable) else list(fields)
    unknown = [name for name in named if not isinstance(name, str) or name not in _ATTRIBUTES]
    if unknown or not named:
        said = f"there is no field {unknown[0]!r}" if unknown else "no fields"
        raise ArgumentError(f"{said}; what can be watched of a job: {', '.join(_ATTRIBUTES)}")
    return tuple(name for name in _ATTRIBUTES if name in named)


def attributes_for(several: Iterable[tuple[str, ...] | None]) -> list[str]:
    """The attributes that a poll asks for, in a fixed order, so that watches see their fields.

    Args:
        several: the fields of each watch; ``None`` for a watch that shows all of a job.

    >>> attributes_for([("status",), ("speed",)])
    ['id', 'name', 'code', 'status', 'created', 'finished', 'speed']
    """
    wanted = {name for fields in several for name in (_ATTRIBUTES if fields is None else fields)}
    return list(dict.fromkeys([*_ALWAYS, *(a for n in _ATTRIBUTES if n in wanted for a in _ATTRIBUTES[n])]))
