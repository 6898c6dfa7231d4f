"""The limiter equals a model: callers come, give up and are let through; the backend says 429."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from accsyn_async import RateLimit
from accsyn_async.transport.limiter import Limiter, Priority
from tests.support.clockwork import Clockwork
from tests.support.virtual import VirtualClock

RATE, BURST = 4, 3
TICK = 1 / 16
"""Times are multiples of this, and so is what a token takes: sums of them are exact."""


class Model:
    """Who is let through when."""

    def __init__(self) -> None:
        self.ends: dict[Priority, int] = {}
        self.now = self.filled = self.blocked = 0.0
        self.tokens = float(BURST)
        self.queue: list[tuple[int, int, Priority]] = []
        self.passed: list[tuple[int, float]] = []
        self.place = 0

    def join(self, priority: Priority, number: int) -> None:
        """Calls stand one place apart and polls five, from whoever went last."""
        own = [place for place, _, kind in self.queue if kind is priority]
        # The last of its kind may have given up: places are not moved up.
        start = max(self.place, self.ends.get(priority, 0) if own else 0)
        self.ends[priority] = start + (1 if priority is Priority.CALL else 5)
        self.queue.append((self.ends[priority], number, priority))

    def fill(self, now: float) -> None:
        since = max(self.filled, self.blocked)
        self.tokens = min(BURST, self.tokens + max(0.0, now - since) * RATE)
        self.now = self.filled = now

    def due(self) -> float:
        """When the next token can be taken."""
        if self.tokens >= 1:
            return self.now
        return max(self.now, self.blocked) + (1 - self.tokens) / RATE

    def until(self, now: float) -> None:
        while self.queue and self.due() <= now:
            self.fill(self.due())
            self.tokens -= 1
            first = min(self.queue)
            self.queue.remove(first)
            self.place = first[0]
            self.passed.append((first[1], self.now))
        self.fill(now)

    def drain(self, pause: float) -> None:
        self.tokens = 0.0
        self.blocked = max(self.blocked, self.now + pause)


@settings(max_examples=100, stateful_step_count=30)
class LimiterMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.steps = Clockwork()
        self.limiter = Limiter(RateLimit(RATE, burst=BURST), VirtualClock())
        self.model = Model()
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.passed: list[tuple[int, float]] = []

    async def call(self, number: int, priority: Priority) -> None:
        await self.limiter.acquire(priority)
        self.passed.append((number, self.steps.now))

    def forget(self, which: int) -> asyncio.Task[None]:
        waiting = self.model.queue.pop(which % len(self.model.queue))
        return self.tasks[waiting[1]]

    @rule(priorities=st.lists(st.sampled_from(Priority), min_size=1, max_size=4))
    def come(self, priorities: list[Priority]) -> None:
        for priority in priorities:
            number = len(self.tasks)
            self.tasks[number] = self.steps.start(self.call(number, priority))
            self.steps.settle()
            self.model.join(priority, number)
            self.model.until(self.steps.now)

    @rule(ticks=st.integers(1, 20), priorities=st.lists(st.sampled_from(Priority), min_size=1, max_size=4))
    def come_when_the_loop_was_busy(self, ticks: int, priorities: list[Priority]) -> None:
        self.steps.stall(ticks * TICK)
        self.model.fill(self.steps.now)
        waiting = bool(self.model.queue)
        for priority in priorities:
            number = len(self.tasks)
            self.tasks[number] = self.steps.start(self.call(number, priority))
            self.model.join(priority, number)
            if not waiting:
                # It finds nobody before it, and takes what there is before the next one comes.
                self.model.until(self.steps.now)
        self.model.until(self.steps.now)
        self.steps.settle()

    @rule(ticks=st.integers(0, 20))
    def wait(self, ticks: int) -> None:
        self.steps.advance(ticks * TICK)
        self.model.until(self.steps.now)

    @rule(ticks=st.integers(0, 20))
    def told_to_pause(self, ticks: int) -> None:
        async def drain() -> None:
            self.limiter.drain(ticks * TICK)

        self.steps.run(drain())
        self.model.drain(ticks * TICK)

    @precondition(lambda self: self.model.queue)
    @rule(which=st.integers(0, 9))
    def give_up(self, which: int) -> None:
        task = self.forget(which)
        task.cancel()
        self.steps.settle()
        assert task.cancelled()

    @precondition(lambda self: len(self.model.queue) > 1)
    @rule(which=st.lists(st.integers(0, 9), min_size=2, max_size=4))
    def give_up_together(self, which: list[int]) -> None:
        tasks = [self.forget(each) for each in which if self.model.queue]
        for task in tasks:
            task.cancel()
        self.steps.settle()
        assert all(task.cancelled() for task in tasks)

    @precondition(lambda self: self.model.queue)
    @rule(whole=st.booleans())
    def give_up_at_the_moment_when_it_is_let_through(self, whole: bool) -> None:
        first = min(self.model.queue)
        due = self.model.due()
        task = self.tasks[first[1]]
        self.steps.loop.call_at(due, task.cancel)
        self.steps.advance(due - self.steps.now)
        if task.cancelled():
            self.model.queue.remove(first)
        self.model.until(self.steps.now)
        if whole:
            self.steps.advance(TICK)
            self.model.until(self.steps.now)

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        assert self.passed == self.model.passed
        assert self.limiter.waiting == len(self.model.queue)

        async def blocked() -> float:
            return self.limiter.blocked

        if self.tasks or self.model.blocked:
            assert self.steps.run(blocked()) == max(0.0, self.model.blocked - self.steps.now)

    def teardown(self) -> None:
        self.steps.close()
        assert self.limiter.waiting == 0


TestLimiterMachine = LimiterMachine.TestCase
