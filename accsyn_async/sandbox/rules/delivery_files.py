"""The files of deliveries, requests and streams, and what their recipients have of them.

A file that is excluded, or put on hold, is not measured and not sent: neither to a recipient who has not yet
chosen, nor to those who come later. A recipient who has chosen has tasks of their own. A file is there once,
however often it is added, and none of two that go by one name replaces the other at the recipient.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import attributes
from accsyn_async.sandbox.rules import job_states
from accsyn_async.sandbox.rules.drafts import flag_in, read_drafts
from accsyn_async.sandbox.rules.places import Resolver
from accsyn_async.sandbox.rules.tasks import (
    change_tasks,
    free_uri,
    join,
    new_task,
    require_parties,
    rows_of,
    touch,
)
from accsyn_async.sandbox.rules.whole import generated_name, spread
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import End, Job, Party, Task
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = [
    "HELD",
    "KINDS",
    "NOBODY",
    "add_files",
    "add_to_package",
    "awaits_choice",
    "edit_files",
    "fill",
    "is_measured",
    "nowhere",
    "refuse_destination",
    "require_others",
]

KINDS: Final = ("delivery", "request", "stream")
NOBODY: Final = Party("", "", "", ())
HELD: Final = frozenset({"excluded", "onhold"})
"""What keeps a file from being sent."""


def add_files(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Add files to a delivery, or those to upload to a request's transfer.

    Raises:
        Refusal: one is wrong, or it is too late; none is added.
    """
    if not isinstance(data, dict):
        raise Refusal("E#J001", "Tasks are added with an object that has 'tasks'.")
    attributes.require_known(data, attributes.ADDING, "call that adds tasks")
    resolver = Resolver(workspace, user)
    if job.delivery is not None:
        added = _add_uploads(workspace, job, job.delivery, resolver, data)
    elif job.kind == "request":
        raise Refusal("E#D009", "A request holds no files; its recipients choose what to upload.")
    else:
        if any(one.transfer is not None and one.transfer.status != "pending" for one in job.recipients):
            raise Refusal("E#D010", "A recipient has begun to download; make another delivery.")
        added = add_to_package(job, resolver, data)
        for one in job.recipients:
            if one.transfer is not None:
                fill(one.transfer, job, added)
        _measure_again(job)
    touch(workspace, user, job)
    return added


def add_to_package(job: Job, resolver: Resolver, data: dict[str, Any]) -> list[Task]:
    """Add files to a delivery or stream itself.

    Returns:
        The tasks that were added, or were there.

    Raises:
        Refusal: one is wrong; none is added.
    """
    drafts = spread(resolver, read_drafts(data))
    for draft in drafts:
        refuse_destination(draft.destination)
    known = job.source if job.tasks else None
    starts = [resolver.to_deliver(draft.source, known) for draft in drafts]
    require_parties([(start, nowhere(start)) for start in starts], known or starts[0].party, NOBODY)
    require_others(job, starts[0].party)
    tasks = dict(job.tasks)
    there = {_place(task.source): task for task in tasks.values()}
    added: dict[str, Task] = {}
    for draft, start in zip(drafts, starts, strict=True):
        task = there.get(_place(start))
        if task is not None and flag_in(data, "allow_duplicates") is False:
            raise Refusal("E#J017", f"{draft.source!r} is there already, as the task {task.uri!r}.")
        if task is None:
            if draft.uri in tasks:
                raise Refusal("E#J018", f"There is a task {draft.uri!r} already.")
            task = new_task(draft, draft.uri or free_uri(tasks), start, nowhere(start), job.modified)
            task.status = "pending" if draft.status == "queued" else draft.status
            tasks[task.uri] = there[_place(start)] = task
        added[task.id] = task
    job.source, job.tasks = starts[0].party, tasks
    job.name = job.name or generated_name(drafts[0], starts[0])
    return list(added.values())


