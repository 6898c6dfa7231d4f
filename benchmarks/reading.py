"""Reading a list of jobs as a watch does, against the official client and bare aiohttp with msgspec."""

from __future__ import annotations

from typing import Any

import aiohttp
import backend
from contenders import WHO, Find, Floor, compare, official

from accsyn_async import Session
from accsyn_async.wire.message import Call
from accsyn_async.wire.rows import JobReader

RATIOS = (("typed", "typed floor"), ("official", "typed"))


async def main() -> None:
    """Measure and print."""
    with backend.running() as port:
        async with (
            aiohttp.ClientSession() as http,
            Session(*WHO, url=f"http://127.0.0.1:{port}", rate_limit=None) as session,
        ):

            async def typed(size: int) -> Any:
                read = JobReader()
                # The reader stays: a watch asks again.
                return read, await session._poll(Call("GET", "transfer/find", {"limit": size}), read)

            contenders: dict[str, Find] = {
                "official": official(port),
                "typed floor": Floor(http, port).structs,
                "typed": typed,
            }
            _, listed = await typed(50)
            assert [row.id for row in await contenders["typed floor"](50)] == list(listed.jobs)
            assert [row["id"] for row in await contenders["official"](50)] == list(listed.jobs)
            await compare(contenders, RATIOS)
