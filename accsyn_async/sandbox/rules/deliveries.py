"""Deliveries, requests and streams: packages of files for recipients, each of whom gets a transfer.

A delivery or stream holds files on shares, or on its sender's own machine; each recipient chooses where to
download them to. A request holds a folder on a share; each recipient chooses what to upload there. Until it
is submitted it is ``init``; then it is ``pending`` while it is measured, ``waiting`` while its recipients
act, and ends with the last of them: ``done`` when one of them received, or uploaded, all, otherwise
``aborted``.

It ends likewise when nobody is left to wait for, because the last recipient was taken off, or their transfer
or their account deleted. Who received all before they were taken off counts, so it is ``done`` then. One that
ended without recipients waits again when one is added; any other that was aborted takes no more. When its
sender is deleted, or the share that a request's files go to, it is aborted with the transfers of all
recipients; neither can be deactivated before it has ended. Of one that was aborted, other than by what its
recipients did, only its sender can bring a transfer back to life, and it with that.

What two recipients upload to a request by one name is one file, the latest. So accsyn's changelog has it of
v3.6-1: "Duplicated files on upload requests are not handled (replaced with latest)". The files of one
recipient are kept apart.

While it is ``paused`` nothing moves: the transfers that its recipients began are paused with it, and what a
recipient chooses or resumes meanwhile is kept. Set to ``waiting``, it goes on with all of these; what a
recipient paused alone stays so. ``pending`` sends it again, as at any other time: everybody chooses anew. A
draft cannot be paused, nor what has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import attributes
from accsyn_async.sandbox.rules import job_states, jobs, recipients
from accsyn_async.sandbox.rules.delivery_files import (
    HELD,
    KINDS,
    NOBODY,
    add_files,
    add_to_package,
    awaits_choice,
    edit_files,
    fill,
    is_measured,
    nowhere,
    refuse_destination,
    require_others,
)
from accsyn_async.sandbox.rules.drafts import name_in
from accsyn_async.sandbox.rules.kinds.users import invite
from accsyn_async.sandbox.rules.landing import keep_apart
from accsyn_async.sandbox.rules.places import Resolver
from accsyn_async.sandbox.rules.tasks import touch
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import SandboxUser, State
from accsyn_async.sandbox.state.jobs import Job, Recipient
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = [
    "KINDS",
    "add_files",
    "awaits_choice",
    "create_delivery",
    "edit_delivery",
    "edit_files",
    "edit_transfer",
    "forget",
    "join",
    "leave",
    "require_open",
    "settle",
]

REVIVING: Final = frozenset({"pending", "waiting", "paused", "queued"})
STATES: Final = ("pending", "waiting", "paused", "aborted", "done")


def create_delivery(workspace: Workspace, user: SandboxUser, data: Any, kind: str) -> Job:
    """Make a delivery, request or stream; nothing is stored when it is refused.

    One with recipients, and with files unless it is a request, is submitted, unless its status is ``init``.

    Raises:
        Refusal: the specification is wrong, with a text that says why.
    """
    if not isinstance(data, dict):
        raise Refusal("E#D001", f"A {kind} is made of an object.")
    if not user.elevated:
        raise Refusal("E#P004", f"Only admins and employees make a {kind}.")
    if kind == "request" and ("tasks" in data or "source" in data):
        raise Refusal("E#D009", "A request holds no files; its recipients choose what to upload.")
    if kind != "request" and "destination" in data:
        refuse_destination(data["destination"] or "")
    attributes.require_known(data, attributes.JOBS[kind], kind)
    files = "tasks" in data or "source" in data
    # As the product has it, one that has all that it needs is submitted unless it is to wait.
    ready = (files or kind == "request") and data.get("recipients")
    status = data.get("status", "pending" if ready else "init")
    if status not in ("init", "pending", "waiting"):
        raise Refusal("E#D020", f"A new {kind}'s status can be init, pending or waiting, not {status!r}.")
    resolver = Resolver(workspace, user)
    if kind == "request":
        job = _request(workspace, user, data, resolver)
    else:
        job = jobs.new_job(workspace, user, data, kind, resolver.here().party, NOBODY)
        if files:
            add_to_package(job, resolver, data)
        job.name = job.name or kind.capitalize()
    for one in recipients.read(workspace, data.get("recipients")):
        recipients.join(job, one)
    require_others(job)
    if status != "init":
        _submit(workspace, user, job)
    workspace.jobs[job.id] = job
    _store_transfers(workspace, job)
    return job


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
    require_open(user, job, ["waiting"] if "destination" in data else [data.get("status")])
    if data.get("status") == "pending" and len(data) == 1:
        _reset(job)
        touch(workspace, user, job)
        return True
    if (
        awaits_choice(job)
        and data.get("status") in ("waiting", "paused", "done")
        and "destination" not in data
    ):
        what = "what to upload" if job.delivery.kind == "request" else "a destination"
        raise Refusal("E#D012", f"The transfer waits for its recipient to choose {what}.")
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
            if task.status == "pending":
                task.status = "queued"
        keep_apart(job.tasks.values())
        job_states.revive(job)
        if status == "paused":
            job_states.change_job_status(job, status, workspace.clock)
        touch(workspace, user, job)
        return True
    return False


def require_open(user: SandboxUser, transfer: Job, statuses: Iterable[object]) -> None:
    """Refuse to bring a recipient's transfer back to life when the delivery was aborted itself.

    Args:
        user: who asks; the sender may.
        transfer: which, of a delivery or not.
        statuses: those that it, or tasks of it, are to have; ``None`` for no other.

    Raises:
        Refusal: it is so.
    """
    delivery = transfer.delivery
    if delivery is None or not delivery.withdrawn or delivery.user is user:
        return
    if any(status in REVIVING for status in statuses):
        sender = delivery.user.username
        raise Refusal("E#D021", f"The {delivery.kind} is aborted; only {sender} can send it again.")


def settle(delivery: Job, clock: Clock) -> None:
    """Let a delivery have the status that its recipients' transfers amount to."""
    transfers = [one.transfer for one in delivery.recipients if one.transfer is not None]
    if delivery.status in ("init", "pending"):
        return
    left = [job for job in transfers if not job.is_finished]
    if left:
        if delivery.is_finished:
            delivery.status, delivery.finished, delivery.withdrawn = "waiting", None, False
    elif not delivery.is_finished:
        delivered = delivery.delivered or any(job.status == "done" for job in transfers)
        delivery.status = "done" if delivered else "aborted"
        delivery.finished = clock.text()


