"""Reads what requests carry, within bounds."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import HttpVersion11, web

from accsyn_async.sandbox.refusal import Refusal

__all__ = ["read_body"]

MAX_BODY: Final = 16 * 1024 * 1024
STALLED: Final = 10.0
"""Seconds in which nothing more of a body arrives."""


async def read_body(request: web.BaseRequest) -> bytes:
    """The body of a request.

    Raises:
        Refusal: it is compressed, too large, or does not arrive.
    """
    if request.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise Refusal("E#E415", "Send the body as it is; data is compressed as gz_data.", status=415)
    too_much = Refusal("E#E413", f"The body is larger than {MAX_BODY} bytes.", status=413)
    if (request.content_length or 0) > MAX_BODY:
        raise too_much
    await _encourage(request)
    body = bytearray()
    try:
        while not request.content.at_eof():
            # Of a body that breaks the rules nothing is told but that no more comes.
            async with asyncio.timeout(STALLED):
                body += await request.content.readany()
            if len(body) > MAX_BODY:
                raise too_much
    except TimeoutError:
        raise Refusal("E#E408", "The body did not arrive.", status=408) from None
    return bytes(body)


async def _encourage(request: web.BaseRequest) -> None:
    """Tell a client that waits for it that its body is wanted."""
    expected = request.headers.get("Expect")
    if expected is None or request.version < HttpVersion11:
        return
    if expected.strip().casefold() != "100-continue":
        raise Refusal("E#E417", "Only 100-continue can be expected.", status=417)
    if request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
