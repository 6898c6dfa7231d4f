"""Transfers as server-sent events, in a FastAPI service of your own.

    uvicorn --app-dir examples sse_fastapi:app --port 8086 --timeout-graceful-shutdown 1
    curl -N http://127.0.0.1:8086/transfers

Each client is told what there is, then what changes, as JSON; one that reads slowly gets merged
changes, and one that comes back begins anew. Streams do not end by themselves: without that option
they keep uvicorn from stopping. Needs fastapi 0.135 or later, uvicorn, and ACCSYN_WORKSPACE,
ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox. Who may read it is for you to decide.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.sse import EventSourceResponse, ServerSentEvent

from accsyn_async import Session
from accsyn_async.event_json import event_to_json


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold one session for all clients."""
    async with Session() as session:
        app.state.session = session
        yield


app = FastAPI(lifespan=lifespan)
# Turns away pages of others whose name was made to mean this machine.
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])


@app.get("/transfers", response_class=EventSourceResponse)
async def transfers() -> AsyncIterator[ServerSentEvent]:
    """Stream events; each client has a watch of its own, and all watches share their polls."""
    session: Session = app.state.session
    # FastAPI cancels this when the client has gone, and sends comments while nothing happens.
    async with session.watch("Transfer") as watch:
        async for event in watch:
            yield ServerSentEvent(raw_data=event_to_json(event))
