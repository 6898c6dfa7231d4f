"""The calls by their uri: what each does for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final

from accsyn_async.sandbox import jobs, rows, rules
from accsyn_async.sandbox.engine import Engine
from accsyn_async.sandbox.envelope import Event
from accsyn_async.sandbox.predicate import compile_query
from accsyn_async.sandbox.query import QueryError
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import Job, SandboxUser, Task, Workspace

__all__ = ["Calls"]

Reply = dict[str, Any]

ENTITY_TYPES: Final = (
    *("user", "workspace", "queue", "transfer", "compute", "delivery", "request", "stream", "task", "file"),
    *("folder", "collection", "home", "volume", "site", "server", "userserver", "client", "app", "lane"),
    *("browser", "acl", "engine"),
)
OLD_NAMES: Final = {"job": "transfer"}
ARCHIVED_AFTER: Final = 14 * 24 * 3600
TASK_UPDATES: Final = ("status", "priority", "metadata")
JOB_UPDATES: Final = (*TASK_UPDATES, "name", "code", "queue", "settings")
CREATE_ATTRIBUTES: Final = {
    "transfer": (*JOB_UPDATES, "source", "destination", "tasks"),
    "task": (*TASK_UPDATES, "uri", "source", "destination", "settings", "tasks"),
}
UPDATE_ATTRIBUTES: Final = {"transfer": JOB_UPDATES, "task": TASK_UPDATES}


class Calls:
    """Answers events.

    Args:
        workspace: what they are about.
        engine: what runs the jobs.
    """

    def __init__(self, workspace: Workspace, engine: Engine) -> None:
        self._workspace = workspace
        self._engine = engine
        sites = rows.sites()
        shares = rows.shares()
        self._jobs = rows.jobs(workspace)
        self._tasks = rows.tasks()
        self._tables: dict[str, rows.Table[Any]] = {
            "user": rows.users(),
            "workspace": rows.workspaces(workspace.sites),
            "queue": rows.queues(workspace),
            "transfer": self._jobs,
            "task": self._tasks,
            "site": sites,
            "volume": shares,
            "home": shares,
            "share": shares,
            "client": rows.clients(),
        }
        self._uris: dict[str, tuple[str, Callable[[Event, SandboxUser], Reply]]] = {
            "entitytypes": ("GET", self._entity_types),
            "attributes": ("GET", self._attributes),
            "task/find": ("GET", self._find_tasks),
            "task/create": ("POST", self._create_tasks),
            "task/edit": ("PUT", self._edit_tasks),
        }
        for name in (*ENTITY_TYPES, "share"):
            self._uris.setdefault(f"{name}/find", ("GET", self._find))
        for name in ("transfer", "job"):
            self._uris |= {
                f"{name}/find": ("GET", self._find_jobs),
                f"{name}/create": ("POST", self._create_job),
                f"{name}/edit": ("PUT", self._edit_job),
                f"{name}/delete": ("DELETE", self._delete_job),
            }

    def knows(self, uri: str) -> bool:
        """Whether there is such a call."""
        return uri.casefold() in self._uris

    def answer(self, verb: str, event: Event, user: SandboxUser) -> Reply:
        """Do what an event asks.

        Args:
            verb: the HTTP method.
            event: the event.
            user: who sent it.

        Raises:
            Refusal: it cannot, or may not, be done.
        """
        known = self._uris.get(event.uri.casefold())
        if known is None:
            raise Refusal("E#E404", f"There is no call {event.uri!r}.")
        if verb != known[0]:
            raise Refusal("E#E405", f"{event.uri} is called with {known[0]}, not {verb}.")
        try:
            return known[1](event, user)
        except QueryError as error:
            raise Refusal("E#Q001", f"The query {event.query!r} cannot be used: {error}.") from None

    def _entity_types(self, event: Event, user: SandboxUser) -> Reply:
        return {"result": list(ENTITY_TYPES)}

    def _attributes(self, event: Event, user: SandboxUser) -> Reply:
        data = _data(event)
        name = data.get("entitytype")
        name = OLD_NAMES.get(name.casefold(), name.casefold()) if isinstance(name, str) else None
        if name not in self._tables and name not in ENTITY_TYPES:
            raise Refusal("E#E406", f"There is no entity type {data.get('entitytype')!r}.")
        if data.get("create"):
            return {"result": list(CREATE_ATTRIBUTES.get(name, ()))}
        if data.get("update"):
            return {"result": list(UPDATE_ATTRIBUTES.get(name, ()))}
        return {"result": self._tables[name].attributes if name in self._tables else ["id", "code"]}

    def _find(self, event: Event, user: SandboxUser) -> Reply:
        name = event.uri.casefold().partition("/")[0]
        data = _data(event)
        if name not in self._tables:
            return {"result": []}
        entities = self._entities(name, user)
        if event.id:
            entities = (one for one in entities if one.id == event.id)
        elif data.get("archived") or data.get("inactive"):
            entities = ()
        return self._page(self._tables[name], entities, event, data)

    def _entities(self, name: str, user: SandboxUser) -> Iterable[Any]:
        workspace = self._workspace
        match name:
            case "user":
                return workspace.users if user.elevated else (user,)
            case "workspace":
                return (workspace,)
            case "queue":
                return workspace.queues
            case "site":
                return workspace.sites
            case "volume":
                return workspace.volumes
            case "client":
                return (one for one in workspace.clients if user.elevated or one.user is user)
            case _:
                shares = workspace.homes if name == "home" else workspace.shares
                return (one for one in shares if user.elevated or one.user in (None, user))

    def _find_jobs(self, event: Event, user: SandboxUser) -> Reply:
        data = _data(event)
        mine = self._workspace.jobs.values()
        seen: Iterable[Job] = mine if user.elevated else (job for job in mine if rules.may_see(user, job))
        if event.id:
            job = self._workspace.jobs.get(event.id)
            found = [job] if job is not None and rules.may_see(user, job) else []
            return self._page(self._jobs, found, event, data)
        if _flag(data, "finished") or _flag(data, "archived"):
            limit = self._workspace.clock.text(ago=ARCHIVED_AFTER)
            archived = _flag(data, "archived")
            ended = (job for job in seen if job.is_finished and ((job.finished or "") < limit) is archived)
            return self._page(self._jobs, ended, event, data)
        active = (job for job in seen if not job.is_finished)
        reply = self._page(self._jobs, active, event, data)
        if reply["result"] or not _flag(data, "single_entity_query"):
            return reply
        return self._page(self._jobs, (job for job in seen if job.is_finished), event, data)

    def _find_tasks(self, event: Event, user: SandboxUser) -> Reply:
        data = _data(event)
        parent = data.get("parent")
        pairs: Iterable[tuple[Job, Task]]
        if isinstance(parent, str):
            job = self._job(parent, user)
            pairs = ((job, task) for task in job.tasks.values())
        elif event.id or event.query:
            pairs = (
                (job, task)
                for job in self._workspace.jobs.values()
                if rules.may_see(user, job)
                for task in job.tasks.values()
                if not event.id or event.id in (job.id, task.id)
            )
        else:
            raise Refusal("E#J026", "Say which transfer's tasks: give its id as the parent.")
        return self._page(self._tasks, pairs, event, data)

    def _page(self, table: rows.Table[Any], entities: Iterable[Any], event: Event, data: Reply) -> Reply:
        if event.query and event.query.strip():
            test = compile_query(event.query, table.field)
            entities = (entity for entity in entities if test(entity))
        skip, limit = _count(data, "skip"), _count(data, "limit")
        if skip or limit:
            entities = islice(entities, skip, skip + limit if limit else None)
        attributes = data.get("attributes")
        if attributes is not None and (
            not isinstance(attributes, list) or not all(isinstance(one, str) for one in attributes)
        ):
            raise Refusal("E#E407", "'attributes' must be a list of texts.")
        return {"result": table.rows(entities, attributes or None)}

    def _create_job(self, event: Event, user: SandboxUser) -> Reply:
        job = jobs.create_job(self._workspace, user, event.data)
        self._engine.attend(job)
        return {"result": self._jobs.rows([job])}

    def _edit_job(self, event: Event, user: SandboxUser) -> Reply:
        job = self._job(event.id, user)
        rules.require_change(user, job, "change")
        jobs.edit_job(self._workspace, user, job, event.data)
        self._engine.attend(job)
        return {"result": self._jobs.rows([job])}

    def _delete_job(self, event: Event, user: SandboxUser) -> Reply:
        job = self._job(event.id, user)
        rules.require_change(user, job, "delete")
        if not job.is_finished:
            rules.change_job_status(job, "aborted", self._workspace.clock)
            self._engine.attend(job)
        del self._workspace.jobs[job.id]
        return {"result": True}

    def _create_tasks(self, event: Event, user: SandboxUser) -> Reply:
        job = self._job(event.id, user)
        rules.require_change(user, job, "add tasks to")
        added = jobs.add_tasks(self._workspace, user, job, event.data)
        self._engine.attend(job)
        return {"result": self._tasks.rows((job, task) for task in added)}

    def _edit_tasks(self, event: Event, user: SandboxUser) -> Reply:
        job = self._job(event.id, user)
        rules.require_change(user, job, "change tasks of")
        changed = jobs.edit_tasks(self._workspace, user, job, event.data)
        self._engine.attend(job)
        return {"result": self._tasks.rows((job, task) for task in changed)}

    def _job(self, name: str | None, user: SandboxUser) -> Job:
        job = self._workspace.jobs.get(name or "")
        if job is None or not rules.may_see(user, job):
            raise Refusal("E#J404", f"There is no transfer {name!r}.")
        return job


def _data(event: Event) -> Reply:
    if event.data is None:
        return {}
    if not isinstance(event.data, dict):
        raise Refusal("E#E407", f"The data of {event.uri} must be an object.")
    return event.data


def _flag(data: Reply, name: str) -> bool:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal("E#E407", f"{name!r} must be true or false.")
    return bool(value)


def _count(data: Reply, name: str) -> int:
    value = data.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refusal("E#E407", f"{name!r} must be a number from 0.")
    return min(value, 1_000_000_000)
