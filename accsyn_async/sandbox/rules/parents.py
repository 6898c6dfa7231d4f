"""Transfers that name a ``parent``: a queue, or a delivery, request or stream that they fill or empty."""

from __future__ import annotations

from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import attributes
from accsyn_async.sandbox.rules import deliveries, job_states, jobs
from accsyn_async.sandbox.rules.landing import keep_apart, landing
from accsyn_async.sandbox.rules.sequences import frame_range
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["create_below", "require_uploaded"]

UPLOADS: Final = "accsyn_deliveries"
"""The folder of the default volume where files lie that were uploaded to a delivery."""


def create_below(workspace: Workspace, user: SandboxUser, name: object, data: dict[str, Any]) -> Job:
    """Make a transfer in a queue, or below a delivery, request or stream.

    With a source, the sender uploads files to a delivery that is not yet submitted, or a recipient those that
    a request asks for. Without one, a recipient downloads a delivery.

    Args:
        workspace: whose.
        user: who sends or receives.
        name: the id of the parent.
        data: the job that was sent.

    Returns:
        The new job, or the transfer that the recipient had since the delivery was submitted.

    Raises:
        Refusal: there is no such parent, the user may not, or the data is wrong; nothing is changed.
    """
    data = {key: value for key, value in data.items() if key != "parent"}
    if isinstance(name, str) and workspace.find_queue(name) is not None:
        return jobs.create_job(workspace, user, {"queue": name, **data})
    parent = workspace.jobs.get(name) if isinstance(name, str) else None
    if parent is None or parent.kind not in deliveries.KINDS or not job_states.may_see(user, parent):
        raise Refusal("E#J404", f"There is no queue, delivery, request or stream {name!r}.")
    if parent.kind != "request" and ("source" in data or "tasks" in data):
        return _upload(workspace, user, parent, data)
    return _take_part(workspace, user, parent, data)


def require_uploaded(workspace: Workspace, parent: Job) -> None:
    """Refuse to submit a delivery while files are uploaded to it.

    Raises:
        Refusal: they are.
    """
    for job in workspace.jobs.values():
        if not job.is_finished and any(_is_sent(parent, task) for task in job.tasks.values()):
            raise Refusal(
                "E#D018", f"The upload {job.name!r} to the {parent.kind} is {job.status}, not done."
            )


def _take_part(workspace: Workspace, user: SandboxUser, parent: Job, data: dict[str, Any]) -> Job:
    """Let a recipient download a delivery, or upload to a request, by the transfer that they have of it."""
    attributes.require_known(data, attributes.JOBS["transfer"], "transfer")
    mine = next((one.transfer for one in parent.recipients if one.user is user), None)
    if mine is None:
        raise Refusal("E#P006", f"You are no recipient of this {parent.kind}, or it is not yet submitted.")
    changes = {key: data[key] for key in jobs.EDITS if data.get(key) is not None}
    status = changes.pop("status", None)
    if status not in (None, "waiting", "paused"):
        raise Refusal("E#J020", f"A new job's status can be waiting or paused, not {status!r}.")
    jobs.check_changes(workspace, user, mine, changes)
    if parent.kind == "request":
        adding = {key: data[key] for key in attributes.ADDING if key in data}
        if "tasks" not in adding:
            one = {key: adding.pop(key) for key in ("source", "destination") if key in adding}
            adding["tasks"] = [one]
        deliveries.add_files(workspace, user, mine, adding)
        if status == "paused":
            job_states.change_job_status(mine, status, workspace.clock)
    elif "destination" not in data:
        raise Refusal("E#D012", "Choose a 'destination' to download to.")
    elif not deliveries.edit_transfer(
        workspace, user, mine, {"destination": data["destination"], "status": status or "waiting"}
    ):
        raise Refusal(
            "E#D017", f"You download this {parent.kind} already; set your transfer to pending first."
        )
    if changes:
        jobs.edit_job(workspace, user, mine, changes)
    return mine


def _upload(workspace: Workspace, user: SandboxUser, parent: Job, data: dict[str, Any]) -> Job:
    job_states.require_change(user, parent, "upload to")
    if parent.status != "init":
        raise Refusal("E#D010", f"The {parent.kind} is submitted; make another one.")
    if "destination" in data:
        raise Refusal("E#D007", f"What is uploaded to a {parent.kind} needs no destination.")
    if data.get("append"):
        raise Refusal("E#D019", f"What is uploaded to a {parent.kind} is a job of its own; append to none.")
    folder = f"volume={workspace.default_volume.code}/{UPLOADS}/{parent.id}"
    earlier = [
        task for one in workspace.jobs.values() for task in one.tasks.values() if _is_sent(parent, task)
    ]
    job = jobs.create_job(workspace, user, {**data, "destination": f"{folder}/"})
    keep_apart(job.tasks.values(), earlier)
    files = [f"{folder}/{_beneath(task)}" for task in job.tasks.values()]
    try:
        deliveries.add_files(workspace, user, parent, {"tasks": files})
    except Refusal:
        del workspace.jobs[job.id]
        raise
    return job


def _is_sent(parent: Job, task: Task) -> bool:
    """Whether a task uploads to a delivery."""
    return task.destination.parts[:2] == (UPLOADS, parent.id)


def _beneath(task: Task) -> str:
    """What a task uploads, by its path in the folder that it is uploaded to."""
    return "/".join(landing(task)[1][len(task.destination.parts) :]) + frame_range(task.source.frames)
