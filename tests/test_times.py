"""Times and durations, by table and by property."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.times import format_time, parse_duration, parse_time


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-01-22T08:35:59", "2026-01-22T08:35:59+00:00"),
        ("2026-01-22T08:35:59.123", "2026-01-22T08:35:59.123000+00:00"),
        ("2026-01-22T08:35:59Z", "2026-01-22T08:35:59+00:00"),
        ("2026-01-22T08:35:59+01:00", "2026-01-22T07:35:59+00:00"),
        ("2026-01-22T08:35:59.5-0330", "2026-01-22T12:05:59.500000+00:00"),
        ("26-01-22T08:35:59", "2026-01-22T08:35:59+00:00"),
        ("68-01-22T08:35:59", "2068-01-22T08:35:59+00:00"),
        ("69-01-22T08:35:59", "1969-01-22T08:35:59+00:00"),
        ("1970-01-01T00:00:00", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_times_are_read(text: str, iso: str) -> None:
    moment = parse_time(text)
    assert moment is not None
    assert moment.isoformat() == iso
    assert moment.utcoffset() == dt.timedelta()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-22",
        "2026-13-22T08:35:59",
        "2026-02-30T08:35:59",
        "2026-01-22 08:35:59",
        "x2026-01-22T08:35:59",
        "2026-01-22T08:35:59 and more",
        "٢٠٢٦-01-22T08:35:59",
        "0000-01-22T08:35:59",
        "0001-01-01T00:00:00+14:00",
        "shot_2026-01-22T08:35:59.mov",
    ],
)
def test_other_texts_are_no_times(text: str) -> None:
    assert parse_time(text) is None


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    assert parse_time(text) is None or isinstance(parse_time(text), dt.datetime)
    duration = parse_duration(text)
    assert duration is None or duration >= dt.timedelta()


@given(st.datetimes(min_value=dt.datetime(1000, 1, 2), max_value=dt.datetime(9999, 12, 30)))
def test_a_time_survives_the_wire(moment: dt.datetime) -> None:
    aware = moment.replace(tzinfo=dt.UTC, microsecond=0)
    assert parse_time(format_time(aware)) == aware


@given(st.datetimes(min_value=dt.datetime(1980, 1, 2), max_value=dt.datetime(2037, 12, 30)))
def test_a_naive_time_is_local_time(moment: dt.datetime) -> None:
    assert parse_time(format_time(moment)) == moment.astimezone(dt.UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0h:0m:12s", 12),
        ("1h:02m:03s", 3723),
        ("01:02:03", 3723),
        ("02:03", 123),
        ("2d 3h 4m 5s", 183845),
        ("3H:4M:5S", 11045),
        ("90s", 90),
        ("5m", 300),
    ],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == dt.timedelta(seconds=seconds)


@given(st.integers(0, 10**9), st.integers(0, 999), st.integers(0, 999))
def test_a_duration_is_read_however_long_and_whatever_stands_around_it(h: int, m: int, s: int) -> None:
    expected = dt.timedelta(hours=h, minutes=m, seconds=s)
    for text in (f"{h}h:{m}m:{s}s", f" {h}h:{m}m:{s}s ", f"{h}H:{m}m:{s}s", f"{h}h {m}m {s}s"):
        assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "  ", "soon", "-1", "1h:2x", "99999999999999999999d"])
def test_other_texts_are_no_durations(text: str) -> None:
    assert parse_duration(text) is None
