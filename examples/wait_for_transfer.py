"""Send a file and wait until it has arrived.

    python examples/wait_for_transfer.py share=projects/a.mov site=berlin

Prints a line when it is on its way and one when it has arrived; exits with 1 when it does not arrive
within a day. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import AccsynError, Session
from accsyn_async.safe_text import safe


async def main(source: str, destination: str) -> None:
    """Submit a transfer; raises what has kept it from arriving."""
    async with Session() as session:
        transfer = await session.create("Transfer", {"source": source, "destination": destination})
        print(f"{safe(transfer['name'])} is on its way", flush=True)
        job = await session.wait(transfer["id"], timeout=24 * 3600)
        print(f"{safe(job.name)} has arrived: {job.size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
