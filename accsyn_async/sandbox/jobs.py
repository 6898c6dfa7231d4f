"""Makes and edits transfers and compute jobs from what clients send."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from accsyn_async.sandbox import compute, roles, rules
from accsyn_async.sandbox.drafts import (
    Draft,
    flag_in,
    name_in,
    object_in,
    priority_in,
    read_compute,
    read_drafts,
    settings_in,
)
from accsyn_async.sandbox.places import Resolver
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import End, Job, Party, Queue, SandboxUser, Share, Workspace
from accsyn_async.sandbox.tasks import add_task, add_tasks, paths, require_parties, touch

__all__ = ["create_job", "edit_job", "find_queue", "new_job"]


def create_job(workspace: Workspace, user: SandboxUser, data: Any, kind: str = "transfer") -> Job:
    """Make a transfer, or a compute job when it names an engine; nothing is stored when it is refused.

    With ``append`` true its tasks join the user's latest job of that name, or, without a name, the latest
    between the same parties, when there is one.

    Raises:
        Refusal: the specification is wrong, with a text that says why.
    """
    if not isinstance(data, dict):
        raise Refusal("E#J001", "A job is made of an object.")
    computes = kind == "compute" or data.get("engine") is not None
    kind = "compute" if computes else kind
    name = name_in(data)
    append = flag_in(data, "append")
    if append and name:
        job = _latest(workspace, user, kind, lambda job: job.name == name)
        if job is not None:
            return _append(workspace, user, job, data)
    status = data.get("status")
    if status not in (None, "waiting", "paused"):
        raise Refusal("E#J020", f"A new job's status can be waiting or paused, not {status!r}.")
    resolver = Resolver(workspace, user)
    drafts = read_compute(data) if computes else read_drafts(data)
    if computes:
        ends = [(resolver.here(), resolver.here())] * len(drafts)
    else:
        ends = [resolver.resolve(draft.source, _destination(draft)) for draft in drafts]
    source, destination = ends[0][0].party, ends[0][1].party
    require_parties(ends, source, destination)
    if append and not name:
        like = (source, destination, data.get("engine") or "")
        job = _latest(workspace, user, kind, lambda job: (job.source, job.destination, job.engine) == like)
        if job is not None:
            return _append(workspace, user, job, data)
    if flag_in(data, "allow_duplicates") is False and not computes:
        _refuse_twins(drafts, ends)
    shares = (ends[0][0].share, ends[0][1].share)
    job = new_job(workspace, user, data, kind, source, destination, shares)
    job.name = name or (job.engine if computes else _generated_name(ends[0][0]))
    for draft, (start, end) in zip(drafts, ends, strict=True):
        add_task(job, draft, start, end, job.created)
    compute.check_deps(job)
    if all(task.status == "excluded" for task in job.tasks.values() if not task.branch):
        job.status = "done"
        job.size = 0
        job.finished = job.created
    elif status == "paused":
        job.status = "paused"
    compute.roll_up(job)
    workspace.jobs[job.id] = job
    return job


def new_job(
    workspace: Workspace,
    user: SandboxUser,
    data: dict[str, Any],
    kind: str,
    source: Party,
    destination: Party,
    shares: Iterable[Share | None] = (),
) -> Job:
    """A job with the attributes that were sent, without tasks and not yet stored.

    Args:
        workspace: whose.
        user: who makes it.
        data: what was sent.
        kind: which kind of job.
        source: who sends.
        destination: who receives.
        shares: what it touches, whose queue it goes to when it names none.

    Raises:
        Refusal: one is wrong, or the user may not make such a job.
    """
    engine = data.get("engine") or ""
    if kind == "compute":
        if not user.elevated:
            raise Refusal("E#P002", "Only admins and employees make compute jobs.")
        if not isinstance(engine, str) or not engine:
            raise Refusal("E#J034", "A compute job names its 'engine'.")
        if workspace.find_engine(engine) is None:
            known = ", ".join(one.code for one in workspace.engines)
            raise Refusal("E#J034", f"There is no engine {engine!r} (there are {known}).")
    queue = find_queue(workspace, data.get("queue"), user, _usual_queue(workspace, user, kind, shares))
    priority = priority_in(data, 500)
    metadata, settings = object_in(data, "metadata"), settings_in(data)
    now = workspace.clock.text()
    return Job(
        number=workspace.next_number(),
        name=name_in(data),
        user=user,
        queue=queue,
        source=source,
        destination=destination,
        created=now,
        modified=now,
        modifier=user,
        priority=priority,
        metadata=metadata,
        settings=settings,
        kind=kind,
        engine=engine,
    )


def edit_job(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> None:
    """Change a job's status, name, queue, priority, metadata or settings.

    Raises:
        Refusal: something cannot be set; nothing is changed.
    """
    if not isinstance(data, dict) or not data:
        raise Refusal("E#J001", "A change is an object with the attributes to change.")
    known = ("status", "name", "code", "queue", "priority", "metadata", "settings")
    wrong = [key for key in data if key not in known]
    if wrong:
        raise Refusal("E#J023", f"{', '.join(map(repr, wrong))} cannot be changed, only {', '.join(known)}.")
    name = name_in(data) or job.name
    queue = find_queue(workspace, data["queue"], user) if "queue" in data else job.queue
    priority = priority_in(data, job.priority)
    metadata = object_in(data, "metadata") if "metadata" in data else job.metadata
    settings = settings_in(data) if "settings" in data else job.settings
    if "status" in data:
        rules.check_job_status(job, data["status"])
        rules.change_job_status(job, data["status"], workspace.clock)
        compute.roll_up(job)
    job.name, job.queue, job.priority = name, queue, priority
    job.metadata, job.settings = metadata, settings
    touch(workspace, user, job)


def _destination(draft: Draft) -> str:
    if draft.destination is None:
        raise Refusal(
            "E#J007", f"The task {draft.source!r} needs a 'destination'; a site alone mirrors the path."
        )
    return draft.destination


def _refuse_twins(drafts: list[Draft], ends: list[tuple[End, End]]) -> None:
    seen = set()
    for draft, (start, end) in zip(drafts, ends, strict=True):
        if paths(start, end) in seen:
            raise Refusal("E#J017", f"{draft.source!r} is there twice, with the same destination.")
        seen.add(paths(start, end))


def _latest(workspace: Workspace, user: SandboxUser, kind: str, alike: Callable[[Job], bool]) -> Job | None:
    """The user's latest job that can be appended to and is like the one that was sent."""
    jobs = reversed(workspace.jobs.values())
    mine = (job for job in jobs if job.user is user and job.kind == kind and job.delivery is None)
    return next((job for job in mine if job.status != "aborted" and alike(job)), None)


