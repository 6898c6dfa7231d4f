"""Deliver files to somebody and wait until they were downloaded.

    python examples/wait_for_delivery.py lisa@example.com share=projects/a.mov

Prints a line when the recipient can choose where to, and one when all has been downloaded; exits
with 1 when the delivery ends otherwise. Started again, it waits for the delivery of the same name that
is still open. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import sys

from accsyn_async import AccsynError, DeliverySpec, JobHandle, Session, where
from accsyn_async.safe_text import safe


async def delivery_of(session: Session, recipient: str, sources: list[str]) -> JobHandle:
    """The open delivery of these files to somebody, which is made when there is none."""
    name = f"{', '.join(sources)} for {recipient}"
    for row in await session.find(where("Delivery", name=name)):
        return await session.handle(row["id"], "delivery")
    return await session.submit(DeliverySpec([recipient], tasks=sources, name=name))


async def main(recipient: str, sources: list[str]) -> None:
    """Deliver and wait; raises what has kept it from being downloaded."""
    async with Session() as session:
        delivery = await delivery_of(session, recipient, sources)
        job = await delivery.wait(until=["waiting", "running", "done"], timeout=3600)
        print(f"{safe(job.name)}: ready to be downloaded", flush=True)
        job = await delivery.wait(timeout=30 * 24 * 3600)
        print(f"{safe(job.name)}: downloaded")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2:]))
    except AccsynError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
