"""``accsyn-async resume``."""

from __future__ import annotations

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.steering import steer

__all__ = ["resume"]


async def resume(*ids: str, json: bool = False, connection: Connection | None = None) -> int:
    """Let transfers go on that are paused, have failed or were aborted.

    Args:
        ids: The transfers' ids.
        json: Answer with each transfer as one JSON object a line.
        connection: How to reach the backend.
    """
    return await steer(ids, "waiting", json=json, connection=connection)
