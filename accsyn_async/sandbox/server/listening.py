"""The HTTP server, and the form of what it sends."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

__all__ = ["json_response", "make_server"]

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

logger = logging.getLogger(__name__)


def json_response(
    reply: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """A response whose body is a JSON object.

    Args:
        reply: the object.
        status: the HTTP status.
        headers: more headers.
    """
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
        why = "The request could not be read."
        if isinstance(exc, LineTooLong):
            why = "The address or a header is too long: ask in several requests, or for less."
        response = json_response({"message": f"E#E{status} {why}"}, status)
        response.force_close()
        return response


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


def make_server(handle: Handler) -> web.ServerRunner:
    """A server, not yet listening, that answers as ``handle`` does. Must be made in a running loop."""
    server = _Server(handle, access_log=None, auto_decompress=False, lingering_time=1.0)
    return web.ServerRunner(server, shutdown_timeout=1.0)
