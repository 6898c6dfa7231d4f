"""How fast a job is found to go, and so how long it still takes. Pure."""

from __future__ import annotations

import math

__all__ = ["Pace"]

_MEMORY = 30.0
"""Seconds after which what was seen counts for a third of what it did."""


class Pace:
    """Estimates the time left of one job from what was seen of its progress.

    The backend tells whole percents, so that progress comes in steps which may be
    minutes apart. The clock starts with the first step that was seen; from the second
    on there is an estimate, smoothed; while a step is overdue it grows.

    >>> pace = Pace()
    >>> [pace.observe(now, done, 1000) for now, done in ((0, 0), (10, 10), (20, 20), (25, 20))]
    [None, None, 980.0, 975.0]
    """

    __slots__ = ("_at", "_done", "_rate", "_stepped", "_total")

    def __init__(self) -> None:
        self._at = 0.0
        self._done = -1.0
        self._total = 0.0
        self._rate: float | None = None
        self._stepped = False

    def pause(self) -> None:
        """It does not run: time that passes now says nothing. The rate is kept."""
        self._done = -1.0
        self._stepped = False

    def observe(self, now: float, done: float, total: float) -> float | None:
        """Take note of how far it is.

        Args:
            now: on the monotonic clock, seconds.
            done: how much is done, in bytes or percent.
            total: of how much.

        Returns:
            Seconds left; ``None`` while nothing is known.
        """
        if total != self._total and self._total:
            # More to do, or another unit: where it stands is known anew, its speed only if bytes stay bytes.
            if min(total, self._total) <= 100:
                self._rate = None
            self._done = -1.0
        self._total = total
        if self._done < 0 or done < self._done:
            self._at, self._done, self._stepped = now, done, False
        elif done > self._done and now > self._at:
            self._step(now, done)
        return self._left(now)

    def _step(self, now: float, done: float) -> None:
        elapsed = now - self._at
        if self._stepped:
            seen = (done - self._done) / elapsed
            weight = 1.0 - math.exp(-elapsed / _MEMORY)
            self._rate = seen if self._rate is None else self._rate + weight * (seen - self._rate)
        self._at, self._done, self._stepped = now, done, True

    def _left(self, now: float) -> float | None:
        left = self._total - self._done
        if left <= 0:
            return 0.0
        if not self._rate:
            return None
        waited, step = now - self._at, self._total / 100
        rate = min(self._rate, step / waited) if waited > 0 else self._rate
        return (left - min(rate * waited, step)) / rate
