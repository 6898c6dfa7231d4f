"""JSON, dates in it, and what must survive a round trip."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.errors import ArgumentError
from accsyn_async.wire import codec
from accsyn_async.wire.codec import decode, encode
from accsyn_async.wire.rows import JobReader
from accsyn_async.wire.values import with_values

WHEN = dt.datetime(2026, 1, 22, 8, 35, 59, tzinfo=dt.UTC)
TEXT = "2026-01-22T08:35:59"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"created": TEXT}, {"created": WHEN}),
        ({"result": [{"a": [{"b": TEXT}, 1, "x"]}]}, {"result": [{"a": [{"b": WHEN}, 1, "x"]}]}),
        ({"id": "ObjectId:6971e16f"}, {"id": "6971e16f"}),
        ({"ids": ["ObjectId:6971e16f", TEXT]}, {"ids": ["ObjectId:6971e16f", TEXT]}),
        ({"created": "22-01-22T08:35:59"}, {"created": WHEN.replace(year=2022)}),
        ({"at": f"{TEXT}+01:00"}, {"at": WHEN - dt.timedelta(hours=1)}),
        ({"metadata": {"day": TEXT, "deep": [TEXT]}}, {"metadata": {"day": TEXT, "deep": [TEXT]}}),
        ({"name": TEXT, "code": TEXT}, {"name": TEXT, "code": TEXT}),
        ({"note": f"{TEXT}.mov"}, {"note": f"{TEXT}.mov"}),
        ([TEXT, {"a": TEXT}], [TEXT, {"a": WHEN}]),
        (TEXT, TEXT),
        ({"path": TEXT}, {"path": TEXT}),
        (None, None),
    ],
)
def test_dates(sent: Any, read: Any) -> None:
    assert decode(json.dumps(sent).encode()) == read


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"name": "\\ud800"}', {"name": "\ud800"}),
        (b'{"speed": NaN}', None),
        (b'{"name": "caf\xe9"}', {"name": "caf\ufffd"}),
        (b'\xef\xbb\xbf{"a": 1}', ValueError),
        (b'{"a": 1', ValueError),
        (b"", ValueError),
        (b"<html>", ValueError),
        (b"[" * 100_000, ValueError),
        (b'{"a":' * 100_000, ValueError),
    ],
)
def test_odd_bodies(body: bytes, read: Any) -> None:
    if read is ValueError:
        with pytest.raises(ValueError, match=r".*"):
            decode(body)
    elif read is None:
        assert str(decode(body)["speed"]) == "nan"
    else:
        assert decode(body) == read


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_metadata_comes_back_unchanged(value: Any) -> None:
    sent = {"metadata": {"mine": value, "day": TEXT}}
    assert decode(encode(sent).encode()) == sent


@given(json_values)
def test_what_is_sent_is_ascii_and_what_the_standard_library_writes(value: Any) -> None:
    assert encode(value) == json.dumps(value)
    assert encode(value).isascii()


def test_dates_are_sent_as_utc_seconds() -> None:
    stockholm = dt.timezone(dt.timedelta(hours=1))
    assert encode([dt.datetime(2026, 1, 22, 9, 35, 59, 500, tzinfo=stockholm)]) == f'["{TEXT}"]'
    assert encode(dt.date(2026, 1, 22)) == '"2026-01-22T00:00:00"'


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}, b"bytes", float("nan"), {("a",): 1}])
def test_what_cannot_be_json_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match="cannot be sent as JSON"):
        encode(value)


def test_what_refers_to_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ArgumentError):
        encode(value)


@given(json_values)
def test_reading_values_never_fails(value: Any) -> None:
    with_values(json.loads(json.dumps(value)))


@pytest.mark.parametrize("leaf", [b'"2026-01-02T03:04:05"', b'"26-01-02T03:04:05"', b"5"])
@pytest.mark.parametrize("opening", [b'{"a":', b'[{"a":'])
@pytest.mark.parametrize("read", [decode, JobReader()])
def test_what_is_too_deep_is_no_json_at_every_depth(
    read: Callable[[bytes], object], opening: bytes, leaf: bytes
) -> None:
    """Reading times goes a little deeper than reading the text does."""
    closing = opening.replace(b"[", b"]").replace(b'{"a":', b"}")[::-1]
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    try:
        for depth in range(100, 420):
            body = b'{"result": [{"id": "x", "a": %s%s%s}]}' % (opening * depth, leaf, closing * depth)
            with contextlib.suppress(ValueError):
                read(body)
    finally:
        sys.setrecursionlimit(before)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_is_written_as_the_standard_library_does(value: Any) -> None:
    assert encode(value) == codec._writer()(value) == json.dumps(value)


def test_json_is_written_where_the_standard_library_lacks_what_is_quicker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("json.encoder.c_make_encoder", None)
    assert codec._writer()({"name": "é", "at": WHEN}) == encode({"name": "é", "at": WHEN})


def test_what_is_in_itself_is_no_json() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ArgumentError):
        encode({"data": value})


@pytest.mark.parametrize(
    "moment",
    [dt.datetime.min, dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-12)))],
    ids=["naive", "aware"],
)
def test_a_time_in_a_year_that_there_is_not_cannot_be_sent(
    moment: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Stockholm")
    time.tzset()
    try:
        with pytest.raises(ArgumentError, match="cannot be sent as JSON"):
            encode({"at": moment})
    finally:
        monkeypatch.undo()
        time.tzset()
