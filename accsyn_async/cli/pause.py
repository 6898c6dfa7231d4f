"""``accsyn-async pause``."""

from __future__ import annotations

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.steering import steer

__all__ = ["pause"]


async def pause(*ids: str, json: bool = False, connection: Connection | None = None) -> int:
    """Pause transfers; they keep what has arrived.

    Args:
        ids: The transfers' ids.
        json: Answer with each transfer as one JSON object a line.
        connection: How to reach the backend.
    """
    return await steer(ids, "paused", json=json, connection=connection)
