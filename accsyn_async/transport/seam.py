"""The seam to the outside: a coroutine that sends, a coroutine that sleeps, and a clock.

Everything above it is logic; tests replace these and run in no time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from typing import Protocol

from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure

__all__ = ["AsyncioClock", "Clock", "Sender"]


class Sender(Protocol):
    """Sends one request, once."""

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        """Send a request and read the whole response.

        Args:
            request: what goes out, byte for byte.
            timeout: seconds without a byte of the response after which to give up;
                infinite where the caller watches the time.

        Returns:
            The response, or why there is none. Never raises for what the network does.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections. May be called twice."""
        ...


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps."""
        ...

    def now(self) -> dt.datetime:
        """The time of day, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class AsyncioClock:
    """The clock of the event loop in which it is asked first, and the computer's."""

    __slots__ = ("_time",)

    def __init__(self) -> None:
        self._time: Callable[[], float] | None = None

    def monotonic(self) -> float:
        """Seconds on the event loop's clock."""
        if self._time is None:
            # Looking for the loop takes longer than asking it.
            self._time = asyncio.get_running_loop().time
        return self._time()

    def now(self) -> dt.datetime:
        """The time of day, UTC."""
        return dt.datetime.fromtimestamp(time.time(), dt.UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
