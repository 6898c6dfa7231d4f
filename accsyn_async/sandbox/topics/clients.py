"""Taking clients on- and offline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from accsyn_async.sandbox import rows
from accsyn_async.sandbox.envelope import Event
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.state import SandboxUser, Workspace
from accsyn_async.sandbox.topics.topic import Answer, Reply, Topic, data_of

__all__ = ["ClientTopic"]

_OFFLINE: Final = ("offline", "disabled-offline")
_STATES: Final = ("online", "offline", "enabled", "disabled", "disabled-offline")


class ClientTopic(Topic):
    """Answers changes to clients; what waits for one is looked at again.

    Args:
        workspace: whose.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._table = rows.clients()

    def calls(self) -> Mapping[str, tuple[str, Answer]]:
        """A client's edit, by each name that it goes by."""
        return {f"{name}/edit": ("PUT", self._edit) for name in ("client", "server", "app", "userserver")}

    def _edit(self, event: Event, user: SandboxUser) -> Reply:
        known = (one for one in self._workspace.clients if user.elevated or one.user is user)
        client = next((one for one in known if one.id == event.id), None)
        if client is None:
            raise Refusal("E#C404", f"There is no client {event.id!r}.")
        if user.role != "admin" and client.user is not user:
            raise Refusal("E#C403", "Only admins change the clients of others.")
        data = data_of(event)
        wrong = [name for name in data if name != "status"]
        if wrong or not data:
            raise Refusal("E#C023", "A client's status can be changed, and nothing else.")
        status = data["status"]
        if status not in _STATES:
            raise Refusal("E#C020", f"A client's status can be set to {', '.join(_STATES)}, not {status!r}.")
        if status == "enabled":
            status = "offline" if client.status in _OFFLINE else "online"
        elif status == "disabled" and client.status in _OFFLINE:
            status = "disabled-offline"
        client.status = status
        self._workspace.changed()
        return {"result": self._table.rows([client])}
