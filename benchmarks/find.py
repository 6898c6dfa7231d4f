"""What a ``find`` costs: CPU time against the official client, and against bare aiohttp and msgspec.

Run it as ``python benchmarks/find.py``; README.md beside it says how to read the table.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import backend
from contenders import WHO, Find, Floor, compare, official

from accsyn_async import Session

RATIOS = (("find", "floor"), ("official", "find"))


async def main() -> None:
    """Measure and print."""
    with backend.running() as port:
        async with (
            aiohttp.ClientSession() as http,
            Session(*WHO, url=f"http://127.0.0.1:{port}", rate_limit=None) as session,
        ):

            async def ours(size: int) -> Any:
                return await session.find("Transfer", limit=size)

            contenders: dict[str, Find] = {
                "official": official(port),
                "floor": Floor(http, port).dicts,
                "find": ours,
            }
            assert await contenders["floor"](50) == await ours(50)
            await compare(contenders, RATIOS)


if __name__ == "__main__":
    asyncio.run(main())
