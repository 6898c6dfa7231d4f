"""Makes and edits transfers from what clients send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from accsyn_async.sandbox import rules
from accsyn_async.sandbox.places import Resolver
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.settings import read_settings
from accsyn_async.sandbox.state import End, Job, Queue, SandboxUser, Task, Workspace

__all__ = ["add_tasks", "create_job", "edit_job", "edit_tasks"]

MAX_TASKS: Final = 100_000
NEW_TASK_STATES: Final = ("queued", "onhold", "excluded")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A task as it was sent."""

    uri: str | None
    source: str
    destination: str | None
    status: str
    priority: int
    metadata: dict[str, Any]
    settings: dict[str, Any]


def create_job(workspace: Workspace, user: SandboxUser, data: Any) -> Job:
    """Make a transfer; nothing is stored when it is refused.

    Raises:
        Refusal: the specification is wrong, with a text that says why.
    """
    if not isinstance(data, dict):
        raise Refusal("E#J001", "A transfer is made of an object.")
    if data.get("engine") or data.get("compute"):
        raise Refusal("E#J008", "Compute jobs are not supported by this sandbox.")
    drafts = list(_drafts(data))
    resolver = Resolver(workspace, user)
    ends = [resolver.resolve(draft.source, _destination(draft)) for draft in drafts]
    source, destination = ends[0][0].party, ends[0][1].party
    _require_parties(ends, source, destination)
    status = data.get("status")
    if status not in (None, "waiting", "paused"):
        raise Refusal("E#J020", f"A new transfer's status can be waiting or paused, not {status!r}.")
    now = workspace.clock.text()
    job = Job(
        number=workspace.next_number(),
        name=_name(data) or _generated_name(ends[0][0]),
        user=user,
        queue=_queue(workspace, data.get("queue")),
        source=source,
        destination=destination,
        created=now,
        modified=now,
        modifier=user,
        priority=_priority(data, 500),
        metadata=_object(data, "metadata"),
        settings=_settings(data),
    )
    for draft, (start, end) in zip(drafts, ends, strict=True):
        _add(job, draft, start, end, now)
    if all(task.status == "excluded" for task in job.tasks.values()):
        job.status = "done"
        job.size = 0
        job.finished = now
    elif status == "paused":
        job.status = "paused"
    workspace.jobs[job.id] = job
    return job


