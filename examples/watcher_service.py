"""A service that does something about every transfer that ends, and stops when it is told to.

    python examples/watcher_service.py seen.db

On SIGTERM and SIGINT it finishes what it is at, writes down that it has, and exits with 0; what
ends meanwhile is seen at the next start. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and
ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

from accsyn_async import AccsynError, Degraded, JobFinished, JobRemoved, Recovered, Session
from accsyn_async.safe_text import safe

logger = logging.getLogger("watcher")


async def ended(event: JobFinished) -> None:
    """A transfer has ended: put here what is to be done about it."""
    logger.info("%s %s", event.job.status, safe(event.job.name))


def on_stop(callback: Callable[[], object]) -> None:
    """Have a function called, in place of an earlier one, when the service is to stop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, callback)


async def watch(checkpoint: str) -> None:
    """Watch until the service is to stop."""
    async with Session() as session, session.watch("Transfer", checkpoint=checkpoint) as watch:
        closing: list[asyncio.Task[None]] = []
        # The loop below then ends, after the event that it is at.
        on_stop(lambda: closing.append(asyncio.create_task(watch.aclose())))
        logger.info("watching")
        async for event in watch:
            match event:
                case JobFinished():
                    await ended(event)
                case JobRemoved(job=job):
                    logger.warning("removed %s", safe(job.name))
                case Degraded(reason=reason):
                    logger.warning("accsyn does not answer: %s", safe(reason))
                case Recovered(after=after):
                    logger.info("accsyn answers again, after %s", after)
    logger.info("stopped")


async def main(checkpoint: str) -> int:
    """Run the service and return an exit code."""
    watching = asyncio.create_task(watch(checkpoint))
    # Until there is a watch, nothing is lost by giving up.
    on_stop(watching.cancel)
    try:
        await watching
    except asyncio.CancelledError:
        logger.info("stopped before it began")
    except AccsynError as error:
        logger.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(asyncio.run(main(sys.argv[1])))
