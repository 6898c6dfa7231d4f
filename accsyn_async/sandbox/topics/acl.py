"""Access to shares."""

from __future__ import annotations

from collections.abc import Mapping

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows import entity_rows
from accsyn_async.sandbox.rules.kinds.acls import Acls
from accsyn_async.sandbox.rules.kinds.kind import Attend
from accsyn_async.sandbox.state.entities import SandboxUser, State
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.entities import found
from accsyn_async.sandbox.topics.event import Event
from accsyn_async.sandbox.topics.topic import Answer, Reply, Topic, data_of, flag_of, page

__all__ = ["AclTopic"]


class AclTopic(Topic):
    """Answers calls on ACLs.

    Args:
        workspace: whose.
        attend: what is told of a job that was changed by what happens to something else.
    """

    def __init__(self, workspace: Workspace, attend: Attend = lambda job: None) -> None:
        self._acls = Acls(workspace, attend)
        self._deep = entity_rows.acls(recursive=True)

    def calls(self) -> Mapping[str, tuple[str, Answer]]:
        """The calls on ACLs."""
        return {
            "acl/find": ("GET", self._find),
            "acl/create": ("POST", self._create),
            "acl/edit": ("PUT", self._edit),
            "acl/delete": ("DELETE", self._delete),
        }

    def _find(self, event: Event, user: SandboxUser) -> Reply:
        data = data_of(event)
        table = self._deep if flag_of(data, "recursive") else self._acls.table
        return page(table, found(self._acls, user, event), event, data)

    def _create(self, event: Event, user: SandboxUser) -> Reply:
        return {"result": self._acls.table.rows([self._acls.create(user, event.data)])}

    def _edit(self, event: Event, user: SandboxUser) -> Reply:
        raise Refusal("E#N420", "ACLs are not edited; grant access anew instead.")

    def _delete(self, event: Event, user: SandboxUser) -> Reply:
        self._acls.delete(user, self._acls.get(user, event.id, State.ACTIVE, State.INACTIVE))
        return {"result": True}
