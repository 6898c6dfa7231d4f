"""A whole pipeline without an account: a sandbox, three transfers, and their progress.

    python examples/try_it_in_a_sandbox.py

Prints how far each is whenever that changes, and its last state; ends with the last of them.
"""

import asyncio

from accsyn_async import JobChanged, JobFinished
from accsyn_async.sandbox import Sandbox


async def main() -> None:
    """Move three files to another site and print how far they are."""
    async with Sandbox(speed=4) as box, box.session("employee") as session:
        transfers = []
        for shot in ("sh010", "sh020", "sh030"):
            (box.volume / f"{shot}.mov").write_bytes(b"frames" * 1_000_000)
            transfers.append(
                await session.create("Transfer", {"source": f"{shot}.mov", "destination": "site=berlin"})
            )
        async with session.watch(transfers) as watch:
            async for event in watch:
                match event:
                    case JobChanged(job=job) if job.speed:
                        print(f"{job.name}: {job.progress} % at {job.speed:.1f} MB/s")
                    case JobFinished(job=job):
                        print(f"{job.name}: {job.status}")


if __name__ == "__main__":
    asyncio.run(main())
