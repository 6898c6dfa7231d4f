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
from typing import Any, NamedTuple

from accsyn_async import PollPolicy, Session, Watch
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure
from benchmarks.figures import Effort, Figure, at_most, single, spread
from tests.support import virtual
from tests.support.backend import Backend, job_id, reply

TITLE = "Watches"
ABOUT = (
    "10,000 watches of one job each of 500, in virtual time, each with a task that reads: CPU is all"
    " there is but the backend's answers, memory tracemalloc's of a watch without its consumer, beside one"
    " of each job. And 500 changes told to 1,000 watches of every job, in real time: how long the event"
    " loop is kept meanwhile, the library and the thousand readers together."
)
NEEDS = ()

JOBS = 500
WATCHES = 10_000
SECONDS = {"quick": 20, "full": 60}
WEIGHED = {"quick": 2_000, "full": WATCHES}
BUSY_WATCHES = 1_000
ROUNDS = {"quick": 4, "full": 10}


async def measure(effort: Effort) -> list[Figure]:
    """What many watches cost, and how long the loop is kept while they are told."""
    figures = []
    seconds = SECONDS[effort]
    for name, share in (("unchanged", 0.0), ("10% changed a second", 0.1)):
        cost = await asyncio.to_thread(virtual.run, _many(share, seconds))
        figures += [
            single(f"list requests, {name}", cost.lists / seconds, "/s", bound=at_most(1)),
            single(f"CPU of a poll, {name}", cost.cpu * 1000 / cost.lists, "ms"),
        ]
    weight = await asyncio.to_thread(virtual.run, _memory(WEIGHED[effort]))
    figures.append(single("memory of a watch", weight, "bytes", bound=at_most(2000)))
    found, changes = await _telling(ROUNDS[effort])
    events = f"{JOBS * BUSY_WATCHES:,} events"
    note = f"The most of {len(changes)} rounds of {events}; others on the machine add nothing to CPU."
    figures += [
        single(
            "loop kept by changes, CPU",
            max(turn.cpu for turn in changes),
            "ms",
            bound=at_most(50),
            note=note,
        ),
        spread("loop kept by changes, by the clock", [turn.passed for turn in changes], "ms"),
        single("loop kept by all there is, CPU", found.cpu, "ms", bound=at_most(50)),
    ]
    return figures


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


class _Cost(NamedTuple):
    """CPU seconds without the backend's, and requests for lists; each poll makes one."""

    cpu: float
    lists: int


async def _many(share: float, seconds: int) -> _Cost:
    backend = _backend()
    async with backend.session(rate_limit=None) as session, AsyncExitStack() as stack:
        consumers = [asyncio.create_task(_consume(watch)) for watch in await _enter(session, stack, WATCHES)]
        await asyncio.sleep(10)
        asked = len(backend.lists())
        began = time.process_time() - backend.spent
        for second in range(seconds):
            for number in range(int(JOBS * share)):
                at = (second * int(JOBS * share) + number) % JOBS
                backend.move(at, progress=(second + 2) % 90)
            await asyncio.sleep(1)
        cpu = time.process_time() - backend.spent - began
        lists = len(backend.lists()) - asked
        for consumer in consumers:
            consumer.cancel()
        await asyncio.gather(*consumers, return_exceptions=True)
    return _Cost(cpu, lists)


async def _memory(count: int) -> float:
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
        entered = await _enter(session, stack, count)
        for watch in entered:
            await anext(watch)
            await anext(watch)
        del backend.received[:]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return (after - before) / count


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


class Turn(NamedTuple):
    """The longest time between two turns of a task: milliseconds by the clock, and of CPU."""

    passed: float
    cpu: float


async def _telling(rounds: int) -> tuple[Turn, list[Turn]]:
    """How long the event loop is kept while many are told what there is, and then of many changes."""
    backend = _Ready(latency=0.0)
    for number in range(JOBS):
        backend.add(number, progress=1)
    backend.make()
    policy = PollPolicy(soon=0.3, running=0.3, jitter=0)
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
        found = await longest_turn(lambda: seen["Synced"] == BUSY_WATCHES)
        changes = []
        for number in range(rounds):
            seen.clear()
            for each in range(JOBS):
                backend.move(each, progress=10 + number)
            backend.make()
            gc.collect()
            changes.append(await longest_turn(lambda: seen["JobChanged"] == JOBS * BUSY_WATCHES))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return found, changes


async def longest_turn(done: Callable[[], bool]) -> Turn:
    """Give way until something is done; the longest time until it was our turn again."""
    longest = most = 0.0
    while not done():
        began, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - began)
        most = max(most, time.process_time() - used)
    return Turn(longest * 1000, most * 1000)
