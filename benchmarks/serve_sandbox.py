"""A sandbox in a process of its own, which tells the CPU that it has taken: run by the part of that name.

``python -m benchmarks.serve_sandbox JOBS`` writes who may call it as a line of JSON; for every line ``cpu``
on its standard input it writes the seconds that it has taken so far, and ends at any other, or none.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from accsyn_async.sandbox import Sandbox


async def serve(jobs: int) -> None:
    """Serve so many synthetic jobs, without a limit of requests, until told to end."""
    async with Sandbox(rate_limit=False, seed=1, synthetic_jobs=jobs) as box:
        admin = box.user("admin")
        port = int(box.url.rpartition(":")[2])
        print(json.dumps({"port": port, "username": admin.username, "api_key": admin.api_key}), flush=True)
        end = asyncio.Event()

        def told() -> None:
            if sys.stdin.readline() == "cpu\n":
                print(time.process_time(), flush=True)
            else:
                end.set()

        asyncio.get_running_loop().add_reader(sys.stdin, told)
        await end.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
