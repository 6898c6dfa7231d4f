"""Reach accsyn through a company's HTTP proxy, and trust the company's own authority.

    HTTPS_PROXY=http://proxy.example.com:3128 python examples/behind_a_proxy.py authority.pem

Prints who has logged in to which workspace, and how many transfers are active. Without HTTPS_PROXY it goes
the straight way, without a file it trusts whom the system trusts. Needs ACCSYN_WORKSPACE, ACCSYN_API_USER
and ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import os
import ssl
import sys

import aiohttp

from accsyn_async import AccsynError, Session


async def main(authority: str | None) -> None:
    """Log in and count."""
    context = ssl.create_default_context(cafile=authority)
    # A session of accsyn sends with an aiohttp session of yours, and leaves it open.
    async with (
        aiohttp.ClientSession(
            proxy=os.environ.get("HTTPS_PROXY"), cookie_jar=aiohttp.DummyCookieJar()
        ) as client,
        Session(client_session=client, ssl=context) as session,
    ):
        active = await session.find("Transfer")
        print(f"{session.username} @ {session.workspace}: {len(active)} active transfers")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
    except (AccsynError, OSError) as error:
        sys.exit(str(error))
