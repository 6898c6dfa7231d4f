"""One timer ends each call at its own time."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async.transport.deadlines import Deadlines
from tests.support import virtual


async def call(deadlines: Deadlines, takes: float, most: float) -> tuple[str, float]:
    """How something that takes so long ends, and after how many seconds."""
    loop = asyncio.get_running_loop()
    began, how = loop.time(), "done"
    try:
        async with asyncio.timeout(None) as timeout:
            deadlines.add(timeout, most)
            try:
                await asyncio.sleep(takes)
            finally:
                deadlines.discard(timeout)
    except TimeoutError:
        how = "late"
    return how, loop.time() - began


def timers() -> int:
    """How many timers of the running loop are still to go off."""
    scheduled = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return sum(not handle.cancelled() for handle in scheduled)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 60), st.integers(1, 60)), max_size=30))
@settings(max_examples=50, deadline=None)
def test_each_call_ends_at_its_own_time(calls: list[tuple[int, int, int]]) -> None:
    async def one(deadlines: Deadlines, begins: int, takes: int, most: int) -> None:
        await asyncio.sleep(begins)
        # Half a second apart, so that it is never both at once.
        ended = await call(deadlines, takes, most + 0.5)
        assert ended == (("done", takes) if takes <= most else ("late", most + 0.5))

    async def main() -> None:
        deadlines = Deadlines()
        await asyncio.gather(*(one(deadlines, *each) for each in calls))
        deadlines.close()

    virtual.run(main())


def test_closing_ends_all_at_once_and_leaves_no_timer() -> None:
    async def main() -> None:
        deadlines, before = Deadlines(), timers()
        calls = [asyncio.create_task(call(deadlines, 100, most)) for most in (50, 20, 80)]
        await asyncio.sleep(5)
        deadlines.close()
        deadlines.close()
        assert await asyncio.gather(*calls) == [("late", 5)] * 3
        assert timers() == before
        # One that comes after that leaves nothing behind either.
        assert await call(deadlines, 1, 10) == ("done", 1)
        assert timers() == before

    virtual.run(main())


def test_a_cancelled_call_is_cancelled() -> None:
    async def main() -> None:
        deadlines = Deadlines()
        task = asyncio.create_task(call(deadlines, 100, 50))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await asyncio.sleep(100)
        deadlines.close()

    virtual.run(main())
