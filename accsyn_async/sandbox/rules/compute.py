"""Compute jobs: nested tasks, what they wait for, and what stands in for an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules.nest import Nest
from accsyn_async.sandbox.state.entities import ComputeEngine, State
from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = [
    "ComputeError",
    "Leaves",
    "Stint",
    "check_deps",
    "has_work",
    "require_engine",
    "roll_up",
    "stint",
]

DEFAULT_SECONDS: Final = 0.05


class ComputeError(Exception):
    """A task that was asked to fail; the text is its message."""


@dataclass(frozen=True, slots=True)
class Stint:
    """How long a task takes, and how it fails; ``failure`` is empty when it does not."""

    seconds: float
    failure: str


def _above(job: Job, uri: str) -> Iterator[Task]:
    """The tasks that a task is nested in, the outermost first."""
    names = uri.split("/")
    for count in range(1, len(names)):
        task = job.tasks.get("/".join(names[:count]))
        if task is not None:
            yield task


class Leaves:
    """Tells which tasks are executed in a task's stead; a job is looked through once for all of them.

    Args:
        job: whose.
    """

    def __init__(self, job: Job) -> None:
        self._job = job

    def of(self, task: Task) -> Sequence[Task]:
        """The task itself, or those nested in it that hold no others."""
        return self._nested.get(task.uri, ()) if task.branch else (task,)

    @cached_property
    def _nested(self) -> dict[str, list[Task]]:
        found: dict[str, list[Task]] = {}
        for task in self._job.tasks.values():
            if not task.branch:
                for outer in _above(self._job, task.uri):
                    found.setdefault(outer.uri, []).append(task)
        return found


def require_engine(workspace: Workspace, job: Job) -> None:
    """Refuse to let a job begin again whose engine was deleted; jobs of other kinds have none.

    Raises:
        Refusal: it is so.
    """
    name = job.engine.casefold()
    named = [one for one in workspace.every(ComputeEngine) if name in (one.id, one.code.casefold())]
    if named and all(one.state is State.ARCHIVED for one in named):
        raise Refusal("E#J034", f"The engine {job.engine!r} was deleted.")


def check_deps(tasks: Mapping[str, Sequence[str]]) -> None:
    """Refuse dependencies on tasks that do not exist, and those that lead in a circle.

    Args:
        tasks: by the uri of each, those of what it depends on.

    Raises:
        Refusal: there is one.
    """
    # Each task twice: that it may begin, and that it has ended.
    order: TopologicalSorter[tuple[str, bool]] = TopologicalSorter()
    for uri, deps in tasks.items():
        begin, end = (uri, False), (uri, True)
        order.add(end, begin)
        for dep in deps:
            if dep not in tasks:
                raise Refusal("E#J030", f"The task {uri!r} depends on {dep!r}, which does not exist.")
            order.add(begin, (dep, True))
        outer = uri.rpartition("/")[0]
        if outer:
            # What is nested waits for all that the tasks around it wait for, and they end with it.
            order.add(begin, (outer, False))
            order.add((outer, True), end)
    try:
        order.prepare()
    except CycleError:
        free: set[tuple[str, bool]] = set()
        while nodes := order.get_ready():
            free.update(nodes)
            order.done(*nodes)
        left = sorted(uri for uri in tasks if (uri, True) not in free)
        raise Refusal("E#J031", f"The dependencies of {', '.join(left)} lead in a circle.") from None


def has_work(job: Job) -> bool:
    """Whether a task could be executed now, or is."""
    states = {task.status for task in job.counted()}
    if not states.isdisjoint(("booting", "executing")):
        return True
    return "queued" in states and (job.kind != "compute" or any(True for _ in Nest(job).ready()))


def _parameters(job: Job, task: Task) -> dict[str, Any]:
    """What an engine is given: a task's parameters, over those of what it is nested in and of its job."""
    found: dict[str, Any] = {}
    kept = job.kept
    nest = (kept, kept.get("compute", {}), *(one.compute for one in (*_above(job, task.uri), task)))
    for given in nest:
        found |= given.get("parameters") or {}
    return found


def stint(job: Job, task: Task) -> Stint:
    """What the stand-in makes of a task: its parameters ``seconds`` and ``fail`` tell."""
    given = _parameters(job, task)
    seconds, fail = given.get("seconds"), given.get("fail")
    text = fail if isinstance(fail, str) else "the task was asked to fail"
    return Stint(DEFAULT_SECONDS if seconds is None else seconds, text if fail else "")


def roll_up(job: Job) -> None:
    """Let each task that holds others have the status that theirs amount to."""
    if job.kind == "compute":
        Nest(job).show()
