"""One round of each of two days that pass quickly; the gate plays six of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.relay.rounds.campaign import Campaign
from tests.relay.rounds.days import DAYS

QUICK = ("stopped", "strange")


@pytest.mark.slow
async def test_bad_days_that_pass_quickly(tmp_path: Path) -> None:
    days = [day for day in DAYS if day.name in QUICK]
    report = await Campaign(days, 1, "quick", tmp_path).run()
    assert not report.violated, str(report)
    assert sorted(each.day for each in report.outcomes) == sorted(QUICK)
    # Rounds in which nothing happened would show nothing.
    assert min(report.events, report.changes) > 100, report
