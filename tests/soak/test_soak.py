"""Some hours of the soak; ``python -m tests.soak`` runs a whole day, and the stall of an hour."""

from __future__ import annotations

import asyncio

import pytest

from tests.soak.day import spend
from tests.soak.stall import stall
from tests.soak.verdict import of_day, of_stall
from tests.support.virtual import run


@pytest.mark.slow
def test_hours_with_many_jobs() -> None:
    """Guarantees 1, 4, 6 and 9: flat memory, few requests, and every end once, whatever the weather."""
    day = run(spend(3, 700, watches=30))
    assert of_day(day).broken == []
    assert min(account.told for account in day.accounts.values()) > 0
    assert day.fleet.revived > 0
    assert day.counts["faults"] > 0


@pytest.mark.slow
def test_a_consumer_that_stalls() -> None:
    """Guarantee 6: it costs 10 MB at most, and is told every end, in order."""
    result = asyncio.run(stall(60, 250))
    assert of_stall(result).broken == []
    assert result.ends == 500
