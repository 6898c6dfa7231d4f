"""The time that a job is found to take yet: never nonsense, and near the truth at a steady pace."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.monitor.pace import Pace

INTERVALS = st.lists(st.floats(0.2, 30.0), min_size=1, max_size=120)


def observed(pace: Pace, *seen: tuple[float, float], total: float = 100.0) -> list[float | None]:
    return [pace.observe(now, done, total) for now, done in seen]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e6),
            st.floats(-10, 1e15) | st.floats(0, 100),
            st.sampled_from([100.0, 1e3, 1e12]),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_never_negative_and_finite_whatever_is_seen(steps: list[tuple[float, float, float, bool]]) -> None:
    pace, now = Pace(), 0.0
    for elapsed, done, total, pauses in steps:
        now += elapsed
        if pauses:
            pace.pause()
        left = pace.observe(now, done, total)
        assert left is None or (left >= 0 and math.isfinite(left))


@given(INTERVALS, st.floats(20, 20_000), st.floats(0, 0.9), st.sampled_from([100.0, 123_456_789.0]))
def test_at_a_steady_pace_of_whole_percents_it_is_near_the_truth(
    intervals: list[float], takes: float, begun: float, total: float
) -> None:
    pace, now, steps, last = Pace(), 0.0, 0, -1
    for interval in intervals:
        now += interval
        truth = begun + now / takes
        if truth >= 1:
            break
        percent = math.floor(100 * truth)
        steps += percent > last >= 0
        last = percent
        left = pace.observe(now, total * percent / 100, total)
        if steps < 2:
            assert left is None
            continue
        assert left is not None
        remaining = takes * (1 - truth)
        # A percent, and what passes between two polls: that much can be known of each of two steps.
        blur = takes / 100 + 30.0
        seen = max(now - intervals[0], blur)
        assert left <= remaining * (1 + 4 * blur / seen) + 4 * blur
        assert left >= remaining / (1 + 4 * blur / seen) - 4 * blur


@pytest.mark.parametrize("every", [1.0, 2.0, 7.0])
def test_after_many_steps_it_is_right_within_a_tenth(every: float) -> None:
    pace, takes, now = Pace(), 1000.0, 0.0
    left: float | None = None
    while now < 700:
        now += every
        left = pace.observe(now, math.floor(100 * now / takes), 100)
    assert left == pytest.approx(takes - now, rel=0.1)


def test_nothing_is_known_before_the_second_step() -> None:
    assert observed(Pace(), (0, 10), (5, 10), (10, 11), (15, 11)) == [None] * 4


def test_it_falls_second_by_second_while_a_step_is_not_yet_due() -> None:
    left = observed(Pace(), (0, 0), (10, 1), (20, 2), (25, 2), (29, 2))
    assert left[:2] == [None, None]
    assert left[2:] == pytest.approx([980, 975, 971])


def test_it_grows_while_a_step_is_overdue() -> None:
    left = observed(Pace(), (0, 0), (10, 1), (20, 2), (30, 2), (40, 2), (120, 2))[2:]
    assert left == [980.0, 970.0, 1940.0, 9700.0]


def test_pauses_do_not_count_and_the_speed_of_before_is_kept() -> None:
    pace = Pace()
    assert observed(pace, (0, 0), (10, 1), (20, 2))[-1] == 980.0
    pace.pause()
    # An hour later it goes on, at the pace that is known.
    assert observed(pace, (3600, 2), (3605, 2)) == [980.0, 975.0]
    assert observed(pace, (3610, 3), (3620, 4)) == [970.0, 960.0]


def test_paused_before_anything_was_known() -> None:
    pace = Pace()
    pace.pause()
    assert observed(pace, (0, 5), (10, 6)) == [None, None]
    pace.pause()
    pace.pause()
    assert observed(pace, (1000, 6), (1010, 7), (1020, 8))[-1] == pytest.approx(920)


def test_progress_that_falls_is_begun_anew() -> None:
    left = observed(Pace(), (0, 50), (10, 51), (20, 52), (30, 10), (40, 11), (50, 12))
    assert left[2] == 480.0
    assert left[3:] == [900.0, 890.0, 880.0]


def test_a_size_that_grows_leaves_the_speed_in_bytes() -> None:
    pace = Pace()
    assert pace.observe(0, 0, 1000) is None
    assert pace.observe(10, 10, 1000) is None
    assert pace.observe(20, 20, 1000) == 980.0
    # Twice as much is found to be there: half of it in percent, as many bytes a second.
    assert pace.observe(30, 30, 2000) == 1970.0
    assert pace.observe(40, 40, 2000) == 1960.0


@pytest.mark.parametrize(("first", "then"), [(100.0, 1e9), (1e9, 100.0)])
def test_a_size_that_comes_to_be_known_is_another_unit(first: float, then: float) -> None:
    pace = Pace()
    for now in (0, 10, 20):
        known = pace.observe(now, first * (now / 10) / 100, first)
    assert known == 980.0
    assert pace.observe(30, then * 0.03, then) is None
    assert pace.observe(40, then * 0.04, then) is None
    assert pace.observe(50, then * 0.05, then) == pytest.approx(950)


def test_done_is_done_whatever_was_known() -> None:
    assert observed(Pace(), (0, 100)) == [0.0]
    assert observed(Pace(), (0, 50), (1, 120)) == [None, 0.0]


def test_two_looks_at_one_moment_say_nothing_of_speed() -> None:
    left = observed(Pace(), (0, 0), (0, 10), (0, 20), (10, 20), (20, 30))
    assert left[:4] == [None] * 4
    assert left[4] is None or left[4] > 0


def test_it_follows_a_pace_that_changes() -> None:
    pace, now, done = Pace(), 0.0, 0.0
    for _ in range(20):
        now, done = now + 1, done + 1
        fast = pace.observe(now, done, 1000)
    assert fast == pytest.approx(980, rel=0.01)
    for _ in range(30):
        now, done = now + 10, done + 1
        slow = pace.observe(now, done, 1000)
    # Ten times slower, for ten times as long as is remembered.
    assert slow == pytest.approx(9500, rel=0.05)
