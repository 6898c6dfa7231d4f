"""What docs/pictures.py reads of the page: however its list came about, the same; of other words, others."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from accsyn_async.sandbox import Sandbox
from docs.pictures import stale
from docs.picturing.page_lines import page_lines
from docs.picturing.seen import of_screen
from tests.dashboard.page.opening import Opener, live, rows
from tests.dashboard.serving import serving

NAMES = ("a.mov", "b.mov", "c.mov")
# As lists are that have moved: elements out of order, one that waits to be used again, something said aloud.
MOVED = """
() => {
  const rows = document.getElementById("rows");
  const spare = rows.firstChild.cloneNode(true);
  spare.hidden = true;
  rows.append(spare, rows.firstChild);
  document.getElementById("live").textContent = "a.mov: done.";
}
"""
OTHERWISE = """
([selector, text]) => { document.querySelector(selector).textContent = text; }
"""


async def seen(page: Page) -> str:
    return of_screen(await page_lines(page, rows=2))


async def test_a_list_that_has_moved_makes_no_picture_stale_and_another_word_does(
    pages: Opener, tmp_path: Path
) -> None:
    async with Sandbox(speed=1, time_factor=0, rate_limit=False) as box, serving(box) as served:
        for name in NAMES:
            (box.volume / name).write_bytes(bytes(5_000_000))
            await served.session.create("Transfer", {"source": name, "destination": "site=berlin"})
        page = await pages.open(served.url)
        await live(page)
        await expect(rows(page)).to_have_count(len(NAMES))
        then = await seen(page)
        assert [line.split("  ")[1] for line in then.splitlines()[-2:]] == ["a.mov", "b.mov"]
        (tmp_path / "dashboard.txt").write_text(then, "utf-8")
        await page.evaluate(MOVED)
        assert stale({"dashboard": await seen(page)}, tmp_path) == []
        for selector in ("dt:has(+ #total-speed)", "[role=columnheader].left button"):
            then = await seen(page)
            (tmp_path / "dashboard.txt").write_text(then, "utf-8")
            await page.evaluate(OTHERWISE, [selector, "Otherwise"])
            (told,) = stale({"dashboard": await seen(page)}, tmp_path)
            assert "+Otherwise" in told
