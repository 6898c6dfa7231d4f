"""An event loop whose time passes at once: a day of polling takes a moment."""

from __future__ import annotations

import asyncio
import datetime as dt
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

LONGEST = 3 * 86_400.0
"""Virtual seconds after which a test is given up: what it waits for will not come."""
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class _Selector(selectors.SelectSelector):
    """Never waits: where others would sleep, it moves the loop's clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise RuntimeError("deadlock: nothing is scheduled and nothing can happen")
        self.now += max(timeout, 0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` begins at 0."""

    def __init__(self) -> None:
        self._instant = _Selector()
        super().__init__(self._instant)

    def time(self) -> float:
        return self._instant.now


class VirtualClock:
    """The seam's clock on a virtual loop."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> dt.datetime:
        return START + dt.timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time and check that it leaves no task behind."""

    async def checked() -> T:
        async with asyncio.timeout(LONGEST):
            result = await main
        for _ in range(3):
            await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left behind: {left}"
        return result

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(checked())
