"""Ten thousand watches of one job each, and a thousand watches of every job.

The backend is the tests', in memory: what its answers cost is not counted.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from accsyn_async import PollPolicy, Session, Watch
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure
from tests.support import virtual
from tests.support.backend import Backend, job_id, reply

JOBS = 500
WATCHES = 10_000
SECONDS = 60
BUSY_WATCHES = 1_000
ROUNDS = 5


def main() -> None:
    """Measure one job watched by each of many, and print."""
    print(f"{WATCHES:,} watches of one job each, {JOBS} jobs, {SECONDS} s of virtual time")
    for name, share in (("nothing changes", 0.0), ("a tenth of the jobs changes each second", 0.1)):
        cpu, lists, polls = virtual.run(_many(share))
        print(
            f"  {name}: {lists / SECONDS:.2f} list requests a second, {cpu / polls * 1000:.2f} ms CPU a poll"
        )
    each = virtual.run(_memory())
    print(f"  memory a watch beside its consumer: {each:.0f} bytes")


class _Uncounted(Backend):
    """Notes the CPU that its answers cost."""

    spent = 0.0

    async def send(self, request: Request, *, timeout: float) -> Response | Failure:
        """Answer."""
        began = time.process_time()
        answer = super().send(request, timeout=timeout)
        self.spent += time.process_time() - began
        return await answer

    def answer(self, received: Any, request: Request) -> Response:
        """Answer."""
        began = time.process_time()
        answer = super().answer(received, request)
        self.spent += time.process_time() - began
        return answer


def _backend() -> _Uncounted:
    backend = _Uncounted(latency=0.05)
    for number in range(JOBS):
        backend.add(number, progress=1)
    return backend


async def _consume(watch: Watch) -> None:
    async for _ in watch:
        pass


async def _enter(session: Session, stack: AsyncExitStack, count: int) -> list[Watch]:
    return [await stack.enter_async_context(session.watch(job_id(n % JOBS))) for n in range(count)]


async def _many(share: float) -> tuple[float, int, int]:
    """CPU seconds without the backend's, requests for lists, polls."""
    backend = _backend()
    async with backend.session(rate_limit=None) as session, AsyncExitStack() as stack:
        consumers = [asyncio.create_task(_consume(watch)) for watch in await _enter(session, stack, WATCHES)]
        await asyncio.sleep(10)
        asked = len(backend.lists())
        began = time.process_time() - backend.spent
        for second in range(SECONDS):
            for number in range(int(JOBS * share)):
                at = (second * int(JOBS * share) + number) % JOBS
                backend.move(at, progress=(second + 2) % 90)
            await asyncio.sleep(1)
        cpu = time.process_time() - backend.spent - began
        lists = len(backend.lists()) - asked
        for consumer in consumers:
            consumer.cancel()
        await asyncio.gather(*consumers, return_exceptions=True)
    return cpu, lists, lists


async def _memory() -> float:
    """Bytes that one watch takes once what it was told is read."""
    backend = _backend()
    async with backend.session(rate_limit=None) as session, AsyncExitStack() as stack:
        # What the jobs take is there before: one watch of each.
        for watch in await _enter(session, stack, JOBS):
            await anext(watch)
            await anext(watch)
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        entered = await _enter(session, stack, WATCHES)
        for watch in entered:
            await anext(watch)
            await anext(watch)
        del backend.received[:]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return (after - before) / WATCHES


class _Ready(Backend):
    """Answers lists with what was made beforehand, so that the loop is not kept by it."""

    body: Response | None = None

    def answer(self, received: Any, request: Request) -> Response:
        """Answer."""
        data = received.data or {}
        if self.body is not None and received.uri == "transfer/find" and not data.get("finished"):
            return self.body
        return super().answer(received, request)

    def make(self) -> None:
        """Make the answer for a watch of every job."""
        self.body = reply(json.dumps({"result": list(self.jobs.values())}).encode())


async def telling() -> None:
    """Measure how long the event loop is blocked while many are told of many changes, and print."""
    backend = _Ready(latency=0.0)
    for number in range(JOBS):
        backend.add(number, progress=1)
    backend.make()
    policy = PollPolicy(soon=0.3, running=0.3, jitter=0)
    print(f"{JOBS} changes to {BUSY_WATCHES:,} watches of every job, each with a task that reads")
    async with (
        Session(
            "acme", "lisa@example.com", backend.key, url="http://127.0.0.1:1", poll=policy, _sender=backend
        ) as session,
        AsyncExitStack() as stack,
    ):
        entered = [await stack.enter_async_context(session.watch("Transfer")) for _ in range(BUSY_WATCHES)]
        seen = Counter[str]()

        async def follow(watch: Watch) -> None:
            async for event in watch:
                seen[type(event).__name__] += 1

        tasks = [asyncio.create_task(follow(watch)) for watch in entered]
        worst = await _ticked(lambda: seen["Synced"] == BUSY_WATCHES)
        print(f"  what there is: {seen['JobFound']:,} events, {worst}")
        for number in range(ROUNDS):
            seen.clear()
            for each in range(JOBS):
                backend.move(each, progress=10 + number)
            backend.make()
            gc.collect()
            worst = await _ticked(lambda: seen["JobChanged"] == JOBS * BUSY_WATCHES)
            print(f"  changes: {seen['JobChanged']:,} events, {worst}")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ticked(done: Callable[[], bool]) -> str:
    """Give way until something is done; the longest time until it was our turn again."""
    longest = most = 0.0
    while not done():
        began, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - began)
        most = max(most, time.process_time() - used)
    return f"the loop blocked for {longest * 1000:.0f} ms at most ({most * 1000:.0f} ms of CPU)"
