"""Transfers that name a ``parent``: a queue, or a delivery, request or stream that they fill or empty."""

from __future__ import annotations

from typing import Any, Final

from accsyn_async.sandbox import deliveries, jobs, rules
from accsyn_async.sandbox.drafts import name_in
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import Job, SandboxUser, Workspace

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
    if parent is None or parent.kind not in deliveries.KINDS or not rules.may_see(user, parent):
        raise Refusal("E#J404", f"There is no queue, delivery, request or stream {name!r}.")
    if parent.kind != "request" and ("source" in data or "tasks" in data):
        return _upload(workspace, user, parent, data)
    mine = next((one.transfer for one in parent.recipients if one.user is user), None)
    if mine is None:
        raise Refusal("E#P006", f"You are no recipient of this {parent.kind}, or it is not yet submitted.")
    if parent.kind == "request":
        deliveries.add_files(workspace, user, mine, data if "tasks" in data else {"tasks": [data]})
    elif "destination" not in data:
        raise Refusal("E#D012", "Choose a 'destination' to download to.")
    elif not deliveries.edit_transfer(
        workspace, user, mine, {key: data.get(key) for key in ("destination", "status") if key in data}
    ):
        raise Refusal(
            "E#D017", f"You download this {parent.kind} already; set your transfer to pending first."
        )
    mine.name = name_in(data) or mine.name
    return mine


def require_uploaded(workspace: Workspace, parent: Job) -> None:
    """Refuse to submit a delivery while files are uploaded to it.

    Raises:
        Refusal: they are.
    """
    place = (UPLOADS, parent.id)
    for job in workspace.jobs.values():
        if not job.is_finished and any(task.destination.parts[:2] == place for task in job.tasks.values()):
            raise Refusal(
                "E#D018", f"The upload {job.name!r} to the {parent.kind} is {job.status}, not done."
            )


def _upload(workspace: Workspace, user: SandboxUser, parent: Job, data: dict[str, Any]) -> Job:
    rules.require_change(user, parent, "upload to")
    if parent.status != "init":
        raise Refusal("E#D010", f"The {parent.kind} is submitted; make another one.")
    if "destination" in data:
        raise Refusal("E#D007", f"What is uploaded to a {parent.kind} needs no destination.")
    folder = f"volume={workspace.default_volume.code}/{UPLOADS}/{parent.id}"
    job = jobs.create_job(workspace, user, {**data, "destination": f"{folder}/"})
    there = {task.source.parts[-1] for task in parent.tasks.values() if task.source.parts}
    sent = dict.fromkeys(task.source.parts[-1] for task in job.tasks.values() if task.source.parts)
    files = [f"{folder}/{name}" for name in sent if name not in there]
    try:
        if files:
            deliveries.add_files(workspace, user, parent, {"tasks": files})
    except Refusal:
        del workspace.jobs[job.id]
        raise
    return job
