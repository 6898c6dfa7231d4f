"""An event as one JSON object: the form in which programs outside read it.

Version 1. ``event`` is one of found changed finished revived removed stalled synced
degraded recovered task; durations are seconds, times ISO 8601 in UTC, sizes bytes, speeds
MB/s. Events about no job have neither ``id``, ``run`` nor ``job``.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from accsyn_async import events
from accsyn_async.models import Job, Task

__all__ = ["VERSION", "event_to_dict", "event_to_json", "job_to_dict", "task_to_dict"]

VERSION = 1

_NAMES: dict[type[events.Event], str] = {
    events.JobFound: "found",
    events.JobChanged: "changed",
    events.JobFinished: "finished",
    events.JobRevived: "revived",
    events.JobRemoved: "removed",
    events.JobStalled: "stalled",
    events.TaskChanged: "task",
    events.Synced: "synced",
    events.Degraded: "degraded",
    events.Recovered: "recovered",
}


def job_to_dict(job: Job) -> dict[str, Any]:
    """The facts of a job as plain JSON values; ``None`` where unknown."""
    return {
        "id": job.id,
        "name": job.name,
        "status": _plain(job.status),
        "progress": job.progress,
        "speed": job.speed,
        "etr_s": _plain(job.etr),
        "eta_s": _plain(job.eta),
        "size": job.size,
        "source": job.source_hr or job.source,
        "destination": job.destination_hr or job.destination,
        "user": job.user_hr or job.user,
        "created": _plain(job.created),
        "finished": _plain(job.finished),
    }


def task_to_dict(task: Task) -> dict[str, Any]:
    """The facts of a task as plain JSON values; ``None`` where unknown."""
    return {
        "id": task.id,
        "uri": task.uri,
        "status": _plain(task.status),
        "progress": task.progress,
        "priority": task.priority,
        "size": task.size,
        "created": _plain(task.created),
        "finished": _plain(task.finished),
    }


def event_to_dict(event: events.Event) -> dict[str, Any]:
    """An event as plain JSON values."""
    line: dict[str, Any] = {"v": VERSION, "event": _NAMES[type(event)]}
    if isinstance(event, events.JobEvent):
        line["id"] = event.id
    line["seq"] = event.seq
    if isinstance(event, events.JobEvent):
        line["run"] = event.run
    line["at"] = _plain(event.at)
    if isinstance(event, events.JobEvent):
        line["job"] = job_to_dict(event.job)
    match event:
        case events.JobChanged(changes=changes):
            line["changes"] = {
                (f"{name}_s" if name in ("etr", "eta") else name): [_plain(old), _plain(new)]
                for name, (old, new) in changes.items()
            }
        case events.TaskChanged(task=task, changes=changes):
            line["task"] = task_to_dict(task)
            line["changes"] = {name: [_plain(old), _plain(new)] for name, (old, new) in changes.items()}
        case events.Synced(jobs=jobs):
            line["jobs"] = jobs
        case events.Degraded(reason=reason):
            line["reason"] = reason
        case events.Recovered(after=after):
            line["after_s"] = _plain(after)
    return line


def event_to_json(event: events.Event) -> str:
    r"""An event as one line of ASCII JSON, without the line's end.

    >>> import datetime as dt
    >>> event_to_json(events.Synced(at=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), seq=3, jobs=2))
    '{"v":1,"event":"synced","seq":3,"at":"2026-01-02T00:00:00+00:00","jobs":2}'
    """
    text = json.dumps(event_to_dict(event), separators=(",", ":"), default=str)
    return text.replace("\x7f", "\\u007f")


def _plain(value: Any) -> Any:
    match value:
        case dt.timedelta():
            seconds = value.total_seconds()
            return int(seconds) if seconds == int(seconds) else round(seconds, 3)
        case dt.datetime():
            return value.isoformat()
        case str():
            return str(value)
        case _:
            return value
