"""Reading jobs as a watch does for its first list, into typed rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from accsyn_async import Session
from accsyn_async.wire.message import Call
from accsyn_async.wire.rows import JobReader
from benchmarks.backend import running
from benchmarks.contenders import OFFICIAL, Floor, Match, Official, bare, logged_in, plural, take_turns
from benchmarks.cores import apart
from benchmarks.figures import Effort, Figure, at_least, at_most, ratio

TITLE = "Reading, as a watch does"
ABOUT = (
    "The CPU of a session's poll, read by the monitor's reader, against the official client's find, and"
    " against bare aiohttp with msgspec into Structs of the same fields, of the same bytes. Times stay text."
)
NEEDS = ("accsyn_api",)

_FLOOR = "aiohttp + msgspec, typed"
_AIMS = {50: 25, 500: 45, 5000: 35}
"""How many times less than the official client."""
_ROUNDS = {1: (100, 3), 50: (60, 3), 500: (40, 2), 5000: (10, 1)}
"""Against the floor, near which much has to be measured: rounds and calls a turn, in each spell."""
_FEW = {1: (6, 3), 50: (4, 2), 500: (3, 1), 5000: (2, 1)}
"""The same against the official client."""


async def measure(effort: Effort) -> AsyncIterator[Figure]:
    """For lists of 1, 50, 500 and 5,000 jobs."""
    spells = 4 if effort == "quick" else 12
    with apart() as core, running(core=core) as backend:
        official = Official(backend)
        async with bare(backend) as http, logged_in(backend) as session:
            floor, typed = Floor(http, backend.url).structs, partial(_typed, session)
            _, listed = await typed(50)
            assert [row.id for row in await floor(50)] == list(listed.jobs)
            assert [row["id"] for row in await official.find(50)] == list(listed.jobs)
            asks = {
                size: {
                    "official": partial(official.find, size),
                    "typed": partial(typed, size),
                    "floor": partial(floor, size),
                }
                for size in _ROUNDS
            }
            near = await take_turns(
                {
                    size: Match({name: asks[size][name] for name in ("typed", "floor")}, *_ROUNDS[size])
                    for size in asks
                },
                spells=spells,
            )
            far = await take_turns({size: Match(asks[size], *_FEW[size]) for size in asks}, spells=spells)
    for size, times in near.items():
        bound = at_most(1.25 if size == 1 else 1.10)
        yield ratio(
            f"typed / floor, {plural(size)}",
            times["typed"].cpu,
            times["floor"].cpu,
            against=_FLOOR,
            bound=bound,
        )
    for size, times in far.items():
        theirs = times["official"].cpu
        aim = at_least(_AIMS[size]) if size in _AIMS else None
        yield ratio(
            f"official / typed, {plural(size)}", theirs, times["typed"].cpu, against=OFFICIAL, bound=aim
        )
        yield ratio(
            f"official / floor, {plural(size)}",
            theirs,
            times["floor"].cpu,
            against=OFFICIAL,
            note="What there is to win at all.",
        )


async def _typed(session: Session, size: int) -> Any:
    read = JobReader()
    # The reader stays: a watch asks again.
    return read, await session._poll(Call("GET", "transfer/find", {"limit": size}), read)
