"""The limit of requests for each address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.sandbox.server.limit import AddressLimit


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_the_rate() -> None:
    time = Time()
    limit = AddressLimit(30, 60, time)
    assert [limit.take("a") for _ in range(60)] == [0.0] * 60
    assert limit.take("a") == pytest.approx(1 / 30)
    time.now += 1
    assert [limit.take("a") for _ in range(30)] == [0.0] * 30
    assert limit.take("a") > 0


def test_addresses_do_not_share() -> None:
    limit = AddressLimit(30, 1, Time())
    assert limit.take("a") == 0.0
    assert limit.take("a") > 0
    assert limit.take("b") == 0.0


def test_addresses_at_rest_are_forgotten() -> None:
    time = Time()
    limit = AddressLimit(30, 60, time)
    for number in range(5000):
        time.now += 1
        limit.take(str(number))
    assert len(limit._full_at) <= 1024


@given(st.lists(st.floats(0, 0.5), max_size=300))
def test_no_window_holds_more_than_burst_and_rate(gaps: list[float]) -> None:
    time = Time()
    limit = AddressLimit(10, 5, time)
    passed = []
    for gap in gaps:
        time.now += gap
        if limit.take("a") == 0.0:
            passed.append(time.now)
    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= 5 + 10 * (passed[last] - start) + 1e-6
