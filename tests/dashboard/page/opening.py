"""Pages of the dashboard, opened in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from accsyn_async.monitor.schedule import PollPolicy

BRISK = PollPolicy(soon=0.1, running=0.2, idle=0.2)


class Opener:
    """Opens pages, and keeps what they complain of.

    Attributes:
        complaints: errors and warnings of their consoles, and exceptions.
        allowed: the beginnings of what they may complain of.
    """

    def __init__(self, browser: Browser, stack: AsyncExitStack) -> None:
        self._browser = browser
        self._stack = stack
        self.complaints: list[str] = []
        self.allowed: list[str] = []

    async def context(self, **options: Any) -> BrowserContext:
        """A browser that knows of nothing yet."""
        context = await self._browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
        self._stack.push_async_callback(context.close)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context

    async def open(self, url: str, context: BrowserContext | None = None, **options: Any) -> Page:
        """A page, as soon as its document is there.

        Args:
            url: the address.
            context: the browser; ``None`` for one of its own.
            options: of that one.
        """
        page = await (context or await self.context(**options)).new_page()
        page.set_default_timeout(30_000)
        await page.goto(url)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(tuple(self.allowed or "\0")):
            self.complaints.append(f"{message.type}: {message.text}")


def row(page: Page, name: str) -> Locator:
    """The row of a job."""
    return page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))


def rows(page: Page) -> Locator:
    """The rows that exist."""
    return page.locator("#rows .row:not([hidden])")


async def names(page: Page) -> list[str]:
    """The names that are shown, from top to bottom."""
    listed: list[str] = await page.evaluate(
        "[...document.querySelectorAll('#rows .row:not([hidden])')]"
        ".sort((a, b) => a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex'))"
        ".map((row) => row.querySelector('.name, .all strong').textContent)"
    )
    return listed


async def until(holds: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something holds here, while the page goes on.

    Args:
        holds: says whether it does.
        seconds: how long at most.

    Raises:
        TimeoutError: it did not.
    """
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)


async def shown(page: Page, *wanted: str) -> None:
    """Wait until exactly these names are shown, in this order."""
    await page.wait_for_function(
        "(wanted) => JSON.stringify([...document.querySelectorAll('#rows .row:not([hidden])')]"
        ".sort((a, b) => a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex'))"
        ".map((row) => row.querySelector('.name, .all strong').textContent)) === JSON.stringify(wanted)",
        arg=list(wanted),
    )


async def live(page: Page) -> None:
    """Wait until the page hears the stream and knows every job."""
    await expect(page.locator("#badge")).to_have_attribute("data-state", "live")
