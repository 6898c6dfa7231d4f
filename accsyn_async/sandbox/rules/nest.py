"""What the tasks of a compute job are nested in and wait for, kept up to date as they are executed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from accsyn_async.sandbox.state.jobs import Job, Task

__all__ = ["Nest", "Place"]

SETTLED: Final = frozenset({"done", "excluded"})
_ORDER: Final[tuple[str, ...]] = ("executing", "booting", "queued", "failed", "onhold", "pending")

Place = tuple[int, Task]
"""A task, and how many come before it in its job."""


@dataclass(slots=True, eq=False)
class _Node:
    """A task and what hangs together with it.

    Attributes:
        outer: what it is nested in.
        inner: what is nested in it.
        waiters: what depends on it; dropped when it is settled.
        closed: how many things keep it, and what is nested in it, from being executed: what it depends on and
            is not settled, and what it is nested in when that must wait.
        status: that of the task when it was last noted.
        states: of a task that holds others, how many of those executed in its stead are in which status.
    """

    number: int
    task: Task
    status: str
    outer: _Node | None = None
    inner: list[_Node] = field(default_factory=list)
    waiters: list[_Node] = field(default_factory=list)
    closed: int = 0
    states: Counter[str] = field(default_factory=Counter)

    @property
    def settled(self) -> bool:
        """Whether nothing needs to wait for it."""
        if not self.task.branch:
            return self.status in SETTLED
        return sum(self.states[status] for status in SETTLED) == self.states.total()

    def branches(self) -> Iterator[_Node]:
        """Those that it is executed in the stead of, the innermost first."""
        outer = self.outer
        while outer is not None:
            if outer.task.branch:
                yield outer
            outer = outer.outer

    def leaves(self) -> Iterator[Task]:
        """Those that are executed in its stead."""
        left = list(self.inner)
        while left:
            node = left.pop()
            left.extend(node.inner)
            if not node.task.branch:
                yield node.task


class Nest:
    """The tasks of a compute job, as they are when this is made; `note` tells of what changes.

    Making it takes work in proportion to the tasks, a note in proportion to how deep a task is nested and to
    what it lets go on: no task is looked at again and again.

    Args:
        job: whose. When tasks are added or changed otherwise than by being executed, make another.
    """

    def __init__(self, job: Job) -> None:
        self._nodes = {
            uri: _Node(number, task, task.status) for number, (uri, task) in enumerate(job.tasks.items())
        }
        for node in self._nodes.values():
            node.outer = self._around(node.task.uri)
            if node.outer is not None:
                node.outer.inner.append(node)
                node.closed = 1
        for node in self._nodes.values():
            if not node.task.branch:
                for branch in node.branches():
                    branch.states[node.status] += 1
        for node in self._nodes.values():
            for dep in node.task.deps:
                awaited = self._nodes.get(dep)
                if awaited is not None and not awaited.settled:
                    awaited.waiters.append(node)
                    node.closed += 1
        roots = [node for node in self._nodes.values() if node.outer is None and not node.closed]
        self._ready = [place for node in roots for place in self._open(node)]

    def _around(self, uri: str) -> _Node | None:
        while "/" in uri:
            uri = uri.rpartition("/")[0]
            if uri in self._nodes:
                return self._nodes[uri]
        return None

    def ready(self) -> Iterable[Place]:
        """The tasks that could be executed when this was made."""
        return self._ready

    def note(self, task: Task) -> Iterable[Place]:
        """Take up the status that a task was given, and let those that it is nested in have theirs.

        Returns:
            The tasks that can be executed because of it.
        """
        node = self._nodes[task.uri]
        before, node.status = node.status, task.status
        if before == node.status:
            return ()
        settled = [node]
        for branch in node.branches():
            branch.states[before] -= 1
            branch.states[node.status] += 1
            self._show(branch)
            settled.append(branch)
        if node.status == "queued":
            return () if node.closed else ((node.number, task),)
        return [place for one in settled if one.settled for place in self._release(one)]

    def show(self) -> None:
        """Let each task that holds others have the status that theirs amount to."""
        for node in self._nodes.values():
            if node.task.branch:
                self._show(node)

    def _release(self, awaited: _Node) -> Iterator[Place]:
        waiters, awaited.waiters = awaited.waiters, []
        for node in waiters:
            node.closed -= 1
            if not node.closed:
                yield from self._open(node)

    def _open(self, node: _Node) -> Iterator[Place]:
        """Let a task be executed, and what is nested in it unless that waits for more."""
        left = [node]
        while left:
            node = left.pop()
            if not node.task.branch and node.task.status == "queued":
                yield node.number, node.task
            for one in node.inner:
                one.closed -= 1
                if not one.closed:
                    left.append(one)

    @staticmethod
    def _show(branch: _Node) -> None:
        states, task = branch.states, branch.task
        status = next((state for state in _ORDER if states[state]), None)
        if status is None:
            status = "done" if states["done"] else "excluded"
        if status == "queued" and states["done"]:
            status = "executing"
        if status == "done" and task.status != "done":
            leaves = list(branch.leaves())
            task.finished = max((leaf.finished or "" for leaf in leaves), default="") or None
            task.milliseconds = sum(leaf.milliseconds for leaf in leaves)
        task.status = status
