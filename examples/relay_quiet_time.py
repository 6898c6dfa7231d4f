"""Keep the line free for a while: pause what a query finds running, and resume just that afterwards.

    python examples/relay_quiet_time.py 'Transfer WHERE user="lisa@example.com"' nats://nats1:4222

Asks a relay that was started with --allow pause,resume; needs no credentials of accsyn. What
begins to run meanwhile is paused too. Ctrl-C or SIGTERM ends it and resumes what it has paused.
"""

import asyncio
import signal
import sys
from collections.abc import Callable

from accsyn_async import (
    AccsynError,
    JobChanged,
    JobFound,
    JobRevived,
    JobStatus,
    PermissionDeniedError,
    relay,
)
from accsyn_async.safe_text import safe


def on_stop(callback: Callable[[], object]) -> None:
    """Have a function called, in place of an earlier one, when this is to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, callback)


async def tell(feed: relay.Feed, action: str, names: dict[str, str]) -> None:
    """Have the relay do something with jobs, given by id, with their names; say what came of it."""
    for each in await feed.command(action, list(names)):
        outcome = each.status if each.ok else each.error
        print(f"{action} {safe(names[each.id])}: {outcome}", flush=True)


async def pause(feed: relay.Feed, ident: str, paused: dict[str, str]) -> None:
    """Pause one of them, unless that is not allowed."""
    try:
        await tell(feed, "pause", {ident: paused[ident]})
    except PermissionDeniedError:
        del paused[ident]
        raise


async def keep_quiet(query: str, servers: str) -> None:
    """Pause whatever runs until this is to end, then resume it."""
    paused: dict[str, str] = {}
    closing: list[asyncio.Task[None]] = []
    async with relay.connect(servers) as feed:
        try:
            async with feed.watch(query, fields=["status"]) as watch:
                # The loop below then ends, after the event that it is at.
                on_stop(lambda: closing.append(asyncio.create_task(watch.aclose())))
                async for event in watch:
                    match event:
                        case JobFound(job=job) | JobChanged(job=job) | JobRevived(job=job):
                            if job.status is JobStatus.RUNNING:
                                # Noted before it is asked for: an answer can be lost.
                                paused[job.id] = job.name or job.id
                                await pause(feed, job.id, paused)
        finally:
            if paused:
                await tell(feed, "resume", paused)


async def main(query: str, servers: str) -> int:
    """Run until SIGTERM or SIGINT, and return an exit code."""
    quiet = asyncio.create_task(keep_quiet(query, servers))
    # Until there is a watch, nothing is paused.
    on_stop(quiet.cancel)
    try:
        await quiet
    except asyncio.CancelledError:
        return 0
    except AccsynError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    where = sys.argv[2] if len(sys.argv) > 2 else "nats://127.0.0.1:4222"
    sys.exit(asyncio.run(main(sys.argv[1], where)))
