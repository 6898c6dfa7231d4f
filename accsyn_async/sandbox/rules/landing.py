"""Where the files of a job end up, so that no two of its tasks write the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Final

from accsyn_async.sandbox.rules.sequences import Numbered
from accsyn_async.sandbox.state.jobs import End, Task

__all__ = ["Landing", "called", "keep_apart", "landing", "target_names"]

Landing = tuple[Path, tuple[str, ...]]
"""A folder that is not left, and the names from it to what is written."""

BEGUN: Final = frozenset({"booting", "executing", "done"})


def called(source: End) -> str:
    """What a source is called in a folder that it is put into."""
    if source.parts:
        return source.parts[-1]
    return source.share.code if source.share is not None else "root"


def target_names(end: End) -> Numbered | None:
    """How the files of a sequence are called at a destination that says so."""
    return Numbered.read(end.parts[-1]) if end.parts and not end.folder else None


def landing(task: Task) -> Landing:
    """Where a task writes, as far as its text tells: a folder that is there may take a file in."""
    end, name = task.destination, called(task.source)
    if task.source.frames is not None:
        folder = end.saved or _folder_of(end)
        numbered = not end.mirrored and target_names(end) is not None
        return end.root, (*folder, end.parts[-1] if numbered else name)
    if end.saved or end.mirrored or not _takes_in(end):
        return end.root, end.saved or end.parts
    return end.root, (*end.parts, name)


def keep_apart(tasks: Iterable[Task], others: Iterable[Task] = ()) -> None:
    """See to it that no two tasks of a job write the same, by where their destinations say they are saved.

    A destination that several tasks name is a folder, with a slash or without. What would have the name of
    another one there gets a number (``a (2).txt``), a sequence a folder of its own. A task that is done or
    under way stays where it is, as do those that mirror their paths.

    Args:
        tasks: all of a job, in their order.
        others: tasks of other jobs that these must not write over.
    """
    apart = [task for task in tasks if not task.destination.mirrored]
    named = Counter((task.destination.root, task.destination.parts) for task in apart)
    owners = _Owners(others)
    movable = []
    for task in apart:
        if task.destination.saved or task.copied or task.status in BEGUN:
            owners.take(task)
        else:
            movable.append(task)
    for task in movable:
        end, sequence = task.destination, task.source.frames is not None
        if named[end.root, end.parts] > 1 and not sequence and not _takes_in(end):
            end = task.destination = replace(end, saved=(*end.parts, called(task.source)))
        if not owners.take(task):
            owners.move_aside(task, end)


class _Owners:
    """Which source has which place; how many there are of one name makes none of them slower.

    Args:
        others: those that have theirs.
    """

    def __init__(self, others: Iterable[Task]) -> None:
        self._of: dict[Landing, object] = {landing(task): _identity(task) for task in others}
        self._known = set(self._of.values())
        # From which number on a name may be free.
        self._numbers: dict[object, int] = {}

    def take(self, task: Task) -> bool:
        """Let a task have the place where it lands; tell whether it has it, which another source may."""
        source = _identity(task)
        if self._of.setdefault(landing(task), source) != source:
            return False
        self._known.add(source)
        return True

    def move_aside(self, task: Task, end: End) -> None:
        """Give a task a place beside the one that it cannot have.

        Args:
            task: which.
            end: its destination so far.
        """
        sequence = task.source.frames is not None
        place = landing(task)
        *folder, name = place[1]
        if sequence and task.source.parts[1:]:
            name = task.source.parts[-2]
        series = (place, name, sequence)
        # A source that has a place already may have one of these.
        first = 2 if _identity(task) in self._known else self._numbers.get(series, 2)
        for number in count(first):
            task.destination = replace(end, saved=(*folder, _numbered(name, number)))
            if self.take(task):
                self._numbers[series] = max(number + 1, self._numbers.get(series, 2))
                break


def _identity(task: Task) -> object:
    return task.source.root, task.source.parts


def _folder_of(end: End) -> tuple[str, ...]:
    """Where the files of a sequence are saved."""
    return end.parts[:-1] if end.mirrored or target_names(end) is not None else end.parts


def _takes_in(end: End) -> bool:
    return end.folder or not end.parts


def _numbered(name: str, number: int) -> str:
    """``a (2).txt``."""
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    return f"{stem} ({number}){dot}{suffix}"
