"""Watch every transfer of the workspace and say which ones fail or are aborted.

    python examples/notify_on_failure.py

Prints a line for each that stands failed, fails, is aborted or arrives, and when accsyn does not answer.
Runs until it is interrupted. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a
sandbox.
"""

import asyncio
import sys

from accsyn_async import (
    AccsynError,
    Degraded,
    JobChanged,
    JobFinished,
    JobFound,
    JobStatus,
    Recovered,
    Session,
)
from accsyn_async.safe_text import safe


def on_state(event: JobFound | JobChanged) -> None:
    """A transfer was found, or changed its state."""
    if event.job.status is JobStatus.FAILED:
        print(f"FAILED   {safe(event.job.name)}, at {event.job.progress} %", flush=True)


def on_finished(event: JobFinished) -> None:
    """A transfer came to its end."""
    word = "arrived " if event.job.status is JobStatus.DONE else "ABORTED "
    print(f"{word} {safe(event.job.name)}", flush=True)


async def main() -> None:
    """Watch until interrupted."""
    async with Session() as session, session.watch("Transfer") as watch:
        watch.on(JobFound, on_state)
        watch.on("status", on_state)
        watch.on(JobFinished, on_finished)
        watch.on(Degraded, lambda event: print(f"accsyn does not answer: {safe(event.reason)}", flush=True))
        watch.on(Recovered, lambda event: print(f"accsyn answers again, after {event.after}", flush=True))
        await watch.run()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
