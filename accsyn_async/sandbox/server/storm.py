"""Carries out what the weather decided."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from aiohttp import web

from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.odd_rows import with_odd_rows
from accsyn_async.sandbox.server.skew import skewed
from accsyn_async.sandbox.server.weather import OF_ROWS, Fault

__all__ = ["Struck", "linger_of", "odd_response", "skew_of", "weathered"]

Reply = dict[str, Any]

LOSES: Final = frozenset({"throttle", "error", "html", "cut", "reset"})
"""What loses the answer."""
PAGE: Final = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>Bad Gateway</h1><p>The proxy server received an invalid response.</p></body></html>
"""


class Struck(Exception):
    """A request that is not answered as it should be; ``reply`` is what it missed, if it was carried out."""

    def __init__(self, fault: Fault, reply: Reply | None) -> None:
        super().__init__(fault.kind)
        self.fault = fault
        self.reply = reply


def skew_of(faults: Iterable[Fault]) -> float:
    """By how many seconds the times of a reply are wrong."""
    return sum(fault.seconds for fault in faults if fault.kind == "skew")


def linger_of(faults: Iterable[Fault]) -> float:
    """For how many seconds jobs that have finished are still listed among the active ones."""
    return max((fault.seconds for fault in faults if fault.kind == "linger"), default=0.0)


async def weathered(
    faults: Iterable[Fault],
    act: Callable[[], Awaitable[Reply]],
    expire: Callable[[], None],
    wait: Callable[[float], Awaitable[None]],
) -> Reply:
    """Answer a request in the weather that it meets.

    Args:
        faults: what hits it.
        act: answers it.
        expire: expires all sessions.
        wait: waits for so many seconds.

    Raises:
        Struck: the answer is lost, or is none.
        Refusal: the call is refused, by the weather or by itself.
    """
    faults = tuple(faults)
    for fault in faults:
        if fault.kind == "delay" and not fault.acted:
            await wait(fault.seconds)
        elif fault.kind == "expire":
            expire()
            raise Refusal("E#A402", "The session has expired, log in again.", session_expired=True)
        elif fault.kind in LOSES and not fault.acted:
            raise Struck(fault, None)
    reply = await act()
    if skew := skew_of(faults):
        reply = skewed(reply, skew)
    for fault in faults:
        if fault.kind in OF_ROWS:
            reply = with_odd_rows(reply, fault)
        elif fault.kind == "delay" and fault.acted:
            await wait(fault.seconds)
        elif fault.kind in LOSES and fault.acted:
            raise Struck(fault, reply)
    return reply


async def odd_response(
    request: web.BaseRequest, struck: Struck, make: Callable[[Reply, int, dict[str, str]], web.Response]
) -> tuple[web.StreamResponse, int]:
    """What a request gets that was struck, and its status; 0 for a connection that was reset.

    Args:
        request: the request.
        struck: by what.
        make: makes an ordinary response of an object, a status and headers.
    """
    fault = struck.fault
    match fault.kind:
        case "throttle":
            again = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            reply = {"message": "E#E429 Too many requests, slow down."}
            return make(reply, fault.status, again), fault.status
        case "html":
            return web.Response(body=PAGE, status=fault.status, content_type="text/html"), fault.status
        case "error":
            text = f"E#E{fault.status} The backend is having a bad time."
            return make({"message": text}, fault.status, {}), fault.status
        case "cut":
            return await _cut(request, make(struck.reply or {}, 200, {})), 200
    _reset(request)
    return web.Response(), 0


async def _cut(request: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    body = whole.body if isinstance(whole.body, bytes) else b""
    response = web.StreamResponse(status=whole.status, headers=whole.headers)
    response.content_length = len(body)
    response.force_close()
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _reset(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with suppress(OSError):
            # Without lingering, closing sends a reset instead of an orderly end.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