def join(workspace: Workspace, user: SandboxUser, job: Job, one: Recipient) -> None:
    """Add a recipient, with a transfer of their own when the delivery was submitted.

    Raises:
        Refusal: the delivery was aborted, and not for want of recipients.
    """
    if job.status == "aborted" and job.recipients:
        raise Refusal("E#D021", f"The {job.kind} is aborted.")
    recipients.join(job, one)
    try:
        require_others(job)
        if job.status != "init":
            _hand_out(workspace, user, job)
    except Refusal:
        job.recipients.remove(one)
        raise
    if job.status != "init":
        _store_transfers(workspace, job)
        if job.is_finished:
            job.status, job.finished = "waiting" if is_measured(job) else "pending", None
    touch(workspace, user, job)


def leave(workspace: Workspace, user: SandboxUser, job: Job, one: Recipient) -> None:
    """Take a recipient off, whose transfer is aborted."""
    if one.transfer is not None and not one.transfer.is_finished:
        job_states.change_job_status(one.transfer, "aborted", workspace.clock)
    recipients.take_off(job, one)
    settle(job, workspace.clock)
    touch(workspace, user, job)


def forget(transfer: Job) -> None:
    """Take the recipient of a transfer that is deleted off its delivery."""
    if transfer.delivery is not None:
        for one in [one for one in transfer.delivery.recipients if one.transfer is transfer]:
            recipients.take_off(transfer.delivery, one)


