"""Makes and edits transfers and compute jobs from what clients send."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal, there_are
from accsyn_async.sandbox.rows import attributes
from accsyn_async.sandbox.rules import compute, job_states, roles
from accsyn_async.sandbox.rules.drafts import (
    Draft,
    check_parameters,
    flag_in,
    name_in,
    object_in,
    priority_in,
    read_compute,
    read_drafts,
    settings_in,
    text_in,
)
from accsyn_async.sandbox.rules.places import Resolver
from accsyn_async.sandbox.rules.tasks import add_tasks, join, require_parties, touch
from accsyn_async.sandbox.rules.whole import generated_name, spread
from accsyn_async.sandbox.state.entities import Queue, SandboxUser, Share
from accsyn_async.sandbox.state.jobs import Job, Party
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["EDITS", "check_changes", "create_job", "edit_job", "find_queue", "new_job"]

EDITS: Final = ("status", "name", "code", "description", "queue", "priority", "metadata", "settings")
"""What of a job can be changed."""
COMMANDS: Final = frozenset({"status", "queue"})
"""What of that ends the pause before a failed job is tried again by itself."""


def create_job(workspace: Workspace, user: SandboxUser, data: Any, kind: str = "transfer") -> Job:
    """Make a transfer, or a compute job when it names an engine; nothing is stored when it is refused.

    With ``append`` true its tasks join the user's latest job of that name, or, without a name, the latest
    between the same parties, when there is one. All is checked as for a new job; what else was sent (status,
    description, queue, priority, metadata, settings) changes that job as an update does, what was not sent
    stays as it is there. What is only kept, such as ``filters``, stays too.

    Raises:
        Refusal: the specification is wrong, with a text that says why.
    """
    if not isinstance(data, dict):
        raise Refusal("E#J001", "A job is made of an object.")
    computes = kind == "compute" or _engine_in(data) is not None
    kind = "compute" if computes else kind
    if computes and ("source" in data or "destination" in data):
        raise Refusal("E#J033", "A compute job has no 'source' and no 'destination'.")
    attributes.require_known(data, attributes.JOBS[kind], "compute job" if computes else kind)
    name = name_in(data)
    append = flag_in(data, "append")
    status = data.get("status")
    if status not in (None, "waiting", "paused"):
        raise Refusal("E#J020", f"A new job's status can be waiting or paused, not {status!r}.")
    own = _read(workspace, user, data, kind)
    if append and name:
        alike = (kind, own["engine"], name)
        job = _latest(workspace, user, lambda job: (job.kind, job.engine, job.name) == alike)
        if job is not None:
            return _append(workspace, user, job, data, own)
    resolver = Resolver(workspace, user)
    drafts = read_compute(data) if computes else spread(resolver, read_drafts(data))
    if computes:
        ends = [(resolver.here(), resolver.here())] * len(drafts)
    else:
        ends = [
            resolver.resolve(draft.source, _destination(draft), into=bool(draft.whole)) for draft in drafts
        ]
    source, destination = ends[0][0].party, ends[0][1].party
    require_parties(ends, source, destination)
    if append and not name:
        like = (kind, own["engine"], source, destination)
        job = _latest(
            workspace, user, lambda job: (job.kind, job.engine, job.source, job.destination) == like
        )
        if job is not None:
            return _append(workspace, user, job, data, own)
    if data.get("queue") is None:
        own["queue"] = _usual_queue(workspace, user, kind, (ends[0][0].share, ends[0][1].share))
    job = _made(workspace, user, name, kind, source, destination, own)
    job.name = name or (_computed_name(job) if computes else generated_name(drafts[0], ends[0][0]))
    join(workspace, job, drafts, ends, data)
    if all(task.status == "excluded" for task in job.tasks.values() if not task.branch):
        job.status = "done"
        job.size = 0
        job.finished = job.created
    elif status == "paused":
        job.status = "paused"
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
    own = _read(workspace, user, data, kind)
    if data.get("queue") is None:
        own["queue"] = _usual_queue(workspace, user, kind, shares)
    return _made(workspace, user, name_in(data), kind, source, destination, own)


def edit_job(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> bool:
    """Change a job's status, name, description, queue, priority, metadata or settings.

    Returns:
        Whether its engine is to look at it: what only describes a job that failed does not end the pause
        before it is tried again.

    Raises:
        Refusal: something cannot be set; nothing is changed.
    """
    if not data:
        raise Refusal("E#J001", "A change is an object with the attributes to change.")
    values = check_changes(workspace, user, job, data)
    commanded = not COMMANDS.isdisjoint(data)
    counts = commanded or job.status != "failed"
    if "status" in data:
        job_states.check_job_status(job, data["status"])
        if data["status"] == "waiting":
            compute.require_engine(workspace, job)
        job_states.change_job_status(job, data["status"], workspace.clock)
        compute.roll_up(job)
    for name, value in values.items():
        setattr(job, name, value)
    touch(workspace, user, job, anew=commanded)
    return counts


def check_changes(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> dict[str, Any]:
    """What a change of a job amounts to, without its status: values by the names of its fields.

    Raises:
        Refusal: something cannot be set.
    """
    if not isinstance(data, dict):
        raise Refusal("E#J001", "A change is an object with the attributes to change.")
    wrong = [key for key in data if key not in EDITS]
    if wrong:
        raise Refusal("E#J023", f"{', '.join(map(repr, wrong))} cannot be changed, only {', '.join(EDITS)}.")
    readers: dict[str, Callable[[], Any]] = {
        "description": lambda: text_in(data, "description"),
        "queue": lambda: find_queue(workspace, data["queue"], user),
        "priority": lambda: priority_in(data, job.priority),
        "metadata": lambda: object_in(data, "metadata"),
        "settings": lambda: settings_in(data),
    }
    values = {name: read() for name, read in readers.items() if name in data}
    return values | {"name": name_in(data) or job.name}


def _read(workspace: Workspace, user: SandboxUser, data: dict[str, Any], kind: str) -> dict[str, Any]:
    """The attributes of a job by their names in it.

    Raises:
        Refusal: one is wrong, or the user may not make such a job.
    """
    engine = ""
    if kind == "compute":
        if not user.elevated:
            raise Refusal("E#P002", "Only admins and employees make compute jobs.")
        engine = _engine_in(data)
        if not isinstance(engine, str) or not engine:
            raise Refusal("E#J034", "A compute job names its 'engine'.")
        if workspace.find_engine(engine) is None:
            known = there_are(one.code for one in workspace.engines)
            raise Refusal("E#J034", f"There is no engine {engine!r} ({known}).")
    kept = attributes.kept_in(data, kind)
    for given in (kept, kept.get("compute", {})):
        check_parameters(object_in(given, "parameters"))
    return {
        "queue": find_queue(workspace, data.get("queue"), user),
        "description": text_in(data, "description"),
        "priority": priority_in(data, 500),
        "metadata": object_in(data, "metadata"),
        "settings": settings_in(data),
        "engine": engine,
        "kept": kept,
    }


def _made(
    workspace: Workspace,
    user: SandboxUser,
    name: str,
    kind: str,
    source: Party,
    destination: Party,
    own: dict[str, Any],
) -> Job:
    now = workspace.clock.text()
    return Job(
        number=workspace.next_number(),
        name=name,
        user=user,
        source=source,
        destination=destination,
        created=now,
        modified=now,
        modifier=user,
        kind=kind,
        **own,
    )


def _engine_in(data: dict[str, Any]) -> Any:
    """What computes, by its older name too; ``None`` without one."""
    return data.get("engine", data.get("app"))


def _computed_name(job: Job) -> str:
    path = str(job.kept.get("input", "")).replace("\\", "/").rstrip("/")
    return path.rpartition("/")[2] or job.engine


def _destination(draft: Draft) -> str:
    if draft.destination is None:
        raise Refusal(
            "E#J007", f"The task {draft.source!r} needs a 'destination'; a site alone mirrors the path."
        )
    return draft.destination


def _latest(workspace: Workspace, user: SandboxUser, alike: Callable[[Job], bool]) -> Job | None:
    """The user's latest job that can be appended to and is like the one that was sent."""
    jobs = reversed(workspace.jobs.values())
    mine = (job for job in jobs if job.user is user and job.delivery is None)
    return next((job for job in mine if job.status != "aborted" and alike(job)), None)


