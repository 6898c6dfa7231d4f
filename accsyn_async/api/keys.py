"""Keys: the user's API key, and the session keys of older workspaces."""

from __future__ import annotations

from typing import Any

from accsyn_async.api.caller import Caller, result_of
from accsyn_async.errors import ArgumentError, BackendError

__all__ = ["KeyCalls"]


class KeyCalls(Caller):
    """Calls on keys. What they return is a secret."""

    async def get_api_key(self) -> str:
        """Get the user's API key, which most workspaces do not allow.

        Example::

            key = await session.get_api_key()
        """
        reply = await self._event("GET", "user/api_key", {})
        return self._key(reply, "user/api_key", "api_key")

    def get_session_key(self) -> str:
        """The key of this session, with which another can take it up (v1).

        Raises:
            ArgumentError: the workspace speaks v3, which has no such keys.
            SessionClosedError: the session is not open.

        Example::

            key = session.get_session_key()
        """
        if self._session_key is None:
            raise ArgumentError("session keys are a matter of the older API: api_version='v1'")
        return self._session_key.reveal()

    async def generate_session_key(self, lifetime: float | str | None = None) -> str:
        """Have the backend make a new session key (v1).

        Args:
            lifetime: how long it shall be good, in the backend's unit; ``None`` leaves it
                to the backend.

        Raises:
            ArgumentError: the workspace speaks v3, which has no such keys.

        Example::

            key = await session.generate_session_key(3600)
        """
        if self.api_version != "v1":
            raise ArgumentError("session keys are a matter of the older API: api_version='v1'")
        uri = "user/generate_session_key"
        data = {"lifetime": lifetime}
        return self._key(await self._event("POST", uri, data, query=self.username), uri, "session_key")

    def _key(self, reply: dict[str, Any], uri: str, name: str) -> str:
        key = result_of(reply, uri, name)
        if not isinstance(key, str):
            raise BackendError(f"{uri}: the backend answered no key", uri=uri)
        self._hide(key)
        return key
