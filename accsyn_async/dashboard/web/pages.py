"""Open pages, each a stream of server-sent events."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from accsyn_async.dashboard.web.hub import Hub
from accsyn_async.transport.seam import Clock

__all__ = ["MOST_PAGES", "stream"]

MOST_PAGES: Final = 200
_RETRY_AFTER: Final = 10
_PATIENCE: Final = 60.0
"""Seconds that a page may take to make room for one message."""


async def stream(request: web.Request, hub: Hub, clock: Clock) -> web.StreamResponse:
    """Send a page what there is, and then what changes, until it leaves.

    Args:
        request: ``Last-Event-ID``, or ``since`` in the query, says what it has got already.
        hub: what is told.
        clock: time.
    """
    if hub.closed or hub.pages >= MOST_PAGES:
        reason = "the dashboard is ending" if hub.closed else f"{MOST_PAGES} pages are open already"
        return web.json_response({"error": reason}, status=503, headers={"Retry-After": str(_RETRY_AFTER)})
    hub.pages += 1
    try:
        async with sse_response(request, sep="\n", ping_interval=30, send_timeout=_PATIENCE) as response:
            await _tell(request, response, hub, clock)
        return response
    finally:
        hub.pages -= 1


async def _tell(request: web.Request, response: EventSourceResponse, hub: Hub, clock: Clock) -> None:
    feed = hub.feed
    cursor = feed.cursor_of(request.headers.get("Last-Event-ID") or request.query.get("since"))
    health = b""
    try:
        while not hub.closed:
            news = feed.news(cursor, clock.monotonic(), round(time.time(), 3))
            cursor = news.cursor
            for message in news.messages:
                await _write(request, response, message)
            if feed.health is not health:
                health = feed.health
                await _write(request, response, health)
            if feed.number == cursor and feed.health is health and not hub.closed:
                await feed.wait()
    except (ConnectionError, TimeoutError):
        return


async def _write(request: web.Request, response: EventSourceResponse, message: bytes) -> None:
    """Send bytes that are encoded already, to a page that may have fallen asleep."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await response.write(message)
    except TimeoutError:
        response.stop_streaming()
        if request.transport is not None:
            request.transport.abort()
        raise
