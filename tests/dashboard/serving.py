"""A dashboard that is served for real, over a sandbox that is served for real."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any

import aiohttp
from aiohttp import web

from accsyn_async import Session, dashboard
from accsyn_async.monitor.schedule import PollPolicy
from accsyn_async.sandbox import Sandbox
from tests.dashboard.reading import Page
from tests.support.relayed import StandIn

QUICK = PollPolicy(soon=0.05, running=0.05, idle=0.05)


class Served:
    """A dashboard.

    Attributes:
        application: as ``dashboard.app`` made it.
        base: its address, with a slash at the end.
        port: of it.
        session: whose jobs it shows.
        box: the workspace.
        feed: where it has them from, when that is no session.
    """

    def __init__(
        self,
        application: web.Application,
        port: int,
        session: Session,
        box: Sandbox,
        feed: StandIn | None = None,
    ) -> None:
        self.application = application
        self.port = port
        self.base = f"http://127.0.0.1:{port}/"
        self.session = session
        self.box = box
        self.feed = feed

    @property
    def url(self) -> str:
        """An address that lets one browser in."""
        return self.base + dashboard.one_use_path(self.application)


@contextlib.asynccontextmanager
async def serving(
    box: Sandbox,
    *,
    role: str = "admin",
    port: int = 0,
    poll: PollPolicy = QUICK,
    relayed: Collection[str] | None = None,
    **options: Any,
) -> AsyncIterator[Served]:
    """Serve a dashboard.

    Args:
        box: the workspace.
        role: who is logged in.
        port: where.
        poll: how often to ask.
        relayed: what a relay allows, from whose feed it is served; ``None`` for a session's.
        options: of ``dashboard.app``.
    """
    async with box.session(role, poll=poll, rate_limit=None) as session:
        feed = None if relayed is None else StandIn(session, *relayed)
        application = dashboard.app(feed or session, **options)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, handler_cancellation=True)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            yield Served(application, runner.addresses[0][1], session, box, feed)
        finally:
            await runner.cleanup()


@contextlib.asynccontextmanager
async def browser(served: Served | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    """What keeps cookies; let in, where a dashboard is given."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=30)) as client:
        if served is not None:
            async with client.get(served.url) as answer:
                assert answer.status == 200
        yield client


async def follow(answer: aiohttp.ClientResponse, page: Page, until: Callable[[Page], object]) -> None:
    """Let a page take in what comes, until something holds."""
    async with asyncio.timeout(60):
        async for line in answer.content:
            page.take_line(line.decode().rstrip("\n"))
            if until(page):
                return
    raise AssertionError("the stream ended")
