"""Pausing, resuming and aborting from the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Dialog, Page, Route, expect

from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, live, row, rows
from tests.dashboard.serving import Served, serving


@pytest_asyncio.fixture(loop_scope="session")
async def slow() -> AsyncIterator[Sandbox]:
    async with Sandbox(speed=0.2, rate_limit=False) as box:
        for name in ("a.mov", "b.mov", "c.mov"):
            (box.volume / name).write_bytes(bytes(20_000_000))
        yield box


async def begin(served: Served, *names: str) -> dict[str, str]:
    """Begin to transfer files that take their time; their jobs' ids."""
    ids = {}
    for name in names:
        job = await served.session.create("Transfer", {"source": name, "destination": "site=berlin"})
        ids[name] = str(job["id"])
    return ids


async def status(served: Served, ident: str) -> str:
    found = await served.session.find_one(f"Transfer WHERE id={ident}")
    assert found is not None
    return str(found["status"])


async def select(page: Page, *names: str) -> None:
    for name in names:
        await row(page, name).get_by_role("checkbox").click()


async def test_pausing_in_the_page_pauses_the_job(pages: Opener, slow: Sandbox) -> None:
    async with serving(slow, poll=BRISK) as served:
        ids = await begin(served, "a.mov")
        page = await pages.open(served.url)
        moving = row(page, "a.mov")
        await expect(moving).to_contain_text("running")
        await moving.hover()
        await moving.get_by_role("button", name="Pause a.mov").click()
        dialog = page.get_by_role("dialog", name="Pause this job?")
        await expect(dialog.get_by_role("listitem")).to_have_text(["a.mov"])
        assert await status(served, ids["a.mov"]) != "paused"
        await dialog.get_by_role("button", name="Pause").click()
        await expect(moving).to_contain_text("paused")
        assert await status(served, ids["a.mov"]) == "paused"
        await moving.get_by_role("button", name="Resume a.mov").click()
        await expect(page.get_by_role("dialog", name="Resume this job?")).to_contain_text("a.mov")
        await page.keyboard.press("Enter")
        await expect(moving).to_contain_text("running")
        await page.mouse.move(5, 5)
        await expect(page.locator("#list")).to_be_focused()
        await page.keyboard.press("j")
        await page.keyboard.press("p")
        await expect(dialog.get_by_role("button", name="Pause")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(moving).to_contain_text("paused")
        assert await status(served, ids["a.mov"]) == "paused"


async def test_aborting_asks_first_and_names_the_job(pages: Opener, slow: Sandbox) -> None:
    async with serving(slow, poll=BRISK, open=True) as served:
        ids = await begin(served, "a.mov")
        page = await pages.open(served.base)
        await row(page, "a.mov").click()
        abort = page.locator("#detail").get_by_role("button", name="Abort")
        await abort.click()
        dialog = page.get_by_role("dialog", name="Abort this job?")
        await expect(dialog.get_by_role("listitem")).to_have_text(["a.mov"])
        await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await abort.click()
        await dialog.get_by_role("button", name="Cancel").click()
        assert await status(served, ids["a.mov"]) != "aborted"
        await abort.click()
        await dialog.get_by_role("button", name="Abort").click()
        await expect(row(page, "a.mov")).to_contain_text("aborted")
        assert await status(served, ids["a.mov"]) == "aborted"


async def test_what_is_done_to_several_is_answered_for_each(pages: Opener, slow: Sandbox) -> None:
    async with serving(slow, poll=BRISK, open=True) as served:
        ids = await begin(served, "a.mov", "b.mov", "c.mov")
        page = await pages.open(f"{served.base}?sort=name")
        await live(page)
        await row(page, "a.mov").get_by_role("checkbox").click()
        await row(page, "c.mov").click(modifiers=["Shift"])
        await expect(page.locator("#bulk")).to_contain_text("3 selected")

        async def refuse_one(route: Route) -> None:
            # It does not reach the server: a poll that saw it paused before the answer would confirm it.
            asked = json.loads(route.request.post_data or "")
            others = {**asked, "ids": [ident for ident in asked["ids"] if ident != ids["b.mov"]]}
            answer = await route.fetch(post_data=json.dumps(others))
            results = (await answer.json())["results"]
            results.append({"id": ids["b.mov"], "ok": False, "error": "it belongs to <b>somebody</b> else"})
            await route.fulfill(response=answer, body=json.dumps({"results": results}))

        await page.route("**/jobs/pause", refuse_one)
        await page.locator("#bulk").get_by_role("button", name="Pause").click()
        dialog = page.get_by_role("dialog", name="Pause 3 jobs?")
        await expect(dialog.get_by_role("listitem")).to_have_text(["a.mov", "b.mov", "c.mov"])
        await dialog.get_by_role("button", name="Pause").click()
        answers = page.get_by_label("Pause: answers")
        await expect(answers.locator("h3")).to_have_text("Pause 3 jobs: 1 refused, 2 confirmed")
        lines = answers.get_by_role("listitem")
        await expect(lines.filter(has_text="b.mov")).to_contain_text(
            "refused: it belongs to <b>somebody</b> else"
        )
        await expect(lines.filter(has_text="a.mov")).to_contain_text("paused")
        assert await status(served, ids["a.mov"]) == "paused"
        assert await status(served, ids["b.mov"]) != "paused"
        await expect(page.locator("#live")).to_contain_text("Pause 3 jobs: 1 refused, 2 confirmed.")
        await answers.get_by_role("button", name="Close").click()
        await expect(answers).to_be_hidden()


async def test_an_action_is_pending_until_a_poll_confirms_it_and_doubted_after_a_while(
    pages: Opener, slow: Sandbox
) -> None:
    async with serving(slow, poll=BRISK, open=True) as served:
        ids = await begin(served, "a.mov")
        context = await pages.context()
        await context.clock.install()
        page = await pages.open(served.base, context)
        moving = row(page, "a.mov")
        await expect(moving).to_contain_text("running")
        results = {"results": [{"id": ids["a.mov"], "ok": True, "status": "paused"}]}
        await page.route("**/jobs/pause", lambda route: route.fulfill(json=results))
        await page.locator("#list").focus()
        await page.keyboard.press("j")
        async with page.expect_response("**/jobs/pause"):
            await page.keyboard.press("p")
            await page.keyboard.press("Enter")
        await expect(moving).to_contain_text("pausing…")
        await expect(moving).to_have_attribute("data-word", "running")
        await page.clock.fast_forward(29_000)
        await expect(moving).to_contain_text("pausing…")
        await page.clock.fast_forward(2_000)
        # What it is, with the doubt beside it.
        await expect(moving.locator(".words")).to_have_text("runningnot confirmed")
        await expect(page.get_by_label("Pause: answers")).to_contain_text("not confirmed after 30 s")
        await page.clock.fast_forward(60_000)
        await expect(moving.locator(".state")).to_have_text("running")
        await served.session.update("Transfer", ids["a.mov"], {"status": "paused"})
        await expect(moving.locator(".state")).to_have_text("paused")


async def test_an_outcome_that_is_unknown_waits_for_the_next_poll(pages: Opener, slow: Sandbox) -> None:
    async with serving(slow, poll=BRISK, open=True) as served:
        ids = await begin(served, "a.mov")
        page = await pages.open(served.base)
        moving = row(page, "a.mov")
        await expect(moving).to_contain_text("running")
        lost = {"id": ids["a.mov"], "ok": False, "unknown": True, "error": "the answer was lost"}
        await page.route("**/jobs/pause", lambda route: route.fulfill(json={"results": [lost]}))
        await page.locator("#list").focus()
        await page.keyboard.press("j")
        await page.keyboard.press("p")
        await page.keyboard.press("Enter")
        await expect(moving.locator(".words")).to_have_text("runningnot known yet")
        await expect(moving.locator(".doubt")).to_have_attribute("title", "pause sent, outcome unknown")
        answers = page.get_by_label("Pause: answers")
        await expect(answers).to_contain_text("outcome unknown; waiting for the next poll")
        await expect(answers).not_to_contain_text("refused")
        await served.session.update("Transfer", ids["a.mov"], {"status": "paused"})
        await expect(moving.locator(".state")).to_have_text("paused")
        await expect(answers.locator("h3")).to_have_text("Pause 1 job: 1 confirmed")
        await expect(page.locator("#live")).to_have_text("a.mov: paused.")


async def test_many_are_sent_a_batch_after_another_and_what_is_wrong_is_listed(pages: Opener) -> None:
    async with Sandbox(synthetic_jobs=120, time_factor=0, rate_limit=False, seed=5) as box:
        async with serving(box, poll=BRISK, open=True) as served:
            page = await pages.open(f"{served.base}?q=status:waiting")
            await live(page)
            await expect(rows(page).nth(10)).to_be_visible()
            sizes: list[int] = []
            go_on = asyncio.Event()

            async def answer(route: Route) -> None:
                ids = json.loads(route.request.post_data or "")["ids"]
                sizes.append(len(ids))
                results = [{"id": ident, "ok": True, "status": "paused"} for ident in ids]
                if len(sizes) == 1:
                    results = [{"id": ident, "ok": False, "error": "no"} for ident in ids]
                elif len(sizes) == 2:
                    await go_on.wait()
                    results[0] = {"id": ids[0], "ok": False, "unknown": True, "error": "lost"}
                await route.fulfill(json={"results": results})

            await page.route("**/jobs/pause", answer)
            await page.locator("#list").focus()
            await page.keyboard.press("Control+a")
            await page.keyboard.press("p")
            dialog = page.get_by_role("dialog")
            count = int((await dialog.get_by_role("heading").text_content() or "").split()[1])
            assert count > 100
            await page.keyboard.press("Enter")
            title = page.locator(".receipt h3")
            await expect(title).to_have_text(
                f"Pause {count} jobs: 50 refused, 50 sent, {count - 100} still to be sent"
            )
            warned: asyncio.Future[str] = asyncio.get_running_loop().create_future()

            async def stay(dialog: Dialog) -> None:
                warned.set_result(dialog.type)
                await dialog.dismiss()

            page.on("dialog", stay)
            await page.close(run_before_unload=True)
            assert await warned == "beforeunload"
            go_on.set()
            await expect(title).to_have_text(
                f"Pause {count} jobs: 50 refused, 1 with unknown outcome, {count - 51} accepted"
            )
            assert sizes == [50, 50, count - 100]
            lines = page.locator(".receipt li")
            await expect(lines).to_have_count(51)
            await expect(lines.first).to_contain_text("refused: no")
            await expect(page.locator("#live")).to_contain_text("50 refused, 1 with unknown outcome")
            # Nothing is on its way any more: nobody is warned.
            await page.close(run_before_unload=True)


async def test_what_cannot_be_sent_is_told_of_and_not_tried_on_and_on(pages: Opener) -> None:
    async with Sandbox(synthetic_jobs=120, time_factor=0, rate_limit=False, seed=5) as box:
        async with serving(box, poll=BRISK, open=True) as served:
            page = await pages.open(f"{served.base}?q=status:waiting")
            await live(page)
            await expect(rows(page).nth(10)).to_be_visible()
            pages.allowed.append("Failed to load resource")
            asked: list[str] = []

            async def cut(route: Route) -> None:
                asked.append(route.request.url)
                await route.abort("connectionreset")

            await page.route("**/jobs/pause", cut)
            await page.locator("#list").focus()
            await page.keyboard.press("Control+a")
            await page.keyboard.press("p")
            await page.keyboard.press("Enter")
            await expect(page.locator(".receipt h3")).to_contain_text("not sent, 50 with unknown outcome")
            await expect(page.locator(".receipt li").filter(has_text="not sent").first).to_contain_text(
                "not sent: the server cannot be reached"
            )
            assert len(asked) == 1


async def test_who_may_only_look_finds_no_action(pages: Opener, slow: Sandbox) -> None:
    async with serving(slow, poll=BRISK, open=True, read_only=True) as served:
        ids = await begin(served, "a.mov")
        page = await pages.open(served.base)
        await row(page, "a.mov").click()
        await expect(page.locator(".tasks li")).to_have_count(1)
        asked = []
        page.on("request", lambda request: asked.append(request.method))
        for key in ("Space", "p", "x", "Control+a"):
            await page.locator("#list").focus()
            await page.keyboard.press(key)
        assert await page.get_by_role("button", name="Abort", exact=True).count() == 0
        assert (
            await page.locator(":is([data-action], .acting, .pick, input[type=checkbox]):visible").count()
            == 0
        )
        assert await page.get_by_role("dialog").count() == 0
        assert "POST" not in asked
        assert await status(served, ids["a.mov"]) != "aborted"
