"""A change of a task as a line for people."""

from __future__ import annotations

from accsyn_async.events import TaskChanged
from accsyn_async.safe_text import safe

__all__ = ["task_line"]


def task_line(event: TaskChanged) -> str | None:
    """The line that tells a task's new state; ``None`` when that is as it was.

    >>> import datetime as dt
    >>> from accsyn_async import Job, Task
    >>> job = Job.from_row({"id": "6971e16fceadd67b955b1995", "name": "a.mov"})
    >>> task = Task.from_row({"id": "t", "uri": "3", "status": "failed"})
    >>> at = dt.datetime(2026, 1, 2, 3, 4, 5).astimezone()
    >>> task_line(TaskChanged(at=at, job=job, task=task, previous=None, changes={"status": (None, "failed")}))
    '03:04:05 failed    task 3 of a.mov'
    """
    if "status" not in event.changes:
        return None
    stamp = event.at.astimezone().strftime("%H:%M:%S")
    return f"{stamp} {event.task.status.value:<9} task {safe(event.task.uri)} of {safe(event.job.name)}"
