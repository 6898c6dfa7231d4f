"""Ids of the events that calls are on the wire (``eid``). Those of a watch are made in monitor/ledger.py."""

from __future__ import annotations

import os
from collections.abc import Iterator

__all__ = ["event_ids"]

_AT_ONCE = 64


def event_ids() -> Iterator[str]:
    """Random UUIDs (version 4), one after the other, without end.

    The system is asked for many at once, which is most of what one costs.

    >>> import uuid
    >>> uuid.UUID(next(event_ids())).version
    4
    """
    while True:
        digits = os.urandom(16 * _AT_ONCE).hex()
        for at in range(0, len(digits), 32):
            text = digits[at : at + 32]
            variant = "89ab"[int(text[16], 16) & 3]
            yield f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
