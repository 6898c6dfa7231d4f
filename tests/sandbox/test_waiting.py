"""When jobs have caught up with a clock that was moved on."""

from __future__ import annotations

import asyncio
from collections import UserDict
from collections.abc import ValuesView

from accsyn_async.sandbox.engine.run import Run
from accsyn_async.sandbox.engine.waiting import Waiting
from accsyn_async.sandbox.state.clock import Clock


async def settled() -> None:
    """Let all that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_run_that_was_rung_while_it_was_busy_is_not_idle() -> None:
    run = Run()
    waiting = Waiting({"job": run}, Clock(factor=0))
    caught_up = asyncio.create_task(waiting.catch_up())
    await settled()
    run.ring()
    assert await waiting.wait(run, None) is False  # It was rung, and now does something.
    await settled()
    assert not caught_up.done()
    idle = asyncio.create_task(waiting.wait(run, None))
    await settled()
    assert caught_up.done()
    waiting.close()
    await idle


async def test_one_whose_turn_it_is_belongs_to_what_is_caught_up_with() -> None:
    first, second = Run(), Run()
    runs = {"first": first, "second": second}
    waiting = Waiting(runs, Clock(factor=0))
    idle = [asyncio.create_task(waiting.wait(second, None))]
    await settled()
    caught_up = asyncio.create_task(waiting.catch_up())
    await settled()
    waiting.let_follow(second)
    del runs["first"]
    waiting.settle(first)
    await settled()
    assert idle[0].done()
    assert not caught_up.done()
    idle.append(asyncio.create_task(waiting.wait(second, None)))
    await settled()
    assert caught_up.done()
    waiting.close()
    await asyncio.gather(*idle)


async def test_what_is_due_next() -> None:
    clock = Clock(factor=0)
    first, second, third = Run(), Run(), Run()
    waiting = Waiting({"first": first, "second": second, "third": third}, clock)
    assert waiting.next_due() is None
    now = clock.monotonic()
    waits = [waiting.wait(first, 30), waiting.wait(second, 1, due=now + 20), waiting.wait(third, None)]
    idle = [asyncio.create_task(wait) for wait in waits]
    await settled()
    assert waiting.next_due() == now + 20
    clock.advance(30)
    caught_up = asyncio.create_task(waiting.catch_up())
    await settled()
    assert [one.done() for one in idle] == [True, True, False]
    assert waiting.next_due() is None
    assert not caught_up.done()  # Two now do what it was time for.
    for run in (first, second):
        idle.append(asyncio.create_task(waiting.wait(run, None)))
    await settled()
    assert caught_up.done()
    waiting.close()
    await asyncio.gather(*idle)


class Counted(UserDict[str, Run]):
    """Counts how often all of it is looked through."""

    times = 0

    def values(self) -> ValuesView[Run]:
        self.times += 1
        return super().values()


async def test_a_run_that_settles_does_not_look_at_all_others() -> None:
    runs = Counted({str(number): Run() for number in range(10)})
    waiting = Waiting(runs, Clock(factor=0))
    idle = [asyncio.create_task(waiting.wait(run, None)) for run in list(runs.values())]
    await settled()
    runs.times = 0
    await waiting.catch_up()
    assert runs.times == 1
    waiting.close()
    await asyncio.gather(*idle)