def _append(
    workspace: Workspace, user: SandboxUser, job: Job, data: dict[str, Any], own: dict[str, Any]
) -> Job:
    adding = {name: data[name] for name in attributes.ADDING if name in data}
    if "tasks" not in adding:
        own_task = {name: data[name] for name in ("source", "destination", "compute") if name in data}
        adding = {name: data[name] for name in attributes.DUPLICATES if name in data}
        adding["tasks"] = [own_task]
    add_tasks(workspace, user, job, adding)
    for name in ("description", "queue", "priority", "metadata", "settings"):
        if data.get(name) is not None:
            setattr(job, name, own[name])
    if data.get("status") is not None and not job.is_finished:
        job_states.change_job_status(job, data["status"], workspace.clock)
    return job


def _usual_queue(workspace: Workspace, user: SandboxUser, kind: str, shares: Iterable[Share | None]) -> Queue:
    """The queue of a job that names none."""
    if kind == "compute":
        return workspace.compute_queue
    touched = [one for share in shares if share is not None for one in (share, share.parent)]
    queues = (one.queue for one in (*touched, user) if one is not None)
    return next((queue for queue in queues if queue is not None), workspace.default_queue)


def find_queue(workspace: Workspace, name: Any, user: SandboxUser) -> Queue:
    """The queue that was named, or the default one.

    Args:
        workspace: whose.
        name: its code, id or uri; ``None`` for the default one.
        user: who asks, and is told only of those that they may see.

    Raises:
        Refusal: there is none of that name.
    """
    if name is None:
        return workspace.default_queue
    queue = workspace.find_queue(name.rpartition("/")[2]) if isinstance(name, str) else None
    if queue is None:
        known = [one.code for one in workspace.queues if roles.may_see(user, one)]
        hint = f" ({there_are(known)})" if known else ""
        raise Refusal("E#J019", f"There is no queue {name!r}{hint}.")
    return queue
