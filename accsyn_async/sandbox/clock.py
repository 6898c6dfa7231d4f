"""The sandbox's time, as accsyn writes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["EPOCH", "Clock"]

EPOCH: Final = "1970-01-01T00:00:00"


class Clock:
    """Tells the time of day as UTC text, ``2026-01-22T08:35:59``, which sorts as it runs.

    Args:
        now: gives seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    def text(self, ago: float = 0.0) -> str:
        """The time ``ago`` seconds ago."""
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self._now() - ago))
