"""The workspace at large: its integrations, and what of it runs on this computer."""

from __future__ import annotations

import socket
import warnings
from typing import Any

from accsyn_async.api.arguments import text
from accsyn_async.api.caller import Caller

__all__ = ["WorkspaceCalls"]

_RUNNING = ("online", "disabled")
_APP, _SERVER, _USERSERVER = 0, 1, 2
"""Numbers of kinds of clients (official client 3.4.0)."""


class WorkspaceCalls(Caller):
    """Calls on integrations and clients."""

    async def integration(self, name: str, operation: str, data: dict[str, Any]) -> Any:
        """Have an integration do something.

        Args:
            name: which one, such as ``"ftrack"``.
            operation: what, in the integration's own words.
            data: what it needs for that.

        Returns:
            What the integration answers.

        Example::

            answer = await session.integration("ftrack", "status", {"project": "thefilm"})
        """
        uri = f"workspace/integration/{text('name', name)}/utility"
        return await self._result("PUT", uri, {"operation": text("operation", operation), "data": data})

    async def app_is_running(self) -> bool | None:
        """Whether this user's desktop app is online on this computer.

        Returns:
            ``None`` when there is none on this computer at all.

        Example::

            if not await session.app_is_running():
                print("start the accsyn app first")
        """
        return await self._is_running(f"type={_APP}")

    async def daemon_is_running(self) -> bool | None:
        """Whether a server of this user is online on this computer.

        Returns:
            ``None`` when there is none on this computer at all.

        Example::

            if not await session.daemon_is_running():
                print("start the accsyn daemon first")
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
