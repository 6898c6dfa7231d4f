"""What counts as growth of memory, on rows as days have them."""

from __future__ import annotations

import random

import pytest

from tests.soak.memory import Growth, Sample, growth
from tests.soak.verdict import too_much

HOURS = 24


def day(
    *, blocks: float = 0.0, heap: float = 0.0, resident: float = 0.0, room: tuple[float, ...] = ()
) -> list[Sample]:
    """Two looks an hour.

    Args:
        blocks: the share of them by which each hour has more.
        heap: the same of the heap.
        resident: the same of what the process holds.
        room: hours at which it takes two MiB more.
    """
    dice = random.Random(1)
    return [
        Sample(
            hour,
            round(368_000 * (1 + dice.uniform(-0.004, 0.004) + blocks * hour)),
            round(15_500_000 * (1 + dice.uniform(-0.005, 0.005) + heap * hour)),
            round(80_000_000 * (1 + resident * hour)) + sum(2**21 for step in room if hour >= step),
        )
        for hour in (half / 2 for half in range(1, 2 * HOURS + 1))
    ]


def test_ups_and_downs_are_no_growth() -> None:
    assert too_much(growth(day()), HOURS) == []


def test_a_process_that_fills_in_its_first_hours_does_not_grow() -> None:
    """As one did that took 2.1 MB more at the sixth hour, and then nothing for eighteen."""
    assert too_much(growth(day(room=(1, 2, 3, 6, 7))), HOURS) == []


@pytest.mark.parametrize(
    ("leak", "found"),
    [
        (day(blocks=0.002), "blocks"),
        (day(heap=0.002), "heap"),
        (day(resident=0.004), "resident"),
        (day(room=(4, 8, 12, 16, 20, 24)), "resident"),
    ],
)
def test_what_grows_all_day_is_found(leak: list[Sample], found: str) -> None:
    (line,) = too_much(growth(leak), HOURS)
    assert found in line


def test_few_hours_tell_of_large_growth_only() -> None:
    assert too_much(Growth(0.04, 0.5, 0.5), 3) == []
    assert too_much(Growth(0.06, 0.0, 0.0), 3) == ["blocks grew by 6.0%"]


def test_what_is_kept_is_seen() -> None:
    """Both allocators are looked at: small objects are Python's, large ones are C's."""
    before = Sample.of_now(0)
    small = [object() for _ in range(50_000)]
    assert Sample.of_now(0).blocks - before.blocks > 40_000
    large = [bytes(10_000) for _ in range(1000)]
    assert Sample.of_now(0).heap - before.heap > 9_000_000
    del small, large
    after = Sample.of_now(0)
    assert abs(after.blocks - before.blocks) < 5000
    assert abs(after.heap - before.heap) < 1_000_000