def add_tasks(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Add tasks to a job, which revives it when it had finished.

    A task that is there already, with the same source and destination, is retried instead, or refused with
    ``allow_duplicates`` false; with ``replace_duplicates`` it takes the new one's attributes too.

    Returns:
        The tasks that were added or retried.

    Raises:
        Refusal: one is wrong; none is added.
    """
    if not isinstance(data, dict) or "tasks" not in data:
        raise Refusal("E#J001", "Tasks are added with an object that has 'tasks'.")
    allow, replace = (_flag(data, name) for name in ("allow_duplicates", "replace_duplicates"))
    drafts = list(_drafts(data))
    if len(job.tasks) + len(drafts) > MAX_TASKS:
        raise Refusal("E#J009", f"A job can have {MAX_TASKS} tasks at most.")
    resolver = Resolver(workspace, user)
    mirrored = all(task.destination.mirrored for task in job.tasks.values())
    ends = []
    for draft in drafts:
        if draft.destination is None and not mirrored:
            raise Refusal(
                "E#J007", f"The task {draft.source!r} needs a destination; this job mirrors no paths."
            )
        ends.append(resolver.resolve(draft.source, draft.destination or job.destination_text, job))
    _require_parties(ends, job.source, job.destination)
    there = {_paths(task.source, task.destination): task for task in job.tasks.values()}
    for draft, (start, end) in zip(drafts, ends, strict=True):
        known = there.get(_paths(start, end))
        if known is not None and allow is False:
            raise Refusal("E#J017", f"The task {known.uri} has the same source and destination.")
        if known is None and draft.uri is not None and draft.uri in job.tasks:
            raise Refusal("E#J018", f"There is a task {draft.uri!r} with other paths.")
    now = workspace.clock.text()
    added: dict[str, Task] = {}
    for draft, (start, end) in zip(drafts, ends, strict=True):
        known = there.get(_paths(start, end))
        if known is None:
            known = there[_paths(start, end)] = _add(job, draft, start, end, now)
        elif known.id not in added:
            rules.change_task_status(known, "queued", workspace.clock)
            if replace:
                known.priority, known.metadata = draft.priority, draft.metadata
                known.settings = draft.settings
        added[known.id] = known
    _touch(workspace, user, job)
    if any(task.status == "queued" for task in added.values()) and (
        job.is_finished or job.status == "failed"
    ):
        rules.revive(job)
    return list(added.values())


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
    name = _name(data) or job.name
    queue = _queue(workspace, data["queue"]) if "queue" in data else job.queue
    priority = _priority(data, job.priority)
    metadata = _object(data, "metadata") if "metadata" in data else job.metadata
    settings = _settings(data) if "settings" in data else job.settings
    if "status" in data:
        rules.check_job_status(job, data["status"])
        rules.change_job_status(job, data["status"], workspace.clock)
    job.name, job.queue, job.priority = name, queue, priority
    job.metadata, job.settings = metadata, settings
    _touch(workspace, user, job)


def edit_tasks(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Change tasks' status, priority or metadata; each row names its task by ``id`` or ``uri``.

    Returns:
        The tasks that were changed.

    Raises:
        Refusal: a row is wrong; nothing is changed.
    """
    rows = [data] if isinstance(data, dict) else data
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal("E#J001", "Tasks are changed with a list of objects.")
    by_id = {task.id: task for task in job.tasks.values()}
    changes: list[tuple[Task, str | None, int, dict[str, Any]]] = []
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
        metadata = _object(row, "metadata") if "metadata" in row else task.metadata
        changes.append((task, status, _priority(row, task.priority), metadata))
    again = False
    for task, status, priority, metadata in changes:
        task.priority, task.metadata = priority, metadata
        if status is not None:
            again |= rules.change_task_status(task, status, workspace.clock)
    job.tally()
    _touch(workspace, user, job)
    settled = job.status == "failed" and any(status is not None for _, status, _, _ in changes)
    if settled or (again and job.is_finished):
        rules.revive(job)
    return [task for task, _, _, _ in changes]


def _drafts(data: dict[str, Any]) -> Iterator[_Draft]:
    tasks = data.get("tasks")
    if tasks is None:
        yield _draft(None, {key: data[key] for key in ("source", "destination") if key in data}, {})
        return
    if isinstance(tasks, dict) and isinstance(tasks.get("source"), str):
        tasks = [tasks]
    if not isinstance(tasks, (list, dict)) or not tasks:
        raise Refusal("E#J001", "'tasks' must be a list or an object with at least one task.")
    if len(tasks) > MAX_TASKS:
        raise Refusal("E#J009", f"A job can have {MAX_TASKS} tasks at most.")
    pairs = tasks.items() if isinstance(tasks, dict) else ((None, task) for task in tasks)
    for uri, task in pairs:
        yield _draft(uri, task, data)


def _draft(uri: str | None, task: Any, data: dict[str, Any]) -> _Draft:
    if isinstance(task, str):
        task = {"source": task}
    if not isinstance(task, dict):
        raise Refusal("E#J001", "A task is a source or an object.")
    if "tasks" in task or "compute" in task:
        raise Refusal("E#J008", "Compute jobs with nested tasks are not supported by this sandbox.")
    uri = task.get("uri", uri)
    if uri is not None and (not isinstance(uri, str) or not uri):
        raise Refusal("E#J001", "A task's 'uri' must be a text.")
    source = task.get("source", data.get("source"))
    destination = task.get("destination", data.get("destination"))
    if not isinstance(source, str):
        raise Refusal("E#J001", "A 'source' is missing, or is no text.")
    if destination is not None and not isinstance(destination, str):
        raise Refusal("E#J001", "The 'destination' must be a text.")
    status = task.get("status", "queued")
    if status not in NEW_TASK_STATES:
        raise Refusal("E#J020", f"A new task's status can be {', '.join(NEW_TASK_STATES)}, not {status!r}.")
    return _Draft(
        uri,
        source,
        destination,
        status,
        _priority(task, 500),
        _object(task, "metadata"),
        _settings(task),
    )


def _destination(draft: _Draft) -> str:
    if draft.destination is None:
        raise Refusal(
            "E#J007", f"The task {draft.source!r} needs a 'destination'; a site alone mirrors the path."
        )
    return draft.destination


def _add(job: Job, draft: _Draft, start: End, end: End, now: str) -> Task:
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
    )
    return task


def _require_parties(ends: list[tuple[End, End]], source: Any, destination: Any) -> None:
    for start, end in ends:
        for what, one, first in (("source", start.party, source), ("destination", end.party, destination)):
            if one != first:
                raise Refusal(
                    "E#J004", f"A job has one {what} party, but its tasks name {first.hr} and {one.hr}."
                )


def _paths(start: End, end: End) -> tuple[object, ...]:
    return start.root, start.parts, start.frames, end.root, end.parts, end.folder


def _touch(workspace: Workspace, user: SandboxUser, job: Job) -> None:
    job.modified = workspace.clock.text()
    job.modifier = user
    job.retries = 0


def _name(data: dict[str, Any]) -> str:
    name = data.get("name") or data.get("code") or ""
    if not isinstance(name, str) or len(name) > 1000:
        raise Refusal("E#J001", "The name must be a text of at most 1000 characters.")
    return name


def _generated_name(start: End) -> str:
    if start.parts:
        return start.parts[-1]
    return start.share.code if start.share is not None else start.path


def _queue(workspace: Workspace, name: Any) -> Queue:
    if name is None:
        return workspace.default_queue
    queue = workspace.find_queue(name.rpartition("/")[2]) if isinstance(name, str) else None
    if queue is None:
        known = ", ".join(one.code for one in workspace.queues)
        raise Refusal("E#J019", f"There is no queue {name!r} (there are {known}).")
    return queue


def _priority(data: dict[str, Any], default: int) -> int:
    value = data.get("priority", default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise Refusal("E#J025", f"A priority is a number from 1 to 1000, not {value!r}.")
    return value


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal("E#J001", f"{name!r} must be an object.")
    return value


def _settings(data: dict[str, Any]) -> dict[str, Any]:
    settings = _object(data, "settings")
    read_settings(settings)
    return settings


def _flag(data: dict[str, Any], name: str) -> bool | None:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal("E#J001", f"{name!r} must be true or false.")
    return value
