"""Coroutines in virtual time, step by step, from code that is no coroutine: for state machines."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tests.support.virtual import VirtualLoop

T = TypeVar("T")


class Clockwork:
    """A loop that runs only when it is told to."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()

    @property
    def now(self) -> float:
        return self.loop.time()

    def start(self, main: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin something; it runs with the next step."""
        return self.loop.create_task(main)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run something to its end."""
        return self.loop.run_until_complete(main)

    def settle(self) -> None:
        """Let all that can happen now happen; no time passes."""
        self.run(_yield())

    def advance(self, seconds: float) -> None:
        """Let time pass, and all happen that is due by then."""
        self.run(asyncio.sleep(seconds))
        self.settle()

    def stall(self, seconds: float) -> None:
        """Let time pass in which nothing runs, as when something keeps the loop busy."""
        self.loop._instant.now += seconds

    def close(self) -> None:
        """Cancel what still runs, and check that it ends."""
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.settle()
        left = asyncio.all_tasks(self.loop)
        self.loop.close()
        assert not left, f"tasks left behind: {left}"


async def _yield() -> None:
    for _ in range(30):
        await asyncio.sleep(0)
