"""Keeps a transfer at its speed, and measures it."""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["Pace"]

WINDOW: Final = 2.0
MAX_DEBT: Final = 0.5
MAX_CHUNK: Final = 4 << 20


class Pace:
    """A schedule of deadlines: by when how many bytes are due. Pauses do not add up to a drift.

    Args:
        rate: bytes a second.
        now: monotonic seconds.
        advanced: by how many of them a clock was moved on by hand so far.
        factor: how many of them pass in a real second.
    """

    def __init__(self, rate: float, now: float, advanced: float = 0.0, factor: float = 1.0) -> None:
        self._rate = rate
        self._scale = max(factor, 1.0)
        self._due = now
        self._advanced = advanced
        self._allowed = MAX_DEBT * self._scale
        self._window: deque[tuple[float, int]] = deque([(now, 0)])
        self._inside = 0

    @property
    def chunk(self) -> int:
        """Bytes to copy in one step: a tenth of a second's worth, from 1 byte to 4 MiB."""
        return int(min(max(self._rate * self._scale / 10, 1), MAX_CHUNK))

    def budget(self, now: float) -> int:
        """Bytes to copy in the next step: more than usual when a lot is due, but at most 4 MiB."""
        return int(min(max((now - self._due) * self._rate, self.chunk), MAX_CHUNK))

    def sent(self, count: int, now: float, advanced: float = 0.0) -> float:
        """Note bytes that were copied. Time that a clock was moved on by is made up for.

        Returns:
            How many seconds to wait before the next.
        """
        self._due += count / self._rate
        self._allowed += advanced - self._advanced
        self._advanced = advanced
        if now - self._due > self._allowed:
            # A slow disk is not made up for later with a rush.
            self._due = now - self._allowed
        self._allowed = max(MAX_DEBT * self._scale, min(self._allowed, now - self._due))
        self._window.append((now, count))
        self._inside += count
        while len(self._window) > 2 and now - self._window[0][0] > WINDOW:
            self._window.popleft()
            self._inside -= self._window[0][1]
        return max(0.0, self._due - now)

    def due(self, count: int) -> float:
        """By when so many bytes more are due, in monotonic seconds."""
        return self._due + max(count, 0) / self._rate

    def speed(self, now: float) -> float:
        """MB/s (1 MB is 1,000,000 bytes) over the last two seconds; at first the rate itself."""
        begin = self._window[0][0]
        if now - begin < 0.05:
            return self._rate / 1_000_000
        return min(self._inside / (now - begin), self._rate) / 1_000_000
