"""Transfers as server-sent events, in a FastAPI service of your own.

    uvicorn --app-dir examples sse_fastapi:app --port 8086
    curl -N http://127.0.0.1:8086/transfers

Each client is told what there is, then what changes, as JSON; one that reads slowly gets merged
changes, and one that comes back begins anew. Needs fastapi 0.135 or later, uvicorn, and
ACCSYN_WORKSPACE, ACCSYN_API_USER and ACCSYN_API_KEY; ACCSYN_URL for a sandbox. Who may read it is
for you to decide.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.sse import EventSourceResponse, ServerSentEvent

from accsyn_async import Session
from accsyn_async.event_json import event_to_json


def before_stopping(end: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have something done when the service is told to stop.

    An application is told last: uvicorn waits for its streams before that, and they do not end by
    themselves; with --timeout-graceful-shutdown it breaks them off, with a traceback for each.
    """
    if threading.current_thread() is not threading.main_thread():
        # In a test client; a service that runs in a thread is stopped otherwise.
        return
    loop = asyncio.get_running_loop()
    ending: set[asyncio.Task[None]] = set()
    for number in (signal.SIGTERM, signal.SIGINT):
        uvicorns = signal.getsignal(number)

        def stop(number: int, frame: FrameType | None, then: Any = uvicorns) -> None:
            loop.call_soon_threadsafe(lambda: ending.add(loop.create_task(end())))
            if callable(then):
                then(number, frame)

        # Uvicorn puts back what was there before its own.
        signal.signal(number, stop)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold one session for all clients."""
    async with Session() as session:
        app.state.session = session
        # With the session its watches end, and with them the streams.
        before_stopping(session.aclose)
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
