"""What the dashboard shows: documents with their policy, and files."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from aiohttp import web

from accsyn_async.dashboard.web.assets import Asset

__all__ = ["document", "file"]

_SCRIPT_POLICY: Final = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
"""A worker obeys the policy of its own script, and has to open the stream."""
_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'nonce-{nonce}'; worker-src 'self'; "
    "connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def document(request: web.Request, write: Callable[[str], str], *, status: int = 200) -> web.Response:
    """A document whose scripts and styles are its own.

    Args:
        request: what asks for it, packed or not.
        write: the document's text, given the nonce that lets them be.
        status: of HTTP.
    """
    nonce = secrets.token_urlsafe(16)
    headers = {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
    response = web.Response(text=write(nonce), content_type="text/html", status=status, headers=headers)
    if _takes_gzip(request):
        response.enable_compression(web.ContentCoding.gzip)
    return response


def file(request: web.Request, asset: Asset) -> web.Response:
    """A file, packed where that is understood, or that it has not changed."""
    headers = {"ETag": asset.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    headers["Content-Security-Policy"] = _SCRIPT_POLICY
    if request.headers.get("If-None-Match") == asset.etag:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = asset.content_type
    if _takes_gzip(request):
        return web.Response(body=asset.packed, headers=headers | {"Content-Encoding": "gzip"})
    return web.Response(body=asset.body, headers=headers)


def _takes_gzip(request: web.Request) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")
