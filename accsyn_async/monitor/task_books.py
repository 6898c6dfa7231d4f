"""What is known of the tasks of jobs. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from accsyn_async.events import TaskChanged
from accsyn_async.models import JobStatus, Task
from accsyn_async.monitor.diff import changes_between
from accsyn_async.monitor.fields import TASK_FIELDS
from accsyn_async.monitor.ledger import Ledger, Life

__all__ = ["TaskBooks"]


class _Book:
    __slots__ = ("asked_at", "status", "tasks")

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.status: JobStatus | None = None
        self.asked_at = -1


class TaskBooks:
    """The tasks of the jobs that somebody watches with their tasks.

    Args:
        ledger: knows the jobs, and numbers their events.
    """

    __slots__ = ("_books", "_ledger", "_looks")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._books: dict[str, _Book] = {}
        self._looks = 0

    def due(self, idents: Iterable[str], most: int) -> list[str]:
        """The jobs whose tasks are to be asked for now.

        Those of running jobs, and once more those of a job whose state has changed since,
        which come first; then those that were asked for longest ago.

        Args:
            idents: the jobs that somebody watches with their tasks.
            most: of how many at most.
        """
        ranked: list[tuple[bool, int, str]] = []
        for ident in idents:
            life = self._ledger.lives.get(ident)
            if life is None or life.job is None:
                continue
            book, status = self._books.get(ident), life.job.status
            changed = book is not None and book.status is not status
            if changed or status is JobStatus.RUNNING:
                ranked.append((not changed, book.asked_at if book else -1, ident))
        return [ident for _, _, ident in sorted(ranked)[:most]]

    def take(self, ident: str, tasks: Iterable[Task], at: dt.datetime) -> list[TaskChanged]:
        """Take note of a job's tasks as they are now; what that means to those who knew them before."""
        life = self._ledger.lives.get(ident)
        if life is None or life.job is None:
            return []
        book = self._books.setdefault(ident, _Book())
        self._looks += 1
        book.asked_at, book.status = self._looks, life.job.status
        events: list[TaskChanged] = []
        for task in tasks:
            previous = book.tasks.get(task.id)
            book.tasks[task.id] = task
            if changes := changes_between(previous, task, TASK_FIELDS):
                events.append(self._ledger.task_changed(life, task, previous, changes, at))
        return events

    def known(self, life: Life, at: dt.datetime) -> list[TaskChanged]:
        """What tells a new watch of the tasks that there are."""
        book = self._books.get(life.ident)
        tasks = book.tasks.values() if book is not None else ()
        return [
            self._ledger.task_changed(life, task, None, changes_between(None, task, TASK_FIELDS), at)
            for task in tasks
        ]

    def forget(self, ident: str) -> None:
        """Nobody watches the job any more."""
        self._books.pop(ident, None)
