"""Adds tasks to jobs, and changes them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import attributes
from accsyn_async.sandbox.rules import compute, job_states
from accsyn_async.sandbox.rules.drafts import (
    MAX_TASKS,
    Draft,
    flag_in,
    object_in,
    priority_in,
    read_compute,
    read_drafts,
)
from accsyn_async.sandbox.rules.landing import keep_apart
from accsyn_async.sandbox.rules.places import Resolver
from accsyn_async.sandbox.rules.whole import spread
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import End, Job, Party, Task
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = [
    "Changed",
    "add_tasks",
    "change_tasks",
    "edit_tasks",
    "free_uri",
    "join",
    "new_task",
    "require_parties",
    "rows_of",
    "touch",
]

Ends = list[tuple[End, End]]


def add_tasks(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Add tasks to a job, which revives it when it had finished.

    A task that is there already, with the same source and destination, is retried instead, or refused with
    ``allow_duplicates`` false; with ``replace_duplicates`` it takes the new one's attributes too. A task with
    the uri of another one and other paths is refused, or with ``allow_duplicates`` the other one is retried,
    or with ``replace_duplicates`` it takes the other one's place. So is what is sent twice at once.

    Returns:
        The tasks that were added or retried.

    Raises:
        Refusal: one is wrong; none is added.
    """
    if not isinstance(data, dict) or "tasks" not in data:
        raise Refusal("E#J001", "Tasks are added with an object that has 'tasks'.")
    attributes.require_known(data, attributes.ADDING, "call that adds tasks")
    computes = job.kind == "compute"
    if computes and ("source" in data or "destination" in data):
        raise Refusal("E#J033", "A compute job has no 'source' and no 'destination'.")
    compute.require_engine(workspace, job)
    resolver = Resolver(workspace, user)
    drafts = read_compute(data, job.tasks) if computes else spread(resolver, read_drafts(data))
    idle = job.status == "paused" and not compute.has_work(job)
    added = join(workspace, job, drafts, _joining_ends(resolver, job, drafts), data)
    touch(workspace, user, job)
    if any(task.status == "queued" for task in added) and (idle or job.is_finished or job.status == "failed"):
        job_states.revive(job)
    elif job.status == "done" and any(task.status == "onhold" for task in added):
        job_states.reopen(job)
    return added


def join(workspace: Workspace, job: Job, drafts: list[Draft], ends: Ends, data: dict[str, Any]) -> list[Task]:
    """Let tasks join those of a job, as `add_tasks` has it; the job's own status stays.

    Args:
        workspace: whose.
        job: which.
        drafts: the tasks.
        ends: the source and destination of each.
        data: where ``allow_duplicates`` and ``replace_duplicates`` may be.

    Returns:
        The tasks that were added or retried.

    Raises:
        Refusal: one is wrong; none is added.
    """
    if len(job.tasks) + len(drafts) > MAX_TASKS:
        raise Refusal("E#J009", f"A job can have {MAX_TASKS} tasks at most.")
    joining = _Joining(job, flag_in(data, "allow_duplicates"), flag_in(data, "replace_duplicates"))
    now = workspace.clock.text()
    for draft, pair in zip(drafts, ends, strict=True):
        joining.add(draft, *pair, now)
    if job.kind == "compute":
        compute.check_deps(joining.deps)
    added = joining.settle(workspace)
    keep_apart(job.tasks.values())
    compute.roll_up(job)
    return added


