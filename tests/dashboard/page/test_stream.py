"""The stream: one for all tabs, given back by hidden ones, and found again."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from aiohttp import web
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from accsyn_async.dashboard.web.application import _HANDLERS
from accsyn_async.dashboard.web.assets import Assets
from accsyn_async.dashboard.web.pages import MOST_PAGES
from accsyn_async.dashboard.web.replies import document, file
from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, live, row, until
from tests.dashboard.serving import Served, serving

HIDE = """(hidden) => {
  if (hidden) {
    Object.defineProperty(document, "visibilityState", {value: "hidden", configurable: true});
  } else {
    delete document.visibilityState;
  }
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def streams(served: Served) -> int:
    return served.application[_HANDLERS].hub.pages


async def add(served: Served, name: str) -> None:
    (served.box.volume / name).write_bytes(bytes(5_000_000))
    await served.session.create("Transfer", {"source": name, "destination": "site=berlin"})


async def test_seven_tabs_share_one_stream(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await add(served, "a.mov")
        context = await pages.context()
        tabs = await asyncio.gather(*(pages.open(served.base, context) for _ in range(7)))
        for tab in tabs:
            await expect(row(tab, "a.mov")).to_be_visible()
        assert streams(served) == 1
        await add(served, "b.mov")
        for tab in tabs:
            await expect(row(tab, "b.mov")).to_be_visible()
        assert streams(served) == 1
        await tabs[0].close()
        await add(served, "c.mov")
        await expect(row(tabs[6], "c.mov")).to_be_visible()


async def test_hidden_tabs_give_the_stream_back(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        context = await pages.context()
        one, other = [await pages.open(served.base, context) for _ in range(2)]
        await live(one)
        await live(other)
        await one.evaluate(HIDE, True)
        await add(served, "a.mov")
        await expect(row(other, "a.mov")).to_be_visible()
        assert streams(served) == 1
        await other.evaluate(HIDE, True)
        await until(lambda: streams(served) == 0)
        await add(served, "b.mov")
        await one.evaluate(HIDE, False)
        await expect(row(one, "b.mov")).to_be_visible()
        await expect(row(one, "a.mov")).to_be_visible()
        assert streams(served) == 1
        await one.goto("about:blank")
        await until(lambda: streams(served) == 0)


async def without_workers(pages: Opener, served: Served) -> Page:
    context = await pages.context()
    await context.add_init_script("delete window.SharedWorker")
    return await pages.open(served.base, context)


async def test_where_there_are_no_shared_workers_a_tab_holds_the_stream_itself(
    pages: Opener, box: Sandbox
) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        page = await without_workers(pages, served)
        await add(served, "a.mov")
        await expect(row(page, "a.mov")).to_be_visible()
        await page.evaluate(HIDE, True)
        await until(lambda: streams(served) == 0)
        await add(served, "b.mov")
        await page.evaluate(HIDE, False)
        await expect(row(page, "b.mov")).to_be_visible()


async def try_now(page: Page) -> None:
    """At once, unless the page has tried by itself before this one came to it."""
    with contextlib.suppress(PlaywrightTimeoutError):
        await page.get_by_role("button", name="Try now").click(timeout=3000)


async def test_the_page_survives_a_restart_of_the_server(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        port = served.port
        await add(served, "a.mov")
        page = await pages.open(served.base)
        await expect(row(page, "a.mov")).to_be_visible()
    banner = page.locator("#banner")
    await expect(banner).to_contain_text("The connection to the server is lost.")
    await expect(banner).to_contain_text("old")
    await expect(row(page, "a.mov")).to_be_visible()
    async with serving(box, poll=BRISK, open=True, port=port) as served:
        await try_now(page)
        await add(served, "b.mov")
        await expect(row(page, "b.mov")).to_be_visible()
        await expect(banner).to_be_hidden()
        await add(served, "c.mov")
        # The page's token is that of the server before.
        pages.allowed.append("Failed to load resource: the server responded with a status of 403")
        await row(page, "c.mov").get_by_role("button", name="Pause c.mov").click(force=True)
        await page.keyboard.press("Enter")
        await expect(row(page, "c.mov")).to_contain_text("paused")


async def test_who_is_not_let_in_any_longer_is_told_what_to_do(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK) as served:
        port = served.port
        page = await pages.open(served.url)
        await live(page)
    async with serving(box, poll=BRISK, port=port) as served:
        pages.allowed.append("Failed to load resource")
        await try_now(page)
        await expect(page.locator("#trouble")).to_contain_text("Log in again: open the address")
        other = await pages.open(served.url, page.context)
        await live(other)
        await live(page)
        await expect(page.locator("#banner")).to_be_hidden()


async def test_a_backend_that_does_not_answer_is_told_of_with_the_age_of_what_is_shown(
    pages: Opener, box: Sandbox
) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await add(served, "a.mov")
        page = await pages.open(served.base)
        await expect(row(page, "a.mov")).to_be_visible()
        box.weather.add("error", count=None)
        banner = page.locator("#banner")
        await expect(banner).to_contain_text("accsyn does not answer as it should", timeout=20_000)
        age = page.locator("#age")
        first = await age.text_content()
        await expect(age).not_to_have_text(first or "")
        await expect(row(page, "a.mov")).to_be_visible()
        box.weather.clear()
        await expect(banner).to_be_hidden(timeout=20_000)
        await live(page)


async def test_a_server_that_has_as_many_pages_as_it_allows_is_tried_again(
    pages: Opener, box: Sandbox
) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        hub = served.application[_HANDLERS].hub
        hub.pages += MOST_PAGES
        pages.allowed.append("Failed to load resource")
        page = await pages.open(served.base)
        await expect(page.locator("#trouble")).to_have_text("The server has as many pages open as it allows.")
        await expect(page.locator("#age")).to_contain_text("Next try in")
        await expect(page.locator("#badge")).to_have_text("Not live")
        hub.pages -= MOST_PAGES
        await try_now(page)
        await live(page)
        await expect(page.locator("#banner")).to_be_hidden()


class Silent:
    """A dashboard that tells what there is, and then nothing more.

    Attributes:
        asked: what each stream that was asked for had heard of already.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._assets = Assets()

    async def page(self, request: web.Request) -> web.Response:
        told = {"csrf": "", "allowed": [], "relayed": False}
        told |= {"workspace": "acme", "query": "Transfer", "version": "0"}
        return document(request, lambda nonce: self._assets.page(nonce, told))

    async def script(self, request: web.Request) -> web.Response:
        return file(request, self._assets.app)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.query.get("since", ""))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        health = {"state": "ok", "reason": None, "age": 0.5, "now": 1.0}
        whole = {"part": 0, "parts": 1, "rows": [], "health": health, "now": 1.0}
        await response.write(f"event: snapshot\nid: e.7\ndata: {json.dumps(whole)}\n\n".encode())
        await asyncio.Event().wait()
        return response


@contextlib.asynccontextmanager
async def silence() -> AsyncIterator[tuple[Silent, str]]:
    silent = Silent()
    application = web.Application()
    application.add_routes(
        [web.get("/", silent.page), web.get("/app.js", silent.script), web.get("/stream", silent.stream)]
    )
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield silent, f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_a_stream_that_is_silent_for_fifteen_seconds_is_begun_anew(pages: Opener) -> None:
    async with silence() as (silent, address):
        context = await pages.context()
        await context.add_init_script("delete window.SharedWorker")
        await context.clock.install()
        page = await pages.open(address, context)
        await live(page)
        await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 2"))
        await page.clock.run_for(10_000)
        assert silent.asked == [""]
        await expect(page.locator("#badge")).to_have_text("Live")
        await page.clock.run_for(9_000)
        await until(lambda: len(silent.asked) == 2)
        # It goes on where it was.
        assert silent.asked == ["", "e.7"]
        await page.clock.resume()
        await live(page)
        # Before its server ends, which the browser would complain of.
        await context.close()
