"""The page of the dashboard inside an aiohttp service of your own, beside your own pages.

    DASHBOARD_TOKEN=… python examples/dashboard_in_aiohttp.py 8087

Prints the address to open, with a key that lets one browser in, once; the token lets in whoever has it.
SIGTERM or Ctrl-C ends it. Needs the extra dashboard, and ACCSYN_WORKSPACE, ACCSYN_API_USER and
ACCSYN_API_KEY; ACCSYN_URL for a sandbox.
"""

import asyncio
import os
import signal
import sys

from aiohttp import web

from accsyn_async import Session, dashboard


async def index(request: web.Request) -> web.Response:
    """A page of your own."""
    return web.Response(text='<a href="/transfers/">transfers</a>', content_type="text/html")


async def main(port: int, token: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Session() as session:
        application = web.Application()
        application.router.add_get("/", index)
        page = dashboard.app(session, "Transfer", token=token)
        application.add_subapp("/transfers/", page)
        # Pages that leave are let go of at once.
        runner = web.AppRunner(application, handler_cancellation=True)
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            where = f"http://127.0.0.1:{runner.addresses[0][1]}/transfers/"
            print(where + dashboard.one_use_path(page), flush=True)
            await stop.wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.environ.get("DASHBOARD_TOKEN"):
        sys.exit(__doc__)
    asyncio.run(main(int(sys.argv[1]), os.environ["DASHBOARD_TOKEN"]))
