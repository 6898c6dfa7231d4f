"""Finding what is no job, and what there is to know of entity types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from accsyn_async.sandbox import rows
from accsyn_async.sandbox.envelope import Event
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import SandboxUser, Workspace
from accsyn_async.sandbox.topics.topic import Answer, Reply, Topic, data_of, page

__all__ = ["EntityTopic"]

ENTITY_TYPES: Final = (
    *("user", "workspace", "queue", "transfer", "compute", "delivery", "request", "stream", "task", "file"),
    *("folder", "collection", "home", "volume", "site", "server", "userserver", "client", "app", "lane"),
    *("browser", "acl", "engine"),
)
OLD_NAMES: Final = {"job": "transfer"}
TASK_UPDATES: Final = ("status", "priority", "metadata")
JOB_UPDATES: Final = (*TASK_UPDATES, "name", "code", "queue", "settings")
CREATE_ATTRIBUTES: Final = {
    "transfer": (*JOB_UPDATES, "source", "destination", "tasks"),
    "task": (*TASK_UPDATES, "uri", "source", "destination", "settings", "tasks"),
}
UPDATE_ATTRIBUTES: Final = {"transfer": JOB_UPDATES, "task": TASK_UPDATES}


class EntityTopic(Topic):
    """Answers what is asked about users, queues, sites, shares and clients.

    Args:
        workspace: whose.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        sites = rows.sites()
        shares = rows.shares()
        self._tables: dict[str, rows.Table[Any]] = {
            "user": rows.users(),
            "workspace": rows.workspaces(workspace.sites),
            "queue": rows.queues(workspace),
            "site": sites,
            "volume": shares,
            "home": shares,
            "share": shares,
            "client": rows.clients(),
        }
        self._attributes: dict[str, list[str]] = {
            **{name: table.attributes for name, table in self._tables.items()},
            "transfer": rows.jobs(workspace).attributes,
            "task": rows.tasks().attributes,
        }

    def calls(self) -> Mapping[str, tuple[str, Answer]]:
        """The calls on entity types, and a ``find`` for each."""
        finds: dict[str, tuple[str, Answer]] = {
            f"{name}/find": ("GET", self._find) for name in (*ENTITY_TYPES, "share")
        }
        return finds | {
            "entitytypes": ("GET", self._entity_types),
            "attributes": ("GET", self._names_of_attributes),
        }

    def _entity_types(self, event: Event, user: SandboxUser) -> Reply:
        return {"result": list(ENTITY_TYPES)}

    def _names_of_attributes(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        name = data.get("entitytype")
        name = OLD_NAMES.get(name.casefold(), name.casefold()) if isinstance(name, str) else None
        if name not in self._attributes and name not in ENTITY_TYPES:
            raise Refusal("E#E406", f"There is no entity type {data.get('entitytype')!r}.")
        if data.get("create"):
            return {"result": list(CREATE_ATTRIBUTES.get(name, ()))}
        if data.get("update"):
            return {"result": list(UPDATE_ATTRIBUTES.get(name, ()))}
        return {"result": self._attributes.get(name, ["id", "code"])}

    def _find(self, event: Event, user: SandboxUser) -> Reply:
        name = event.uri.casefold().partition("/")[0]
        data = data_of(event)
        if name not in self._tables:
            return {"result": []}
        entities = self._entities(name, user)
        if event.id:
            entities = (one for one in entities if one.id == event.id)
        elif data.get("archived") or data.get("inactive"):
            entities = ()
        return page(self._tables[name], entities, event, data)

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
