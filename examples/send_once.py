"""Send files, each once, however often this is killed and started again.

    python examples/send_once.py site=berlin share=projects/a.mov share=projects/b.mov

Each transfer is found again by its name: one that is under way is waited for, one that is done is not
sent again. Prints how each ends, and exits with 1 when one has not arrived. Needs ACCSYN_WORKSPACE,
ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import (
    AccsynError,
    JobEndedError,
    OutcomeUnknownError,
    Session,
    TransferSpec,
    where,
)

PAUSES = (2, 4)
"""Seconds for a transfer to show, after each answer that was lost; then it is given up."""


async def transfer_of(session: Session, source: str, site: str) -> str:
    """The id of the transfer of a file, which is submitted when there is none."""
    name = f"{source} to {site}"
    sent, pauses = where("Transfer", name=name), iter(PAUSES)
    while True:
        for finished in (None, True):
            for job in await session.find_jobs(sent, finished=finished):
                return job.id
        try:
            return (await session.submit(TransferSpec(source, site, name=name))).id
        except OutcomeUnknownError as error:
            pause = next(pauses, None)
            if pause is None:
                raise
            # It may be there: look, rather than send it twice.
            print(f"{error}; looking for it", file=sys.stderr)
            await asyncio.sleep(pause)


async def send(session: Session, source: str, site: str) -> bool:
    """Have a file sent, once; returns whether it has arrived."""
    try:
        job = await session.wait(await transfer_of(session, source, site))
    except JobEndedError as error:
        print(error, file=sys.stderr)
        return False
    print(f"{source} has arrived, at {job.finished:%Y-%m-%d %H:%M} UTC", flush=True)
    return True


async def main(site: str, sources: list[str]) -> int:
    """Send all of them side by side, and return an exit code: 0 when all have arrived."""
    async with Session() as session:
        return 0 if all(await asyncio.gather(*(send(session, source, site) for source in sources))) else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2:])))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
