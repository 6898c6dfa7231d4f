"""Deliveries, requests and streams: packages of files for recipients, each of whom gets a transfer.

A delivery or stream holds files on shares, or on its sender's own machine; each recipient chooses where to
download them to. A request holds a folder on a share; each recipient chooses what to upload there. Until it
is submitted it is ``init``; then it is ``pending`` while it is measured, ``waiting`` while its recipients
act, and ends with the last of them.

While it is ``paused`` nothing moves: the transfers that its recipients began are paused with it, and what a
recipient chooses or resumes meanwhile is kept. Set to ``waiting``, it goes on with all of these; what a
recipient paused alone stays so. ``pending`` sends it again, as at any other time: everybody chooses anew. A
draft cannot be paused, nor what has ended.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from accsyn_async.sandbox import jobs, recipients, rules
from accsyn_async.sandbox.clock import Clock
from accsyn_async.sandbox.drafts import name_in, read_drafts
from accsyn_async.sandbox.kinds.users import invite
from accsyn_async.sandbox.places import Resolver
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import End, Job, Party, Recipient, SandboxUser, Task, Workspace
from accsyn_async.sandbox.tasks import add_task, require_parties, touch

__all__ = [
    "KINDS",
    "add_files",
    "create_delivery",
    "edit_delivery",
    "edit_transfer",
    "forget",
    "join",
    "leave",
    "settle",
]

KINDS: Final = ("delivery", "request", "stream")
NOBODY: Final = Party("", "", "", ())
STATES: Final = ("pending", "waiting", "paused", "aborted", "done")


def create_delivery(workspace: Workspace, user: SandboxUser, data: Any, kind: str) -> Job:
    """Make a delivery, request or stream; nothing is stored when it is refused.

    One with files and recipients is submitted, unless its status is ``init``.

    Raises:
        Refusal: the specification is wrong, with a text that says why.
    """
    if not isinstance(data, dict):
        raise Refusal("E#D001", f"A {kind} is made of an object.")
    if not user.elevated:
        raise Refusal("E#P004", f"Only admins and employees make a {kind}.")
    files = "tasks" in data or "source" in data
    # As the product has it, one that has all that it needs is submitted unless it is to wait.
    status = data.get("status", "pending" if files and data.get("recipients") else "init")
    if status not in ("init", "pending", "waiting"):
        raise Refusal("E#D020", f"A new {kind}'s status can be init, pending or waiting, not {status!r}.")
    resolver = Resolver(workspace, user)
    if kind == "request":
        job = _request(workspace, user, data, resolver)
    else:
        job = jobs.new_job(workspace, user, data, kind, resolver.here().party, NOBODY)
        if files:
            _add_files(job, resolver, data)
        job.name = job.name or _first_name(job) or kind.capitalize()
    for one in recipients.read(workspace, data.get("recipients")):
        recipients.join(job, one)
    _require_others(job)
    if status != "init":
        _submit(workspace, user, job)
    workspace.jobs[job.id] = job
    _store_transfers(workspace, job)
    return job


def add_files(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Add files to a delivery, or those to upload to a request's transfer.

    Raises:
        Refusal: one is wrong, or it is too late; none is added.
    """
    if not isinstance(data, dict):
        raise Refusal("E#J001", "Tasks are added with an object that has 'tasks'.")
    resolver = Resolver(workspace, user)
    if job.delivery is not None:
        added = _add_uploads(job, resolver, data)
    elif job.kind == "request":
        raise Refusal("E#D009", "A request holds no files; its recipients choose what to upload.")
    else:
        if any(one.transfer is not None and one.transfer.status != "pending" for one in job.recipients):
            raise Refusal("E#D010", "A recipient has begun to download; make another delivery.")
        added = _add_files(job, resolver, data)
        for one in job.recipients:
            if one.transfer is not None:
                _fill(one.transfer, job, added)
    touch(workspace, user, job)
    return added


