"""The attributes that jobs and tasks are made with, by the names that accsyn's documents and clients use.

Those that the product knows and this sandbox has no use for are checked, kept and shown, and change nothing:
what a render job reads and writes (``input``, ``output``, ``range``, ``dependencies``), where it runs
(``filters``, ``envs``), what is told to recipients (``message``, ``expires``), and ``hooks``. Any other name
is refused, so that a slip of the pen is not taken for a wish that was granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import fields
from accsyn_async.sandbox.rows.fields import Reader

__all__ = [
    "ADDING",
    "COMPUTE_TASK",
    "DUPLICATES",
    "JOBS",
    "KEPT",
    "TRANSFER_TASK",
    "kept_in",
    "require_known",
]


def _anything(name: str, value: Any) -> Any:
    return value


def _range(name: str, value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else fields.text(name, value)


COMMON: Final = (
    "name",
    "code",
    "description",
    "status",
    "queue",
    "priority",
    "metadata",
    "settings",
    "tasks",
)
DUPLICATES: Final = ("allow_duplicates", "replace_duplicates")
HOOKS: Final[Mapping[str, Reader]] = {"hooks": _anything}
PACKAGE: Final[Mapping[str, Reader]] = {**HOOKS, "message": fields.text, "expires": fields.text}
KEPT: Final[Mapping[str, Mapping[str, Reader]]] = {
    "transfer": HOOKS,
    "compute": {
        **HOOKS,
        "compute": fields.mapping,
        "dependencies": fields.names,
        "envs": fields.mapping,
        "filters": fields.text,
        "input": fields.text,
        "output": fields.text,
        "parameters": fields.mapping,
        "range": _range,
    },
    **dict.fromkeys(("delivery", "request", "stream"), PACKAGE),
}
"""By kind of job, how the attributes are read that are kept as they were sent."""

_JOB: Final = (*COMMON, *DUPLICATES)
_PACKAGE: Final = (*_JOB, "recipients", *PACKAGE)
JOBS: Final[Mapping[str, tuple[str, ...]]] = {
    "transfer": (*_JOB, "source", "destination", "append", "parent", *KEPT["transfer"]),
    "compute": (*_JOB, "engine", "app", "append", *KEPT["compute"]),
    "delivery": (*_PACKAGE, "source"),
    "request": (*(name for name in _PACKAGE if name != "tasks"), "destination"),
    "stream": (*_PACKAGE, "source"),
}
"""By kind of job, what one is made with."""
ADDING: Final = ("tasks", "source", "destination", *DUPLICATES)
"""What is sent to add tasks to a job; source and destination are those of tasks that name none."""
_TASK: Final = ("uri", "status", "priority", "metadata", "settings", "description")
TRANSFER_TASK: Final = (*_TASK, "source", "destination")
COMPUTE_TASK: Final = (*_TASK, "compute", "deps", "tasks")


def require_known(data: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuse attributes that nobody knows.

    Args:
        data: the names that were sent.
        known: those there are.
        what: how people call what they belong to.

    Raises:
        Refusal: there is one.
    """
    names = dict.fromkeys(known)
    wrong = [name for name in data if name not in names]
    if wrong:
        shown = ", ".join(repr(name[:100]) for name in wrong[:3])
        raise Refusal("E#J038", f"A {what} has no {shown}; it is made with {', '.join(names)}.")


def kept_in(data: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Those attributes of a job that are kept as they were sent.

    Raises:
        Refusal: one is of the wrong kind.
    """
    readers = KEPT[kind]
    return {name: reader(name, data[name]) for name, reader in readers.items() if data.get(name) is not None}
