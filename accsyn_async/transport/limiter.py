"""How fast requests may go out: a token bucket, and a queue before it.

The backend allows an address 30 requests a second and bursts of 60 (platform v3.6-5);
others may share that address.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field
from enum import IntEnum

from accsyn_async.errors import ArgumentError
from accsyn_async.transport.seam import Clock

__all__ = ["Limiter", "Priority", "RateLimit", "TokenBucket"]


class Priority(IntEnum):
    """Who goes first when there are not enough tokens; the value is how many calls a place costs.

    So calls go before polls, and of five tokens in a row one is still a poll's: whoever pauses a
    thousand jobs goes on seeing how they are.
    """

    CALL = 1
    POLL = 5


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests a session may send.

    Args:
        per_second: sustained rate, requests a second.
        burst: how many may go out at once after a rest.

    Raises:
        ArgumentError: the rate is no positive number, or the burst no whole one of at least 1.

    >>> RateLimit(25, burst=40)
    RateLimit(per_second=25, burst=40)
    """

    per_second: float = 25
    burst: int = 40

    def __post_init__(self) -> None:
        rate: object = self.per_second
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not rate > 0:
            raise ArgumentError(f"per_second of a rate limit is a positive number, not {rate!r}")
        burst: object = self.burst
        if isinstance(burst, bool) or not isinstance(burst, int) or burst < 1:
            raise ArgumentError(f"burst of a rate limit is a whole number of at least 1, not {burst!r}")


class TokenBucket:
    """Counts tokens; knows no clock but the time it is given.

    >>> bucket = TokenBucket(RateLimit(2, burst=1), now=0.0)
    >>> bucket.delay(0.0), bucket.take(0.0), bucket.delay(0.0)
    (0.0, True, 0.5)
    """

    __slots__ = ("_at", "_blocked_until", "_limit", "_tokens")

    def __init__(self, limit: RateLimit, now: float) -> None:
        self._limit = limit
        self._tokens = float(limit.burst)
        self._at = now
        self._blocked_until = now

    def delay(self, now: float) -> float:
        """Seconds until there is a token, 0 when there is one."""
        self._fill(now)
        if self._tokens >= 1.0:
            return 0.0
        return max(self._blocked_until - now, 0.0) + (1.0 - self._tokens) / self._limit.per_second

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        if self.delay(now) > 0.0:
            return False
        self._tokens -= 1.0
        return True

    def blocked(self, now: float) -> float:
        """Seconds for which a 429 still lets nothing in."""
        return max(0.0, self._blocked_until - now)

    def drain(self, now: float, pause: float) -> None:
        """Empty the bucket and let nothing in for ``pause`` seconds: the backend said 429."""
        self._fill(now)
        self._tokens = 0.0
        self._blocked_until = max(self._blocked_until, now + pause)

    def _fill(self, now: float) -> None:
        since = max(self._at, self._blocked_until)
        if now > since:
            self._tokens = min(self._limit.burst, self._tokens + (now - since) * self._limit.per_second)
            # A sum of small steps may end a hair short of the token that a sleeper was promised.
            if self._tokens % 1.0 > 1.0 - 1e-9:
                self._tokens = float(round(self._tokens))
        self._at = max(self._at, now)


@dataclass(order=True, slots=True)
class _Waiter:
    place: int
    number: int
    priority: Priority = field(compare=False)
    first: asyncio.Event = field(compare=False)
    gone: bool = field(default=False, compare=False)


class Limiter:
    """Lets callers through one token each, calls before polls (see ``Priority``), each kind in order.

    Only the caller at the head of the queue sleeps; whoever becomes the head next is
    woken. A cancelled caller leaves the queue and takes no token along.

    Args:
        limit: the rate, or ``None`` to let everything through.
        clock: where time comes from.
    """

    __slots__ = ("_bucket", "_clock", "_last", "_limit", "_numbers", "_passed", "_queue", "_standing")

    def __init__(self, limit: RateLimit | None, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._bucket: TokenBucket | None = None
        self._queue: list[_Waiter] = []
        self._numbers = itertools.count()
        # The place of whoever was let through last; the last place of each kind, and how many hold one.
        self._passed = 0
        self._last = dict.fromkeys(Priority, 0)
        self._standing = dict.fromkeys(Priority, 0)

    @property
    def waiting(self) -> int:
        """How many callers stand in the queue."""
        return sum(not waiter.gone for waiter in self._queue)

    @property
    def blocked(self) -> float:
        """Seconds for which nothing may be sent, because the backend said so."""
        return self._bucket.blocked(self._clock.monotonic()) if self._bucket is not None else 0.0

    async def acquire(self, priority: Priority = Priority.CALL) -> None:
        """Wait for a token and take it."""
        bucket = self._filled()
        if bucket is None or (not self._queue and bucket.take(self._clock.monotonic())):
            return
        waiter = _Waiter(self._place(priority), next(self._numbers), priority, asyncio.Event())
        self._standing[priority] += 1
        heapq.heappush(self._queue, waiter)
        try:
            while True:
                if self._queue[0] is not waiter:
                    waiter.first.clear()
                    await waiter.first.wait()
                elif bucket.take(self._clock.monotonic()):
                    self._passed = waiter.place
                    return
                else:
                    await self._clock.sleep(bucket.delay(self._clock.monotonic()))
        finally:
            # Those in the middle stay until they come to the head: taking them out would
            # cost the length of the queue each.
            waiter.gone = True
            self._standing[priority] -= 1
            if self._queue[0].gone:
                while self._queue and self._queue[0].gone:
                    heapq.heappop(self._queue)
                if self._queue:
                    self._queue[0].first.set()

    def drain(self, pause: float) -> None:
        """Send nothing for ``pause`` seconds, and then no burst."""
        if (bucket := self._filled()) is not None:
            bucket.drain(self._clock.monotonic(), pause)

    def _place(self, priority: Priority) -> int:
        """Where a newcomer stands: behind its own kind, and others as far as its kind is slower."""
        before = self._last[priority] if self._standing[priority] else 0
        self._last[priority] = max(before, self._passed) + priority
        return self._last[priority]

    def _filled(self) -> TokenBucket | None:
        if self._bucket is None and self._limit is not None:
            self._bucket = TokenBucket(self._limit, self._clock.monotonic())
        return self._bucket
