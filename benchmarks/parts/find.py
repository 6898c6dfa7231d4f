"""What a ``find`` costs: one, many at once, over https, and of a backend that takes its time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from accsyn_async import Session
from benchmarks.backend import running
from benchmarks.contenders import (
    AT_ONCE,
    OFFICIAL,
    Floor,
    Official,
    bare,
    logged_in,
    plural,
    take_turns,
    tasks,
)
from benchmarks.cores import apart
from benchmarks.figures import Effort, Figure, at_least, at_most, ratio, spread

TITLE = "The CPU of find, into dicts with their times read"
ABOUT = (
    "Session.find against the official client's, and against bare aiohttp on a kept-alive connection with"
    " msgspec and three times a row read by fromisoformat: the same bytes, from a server in another process."
    " Then 64 calls at once against 64 threads, https, and a server that takes 50 ms."
)
NEEDS = ("accsyn_api", "trustme")

_FLOOR = "bare aiohttp + msgspec"
_THREADS = f"{OFFICIAL}, {AT_ONCE} threads"
_AIMS = {50: 15, 500: 25, 5000: 17}
"""How many times less than the official client."""
_DELAY = 0.05
_AT_ONCE = f"{AT_ONCE} tasks of one session, each a call; its limit of requests is lifted."
_HTTPS = "The official client shakes hands for each call, the session once."
_SLOW = (
    f"What passes outside, for a call. {_AT_ONCE} The backend lets an address send 30 requests a second: of"
    " more than its burst of 60, both would wait."
)


async def measure(effort: Effort) -> AsyncIterator[Figure]:
    """One figure after the other."""
    often = 1 if effort == "quick" else 4
    with apart() as core, ThreadPoolExecutor(AT_ONCE) as pool:
        with running(core=core) as backend:
            official = Official(backend)
            async with bare(backend) as http, logged_in(backend) as session:
                floor = Floor(http, backend.url)
                found = await session.find("Transfer", limit=50)
                assert found == await floor.dicts(50)
                assert len(found) == len(await official.find(50))
                async for figure in _one(official, floor, session, often):
                    yield figure
                async for figure in _many(official, pool, session, often):
                    yield figure
        with running(core=core, tls=True) as backend:
            official = Official(backend)
            async with logged_in(backend) as session:
                async for figure in _https(official, session, often):
                    yield figure
        with running(core=core, delay=_DELAY) as backend:
            official = Official(backend)
            async with logged_in(backend) as session:
                async for figure in _slow(official, pool, session, often):
                    yield figure


async def _one(official: Official, floor: Floor, session: Session, often: int) -> AsyncIterator[Figure]:
    """Call after call: against the floor with many rounds, against the official client with few."""
    for size, rounds, calls in ((1, 150, 6), (50, 150, 4), (500, 80, 1), (5000, 20, 1)):
        times = await take_turns(
            {"find": partial(session.find, "Transfer", limit=size), "floor": partial(floor.dicts, size)},
            rounds=rounds * often,
            calls=calls,
        )
        yield ratio(
            f"find, {plural(size)}",
            times["find"].cpu,
            times["floor"].cpu,
            against=_FLOOR,
            bound=at_most(1.25 if size == 1 else 1.10),
        )
    for size, rounds, calls in ((1, 30, 3), (50, 20, 2), (500, 9, 1), (5000, 4, 1)):
        times = await take_turns(
            {
                "official": partial(official.find, size),
                "find": partial(session.find, "Transfer", limit=size),
                "floor": partial(floor.dicts, size),
            },
            rounds=rounds * often,
            calls=calls,
        )
        theirs = times["official"].cpu
        aim = at_least(_AIMS[size]) if size in _AIMS else None
        yield ratio(
            f"find, {plural(size)}: times less", theirs, times["find"].cpu, against=OFFICIAL, bound=aim
        )
        yield ratio(
            f"the floor, {plural(size)}: times less",
            theirs,
            times["floor"].cpu,
            against=OFFICIAL,
            note="What there is to win at all.",
        )


async def _many(
    official: Official, pool: ThreadPoolExecutor, session: Session, often: int
) -> AsyncIterator[Figure]:
    """64 calls at once."""
    for size, rounds in ((50, 5), (500, 2)):
        times = await take_turns(
            {
                "official": partial(official.find_each, size, pool),
                "find": partial(tasks, partial(session.find, "Transfer", limit=size)),
            },
            rounds=rounds * often,
        )
        for what, theirs, ours in (
            ("CPU", times["official"].cpu, times["find"].cpu),
            ("elapsed", times["official"].elapsed, times["find"].elapsed),
        ):
            yield ratio(
                f"{AT_ONCE} finds at once, {plural(size)}, {what}: times less",
                theirs,
                ours,
                against=_THREADS,
                note=_AT_ONCE,
            )


async def _https(official: Official, session: Session, often: int) -> AsyncIterator[Figure]:
    for size, rounds, calls in ((50, 20, 2), (500, 9, 1)):
        times = await take_turns(
            {
                "official": partial(official.find, size),
                "find": partial(session.find, "Transfer", limit=size),
            },
            rounds=rounds * often,
            calls=calls,
        )
        yield ratio(
            f"find over https, {plural(size)}: times less",
            times["official"].cpu,
            times["find"].cpu,
            against=OFFICIAL,
            note=_HTTPS,
        )


async def _slow(
    official: Official, pool: ThreadPoolExecutor, session: Session, often: int
) -> AsyncIterator[Figure]:
    """What a call takes outside when the server takes 50 ms."""
    find = partial(session.find, "Transfer", limit=50)
    times = await take_turns(
        {
            "one thread": partial(official.find, 50),
            "threads": partial(official.find_each, 50, pool),
            "find": partial(tasks, find),
        },
        rounds=5 * often,
    )
    ours = [taken / AT_ONCE for taken in times["find"].elapsed]
    each = [taken / AT_ONCE for taken in times["threads"].elapsed]
    yield spread("find at once, 50 ms of server time, elapsed", [t * 1000 for t in ours], "ms", note=_SLOW)
    for theirs, against in ((times["one thread"].elapsed, f"{OFFICIAL}, one thread"), (each, _THREADS)):
        yield ratio(
            f"the same, against {against.rpartition(', ')[2]}: times less",
            theirs,
            ours,
            against=against,
            note=_SLOW,
        )
