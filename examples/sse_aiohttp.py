"""Transfers as server-sent events, in an aiohttp service of your own.

    python examples/sse_aiohttp.py 8085
    curl -N http://127.0.0.1:8085/transfers

Each client is told what there is, then what changes, as JSON; one that reads slowly gets merged
changes, and one that comes back begins anew. Needs aiohttp-sse, and ACCSYN_WORKSPACE,
ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox. Who may read it is for you to decide.
"""

import sys
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp_sse import sse_response

from accsyn_async import Session
from accsyn_async.event_json import event_to_json

HOSTS = {"127.0.0.1", "localhost"}
SESSION = web.AppKey("SESSION", Session)


@web.middleware
async def known_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn away pages of others whose name was made to mean this machine."""
    if request.url.host not in HOSTS:
        raise web.HTTPMisdirectedRequest
    return await handler(request)


async def accsyn(app: web.Application) -> AsyncIterator[None]:
    """Hold one session for all clients."""
    async with Session() as session:
        app[SESSION] = session
        yield


async def end_streams(app: web.Application) -> None:
    """End the watches, and the streams with them: they would keep the service from stopping."""
    await app[SESSION].aclose()


async def transfers(request: web.Request) -> web.StreamResponse:
    """Stream events; each client has a watch of its own, and all watches share their polls."""
    async with (
        request.app[SESSION].watch("Transfer") as watch,
        sse_response(request, send_timeout=30) as response,
    ):
        async for event in watch:
            await response.send(event_to_json(event))
    return response


def service() -> web.Application:
    """Make the application."""
    app = web.Application(middlewares=[known_host])
    app.router.add_get("/transfers", transfers)
    app.cleanup_ctx.append(accsyn)
    app.on_shutdown.append(end_streams)
    return app


if __name__ == "__main__":
    # A handler is cancelled when its client has gone, and so leaves its watch at once.
    web.run_app(service(), host="127.0.0.1", port=int(sys.argv[1]), handler_cancellation=True)
