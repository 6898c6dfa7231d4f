"""Keep an eye on a queue: say what happens in it, and how much is left.

    python examples/watch_queue.py medium

Prints a line whenever a transfer joins the queue, changes its state, gets nowhere or comes to its end,
followed by what the queue comes to. Runs until it is interrupted. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and
ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import (
    AccsynError,
    JobChanged,
    JobFinished,
    JobFound,
    JobRemoved,
    JobStalled,
    Session,
    Synced,
    Totals,
    where,
)
from accsyn_async.safe_text import safe


def left(totals: Totals) -> str:
    """What the transfers of a queue come to."""
    states = ", ".join(f"{count} {status}" for status, count in totals.jobs.items())
    return f"{states or 'empty'}; {totals.bytes_left / 1e6:.1f} MB left at {totals.speed:.1f} MB/s"


async def main(code: str) -> int:
    """Watch until interrupted; returns 1 when there is no such queue."""
    async with Session() as session:
        queue = await session.find_one(where("Queue", code=code))
        if queue is None:
            print(f"there is no queue {code}", file=sys.stderr)
            return 1
        # A job's parent is its queue.
        async with session.watch(where("Transfer", parent=queue["id"]), initial=False) as watch:
            async for event in watch:
                match event:
                    case Synced():
                        what = code
                    case JobFound(job=job) | JobFinished(job=job):
                        what = f"{safe(job.name)} is {job.status}"
                    # A change to its last state is told as well, before the end.
                    case JobChanged(job=job, changes={"status": _}) if not job.is_finished:
                        what = f"{safe(job.name)} is {job.status}"
                    case JobStalled(job=job):
                        what = f"{safe(job.name)} gets nowhere"
                    case JobRemoved(job=job):
                        what = f"{safe(job.name)} was deleted"
                    case _:
                        continue
                print(f"{what}: {left(watch.totals)}", flush=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(sys.argv[1])))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
