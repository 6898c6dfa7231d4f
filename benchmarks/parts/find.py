"""What a ``find`` costs: one, many at once, over https, and of a backend that takes its time."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

from accsyn_async import Session
from accsyn_async.wire.message import Call
from accsyn_async.wire.reply import read_object
from benchmarks.backend import running
from benchmarks.between import between, over_tls
from benchmarks.contenders import (
    AT_ONCE,
    OFFICIAL,
    Ask,
    Floor,
    Match,
    Official,
    bare,
    logged_in,
    plural,
    take_turns,
    tasks,
)
from benchmarks.cores import apart
from benchmarks.figures import Effort, Figure, ratio, spread

TITLE = "Find"
ABOUT = (
    "The CPU of Session.find against the official client's, and against bare aiohttp on a kept-alive"
    " connection with msgspec and three times a row read by fromisoformat: the same bytes, from a server in"
    " another process. Then 64 calls at once against 64 threads, https, and a server that takes 50 ms."
)
NEEDS = ("accsyn_api", "trustme")

_FLOOR = "aiohttp + msgspec"
_THREADS = f"official, {AT_ONCE} threads"
_AIMS = {50: 15, 500: 25, 5000: 17}
"""How many times less than the official client."""
_ROUNDS = {1: (120, 3), 50: (100, 2), 500: (40, 1), 5000: (8, 1)}
"""Against the floor, near which much has to be measured: rounds and calls a turn, in each spell."""
_OVER_TLS: dict[Effort, dict[int, int]] = {
    "quick": {50: 8, 5000: 1},
    "full": {1: 10, 50: 8, 500: 4, 5000: 2},
}
"""Sizes of lists over TLS, and rounds in each spell."""
_SLOW_SIZES = {"http": (1, 50, 500, 5000), "https": (50,)}
_SHORT = 60.0
"""Seconds for a call: fewer than silence may last, so that nobody need watch for that."""
_OF_WHICH = "What a find of one job adds, layer by layer; the last is all of it, measured once more."
_DELAY = 0.05
_AT_ONCE = f"{AT_ONCE} tasks of one session, each a call; its limit of requests is lifted."
_WAITING = "One call at a time, by the clock: what the server takes is most of it."
_SLOW = (
    f"{_AT_ONCE} The backend lets an address send 30 requests a second: of"
    " more than its burst of 60, both would wait."
)


async def measure(effort: Effort) -> AsyncIterator[Figure]:
    """One figure after the other."""
    spells = 4 if effort == "quick" else 12
    with apart() as core, ThreadPoolExecutor(AT_ONCE) as pool:
        with running(core=core) as backend:
            official = Official(backend)
            async with bare(backend) as http, logged_in(backend) as session:
                floor = Floor(http, backend.url)
                found = await session.find("Transfer", limit=50)
                assert found == await floor.dicts(50)
                assert len(found) == len(await official.find(50))
                async for figure in between(
                    "find",
                    lambda size: partial(session.find, "Transfer", limit=size),
                    floor=lambda size: partial(floor.dicts, size),
                    searched=lambda size: partial(floor.searched, size),
                    floor_name=_FLOOR,
                    official=lambda size: partial(official.find, size),
                    rounds=_ROUNDS,
                    aims=_AIMS,
                    spells=spells,
                ):
                    yield figure
                async for figure in _layers(session, floor, spells):
                    yield figure
                async for figure in _many(official, pool, session, spells):
                    yield figure
        with running(core=core, tls=True) as backend:
            official = Official(backend)
            async with bare(backend) as http, logged_in(backend) as session:
                floor = Floor(http, backend.url)
                async for figure in over_tls(
                    "find",
                    lambda size: partial(session.find, "Transfer", limit=size),
                    floor=lambda size: partial(floor.dicts, size),
                    floor_name=_FLOOR,
                    official=lambda size: partial(official.find, size),
                    rounds=_OVER_TLS[effort],
                    spells=spells,
                ):
                    yield figure
        for tls in (False, True):
            with running(core=core, tls=tls, delay=_DELAY) as backend:
                official = Official(backend)
                async with logged_in(backend) as session:
                    async for figure in _slow(official, session, spells, "https" if tls else "http"):
                        yield figure
                    if not tls:
                        async for figure in _slow_together(official, pool, session, spells):
                            yield figure


async def _layers(session: Session, floor: Floor, spells: int) -> AsyncIterator[Figure]:
    """Where the time of the smallest list goes: more and more of what a ``find`` does, each to the floor."""
    pipeline = session._pipeline
    call, urls = Call("GET", "transfer/find", {"limit": 1}), count()

    async def send() -> object:
        grant = await pipeline._login.current()
        request = pipeline._event(grant, call, f"{next(urls):036}", pipeline._stamp())
        return await pipeline._sender.send(request, timeout=math.inf)

    layers: dict[str, Ask] = {
        "sent": send,
        "and with limits, a deadline, counted": partial(pipeline.call, call, bytes, total=_SHORT),
        "and with a timer for silence": partial(pipeline.call, call, bytes),
        "and read": partial(pipeline.call, call, read_object),
        "and as find": partial(session.find, "Transfer", limit=1),
    }
    match = Match({"floor": partial(floor.dicts, 1), **layers}, *_ROUNDS[1])
    times = (await take_turns({"": match}, spells=spells))[""]
    for what in layers:
        yield ratio(f"1 job, {what}", times[what].cpu, times["floor"].cpu, against=_FLOOR, note=_OF_WHICH)


async def _many(
    official: Official, pool: ThreadPoolExecutor, session: Session, spells: int
) -> AsyncIterator[Figure]:
    """64 calls at once."""
    matches = {
        size: Match(
            {
                "official": partial(official.find_each, size, pool),
                "find": partial(tasks, partial(session.find, "Transfer", limit=size)),
            },
            rounds,
        )
        for size, rounds in ((50, 2), (500, 1))
    }
    for size, times in (await take_turns(matches, spells=max(2, spells // 2))).items():
        yield ratio(
            f"official / {AT_ONCE} finds, {plural(size)}",
            times["official"].cpu,
            times["find"].cpu,
            against=_THREADS,
            note=_AT_ONCE,
        )


async def _slow(official: Official, session: Session, spells: int, scheme: str) -> AsyncIterator[Figure]:
    """How long one call takes, one after the other, when the server takes its time."""
    matches = {
        size: Match(
            {
                "official": partial(official.find, size),
                "find": partial(session.find, "Transfer", limit=size),
            },
            rounds=1,
        )
        for size in _SLOW_SIZES[scheme]
    }
    for size, times in (await take_turns(matches, spells=spells)).items():
        yield ratio(
            f"official / find, {plural(size)}, 50 ms, {scheme}: time",
            times["official"].elapsed,
            times["find"].elapsed,
            against=OFFICIAL,
            note=_WAITING,
        )


async def _slow_together(
    official: Official, pool: ThreadPoolExecutor, session: Session, spells: int
) -> AsyncIterator[Figure]:
    """How long 64 calls at once take when the server takes its time."""
    match = Match(
        {
            "threads": partial(official.find_each, 50, pool),
            "find": partial(tasks, partial(session.find, "Transfer", limit=50)),
        },
        rounds=1,
    )
    times = (await take_turns({"": match}, spells=spells))[""]
    yield spread(
        f"{AT_ONCE} finds at once, 50 ms: time",
        [taken * 1000 for taken in times["find"].elapsed],
        "ms",
        note=_SLOW,
    )
    yield ratio(
        f"official / {AT_ONCE} finds, 50 ms: time",
        times["threads"].elapsed,
        times["find"].elapsed,
        against=_THREADS,
        note=_SLOW,
    )
