"""``accsyn-async abort``."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from typing import Any

from accsyn_async.cli.connection import Connection
from accsyn_async.cli.output import Output
from accsyn_async.cli.steering import steer
from accsyn_async.safe_text import safe

__all__ = ["abort"]


def abort(
    *ids: str, yes: bool = False, json: bool = False, connection: Connection | None = None
) -> Coroutine[Any, Any, int] | int:
    """Abort transfers. At a terminal it asks first.

    Args:
        ids: The transfers' ids.
        yes: Do not ask.
        json: Answer with each transfer as one JSON object a line.
        connection: How to reach the backend.
    """
    # Asked outside the event loop: there, Ctrl-C would not reach a read that blocks.
    if ids and not yes and sys.stdin.isatty() and sys.stderr.isatty() and not _confirmed(ids):
        Output().note("Nothing was aborted.")
        return 1
    return steer(ids, "aborted", json=json, connection=connection)


def _confirmed(ids: tuple[str, ...]) -> bool:
    number = "this transfer" if len(ids) == 1 else f"these {len(ids)} transfers"
    sys.stderr.write(f"Abort {number}: {', '.join(map(safe, ids))}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in ("y", "yes")
