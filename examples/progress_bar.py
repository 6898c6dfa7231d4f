"""Send files and show a bar for each, and one for all of them.

    python examples/progress_bar.py site=berlin share=projects/a.mov share=projects/b.mov

Draws with rich (pip install '.[cli]') until each has ended or failed, and exits with 1 when one has not
arrived. Ctrl-C leaves the transfers alone. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY;
ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import (
    AccsynError,
    JobEvent,
    JobFinished,
    JobRemoved,
    JobStatus,
    Session,
    TransferSpec,
)
from accsyn_async.progress import rich_progress
from accsyn_async.safe_text import safe


async def main(site: str, sources: list[str]) -> int:
    """Send, draw, and return an exit code: 0 when all have arrived."""
    async with Session() as session:
        handles = [await session.submit(TransferSpec(source, site)) for source in sources]
        over: dict[str, JobStatus] = {}
        async with session.watch([handle.id for handle in handles]) as watch:
            bars = rich_progress(watch, total="all")
            async for event in bars:
                match event:
                    case JobFinished(job=job):
                        over[job.id] = job.status
                        # Above the bars.
                        bars.progress.console.print(safe(job.name), job.status, markup=False)
                    # One that has failed may be tried again: nobody waits for that here.
                    case JobEvent(job=job) if job.status is JobStatus.FAILED or isinstance(event, JobRemoved):
                        over[job.id] = job.status
                if len(over) == len(handles):
                    break
        return 0 if set(over.values()) == {JobStatus.DONE} else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2:])))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
