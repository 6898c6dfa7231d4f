"""A dashboard of jobs that are made up: the real page, served as the real one is, and another feed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from accsyn_async.board.actions import ACTIONS
from accsyn_async.dashboard.web.assets import Assets
from accsyn_async.dashboard.web.replies import document, file

__all__ = ["Dashboard", "serving"]

_PART = 1000
"""Rows of a message that tells all there is."""
_PAUSE = 0.5
"""Seconds between two messages."""


class Dashboard:
    """It changes some of its jobs twice a second.

    Args:
        jobs: how many there are; all of them run.
        changes: how many of them change in a second.
    """

    def __init__(self, jobs: int, changes: int) -> None:
        self._dice = random.Random(jobs)
        self._rows = [self._row(number) for number in range(jobs)]
        self._changes = changes
        self._assets = Assets()
        self._number = 0

    def application(self) -> web.Application:
        """What is served."""
        application = web.Application()
        application.router.add_get("/", self._page)
        application.router.add_get("/stream", self._stream)
        application.router.add_get("/app.js", self._app)
        application.router.add_get("/stream.js", self._worker)
        return application

    async def _page(self, request: web.Request) -> web.Response:
        told = {
            "workspace": "acme",
            "query": "Transfer",
            "title": "Transfer · acme",
            "relayed": False,
            "allowed": list(ACTIONS),
            "csrf": "",
            "version": "0",
        }
        return document(request, lambda nonce: self._assets.page(nonce, told))

    async def _app(self, request: web.Request) -> web.Response:
        return file(request, self._assets.app)

    async def _worker(self, request: web.Request) -> web.Response:
        return file(request, self._assets.stream)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        health = {"state": "ok", "reason": None, "age": 0.5, "now": time.time()}
        parts = -(-len(self._rows) // _PART)
        try:
            for part in range(parts):
                rows = self._rows[part * _PART : (part + 1) * _PART]
                await self._send(
                    response, "snapshot", {"part": part, "parts": parts, "rows": rows, "health": health}
                )
            while True:
                await asyncio.sleep(_PAUSE)
                await self._send(response, "changes", {"rows": self._move(), "gone": []})
        except ConnectionError:
            return response

    def _move(self) -> list[dict[str, Any]]:
        """Let some jobs get on; what changed of them."""
        dice = self._dice
        changed = dice.sample(self._rows, min(len(self._rows), round(self._changes * _PAUSE)))
        for row in changed:
            row["progress"] = (row["progress"] + dice.random()) % 100
            row["speed"] *= dice.uniform(0.9, 1.1)
        return [{key: row[key] for key in ("id", "progress", "speed", "eta_s")} for row in changed]

    async def _send(self, response: web.StreamResponse, event: str, data: dict[str, Any]) -> None:
        self._number += 1
        text = json.dumps(data | {"now": time.time()})
        await response.write(f"id: made-up.{self._number}\nevent: {event}\ndata: {text}\n\n".encode())

    def _row(self, number: int) -> dict[str, Any]:
        dice = self._dice
        return {
            "id": f"{number:024x}",
            "name": f"shot_{number:04}.exr",
            "status": "running",
            "word": "running",
            "progress": dice.random() * 90,
            "speed": dice.uniform(1, 90),
            "eta_s": 600,
            "size": 10**10,
            "source": "hq",
            "destination": "berlin",
            "user": f"user{number % 7}@example.com",
            "queue": "medium",
            "created": None,
            "finished": None,
            "spark": [dice.uniform(1, 90) for _ in range(60)],
        }


@contextlib.asynccontextmanager
async def serving(dashboard: Dashboard) -> AsyncIterator[str]:
    """Serve it on a free port of loopback; its address."""
    runner = web.AppRunner(dashboard.application(), shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
