"""For everybody: what axe-core finds, less motion, other colours; and how little is loaded."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Response, expect

from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, live, row, rows
from tests.dashboard.serving import serving

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


async def faults(page: Page) -> list[str]:
    """What axe-core holds to be serious or worse."""
    found = (await Axe().run(page)).response["violations"]
    return [
        f"{fault['id']} ({fault['impact']}): {node['html']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(
    "options",
    [{"color_scheme": "light"}, {"color_scheme": "dark"}, PHONE | {"color_scheme": "dark"}],
    ids=["light", "dark", "phone"],
)
async def test_axe_finds_no_serious_fault(pages: Opener, options: dict[str, Any]) -> None:
    async with Sandbox(synthetic_jobs=60, rate_limit=False, seed=3) as box:
        async with serving(box, poll=BRISK, open=True) as served:
            page = await pages.open(
                f"{served.base}?group=status", bypass_csp=True, reduced_motion="reduce", **options
            )
            await live(page)
            await expect(rows(page).nth(5)).to_be_visible()
            assert await faults(page) == []
            await page.locator("#list").focus()
            for key in ("j", "j", "Space", "j", "Space"):
                await page.keyboard.press(key)
            await page.keyboard.press("Enter")
            await expect(page.locator(".tasks li")).to_have_count(1)
            assert await faults(page) == []
            await page.keyboard.press("Escape")
            await page.keyboard.press("x")
            await expect(page.get_by_role("dialog")).to_be_visible()
            assert await faults(page) == []
            await page.get_by_role("dialog").get_by_role("button", name="Abort").click()
            await expect(page.locator(".receipt")).to_contain_text("2 confirmed")
            assert await faults(page) == []
            await page.keyboard.press("Escape")
            await page.keyboard.press("?")
            await expect(page.get_by_role("dialog")).to_be_visible()
            assert await faults(page) == []


async def test_a_page_without_jobs_and_one_that_has_lost_its_server_have_none_either(pages: Opener) -> None:
    async with Sandbox(rate_limit=False) as box:
        async with serving(box, poll=BRISK, open=True) as served:
            page = await pages.open(served.base, bypass_csp=True)
            await expect(page.get_by_role("heading", name="No jobs")).to_be_visible()
            assert await faults(page) == []
        await expect(page.locator("#banner")).to_be_visible()
        assert await faults(page) == []


async def test_who_wants_no_motion_gets_none_and_who_likes_it_dark_gets_it_dark(
    pages: Opener, box: Sandbox
) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        (box.volume / "a.mov").write_bytes(bytes(5_000_000))
        await served.session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
        script = "getComputedStyle(document.querySelector('dialog[open]')).animationName"
        ground = "getComputedStyle(document.body).backgroundColor"
        moving = await pages.open(served.base, color_scheme="light", reduced_motion="no-preference")
        still = await pages.open(served.base, color_scheme="dark", reduced_motion="reduce")
        for page in (moving, still):
            await expect(row(page, "a.mov")).to_be_visible()
            await page.get_by_role("button", name="Keys").click()
        assert await moving.evaluate(script) == "rise"
        assert await still.evaluate(script) == "none"
        assert await moving.evaluate(ground) == "rgb(246, 247, 249)"
        assert await still.evaluate(ground) == "rgb(12, 14, 18)"


async def test_states_are_told_by_shape_and_word_where_colours_are_forced(
    pages: Opener, box: Sandbox
) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        (box.volume / "a.mov").write_bytes(bytes(5_000_000))
        await served.session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
        page = await pages.open(served.base, forced_colors="active")
        state = row(page, "a.mov").locator(".state")
        await expect(state).to_have_text("running")
        await expect(state.locator("use")).to_have_attribute("href", "#i-running")
        drawn = await page.evaluate(
            "[...document.querySelectorAll('.chip')].map((c) => document.querySelector("
            "c.querySelector('use').getAttribute('href')).innerHTML)"
        )
        assert len(drawn) == len(set(drawn)) == 11


async def test_a_load_is_at_most_five_requests_and_sixty_kilobytes(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        context = await pages.context()
        page = await context.new_page()
        answers: list[Response] = []
        context.on("response", lambda answer: answers.append(answer))
        await page.goto(served.base)
        await live(page)
        worker = await page.request.get(f"{served.base}stream.js")
        assert {answer.url.removeprefix(served.base) for answer in answers} <= {
            "",
            "app.js",
            "stream.js",
            "stream",
        }
        bodies = [await answer.body() for answer in answers if not answer.url.endswith("stream")]
        assert len(answers) <= 5
        weight = sum(len(gzip.compress(body)) for body in [*bodies, await worker.body()])
        assert weight <= 60_000
