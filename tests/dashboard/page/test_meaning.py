"""What keys mean: what is listed and seen, and only in the list."""

from __future__ import annotations

from playwright.async_api import Page, expect

from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, names, row, rows, shown
from tests.dashboard.page.test_list import transfer
from tests.dashboard.serving import serving


async def nothing_asked(page: Page) -> None:
    """No question is open, and no job."""
    assert await page.get_by_role("dialog").count() == 0
    await expect(page.locator("#detail")).to_be_hidden()


async def test_a_job_that_is_not_listed_is_not_meant(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "a.mov")
        await transfer(served, "b.mov")
        page = await pages.open(f"{served.base}?sort=name")
        await shown(page, "a.mov", "b.mov")
        await page.locator("#list").focus()
        await page.keyboard.press("j")
        await expect(row(page, "a.mov")).to_have_class("row cursor")
        await page.locator("#filter").fill("b.mov")
        await shown(page, "b.mov")
        await page.locator("#list").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("x")
        await expect(page.locator("#live")).to_contain_text("There is nothing to abort.")
        await nothing_asked(page)
        await page.locator("#filter").fill("")
        await shown(page, "a.mov", "b.mov")
        await expect(page.locator("#rows .cursor")).to_have_count(0)


async def test_letters_mean_something_in_the_list_alone(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "a.mov")
        page = await pages.open(served.base)
        await expect(row(page, "a.mov")).to_be_visible()
        await page.locator("#list").focus()
        await page.keyboard.press("j")
        await page.evaluate("document.activeElement.blur()")
        for key in ("p", "a", "x", "r", "Enter", "Space"):
            await page.keyboard.press(key)
        await nothing_asked(page)
        await expect(page.locator("#rows [aria-selected=true]")).to_have_count(0)
        await page.locator("#list").focus()
        await page.keyboard.press("a")
        await expect(page.get_by_role("dialog", name="Abort this job?")).to_contain_text("a.mov")
        await expect(page.get_by_role("button", name="Cancel")).to_be_focused()


async def test_the_job_under_the_cursor_is_seen_before_anything_is_done_to_it(pages: Opener) -> None:
    async with Sandbox(synthetic_jobs=100, time_factor=0, rate_limit=False) as box:
        async with serving(box, poll=BRISK, open=True) as served:
            page = await pages.open(f"{served.base}?sort=name")
            await expect(rows(page).nth(20)).to_be_visible()
            first = (await names(page))[0]
            await page.locator("#list").focus()
            for key, then in (("x", "Escape"), ("Enter", "Escape")):
                await page.keyboard.press("Home")
                await expect(row(page, first)).to_be_in_viewport()
                await page.locator("#list").evaluate("(list) => { list.scrollTop = list.scrollHeight; }")
                await expect(row(page, first)).not_to_be_in_viewport()
                # For a screen reader it is there all the time.
                pointed = await page.locator("#list").get_attribute("aria-activedescendant")
                assert await page.locator(f"#{pointed} .name").text_content() == first
                await page.keyboard.press(key)
                await expect(row(page, first)).to_be_in_viewport()
                await page.keyboard.press(then)


async def test_after_a_click_keys_go_on_in_the_list(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "a.mov")
        page = await pages.open(served.base)
        await row(page, "a.mov").get_by_role("checkbox").click()
        await expect(page.locator("#list")).to_be_focused()
        await page.keyboard.press("p")
        await expect(page.get_by_role("dialog", name="Pause this job?")).to_contain_text("a.mov")


async def test_columns_are_sorted_by_keyboard(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "a.mov")
        await transfer(served, "b.mov")
        page = await pages.open(f"{served.base}?sort=name")
        await shown(page, "a.mov", "b.mov")
        await page.locator("#list").focus()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Name", exact=True)).to_be_focused()
        await page.keyboard.press("Enter")
        await shown(page, "b.mov", "a.mov")
        await expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
            "aria-sort", "descending"
        )
