"""Write down every transfer that ends, once, out of what a relay publishes.

    python examples/relay_archiver.py archive.jsonl nats://nats1:4222,nats://nats2:4222

Needs no credentials of accsyn. Interrupt it, kill it, start it again, also on another machine with
the same file: what ended meanwhile is written then. While it runs, another one is refused.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from accsyn_async import AccsynError, Degraded, JobFinished, JobRemoved, Recovered, Synced, relay


def known_ends(archive: Path) -> set[str]:
    """The ids of the ends that were written; half a line, as a power cut leaves it, is cut off."""
    if not archive.exists():
        return set()
    with archive.open("r+b") as file:
        lines = file.read().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            file.truncate(sum(map(len, lines[:-1])))
            lines.pop()
    return {json.loads(line)["id"] for line in lines}


def write(archive: Path, event: JobFinished | JobRemoved) -> str:
    """Append an end to the archive; returns what became of the job once that is on the disk."""
    job = event.job
    word = "removed" if isinstance(event, JobRemoved) else job.status.value
    line = {"id": event.id, "at": event.at.isoformat(), "job": job.id, "name": job.name, "status": word}
    with archive.open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return word


async def archive_ends(archive: Path, servers: str) -> None:
    """Write until cancelled."""
    # An end that was written is told again if this was killed before it asked for the next one.
    written = known_ends(archive)
    async with relay.connect(servers) as feed, feed.watch("Transfer", durable="archiver") as watch:
        async for event in watch:
            match event:
                case JobFinished() | JobRemoved() if event.id not in written:
                    written.add(event.id)
                    print(write(archive, event), event.job.name, flush=True)
                case Synced(jobs=jobs):
                    print(f"all is written; {jobs} on their way", flush=True)
                case Degraded(reason=reason):
                    print(f"what comes is late: {reason}", file=sys.stderr, flush=True)
                case Recovered(after=after):
                    print(f"all is well again, after {after}", file=sys.stderr, flush=True)


async def main(archive: Path, servers: str) -> int:
    """Write until SIGTERM or SIGINT, and return an exit code."""
    writing = asyncio.create_task(archive_ends(archive, servers))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, writing.cancel)
    try:
        await writing
    except asyncio.CancelledError:
        return 0
    except AccsynError as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    where = sys.argv[2] if len(sys.argv) > 2 else "nats://127.0.0.1:4222"
    sys.exit(asyncio.run(main(Path(sys.argv[1]), where)))
