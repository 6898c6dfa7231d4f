"""Rows of jobs of every type, of their tasks and of their recipients."""

from __future__ import annotations

import datetime as dt
from typing import Any, NotRequired, TypedDict

__all__ = [
    "ComputeRow",
    "DeliveryRow",
    "JobRow",
    "PartyRow",
    "RecipientRow",
    "RequestRow",
    "StreamRow",
    "TaskRow",
    "TransferRow",
]


class JobRow(TypedDict):
    """A job: what all types of them have in common."""

    id: str
    """24 characters; what every other call wants."""
    code: str
    """The same as ``name``: several jobs may share one."""
    name: str
    """When none was given, the backend takes it from the first source file."""
    status: str
    """A value of ``JobStatus``, or one that this version does not know."""
    progress: int
    """Percent, 0–100. It may fall, and 100 is not done."""
    size: int
    """Bytes in all; -1 before it was measured."""
    speed: float
    """MB/s; -1.0 when it is not running (0.0 in an old workspace)."""
    etr: str
    """Time left, such as ``0h:1m:30s``; ``""`` when unknown."""
    source: str
    """The sending party, ``<scope>:<id>``, such as ``workspace:6645fbca9f8c4d3e7a3b678d``."""
    source_hr: str
    """The sending party for people; may be ``""``."""
    destination: str
    """The receiving party, ``<scope>:<id>``."""
    destination_hr: str
    """The receiving party for people; may be ``""``."""
    created: dt.datetime
    """When it was created, UTC."""
    modified: dt.datetime
    """When it was last modified, UTC."""
    modifier: str
    """Who modified it last, an id; ``""`` when nobody did."""
    finished: dt.datetime
    """When it was done or aborted, UTC; the epoch (1970) while it is not."""
    user: str
    """Id of the user who created it."""
    user_hr: str
    """The user who created it, for people; may be ``""``."""
    parent: str
    """Id of its queue, or of the job that it belongs to."""
    parent_hr: str
    """Its queue or job, for people."""
    uri: str
    """Where it is among the queues: their codes from the workspace down, joined by ``/``."""
    metadata: dict[str, Any]
    """The user's own data; ``{}`` when there is none."""
    settings: NotRequired[dict[str, Any]]
    """Settings of this job alone, as given at its creation; may be left out."""
    priority: NotRequired[int]
    """1–1000, highest first; mostly left out, as a job has its queue's."""


TransferRow = JobRow
ComputeRow = JobRow


class DeliveryRow(JobRow):
    """A package of files: a delivery, a request or a stream."""

    public: NotRequired[Any]
    """Whether it is open to others than its recipients; its type is not documented."""


RequestRow = DeliveryRow
StreamRow = DeliveryRow


class PartyRow(TypedDict, total=False):
    """One end of a task; without ``user`` and ``site`` it is the workspace's main site."""

    path: str
    """Absolute, or relative to the volume or share when there is one."""
    path_abs_final: str
    """Where the file really is, on its computer; set when the transfer runs."""
    client: str
    """Id of the client that sends or receives."""
    user: str
    """Id of the user, when the end is a user."""
    site: str
    """Id of the site, when the end is a site."""
    v: str
    """Id of the volume, when there is one."""
    s: str
    """Id of the share, when there is one."""
    r_s: str
    """(old workspaces) Id of the root share."""
    o: str
    """(old workspaces) Id of the organization."""
    master: bool
    """(old workspaces) ``True`` on one end, left out on the other."""
    slave: bool
    """(old workspaces) ``True`` on one end, left out on the other."""


class TaskRow(TypedDict):
    """A task of a job: a file or folder, or an item to compute."""

    id: str
    """A UUID, unlike other ids."""
    uri: str
    """Its name within the job, mostly ``"0"``, ``"1"`` …"""
    status: str
    """A value of ``TaskStatus``, or one that this version does not know."""
    source: PartyRow
    """The sending end."""
    destination: PartyRow
    """The receiving end; left out of tasks that compute."""
    size: int
    """Bytes; -1 before it was measured."""
    priority: int
    """1–1000, highest first."""
    created: dt.datetime
    """When it was created, UTC."""
    finished: dt.datetime
    """When it was done, UTC; the epoch (1970) while it is not."""
    time: int | None
    """Milliseconds that its whole bucket took, not this task alone; ``None`` before it ran."""
    job: str
    """Id of its job."""
    job_hr: str
    """Its job for people."""
    metadata: NotRequired[dict[str, Any]]
    """The user's own data; left out when there is none."""
    settings: NotRequired[dict[str, Any]]
    """Settings of this task alone; left out when there are none."""


class RecipientRow(TypedDict):
    """A user who gets a delivery, request or stream: what ``access`` returns for these."""

    user: str
    """Id of the user."""
    user_hr: str
    """The user's e-mail address."""
    actioned: NotRequired[Any]
    """Whether, or when, the recipient did something about it; its type is not documented."""
