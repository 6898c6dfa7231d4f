"""Send several files at once, and say how each ends when it does.

    python examples/several_at_once.py site=berlin share=projects/a.mov share=projects/b.mov

Prints a line a file, in the order in which they end, and exits with 1 when one has not arrived. For many
files one transfer with many tasks is better: see daily_sync.py. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER
and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import AccsynError, Session, TransferSpec


async def send(session: Session, source: str, site: str) -> bool:
    """Send a file and wait for it; returns whether it has arrived."""
    try:
        job = await (await session.submit(TransferSpec(source, site)))
    except AccsynError as error:
        print(f"{source}: {error}", file=sys.stderr, flush=True)
        return False
    print(f"{source}: {job.status}", flush=True)
    return True


async def main(site: str, sources: list[str]) -> int:
    """Send all of them side by side, and return an exit code: 0 when all have arrived."""
    async with Session() as session:
        # However many wait, one list a poll is asked for.
        arrived = await asyncio.gather(*(send(session, source, site) for source in sources))
    return 0 if all(arrived) else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2:])))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
