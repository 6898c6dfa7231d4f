"""A job as the page shows it. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any

from accsyn_async.board.board import Entry
from accsyn_async.board.parties import party_text
from accsyn_async.models import Job, Task
from accsyn_async.safe_text import safe

__all__ = ["job_row", "task_row"]


def job_row(entry: Entry, now: float) -> dict[str, Any]:
    """The facts of a job as plain JSON values; texts are safe to show.

    Args:
        entry: the job on the board.
        now: of the board's clock, for the time left.
    """
    job = entry.job
    left = entry.left.seconds(now) if entry.running else None
    return {
        "id": job.id,
        "name": safe(job.name),
        "status": _status(job),
        "word": entry.word,
        "progress": job.progress,
        "speed": job.speed if entry.running else None,
        "eta_s": None if left is None else round(left),
        "size": job.size,
        "source": _known(job.source_hr or job.source),
        "destination": _known(job.destination_hr or job.destination),
        "user": _known(job.user_hr or job.user),
        "queue": _known(job.parent_hr or job.parent),
        "created": _moment(job.created),
        "finished": _moment(job.finished),
    }


def task_row(task: Task) -> dict[str, Any]:
    """The facts of a task as plain JSON values; texts are safe to show."""
    raw = task.raw
    return {
        "id": task.id,
        "uri": safe(task.uri),
        "status": task.status.value
        if task.status.value != "unknown"
        else safe(raw.get("status") or "unknown"),
        "progress": task.progress,
        "priority": task.priority,
        "size": task.size,
        "source": _end(task.source),
        "destination": _end(task.destination),
        "created": _moment(task.created),
        "finished": _moment(task.finished),
        "message": safe(raw["message"]) if raw.get("message") else None,
    }


def _status(of: Job | Task) -> str:
    return of.status.value if of.status.value != "unknown" else safe(of.raw.get("status") or "unknown")


def _known(party: str | None) -> str | None:
    return party_text(party) if party else None


def _end(end: dict[str, Any]) -> str | None:
    path = end.get("path")
    return safe(path) if path else None


def _moment(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
