"""Compute jobs: nested tasks, what they wait for, and what stands in for an engine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import Job, Task

__all__ = [
    "ComputeError",
    "Stint",
    "below",
    "check_deps",
    "has_work",
    "is_ready",
    "roll_up",
    "stint",
]

SETTLED: Final = frozenset({"done", "excluded"})
DEFAULT_SECONDS: Final = 0.05
_ORDER: Final[tuple[str, ...]] = ("executing", "booting", "queued", "failed", "onhold", "pending")


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


def below(job: Job, task: Task) -> Iterator[Task]:
    """The tasks that are executed in a task's stead: itself, or the leaves nested in it."""
    if not task.branch:
        yield task
        return
    start = f"{task.uri}/"
    yield from (one for one in job.tasks.values() if not one.branch and one.uri.startswith(start))


def check_deps(tasks: Mapping[str, Task]) -> None:
    """Refuse dependencies on tasks that do not exist, and those that lead in a circle.

    Raises:
        Refusal: there is one.
    """
    waits: dict[str, set[str]] = {}
    for task in tasks.values():
        waits[task.uri] = set(task.deps)
        for dep in task.deps:
            if dep not in tasks:
                raise Refusal("E#J030", f"The task {task.uri!r} depends on {dep!r}, which does not exist.")
    for task in tasks.values():
        names = task.uri.split("/")
        outer = ["/".join(names[:count]) for count in range(1, len(names))]
        if outer:
            waits[outer[-1]].add(task.uri)
        # What is nested waits for all that the tasks around it wait for.
        waits[task.uri].update(dep for uri in outer for dep in tasks[uri].deps)
    left = dict(waits)
    while left:
        free = [uri for uri, deps in left.items() if not deps & left.keys()]
        if not free:
            raise Refusal("E#J031", f"The dependencies of {', '.join(sorted(left))} lead in a circle.")
        for uri in free:
            del left[uri]


def is_ready(job: Job, task: Task) -> bool:
    """Whether all that a task, or what it is nested in, depends on is done."""
    if job.kind != "compute":
        return True
    deps = (dep for one in (*_above(job, task.uri), task) for dep in one.deps)
    return all(
        leaf.status in SETTLED for dep in deps if dep in job.tasks for leaf in below(job, job.tasks[dep])
    )


def has_work(job: Job) -> bool:
    """Whether a task could be executed now, or is."""
    return any(
        task.status in ("booting", "executing") or (task.status == "queued" and is_ready(job, task))
        for task in job.counted()
    )


def _parameters(job: Job, task: Task) -> dict[str, Any]:
    """What an engine is given: a task's parameters, over those of the tasks that it is nested in."""
    found: dict[str, Any] = {}
    for one in (*_above(job, task.uri), task):
        given = one.compute.get("parameters")
        if isinstance(given, dict):
            found |= given
    return found


def stint(job: Job, task: Task) -> Stint:
    """What the stand-in makes of a task: its parameters ``seconds`` and ``fail`` tell."""
    given = _parameters(job, task)
    seconds = given.get("seconds", DEFAULT_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < math.inf:
        seconds = DEFAULT_SECONDS
    fail = given.get("fail")
    text = fail if isinstance(fail, str) else "the task was asked to fail"
    return Stint(seconds, text if fail else "")


def roll_up(job: Job) -> None:
    """Let each task that holds others have the status that theirs amount to."""
    for task in job.tasks.values():
        if not task.branch:
            continue
        leaves = list(below(job, task))
        states = {leaf.status for leaf in leaves}
        status = next((state for state in _ORDER if state in states), None)
        if status is None:
            status = "done" if "done" in states else "excluded"
        if status == "queued" and "done" in states:
            status = "executing"
        if status == "done" and task.status != "done":
            task.finished = max((leaf.finished or "" for leaf in leaves), default="") or None
            task.milliseconds = sum(leaf.milliseconds for leaf in leaves)
        task.status = status
