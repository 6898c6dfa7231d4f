"""Pages of others, open in the browser of somebody who is let in: they get nothing, and change nothing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import ConsoleMessage, expect

from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, live, row
from tests.dashboard.page.test_list import transfer
from tests.dashboard.page.test_steering import status
from tests.dashboard.serving import serving

TRY = """async ([base, ids]) => {
  const got = [];
  const tried = [];
  const body = JSON.stringify({ ids });
  for (const path of ["", "stream", `jobs/${ids[0]}/tasks`, "metrics", "app.js"]) {
    for (const mode of ["cors", "no-cors"]) {
      tried.push(path);
      try {
        const answer = await fetch(base + path, { mode, credentials: "include" });
        got.push(await answer.text());
      } catch {}
    }
  }
  for (const [mode, type] of [["cors", "application/json"], ["no-cors", "text/plain"]]) {
    for (const action of ["pause", "abort"]) {
      tried.push(action);
      try {
        const headers = { "Content-Type": type };
        const options = { method: "POST", mode, body, headers, credentials: "include" };
        const answer = await fetch(`${base}jobs/${action}`, options);
        got.push(await answer.text());
      } catch {}
    }
  }
  await new Promise((done) => {
    const source = new EventSource(`${base}stream`, { withCredentials: true });
    source.addEventListener("snapshot", (event) => got.push(event.data));
    source.onopen = source.onerror = () => { source.close(); done(); };
  });
  return [got.filter(Boolean), tried.length];
}"""
FORM = """([base, ids]) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "POST", action: `${base}jobs/abort` });
  Object.assign(form, { enctype: "text/plain", target: "there" });
  const field = document.createElement("input");
  Object.assign(field, { name: `{"ids":${JSON.stringify(ids)},"x":"`, value: '"}' });
  form.append(field);
  document.body.append(form);
  form.submit();
}"""


@contextlib.asynccontextmanager
async def elsewhere() -> AsyncIterator[int]:
    """A page of somebody else, on another port of the same host; the port."""

    async def page(_: web.Request) -> web.Response:
        text = "<!doctype html><title>other</title><iframe name=there></iframe>"
        return web.Response(text=text, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", page)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def unframed(message: ConsoleMessage) -> bool:
    return message.text.startswith("Framing") and "frame-ancestors 'none'" in message.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_page_of_another_origin_gets_nothing_and_changes_nothing(
    pages: Opener, box: Sandbox, host: str
) -> None:
    async with serving(box, poll=BRISK) as served, elsewhere() as port:
        ident = await transfer(served, "a.mov")
        context = await pages.context()
        mine = await pages.open(served.url, context)
        await live(mine)
        await expect(row(mine, "a.mov")).to_contain_text("running")
        before = await status(served, ident)
        pages.allowed += ["Access to fetch", "Access to resource", "Failed to load resource"]
        pages.allowed.append("Framing")
        other = await pages.open(f"http://{host}:{port}/", context)
        got, tried = await other.evaluate(TRY, [served.base, [ident]])
        assert got == []
        assert tried == 14
        async with other.expect_response("**/jobs/abort") as posted, other.expect_console_message(unframed):
            await other.evaluate(FORM, [served.base, [ident]])
        assert (await posted.value).status in (401, 403)
        async with other.expect_console_message(unframed):
            await other.locator("iframe").evaluate("(frame, to) => { frame.src = to; }", served.base)
        assert all(not frame.url.startswith(served.base) for frame in other.frames)
        assert await status(served, ident) == before
        # The browser was let in all the time.
        await mine.reload()
        await expect(row(mine, "a.mov")).to_contain_text("running")
