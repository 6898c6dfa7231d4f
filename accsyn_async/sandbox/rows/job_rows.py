"""The attributes of jobs and tasks: what is sent, and what a query compares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from accsyn_async.sandbox.rows.attributes import KEPT
from accsyn_async.sandbox.rows.entity_rows import queues, user_hr, users
from accsyn_async.sandbox.rows.table import Getter, Row, Table
from accsyn_async.sandbox.rows.told import telling
from accsyn_async.sandbox.state.clock import EPOCH
from accsyn_async.sandbox.state.jobs import End, Job, Task
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["computes", "jobs", "packages", "tasks"]


def _job_hr(job: Job) -> str:
    return f"{job.name}[{job.number}]({job.id})"


def _progress(job: Job) -> int:
    """Percent: 100 only for a job that is done. What is not yet measured counts as much as other tasks do."""
    if job.status == "done":
        return 100
    return min(99, _arrived(job))


def _arrived(job: Job) -> int:
    """Percent of what a job is to do: of its tasks, its transfers or its bytes, by its kind."""
    if job.kind == "compute":
        states = [task.status for task in job.counted()]
        return 100 * states.count("done") // max(len(states), 1)
    if job.recipients:
        shares = [_progress(one.transfer) for one in job.recipients if one.transfer is not None]
        return sum(shares) // max(len(shares), 1)
    if job.size <= 0 or not job.copied:
        return 0
    sizes = [task.size for task in job.counted()]
    measured = sum(size >= 0 for size in sizes)
    return 100 * job.copied * measured // (job.size * len(sizes))


def _etr(job: Job) -> str:
    if job.speed is None or job.speed <= 0 or job.size < 0:
        return ""
    seconds = math.ceil(max(job.size - job.copied, 0) / (job.speed * 1_000_000))
    return f"{seconds // 3600}h:{seconds // 60 % 60}m:{seconds % 60}s"


def _speed(job: Job) -> float:
    return -1.0 if job.speed is None else round(job.speed, 3)


def jobs(workspace: Workspace) -> Table[Job]:
    """The table of transfers."""
    return _jobs(workspace, {})


def computes(workspace: Workspace) -> Table[Job]:
    """The table of compute jobs, with what tells an engine what to do."""
    return _jobs(workspace, _kept("compute"))


def packages(workspace: Workspace) -> Table[Job]:
    """The table of deliveries, requests and streams, which only recipients reach: none is public."""
    return _jobs(workspace, {"public": lambda job: False, **_kept("delivery")})


def _kept(kind: str) -> dict[str, Getter[Job]]:
    def getter(name: str) -> Getter[Job]:
        return lambda job: job.kept.get(name)

    return {name: getter(name) for name in KEPT[kind]}


def _jobs(workspace: Workspace, more: Mapping[str, Getter[Job]]) -> Table[Job]:
    uri = f"{workspace.code}/"
    return Table(
        {
            **more,
            "code": lambda job: job.name,
            "name": lambda job: job.name,
            "created": lambda job: job.created,
            "description": lambda job: job.description,
            "delivery": lambda job: None if job.delivery is None else job.delivery.id,
            "destination": lambda job: job.destination.value,
            "destination_hr": lambda job: job.destination.hr,
            "engine": lambda job: job.engine,
            "etr": _etr,
            "finished": lambda job: job.finished or EPOCH,
            "id": lambda job: job.id,
            "metadata": lambda job: job.metadata,
            "modified": lambda job: job.modified,
            "modifier": lambda job: job.modifier.id,
            "parent": lambda job: (job.delivery or job.queue).id,
            "parent_hr": lambda job: (
                f"queue:{uri}{job.queue.code}({job.queue.id})"
                if job.delivery is None
                else f"{job.delivery.kind}:{_job_hr(job.delivery)}"
            ),
            "priority": lambda job: job.priority,
            "progress": _progress,
            "settings": lambda job: job.settings,
            "size": lambda job: job.size,
            "source": lambda job: job.source.value,
            "source_hr": lambda job: job.source.hr,
            "speed": _speed,
            "status": lambda job: job.status,
            "uri": lambda job: uri + job.queue.code,
            "user": lambda job: job.user.id,
            "user_hr": lambda job: user_hr(job.user),
        },
        {
            "source": lambda job: job.source.names,
            "destination": lambda job: job.destination.names,
            "user": lambda job: (job.user.id, job.user.username, user_hr(job.user)),
            "modifier": lambda job: (job.modifier.id, job.modifier.username),
            "delivery": lambda job: () if job.delivery is None else (job.delivery.id, job.delivery.name),
            "parent": lambda job: (
                (job.queue.id, job.queue.code, uri + job.queue.code)
                if job.delivery is None
                else (job.delivery.id, job.delivery.name)
            ),
            "queue": lambda job: (job.queue.id, job.queue.code, uri + job.queue.code),
        },
        refers={
            "user": (lambda job: job.user, users()),
            "modifier": (lambda job: job.modifier, users()),
            "queue": (lambda job: job.queue, queues(workspace.code)),
            "parent": (lambda job: job.delivery or job.queue, _known()),
            "delivery": (lambda job: job.delivery, _known()),
        },
        objects=("metadata", "settings", *more),
    )


def _known() -> Table[Any]:
    """What queues and jobs of any kind have in common."""
    return Table(
        {
            "id": lambda one: one.id,
            "code": lambda one: one.name if isinstance(one, Job) else one.code,
            "name": lambda one: one.name,
            "description": lambda one: one.description,
            "metadata": lambda one: one.metadata,
            "priority": lambda one: one.priority,
            "status": lambda one: one.status,
        }
    )


def tasks(*, as_admin: bool = True) -> Table[tuple[Job, Task]]:
    """The table of tasks, each with its job.

    Args:
        as_admin: whether to tell where the files are on this machine, rather than in the workspace.
    """
    place = _place if as_admin else _told_place
    return Table(
        {
            "compute": lambda pair: pair[1].compute,
            "created": lambda pair: pair[1].created,
            "deps": lambda pair: list(pair[1].deps),
            "description": lambda pair: pair[1].description,
            "destination": lambda pair: _end(pair[1].destination, place),
            "finished": lambda pair: pair[1].finished or EPOCH,
            "id": lambda pair: pair[1].id,
            "job": lambda pair: pair[0].id,
            "job_hr": lambda pair: _job_hr(pair[0]),
            "message": lambda pair: pair[1].message,
            "metadata": lambda pair: pair[1].metadata,
            "priority": lambda pair: pair[1].priority,
            "settings": lambda pair: pair[1].settings,
            "size": lambda pair: pair[1].size,
            "source": lambda pair: _end(pair[1].source, place),
            "status": lambda pair: pair[1].status,
            "time": lambda pair: pair[1].milliseconds,
            "uri": lambda pair: pair[1].uri,
        },
        {
            "job": lambda pair: (pair[0].id, pair[0].name),
        },
        refers={"job": (lambda pair: pair[0], _known())},
        objects=("compute", "destination", "metadata", "settings", "source"),
    )


def _place(end: End) -> str:
    return str(end.root.joinpath(*(end.saved or end.parts)))


def _told_place(end: End) -> str:
    names = end.saved or end.parts
    if end.volume is None:
        return telling(end.path, end.parts)(names)
    # At another site the volume's own folder comes first.
    below = names[1:] if end.party.kind == "site" else names
    return "/".join(("/Volumes", end.volume.code, *below))


def _end(end: End, place: Callable[[End], str]) -> Row:
    row: Row = {"path": end.path, "path_abs_final": place(end)}
    if end.client is not None:
        row["client"] = end.client.id
    if end.volume is not None:
        row["v"] = end.volume.id
    if end.share is not None and end.share is not end.volume:
        row["s"] = end.share.id
    if end.party.kind in ("user", "site"):
        row[end.party.kind] = end.party.id
    return row
