"""List the transfers that stand failed, the largest first, and have them tried again if you like.

    python examples/find_failed.py
    python examples/find_failed.py --retry

Prints a line a transfer: its size, its id and its name. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and
ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import AccsynError, Session, where
from accsyn_async.safe_text import safe


async def main(retry: bool) -> int:
    """List, have them tried again if asked to, and return an exit code."""
    async with Session() as session:
        jobs = await session.find_jobs(where("Transfer", status="failed"))
        for job in sorted(jobs, key=lambda job: job.size or 0, reverse=True):
            print(f"{(job.size or 0) / 1e6:9.1f} MB  {job.id}  {safe(job.name)}")
        refused = 0
        for job in jobs if retry else ():
            try:
                await session.update("Transfer", job.id, {"status": "waiting"})
            except AccsynError as error:
                # One that somebody has deleted meanwhile, or that is not ours to touch.
                print(f"{safe(job.name)}: {error}", file=sys.stderr)
                refused += 1
        return 1 if refused else 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--retry"]):
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(bool(sys.argv[1:]))))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