def _request(workspace: Workspace, user: SandboxUser, data: dict[str, Any], resolver: Resolver) -> Job:
    text = data.get("destination")
    if text is not None and not isinstance(text, str):
        raise Refusal("E#J001", "The 'destination' must be a text.")
    end = resolver.home() if text is None else resolver.at_site(text, "destination")
    job = jobs.new_job(workspace, user, data, "request", NOBODY, end.party)
    job.name = name_in(data) or "Request"
    job.inbox = replace(end, folder=True)
    return job


def _require_ready(job: Job) -> None:
    if not job.recipients:
        raise Refusal("E#D002", f"The {job.kind} has no recipient; add one first.")
    if job.kind != "request" and not any(True for _ in job.counted()):
        raise Refusal("E#D003", f"The {job.kind} has no file; add one first.")


def _submit(workspace: Workspace, user: SandboxUser, job: Job) -> None:
    _require_ready(job)
    _hand_out(workspace, user, job)
    job.status = "pending"


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
                job_states.change_job_status(transfer, "aborted", workspace.clock)
        if not job.is_finished:
            job.status, job.finished = status, workspace.clock.text()
            job.withdrawn = status == "aborted"
    elif status == "paused":
        job.status = "paused"
        for transfer in transfers:
            if not transfer.is_finished and transfer.status not in ("pending", "paused"):
                job_states.change_job_status(transfer, "paused", workspace.clock)
                transfer.held = True
    elif job.status == "init":
        _submit(workspace, user, job)
        _store_transfers(workspace, job)
    elif status == "pending":
        # To send it again: everybody chooses anew.
        _welcome(workspace, user, job.recipients)
        job.status, job.finished = "pending", None
        job.delivered = job.withdrawn = False
        for transfer in transfers:
            _reset(transfer)
    elif job.status in ("paused", "failed"):
        job.status = "waiting" if is_measured(job) else "pending"
        for transfer in transfers:
            if transfer.held:
                job_states.change_job_status(transfer, "waiting", workspace.clock)


def _hand_out(workspace: Workspace, user: SandboxUser, job: Job) -> None:
    """Make the transfers that recipients do not yet have."""
    fresh = [one for one in job.recipients if one.transfer is None]
    for one, recipient in _welcome(workspace, user, fresh):
        party = Resolver(workspace, recipient).own_party()
        source, destination = (party, job.destination) if job.kind == "request" else (job.source, party)
        data = {"name": job.name, "priority": job.priority, "queue": job.queue.id}
        one.transfer = jobs.new_job(workspace, recipient, data, "transfer", source, destination)
        one.transfer.delivery = job
        one.transfer.status = "pending"
        fill(one.transfer, job, list(job.tasks.values()))


def _welcome(
    workspace: Workspace, user: SandboxUser, invited: Iterable[Recipient]
) -> list[tuple[Recipient, SandboxUser]]:
    """The recipients of a delivery that is sent; who is no user, or was deactivated, is invited.

    Raises:
        Refusal: the user may not.
    """
    welcome = []
    for one in invited:
        if one.user is None or one.user.state is not State.ACTIVE:
            one.user = workspace.find_user(one.name) or invite(workspace, user, one.name)
        welcome.append((one, one.user))
    return welcome


def _store_transfers(workspace: Workspace, job: Job) -> None:
    for one in job.recipients:
        if one.transfer is not None:
            workspace.jobs[one.transfer.id] = one.transfer


def _reset(job: Job) -> None:
    """Take a recipient's choice back."""
    if job.delivery is not None and job.delivery.kind == "request":
        job.tasks.clear()
    for task in job.tasks.values():
        file = job.delivery.tasks.get(task.uri) if job.delivery is not None else None
        held = next((one.status for one in (file, task) if one is not None and one.status in HELD), None)
        job_states.retry(task)
        task.size = -1 if file is None else file.size
        task.status = held or "pending"
        task.destination = replace(nowhere(task.source), party=job.destination)
    job.tally()
    job.status, job.finished, job.speed, job.held = "pending", None, None, False
