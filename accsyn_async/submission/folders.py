"""One task for each folder: how large trees are transferred (accsyn's job specifications)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accsyn_async.errors import BackendError
from accsyn_async.jobs.notation import Location
from accsyn_async.jobs.spec import TaskSpec

__all__ = ["folder_tasks", "is_a_file"]


def folder_tasks(top: Location, listing: Any, destination: Any, *, files: bool) -> list[TaskSpec]:
    """A task for each folder and file of a listing, in the order of their names.

    Args:
        top: the folder that was listed.
        listing: the rows of ``ls``.
        destination: where each of them goes.
        files: whether files beside the folders are sent too.

    Raises:
        BackendError: that is no listing.

    Example::

        >>> rows = [{"filename": "PROJ002", "type": 0}, {"filename": "PROJ001", "type": 0}]
        >>> tasks = folder_tasks(Location.parse("share=raid01/projects"), rows, "site=backup", files=True)
        >>> [str(task.source) for task in tasks]
        ['share=raid01/projects/PROJ001', 'share=raid01/projects/PROJ002']
    """
    rows = listing if isinstance(listing, list) else [None]
    named = [row for row in rows if isinstance(row, Mapping) and isinstance(row.get("filename"), str)]
    if len(named) < len(rows):
        raise BackendError(f"what the backend lists of {top} cannot be read", uri="workspace/file")
    names = sorted(row["filename"] for row in named if row["filename"] and (files or row.get("type") == 0))
    return [TaskSpec(top / name, destination) for name in names]


def is_a_file(top: Location, listing: Any) -> bool:
    """Whether a listing may be that of a file: it then holds the file itself.

    >>> is_a_file(Location.parse("share=projects/a.mov"), [{"filename": "a.mov", "type": 1}])
    True
    """
    if not isinstance(listing, list) or len(listing) != 1 or not isinstance(listing[0], Mapping):
        return False
    return bool(top.name) and listing[0].get("filename") == top.name and listing[0].get("type") != 0
