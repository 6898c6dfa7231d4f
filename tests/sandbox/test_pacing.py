"""Keeping a transfer at its speed, by its schedule alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox.engine.pacing import Pace


@given(st.lists(st.floats(0, 0.05), min_size=1, max_size=200))
def test_a_transfer_keeps_its_schedule(delays: list[float]) -> None:
    """However late each step comes, what was copied never runs ahead and catches up after small delays."""
    now = 0.0
    pace = Pace(1_000_000, now)
    sent = 0
    for delay in delays:
        now += delay
        sent += pace.chunk
        now += pace.sent(pace.chunk, now)
        assert sent <= 1_000_000 * now + 1e-3
        assert now - sent / 1_000_000 <= 0.05 + 1e-6
        assert 0 <= pace.speed(now) <= 1.0


def test_a_slow_disk_is_not_made_up_for_with_a_rush() -> None:
    pace = Pace(1_000_000, 0.0)
    assert pace.sent(100_000, 60.0) == 0.0
    waits = [pace.sent(100_000, 60.0) for _ in range(10)]
    assert sum(wait > 0 for wait in waits) >= 5


def test_a_pace_makes_up_for_time_moved_on_but_not_for_a_slow_disk() -> None:
    pace = Pace(1000, 0.0)
    assert pace.sent(100, 100.0) == 0.0
    assert pace.sent(1000, 100.0) == pytest.approx(0.5)
    pace = Pace(1000, 0.0)
    assert pace.sent(100, 3600.0, 3600.0) == 0.0
    assert pace.sent(3_000_000, 3600.0, 3600.0) == 0.0
    assert pace.sent(600_000, 3600.0, 3600.0) == pytest.approx(0.1, abs=0.6)
