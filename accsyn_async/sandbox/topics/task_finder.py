"""Finds tasks by their ids."""

from __future__ import annotations

from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["TaskFinder"]


class TaskFinder:
    """Finds the job and the task of an id; what was found once is found again without a search.

    Args:
        workspace: in which.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[str, tuple[str, str]] = {}

    def find(self, id: str) -> tuple[Job, Task] | None:
        """The job and the task; ``None`` when there is none of that id."""
        if id in self._known:
            name, uri = self._known[id]
            job = self._workspace.jobs.get(name)
            task = None if job is None else job.tasks.get(uri)
            if job is not None and task is not None and task.id == id:
                return job, task
            del self._known[id]
        # The latest are asked for most.
        for job in reversed(self._workspace.jobs.values()):
            for task in job.tasks.values():
                if task.id == id:
                    self._known[id] = job.id, task.uri
                    return job, task
        return None
