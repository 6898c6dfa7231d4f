"""How quick the dashboard's page is, in a real browser without a graphics card.

    python benchmarks/page.py [--jobs 1000] [--changes 100] [--seconds 20]

Prints the first paint, the first rows and the weight of a load as it is served; the share of a core that
the browser takes while jobs change; and the tasks of the page's main thread above 50 ms while 5,000 jobs
are loaded, scrolled and filtered. A task is measured twice: from its begin to its end, to which other
programs on the machine add, and in time that its thread was computing. Changes come from a feed made up
here, served as the dashboard serves it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from accsyn_async.dashboard.web.assets import Assets
from accsyn_async.dashboard.web.replies import document, file

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
MANY = 5000
LONG = 0.05
TRACED = ("toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline")
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


async def share(browser: Browser, doing: Awaitable[None]) -> str:
    """The share of a core taken by the browser's processes while something is done."""
    session = await browser.new_browser_cdp_session()
    before, began = await processes(session), time.monotonic()
    await doing
    passed, after = time.monotonic() - began, await processes(session)
    taken = {kind: (after[kind] - before.get(kind, 0.0)) / passed for kind in after}
    named = ", ".join(f"{kind} {value:.0%}" for kind, value in sorted(taken.items()) if value >= 0.005)
    return f"{sum(taken.values()):.0%} of a core ({named})"


@dataclass(frozen=True, slots=True)
class Task:
    """What the main thread of a page did in one go.

    Attributes:
        passed: seconds from its begin to its end.
        computed: seconds that its thread computed.
    """

    passed: float
    computed: float


async def traced(browser: Browser, page: Page, doing: Awaitable[Any]) -> tuple[Any, list[Task]]:
    """Do something; the tasks of pages' main threads meanwhile."""
    await browser.start_tracing(page=page, categories=list(TRACED))
    done = await doing
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        Task(event["dur"] / 1e6, event.get("tdur", 0) / 1e6)
        for event in events
        if event["name"] == "RunTask" and event["ph"] == "X" and (event["pid"], event["tid"]) in mains
    ]
    return done, tasks


def long(tasks: Sequence[Task]) -> str:
    """How many took long, and the longest."""
    passed = [task.passed for task in tasks]
    computed = [task.computed for task in tasks]
    above = sum(each > LONG for each in computed)
    return (
        f"{len(tasks)} tasks, {above} computed above 50 ms (the longest {max(computed) * 1000:.0f} ms); "
        f"{sum(each > LONG for each in passed)} lasted above 50 ms ({max(passed) * 1000:.0f} ms)"
    )


async def opened(browser: Browser) -> Page:
    """A page of a browser that knows of nothing yet."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    return await context.new_page()


async def load(page: Page, address: str) -> None:
    """Open the dashboard, and say how long that took."""
    await page.goto(address)
    await page.wait_for_selector("#rows .row[data-word]")
    rows = await page.evaluate("performance.now()")
    paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    sent = await page.evaluate(
        "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
        ".reduce((sum, entry) => sum + entry.transferSize, 0)"
    )
    weight = (sent + len(Assets().stream.packed)) / 1000
    print(f"  first paint after {paint:.0f} ms, first rows before {rows:.0f} ms; {weight:.1f} kB as served")


async def watch(browser: Browser, options: argparse.Namespace) -> None:
    """The share of a core while jobs change."""
    print(f"{options.jobs} jobs, {options.changes} changes a second")
    async with serving(Source(options.jobs, options.changes)) as address:
        page = await opened(browser)
        await load(page, address)
        for query in ("sort=name", "sort=speed&desc&group=user"):
            await page.goto(f"{address}?{query}")
            await page.wait_for_selector("#rows .row[data-word]")
            await page.wait_for_timeout(1000)
            spent = await share(browser, page.wait_for_timeout(options.seconds * 1000))
            print(f"  watching ?{query}: {spent}")
        _, tasks = await traced(browser, page, page.wait_for_timeout(options.seconds * 500))
        print(f"  watching: {long(tasks)}")
        await page.context.close()


async def whole(page: Page, address: str, seconds: float) -> None:
    """Open the dashboard, and wait until all jobs are there and drawn."""
    await load(page, address)
    await page.wait_for_timeout(seconds * 100)


async def looks(page: Page) -> None:
    """Filter, sort and group."""
    await page.locator("#filter").press_sequentially("shot_12", delay=120)
    for sort in ("name", "speed", "left", "user"):
        await page.locator("#sort").select_option(sort)
        await page.wait_for_timeout(200)
    await page.locator("#filter").fill("")
    await page.locator("#group").select_option("user")
    await page.wait_for_timeout(500)


async def handle(browser: Browser, options: argparse.Namespace) -> None:
    """The long tasks while many jobs are loaded, scrolled and filtered."""
    print(f"{MANY} jobs, {options.changes} changes a second")
    async with serving(Source(MANY, options.changes)) as address:
        page = await opened(browser)
        _, tasks = await traced(browser, page, whole(page, address, options.seconds))
        print(f"  loading: {long(tasks)}")
        frames, tasks = await traced(browser, page, page.evaluate(SCROLL, options.seconds / 2))
        each = sum(task.computed for task in tasks) / (frames * options.seconds / 2)
        print(f"  scrolling: {frames:.0f} frames a second, {each * 1000:.0f} ms computed for each")
        print(f"  scrolling: {long(tasks)}")
        rows = await page.evaluate("document.querySelectorAll('#rows .row').length")
        print(f"  elements of rows: {rows}")
        _, tasks = await traced(browser, page, looks(page))
        print(f"  filtering, sorting, grouping: {long(tasks)}")
        await page.context.close()


async def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=100, help="a second")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        await watch(browser, options)
        await handle(browser, options)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
