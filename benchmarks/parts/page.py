"""How quick the dashboard's page is, in a real browser without a graphics card."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.async_api import Browser, Page

from accsyn_async.dashboard.web.assets import Assets
from benchmarks.browser import Task, browsing, opened, share, traced
from benchmarks.figures import Effort, Figure, at_most, single, spread
from benchmarks.made_up_dashboard import Dashboard, serving

TITLE = "The dashboard's page"
ABOUT = (
    "The page in headless chromium, which paints in software, with jobs made up in the benchmark and"
    " served as the dashboard serves its own: the first paint, the share of a core that all processes of"
    " the browser take while 100 jobs a second change, and the longest task of the page's main thread, in"
    " time that the thread computed."
)
NEEDS = ("chromium", "playwright", "aiohttp_sse")

JOBS = 1000
MANY = 5000
CHANGES = 100
LOADS = {"quick": 4, "full": 8}
SECONDS = {"quick": 1.5, "full": 10.0}
LONG = 50
VIEWS = ("sort=name", "sort=speed&desc&group=user")
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
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
SENT = """performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""


async def measure(effort: Effort) -> list[Figure]:
    """How soon it is painted, and what it takes of a core."""
    async with browsing() as browser:
        async with serving(Dashboard(JOBS, CHANGES)) as address:
            figures = await _loads(browser, address, LOADS[effort])
            figures += await _watching(browser, address, SECONDS[effort])
        async with serving(Dashboard(MANY, CHANGES)) as address:
            figures += await _handling(browser, address, SECONDS[effort])
    return figures


async def _loads(browser: Browser, address: str, times: int) -> list[Figure]:
    """How soon something is painted, and rows are there."""
    paints, rows, weight = [], [], 0.0
    for _ in range(times):
        async with opened(browser) as page:
            await _open(page, address)
            rows.append(await page.evaluate("performance.now()") / 1000)
            paints.append(await page.evaluate(PAINT) / 1000)
            weight = (await page.evaluate(SENT) + len(Assets().stream.packed)) / 1000
    return [
        spread(f"first paint, {JOBS:,} jobs", paints, "s", bound=at_most(0.5)),
        spread(f"first rows, {JOBS:,} jobs", rows, "s"),
        single("page and scripts as served", weight, "kB"),
    ]


async def _watching(browser: Browser, address: str, seconds: float) -> list[Figure]:
    """The share of a core while jobs change, and how long tasks take."""
    figures = []
    async with opened(browser) as page:
        for view in VIEWS:
            await _open(page, f"{address}?{view}")
            await page.wait_for_timeout(1000)
            taken = await share(browser, page.wait_for_timeout(seconds * 1000))
            kinds = ", ".join(f"{kind} {each:.0f}%" for kind, each in sorted(taken.items()) if each >= 0.5)
            figures.append(
                single(
                    f"share of a core, ?{view}",
                    sum(taken.values()),
                    "%",
                    bound=at_most(50),
                    note=f"Of it: {kinds}.",
                )
            )
        _, tasks = await traced(browser, page, page.wait_for_timeout(seconds * 1000))
    return [*figures, _longest("longest task, watching", tasks)]


async def _handling(browser: Browser, address: str, seconds: float) -> list[Figure]:
    """The longest tasks while many jobs are loaded, scrolled and filtered."""
    async with opened(browser) as page:
        _, loading = await traced(browser, page, _whole(page, address, seconds))
        frames, scrolling = await traced(browser, page, page.evaluate(SCROLL, seconds))
        each = sum(task.computed for task in scrolling) / (frames * seconds)
        rows = await page.evaluate("document.querySelectorAll('#rows .row').length")
        _, looking = await traced(browser, page, _looks(page))
    return [
        _longest("longest task, loading", loading),
        _longest("longest task, scrolling", scrolling),
        _longest("longest task, filtering, sorting", looking),
        single("frames while scrolling", frames, "/s", note=f"{each:.0f} ms are computed for each."),
        single(f"elements of rows, {MANY:,} jobs", rows, "elements"),
    ]


def _longest(name: str, tasks: Sequence[Task]) -> Figure:
    passed = max(task.passed for task in tasks)
    return single(
        name,
        max(task.computed for task in tasks),
        "ms",
        bound=at_most(LONG),
        note=f"Of {len(tasks):,} tasks; by the clock the longest took {passed:.0f} ms.",
    )


async def _open(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_selector("#rows .row[data-word]")


async def _whole(page: Page, address: str, seconds: float) -> None:
    """Open the dashboard, and wait until all jobs are there and drawn."""
    await _open(page, address)
    await page.wait_for_timeout(max(1.0, seconds / 5) * 1000)


async def _looks(page: Page) -> None:
    """Filter, sort and group."""
    await page.locator("#filter").press_sequentially("shot_12", delay=120)
    for sort in ("name", "speed", "left", "user"):
        await page.locator("#sort").select_option(sort)
        await page.wait_for_timeout(200)
    await page.locator("#filter").fill("")
    await page.locator("#group").select_option("user")
    await page.wait_for_timeout(500)