class _Joining:
    """What a job's tasks are to be when all that joins them was looked at; until then nothing is changed.

    Args:
        job: whose.
        allow: whether one that is there is retried, ``None`` for only when its paths are the same.
        replace: whether what is sent takes the place of what is there.
    """

    def __init__(self, job: Job, allow: bool | None, replace: bool | None) -> None:
        self._job = job
        self._computes = job.kind == "compute"
        self._allow, self._replace = allow, bool(replace)
        self._tasks = dict(job.tasks)
        self._there = {self._key(task): task for task in self._tasks.values()}
        self._fresh: set[str] = set()
        self._added: dict[str, Task] = {}
        self._changes: list[Callable[[], None]] = []
        self.deps: dict[str, tuple[str, ...]] = {uri: task.deps for uri, task in self._tasks.items()}
        """What each task depends on, by its uri."""

    def add(self, draft: Draft, start: End, end: End, now: str) -> None:
        """Look at one.

        Raises:
            Refusal: it cannot join the others.
        """
        known = self._known(draft, start, end)
        if known is None:
            known = new_task(draft, draft.uri or free_uri(self._tasks), start, end, now)
            self._tasks[known.uri] = self._there[self._key(known)] = known
            self._fresh.add(known.id)
            self.deps[known.uri] = known.deps
        elif self._replace:
            self.deps[known.uri] = draft.deps
            self._changes.append(lambda: _redraw(known, draft))
            if known.id in self._fresh:
                known.status = draft.status
        self._added[known.id] = known

    def settle(self, workspace: Workspace) -> list[Task]:
        """Change the job; give the tasks that were added or are retried."""
        self._job.tasks = self._tasks
        for change in self._changes:
            change()
        leaves = compute.Leaves(self._job)
        for task in self._added.values():
            if task.id not in self._fresh:
                for leaf in leaves.of(task):
                    job_states.change_task_status(leaf, "queued", workspace.clock)
        return list(self._added.values())

    def _key(self, task: Task) -> tuple[object, ...]:
        return (task.uri,) if self._computes else paths(task.source, task.destination)

    def _known(self, draft: Draft, start: End, end: End) -> Task | None:
        """The task that is there in a draft's stead."""
        known = self._there.get((draft.uri,) if self._computes else paths(start, end))
        same = known is not None
        if known is None and draft.uri is not None:
            known = self._tasks.get(draft.uri)
        if known is None:
            return None
        if self._allow is False and known.id in self._fresh:
            raise Refusal("E#J017", f"{draft.uri or draft.source!r} is there twice.")
        if self._allow is False:
            raise Refusal(
                "E#J017", f"The task {known.uri!r} is there, with its uri or its source and destination."
            )
        if self._computes:
            if known.id in self._fresh and not (self._allow or self._replace):
                raise Refusal("E#J018", f"There are two tasks {known.uri!r}.")
            if draft.branch and not known.branch:
                raise Refusal(
                    "E#J035", f"The task {known.uri!r} is executed itself, so it can hold no others."
                )
            return known
        if same:
            return known
        if self._replace:
            del self._tasks[known.uri], self._there[self._key(known)]
            self._fresh.discard(known.id)
            self._added.pop(known.id, None)
            outdated = known
            self._changes.append(lambda: setattr(outdated, "status", "excluded"))
            return None
        if not self._allow:
            raise Refusal("E#J018", f"There is a task {known.uri!r} with other paths.")
        return known


def _redraw(task: Task, draft: Draft) -> None:
    task.priority, task.metadata = draft.priority, draft.metadata
    task.settings, task.description = draft.settings, draft.description
    task.compute, task.deps = draft.compute, draft.deps


