"""The page fits: beside an open job, on a phone, and in between."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, row
from tests.dashboard.page.test_list import PHONE, transfer
from tests.dashboard.serving import serving

CUT = """() => {
  const list = document.getElementById("list").getBoundingClientRect();
  const cells = [...document.querySelectorAll("#head .c, #rows .row:not([hidden]) .c")];
  return cells.filter((cell) => cell.getClientRects().length).filter((cell) => {
    const { left, right } = cell.getBoundingClientRect();
    return left < list.left - 0.5 || right > list.right + 0.5;
  }).map((cell) => cell.className);
}"""


@pytest.mark.parametrize("read_only", [False, True])
async def test_no_column_is_cut_beside_an_open_job_or_without_one(
    pages: Opener, box: Sandbox, read_only: bool
) -> None:
    async with serving(box, poll=BRISK, open=True, read_only=read_only) as served:
        await transfer(served, "a.mov")
        page = await pages.open(served.base)
        await expect(row(page, "a.mov")).to_be_visible()
        for opened in (False, True):
            if opened:
                await page.set_viewport_size({"width": 1280, "height": 800})
                await row(page, "a.mov").click()
                await expect(page.locator("#detail")).to_be_visible()
            for width in (360, 641, 659, 700, 743, 820, 900, 911, 1000, 1051, 1100, 1280):
                await page.set_viewport_size({"width": width, "height": 800})
                assert await page.evaluate(CUT) == [], f"{width} {opened}"
                assert await page.evaluate("document.documentElement.scrollWidth") == width


MEASURED = """(node) => {
  node.textContent = "100 %";
  const text = document.createRange();
  text.selectNodeContents(node);
  return [node, text].map((each) => each.getBoundingClientRect().width);
}"""


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_job_that_is_done_shows_all_of_its_hundred_percent(
    pages: Opener, box: Sandbox, width: int
) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "a.mov")
        page = await pages.open(served.base, viewport={"width": width, "height": 800})
        number = row(page, "a.mov").locator(".progress .number")
        await expect(number).to_be_visible()
        room, needed = await number.evaluate(MEASURED)
        assert room >= needed


async def inert(page: Page) -> list[str]:
    """What of the page cannot be reached."""
    found: list[str] = await page.evaluate("[...document.querySelectorAll('[inert]')].map(({id}) => id)")
    return found


async def test_on_a_phone_an_open_job_is_all_there_is(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        ident = await transfer(served, "a.mov")
        page = await pages.open(served.base, **PHONE)
        await row(page, "a.mov").locator(".name").tap()
        panel = page.get_by_role("dialog", name="a.mov")
        await expect(panel).to_be_visible()
        await expect(panel.get_by_role("heading", name="a.mov")).to_be_focused()
        assert await inert(page) == ["top", "banner", "tools", "jobs"]
        for _ in range(9):
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.matches('body, #detail *')")
        await page.keyboard.press("Escape")
        await expect(panel).to_be_hidden()
        await expect(page.locator("#list")).to_be_focused()
        assert await inert(page) == []
        await page.goto(f"{served.base}?job={ident}")
        await expect(panel.get_by_role("heading", name="a.mov")).to_be_focused()
        await page.set_viewport_size({"width": 844, "height": 390})
        await expect(page.locator("#detail")).not_to_have_attribute("role", "dialog")
        assert await inert(page) == []
        await page.set_viewport_size({"width": 390, "height": 844})
        await panel.get_by_role("button", name="Close").tap()
        await expect(panel).to_be_hidden()
        assert await inert(page) == []


async def test_what_may_be_cut_short_is_whole_in_its_title(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "a.mov")
        page = await pages.open(served.base)
        for cell, text in (("name", "a.mov"), ("route", "acme → berlin"), ("user", "admin@example.com")):
            await expect(row(page, "a.mov").locator(f".{cell} span")).to_have_attribute("title", text)
