"""A browser without a screen or a graphics card, and what it says of the work that it does."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any, NamedTuple

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from benchmarks.catalogue import program

__all__ = ["Task", "browsing", "main_tasks", "opened", "share", "traced"]

_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_TRACED = ("toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline")


class Task(NamedTuple):
    """What the main thread of a page did in one go, in milliseconds.

    Attributes:
        passed: from its begin to its end, to which other programs on the machine add.
        computed: in which its thread computed.
    """

    passed: float
    computed: float


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Start a browser, and end it."""
    async with async_playwright() as playwright:
        executable = program("chromium")
        browser = await playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def opened(browser: Browser) -> AsyncIterator[Page]:
    """A page of a browser that knows of nothing yet."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def share(browser: Browser, doing: Awaitable[None]) -> dict[str, float]:
    """Per cent of a core that each kind of process of the browser takes while something is done."""
    session = await browser.new_browser_cdp_session()
    before, began = await _processes(session), time.monotonic()
    await doing
    passed, after = time.monotonic() - began, await _processes(session)
    return {kind: (after[kind] - before.get(kind, 0.0)) / passed * 100 for kind in after}


async def _processes(session: CDPSession) -> dict[str, float]:
    """Seconds of processor time that each kind of process has taken."""
    taken: dict[str, float] = {}
    for each in (await session.send("SystemInfo.getProcessInfo"))["processInfo"]:
        taken[each["type"]] = taken.get(each["type"], 0.0) + each["cpuTime"]
    return taken


async def traced(browser: Browser, page: Page, doing: Awaitable[Any]) -> tuple[Any, list[Task]]:
    """Do something; what came of it, and the tasks of pages' main threads meanwhile."""
    await browser.start_tracing(page=page, categories=list(_TRACED))
    done = await doing
    return done, main_tasks(json.loads(await browser.stop_tracing())["traceEvents"])


def main_tasks(events: Sequence[Mapping[str, Any]]) -> list[Task]:
    """The tasks of pages' main threads.

    Args:
        events: of a trace.
    """
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        Task(event["dur"] / 1000, event.get("tdur", 0) / 1000)
        for event in events
        if event["name"] == "RunTask" and event["ph"] == "X" and (event["pid"], event["tid"]) in mains
    ]
