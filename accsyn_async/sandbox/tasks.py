"""Adds tasks to jobs, and changes them."""

from __future__ import annotations

from typing import Any

from accsyn_async.sandbox import compute, rules
from accsyn_async.sandbox.drafts import (
    MAX_TASKS,
    Draft,
    flag_in,
    object_in,
    priority_in,
    read_compute,
    read_drafts,
)
from accsyn_async.sandbox.places import Resolver
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import End, Job, Party, SandboxUser, Task, Workspace

__all__ = ["add_task", "add_tasks", "edit_tasks", "paths", "require_parties", "touch"]


def add_tasks(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Add tasks to a job, which revives it when it had finished.

    A task that is there already, with the same source and destination, is retried instead, or refused with
    ``allow_duplicates`` false; with ``replace_duplicates`` it takes the new one's attributes too. A task with
    the uri of another one and other paths is refused, or with ``allow_duplicates`` the other one is retried,
    or with ``replace_duplicates`` it takes the other one's place.

    Returns:
        The tasks that were added or retried.

    Raises:
        Refusal: one is wrong; none is added.
    """
    if not isinstance(data, dict) or "tasks" not in data:
        raise Refusal("E#J001", "Tasks are added with an object that has 'tasks'.")
    allow, replace = (flag_in(data, name) for name in ("allow_duplicates", "replace_duplicates"))
    computes = job.kind == "compute"
    drafts = read_compute(data, len(job.tasks)) if computes else read_drafts(data)
    if len(job.tasks) + len(drafts) > MAX_TASKS:
        raise Refusal("E#J009", f"A job can have {MAX_TASKS} tasks at most.")
    ends = _joining_ends(workspace, user, job, drafts)
    keys: list[tuple[object, ...]] = [
        (draft.uri,) if computes else paths(*pair) for draft, pair in zip(drafts, ends, strict=True)
    ]
    there = {} if computes else {paths(task.source, task.destination): task for task in job.tasks.values()}
    found: list[Task | None] = []
    for draft, key in zip(drafts, keys, strict=True):
        known = there.get(key)
        if known is None and draft.uri is not None and draft.uri in job.tasks:
            known = job.tasks[draft.uri]
            if not (allow or replace or computes or allow is False):
                raise Refusal("E#J018", f"There is a task {draft.uri!r} with other paths.")
        if known is not None and allow is False:
            raise Refusal(
                "E#J017", f"The task {known.uri} is there, with its uri or its source and destination."
            )
        found.append(known)
    now = workspace.clock.text()
    idle = job.status == "paused" and not compute.has_work(job)
    added: dict[str, Task] = {}
    tasks = dict(job.tasks)
    for draft, key, (start, end), known in zip(drafts, keys, ends, found, strict=True):
        if known is not None and replace and not computes and there.get(key) is not known:
            known.status = "excluded"
            del job.tasks[known.uri]
            known = None
        known = known or there.get(key)
        if known is None:
            known = there[key] = add_task(job, draft, start, end, now)
        elif known.id not in added:
            _retry(workspace, job, known)
            if replace:
                known.priority, known.metadata = draft.priority, draft.metadata
                known.settings, known.compute, known.deps = draft.settings, draft.compute, draft.deps
        added[known.id] = known
    try:
        compute.check_deps(job)
    except Refusal:
        job.tasks = tasks
        raise
    compute.roll_up(job)
    touch(workspace, user, job)
    if any(task.status == "queued" for task in added.values()) and (
        idle or job.is_finished or job.status == "failed"
    ):
        rules.revive(job)
    return list(added.values())


def edit_tasks(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Change tasks' status, priority or metadata; each row names its task by ``id`` or ``uri``.

    A job whose last tasks are put on hold is paused, and goes on when one is queued again.

    Returns:
        The tasks that were changed.

    Raises:
        Refusal: a row is wrong; nothing is changed.
    """
    rows = [data] if isinstance(data, dict) else data
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal("E#J001", "Tasks are changed with a list of objects.")
    by_id = {task.id: task for task in job.tasks.values()}
    changes: list[tuple[Task, str | None, dict[str, Any]]] = []
    for row in rows:
        name = row.get("id", row.get("uri"))
        task = by_id.get(name) or job.tasks.get(name) if isinstance(name, str) else None
        if task is None:
            raise Refusal("E#J024", f"The transfer has no task {name!r}; name it by 'id' or 'uri'.")
        known = ("id", "uri", "status", "priority", "metadata")
        wrong = [key for key in row if key not in known]
        if wrong:
            raise Refusal("E#J023", f"A task's {', '.join(map(repr, wrong))} cannot be changed.")
        status = row.get("status")
        if status is not None and status not in rules.TASK_STATES:
            allowed = ", ".join(rules.TASK_STATES)
            raise Refusal("E#J020", f"A task's status can be set to {allowed}, not to {status!r}.")
        values: dict[str, Any] = {}
        if "metadata" in row:
            values["metadata"] = object_in(row, "metadata")
        if "priority" in row:
            values["priority"] = priority_in(row, task.priority)
        changes.append((task, status, values))
    idle = job.status == "paused" and not compute.has_work(job)
    again = False
    for task, status, values in changes:
        for key, value in values.items():
            setattr(task, key, value)
        if status is not None:
            for leaf in compute.below(job, task):
                again |= rules.change_task_status(leaf, status, workspace.clock)
    compute.roll_up(job)
    job.tally()
    touch(workspace, user, job)
    changed = any(status is not None for _, status, _ in changes)
    if (changed and (idle or job.status == "failed")) or (again and job.is_finished):
        rules.revive(job)
        if not compute.has_work(job) and any(task.status == "onhold" for task in job.tasks.values()):
            job.status = "paused"
    return [task for task, _, _ in changes]


def add_task(job: Job, draft: Draft, start: End, end: End, now: str) -> Task:
    """Add a task to a job.

    Raises:
        Refusal: there is one of its uri.
    """
    uri = draft.uri
    if uri is None:
        number = len(job.tasks)
        while str(number) in job.tasks:
            number += 1
        uri = str(number)
    elif uri in job.tasks:
        raise Refusal("E#J018", f"There are two tasks {uri!r}.")
    task = job.tasks[uri] = Task(
        uri,
        start,
        end,
        now,
        status=draft.status,
        priority=draft.priority,
        metadata=draft.metadata,
        settings=draft.settings,
        description=draft.description,
        compute=draft.compute,
        deps=draft.deps,
        branch=draft.branch,
    )
    return task


def require_parties(ends: list[tuple[End, End]], source: Party, destination: Party) -> None:
    """Refuse tasks between others than a job's own parties.

    Raises:
        Refusal: there is one.
    """
    for start, end in ends:
        for what, one, first in (("source", start.party, source), ("destination", end.party, destination)):
            if one != first:
                raise Refusal(
                    "E#J004", f"A job has one {what} party, but its tasks name {first.hr} and {one.hr}."
                )


def touch(workspace: Workspace, user: SandboxUser, job: Job) -> None:
    """Note who changed a job, and when."""
    job.modified = workspace.clock.text()
    job.modifier = user
    job.retries = 0


def paths(start: End, end: End) -> tuple[object, ...]:
    """What makes two tasks the same."""
    return start.root, start.parts, start.frames, end.root, end.parts, end.folder


def _joining_ends(
    workspace: Workspace, user: SandboxUser, job: Job, drafts: list[Draft]
) -> list[tuple[End, End]]:
    resolver = Resolver(workspace, user)
    if job.kind == "compute":
        return [(resolver.here(), resolver.here())] * len(drafts)
    mirrored = all(task.destination.mirrored for task in job.tasks.values())
    ends = []
    for draft in drafts:
        if draft.destination is None and not mirrored:
            raise Refusal(
                "E#J007", f"The task {draft.source!r} needs a destination; this job mirrors no paths."
            )
        ends.append(resolver.resolve(draft.source, draft.destination or job.destination_text, job))
    require_parties(ends, job.source, job.destination)
    return ends


def _retry(workspace: Workspace, job: Job, task: Task) -> None:
    for leaf in compute.below(job, task):
        rules.change_task_status(leaf, "queued", workspace.clock)
