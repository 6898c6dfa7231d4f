"""Cores: one for the client that is measured, another for the server that answers it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

__all__ = ["apart"]


@contextlib.contextmanager
def apart() -> Iterator[int | None]:
    """Keep this process on one core, and give another to run a server on.

    ``None`` where this process may use only one, or where none can be kept on a core (macOS, Windows).
    """
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        yield None
        return
    server, *_, client = sorted(allowed)
    os.sched_setaffinity(0, {client})
    try:
        yield server
    finally:
        os.sched_setaffinity(0, allowed)
