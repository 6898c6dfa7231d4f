"""When calls have to end: one timer for all that are under way.

A timer each would cost more than all else that is done for a call before it is sent: most
are never needed, and the event loop has to sort them.
"""

from __future__ import annotations

import asyncio
import math
from types import TracebackType
from typing import Any

__all__ = ["Deadline", "Deadlines"]


class Deadlines:
    """Ends calls that take too long, and on closing all of them."""

    __slots__ = ("_closed", "_timer", "_under_way", "_wakes")

    def __init__(self) -> None:
        self._under_way: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes = math.inf
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether no call is under way."""
        return not self._under_way

    def within(self, seconds: float) -> Deadline:
        """What a call runs within that has so many seconds: a context that raises ``TimeoutError``."""
        return Deadline(self, seconds)

    def close(self) -> None:
        """End everything now. May be called twice."""
        self._closed = True
        self._end(list(self._under_way))
        self._stop()

    def _add(self, deadline: Deadline, loop: asyncio.AbstractEventLoop) -> None:
        self._under_way.add(deadline)
        if deadline.end < self._wakes:
            self._wake_at(deadline.end, loop)

    def _discard(self, deadline: Deadline) -> None:
        self._under_way.discard(deadline)
        if self._closed and not self._under_way:
            self._stop()

    def _wake(self) -> None:
        # A timer may go off a little early, by the clock's resolution.
        now = max(asyncio.get_running_loop().time(), self._wakes)
        self._timer, self._wakes = None, math.inf
        self._end([deadline for deadline in self._under_way if deadline.end <= now])
        if self._under_way:
            end = min(deadline.end for deadline in self._under_way)
            self._wake_at(end, asyncio.get_running_loop())

    def _end(self, deadlines: list[Deadline]) -> None:
        loop = asyncio.get_running_loop()
        for deadline in deadlines:
            self._under_way.discard(deadline)
            # Not at once: what has its answer already, and is about to take it, keeps it.
            loop.call_soon(deadline.pass_by)

    def _wake_at(self, when: float, loop: asyncio.AbstractEventLoop) -> None:
        self._stop()
        self._wakes = when
        self._timer = loop.call_at(when, self._wake)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._wakes = None, math.inf


class Deadline:
    """Ends what runs within it when its time is up: ``asyncio.timeout``, at a third of its cost.

    Args:
        deadlines: who wakes it.
        seconds: how many it has from entering.
    """

    __slots__ = ("_cancelling", "_deadlines", "_passed", "_task", "end")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._task: asyncio.Task[Any] | None = None
        self._cancelling = 0
        self._passed = False
        self.end = seconds
        """The event loop's time at which it is up, once it was entered."""

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a call is made in a task")
        self._task = task
        self._cancelling = task.cancelling()
        self.end += loop.time()
        self._deadlines._add(self, loop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        self._deadlines._discard(self)
        if not self._passed or task is None:
            return
        # Where somebody else has cancelled the task as well, that counts.
        if task.uncancel() <= self._cancelling and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error

    def pass_by(self) -> None:
        """The time is up: cancel the task, unless it has left already."""
        if self._task is not None:
            self._passed = True
            self._task.cancel()
