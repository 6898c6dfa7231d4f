"""How quick the dashboard's page is, in a real browser without a graphics card.

    python benchmarks/page.py [--jobs 1000] [--changes 100] [--seconds 20]

Prints the first paint and the first rows of a load, and what it weighs; the share of a core that the
browser takes while jobs change, and while 5,000 of them are scrolled; how long the page's main thread
computes for a frame of that; and how many of its tasks took longer than 50 ms, which other programs on
the machine add to. Changes come from a feed made up here, served as the dashboard serves it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from accsyn_async.dashboard.web.assets import Assets
from accsyn_async.dashboard.web.replies import document, file

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
WATCH_TASKS = """
  window.longest = 0; window.long = 0;
  new PerformanceObserver((list) => {
    for (const {duration} of list.getEntries()) {
      window.long += 1; window.longest = Math.max(window.longest, duration);
    }
  }).observe({type: "longtask", buffered: true});
"""
SCROLL = """async (seconds) => {
  const list = document.getElementById("list");
  const until = performance.now() + seconds * 1000;
  let frames = 0;
  while (performance.now() < until) {
    list.scrollTop = (list.scrollTop + 1300) % (list.scrollHeight - list.clientHeight);
    await new Promise(requestAnimationFrame);
    frames += 1;
  }
  return frames / seconds;
}"""


def made_up(number: int) -> dict[str, Any]:
    """A job that runs."""
    return {
        "id": f"{number:024x}",
        "name": f"shot_{number:04}.exr",
        "status": "running",
        "word": "running",
        "progress": random.random() * 90,
        "speed": random.uniform(1, 90),
        "eta_s": 600,
        "size": 10**10,
        "source": "hq",
        "destination": "berlin",
        "user": f"user{number % 7}@example.com",
        "queue": "medium",
        "created": None,
        "finished": None,
        "spark": [random.uniform(1, 90) for _ in range(60)],
    }


class Source:
    """A dashboard of made-up jobs."""

    def __init__(self, jobs: int, changes: int) -> None:
        self._rows = [made_up(number) for number in range(jobs)]
        self._changes = changes
        self._assets = Assets()

    def application(self) -> web.Application:
        """What is served."""
        application = web.Application()
        application.router.add_get("/", self._page)
        application.router.add_get("/stream", self._stream)
        application.router.add_get("/app.js", self._app)
        application.router.add_get("/stream.js", self._worker)
        return application

    async def _page(self, request: web.Request) -> web.Response:
        told = {"csrf": "", "readOnly": False, "workspace": "acme", "query": "Transfer", "version": "0"}
        return document(request, lambda nonce: self._assets.page(nonce, told))

    async def _app(self, request: web.Request) -> web.Response:
        return file(request, self._assets.app)

    async def _worker(self, request: web.Request) -> web.Response:
        return file(request, self._assets.stream)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        health = {"state": "ok", "reason": None, "age": 0.5, "now": time.time()}
        parts = -(-len(self._rows) // 1000)
        for part in range(parts):
            rows = self._rows[part * 1000 : part * 1000 + 1000]
            await _send(response, "snapshot", {"part": part, "parts": parts, "rows": rows, "health": health})
        try:
            while True:
                await asyncio.sleep(0.5)
                changed = random.sample(self._rows, min(len(self._rows), self._changes // 2))
                for row in changed:
                    row["progress"] = (row["progress"] + random.random()) % 100
                    row["speed"] *= random.uniform(0.9, 1.1)
                rows = [{key: row[key] for key in ("id", "progress", "speed", "eta_s")} for row in changed]
                await _send(response, "changes", {"rows": rows, "gone": []})
        except ConnectionError:
            return response


async def _send(response: web.StreamResponse, event: str, data: dict[str, Any]) -> None:
    await response.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())


@asynccontextmanager
async def serving(source: Source) -> AsyncIterator[str]:
    """Serve it; its address."""
    runner = web.AppRunner(source.application(), shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def processes(session: CDPSession) -> dict[str, float]:
    """Seconds of processor time that each kind of process has taken."""
    taken: dict[str, float] = {}
    for each in (await session.send("SystemInfo.getProcessInfo"))["processInfo"]:
        taken[each["type"]] = taken.get(each["type"], 0.0) + each["cpuTime"]
    return taken


async def share(browser: Browser, seconds: float, doing: Any) -> str:
    """The share of a core taken by the browser's processes while something is done."""
    session = await browser.new_browser_cdp_session()
    before, began = await processes(session), time.monotonic()
    await doing
    passed, after = time.monotonic() - began, await processes(session)
    taken = {kind: (after[kind] - before.get(kind, 0.0)) / passed for kind in after}
    named = ", ".join(f"{kind} {value:.0%}" for kind, value in sorted(taken.items()) if value >= 0.005)
    return f"{sum(taken.values()):.0%} of a core ({named})"