def edit_tasks(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> list[Task]:
    """Change tasks' status, priority or metadata; each row names its task by ``id`` or ``uri``.

    A job whose last tasks are put on hold is paused, and goes on when one is queued again. One that is done
    is active again when a task is: it waits for one that is queued, is failed with one that is set to failed
    (and is not tried again by itself), and paused with one on hold. One that is aborted stays so, unless a
    task is queued.

    Returns:
        The tasks that were changed.

    Raises:
        Refusal: a row is wrong; nothing is changed.
    """
    idle = job.status == "paused" and not compute.has_work(job)
    changed = change_tasks(workspace, user, job, data)
    if not changed.commanded:
        return changed.tasks
    if idle or job.status == "failed" or (changed.again and job.is_finished):
        job_states.revive(job)
        if not compute.has_work(job) and any(task.status == "onhold" for task in job.tasks.values()):
            job.status = "paused"
    elif job.status == "done":
        job_states.reopen(job)
    return changed.tasks


@dataclass(frozen=True, slots=True)
class Changed:
    """Tasks that were changed.

    Attributes:
        tasks: which.
        commanded: whether one was given a status.
        again: whether one was queued anew.
    """

    tasks: list[Task]
    commanded: bool
    again: bool


def change_tasks(workspace: Workspace, user: SandboxUser, job: Job, data: Any) -> Changed:
    """Change tasks as `edit_tasks` does; the job's own status stays.

    Raises:
        Refusal: a row is wrong; nothing is changed.
    """
    changes: list[tuple[Task, str | None, dict[str, Any]]] = []
    for task, row in rows_of(job, data):
        wrong = [key for key in row if key not in ("id", "uri", "status", "priority", "metadata")]
        if wrong:
            raise Refusal("E#J023", f"A task's {', '.join(map(repr, wrong))} cannot be changed.")
        status = row.get("status")
        if status is not None and status not in job_states.TASK_STATES:
            allowed = ", ".join(job_states.TASK_STATES)
            raise Refusal("E#J020", f"A task's status can be set to {allowed}, not to {status!r}.")
        values: dict[str, Any] = {}
        if "metadata" in row:
            values["metadata"] = object_in(row, "metadata")
        if status == "queued":
            compute.require_engine(workspace, job)
        if "priority" in row:
            values["priority"] = priority_in(row, task.priority)
        changes.append((task, status, values))
    again, leaves = False, compute.Leaves(job)
    for task, status, values in changes:
        for key, value in values.items():
            setattr(task, key, value)
        if status is not None:
            for leaf in leaves.of(task):
                again |= job_states.change_task_status(leaf, status, workspace.clock)
    commanded = any(status is not None for _, status, _ in changes)
    compute.roll_up(job)
    job.tally()
    touch(workspace, user, job, anew=commanded)
    return Changed([task for task, _, _ in changes], commanded, again)


def rows_of(job: Job, data: Any) -> list[tuple[Task, dict[str, Any]]]:
    """The rows that change tasks, each with the task that it names.

    Raises:
        Refusal: they are none, or one names none.
    """
    rows = [data] if isinstance(data, dict) else data
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal("E#J001", "Tasks are changed with a list of objects.")
    by_id = {task.id: task for task in job.tasks.values()}
    found = []
    for row in rows:
        name = row.get("id", row.get("uri"))
        task = by_id.get(name) or job.tasks.get(name) if isinstance(name, str) else None
        if task is None:
            raise Refusal("E#J024", f"The {job.kind} has no task {name!r}; name it by 'id' or 'uri'.")
        found.append((task, row))
    return found


def new_task(draft: Draft, uri: str, start: End, end: End, now: str) -> Task:
    """The task that a draft amounts to."""
    return Task(
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


def free_uri(tasks: Collection[str]) -> str:
    """The number that a task without a uri gets among others."""
    number = len(tasks)
    while str(number) in tasks:
        number += 1
    return str(number)


def require_parties(ends: Ends, source: Party, destination: Party) -> None:
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


def touch(workspace: Workspace, user: SandboxUser, job: Job, *, anew: bool = True) -> None:
    """Note who changed a job, and when.

    Args:
        workspace: whose.
        user: who.
        job: which.
        anew: whether the tries that it made by itself no longer count.
    """
    job.modified = workspace.clock.text()
    job.modifier = user
    if anew:
        job.retries = 0


def paths(start: End, end: End) -> tuple[object, ...]:
    """What makes two tasks the same."""
    return start.root, start.parts, start.frames, end.root, end.parts, end.folder


def _joining_ends(resolver: Resolver, job: Job, drafts: list[Draft]) -> Ends:
    if job.kind == "compute":
        return [(resolver.here(), resolver.here())] * len(drafts)
    mirrored = all(task.destination.mirrored for task in job.tasks.values())
    ends = []
    for draft in drafts:
        if draft.destination is None and not mirrored:
            raise Refusal(
                "E#J007", f"The task {draft.source!r} needs a destination; this job mirrors no paths."
            )
        destination = draft.destination or job.destination_text
        ends.append(resolver.resolve(draft.source, destination, job, into=bool(draft.whole)))
    require_parties(ends, job.source, job.destination)
    return ends
