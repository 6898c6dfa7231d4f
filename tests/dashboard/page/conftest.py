"""A real browser, one for all, and pages in it that must not complain."""

from __future__ import annotations

import inspect
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import Opener

HERE = Path(__file__).parent
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE and inspect.iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's executable."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = [path for name in names if name and (path := shutil.which(name))]
    if not found:
        pytest.fail(
            "The page is tested in a real browser: apt-get install chromium, or say where CHROMIUM is"
        )
    return found[0]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    # How long something may take to show on a machine that has much else to do; no test waits that long.
    expect.set_options(timeout=20_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def pages(browser: Browser) -> AsyncIterator[Opener]:
    """Opens pages; none may have written an error to its console when the test ends."""
    async with AsyncExitStack() as stack:
        opener = Opener(browser, stack)
        yield opener
        assert opener.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def box() -> AsyncIterator[Sandbox]:
    """A workspace whose transfers take their time: what ends between two polls is found only later."""
    async with Sandbox(speed=0.05, rate_limit=False, seed=7) as box:
        yield box