def _add_uploads(
    workspace: Workspace, job: Job, request: Job, resolver: Resolver, data: dict[str, Any]
) -> list[Task]:
    if request.inbox is None:
        raise Refusal("E#D013", "Files are added to the delivery, not to the transfer of a recipient.")
    if request.is_finished and job.status == "aborted":
        raise Refusal("E#D021", "The request is aborted.")
    drafts = read_drafts(data)
    for draft in drafts:
        if draft.destination is not None:
            raise Refusal(
                "E#D007", f"What is uploaded to a request goes there, not to {draft.destination!r}."
            )
    starts = [resolver.on_own_machine(draft.source, "source") for draft in drafts]
    require_parties([(start, start) for start in starts], job.source, job.source)
    added = join(workspace, job, drafts, [(start, request.inbox) for start in starts], data)
    if job.status == "pending" or job.is_finished or job.status == "failed":
        job_states.revive(job)
    return added


def edit_files(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Change the tasks of a delivery, or of a transfer whose recipient has not yet chosen.

    Their files can be excluded, put on hold, and queued again, which makes them ``pending``; what becomes of
    a delivery's files becomes of those of the recipients who have not yet chosen.

    Returns:
        The tasks that were changed.

    Raises:
        Refusal: one is wrong; nothing is changed.
    """
    for task, row in rows_of(job, data):
        status = row.get("status")
        if status in ("failed", "done") or (status == "queued" and task.status not in (*HELD, "failed")):
            raise Refusal(
                "E#D022", f"A file that waits to be sent can be excluded or put on hold, not set to {status}."
            )
    changed = change_tasks(workspace, user, job, data)
    for task in changed.tasks:
        if task.status == "queued":
            task.status = "pending"
    for transfer in (one.transfer for one in job.recipients):
        if transfer is not None and transfer.status == "pending":
            for task in changed.tasks:
                transfer.tasks[task.uri].status, transfer.tasks[task.uri].size = task.status, task.size
            transfer.tally()
    _measure_again(job)
    return changed.tasks


def awaits_choice(transfer: Job) -> bool:
    """Whether a recipient has yet to choose what to upload, or where to download to."""
    chosen = bool(transfer.tasks) and all(task.status != "pending" for task in transfer.tasks.values())
    status = transfer.status
    return transfer.delivery is not None and (status == "pending" or (status == "aborted" and not chosen))


def is_measured(job: Job) -> bool:
    """Whether all files that a delivery is to send were found and measured."""
    files = (task for task in job.counted() if task.status not in HELD)
    return all(task.size >= 0 and task.status != "failed" for task in files)


def fill(transfer: Job, job: Job, files: list[Task]) -> None:
    """Let the transfer of a recipient have files of a delivery."""
    for file in files:
        end = replace(nowhere(file.source), party=transfer.destination)
        if file.uri not in transfer.tasks:
            transfer.tasks[file.uri] = Task(
                file.uri,
                file.source,
                end,
                transfer.created,
                status="pending" if file.status == "failed" else file.status,
                priority=file.priority,
                metadata=file.metadata,
                settings=file.settings,
                description=file.description,
                size=file.size,
            )
    transfer.tally()


def require_others(job: Job, source: Party | None = None) -> None:
    """Refuse a recipient who has the files.

    Raises:
        Refusal: there is one.
    """
    source = source or job.source
    for one in job.recipients:
        if source.kind == "user" and one.user is not None and one.user.id == source.id:
            raise Refusal(
                "E#D015", f"{one.name} has the files of this {job.kind}: they are on their machine."
            )


def _measure_again(job: Job) -> None:
    """Let a delivery wait for its recipients, or first be measured."""
    if job.kind in KINDS and job.status in ("waiting", "failed"):
        job.status = "waiting" if is_measured(job) else "pending"


def _place(end: End) -> object:
    """What makes two files of a delivery the same."""
    return end.root, end.parts, end.frames


def refuse_destination(text: Any) -> None:
    """Refuse a destination for what recipients choose one for.

    Raises:
        Refusal: it is there.
    """
    if text is not None:
        raise Refusal("E#D007", f"Recipients choose the destination, {text!r:.200} cannot be given.")


def nowhere(start: End) -> End:
    """The destination of a file whose recipient has not yet chosen one."""
    return End(NOBODY, start.root, (), True, "", None, None)
