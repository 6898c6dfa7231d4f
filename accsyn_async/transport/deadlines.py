"""When calls have to end: one timer for all that are under way.

A timer each would cost more than all else that is done for a call before it is sent: most
are never needed, and the event loop has to sort them.
"""

from __future__ import annotations

import asyncio

__all__ = ["Deadlines"]


class Deadlines:
    """Ends calls that take too long, and on closing all of them."""

    __slots__ = ("_closed", "_ends", "_timer")

    def __init__(self) -> None:
        self._ends: dict[asyncio.Timeout, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether no call is under way."""
        return not self._ends

    def add(self, timeout: asyncio.Timeout, seconds: float) -> None:
        """Let a timeout that was begun without a time end after so many seconds."""
        loop = asyncio.get_running_loop()
        end = self._ends[timeout] = loop.time() + seconds
        if self._timer is None or end < self._timer.when():
            self._wake_at(end, loop)

    def discard(self, timeout: asyncio.Timeout) -> None:
        """Forget a timeout: what it was for is over."""
        self._ends.pop(timeout, None)
        if self._closed and not self._ends:
            self._stop()

    def close(self) -> None:
        """End everything now. May be called twice."""
        self._closed = True
        self._end(list(self._ends))
        self._stop()

    def _wake(self) -> None:
        timer, self._timer = self._timer, None
        loop = asyncio.get_running_loop()
        # A timer may go off a little early, by the clock's resolution.
        now = max(loop.time(), timer.when() if timer is not None else 0.0)
        self._end([timeout for timeout, end in self._ends.items() if end <= now])
        if self._ends:
            self._wake_at(min(self._ends.values()), loop)

    def _end(self, timeouts: list[asyncio.Timeout]) -> None:
        now = asyncio.get_running_loop().time()
        for timeout in timeouts:
            del self._ends[timeout]
            if not timeout.expired():
                timeout.reschedule(now)

    def _wake_at(self, when: float, loop: asyncio.AbstractEventLoop) -> None:
        self._stop()
        self._timer = loop.call_at(when, self._wake)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
