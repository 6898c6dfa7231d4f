"""One timer ends each call at its own time."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async.transport.deadlines import Deadlines
from tests.support import virtual


async def call(deadlines: Deadlines, takes: float, most: float) -> tuple[str, float]:
    """How something that takes so long ends, and after how many seconds."""
    loop = asyncio.get_running_loop()
    began, how = loop.time(), "done"
    try:
        with deadlines.within(most):
            await asyncio.sleep(takes)
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


def test_who_is_cancelled_when_the_time_is_up_is_cancelled() -> None:
    async def main() -> None:
        deadlines = Deadlines()
        task = asyncio.create_task(call(deadlines, 100, 50))
        await asyncio.sleep(1)
        task.cancel()
        deadlines.close()
        await asyncio.wait([task])
        assert task.cancelled()

    virtual.run(main())


def test_who_has_an_answer_when_the_time_is_up_keeps_it() -> None:
    async def main() -> None:
        deadlines, answer = Deadlines(), asyncio.get_running_loop().create_future()

        async def ask() -> object:
            with deadlines.within(50):
                return await answer

        task = asyncio.create_task(ask())
        await asyncio.sleep(1)
        answer.set_result("here")
        deadlines.close()
        assert await task == "here"
        assert task.cancelling() == 0

    virtual.run(main())


def test_a_task_goes_on_after_its_time_was_up() -> None:
    async def main() -> None:
        deadlines = Deadlines()

        async def ask() -> list[tuple[str, float]]:
            return [await call(deadlines, 100, 5), await call(deadlines, 1, 5)]

        task = asyncio.create_task(ask())
        assert await task == [("late", 5), ("done", 1)]
        assert task.cancelling() == 0
        deadlines.close()

    virtual.run(main())


def test_an_error_in_spite_of_being_told_to_end_is_that_error() -> None:
    async def main() -> None:
        deadlines = Deadlines()

        async def ask() -> None:
            with deadlines.within(5):
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    raise KeyError("mine") from None

        with pytest.raises(KeyError):
            await asyncio.create_task(ask())
        deadlines.close()

    virtual.run(main())
