"""Virtual time that can be skipped, and a time of day that jumps."""

from __future__ import annotations

import asyncio
import datetime as dt
import selectors
from typing import Any

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class _Instant(selectors.SelectSelector):
    """Never waits and never asks the system: nothing comes from outside."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("deadlock: nothing is scheduled and nothing can happen")
        if timeout > 0:
            self.now += timeout
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` begins at 0."""

    def __init__(self) -> None:
        self._instant = _Instant()
        super().__init__(self._instant)

    def time(self) -> float:
        return self._instant.now

    def skip(self, seconds: float) -> None:
        """Let time pass in which nothing ran, as while a computer sleeps."""
        self._instant.now += seconds

    def pending_timers(self) -> list[str]:
        """What is scheduled and was not cancelled."""
        handles: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        return [repr(handle) for handle in handles if not handle.cancelled()]


class SimulatedClock:
    """The seam's clock on such a loop.

    Attributes:
        offset: seconds by which the time of day is wrong.
    """

    def __init__(self, loop: SimulatedLoop) -> None:
        self.offset = 0.0
        self._loop = loop

    def monotonic(self) -> float:
        return self._loop.time()

    def now(self) -> dt.datetime:
        return START + dt.timedelta(seconds=self._loop.time() + self.offset)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
