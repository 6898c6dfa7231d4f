"""What every topic of calls stands on: making one call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from accsyn_async.errors import ArgumentError, BackendError, NotFoundError
from accsyn_async.wire.dialect import ApiVersion
from accsyn_async.wire.message import Call, Verb
from accsyn_async.wire.redact import Secret
from accsyn_async.wire.reply import Failure

__all__ = ["Caller", "result_of"]

T = TypeVar("T")


class Caller(ABC):
    """Makes calls; the topics add the methods that say which.

    Their methods raise, besides what they name: ``ArgumentError`` before anything is
    sent, ``AuthenticationError``, ``PermissionDeniedError``, ``NotFoundError``,
    ``RateLimitedError``, ``BackendError``, ``TransportError``, ``SessionClosedError``,
    and those that change something ``OutcomeUnknownError``, when it was sent and may or
    may not have been done.
    """

    @property
    @abstractmethod
    def api_version(self) -> ApiVersion:
        """The dialect that the workspace speaks."""

    @property
    @abstractmethod
    def username(self) -> str:
        """The user's e-mail address."""

    @property
    @abstractmethod
    def _uid(self) -> str:
        """Id of the user who logged in."""

    @property
    @abstractmethod
    def _session_key(self) -> Secret | None:
        """The key of this session (v1); ``None`` in v3, which has none."""

    @abstractmethod
    def _hide(self, secret: str) -> None:
        """Keep a secret that a call brought out of every message from now on."""

    @abstractmethod
    async def _event(
        self,
        verb: Verb,
        uri: str,
        data: dict[str, Any] | list[Any] | None = None,
        *,
        query: str | None = None,
        entityid: str | None = None,
    ) -> dict[str, Any]:
        """Make a call and return the whole reply."""

    @abstractmethod
    async def _read(self, call: Call, read: Callable[[bytes], T | Failure]) -> T:
        """Make a call that changes nothing and return what ``read`` makes of the reply."""

    async def _result(
        self,
        verb: Verb,
        uri: str,
        data: dict[str, Any] | list[Any] | None = None,
        *,
        query: str | None = None,
        entityid: str | None = None,
    ) -> Any:
        """Make a call and return its ``result``."""
        return result_of(await self._event(verb, uri, data, query=query, entityid=entityid), uri)

    async def _rows(
        self,
        verb: Verb,
        uri: str,
        data: dict[str, Any] | list[Any] | None = None,
        *,
        query: str | None = None,
        entityid: str | None = None,
    ) -> list[Any]:
        """Make a call whose ``result`` is a list of rows; ``null`` is none."""
        rows = await self._result(verb, uri, data, query=query, entityid=entityid)
        if rows is None:
            return []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BackendError(f"{uri}: the backend answered something else than rows", uri=uri)
        return rows

    async def _remove(self, uri: str, data: dict[str, Any] | None, entityid: str | None = None) -> Any:
        """Delete something; that it is gone at the second try, after a lost answer, is success."""
        try:
            return await self._result("DELETE", uri, data, entityid=entityid)
        except NotFoundError as error:
            if error.after_unknown:
                return True
            raise

    def _needs_v3(self, name: str) -> None:
        if self.api_version != "v3":
            raise ArgumentError(f"{name} is not part of the older API: it needs api_version='v3'")


def result_of(reply: dict[str, Any], uri: str, name: str = "result") -> Any:
    """The ``result`` of a reply, or what else it is called.

    Raises:
        BackendError: it has none.
    """
    if name not in reply:
        raise BackendError(f"{uri}: the reply has no {name}", uri=uri)
    return reply[name]
