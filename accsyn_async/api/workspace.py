"""The workspace at large: its logs, its integrations, and what of it runs on this computer."""

from __future__ import annotations

import socket
import warnings
from typing import Any

from accsyn_async.api.arguments import checked_int, entity_type, text
from accsyn_async.api.caller import Caller

__all__ = ["WorkspaceCalls"]

_RUNNING = ("online", "disabled")
_APP, _SERVER, _USERSERVER = 0, 1, 2
"""Numbers of kinds of clients (official client 3.4.0)."""


class WorkspaceCalls(Caller):
    """Calls on logs, integrations and clients."""

    async def logs(
        self,
        entitytype: str | None = None,
        entityid: str | None = None,
        search: str | None = None,
        sort: str = "date",
        sort_reverse: bool = False,
        pagination_page: int | None = None,
        pagination_limit: int | None = None,
        pagination_skip: int | None = None,
    ) -> dict[str, Any]:
        """Get the backend's log of an entity.

        Args:
            entitytype: ``"job"``, ``"user"`` …; ``None`` for the workspace.
            entityid: which one; ``None`` for the workspace.
            search: only lines that hold this; ``None`` for all.
            sort: what to sort by.
            sort_reverse: the other way round.
            pagination_page: which page.
            pagination_limit: lines a page.
            pagination_skip: leave out this many lines.

        Returns:
            The whole reply: ``result``, the lines, and what stands beside it.

        Example::

            lines = (await session.logs("job", transfer["id"], search="error"))["result"]
        """
        self._needs_v3("logs")
        data: dict[str, Any] = {
            "entitytype": entity_type(entitytype) if entitytype else "workspace",
            "sort": sort or "date",
            "sort_reverse": sort_reverse,
        }
        if search:
            data["search"] = search
        pages = {
            "page": checked_int("pagination_page", pagination_page),
            "limit": checked_int("pagination_limit", pagination_limit),
            "skip": checked_int("pagination_skip", pagination_skip),
        }
        if pages := {name: value for name, value in pages.items() if value is not None}:
            data["pagination"] = pages
        reply = await self._event("GET", "log/find", data, entityid=entityid)
        return reply or {"result": []}

    async def integration(self, name: str, operation: str, data: dict[str, Any]) -> Any:
        """Have an integration do something.

        Args:
            name: which one, such as ``"ftrack"``.
            operation: what, in the integration's own words.
            data: what it needs for that.

        Returns:
            What the integration answers.
        """
        uri = f"workspace/integration/{text('name', name)}/utility"
        return await self._result("PUT", uri, {"operation": text("operation", operation), "data": data})

    async def app_is_running(self) -> bool | None:
        """Whether this user's desktop app is online on this computer.

        Returns:
            ``None`` when there is none on this computer at all.
        """
        return await self._is_running(f"type={_APP}")

    async def daemon_is_running(self) -> bool | None:
        """Whether a server of this user is online on this computer.

        Returns:
            ``None`` when there is none on this computer at all.
        """
        if self.api_version == "v1":
            return await self._is_running(f"type!={_APP}")
        return await self._is_running(f"(type={_SERVER} OR type={_USERSERVER})")

    async def gui_is_running(self) -> bool | None:
        """Deprecated: the old name of ``app_is_running``."""
        warnings.warn("gui_is_running is deprecated, use app_is_running", DeprecationWarning, stacklevel=2)
        return await self.app_is_running()

    async def server_is_running(self) -> bool | None:
        """Deprecated: the old name of ``daemon_is_running``."""
        warnings.warn(
            "server_is_running is deprecated, use daemon_is_running", DeprecationWarning, stacklevel=2
        )
        return await self.daemon_is_running()

    async def _is_running(self, kind: str) -> bool | None:
        query = f"user={self._uid} AND code={socket.gethostname()} AND {kind}"
        clients = await self._result("GET", "client/find", {}, query=query)
        return any(client.get("status") in _RUNNING for client in clients) if clients else None
