"""The aiohttp application, to be mounted in another or run by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from typing import Final

from aiohttp import web

from accsyn_async.dashboard.origin import Relayed
from accsyn_async.dashboard.web.handlers import Handlers
from accsyn_async.dashboard.web.hub import Hub
from accsyn_async.errors import ArgumentError
from accsyn_async.serving.guard import Guard, check_hosts
from accsyn_async.serving.keys import Keys
from accsyn_async.serving.replies import harden
from accsyn_async.session import Session

__all__ = ["app", "ended", "key_used", "one_use_path"]

_MOST_BYTES: Final = 64 * 1024
_HANDLERS: Final = web.AppKey("accsyn_dashboard", Handlers)


def app(
    session: Session | Relayed,
    query: str = "Transfer",
    *,
    token: str | None = None,
    open: bool = False,
    read_only: bool = False,
    per_job: bool = False,
    hosts: Collection[str] = (),
) -> web.Application:
    """The dashboard of a session, or of a relay's feed.

    It follows the jobs from the start of the application to its end. Whoever opens the page needs
    a key: an address of one use (``one_use_path``), or the token. Run it with aiohttp's
    ``handler_cancellation=True``, and pages that leave are let go of at once, not seconds later.

    Args:
        session: an open session; whoever may use the page acts in its name. Or a relay's feed: what can
            be done to jobs is what the relay allows, and there are no tasks.
        query: the jobs to show.
        token: lets in whoever sends it, as a bearer token or typed into the page; ``None`` for a
            random one that nobody is told.
        open: everybody on this computer may look and steer, without a key; requests from
            elsewhere are refused.
        read_only: nothing can be steered.
        per_job: metrics tell of single jobs, by their ids.
        hosts: names that the page is reached by, besides loopback's and the address that a request
            comes to; with the port, where that is not 80 or 443.

    Raises:
        QueryError: the query is none of jobs.
        ArgumentError: the token is empty, or given together with ``open``; a host is an address with a
            scheme or a path.

    Example::

        application = web.Application()
        page = dashboard.app(session)
        application.add_subapp("/transfers/", page)
        print("/transfers/" + dashboard.one_use_path(page))
    """
    if token is not None and not token.strip():
        raise ArgumentError("token must not be empty; leave it out for a random one")
    if token is not None and open:
        raise ArgumentError("open= and token= exclude each other: what is open needs no token")
    check_hosts(hosts)
    keys = Keys(token)
    guard = Guard(keys, is_open=open, hosts=hosts)
    hub = Hub(session, query, per_job=per_job, read_only=read_only)
    handlers = Handlers(hub, keys, guard, read_only=read_only)
    application = web.Application(middlewares=[handlers.gate.middleware()], client_max_size=_MOST_BYTES)
    application[_HANDLERS] = handlers
    application.add_routes(handlers.routes())
    application.on_response_prepare.append(harden)
    application.on_shutdown.append(_close)
    application.cleanup_ctx.append(_running)
    return application


def one_use_path(application: web.Application) -> str:
    """What to append to the address of a dashboard to let one browser in, once: ``?once=…``.

    Args:
        application: what ``app`` returned.

    Example::

        page = dashboard.app(session)
        print("http://127.0.0.1:8484/" + dashboard.one_use_path(page))
    """
    return f"?once={application[_HANDLERS].keys.issue()}"


async def key_used(application: web.Application) -> None:
    """Wait until an address of one use was used.

    Args:
        application: what ``app`` returned.

    Example::

        page = dashboard.app(session)
        waiting = asyncio.create_task(dashboard.key_used(page))  # done when the next browser came in
        waiting.cancel()
    """
    used = application[_HANDLERS].used
    await used.wait()
    used.clear()


async def ended(application: web.Application) -> None:
    """Wait until what is shown has come to an end by itself: no page learns anything new then.

    Args:
        application: what ``app`` returned.

    Raises:
        AccsynError: what ended it, such as an ``AuthenticationError``.

    Example::

        page = dashboard.app(session)
        waiting = asyncio.create_task(dashboard.ended(page))
        waiting.cancel()
    """
    await application[_HANDLERS].hub.ended()


async def _running(application: web.Application) -> AsyncIterator[None]:
    running = asyncio.create_task(application[_HANDLERS].hub.run(), name="accsyn-dashboard")
    yield
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _close(application: web.Application) -> None:
    await application[_HANDLERS].hub.aclose()
