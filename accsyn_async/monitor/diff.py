"""What differs between two snapshots of a job, or of a task."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accsyn_async.models import Job, Task
from accsyn_async.monitor.fields import WATCHED

__all__ = ["Changes", "changes_between", "merged_changes"]

Changes = dict[str, tuple[Any, Any]]

_STORED = {"status": "status"} | {name: f"_{name}" for name in ("progress", "speed", "etr", "size")}
"""Fields, and what of a snapshot each is read from, alone: cheaper to compare."""


def changes_between(old: Job | Task | None, new: Job | Task, fields: Iterable[str] = WATCHED) -> Changes:
    """The fields that differ, ``{field: (old, new)}``; before the first snapshot all are ``None``.

    >>> row = {"id": "a", "status": "running", "progress": 10}
    >>> changes_between(Job.from_row(row), Job.from_row({**row, "progress": 12}))
    {'progress': (10, 12)}
    """
    if fields == WATCHED and isinstance(old, Job) and isinstance(new, Job):
        return _of_watched(old, new)
    changes: Changes = {}
    for field in fields:
        stored = _STORED.get(field)
        if stored is not None and old is not None and getattr(old, stored) == getattr(new, stored):
            continue
        before, after = getattr(old, field, None), getattr(new, field)
        if before != after:
            changes[field] = (before, after)
    return changes


def _of_watched(old: Job, new: Job) -> Changes:
    """The same for the usual fields: each poll asks it of every job that changed."""
    changes: Changes = {}
    if old.status is not new.status:
        changes["status"] = (old.status, new.status)
    if old._progress != new._progress and (before := old.progress) != (after := new.progress):
        changes["progress"] = (before, after)
    if old._speed != new._speed and old.speed != new.speed:
        changes["speed"] = (old.speed, new.speed)
    if old._etr != new._etr and old.etr != new.etr:
        changes["etr"] = (old.etr, new.etr)
    if old._size != new._size and old.size != new.size:
        changes["size"] = (old.size, new.size)
    return changes


def merged_changes(first: Changes, then: Changes) -> Changes:
    """Two changes in a row as one: first old value, last new value; what went back is left out.

    >>> merged_changes({"progress": (1, 2), "speed": (None, 3.0)}, {"progress": (2, 5), "speed": (3.0, None)})
    {'progress': (1, 5)}
    """
    merged = dict(first)
    for field, (old, new) in then.items():
        merged[field] = (first[field][0] if field in first else old, new)
    return {field: pair for field, pair in merged.items() if pair[0] != pair[1]}
