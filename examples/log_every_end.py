"""Write down how every transfer ends, in a file, none left out and none twice.

    python examples/log_every_end.py ends.log

Prints each end as it writes it: the state and the name. Interrupt it, kill it, start it again when you
like: ends that came meanwhile are written then. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and
ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import os
import sys
from pathlib import Path

from accsyn_async import AccsynError, JobFinished, JobRemoved, Session
from accsyn_async.safe_text import safe


def known_ends(log: Path) -> set[str]:
    """The ids of the ends that were written; what a power cut has left of a line is cut off."""
    log.touch()
    whole = log.read_bytes()
    whole = whole[: whole.rfind(b"\n") + 1]
    os.truncate(log, len(whole))
    return {line.split(" ")[0] for line in whole.decode().split("\n")}


async def main(log: Path) -> None:
    """Write until interrupted."""
    # The last end is told again if this was killed between writing it and asking for the next one.
    written = known_ends(log)
    async with Session() as session, session.watch("Transfer", checkpoint=f"{log}.checkpoint") as watch:
        async for event in watch:
            if isinstance(event, JobFinished | JobRemoved) and event.id not in written:
                word = "removed" if isinstance(event, JobRemoved) else event.job.status.value
                # A name is whatever somebody wrote: it gets no second line.
                name = safe(event.job.name)
                with log.open("a", encoding="utf-8") as file:
                    file.write(f"{event.id} {word} {name}\n")
                print(word, name, flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "ends.log")))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
