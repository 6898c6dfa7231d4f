"""Which jobs a user sees and may change, and which states of jobs and tasks lead where."""

from __future__ import annotations

from itertools import chain
from typing import Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules import roles
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import SandboxUser, Share
from accsyn_async.sandbox.state.jobs import Job, Task

__all__ = [
    "TASK_STATES",
    "UNFINISHED",
    "abort",
    "change_job_status",
    "change_task_status",
    "check_job_status",
    "may_see",
    "reopen",
    "require_change",
    "retry",
    "revive",
]

JOB_STATES: Final = ("waiting", "paused", "aborted", "done")
TASK_STATES: Final = ("queued", "failed", "onhold", "excluded", "done")
UNFINISHED: Final = frozenset({"queued", "booting", "executing"})
"""The states of tasks that are to be done, or are being done."""


def may_see(user: SandboxUser, job: Job) -> bool:
    """Whether a user finds a job.

    Admins find all, others those that they are a party of, and employees also those that touch no share, or
    one that they may see. Recipients are a party of a delivery from when it was submitted.
    """
    if (
        user.role == "admin"
        or job.user is user
        or user.id in (job.source.id, job.destination.id)
        or any(one.user is user and one.transfer is not None for one in job.recipients)
    ):
        return True
    return user.elevated and _touches_seen(user, job)


def _touches_seen(user: SandboxUser, job: Job) -> bool:
    hidden: set[Share] = set()
    inbox = () if job.inbox is None else (job.inbox,)
    for end in chain(inbox, *((task.source, task.destination) for task in job.tasks.values())):
        if end.share is None or end.share in hidden:
            continue
        if roles.may_see(user, end.share):
            return True
        hidden.add(end.share)
    return not hidden


def require_change(user: SandboxUser, job: Job, what: str) -> None:
    """Refuse a change that a user may not make.

    Raises:
        Refusal: the job is another user's.
    """
    if not user.elevated and job.user is not user:
        raise Refusal("E#P001", f"You may not {what} a {job.kind} of another user.")


def check_job_status(job: Job, status: object) -> None:
    """Refuse a status that a job cannot be given now.

    Raises:
        Refusal: it is none of `JOB_STATES`, or the job has finished.
    """
    if status not in JOB_STATES:
        raise Refusal(
            "E#J020", f"A {job.kind}'s status can be set to {', '.join(JOB_STATES)}, not to {status!r}."
        )
    if job.is_finished and status not in (job.status, "waiting"):
        raise Refusal("E#J021", f"The {job.kind} is {job.status} and cannot be set to {status}.")
    if job.status == "done" and status == "waiting":
        raise Refusal("E#J022", f"The {job.kind} is done; retry or add tasks to bring it back to life.")


def change_job_status(job: Job, status: str, clock: Clock) -> None:
    """Give a job a status that `check_job_status` allowed."""
    if status == "waiting":
        if job.status in ("paused", "failed", "aborted"):
            for task in job.tasks.values():
                if task.status == "failed":
                    retry(task)
            revive(job)
    elif status == "paused":
        job.status, job.held = "paused", False
        job.speed = None
    elif not job.is_finished:
        if status == "done":
            for task in job.tasks.values():
                if task.status in UNFINISHED or task.status == "onhold":
                    task.status = "excluded"
            job.tally()
        else:
            for task in job.tasks.values():
                if task.status in UNFINISHED:
                    task.status = "queued"
        job.status = status
        job.speed = None
        job.finished = clock.text()


def abort(job: Job, clock: Clock) -> list[Job]:
    """Abort a job, and of a delivery, request or stream the transfers of its recipients.

    Returns:
        Those that were not finished.
    """
    transfers = (one.transfer for one in job.recipients if one.transfer is not None)
    active = [one for one in (job, *transfers) if not one.is_finished]
    job.withdrawn |= job in active
    for one in active:
        change_job_status(one, "aborted", clock)
    return active


def revive(job: Job) -> None:
    """Let a job go on, or begin again, with the tasks that are queued; not before its delivery does."""
    job.tally()
    job.finished = None
    job.speed = None
    job.held = job.delivery is not None and job.delivery.status == "paused"
    job.status = "paused" if job.held else "waiting"


def reopen(job: Job) -> None:
    """Let a job that was done be what its tasks make of it: failed, or paused with those on hold."""
    states = {task.status for task in job.counted()}
    status = "failed" if "failed" in states else "paused" if "onhold" in states else "done"
    if status != "done":
        job.status, job.finished = status, None


def change_task_status(task: Task, status: str, clock: Clock) -> bool:
    """Give a task a status of `TASK_STATES`; tell whether its job has something to do again."""
    if status == "queued":
        if task.status in UNFINISHED:
            return False
        retry(task)
        return True
    task.status, task.broke = status, False
    if status == "done":
        task.copied = max(task.size, 0)
        task.finished = clock.text()
    elif status == "failed":
        task.copied = 0
        task.message = task.message or "set to failed by a user"
        task.finished = clock.text()
    else:
        task.copied = 0
    return False


def retry(task: Task) -> None:
    """Queue a task anew; it is measured and copied again from its beginning."""
    task.status = "queued"
    task.size = -1
    task.copied = 0
    task.finished = None
    task.milliseconds = 0
    task.message = ""
    task.broke = False
