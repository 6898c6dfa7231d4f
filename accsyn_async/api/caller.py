"""What every topic of calls stands on: making one call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from accsyn_async.errors import BackendError
from accsyn_async.wire.message import Verb

__all__ = ["Caller", "result_of"]


class Caller(ABC):
    """Makes calls; the topics add the methods that say which."""

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


def result_of(reply: dict[str, Any], uri: str) -> Any:
    """The ``result`` of a reply.

    Raises:
        BackendError: it has none.
    """
    if "result" not in reply:
        raise BackendError(f"{uri}: the reply has no result", uri=uri)
    return reply["result"]
