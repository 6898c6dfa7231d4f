"""Jobs of every kind, and their tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from accsyn_async.sandbox.engine.engine import Engine
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import attributes, job_rows
from accsyn_async.sandbox.rows.table import Table
from accsyn_async.sandbox.rules import deliveries, job_states, jobs, parents, tasks
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.task_finder import TaskFinder
from accsyn_async.sandbox.topics.topic import Answer, Reply, Topic, data_of, flag_of, page

__all__ = ["JobTopic"]

ARCHIVED_AFTER: Final = 14 * 24 * 3600


class JobTopic(Topic):
    """Answers calls on jobs and tasks.

    Args:
        workspace: whose.
        engine: what runs them.
    """

    def __init__(self, workspace: Workspace, engine: Engine) -> None:
        self._workspace = workspace
        self._engine = engine
        self._jobs = job_rows.jobs(workspace)
        self._computes = job_rows.computes(workspace)
        self._packages = job_rows.packages(workspace)
        self._tasks, self._tasks_told = job_rows.tasks(), job_rows.tasks(as_admin=False)
        self._finder = TaskFinder(workspace)

    def calls(self) -> Mapping[str, tuple[str, Answer]]:
        """The calls on jobs of each kind, on transfers by their old name too, and on tasks."""
        known: dict[str, tuple[str, Answer]] = {
            "task/find": ("GET", self._find_tasks),
            "task/create": ("POST", self._create_tasks),
            "task/edit": ("PUT", self._edit_tasks),
        }
        for name in ("job", *attributes.JOBS):
            known |= {
                f"{name}/find": ("GET", self._find_jobs),
                f"{name}/create": ("POST", self._create_job),
                f"{name}/edit": ("PUT", self._edit_job),
                f"{name}/delete": ("DELETE", self._delete_job),
            }
        return known

    def _find_jobs(self, event: Event, user: SandboxUser) -> Reply:
        kind, data = _kind(event), data_of(event)
        if event.id:
            job = self._seen_job(event.id, user, _kind(event))
            return page(
                self._table(_kind(event) if job is None else job.kind), [job] if job else [], event, data
            )
        kind = _kind(event) or "transfer"
        table = self._table(kind)
        seen = partial(self._seen, kind, user)
        if flag_of(data, "finished") or flag_of(data, "archived"):
            limit = self._workspace.clock.text(ago=ARCHIVED_AFTER)
            archived = flag_of(data, "archived")
            ended = (job for job in seen(_has_finished) if ((job.finished or "") < limit) is archived)
            return page(table, ended, event, data)
        since = self._workspace.clock.text(ago=event.linger)
        reply = page(
            table, seen(lambda job: not job.is_finished or (job.finished or "") > since), event, data
        )
        if reply["result"] or not flag_of(data, "single_entity_query"):
            return reply
        return page(table, seen(_has_finished), event, data)

    def _seen(self, kind: str, user: SandboxUser, wanted: Callable[[Job], bool]) -> Iterator[Job]:
        """The jobs of a kind that are wanted and that a user may see."""
        return (
            job
            for job in self._workspace.jobs.values()
            if job.kind == kind and wanted(job) and job_states.may_see(user, job)
        )

    def _find_tasks(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        parent = data.get("parent")
        pairs: Iterable[tuple[Job, Task]]
        if isinstance(parent, str):
            pairs = _tasks_of(self._job(parent, user))
        elif event.id:
            pairs = [(job, task) for job, task in self._by_id(event.id) if job_states.may_see(user, job)]
        elif event.query:
            jobs = (job for job in self._workspace.jobs.values() if job_states.may_see(user, job))
            pairs = (pair for job in jobs for pair in _tasks_of(job))
        else:
            raise Refusal("E#J026", "Say which job's tasks: give its id as the parent.")
        return page(self._task_table(user), pairs, event, data)

    def _by_id(self, id: str) -> Iterable[tuple[Job, Task]]:
        """The tasks of a job, or the one of that id."""
        job = self._workspace.jobs.get(id)
        if job is not None:
            return _tasks_of(job)
        found = self._finder.find(id)
        return () if found is None else (found,)

    def _create_job(self, event: Event, user: SandboxUser) -> Reply:
        kind = _kind(event) or "transfer"
        make = deliveries.create_delivery if kind in deliveries.KINDS else jobs.create_job
        parent = event.data.get("parent") if isinstance(event.data, dict) else None
        if kind == "transfer" and parent is not None:
            job = parents.create_below(self._workspace, user, parent, data_of(event))
        else:
            job = make(self._workspace, user, event.data, kind)
        self._attend(job)
        return {"result": self._table(job.kind).rows([job])}

    def _task_table(self, user: SandboxUser) -> Table[tuple[Job, Task]]:
        return self._tasks if user.role == "admin" else self._tasks_told

    def _table(self, kind: str) -> Table[Job]:
        if kind in deliveries.KINDS:
            return self._packages
        return self._computes if kind == "compute" else self._jobs

    def _edit_job(self, event: Event, user: SandboxUser) -> Reply:
        job = self._job(event.id, user, _kind(event))
        job_states.require_change(user, job, "change")
        counts = True
        if job.kind in deliveries.KINDS:
            if job.status == "init" and data_of(event).get("status") in ("pending", "waiting"):
                parents.require_uploaded(self._workspace, job)
            deliveries.edit_delivery(self._workspace, user, job, event.data)
        elif not deliveries.edit_transfer(self._workspace, user, job, event.data):
            counts = jobs.edit_job(self._workspace, user, job, event.data)
        if counts:
            self._attend(job)
        return {"result": self._table(job.kind).rows([job])}

    def _delete_job(self, event: Event, user: SandboxUser) -> Reply:
        job = self._job(event.id, user, _kind(event))
        job_states.require_change(user, job, "delete")
        if job.delivery is not None:
            deliveries.forget(job)
        for one in [one for one in self._workspace.jobs.values() if job in (one, one.delivery)]:
            if not one.is_finished:
                job_states.change_job_status(one, "aborted", self._workspace.clock)
                self._attend(one)
            self._workspace.jobs.pop(one.id, None)
        if job.delivery is not None:
            deliveries.settle(job.delivery, self._workspace.clock)
        return {"result": True}

    def _create_tasks(self, event: Event, user: SandboxUser) -> Reply:
        job = self._job(event.id, user)
        job_states.require_change(user, job, "add tasks to")
        packed = job.kind in deliveries.KINDS or job.delivery is not None
        add = deliveries.add_files if packed else tasks.add_tasks
        added = add(self._workspace, user, job, event.data)
        self._attend(job)
        return {"result": self._task_table(user).rows((job, task) for task in added)}

    def _edit_tasks(self, event: Event, user: SandboxUser) -> Reply:
        job = self._job(event.id, user)
        job_states.require_change(user, job, "change tasks of")
        rows = event.data if isinstance(event.data, list) else [event.data]
        deliveries.require_open(user, job, [row.get("status") for row in rows if isinstance(row, dict)])
        unsent = job.kind in deliveries.KINDS or deliveries.awaits_choice(job)
        edit = deliveries.edit_files if unsent else tasks.edit_tasks
        changed = edit(self._workspace, user, job, event.data)
        self._attend(job)
        return {"result": self._task_table(user).rows((job, task) for task in changed)}

    def _attend(self, job: Job) -> None:
        self._engine.attend(job)
        for one in job.recipients:
            if one.transfer is not None:
                self._engine.attend(one.transfer)
        if job.delivery is not None:
            deliveries.settle(job.delivery, self._workspace.clock)

    def _seen_job(self, name: str | None, user: SandboxUser, kind: str) -> Job | None:
        """The job of an id and a kind, empty for any; ``None`` when the user finds none."""
        job = self._workspace.jobs.get(name or "")
        if job is None or kind not in ("", job.kind) or not job_states.may_see(user, job):
            return None
        return job

    def _job(self, name: str | None, user: SandboxUser, kind: str = "") -> Job:
        job = self._seen_job(name, user, kind)
        if job is None:
            raise Refusal("E#J404", f"There is no {kind or 'job'} {name!r}.")
        return job


def _has_finished(job: Job) -> bool:
    return job.is_finished


def _tasks_of(job: Job) -> Iterator[tuple[Job, Task]]:
    return ((job, task) for task in job.tasks.values())


def _kind(event: Event) -> str:
    """The kind of job that a call is on; empty for the old name, which names any job by its id."""
    name = event.uri.casefold().partition("/")[0]
    return "" if name == "job" else name
