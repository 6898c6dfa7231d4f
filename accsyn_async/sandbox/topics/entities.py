"""What a workspace is made of: finding it, and making, changing and removing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import attributes, entity_rows, fields, job_rows
from accsyn_async.sandbox.rules import deliveries, roles
from accsyn_async.sandbox.rules.jobs import EDITS
from accsyn_async.sandbox.rules.kinds.acls import Acls
from accsyn_async.sandbox.rules.kinds.any_share import AnyShares
from accsyn_async.sandbox.rules.kinds.collections import Collections
from accsyn_async.sandbox.rules.kinds.grounds import Clients, Engines, Queues, Sites
from accsyn_async.sandbox.rules.kinds.kind import COMMON, Attend, Kind
from accsyn_async.sandbox.rules.kinds.shares import Folders, Homes, Shares, Volumes, require_server, serve
from accsyn_async.sandbox.rules.kinds.users import Users
from accsyn_async.sandbox.state.entities import CLIENT_TYPES, Client, SandboxUser, Share, State
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.topic import Answer, Answers, Reply, Topic, data_of, flag_of, page

__all__ = ["EntityTopic", "found"]

ENTITY_TYPES: Final = (
    *("user", "workspace", "queue", *attributes.JOBS, "task", "file"),
    *("folder", "collection", "home", "volume", "site", "server", "userserver", "client", "app", "lane"),
    *("browser", "acl", "engine"),
)
OLD_NAMES: Final = {"job": "transfer"}
TASK_UPDATES: Final = ("status", "priority", "metadata")
CREATE_ATTRIBUTES: Final = {
    **attributes.JOBS,
    "task": tuple(dict.fromkeys((*attributes.TRANSFER_TASK, *attributes.COMPUTE_TASK))),
    "file": ("files",),
}
MADE_BY_STAFF: Final = ("compute", *deliveries.KINDS, "file")
UPDATE_ATTRIBUTES: Final = {
    **dict.fromkeys(attributes.JOBS, EDITS),
    "task": TASK_UPDATES,
    "workspace": tuple(COMMON),
}


class EntityTopic(Topic):
    """Answers calls on users, sites, queues, engines, clients and shares.

    Args:
        workspace: whose.
        attend: what is told of a job that was changed by what happens to something else.
    """

    def __init__(self, workspace: Workspace, attend: Attend = lambda job: None) -> None:
        self._workspace = workspace
        self._collections = Collections(workspace, attend)
        shares: dict[str, Shares] = {
            "volume": Volumes(workspace, attend),
            "folder": Folders(workspace, attend),
            "home": Homes(workspace, attend),
            "collection": self._collections,
        }
        self._shares = AnyShares(workspace, attend, shares)
        self._kinds: dict[str, Kind[Any]] = {
            "user": Users(workspace, attend),
            "site": Sites(workspace, attend),
            "queue": Queues(workspace, attend),
            "engine": Engines(workspace, attend),
            **shares,
            "share": self._shares,
            **{name: Clients(workspace, attend, name) for name in ("client", *CLIENT_TYPES.values())},
        }
        self._workspaces = entity_rows.workspaces()
        self._acls = Acls(workspace, attend)
        self._attributes: dict[str, list[str]] = {
            **{name: kind.table.attributes for name, kind in self._kinds.items()},
            "acl": self._acls.table.attributes,
            "workspace": self._workspaces.attributes,
            "file": entity_rows.files(workspace.default_volume).attributes,
            "transfer": job_rows.jobs(workspace).attributes,
            "compute": job_rows.computes(workspace).attributes,
            **dict.fromkeys(deliveries.KINDS, job_rows.packages(workspace).attributes),
            "task": job_rows.tasks().attributes,
        }

    def calls(self) -> Mapping[str, tuple[str, Answer] | Answers]:
        """The calls on entity types, on each kind of entity, on servers and on what collections show."""
        known: dict[str, tuple[str, Answer] | Answers] = {
            f"{name}/find": ("GET", self._find_nothing) for name in ENTITY_TYPES
        }
        for name in self._kinds:
            known |= {
                f"{name}/find": ("GET", self._find),
                f"{name}/create": ("POST", self._create),
                f"{name}/edit": ("PUT", self._edit),
                f"{name}/delete": ("DELETE", self._delete),
                f"{name}/activate": ("POST", self._activate),
                f"{name}/deactivate": ("DELETE", self._deactivate),
            }
        for name in ("share", "volume"):
            known |= {
                f"{name}/server": {"PUT": self._assign, "DELETE": self._deassign},
                f"{name}/servers": ("GET", self._assignments),
            }
        return known | {
            "entitytypes": ("GET", self._entity_types),
            "attributes": ("GET", self._names_of_attributes),
            "workspace/find": ("GET", self._find_workspace),
            "workspace/edit": ("PUT", self._edit_workspace),
            "file/find": ("GET", self._find_files),
            "file/add": ("POST", self._add_files),
            "collection/file/remove": ("DELETE", self._remove_files),
        }

    def _entity_types(self, event: Event, user: SandboxUser) -> Reply:
        return {"result": [name for name in ENTITY_TYPES if user.role in roles.READERS[name]]}

    def _names_of_attributes(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        name = data.get("entitytype")
        name = OLD_NAMES.get(name.casefold(), name.casefold()) if isinstance(name, str) else None
        if name not in roles.READERS or user.role not in roles.READERS[name]:
            raise Refusal("E#E406", f"There is no entity type {data.get('entitytype')!r}.")
        kind = self._acls if name == "acl" else self._kinds.get(name)
        if flag_of(data, "create"):
            given = CREATE_ATTRIBUTES.get(name, ()) if user.elevated or name not in MADE_BY_STAFF else ()
            return {"result": list(given) if kind is None else kind.attributes_to_create(user)}
        if flag_of(data, "update"):
            given = UPDATE_ATTRIBUTES.get(name, ()) if user.role in roles.WRITERS[name] else ()
            return {"result": list(given) if kind is None else kind.attributes_to_update(user)}
        return {"result": self._attributes.get(name, ["id", "code", "name"])}

    def _find_nothing(self, event: Event, user: SandboxUser) -> Reply:
        return {"result": []}

    def _kind(self, event: Event) -> Kind[Any]:
        return self._kinds[event.uri.casefold().partition("/")[0]]

    def _find(self, event: Event, user: SandboxUser) -> Reply:
        kind, data = self._kind(event), data_of(event)
        return page(kind.table, found(kind, user, event), event, data)

    def _create(self, event: Event, user: SandboxUser) -> Reply:
        kind = self._kind(event)
        return {"result": kind.table.rows([kind.create(user, event.data)])}

    def _edit(self, event: Event, user: SandboxUser) -> Reply:
        kind = self._kind(event)
        entity = kind.get(user, event.id)
        kind.edit(user, entity, event.data)
        return {"result": kind.table.rows([entity])}

    def _delete(self, event: Event, user: SandboxUser) -> Reply:
        kind = self._kind(event)
        entity = kind.get(user, event.id, State.ACTIVE, State.INACTIVE)
        kind.delete(user, entity, force=flag_of(data_of(event), "force"))
        return {"result": True}

    def _activate(self, event: Event, user: SandboxUser) -> Reply:
        kind = self._kind(event)
        kind.activate(user, kind.get(user, event.id or event.query, State.INACTIVE))
        return {"result": True}

    def _deactivate(self, event: Event, user: SandboxUser) -> Reply:
        kind = self._kind(event)
        kind.deactivate(user, kind.get(user, event.id))
        return {"result": True}

    def _find_workspace(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        seen = user.role in roles.READERS["workspace"] and event.id in (None, self._workspace.id)
        seen = seen and not (flag_of(data, "inactive") or flag_of(data, "archived"))
        return page(self._workspaces, [self._workspace] if seen else [], event, data)

    def _edit_workspace(self, event: Event, user: SandboxUser) -> Reply:
        workspace = self._workspace
        if user.role not in roles.READERS["workspace"] or event.id not in (None, workspace.id):
            raise Refusal("E#N404", f"There is no workspace {event.id!r}.")
        if user.role not in roles.WRITERS["workspace"]:
            raise Refusal("E#P002", f"Your role, {user.role}, may not change the workspace.")
        for name, value in fields.read(event.data, COMMON, "workspace").items():
            setattr(workspace, name, value)
        workspace.modified, workspace.modifier = workspace.clock.text(), user.username
        return {"result": self._workspaces.rows([workspace])}

    def _served(self, event: Event, user: SandboxUser) -> Share:
        share = self._shares.get(user, event.id)
        if share.kind != "volume":
            raise Refusal("E#N425", f"Servers serve volumes; {share.code!r} is a {share.kind}.")
        return share

    def _server(self, event: Event, user: SandboxUser) -> tuple[Share, Client]:
        volume = self._served(event, user)
        if user.role not in roles.WRITERS["volume"]:
            raise Refusal("E#P002", f"Your role, {user.role}, may not change which servers serve a volume.")
        ident = data_of(event).get("client")
        return volume, self._kinds["client"].get(user, ident if isinstance(ident, str) else None)

    def _assign(self, event: Event, user: SandboxUser) -> Reply:
        volume, server = self._server(event, user)
        require_server(server)
        serve(volume, server)
        self._workspace.changed()
        return {"result": True}

    def _deassign(self, event: Event, user: SandboxUser) -> Reply:
        volume, server = self._server(event, user)
        if server not in volume.servers:
            raise Refusal("E#N404", f"The client {server.code!r} does not serve {volume.code!r}.")
        volume.servers.remove(server)
        self._workspace.changed()
        return {"result": True}

    def _assignments(self, event: Event, user: SandboxUser) -> Reply:
        volume = self._served(event, user)
        return {"result": [entity_rows.assignment(volume, server) for server in volume.servers]}

    def _find_files(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        parent = data.get("parent", event.id)
        collection = self._collections.get(user, parent if isinstance(parent, str) else None)
        return page(entity_rows.files(collection), collection.files.values(), event, data)

    def _add_files(self, event: Event, user: SandboxUser) -> Reply:
        collection = self._collections.get(user, event.id)
        added = self._collections.add(user, collection, event.data)
        return {"result": entity_rows.files(collection).rows(added)}

    def _remove_files(self, event: Event, user: SandboxUser) -> Reply:
        collection = self._collections.get(user, event.id)
        return {"result": self._collections.remove(user, collection, event.data)}


def found(kind: Kind[Any], user: SandboxUser, event: Event) -> Iterable[Any]:
    """What a ``find`` chooses from: the entity of the id in whatever state, or all in the state asked for."""
    if event.id:
        return (one for one in kind.members() if one.id == event.id and roles.may_see(user, one))
    data = data_of(event)
    if flag_of(data, "archived"):
        return kind.visible(user, State.ARCHIVED)
    return kind.visible(user, State.INACTIVE if flag_of(data, "inactive") else State.ACTIVE)
