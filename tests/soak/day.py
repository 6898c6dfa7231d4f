"""A day with thousands of jobs: all kinds of watches at once, and bad weather every hour.

Memory is looked at twice an hour, in three ways. Python's own allocator says how many
blocks it has given out, to the last object, whether the garbage collector knows of it
or not: snapshots are such that it does not. Larger things, such as replies and tables,
are C's allocator's, which says how many bytes it has given out. And there is what the
process holds, once what is free was given back.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from accsyn_async import (
    Event,
    JobChanged,
    JobFinished,
    PollPolicy,
    RateLimit,
    Session,
    SessionClosedError,
    Synced,
)
from accsyn_async.wire.message import Response
from accsyn_async.wire.reply import Failure
from tests.soak.fleet import BAD_ANSWERS, EMPTY, LISTED_USERS, UNREACHED, Fleet
from tests.soak.memory import Sample
from tests.soak.visitors import Visitors
from tests.support.virtual import VirtualClock

HOUR = 3600.0
SAMPLES = 0.5
"""Hours between two looks at memory."""
SETTLED = 900.0
"""Seconds after the last wave within which everybody is told of everything."""
FIRST_STALL, STALL = 2100.0, 1200.0
"""When in each hour the slow consumer stops reading, and for how long."""
LIMIT = RateLimit(25, burst=5)
"""So that no second has more than 30: with bursts of 40 that would be a matter of luck."""


@dataclass
class Account:
    """The ends that somebody is to be told of, each once.

    Attributes:
        owed: those that were not told yet, and since when.
        told: how many were.
        wrong: those that were told twice, or never were.
    """

    owed: dict[str, float] = field(default_factory=dict)
    told: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, event: Event) -> None:
        if isinstance(event, JobFinished):
            self.told += 1
            if self.owed.pop(event.id, None) is None:
                self.wrong.append(event.id)


@dataclass
class Day:
    """What came of it.

    Attributes:
        accounts: the ends told to each watch of a query.
        odd: what should not have been, in words.
        counts: how much of everything there was.
        samples: memory over time.
    """

    hours: float
    jobs: int
    fleet: Fleet
    accounts: dict[str, Account] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def lost(self) -> list[str]:
        """Ends that somebody was never told."""
        return [end for account in self.accounts.values() for end in account.owed]

    @property
    def doubled(self) -> list[str]:
        """Ends that somebody was told twice, or that were none."""
        return [end for account in self.accounts.values() for end in account.wrong]


class _Weather:
    """Fair, but for some minutes in each hour."""

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self.struck = 0
        self._fleet = fleet
        self._dice = random.Random(seed)
        self._expired_in = self._emptied_in = -1

    def __call__(self) -> Response | Failure | None:
        hour, second = divmod(asyncio.get_running_loop().time(), HOUR)
        answer: Response | Failure | None = None
        if 2400 <= second < 2500 and self._dice.random() < 0.4:
            answer = self._dice.choice(BAD_ANSWERS)
        elif 2700 <= second < 2800:
            answer = UNREACHED
        elif second >= 2900 and self._emptied_in < hour:
            self._emptied_in = int(hour)
            answer = EMPTY
        elif second >= 3000 and self._expired_in < hour:
            self._expired_in = int(hour)
            self._fleet.expire()
        self.struck += answer is not None
        return answer


async def spend(
    hours: float,
    jobs: int,
    *,
    seed: int = 1,
    watches: int = 200,
    progress: Callable[[str], object] = lambda _line: None,
) -> Day:
    """Let so many hours pass; on a virtual loop.

    Args:
        hours: how many.
        jobs: how many are active at any time.
        seed: of all that is left to chance.
        watches: of ids, at any time; each ends with its jobs, and another begins.
        progress: called with a line at each look at memory.
    """
    fleet = Fleet(jobs, seed=seed)
    fleet.weather = weather = _Weather(fleet, seed)
    day = Day(hours, jobs, fleet)
    began = time.process_time()
    session = Session(
        *("acme", "lisa@example.com", "key"),
        url="http://127.0.0.1:1",
        poll=PollPolicy(soon=15, running=15, idle=30),
        rate_limit=LIMIT,
        _sender=fleet,
        _clock=VirtualClock(),
    )
    session._pipeline._rng = random.Random(seed)
    session._monitor._rng.seed(seed)
    visitors = Visitors(session, fleet, day.counts)
    async with session:
        tasks = await _begin(day, session)
        tasks += visitors.start(watches, waits=10)
        tasks.append(living := asyncio.create_task(fleet.live()))
        for _ in range(round(hours / SAMPLES)):
            await asyncio.sleep(SAMPLES * HOUR)
            day.samples.append(Sample.of_now(asyncio.get_running_loop().time() / HOUR))
            progress(_line(day, time.process_time() - began))
        living.cancel()
        await asyncio.sleep(SETTLED)
        visitors.over = True
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, SessionClosedError):
            day.odd.append(repr(error))
    day.odd += visitors.odd
    day.counts["faults"] = weather.struck
    day.cpu = time.process_time() - began
    return day


async def _begin(day: Day, session: Session) -> list[asyncio.Task[None]]:
    """The watches of queries, each with an account of the ends that it is owed."""
    accounts = day.accounts = {
        "everything": Account(),
        "slow": Account(),
        "callbacks": Account(),
        **{f"user {user}": Account() for user in LISTED_USERS},
    }
    ready = asyncio.Semaphore(0)

    async def follow(name: str, query: str, *, stalls: bool = False) -> None:
        account, next_stall = accounts[name], FIRST_STALL
        async with session.watch(query) as watch:
            async for event in watch:
                day.counts["events"] += 1
                day.counts[type(event).__name__] += 1
                account.note(event)
                if isinstance(event, Synced):
                    ready.release()
                now = asyncio.get_running_loop().time()
                if stalls and now >= next_stall:
                    next_stall += HOUR
                    await asyncio.sleep(STALL)
                    day.counts["deepest backlog"] = max(day.counts["deepest backlog"], watch.backlog)

    async def call_back() -> None:
        async with session.watch("Transfer WHERE user=1") as watch:
            watch.on(JobFinished, accounts["callbacks"].note)

            @watch.on("progress")
            async def slowly(event: JobChanged) -> None:
                day.counts["callbacks"] += 1
                await asyncio.sleep(0.001)

            @watch.on(Synced)
            def begun(_event: Synced) -> None:
                ready.release()

            await watch.run()

    def owe(end: str, user: int) -> None:
        now = asyncio.get_running_loop().time()
        for name in ("everything", "slow"):
            accounts[name].owed[end] = now
        if user in LISTED_USERS:
            accounts[f"user {user}"].owed[end] = now
        if user == 1:
            accounts["callbacks"].owed[end] = now

    tasks = [
        asyncio.create_task(follow("everything", "Transfer")),
        asyncio.create_task(follow("slow", "Transfer", stalls=True)),
        asyncio.create_task(call_back()),
        *(
            asyncio.create_task(follow(f"user {user}", f"Transfer WHERE user={user}"))
            for user in LISTED_USERS
        ),
    ]
    for _ in tasks:
        await ready.acquire()
    day.fleet.told_of = owe
    return tasks


def _line(day: Day, spent: float) -> str:
    last, gate = day.samples[-1], day.fleet.gate
    return (
        f"{last.hour:5.1f} h {spent:6.1f} s CPU {last.blocks:9,} blocks "
        f"{last.heap / 1e6:6.2f} of {last.resident / 1e6:6.1f} MB "
        f"{gate.requests:8,} requests {day.fleet.ended:8,} ends {day.counts['events']:10,} events"
    )
