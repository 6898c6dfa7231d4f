"""What a watch yields.

An event says what was observed, never what was guessed. ``match`` on the class::

    match event:
        case JobChanged(job=job, changes=changes): ...
        case JobFinished(job=job): ...
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from accsyn_async.models import Job, Task

__all__ = [
    "Degraded",
    "Event",
    "JobChanged",
    "JobEvent",
    "JobFinished",
    "JobFound",
    "JobRemoved",
    "JobRevived",
    "JobStalled",
    "Recovered",
    "Synced",
    "TaskChanged",
]


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something happened.

    Attributes:
        at: when it was observed, UTC.
        seq: grows by one with each event that a watch yields, from 1.
    """

    at: dt.datetime
    seq: int = 0


class JobEvent(Event, frozen=True, gc=False, kw_only=True):
    """Something happened to one job.

    Attributes:
        job: the job as it was observed.
        run: which life of the job, from 0; it grows when a finished job comes back.
        id: names this event. The id of an end, ``<workspace>:<job>:<status>:<finished>``,
            is the same whoever observed it, and after a restart too.
    """

    job: Job
    run: int = 0
    id: str = ""


class JobFound(JobEvent, frozen=True, gc=False, kw_only=True):
    """A job that there is: once for each when a watch begins, later for each new one."""


class JobChanged(JobEvent, frozen=True, gc=False, kw_only=True):
    """A job changed.

    Attributes:
        previous: the job as it was before.
        changes: ``{field: (old, new)}`` for the fields watched that differ.
    """

    previous: Job
    changes: dict[str, tuple[Any, Any]]


class JobFinished(JobEvent, frozen=True, gc=False, kw_only=True):
    """A job came to its end: ``job.status`` is done or aborted. Once a life."""


class JobRevived(JobEvent, frozen=True, gc=False, kw_only=True):
    """A finished job is active again."""


class JobRemoved(JobEvent, frozen=True, gc=False, kw_only=True):
    """A job was deleted or is out of this user's reach; ``job`` is how it was last seen."""


class JobStalled(JobEvent, frozen=True, gc=False, kw_only=True):
    """A running job has had neither progress nor speed for some time (``PollPolicy.stalled_after``).

    Told once, and again only after it has moved.
    """


class TaskChanged(JobEvent, frozen=True, gc=False, kw_only=True):
    """A task of a job changed, or was seen for the first time; for watches with ``tasks=True``.

    Attributes:
        job: the job, as it was last observed.
        task: the task.
        previous: the task as it was before; ``None`` when it is seen for the first time.
        changes: ``{field: (old, new)}`` for those of status, progress, priority and size
            that differ; at first sight every old value is ``None``.
    """

    task: Task
    previous: Task | None
    changes: dict[str, tuple[Any, Any]]


class Synced(Event, frozen=True, gc=False, kw_only=True):
    """Every job that there is has been yielded; what follows are changes.

    Attributes:
        jobs: how many jobs were found.
    """

    jobs: int = 0


class Degraded(Event, frozen=True, gc=False, kw_only=True):
    """The backend does not answer as it should; the watch goes on trying.

    Attributes:
        reason: what is wrong, for people.
    """

    reason: str = ""


class Recovered(Event, frozen=True, gc=False, kw_only=True):
    """The backend answers again; what changed meanwhile follows.

    Attributes:
        after: how long it was degraded.
    """

    after: dt.timedelta = dt.timedelta()