async def main_thread(page: Page) -> CDPSession:
    """What tells how long the page's main thread has computed, however busy the machine is."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return session


async def computed(session: CDPSession) -> float:
    """Seconds that it has computed."""
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


async def tasks(page: Page) -> str:
    """What the main thread was busy with for long, since the last time that this was asked."""
    long, longest = await page.evaluate("[window.long, window.longest]")
    await page.evaluate("window.long = window.longest = 0")
    return f"{long} tasks above 50 ms" + (f", the longest {longest:.0f} ms" if long else "")


async def loaded(browser: Browser, address: str) -> Page:
    """Open the page, and say how long that took."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    await context.add_init_script(WATCH_TASKS)
    page = await context.new_page()
    await page.goto(address)
    await page.wait_for_selector("#rows .row[data-word]")
    rows = await page.evaluate("performance.now()")
    paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    print(f"  first paint after {paint:.0f} ms, first rows before {rows:.0f} ms; {await tasks(page)}")
    return page


async def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=100, help="a second")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    assets = Assets()
    weight = [len(assets.app.packed), len(assets.stream.packed)]
    print(f"scripts, compressed: app.js {weight[0] / 1000:.1f} kB, stream.js {weight[1] / 1000:.1f} kB")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        print(f"{options.jobs} jobs, {options.changes} changes a second")
        async with serving(Source(options.jobs, options.changes)) as address:
            page = await loaded(browser, address)
            for query in ("sort=name", "sort=speed&desc&group=user"):
                await page.goto(f"{address}?{query}")
                await page.wait_for_selector("#rows .row[data-word]")
                await page.wait_for_timeout(1000)
                await page.evaluate("window.long = window.longest = 0")
                spent = await share(browser, options.seconds, page.wait_for_timeout(options.seconds * 1000))
                print(f"  watching ?{query}: {spent}; {await tasks(page)}")
            await page.context.close()
        print(f"5000 jobs, {options.changes} changes a second")
        async with serving(Source(5000, options.changes)) as address:
            page = await loaded(browser, address)
            await page.wait_for_timeout(1500)
            print(f"  the whole snapshot: {await tasks(page)}")
            thread = await main_thread(page)
            before = await computed(thread)
            frames = asyncio.ensure_future(page.evaluate(SCROLL, options.seconds / 2))
            spent = await share(browser, options.seconds / 2, frames)
            each = (await computed(thread) - before) / (frames.result() * options.seconds / 2)
            print(f"  scrolling: {frames.result():.0f} frames a second, {each * 1000:.0f} ms each")
            print(f"  scrolling: {spent}; {await tasks(page)}")
            rows = await page.evaluate("document.querySelectorAll('#rows .row').length")
            print(f"  elements of rows: {rows}")
            await page.locator("#filter").press_sequentially("shot_12", delay=120)
            for sort in ("name", "speed", "left", "user"):
                await page.locator("#sort").select_option(sort)
                await page.wait_for_timeout(200)
            await page.locator("#filter").fill("")
            await page.locator("#group").select_option("user")
            await page.wait_for_timeout(500)
            print(f"  filtering, sorting, grouping: {await tasks(page)}")
            await page.context.close()
        await browser.close()
    print(f"page.html and style.css, raw: {_raw() / 1000:.1f} kB")


def _raw() -> int:
    return len(Assets().page("n" * 22, {}).encode())


if __name__ == "__main__":
    asyncio.run(main())
