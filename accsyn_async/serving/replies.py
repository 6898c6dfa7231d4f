"""How a server of ours answers: refusals as JSON, headers on all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from accsyn_async.serving.guard import Refusal

__all__ = ["harden", "refuse"]

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def refuse(refusal: Refusal, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer that says why not."""
    return web.json_response({"error": refusal.reason}, status=refusal.status, headers=headers)


async def harden(_request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers that every answer has, unless it has its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
