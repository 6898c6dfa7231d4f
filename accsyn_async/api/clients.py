"""What of accsyn runs on this computer."""

from __future__ import annotations

import re
import socket
import warnings

from accsyn_async.api.caller import Caller
from accsyn_async.wire.query import quote_value

__all__ = ["ClientCalls"]

_PLAIN = re.compile(r"[\w.-]+")
_RUNNING = ("online", "disabled")
_APP, _SERVER, _USERSERVER = 0, 1, 2
"""Numbers of kinds of clients (official client 3.4.0)."""


class ClientCalls(Caller):
    """Calls on clients: the desktop app, and servers."""

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
        host = socket.gethostname()
        code = host if _PLAIN.fullmatch(host) else quote_value(host)
        query = f"user={self._uid} AND code={code} AND {kind}"
        clients = await self._rows("GET", "client/find", {}, query=query)
        return any(client.get("status") in _RUNNING for client in clients) if clients else None
