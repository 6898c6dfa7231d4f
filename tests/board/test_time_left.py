from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.board.time_left import TimeLeft
from tests.cli.making import job

MB = 1_000_000


def seen(*observations: tuple[float, dict[str, Any]]) -> TimeLeft:
    left = TimeLeft()
    for now, facts in observations:
        left.observe(job(**{"size": 100 * MB, **facts}), now)
    return left


STEADY = [(float(second), {"progress": second}) for second in range(11)]


@pytest.mark.parametrize(
    ("observations", "now", "seconds"),
    [
        pytest.param([], 0.0, None, id="never seen"),
        pytest.param([(0.0, {})], 0.0, None, id="nothing to go by"),
        pytest.param([(0.0, {"etr": "0h:1m:30s"})], 0.0, 90.0, id="at first what the backend says"),
        pytest.param([(0.0, {"etr": "0h:1m:30s"})], 20.0, 70.0, id="which runs down"),
        pytest.param([(0.0, {"etr": "0h:0m:5s"})], 20.0, 0.0, id="but not below nothing"),
        pytest.param([(0.0, {"speed": 10.0})], 0.0, 10.0, id="or its speed"),
        pytest.param(STEADY, 10.0, 90.0, id="then the pace"),
        pytest.param(STEADY, 12.0, 88.0, id="which runs down too"),
        pytest.param(
            [*STEADY[:-1], (10.0, {"progress": 10, "etr": "9h:0m:0s"})], 10.0, 90.0, id="pace first"
        ),
        pytest.param(
            [*STEADY[:-1], (10.0, {"progress": 10, "etr": "0h:9m:0s"})], 40.0, 510.0, id="an old pace is none"
        ),
        pytest.param([(0.0, {"progress": 50}), (5.0, {"progress": 50})], 5.0, None, id="no progress at all"),
        pytest.param([*STEADY, (11.0, {"progress": 0})], 11.0, None, id="it began anew"),
        pytest.param([*STEADY, (11.0, {"status": "paused"})], 11.0, None, id="it is paused"),
        pytest.param([*STEADY, (11.0, {"status": "done", "progress": 100})], 11.0, None, id="it is done"),
        pytest.param([(0.0, {"size": -1}), (5.0, {"size": -1, "progress": 9})], 5.0, None, id="no size"),
        pytest.param([(0.0, {}), (5.0, {"progress": 100})], 5.0, 0.0, id="all there"),
        pytest.param([(0.0, {"progress": -50}), (10.0, {"progress": 150})], 10.0, 0.0, id="nonsense"),
    ],
)
def test_time_left(
    observations: list[tuple[float, dict[str, Any]]], now: float, seconds: float | None
) -> None:
    told = seen(*observations).seconds(now)
    assert told == (None if seconds is None else pytest.approx(seconds))


def test_only_the_recent_past_counts() -> None:
    slow = [(float(second), {"progress": second / 100}) for second in range(100)]
    fast = [(100.0 + second, {"progress": 1 + second}) for second in range(40)]
    assert seen(*slow, *fast).seconds(139.0) == pytest.approx(60.0, rel=0.05)


def test_a_change_of_pace_is_smoothed() -> None:
    left = seen(*STEADY)
    left.observe(job(size=100 * MB, progress=30), 10.5)
    jumped = left.seconds(10.5)
    assert jumped is not None
    assert 70 / 2 < jumped < 70.0


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(-10, 200), st.sampled_from(["running", "paused"]))))
def test_never_negative(steps: list[tuple[float, float, str]]) -> None:
    left, now = TimeLeft(), 0.0
    for pause, progress, status in steps:
        now += pause
        left.observe(job(progress=progress, status=status, size=MB, etr="0h:0m:3s"), now)
        for later in (now, now + 5, now + 500):
            seconds = left.seconds(later)
            assert seconds is None or seconds >= 0
