"""The dashboard's page and the screen of the terminal, over a workspace that is the same each time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from accsyn_async import Session, dashboard
from accsyn_async.dashboard.top.steering_app import SteeringTop
from accsyn_async.dashboard.top.view_file import ViewFile
from accsyn_async.sandbox import Sandbox

__all__ = ["Views"]

_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
_JOBS = 160
_FACTOR = 25
_WIDTH, _HEIGHT = 1200, 592
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
            await playwright.chromium.launch(executable_path=chromium, args=_QUIET) as browser,
            _served(session) as url,
        ):
            await box.advance(minutes=70)
            await _vary(session)
            page = await browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme="light")
            await page.goto(url)
            yield cls(box, browser, page)

    async def move(self, seconds: float) -> None:
        """Let time pass from now on, and for so long: lines of speed want something to show."""
        await self._box.run_at(_FACTOR)
        await asyncio.sleep(seconds)

    async def page_text(self) -> list[str]:
        """What the page says, once it has said it for a while."""
        text = before = ""
        async with asyncio.timeout(30):
            while text != before or not all(word in text for word in ("running", "paused", "aborted")):
                await asyncio.sleep(0.5)
                before, text = text, await self._page.inner_text("body")
        # What is said aloud is not to be seen, and passes.
        said = await self._page.inner_text("#live")
        return text.removesuffix(said).splitlines()

    async def take_page(self, light: Path, dark: Path) -> None:
        """Take pictures of the page."""
        for path, scheme in ((light, "light"), (dark, "dark")):
            await self._page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await self._page.screenshot(path=path)

    async def screen_text(self) -> list[str]:
        """What the screen of the terminal says."""
        drawing = await self._screen()
        lines: dict[float, str] = {}
        for left, top, length, text in _TEXTS.findall(drawing):
            said = unescape(text).replace("\xa0", " ")
            column = round(float(left) * len(said) / float(length))
            lines[float(top)] = lines.get(float(top), "").ljust(column) + said
        return [lines[top] for top in sorted(lines)]

    async def take_screen(self, path: Path) -> None:
        """Take a picture of the screen of the terminal."""
        # The drawing names fonts of another host, which are not asked for.
        drawing = re.sub(r"@font-face\s*\{[^}]*\}", "", await self._screen())
        drawing = drawing.replace("Fira Code", "DejaVu Sans Mono")
        page = await self._browser.new_page(
            viewport={"width": _WIDTH, "height": _HEIGHT}, device_scale_factor=1
        )
        await page.set_content(
            f"<style>body {{ margin: 0 }} svg {{ display: block; width: {_WIDTH}px }}</style>{drawing}"
        )
        await page.locator("svg").screenshot(path=path, omit_background=True)
        await page.close()

    async def _screen(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            screen = SteeringTop(self._box.session, "Transfer", ViewFile(Path(folder) / "top.json"))
            async with screen.run_test(size=(112, 26)) as pilot:
                drawing = ""
                async with asyncio.timeout(30):
                    while "synced" not in drawing:
                        await asyncio.sleep(0.5)
                        drawing = screen.export_screenshot()
                if self._box.time_factor:
                    await asyncio.sleep(12)  # so that the log has something to say
                await pilot.press("j", "j", "space", "j")
                await pilot.pause()
                return screen.export_screenshot(title="accsyn-async top")


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