def _append(workspace: Workspace, user: SandboxUser, job: Job, data: dict[str, Any]) -> Job:
    own = {name: data[name] for name in ("source", "destination") if name in data}
    add_tasks(workspace, user, job, data if "tasks" in data else {**data, "tasks": [own]})
    return job


def _generated_name(start: End) -> str:
    if start.parts:
        return start.parts[-1]
    return start.share.code if start.share is not None else start.path


def _usual_queue(workspace: Workspace, user: SandboxUser, kind: str, shares: Iterable[Share | None]) -> Queue:
    """The queue of a job that names none."""
    if kind == "compute":
        return workspace.compute_queue
    touched = [one for share in shares if share is not None for one in (share, share.parent)]
    queues = (one.queue for one in (*touched, user) if one is not None)
    return next((queue for queue in queues if queue is not None), workspace.default_queue)


def find_queue(workspace: Workspace, name: Any, user: SandboxUser, usual: Queue | None = None) -> Queue:
    """The queue that was named, or the usual one.

    Args:
        workspace: whose.
        name: its code, id or uri; ``None`` for the usual one.
        user: who asks, and is told only of those that they may see.
        usual: the queue without a name; ``None`` for the default one.

    Raises:
        Refusal: there is none of that name.
    """
    if name is None:
        return usual or workspace.default_queue
    queue = workspace.find_queue(name.rpartition("/")[2]) if isinstance(name, str) else None
    if queue is None:
        known = [one.code for one in workspace.queues if roles.may_see(user, one)]
        hint = f" (there are {', '.join(known)})" if known else ""
        raise Refusal("E#J019", f"There is no queue {name!r}{hint}.")
    return queue
