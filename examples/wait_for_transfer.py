"""Send a file and wait until it has arrived.

    python examples/wait_for_transfer.py share=projects/a.mov site=berlin

Prints a line when it is on its way and one when it has arrived; exits with 1 when it does not arrive
within a day. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import JobEndedError, Session


async def main(source: str, destination: str) -> int:
    """Submit a transfer and return an exit code: 0 when it is done."""
    async with Session() as session:
        transfer = await session.create("Transfer", {"source": source, "destination": destination})
        print(f"{transfer['name']} is on its way")
        try:
            job = await session.wait(transfer["id"], timeout=24 * 3600)
        except (JobEndedError, TimeoutError) as error:
            print(error, file=sys.stderr)
            return 1
        print(f"{job.name} has arrived: {job.size} bytes")
        return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(*sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit(130)
