"""Reading jobs as a watch does for its first list, into typed rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from accsyn_async import Session
from accsyn_async.wire.message import Call
from accsyn_async.wire.rows import JobReader
from benchmarks.backend import running
from benchmarks.contenders import OFFICIAL, Floor, Official, bare, logged_in, plural, take_turns
from benchmarks.cores import apart
from benchmarks.figures import Effort, Figure, at_least, at_most, ratio

TITLE = "The CPU of reading jobs as a watch does, into typed rows"
ABOUT = (
    "The session's poll, read by the monitor's reader, against the official client's find, and against bare"
    " aiohttp with msgspec into Structs of the same fields, of the same bytes. Times stay text in both."
)
NEEDS = ("accsyn_api",)

_FLOOR = "bare aiohttp + msgspec into Structs"
_AIMS = {50: 25, 500: 45, 5000: 35}
"""How many times less than the official client."""


async def measure(effort: Effort) -> AsyncIterator[Figure]:
    """For lists of 1, 50, 500 and 5,000 jobs."""
    often = 1 if effort == "quick" else 4
    with apart() as core, running(core=core) as backend:
        official = Official(backend)
        async with bare(backend) as http, logged_in(backend) as session:
            floor, typed = Floor(http, backend.url).structs, partial(_typed, session)
            _, listed = await typed(50)
            assert [row.id for row in await floor(50)] == list(listed.jobs)
            assert [row["id"] for row in await official.find(50)] == list(listed.jobs)
            for size, rounds, calls in ((1, 60, 10), (50, 50, 5), (500, 50, 2), (5000, 30, 1)):
                times = await take_turns(
                    {"typed": partial(typed, size), "floor": partial(floor, size)},
                    rounds=rounds * often,
                    calls=calls,
                )
                yield ratio(
                    plural(size),
                    times["typed"].cpu,
                    times["floor"].cpu,
                    against=_FLOOR,
                    bound=at_most(1.25 if size == 1 else 1.10),
                )
            for size, rounds, calls in ((1, 20, 3), (50, 15, 2), (500, 9, 1), (5000, 5, 1)):
                times = await take_turns(
                    {"official": partial(official.find, size), "typed": partial(typed, size)},
                    rounds=rounds * often,
                    calls=calls,
                )
                yield ratio(
                    f"{plural(size)}: times less",
                    times["official"].cpu,
                    times["typed"].cpu,
                    against=OFFICIAL,
                    bound=at_least(_AIMS[size]) if size in _AIMS else None,
                )


async def _typed(session: Session, size: int) -> Any:
    read = JobReader()
    # The reader stays: a watch asks again.
    return read, await session._poll(Call("GET", "transfer/find", {"limit": size}), read)
