"""What a client asks, once it has been read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Event"]


@dataclass(frozen=True, slots=True)
class Event:
    """One call.

    Attributes:
        uri: what is asked for, such as ``transfer/find``.
        workspace: the workspace's code.
        session: the session id.
        ident: the user's e-mail address.
        data: an object, a list or ``None``.
        query: a query expression; ``None`` without one.
        id: an entity id; ``None`` without one.
        linger: for how many seconds jobs that have finished are still listed among the active ones.
    """

    uri: str
    workspace: str
    session: str
    ident: str
    data: Any
    query: str | None
    id: str | None
    linger: float = 0.0
