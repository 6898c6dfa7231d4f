"""What an open page costs: processor time, which other programs on the machine do not add to."""

from __future__ import annotations

from playwright.async_api import Browser

from accsyn_async.sandbox import Sandbox
from tests.dashboard import reading
from tests.dashboard.page.opening import Opener, live
from tests.dashboard.serving import browser as client_of
from tests.dashboard.serving import follow, serving

CHANGES = 800


async def test_a_thousand_jobs_with_a_hundred_changes_a_second_take_less_than_half_a_core(
    pages: Opener, browser: Browser
) -> None:
    async with Sandbox(synthetic_jobs=1000, rate_limit=False, seed=1, time_factor=300) as box:
        async with serving(box, open=True) as served, client_of() as client:
            page = await pages.open(f"{served.base}?sort=speed&desc")
            await live(page)
            teller = await browser.new_browser_cdp_session()

            async def taken() -> float:
                told = await teller.send("SystemInfo.getProcessInfo")
                return float(sum(each["cpuTime"] for each in told["processInfo"]))

            told = reading.Page()
            async with client.get(served.base + "stream") as stream:
                await follow(stream, told, lambda page: page.changes > 100)
                before, seen = await taken(), told.changes
                await follow(stream, told, lambda page: page.changes > seen + CHANGES)
                seconds = await taken() - before
            hundreds = (told.changes - seen) / 100
            assert seconds / hundreds < 0.5
