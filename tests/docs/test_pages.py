"""What README.md and docs/ show is run, and does what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import Page, all_pages
from tests.docs.running import check_data, check_elsewhere, is_run, run_blocks
from tests.docs.surroundings import surroundings

PAGES = {page.name: page for page in all_pages()}
RUN = [page.name for page in PAGES.values() if any(map(is_run, page.blocks()))]


@pytest.mark.parametrize("name", RUN)
async def test_the_page_runs(name: str, tmp_path: Path) -> None:
    async with surroundings(tmp_path) as around:
        await run_blocks(PAGES[name].blocks(), around)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_its_data_can_be_read_and_its_marks_hold(page: Page) -> None:
    for block in page.blocks():
        check_data(block)
        check_elsewhere(block)
