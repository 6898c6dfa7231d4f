"""The way in to an aiohttp application: each request is looked at before it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from accsyn_async.serving.attempts import Attempts
from accsyn_async.serving.guard import CSRF_HEADER, Access, Guard, Knock, Refusal
from accsyn_async.serving.keys import Keys
from accsyn_async.serving.replies import refuse
from accsyn_async.transport.seam import AsyncioClock

__all__ = ["Gate", "cookie_name", "expect_nothing"]

_NO_COOKIE: Final = ""


class Gate:
    """Lets requests in, or refuses them.

    Args:
        keys: what opens.
        guard: who may ask for what.
        access: what routes ask of who comes, by their names; all others are for those who were let in.
        cookie: the name, before the port, of the cookie of who was let in; without, there is none.
    """

    def __init__(
        self, keys: Keys, guard: Guard, access: Mapping[str, Access], *, cookie: str = _NO_COOKIE
    ) -> None:
        self._keys = keys
        self._guard = guard
        self._access = access
        self._cookie = cookie
        self._clock = AsyncioClock()
        self._attempts = Attempts()

    def middleware(self) -> Middleware:
        """The outermost middleware of the application."""

        @web.middleware
        async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._admit(request, handler)

        return admit

    def knows(self, request: web.Request) -> bool:
        """Whether who asks was let in, or brings the token."""
        return self._guard.knows(self._knock(request))

    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        knock = self._knock(request)
        now, who = self._clock.monotonic(), request.remote or ""
        access = self._access.get(request.match_info.route.name or "", Access.KNOWN)
        tries = knock.bearer is not None and not (access is Access.ANYBODY and knock.only_reads)
        if tries and (pause := self._attempts.pause(who, now)):
            return refuse(Refusal(429, "too many wrong tokens"), {"Retry-After": str(pause)})
        refusal = self._guard.refusal(knock, access)
        if tries and not self._keys.fits(knock.bearer or ""):
            self._attempts.failed(who, now)
        if refusal is not None:
            return refuse(refusal, {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None)
        try:
            return await handler(request)
        except web.HTTPException as error:
            allowed = error.headers.getall("Allow", [])
            return refuse(Refusal(error.status, error.reason), {"Allow": allowed[0]} if allowed else None)

    def _knock(self, request: web.Request) -> Knock:
        headers = request.headers

        def sent(name: str) -> str | None:
            # Sent twice, it is neither of the two.
            return ", ".join(headers.getall(name)) if name in headers else None

        return Knock(
            method=request.method,
            hosts=headers.getall("Host", []),
            local=_local(request),
            origin=sent("Origin"),
            site=sent("Sec-Fetch-Site"),
            content_type=request.content_type if "Content-Type" in headers else None,
            authorization=sent("Authorization"),
            csrf=sent(CSRF_HEADER),
            cookie=request.cookies.get(cookie_name(request, self._cookie)) if self._cookie else None,
        )


async def expect_nothing(_request: web.Request) -> None:
    """Leave ``Expect: 100-continue`` unanswered: whoever waits for that sends soon anyway."""


def cookie_name(request: web.Request, name: str) -> str:
    """How a cookie is called at the port that a request came to: browsers send cookies to every port."""
    local = _local(request)
    return name if local is None else f"{name}-{local.rpartition(':')[2]}"


def _local(request: web.Request) -> str | None:
    """The address of ours that a request came to."""
    name = request.transport.get_extra_info("sockname") if request.transport is not None else None
    if not isinstance(name, tuple):
        return None
    host, port = str(name[0]).removeprefix("::ffff:"), name[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
