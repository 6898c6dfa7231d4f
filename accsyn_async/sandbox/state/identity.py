"""Fresh ids: random, or with a seed the same in every run."""

from __future__ import annotations

import random
import secrets
import time
import uuid
from contextvars import ContextVar
from typing import Final

__all__ = ["draw_from", "new_id", "new_uuid"]

_SOURCE: Final[ContextVar[random.Random | None]] = ContextVar("accsyn_sandbox_ids", default=None)


def draw_from(source: random.Random | None) -> None:
    """Draw the ids that are made in this task from now on; ``None`` for ids that nobody can foretell."""
    _SOURCE.set(source)


def new_id() -> str:
    """A fresh entity id: 24 hex digits, the first eight the time unless there is a seed."""
    source = _SOURCE.get()
    if source is not None:
        return f"{source.getrandbits(96):024x}"
    return f"{int(time.time()) & 0xFFFFFFFF:08x}{secrets.token_hex(8)}"


def new_uuid() -> str:
    """A fresh uuid."""
    source = _SOURCE.get()
    return str(uuid.uuid4() if source is None else uuid.UUID(int=source.getrandbits(128), version=4))
