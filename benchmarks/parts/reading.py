"""Reading jobs as a watch does for its first list, into typed rows."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from accsyn_async import Session
from accsyn_async.wire.message import Call
from accsyn_async.wire.rows import JobReader
from benchmarks.backend import running
from benchmarks.between import Reads, between, over_tls
from benchmarks.contenders import Floor, Official, bare, logged_in
from benchmarks.cores import apart
from benchmarks.figures import Effort, Figure

TITLE = "Reading, as a watch does"
ABOUT = (
    "The CPU of a session's poll, read by the monitor's reader, against the official client's find, and"
    " against bare aiohttp with msgspec into Structs of the same fields, of the same bytes, and over https."
    " Times stay text."
)
NEEDS = ("accsyn_api", "trustme")

_FLOOR = "aiohttp + msgspec, typed"
_AIMS = {50: 25, 500: 45, 5000: 35}
"""How many times less than the official client."""
_ROUNDS = {1: (100, 3), 50: (60, 3), 500: (40, 2), 5000: (10, 1)}
"""Against the floor, near which much has to be measured: rounds and calls a turn, in each spell."""

_OVER_TLS: dict[Effort, dict[int, int]] = {"quick": {50: 4}, "full": {1: 8, 50: 6, 500: 4, 5000: 2}}
"""Sizes of lists over TLS, and rounds in each spell."""


async def measure(effort: Effort) -> AsyncIterator[Figure]:
    """For lists of 1, 50, 500 and 5,000 jobs."""
    spells = 4 if effort == "quick" else 12
    with apart() as core:
        async with _sides(core) as (typed, floor, official):
            _, listed = await typed(50)()
            assert [row.id for row in await floor(50)()] == list(listed.jobs)
            assert [row["id"] for row in await official(50)()] == list(listed.jobs)
            async for figure in between(
                "typed",
                typed,
                floor=floor,
                floor_name=_FLOOR,
                official=official,
                rounds=_ROUNDS,
                aims=_AIMS,
                spells=spells,
            ):
                yield figure
        async with _sides(core, tls=True) as (typed, floor, official):
            async for figure in over_tls(
                "typed",
                typed,
                floor=floor,
                floor_name=_FLOOR,
                official=official,
                rounds=_OVER_TLS[effort],
                spells=spells,
            ):
                yield figure


@contextlib.asynccontextmanager
async def _sides(core: int | None, *, tls: bool = False) -> AsyncIterator[tuple[Reads, Reads, Reads]]:
    """A watch's reading, the floor, and the official client, at a backend of their own."""
    with running(core=core, tls=tls) as backend:
        official = Official(backend)
        async with bare(backend) as http, logged_in(backend) as session:
            floor = Floor(http, backend.url)
            yield (
                lambda size: partial(_typed, session, size),
                lambda size: partial(floor.structs, size),
                lambda size: partial(official.find, size),
            )


async def _typed(session: Session, size: int) -> Any:
    read = JobReader()
    # The reader stays: a watch asks again.
    return read, await session._poll(Call("GET", "transfer/find", {"limit": size}), read)
