from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.board.quantities import duration_text, percent_text, size_text, speed_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (math.nan, "—"),
        (-1, "0 s"),
        (0, "0 s"),
        (0.2, "1 s"),
        (12, "12 s"),
        (59.5, "1 min 00 s"),
        (60, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599, "59 min 59 s"),
        (3599.5, "1 h 00 min"),
        (3900, "1 h 05 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d 00 h"),
        (270_000, "3 d 03 h"),
        (math.inf, "> 999 d"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "—"),
        (-1, "—"),
        (math.inf, "—"),
        (0, "0 B"),
        (999, "999 B"),
        (999.7, "1.0 kB"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (24_000_000, "24.0 MB"),
        (1.25e9, "1.2 GB"),
        (5e12, "5.0 TB"),
        (1e24, "1000000.0 EB"),
    ],
)
def test_sizes(size: float | None, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("speed", "text"),
    [(None, "—"), (0.0, "0 B/s"), (0.35, "350.0 kB/s"), (12.44, "12.4 MB/s"), (999.96, "1.0 GB/s")],
)
def test_speeds(speed: float | None, text: str) -> None:
    assert speed_text(speed) == text


@pytest.mark.parametrize(
    ("progress", "text"),
    [(-5, "0 %"), (0, "0 %"), (12.9, "12 %"), (99.99, "99 %"), (100, "100 %"), (250, "100 %")],
)
def test_percents(progress: float, text: str) -> None:
    assert percent_text(progress) == text


@given(st.floats(allow_nan=False))
def test_durations_fit_their_column_and_are_never_negative(seconds: float) -> None:
    text = duration_text(seconds)
    assert len(text) <= 11
    assert "-" not in text


@given(st.floats(min_value=0, max_value=1e9))
def test_speeds_fit_their_column(speed: float) -> None:
    assert len(speed_text(speed)) <= 10
