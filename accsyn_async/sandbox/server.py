"""The HTTP side: addresses, bounds and replies."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections import Counter
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from accsyn_async.sandbox.access import Access
from accsyn_async.sandbox.calls import Calls
from accsyn_async.sandbox.envelope import Event, json_object, read_event, url_object
from accsyn_async.sandbox.limit import AddressLimit
from accsyn_async.sandbox.refusal import Refusal

__all__ = ["Replies", "allowed_hosts", "make_server"]

MAX_BODY: Final = 16 * 1024 * 1024
THREAD_FROM: Final = 256 * 1024
DISCOVERY: Final = "/api/v3/J3PKTtDvolDMBtTy6AFGA"
LOGIN: Final = "/api/v3/api/login"
EVENT: Final = "/api/v3/event"
METHODS: Final = {DISCOVERY: ("GET",), LOGIN: ("PUT",), EVENT: ("GET", "PUT", "POST", "DELETE")}

logger = logging.getLogger(__name__)


def allowed_hosts(host: str, port: int) -> frozenset[str]:
    """The values of a ``Host`` header that are served, in lower case."""
    bound = f"[{host}]" if ":" in host else host
    names = {"127.0.0.1", "localhost", "[::1]", bound.casefold()}
    return frozenset(names | {f"{name}:{port}" for name in names})


class Replies:
    """Answers requests.

    Args:
        workspace: the workspace's code, for discovery.
        access: checks who asks.
        calls: answers events.
        limit: the limit of each address; ``None`` lifts it.
    """

    def __init__(self, workspace: str, access: Access, calls: Calls, limit: AddressLimit | None) -> None:
        self._workspace = workspace
        self._access = access
        self._calls = calls
        self._limit = limit
        self._hosts: frozenset[str] = frozenset()
        self._hostname = ""
        self._port = 0
        self.requests = 0
        self.throttled = 0
        self.events: Counter[str] = Counter()

    def bind(self, host: str, port: int) -> None:
        """Say where the server listens."""
        self._hosts = allowed_hosts(host, port)
        self._hostname, self._port = host, port

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, always with a JSON object."""
        self.requests += 1
        try:
            return _response(await self._answer(request))
        except Refusal as refusal:
            headers = {}
            if isinstance(refusal.extra.get("retry_after"), int):
                headers["Retry-After"] = str(refusal.extra["retry_after"])
            return _response(refusal.reply(), refusal.status, headers)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            logger.exception("a request broke")
            text = "The sandbox failed; its log says why."
            return _response({"exception": text, "message": f"E#E500 {text}"}, 500)

    async def _answer(self, request: web.BaseRequest) -> dict[str, Any]:
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or hosts[0].strip().casefold() not in self._hosts:
            raise Refusal("E#E421", "This host is not served here.", status=421)
        wait = self._limit.take(request.remote or "") if self._limit is not None else 0.0
        if wait:
            self.throttled += 1
            seconds = math.ceil(wait)
            raise Refusal("E#E429", "Too many requests, slow down.", status=429, retry_after=seconds)
        path, _, query = request.raw_path.partition("?")
        methods = METHODS.get(path)
        if methods is None:
            raise Refusal("E#E404", "There is nothing at this address.", status=404)
        if request.method not in methods:
            raise Refusal("E#E405", f"{request.method} does not work here.", status=405)
        if path == DISCOVERY:
            return self._discover(url_object(query))
        if path == LOGIN:
            return await self._log_in(request)
        return await self._event(request, query)

    def _discover(self, wanted: dict[str, Any]) -> dict[str, Any]:
        ident = wanted.get("ident")
        if not isinstance(ident, str) or ident.casefold() != self._workspace.casefold():
            raise Refusal("E#W404", f"There is no workspace {ident!r}.")
        return {"result": {"hostname": self._hostname, "port": self._port}}

    async def _log_in(self, request: web.BaseRequest) -> dict[str, Any]:
        body = await _body(request)
        if body:
            json_object(body)
        user = self._access.authenticate(*_credentials(request))
        return {"result": {"id": user.id, "role": user.role, "session_id": self._access.log_in(user)}}

    async def _event(self, request: web.BaseRequest, query: str) -> dict[str, Any]:
        user = self._access.authenticate(*_credentials(request))
        if request.method in ("GET", "DELETE"):
            event = read_event(url_object(query))
        else:
            body = await _body(request)
            # A big body takes long to unpack, too long for the loop.
            event = await asyncio.to_thread(_read, body) if len(body) > THREAD_FROM else _read(body)
        self.events[self._calls.name(event.uri) or "?"] += 1
        if event.workspace.casefold() != self._workspace.casefold():
            raise Refusal("E#W404", f"There is no workspace {event.workspace!r}.")
        if event.ident.casefold() != user.username.casefold():
            raise Refusal("E#A403", "'ident' is not the user who sends this.")
        self._access.check_session(event.session, user)
        return await self._calls.answer(request.method, event, user)


def _read(body: bytes) -> Event:
    return read_event(json_object(body))


def _credentials(request: web.BaseRequest) -> tuple[str | None, str | None]:
    return request.headers.get("Authorization"), request.headers.get("X-Accsyn-Workspace")


async def _body(request: web.BaseRequest) -> bytes:
    if request.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise Refusal("E#E415", "Send the body as it is; data is compressed as gz_data.", status=415)
    too_much = Refusal("E#E413", f"The body is larger than {MAX_BODY} bytes.", status=413)
    if (request.content_length or 0) > MAX_BODY:
        raise too_much
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            raise too_much
    return bytes(body)


def _response(
    reply: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    try:
        text = msgspec.json.encode(reply)
    except (ValueError, OverflowError):
        # Lone surrogates and huge numbers, which JSON text can hold and msgspec refuses.
        text = json.dumps(reply).encode("ascii")
    return web.Response(
        body=text,
        status=status,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            **(headers or {}),
        },
    )


class _Protocol(RequestHandler):
    """Answers what is no HTTP with a JSON object too."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        # Only the kind: the text of the error quotes the request, credentials too.
        logger.debug("a request could not be read: %s", type(exc).__name__)
        response = _response({"message": f"E#E{status} The request could not be read."}, status)
        response.force_close()
        return response


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


def make_server(replies: Replies) -> web.ServerRunner:
    """A server, not yet listening, that answers with ``replies``. Must be made in a running loop."""
    server = _Server(replies.handle, access_log=None, auto_decompress=False, lingering_time=1.0)
    return web.ServerRunner(server, shutdown_timeout=1.0)
