"""The page from a relay's feed: it offers what the relay allows, as that changes, and asks for no tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Page, expect

from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, live, row
from tests.dashboard.page.test_accessible import faults
from tests.dashboard.serving import Served, serving


@pytest_asyncio.fixture(loop_scope="session")
async def slow() -> AsyncIterator[Sandbox]:
    async with Sandbox(speed=0.2, rate_limit=False) as box:
        for name in ("a.mov", "b.mov"):
            (box.volume / name).write_bytes(bytes(20_000_000))
        yield box


async def begin(served: Served, *names: str) -> list[str]:
    made = [
        await served.session.create("Transfer", {"source": name, "destination": "site=berlin"})
        for name in names
    ]
    return [str(job["id"]) for job in made]


def allow(served: Served, *actions: str) -> None:
    """Let the relay allow something else, and pages hear of it."""
    assert served.feed is not None
    served.feed.allowed = frozenset(actions)


async def offered(page: Page, *titles: str) -> None:
    """Wait until the open job is offered exactly these."""
    buttons = page.locator("#detail .body > .buttons button:visible")
    await expect(buttons).to_have_text([*titles])


async def test_what_a_relay_allows_is_offered_on_open_pages_as_it_changes(
    pages: Opener, slow: Sandbox
) -> None:
    async with serving(slow, poll=BRISK, open=True, relayed=["pause"]) as served:
        assert served.feed is not None
        first, _ = await begin(served, "a.mov", "b.mov")
        page = await pages.open(f"{served.base}?sort=name", bypass_csp=True)
        await live(page)
        await expect(page.locator("#badge")).to_have_text("Live by relay")
        moving = row(page, "a.mov")
        await moving.click()
        await offered(page, "Pause")
        await page.keyboard.press("a")
        assert await page.get_by_role("dialog").count() == 0
        await page.keyboard.press("p")
        await page.get_by_role("dialog", name="Pause this job?").get_by_role("button", name="Pause").click()
        await expect(moving).to_contain_text("paused")
        assert served.feed.asked == [("pause", "transfer", first)]
        await expect(moving.get_by_role("button", name="Resume a.mov")).to_be_hidden()

        await moving.get_by_role("checkbox").click()
        await expect(page.locator("#bulk")).to_contain_text("1 selected")
        await expect(page.locator("#bulk .buttons button:visible")).to_have_count(2)
        allow(served, "resume", "abort")
        await offered(page, "Resume", "Abort")
        await moving.hover()
        await expect(moving.get_by_role("button", name="Resume a.mov")).to_be_visible()
        await page.keyboard.press("?")
        await expect(page.locator("#help-letters kbd")).to_have_text(["r", "a"])
        await expect(page.locator("#help-actions")).to_have_text("resume, abort, after a question")
        await page.keyboard.press("Escape")
        assert await faults(page) == []

        allow(served)
        await expect(page.locator("#live")).to_have_text("Jobs cannot be steered from here any more.")
        await offered(page)
        await expect(
            page.locator(":is(.acting, .pick, [data-action], input[type=checkbox]):visible")
        ).to_have_count(0)
        await expect(page.locator("#rows [aria-selected]")).to_have_count(0)
        await page.locator("#list").focus()
        for key in ("Space", "r", "a", "Control+a"):
            await page.keyboard.press(key)
        assert await page.get_by_role("dialog").count() == 0
        assert len(served.feed.asked) == 1
        assert await faults(page) == []

        allow(served, "resume")
        await expect(page.locator("#live")).to_have_text("Jobs can be steered from here now.")
        await page.keyboard.press("r")
        await page.keyboard.press("Enter")
        await expect(moving).not_to_contain_text("paused")
        assert [action for action, _, _ in served.feed.asked] == ["pause", "resume"]


async def test_a_relay_that_allows_nothing_has_a_page_to_look_at(pages: Opener, slow: Sandbox) -> None:
    async with serving(slow, poll=BRISK, open=True, relayed=[]) as served:
        await begin(served, "a.mov")
        page = await pages.open(f"{served.base}?group=user")
        await row(page, "a.mov").click()
        await expect(page.locator("#detail")).to_contain_text(
            "TasksNot relayed. A dashboard that asks accsyn itself shows them."
        )
        await expect(page.locator(":is(.acting, .pick, [data-action]):visible")).to_have_count(0)
        await expect(page.locator(".heading .all").first).to_have_attribute("aria-colspan", "7")
        asked = await page.request.get(f"{served.base}jobs/{(await begin(served, 'b.mov'))[0]}/tasks")
        assert asked.status == 404
    assert not [call for call in slow.requests if call.uri.startswith("task")]


async def test_a_reason_from_the_relay_is_not_said_of_accsyn(pages: Opener, slow: Sandbox) -> None:
    async with serving(slow, poll=BRISK, open=True, relayed=[]) as served:
        page = await pages.open(served.base)
        await live(page)
        slow.weather.add("error", uri="transfer/*", status=503)
        await expect(page.locator("#trouble")).to_contain_text("Nothing new from the relay: ")
        slow.weather.clear()
        await expect(page.locator("#banner")).to_be_hidden()
