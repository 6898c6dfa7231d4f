"""Takes the README's pictures anew: the page in a browser, and the screen of the terminal.

    python docs/pictures.py

Takes three minutes: the lines of speed show the last ones. Needs the extra ``dev``, and chromium.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, async_playwright

from accsyn_async import Session, dashboard
from accsyn_async.dashboard.top.steering_app import SteeringTop
from accsyn_async.dashboard.top.view_file import ViewFile
from accsyn_async.sandbox import Sandbox

IMAGES = Path(__file__).parent / "images"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
JOBS = 160
FACTOR = 25
SECONDS = 150


async def main() -> None:
    """Let jobs move for a while, then take the pictures."""
    async with (
        Sandbox(synthetic_jobs=JOBS, seed="pictures", rate_limit=False) as box,
        box.session() as session,
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET) as browser,
        _served(session) as url,
    ):
        await box.advance(minutes=70)
        await _vary(session)
        await box.run_at(FACTOR)
        page = await browser.new_page(viewport={"width": 1200, "height": 720}, color_scheme="light")
        await page.goto(url)
        await asyncio.sleep(SECONDS)
        await page.screenshot(path=IMAGES / "dashboard.png")
        await page.close()
        await _take_screen(box, browser)


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


async def _take_screen(box: Sandbox, browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder:
        screen = SteeringTop(box.session, "Transfer", ViewFile(Path(folder) / "top.json"))
        async with screen.run_test(size=(112, 26)) as pilot:
            await asyncio.sleep(12)
            await pilot.press("j", "j", "space", "j")
            await pilot.pause()
            drawing = screen.export_screenshot(title="accsyn-async top")
    # The drawing names fonts of another host, which are not asked for.
    drawing = re.sub(r"@font-face\s*\{[^}]*\}", "", drawing).replace("Fira Code", "DejaVu Sans Mono")
    page = await browser.new_page(viewport={"width": 1200, "height": 600}, device_scale_factor=1)
    await page.set_content(
        f"<style>body {{ margin: 0 }} svg {{ display: block; width: 1200px }}</style>{drawing}"
    )
    await page.locator("svg").screenshot(path=IMAGES / "top.png", omit_background=True)


if __name__ == "__main__":
    asyncio.run(main())
