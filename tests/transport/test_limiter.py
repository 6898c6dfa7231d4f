"""The token bucket, and the queue before it, in virtual time."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from accsyn_async import RateLimit
from accsyn_async.errors import ArgumentError
from accsyn_async.transport.limiter import Limiter, Priority, TokenBucket
from tests.support.virtual import VirtualClock, run


@pytest.mark.parametrize(
    ("rate", "burst", "wrong"),
    [
        *((rate, 1, "per_second") for rate in (0, -1, math.nan, "x", None, True)),
        *((25, burst, "burst") for burst in (0, -1, "3", 2.5, None, True)),
    ],
)
def test_a_limit_lets_something_through(rate: Any, burst: Any, wrong: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{wrong} of a rate limit"):
        RateLimit(rate, burst)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(Priority)), st.floats(0, 3)), min_size=1, max_size=120),
    st.sampled_from([(25, 40), (3, 1), (10, 5)]),
)
def test_no_window_ever_holds_more_than_burst_and_rate_allow(
    arrivals: list[tuple[Priority, float]], limit: tuple[int, int]
) -> None:
    async def main() -> None:
        limiter = Limiter(RateLimit(*limit), VirtualClock())
        loop = asyncio.get_running_loop()
        granted: list[float] = []

        async def caller(priority: Priority, after: float) -> None:
            await asyncio.sleep(after)
            await limiter.acquire(priority)
            granted.append(loop.time())

        async with asyncio.TaskGroup() as group:
            for priority, after in arrivals:
                group.create_task(caller(priority, after))
        assert len(granted) == len(arrivals)
        for first in range(len(granted)):
            for last in range(first, len(granted)):
                span = granted[last] - granted[first]
                assert last - first + 1 <= limit[1] + span * limit[0] + 1e-6
        assert limiter.waiting == 0

    run(main())


def test_calls_go_before_polls_and_each_kind_in_order() -> None:
    async def main() -> None:
        limiter = Limiter(RateLimit(1, burst=1), VirtualClock())
        await limiter.acquire()
        order: list[str] = []

        async def caller(name: str, priority: Priority) -> None:
            await limiter.acquire(priority)
            order.append(name)

        async with asyncio.TaskGroup() as group:
            for name in ("p1", "p2", "c1", "c2"):
                group.create_task(caller(name, Priority.POLL if name[0] == "p" else Priority.CALL))
                await asyncio.sleep(0)
        assert order == ["c1", "c2", "p1", "p2"]

    run(main())


def test_a_crowd_of_calls_leaves_one_token_of_five_to_polls() -> None:
    async def main() -> None:
        limiter = Limiter(RateLimit(1, burst=1), VirtualClock())
        await limiter.acquire()
        order: list[str] = []

        async def caller(name: str, priority: Priority) -> None:
            await limiter.acquire(priority)
            order.append(name)

        async with asyncio.TaskGroup() as group:
            for _ in range(100):
                group.create_task(caller("c", Priority.CALL))
            await asyncio.sleep(0)
            for _ in range(3):
                group.create_task(caller("p", Priority.POLL))
            await asyncio.sleep(0)
        assert "".join(order).startswith("cccccpcccccpcccccpcccccc")

    run(main())


def test_a_cancelled_caller_takes_no_token_along() -> None:
    async def main() -> None:
        clock = VirtualClock()
        for cancelled in range(5):
            limiter = Limiter(RateLimit(1, burst=1), clock)
            await limiter.acquire()
            began = clock.monotonic()
            tasks = [asyncio.create_task(limiter.acquire()) for _ in range(5)]
            await asyncio.sleep(0.5)
            tasks[cancelled].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert clock.monotonic() - began == pytest.approx(4)
            assert limiter.waiting == 0

    run(main())


def test_a_throttle_empties_the_bucket() -> None:
    async def main() -> None:
        clock = VirtualClock()
        limiter = Limiter(RateLimit(10, burst=20), clock)
        await limiter.acquire()
        limiter.drain(3)
        await limiter.acquire()
        assert clock.monotonic() == pytest.approx(3.1)

    run(main())


def test_no_limit_is_no_wait() -> None:
    async def main() -> None:
        limiter = Limiter(None, VirtualClock())
        for _ in range(1000):
            await limiter.acquire()
        limiter.drain(100)
        await limiter.acquire()
        assert asyncio.get_running_loop().time() == 0

    run(main())


class BucketModel(RuleBasedStateMachine):
    """The bucket equals a list of the moments at which tokens were taken."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.bucket = TokenBucket(RateLimit(5, burst=3), 0.0)
        self.tokens = 3.0
        self.blocked = 0.0
        self.filled = 0.0

    def fill(self) -> None:
        since = max(self.filled, self.blocked)
        if self.now > since:
            self.tokens = min(3.0, self.tokens + (self.now - since) * 5)
        self.filled = max(self.filled, self.now)

    @rule(seconds=st.integers(0, 20))
    def wait(self, seconds: int) -> None:
        self.now += seconds / 16

    @rule()
    def take(self) -> None:
        self.fill()
        able = self.tokens >= 1 - 1e-9
        assert self.bucket.take(self.now) is able
        if able:
            self.tokens -= 1

    @rule(pause=st.integers(0, 20))
    def drain(self, pause: int) -> None:
        self.fill()
        self.tokens = 0.0
        self.blocked = max(self.blocked, self.now + pause / 16)
        self.bucket.drain(self.now, pause / 16)

    @invariant()
    def waiting_long_enough_gives_a_token(self) -> None:
        delay = self.bucket.delay(self.now)
        assert 0 <= delay <= 20 / 16 + 0.2 + 1e-9


TestBucketModel = BucketModel.TestCase
