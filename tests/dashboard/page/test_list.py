"""The list of jobs: it moves, it is looked at in many ways, and only what is seen exists."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from playwright.async_api import Page, expect

from accsyn_async.safe_text import safe
from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, live, names, row, rows, shown
from tests.dashboard.serving import Served, serving

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


async def transfer(served: Served, name: str, size: int = 5_000_000, **facts: object) -> str:
    """Begin to transfer a new file."""
    (served.box.volume / name).write_bytes(bytes(size))
    job = await served.session.create("Transfer", {"source": name, "destination": "site=berlin"} | facts)
    return str(job["id"])


async def test_rows_move_while_files_are_transferred(pages: Opener) -> None:
    async with (
        Sandbox(speed=2, time_factor=0, rate_limit=False) as box,
        serving(box, poll=BRISK) as served,
    ):
        page = await pages.open(served.url)
        await live(page)
        await expect(page.get_by_role("heading", name="No jobs")).to_be_visible()
        await transfer(served, "a.mov", 4_000_000)
        moving = row(page, "a.mov")
        await box.advance(seconds=0.5)
        await expect(moving).to_contain_text("running")
        await expect(moving).to_contain_text("acme → berlin")
        await expect(moving).to_contain_text("admin@example.com")
        await expect(moving).to_contain_text("2.0 MB/s")
        await expect(page).to_have_title("1 running · acme")
        await expect(page.get_by_role("button", name="1 running")).to_be_visible()
        number = moving.locator(".number")
        first = str(await number.text_content())
        await box.advance(seconds=0.5)
        await expect(number).not_to_have_text(first)
        await expect(moving).to_contain_text("running")
        await box.advance(seconds=2)
        await expect(moving).to_contain_text("done")
        await expect(page).to_have_title("1 job · acme")
        # Who does not see it is told.
        await expect(page.locator("#live")).to_have_text("a.mov: done.")
        assert "once" not in page.url


async def test_names_are_shown_as_text_whatever_they_hold(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        hostile = [
            "<img src=x onerror=alert(1)>",
            "<script>alert(1)</script>",
            "{{config}} ${alert(1)} &amp;",
            "__proto__",
            "a" * 200,
        ]
        (box.volume / "a.mov").write_bytes(bytes(5_000_000))
        for name in hostile:
            tasks = {"tasks": {"0": {"source": "a.mov"}}}
            await served.session.create("Transfer", {"name": name, "destination": "site=berlin"} | tasks)
        page = await pages.open(served.base)
        for name in hostile:
            await expect(page.locator("#rows .row .name").get_by_text(name, exact=True)).to_be_visible()
        await row(page, hostile[0]).click()
        await expect(page.get_by_role("heading", name=hostile[0])).to_be_visible()
        assert await page.locator("#app img, #app script").count() == 0


async def test_names_that_would_break_out_or_turn_the_text_around_are_shown_escaped(
    pages: Opener, box: Sandbox
) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        hostile = [
            "a\u202egpj.exe",
            "b\u2066\u200b.mov",
            "c\nd\re\tf",
            "</script><script>alert(1)</script>",
            "</style><svg onload=alert(1)>",
            "g\u2028h\x1b[31m",
        ]
        (box.volume / "a.mov").write_bytes(bytes(5_000_000))
        for name in hostile:
            tasks = {"tasks": {"0": {"source": "a.mov"}}}
            await served.session.create("Transfer", {"name": name, "destination": "site=berlin"} | tasks)
        page = await pages.open(served.base)
        page.on("dialog", lambda dialog: pages.complaints.append(dialog.message))
        await expect(rows(page)).to_have_count(len(hostile))
        assert set(await names(page)) == {safe(name) for name in hostile}
        held = await page.locator("body").inner_text()
        assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b\u2028\x1b]", held)
        for name in hostile:
            await row(page, safe(name)).click()
            await expect(page.locator("#detail h2")).to_have_text(safe(name))
            await page.locator("#list").focus()
            await page.keyboard.press("x")
            await expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_text([safe(name)])
            await page.keyboard.press("Escape")
        assert await page.locator("#app script, #app svg[onload]").count() == 0


async def test_the_order_holds_while_the_pointer_is_busy_in_the_list(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "b.mov")
        page = await pages.open(f"{served.base}?sort=name")
        await shown(page, "b.mov")
        total = page.locator("#total-jobs")
        await row(page, "b.mov").locator(".name").hover()
        await page.mouse.down()
        await transfer(served, "a.mov")
        await expect(total).to_have_text("2")
        await expect(page.get_by_role("button", name="waiting")).to_be_visible()
        assert await names(page) == ["b.mov"]
        await page.mouse.up()
        await page.mouse.move(5, 5)
        await shown(page, "a.mov", "b.mov")


async def test_the_order_holds_for_a_moment_after_the_pointer_has_moved(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "b.mov")
        context = await pages.context()
        await context.clock.install()
        page = await pages.open(f"{served.base}?sort=name", context)
        await shown(page, "b.mov")
        box_of = await row(page, "b.mov").bounding_box()
        assert box_of is not None
        await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 10"))
        await transfer(served, "a.mov")
        async with asyncio.timeout(60):
            at = 0
            while await page.locator("#total-jobs").text_content() != "2":
                at = (at + 7) % 200
                await page.mouse.move(box_of["x"] + 300 + at, box_of["y"] + 10)
                await page.clock.run_for(20)
        await page.clock.run_for(900)
        assert await page.locator("#total-jobs").text_content() == "2"
        assert await names(page) == ["b.mov"]
        await page.clock.run_for(1500)
        assert await names(page) == ["a.mov", "b.mov"]


async def test_what_is_looked_at_lives_in_the_address(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        ids = {name: await transfer(served, name) for name in ("shot_2.exr", "shot_10.exr", "take_1.mov")}
        page = await pages.open(served.base)
        await expect(rows(page)).to_have_count(3)
        await page.get_by_label("Filter", exact=False).first.fill("shot")
        await page.get_by_label("Sort").select_option("Name")
        await page.get_by_role("button", name="Other way round").click()
        await shown(page, "shot_10.exr", "shot_2.exr")
        await page.get_by_label("Group").select_option("User")
        await shown(page, "admin@example.com", "shot_10.exr", "shot_2.exr")
        await row(page, "shot_2.exr").click()
        wanted = f"?q=shot&sort=name&group=user&job={ids['shot_2.exr']}&desc"
        await page.wait_for_function("(wanted) => location.search === wanted", arg=wanted)
        await page.reload()
        await shown(page, "admin@example.com", "shot_10.exr", "shot_2.exr")
        await expect(page.locator("#filter")).to_have_value("shot")
        await expect(page.locator("#detail h2")).to_have_text("shot_2.exr")
        await expect(page.locator("#count")).to_have_text("2 of 3 jobs")
        await page.locator("#filter").fill("nothing like it")
        await expect(page.get_by_role("heading", name="No job matches")).to_be_visible()
        await page.get_by_role("button", name="Clear the filter").click()
        await expect(rows(page)).to_have_count(4)
        # An address that means nothing shows everything.
        await page.goto(f"{served.base}?sort=nonsense&group=__proto__&job=gone")
        await expect(rows(page)).to_have_count(3)


async def test_a_state_is_filtered_by_its_button(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "good.mov")
        lost = await transfer(served, "lost.mov")
        page = await pages.open(served.base)
        await expect(rows(page)).to_have_count(2)
        await served.session.update("Transfer", lost, {"status": "paused"})
        button = page.get_by_role("button", name="1 running")
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")
        await shown(page, "good.mov")
        await button.click()
        await expect(rows(page)).to_have_count(2)


async def test_a_job_is_opened_with_its_facts_and_tasks(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        ident = await transfer(served, "a.mov", 3_000_000)
        page = await pages.open(served.base)
        await row(page, "a.mov").click()
        panel = page.locator("#detail")
        for text in ("3.0 MB", "admin@example.com", "acme/medium", "berlin", ident):
            await expect(panel.locator("dl")).to_contain_text(text)
        await expect(panel.locator(".tasks li")).to_have_count(1)
        await expect(panel.locator(".tasks li")).to_contain_text("a.mov")
        await panel.get_by_role("button", name="Close").click()
        await expect(panel).to_be_hidden()
        await page.wait_for_function("() => location.search === ''")


async def walk(page: Page, *keys: str) -> str:
    """Press keys; the name under the cursor."""
    for key in keys:
        await page.keyboard.press(key)
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => done(true)))")
    name: str = await page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
        "?.querySelector('.name')?.textContent"
    )
    return name


async def test_all_of_it_is_done_by_keyboard(pages: Opener) -> None:
    async with Sandbox(synthetic_jobs=100, time_factor=0, rate_limit=False) as box:
        async with serving(box, poll=BRISK, open=True) as served:
            page = await pages.open(f"{served.base}?sort=name")
            await expect(rows(page).nth(20)).to_be_visible()
            listed = await names(page)
            await page.locator("#list").focus()
            assert await walk(page, "j") == listed[0]
            assert await walk(page, "j", "ArrowDown") == listed[2]
            assert await walk(page, "k", "ArrowUp", "k", "k") == listed[0]
            last = await walk(page, "End")
            assert last not in listed
            assert (await names(page))[-1] == last
            above = await walk(page, "PageUp")
            assert above not in (last, listed[0])
            assert await walk(page, "PageDown") == last
            assert await walk(page, "Home", "j") == listed[1]
            await page.keyboard.press("Space")
            await expect(row(page, listed[1])).to_have_attribute("aria-selected", "true")
            assert await walk(page, "Shift+ArrowDown", "Shift+ArrowDown") == listed[3]
            await expect(page.locator("#bulk")).to_contain_text("3 selected")
            await page.keyboard.press("Control+a")
            await expect(page.locator("#bulk")).to_contain_text("100 selected")
            await page.keyboard.press("Escape")
            await expect(page.locator("#bulk")).to_be_hidden()
            await page.keyboard.press("Enter")
            await expect(page.locator("#detail h2")).to_have_text(listed[3])
            await expect(page.locator("#detail h2")).to_be_focused()
            await page.keyboard.press("Escape")
            await expect(page.locator("#detail")).to_be_hidden()
            await expect(page.locator("#list")).to_be_focused()
            await page.keyboard.press("?")
            await expect(page.get_by_role("dialog")).to_contain_text("pause, resume, abort")
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_be_hidden()
            await page.keyboard.press("/")
            await page.keyboard.type(listed[4])
            await shown(page, listed[4])
            await page.keyboard.press("Enter")
            await expect(page.locator("#list")).to_be_focused()
            assert await walk(page) == listed[4]
            stops = []
            await page.locator("#filter").focus()
            for _ in range(7):
                await page.keyboard.press("Tab")
                stops.append(await page.evaluate("document.activeElement.id"))
            assert stops[:4] == ["group", "sort", "desc", "help-button"]
            # Then the buttons of the states that there are, and the list.
            assert "list" in stops[5:]


async def test_only_the_rows_that_are_seen_exist(pages: Opener) -> None:
    async with (
        Sandbox(synthetic_jobs=5000, time_factor=0, rate_limit=False) as box,
        serving(box, open=True) as served,
    ):
        page = await pages.open(f"{served.base}?sort=name")
        # A few have ended from the beginning.
        await expect(page.locator("#total-jobs")).to_have_text(re.compile("^(4,9..|5,000)$"))
        await expect(rows(page).nth(20)).to_be_visible()
        first = (await names(page))[0]
        most = await page.evaluate(
            """async () => {
              const list = document.getElementById("list");
              let most = 0;
              for (let at = 0; at < 120; at++) {
                list.scrollTop = at % 3 ? list.scrollTop + 900 : Math.random() * list.scrollHeight;
                await new Promise(requestAnimationFrame);
                most = Math.max(most, document.querySelectorAll("#rows .row").length);
              }
              list.scrollTop = list.scrollHeight;
              await new Promise(requestAnimationFrame);
              return most;
            }"""
        )
        assert 20 < most < 60
        await page.wait_for_function(
            "() => Math.max(...[...document.querySelectorAll('#rows .row:not([hidden])')]"
            ".map((row) => row.ariaRowIndex)) == document.getElementById('list').ariaRowCount"
        )
        await page.keyboard.press("Home")
        await expect(row(page, first)).to_be_visible()
        assert (await names(page))[0] == first


async def test_the_cursor_and_the_selection_stay_with_their_jobs(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        for name in ("b.mov", "d.mov"):
            await transfer(served, name)
        page = await pages.open(f"{served.base}?sort=name")
        await shown(page, "b.mov", "d.mov")
        await row(page, "d.mov").get_by_role("checkbox").click()
        await page.mouse.move(5, 5)
        await transfer(served, "a.mov")
        await transfer(served, "c.mov")
        await shown(page, "a.mov", "b.mov", "c.mov", "d.mov")
        await expect(row(page, "d.mov")).to_have_attribute("aria-selected", "true")
        await expect(page.locator("#rows [aria-selected=true]")).to_have_count(1)
        await page.locator("#list").focus()
        assert await walk(page, "k") == "c.mov"


async def test_on_a_phone_jobs_are_cards(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "a.mov")
        await transfer(served, "b.mov")
        page = await pages.open(
            served.base, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
        )
        card = await row(page, "a.mov").bounding_box()
        assert card is not None
        assert card["width"] == 390
        assert card["height"] > 80
        await expect(row(page, "a.mov")).to_contain_text("acme → berlin")
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await row(page, "a.mov").get_by_role("checkbox").tap()
        await expect(page.locator("#bulk")).to_contain_text("1 selected")
        await row(page, "b.mov").locator(".name").tap()
        panel = await page.locator("#detail").bounding_box()
        assert panel == {"x": 0, "y": 0, "width": 390, "height": 844}
        assert await page.evaluate("document.getElementById('jobs').inert")
        await page.get_by_role("button", name="Close (Escape)").tap()
        await expect(page.locator("#detail")).to_be_hidden()
