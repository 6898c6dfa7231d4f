"""Write down how every transfer ends, in a file, none left out and none twice.

    python examples/log_every_end.py ends.log

Prints each end as it writes it: the state and the name. Interrupt it, kill it, start it again when you
like: ends that came meanwhile are written then. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and
ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import contextlib
import sys
from pathlib import Path

from accsyn_async import JobFinished, JobRemoved, Session


def known_ends(log: Path) -> set[str]:
    """The ids of the ends that were written."""
    return {line.split()[0] for line in log.read_text().splitlines()} if log.exists() else set()


async def main(log: Path) -> None:
    """Write until interrupted."""
    # The last end is told again if this was killed between writing it and asking for the next one.
    written = known_ends(log)
    async with Session() as session, session.watch("Transfer", checkpoint=f"{log}.checkpoint") as watch:
        async for event in watch:
            if isinstance(event, JobFinished | JobRemoved) and event.id not in written:
                word = "removed" if isinstance(event, JobRemoved) else event.job.status.value
                with log.open("a") as file:
                    file.write(f"{event.id} {word} {event.job.name}\n")
                print(word, event.job.name, flush=True)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "ends.log")))
