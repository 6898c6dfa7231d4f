"""Have an engine work through a range of frames, and say how far it is, task by task.

    python examples/compute_job.py nuke-11 share=projects/a.nk 1001-1010

Prints a line when a task is done or fails, and how the job stands in the end; exits with 1 when it is not
done. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox, whose engine
is called pipeline and computes nothing.
"""

import asyncio
import sys

from accsyn_async import (
    AccsynError,
    ComputeSpec,
    JobChanged,
    JobFound,
    JobStatus,
    Session,
    TaskChanged,
    TaskStatus,
)
from accsyn_async.safe_text import safe

TOLD = (TaskStatus.DONE, TaskStatus.FAILED)


async def main(engine: str, source: str, frames: str) -> int:
    """Submit, follow, and return an exit code."""
    async with Session() as session:
        render = await session.submit(ComputeSpec(engine, input=source, range=frames))
        # Ends by itself when the job does; a job that has failed may go on, and has not ended.
        async with render.watch(tasks=True) as watch:
            async for event in watch:
                match event:
                    case TaskChanged(task=task) if task.status in TOLD:
                        print(f"{safe(task.uri)}: {task.status}", flush=True)
                    case JobFound(job=job) | JobChanged(job=job) if job.status is JobStatus.FAILED:
                        break
        job = await render.refresh()
        print(f"{safe(job.name)}: {job.status}")
        return 0 if job.status is JobStatus.DONE else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(*sys.argv[1:])))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
