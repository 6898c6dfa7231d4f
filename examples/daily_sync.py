"""Send files to a site in one transfer a day, however often this runs.

    python examples/daily_sync.py site=berlin share=projects/a.mov share=projects/b.mov

Prints a line when all of today's files have arrived, or why not and which have failed; exits with 1 then.
Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import AccsynError, JobFailedError, Session, TaskSpec
from accsyn_async.safe_text import safe


async def main(site: str, sources: list[str]) -> int:
    """Add the files to today's transfer and return an exit code: 0 when all have arrived."""
    async with Session() as session:
        try:
            daily = await session.ensure_transfer(
                name=f"Daily sync to {site}", source_party="hq", destination_party=site
            )
            await daily.add_tasks([TaskSpec(source, site) for source in sources])
            job = await daily.wait(timeout=24 * 3600)
        except JobFailedError as error:
            print(error, file=sys.stderr)
            for task in await daily.tasks():  # all of today's, those of others too
                if task.status == "failed":
                    print(f"  {safe(task.source.get('path'))}", file=sys.stderr)
            return 1
        print(f"{safe(job.name)}: all of today has arrived")
        return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2:])))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
