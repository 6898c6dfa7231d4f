"""Removes what a sandbox that was killed has left half written."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from accsyn_async.sandbox.files.storage import StorageError, is_aside, opened
from accsyn_async.sandbox.state.jobs import Job

__all__ = ["remove_leftovers"]

SETTLED: Final = frozenset({"done", "excluded"})


def remove_leftovers(jobs: Iterable[Job]) -> None:
    """Remove the half files of tasks that are to be done again.

    Args:
        jobs: those there are; what is finished has left nothing.
    """
    places: set[tuple[Path, tuple[str, ...]]] = set()
    for job in jobs:
        if not job.is_finished:
            ends = [task.destination for task in job.tasks.values() if task.status not in SETTLED]
            places.update((end.root, end.parts) for end in ends)
    for root, parts in places:
        # A file is written beside its name, a folder's files inside it.
        _clean(root, parts[:-1], deep=False)
        _clean(root, parts, deep=True)


def _clean(root: Path, parts: tuple[str, ...], *, deep: bool) -> None:
    left = [parts]
    while left:
        at = left.pop()
        with suppress(StorageError), opened(root, at) as folder:
            for name, entry in list(folder.entries()):
                if entry.kind == "folder" and deep:
                    left.append((*at, name))
                elif entry.kind == "file" and is_aside(name):
                    folder.remove(name)
