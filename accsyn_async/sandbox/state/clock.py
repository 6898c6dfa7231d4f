"""The sandbox's time, as accsyn writes it; it can run faster, stand still, or be moved on."""

from __future__ import annotations

import calendar
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Final

__all__ = ["END", "EPOCH", "Clock", "utc_seconds", "utc_text"]

EPOCH: Final = "1970-01-01T00:00:00"
END: Final = 253_402_300_799.0
"""The last second of the year 9999, since the epoch."""
LAST: Final = END - 86_400
"""When the clock stops, a day before."""
FORMAT: Final = "%Y-%m-%dT%H:%M:%S"


def utc_text(seconds: float) -> str:
    """Seconds since the epoch, up to `END`, as accsyn writes them.

    >>> utc_text(90)
    '1970-01-01T00:01:30'
    """
    return time.strftime(FORMAT, time.gmtime(seconds))


def utc_seconds(text: str) -> int:
    """The seconds since the epoch that `utc_text` wrote."""
    return calendar.timegm(time.strptime(text, FORMAT))


class Clock:
    """Tells the time of day as UTC text, ``2026-01-22T08:35:59``, which sorts as it runs.

    >>> clock = Clock(lambda: 0.0, factor=0)
    >>> clock.advance(90)
    >>> clock.text()
    '1970-01-01T00:01:30'

    Args:
        now: gives seconds since the epoch.
        factor: seconds that pass here in a real one; 0 for a clock that stands still until it is moved on.
        monotonic: gives real seconds that never go back.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        *,
        factor: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._monotonic = monotonic
        self._begin = self._begin_there = now()
        self._started = self._started_there = monotonic()
        self.factor = factor
        self.advanced = 0.0

    def restart(self) -> None:
        """Tell the right time again."""
        self._begin = self._begin_there = self._now()
        self._started = self._started_there = self._monotonic()
        self.advanced = 0.0

    def now(self) -> float:
        """Seconds since the epoch; it stops at the end of the year 9999."""
        return min(self._begin + (self._now() - self._begin_there) * self.factor + self.advanced, LAST)

    def monotonic(self) -> float:
        """Seconds that never go back, for measuring."""
        return self._started + (self._monotonic() - self._started_there) * self.factor + self.advanced

    def text(self, ago: float = 0.0) -> str:
        """The time ``ago`` seconds ago."""
        return utc_text(self.now() - ago)

    def http_date(self, wrong_by: float = 0.0) -> str | None:
        """The time for a ``Date`` header, wrong by so many seconds; ``None`` when it is the machine's."""
        told = max(min(self.now() + wrong_by, LAST), 0)
        return formatdate(told, usegmt=True) if abs(told - self._now()) > 1 else None

    def real(self, seconds: float | None) -> float | None:
        """How long ``seconds`` here are in real ones; ``None`` for ever."""
        if seconds is None or seconds <= 0:
            return seconds
        return seconds / self.factor if self.factor else None

    def check(self, seconds: float) -> None:
        """Refuse to be moved on by so much.

        Raises:
            ValueError: ``seconds`` is below 0, or would lead beyond the year 9999.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"a clock is moved on, not by {seconds} seconds")
        if self.now() + seconds > LAST:
            raise ValueError("the clock cannot be moved on beyond the year 9999")

    def advance(self, seconds: float) -> None:
        """Move the clock on.

        Raises:
            ValueError: ``seconds`` is below 0, or would lead beyond the year 9999.
        """
        self.check(seconds)
        self.advanced += seconds

    def run_at(self, factor: float) -> None:
        """Let time pass at another factor from now on."""
        self._begin, self._started = self.now() - self.advanced, self.monotonic() - self.advanced
        self._begin_there, self._started_there = self._now(), self._monotonic()
        self.factor = factor

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let it stand still, but for being moved on."""
        factor = self.factor
        self.run_at(0.0)
        try:
            yield
        finally:
            self.run_at(factor)

    def not_before(self, seconds: float) -> None:
        """Move the clock on to a time, given in seconds since the epoch, when it is behind that."""
        self.advanced += max(seconds - self.now(), 0.0)