def edit_delivery(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> None:
    """Change a delivery's status, name, queue, priority, metadata or settings.

    Raises:
        Refusal: something cannot be set; nothing is changed.
    """
    if not isinstance(data, dict) or "status" not in data:
        jobs.edit_job(workspace, user, job, data)
        return
    status = data["status"]
    if status not in STATES:
        raise Refusal(
            "E#D020", f"A {job.kind}'s status can be set to {', '.join(STATES)}, not to {status!r}."
        )
    _check_status(job, status)
    rest = {name: value for name, value in data.items() if name != "status"}
    if rest:
        jobs.edit_job(workspace, user, job, rest)
    _change_status(workspace, user, job, status)
    touch(workspace, user, job)


def edit_transfer(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> bool:
    """Let a recipient choose where a delivery goes to, or anybody reset that choice.

    Returns:
        Whether that was all that was asked; otherwise nothing was done.

    Raises:
        Refusal: the choice cannot be used.
    """
    if not isinstance(data, dict) or job.delivery is None:
        return False
    if data.get("status") == "pending" and len(data) == 1:
        _reset(job)
        touch(workspace, user, job)
        return True
    if job.status != "pending":
        return False
    if "destination" in data and job.delivery.kind != "request":
        if job.user is not user:
            raise Refusal("E#J013", f"Only {job.user.username} may choose where to download to.")
        status = data.get("status", "waiting")
        if set(data) - {"destination", "status"} or status not in ("waiting", "paused"):
            raise Refusal("E#D011", "Choose a 'destination', and with it 'waiting' or 'paused' as status.")
        if not isinstance(data["destination"], str):
            raise Refusal("E#J001", "The 'destination' must be a text.")
        end = Resolver(workspace, user).on_own_machine(data["destination"], "destination")
        several = len(job.tasks) > 1
        for task in job.tasks.values():
            task.destination = replace(end, folder=end.folder or several)
            if task.status != "excluded":
                task.status = "queued"
        rules.revive(job)
        if status == "paused":
            rules.change_job_status(job, status, workspace.clock)
        touch(workspace, user, job)
        return True
    if data.get("status") in ("waiting", "paused", "done"):
        what = "what to upload" if job.delivery.kind == "request" else "a destination"
        raise Refusal("E#D012", f"The transfer waits for its recipient to choose {what}.")
    return False


def settle(delivery: Job, clock: Clock) -> None:
    """Let a delivery have the status that its recipients' transfers amount to."""
    transfers = [one.transfer for one in delivery.recipients if one.transfer is not None]
    if delivery.status in ("init", "pending") or not transfers:
        return
    left = [job for job in transfers if not job.is_finished]
    if left:
        if delivery.status == "done":
            delivery.status, delivery.finished = "waiting", None
    elif not delivery.is_finished:
        delivery.status = "done" if any(job.status == "done" for job in transfers) else "aborted"
        delivery.finished = clock.text()


def join(workspace: Workspace, user: SandboxUser, job: Job, one: Recipient) -> None:
    """Add a recipient, with a transfer of their own when the delivery was submitted.

    Raises:
        Refusal: the delivery was aborted.
    """
    if job.status == "aborted":
        raise Refusal("E#D021", f"The {job.kind} is aborted.")
    recipients.join(job, one)
    try:
        _require_others(job)
    except Refusal:
        job.recipients.remove(one)
        raise
    if job.status != "init":
        _hand_out(workspace, user, job)
        _store_transfers(workspace, job)
        settle(job, workspace.clock)
    touch(workspace, user, job)


def leave(workspace: Workspace, user: SandboxUser, job: Job, one: Recipient) -> None:
    """Take a recipient off, whose transfer is aborted."""
    if one.transfer is not None and not one.transfer.is_finished:
        rules.change_job_status(one.transfer, "aborted", workspace.clock)
    job.recipients.remove(one)
    settle(job, workspace.clock)
    touch(workspace, user, job)


def forget(transfer: Job) -> None:
    """Take the recipient of a transfer that is deleted off its delivery."""
    if transfer.delivery is not None:
        transfer.delivery.recipients = [
            one for one in transfer.delivery.recipients if one.transfer is not transfer
        ]


def _request(workspace: Workspace, user: SandboxUser, data: dict[str, Any], resolver: Resolver) -> Job:
    if "tasks" in data or "source" in data:
        raise Refusal("E#D009", "A request holds no files; its recipients choose what to upload.")
    text = data.get("destination")
    if text is not None and not isinstance(text, str):
        raise Refusal("E#J001", "The 'destination' must be a text.")
    end = resolver.home() if text is None else resolver.at_site(text, "destination")
    job = jobs.new_job(workspace, user, data, "request", NOBODY, end.party)
    job.name = name_in(data) or "Request"
    job.inbox = replace(end, folder=True)
    return job


def _add_files(job: Job, resolver: Resolver, data: dict[str, Any]) -> list[Task]:
    drafts = read_drafts(data)
    named = next((draft for draft in drafts if draft.destination is not None), None)
    if named is not None:
        raise Refusal("E#D007", f"Recipients choose the destination, {named.destination!r} cannot be given.")
    known = job.source if job.tasks else None
    starts = [resolver.to_deliver(draft.source, known) for draft in drafts]
    ends = [(start, _nowhere(start)) for start in starts]
    require_parties(ends, known or starts[0].party, NOBODY)
    uris = [draft.uri for draft in drafts if draft.uri is not None]
    twice = next((uri for uri in uris if uri in job.tasks or uris.count(uri) > 1), None)
    if twice is not None:
        raise Refusal("E#J018", f"There is a task {twice!r} already.")
    _require_others(job, starts[0].party)
    job.source = starts[0].party
    added = []
    for draft, (start, end) in zip(drafts, ends, strict=True):
        task = add_task(job, draft, start, end, job.modified)
        task.status = "excluded" if draft.status == "excluded" else "pending"
        added.append(task)
    return added


def _add_uploads(job: Job, resolver: Resolver, data: dict[str, Any]) -> list[Task]:
    assert job.delivery is not None
    if job.delivery.inbox is None:
        raise Refusal("E#D013", "Files are added to the delivery, not to the transfer of a recipient.")
    if job.delivery.is_finished and job.status == "aborted":
        raise Refusal("E#D021", "The request is aborted.")
    drafts = read_drafts(data)
    starts = [resolver.on_own_machine(draft.source, "source") for draft in drafts]
    require_parties([(start, start) for start in starts], job.source, job.source)
    added = [
        add_task(job, draft, start, job.delivery.inbox, job.modified)
        for draft, start in zip(drafts, starts, strict=True)
    ]
    if job.status == "pending" or job.is_finished or job.status == "failed":
        rules.revive(job)
    return added


def _nowhere(start: End) -> End:
    return End(NOBODY, start.root, (), True, "", None, None)


def _first_name(job: Job) -> str:
    task = next(iter(job.tasks.values()), None)
    return "" if task is None or not task.source.parts else task.source.parts[-1]


def _require_ready(job: Job) -> None:
    if not job.recipients:
        raise Refusal("E#D002", f"The {job.kind} has no recipient; add one first.")
    if job.kind != "request" and not any(True for _ in job.counted()):
        raise Refusal("E#D003", f"The {job.kind} has no file; add one first.")


def _require_others(job: Job, source: Party | None = None) -> None:
    source = source or job.source
    for one in job.recipients:
        if source.kind == "user" and one.user is not None and one.user.id == source.id:
            raise Refusal(
                "E#D015", f"{one.name} has the files of this {job.kind}: they are on their machine."
            )


def _submit(workspace: Workspace, user: SandboxUser, job: Job) -> None:
    _require_ready(job)
    job.status = "pending"
    job.finished = None
    _hand_out(workspace, user, job)


def _check_status(job: Job, status: str) -> None:
    """Refuse a status that a delivery cannot be given now."""
    if status in ("pending", "waiting"):
        _require_ready(job)
    if status == "paused" and job.status == "init":
        raise Refusal("E#D016", f"The {job.kind} is not yet submitted and cannot be paused.")
    if job.is_finished and status not in ("pending", job.status):
        raise Refusal("E#J021", f"The {job.kind} is {job.status}; set it to pending to send it again.")


def _change_status(workspace: Workspace, user: SandboxUser, job: Job, status: str) -> None:
    transfers = [one.transfer for one in job.recipients if one.transfer is not None]
    if status in ("aborted", "done"):
        for transfer in transfers:
            if not transfer.is_finished:
                rules.change_job_status(transfer, "aborted", workspace.clock)
        if not job.is_finished:
            job.status, job.finished = status, workspace.clock.text()
    elif status == "paused":
        job.status = "paused"
        for transfer in transfers:
            if not transfer.is_finished and transfer.status not in ("pending", "paused"):
                rules.change_job_status(transfer, "paused", workspace.clock)
                transfer.held = True
    elif job.status == "init":
        _submit(workspace, user, job)
        _store_transfers(workspace, job)
    elif status == "pending":
        # To send it again: everybody chooses anew.
        job.status, job.finished = "pending", None
        for transfer in transfers:
            _reset(transfer)
    elif job.status in ("paused", "failed"):
        measured = all(task.size >= 0 and task.status != "failed" for task in job.counted())
        job.status = "waiting" if measured else "pending"
        for transfer in transfers:
            if transfer.held:
                rules.change_job_status(transfer, "waiting", workspace.clock)


def _hand_out(workspace: Workspace, user: SandboxUser, job: Job) -> None:
    """Make the transfers that recipients do not yet have; who is no user is invited."""
    for one in job.recipients:
        if one.transfer is not None:
            continue
        if one.user is None:
            one.user = workspace.find_user(one.name) or invite(workspace, user, one.name)
        party = Resolver(workspace, one.user).own_party()
        source, destination = (party, job.destination) if job.kind == "request" else (job.source, party)
        data = {"name": job.name, "priority": job.priority, "queue": job.queue.id}
        one.transfer = jobs.new_job(workspace, one.user, data, "transfer", source, destination)
        one.transfer.delivery = job
        one.transfer.status = "pending"
        _fill(one.transfer, job, list(job.tasks.values()))


def _fill(transfer: Job, job: Job, files: list[Task]) -> None:
    for file in files:
        end = replace(_nowhere(file.source), party=transfer.destination)
        transfer.tasks[file.uri] = Task(
            file.uri,
            file.source,
            end,
            transfer.created,
            status=file.status,
            priority=file.priority,
            metadata=file.metadata,
            settings=file.settings,
            size=file.size,
        )
    transfer.tally()


def _store_transfers(workspace: Workspace, job: Job) -> None:
    for one in job.recipients:
        if one.transfer is not None:
            workspace.jobs[one.transfer.id] = one.transfer


def _reset(job: Job) -> None:
    """Take a recipient's choice back."""
    if job.delivery is not None and job.delivery.kind == "request":
        job.tasks.clear()
    for task in job.tasks.values():
        if task.status != "excluded":
            rules.retry(task)
            task.status = "pending"
            task.destination = replace(_nowhere(task.source), party=job.destination)
    job.tally()
    job.status, job.finished, job.speed, job.held = "pending", None, None, False
