"""What can be asked of the dashboard, and who may ask for it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web import RequestPayloadError

from accsyn_async._version import __version__
from accsyn_async.board.actions import ACTIONS
from accsyn_async.dashboard.web.assets import Asset, Assets
from accsyn_async.dashboard.web.hub import Hub
from accsyn_async.dashboard.web.pages import stream
from accsyn_async.dashboard.web.replies import document, file
from accsyn_async.errors import AccsynError, NotFoundError, SessionClosedError
from accsyn_async.models import is_entity_id
from accsyn_async.safe_text import safe
from accsyn_async.serving.gate import Gate, cookie_name, expect_nothing
from accsyn_async.serving.guard import COOKIE, Access, Guard, Refusal
from accsyn_async.serving.keys import Keys
from accsyn_async.serving.replies import refuse
from accsyn_async.transport.seam import AsyncioClock

__all__ = ["Handlers"]

_MOST_JOBS: Final = 1000
_PATIENCE: Final = 10.0
"""Seconds that an order may take to arrive."""
_OPEN: Final = {"document": Access.DOCUMENT, "healthz": Access.ANYBODY, "fresh": Access.ANYBODY}
"""What those who were not let in may ask for, by the routes' names."""


class _Order(msgspec.Struct, forbid_unknown_fields=True):
    """What a page wants done to jobs."""

    ids: list[str]


class Handlers:
    """The handlers of one dashboard.

    Args:
        hub: what is shown.
        keys: what opens it.
        guard: lets in.
        read_only: nothing can be steered.

    Attributes:
        gate: the way in.
        used: set when an address of one use was used.
    """

    def __init__(self, hub: Hub, keys: Keys, guard: Guard, *, read_only: bool) -> None:
        self.hub = hub
        self.keys = keys
        self.used = asyncio.Event()
        self.gate = Gate(keys, guard, _OPEN, cookie=COOKIE)
        self._read_only = read_only
        self._assets = Assets()
        self._clock = AsyncioClock()

    def routes(self) -> list[web.RouteDef]:
        """All that can be asked for; without what changes anything, when it is only to be read."""
        several = [
            web.get("/", self._document, name="document"),
            web.get("/app.js", self._script(self._assets.app)),
            web.get("/stream.js", self._script(self._assets.stream)),
            web.get("/stream", self._stream, allow_head=False),
            web.get("/jobs/{id}/tasks", self._tasks),
            web.get("/metrics", self._metrics),
            web.get("/healthz", self._healthz, name="healthz"),
            web.get("/healthz/fresh", self._fresh, name="fresh"),
            web.get("/login", self._login, allow_head=False),
        ]
        if not self._read_only:
            several += [web.post(f"/jobs/{action}", self._steering(action)) for action in ACTIONS]
        for route in several:
            # Before anything is expected to come, it has to be let in.
            route.kwargs["expect_handler"] = expect_nothing
        return several

    async def _document(self, request: web.Request) -> web.Response:
        known = self.gate.knows(request)
        # Who only asks for the head, to preview a link for instance, uses nothing up.
        once = request.query.get("once") if request.method == "GET" else None
        if once is not None and not self.keys.redeem(once):
            return self._ask_for_token(request, 403, used=True, known=known)
        if once is None and not known:
            return self._ask_for_token(request, 401, used=False, known=False)
        told = self.hub.facts() | {"csrf": self.keys.csrf, "version": __version__}
        response = document(request, lambda nonce: self._assets.page(nonce, told))
        if once is not None:
            self.used.set()
            self._let_in(request, response)
        return response

    def _ask_for_token(self, request: web.Request, status: int, *, used: bool, known: bool) -> web.Response:
        told = {"used": used, "known": known, "version": __version__}
        return document(request, lambda nonce: self._assets.login(nonce, told), status=status)

    async def _login(self, request: web.Request) -> web.Response:
        response = web.json_response({"ok": True})
        self._let_in(request, response)
        return response

    def _let_in(self, request: web.Request, response: web.Response) -> None:
        response.set_cookie(
            cookie_name(request, COOKIE),
            self.keys.cookie,
            path=request.path.removesuffix("login"),
            httponly=True,
            samesite="Strict",
            secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
        )

    def _script(self, asset: Asset) -> Handler:
        async def serve(request: web.Request) -> web.Response:
            return file(request, asset)

        return serve

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await stream(request, self.hub, self._clock)

    async def _tasks(self, request: web.Request) -> web.Response:
        ident = request.match_info["id"]
        if not is_entity_id(ident) or self.hub.board.get(ident) is None:
            return refuse(Refusal(404, "there is no such job here"))
        try:
            return web.json_response(await self.hub.tasks.tasks(ident))
        except NotFoundError as error:
            status, text = 404, error.message
        except SessionClosedError as error:
            status, text = 503, error.message
        except AccsynError as error:
            status, text = 502, error.message
        return refuse(Refusal(status, safe(text)))

    def _steering(self, action: str) -> Handler:
        async def steering(request: web.Request) -> web.Response:
            if "Content-Encoding" in request.headers:
                return refuse(Refusal(415, "what is sent must not be compressed"))
            try:
                async with asyncio.timeout(_PATIENCE):
                    body = await request.read()
                order = msgspec.json.decode(body, type=_Order)
            except TimeoutError:
                return refuse(Refusal(408, "what was to be sent did not come"))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RequestPayloadError):
                return refuse(Refusal(400, 'what is sent must be {"ids": ["…", …]}'))
            if not 1 <= len(order.ids) <= _MOST_JOBS:
                return refuse(Refusal(400, f"there must be 1 to {_MOST_JOBS} ids"))
            hub = self.hub
            try:
                # To its end, also when the page leaves meanwhile.
                results = await asyncio.shield(hub.steer(action, order.ids))
            except SessionClosedError as error:
                return refuse(Refusal(503, safe(error.message)))
            return web.json_response({"results": results})

        return steering

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = self.hub.metrics.exposition(request.headers.get("Accept"))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response(self._standing())

    async def _fresh(self, _request: web.Request) -> web.Response:
        return web.json_response(self._standing(), status=200 if self.hub.is_fresh else 503)

    def _standing(self) -> dict[str, Any]:
        """That it is alive, and how fresh what it shows is; without names, as anybody may ask."""
        health = self.hub.health()
        return {"alive": True, "fresh": self.hub.is_fresh, "state": health["state"], "age_s": health["age"]}
