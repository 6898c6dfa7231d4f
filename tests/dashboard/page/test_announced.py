"""What a screen reader is told."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from accsyn_async.sandbox import Sandbox
from tests.dashboard.page.opening import BRISK, Opener, shown
from tests.dashboard.page.test_list import transfer
from tests.dashboard.page.test_modules import bare, run
from tests.dashboard.serving import serving

__all__ = ["bare"]


async def test_how_many_jobs_a_filter_leaves_is_told(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        for name in ("shot_1.exr", "shot_2.exr", "take.mov"):
            await transfer(served, name)
        page = await pages.open(f"{served.base}?sort=name")
        await shown(page, "shot_1.exr", "shot_2.exr", "take.mov")
        live = page.locator("#live")
        await page.locator("#filter").press_sequentially("shot")
        await expect(live).to_have_text("2 of 3 jobs shown.")
        await page.locator("#filter").press_sequentially(" of nothing")
        await expect(live).to_have_text("No job matches.")
        await page.locator("#filter").fill("")
        await expect(live).to_have_text("3 jobs shown.")


async def test_totals_say_of_what_they_are(pages: Opener, box: Sandbox) -> None:
    async with serving(box, poll=BRISK, open=True) as served:
        await transfer(served, "one.mov")
        later = await transfer(served, "later.mov", 3_000_000)
        await served.session.update("Transfer", later, {"status": "paused"})
        page = await pages.open(f"{served.base}?q=later")
        await shown(page, "later.mov")
        totals = page.locator("#totals > div")
        await expect(totals).to_have_text(
            [
                "of 2 jobs shown1",
                "Speed—",
                "Left in running—",
                "Running done in—",
                "Left in others3.0 MB",
            ]
        )
        await page.locator("#filter").fill("")
        await expect(totals.first).to_have_text("Jobs2")
        await expect(totals.nth(2)).to_have_text(re.compile(r"^Left in running[1-5]\.\d MB$"))
        await expect(totals.nth(4)).to_have_text("Left in others3.0 MB")


async def test_ends_are_told_at_once_and_gathered_when_there_are_many(bare: Page) -> None:
    await bare.clock.install(time=0)
    await bare.clock.pause_at(1000)
    script = """
      document.body.innerHTML = "<p id=live></p>";
      window.announcer = new m.Announcer();
      window.end = (name) => window.announcer.changed({name, word: "done"});
      window.end("a");
    """
    await run(bare, "announce", script)
    live = bare.locator("#live")
    await bare.clock.run_for(150)
    await expect(live).to_have_text("a: done.")
    await bare.evaluate("['b', 'c', 'd', 'e'].forEach(window.end)")
    await bare.clock.run_for(2000)
    await expect(live).to_have_text("a: done.")
    await bare.clock.run_for(600)
    await expect(live).to_have_text("4 jobs done.")
    await bare.evaluate("window.end('f'); window.announcer.tell('Pause g: refused.')")
    await bare.clock.run_for(150)
    await expect(live).to_have_text("Pause g: refused. f: done.")
