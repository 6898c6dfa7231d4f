"""The dashboard's page and the screen of the terminal, over a workspace that is the same each time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from html import unescape
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from accsyn_async import Session, dashboard
from accsyn_async.dashboard.top.steering_app import SteeringTop
from accsyn_async.dashboard.top.view_file import ViewFile
from accsyn_async.sandbox import Sandbox
from docs.picturing.page_lines import page_lines
from docs.picturing.seen import of_screen

__all__ = ["Views"]

_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
_JOBS = 160
_FACTOR = 25
_WIDTH, _HEIGHT = 1200, 592
_ROWS = 12
_PATIENCE = 120
"""Seconds that a slow machine has for each thing; nothing else depends on how many it takes."""
_TEXTS = re.compile(r'<text[^>]* x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>(.*?)</text>')


class Views:
    """The page and the screen, with a browser to draw them. Made by `open`; time stands still at first.

    Args:
        box: the workspace.
        browser: what draws.
        page: shows the dashboard.
    """

    def __init__(self, box: Sandbox, browser: Browser, page: Page) -> None:
        self._box = box
        self._browser = browser
        self._page = page

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls) -> AsyncIterator[Views]:
        """Have jobs that have moved for an hour, a page that shows them, and a browser."""
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        async with (
            Sandbox(synthetic_jobs=_JOBS, seed="pictures", rate_limit=False, time_factor=0) as box,
            box.session() as session,
            async_playwright() as playwright,
            await playwright.chromium.launch(
                executable_path=chromium, args=_QUIET, timeout=_PATIENCE * 1000
            ) as browser,
        ):
            # Whoever follows the jobs must not see some of this hour, and how much depends on speed.
            await box.advance(minutes=70)
            async with _served(session) as url:
                page = await browser.new_page(
                    viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme="light", locale="en-GB"
                )
                page.set_default_timeout(_PATIENCE * 1000)
                await page.goto(url)
                views = cls(box, browser, page)
                await views.page_text("running")
                # What is aborted is shown only to those who have seen it before.
                await _vary(session)
                yield views

    async def move(self) -> None:
        """Let time pass from now on."""
        await self._box.run_at(_FACTOR)

    async def page_text(self, *words: str) -> list[str]:
        """What the page says once it stays so: its upper rows, which are seen with any font.

        Args:
            words: what it must say before; that all jobs are as they are to be, when left out.

        Raises:
            TimeoutError: it does not, for two minutes.
        """
        return await _settled(
            lambda: page_lines(self._page, rows=_ROWS), words or ("Live", "running", "paused", "aborted")
        )

    async def take_page(self, light: Path, dark: Path, *, after: float) -> None:
        """Take pictures of the page, after so many seconds: lines of speed want something to show."""
        await asyncio.sleep(after)
        for path, scheme in ((light, "light"), (dark, "dark")):
            await self._page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await self._page.screenshot(path=path)

    async def screen_text(self) -> list[str]:
        """What the screen of the terminal says."""
        return _lines_of(await self._screen(0))

    async def take_screen(self, path: Path, *, after: float) -> None:
        """Take a picture of the screen of the terminal, after so many seconds: so does its log."""
        # The drawing names fonts of another host, which are not asked for.
        drawing = re.sub(r"@font-face\s*\{[^}]*\}", "", await self._screen(after))
        drawing = drawing.replace("Fira Code", "DejaVu Sans Mono")
        page = await self._browser.new_page(
            viewport={"width": _WIDTH, "height": _HEIGHT}, device_scale_factor=1
        )
        await page.set_content(
            f"<style>body {{ margin: 0 }} svg {{ display: block; width: {_WIDTH}px }}</style>{drawing}"
        )
        await page.locator("svg").screenshot(path=path, omit_background=True)
        await page.close()

    async def _screen(self, after: float) -> str:
        with tempfile.TemporaryDirectory() as folder:
            screen = SteeringTop(self._box.session, "Transfer", ViewFile(Path(folder) / "top.json"))
            async with screen.run_test(size=(112, 26)) as pilot:

                async def drawn() -> list[str]:
                    await pilot.pause()
                    return _lines_of(screen.export_screenshot())

                await _settled(drawn, ("synced", "running", "paused"))
                await asyncio.sleep(after)
                await pilot.press("j", "j", "space", "j")
                await _settled(drawn, ("1 marked",))
                return screen.export_screenshot(title="accsyn-async top")


def _lines_of(drawing: str) -> list[str]:
    """What a screen says that was drawn as an SVG."""
    lines: dict[float, str] = {}
    for left, top, length, text in _TEXTS.findall(drawing):
        said = unescape(text).replace("\xa0", " ")
        column = round(float(left) * len(said) / float(length))
        lines[float(top)] = lines.get(float(top), "").ljust(column) + said
    return [lines[top] for top in sorted(lines)]


async def _settled(read: Callable[[], Awaitable[list[str]]], words: Sequence[str]) -> list[str]:
    """Read until it has all words and is twice the same, but for numbers: clocks go on."""
    before: str | None = None
    async with asyncio.timeout(_PATIENCE):
        while True:
            lines = await read()
            text = "\n".join(lines)
            if of_screen(lines) == before and all(word in text for word in words):
                return lines
            before = of_screen(lines)
            await asyncio.sleep(0.5)


async def _vary(session: Session) -> None:
    """Let there be more than jobs that run and jobs that wait."""
    running = await session.find("Transfer WHERE status=running")
    for row, status in zip(running, ("paused", "paused", "aborted"), strict=False):
        await session.update("Transfer", row["id"], {"status": status})


@contextlib.asynccontextmanager
async def _served(session: Session) -> AsyncIterator[str]:
    application = dashboard.app(session)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/{dashboard.one_use_path(application)}"
    finally:
        await runner.cleanup()
