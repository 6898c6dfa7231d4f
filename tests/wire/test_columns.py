"""Reading rows by columns gives what a walk over every value gives, whatever the reply holds."""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.wire import columns
from accsyn_async.wire.codec import decode, decode_plain
from accsyn_async.wire.columns import read_columns
from accsyn_async.wire.values import VERBATIM, with_values

TEXT = "2026-01-22T08:35:59"
WHEN = dt.datetime(2026, 1, 22, 8, 35, 59, tzinfo=dt.UTC)
ROW = {"id": "6971e16f", "name": "TRAILER_v1", "created": TEXT, "finished": "1970-01-01T00:00:00", "size": 1}

times = st.sampled_from(
    [
        TEXT,
        "1970-01-01T00:00:00",
        "9999-12-31T23:59:59",
        "2026-01-22T08:35:59Z",
        "2026-01-22T08:35:59.5",
        "2026-01-22T08:35:59+01:00",
        "2026-01-22T08:35:59-0330",
        "26-01-22T08:35:59",
        "226-01-22T08:35:59",
    ]
)
lookalikes = st.sampled_from(
    [
        "2026-01-22 08:35:59",
        "2026-01-22t08:35:59",
        "2026-02-30T08:35:59",
        "0000-01-22T08:35:59",
        "2026-01-22T24:00:00",
        "2026-01-22T08:35:60",
        "2026-W04-4T08:35:59",
        "20260122T083559.123",
        f'{TEXT}Z","{TEXT}',
        f'{TEXT}Z","',
        f"{TEXT}\\",
        f"{TEXT}.mov",
        f" {TEXT}",
        "٢٠٢٦-01-22T08:35:59",
        "a-01-22T",
        "--T",
        "T",
        "OjI",
        "ObjectId",
        "xObjectId:1",
        "\ud800",
        "åäö 日本",
        "",
    ]
)
texts = times | times | lookalikes | st.sampled_from(["ObjectId:6971e16f", f"ObjectId:{TEXT}"]) | st.text()
keys = st.sampled_from(["created", "finished", "id", "é", "T-01-22T08:35:59", *sorted(VERBATIM)]) | texts
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def rows_alike(draw: st.DrawFn) -> list[Any]:
    """Rows of one shape, times in the same columns, and a few that differ from it."""
    dated = draw(st.lists(keys, max_size=3, unique=True))
    rest = draw(st.dictionaries(keys, values, max_size=4))
    rows: list[Any] = [
        {**rest, **dict.fromkeys(dated, f"2026-01-{day:02}T08:35:59")}
        for day in range(1, draw(st.integers(1, 12)))
    ]
    for _ in range(draw(st.integers(0, 2)) if rows else 0):
        place = draw(st.integers(0, len(rows) - 1))
        odd = draw(values)
        if draw(st.booleans()) and isinstance(rows[place], dict):
            odd = {**rows[place], draw(keys): odd}
        rows[place] = odd
    return rows


def written(value: Any, dice: random.Random, escaped: float) -> str:
    """JSON with some characters escaped that need not be, some keys twice, and odd spaces."""
    if isinstance(value, str):
        return '"' + "".join(_character(character, dice, escaped) for character in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(written(item, dice, escaped) for item in value) + "]"
    if isinstance(value, dict):
        pairs = [*value.items()] + ([dice.choice([*value.items()])] if value and dice.random() < 0.1 else [])
        parts = (f"{written(key, dice, escaped)}:{written(item, dice, escaped)}" for key, item in pairs)
        return "{" + " ,".join(parts) + "}"
    return json.dumps(value)


def _character(character: str, dice: random.Random, escaped: float) -> str:
    code = ord(character)
    if code > 0xFFFF or (0xD800 > code > 0x7F and dice.random() < 0.5):
        return character
    if code < 0x20 or code > 0x7F or character in '"\\' or dice.random() < escaped:
        return f"\\u{code:04x}" if dice.random() < 0.7 else f"\\u{code:04X}"
    return character


@given(rows_alike() | values, st.dictionaries(keys, values, max_size=2), st.randoms(use_true_random=False))
def test_any_reply_is_read_as_by_a_walk(rows: Any, beside: dict[str, Any], dice: random.Random) -> None:
    text = written({**beside, "result": rows}, dice, dice.choice([0.0, 0.0, 0.02, 0.5]))
    body = text.encode("utf-8", "surrogatepass")
    assert repr(decode(body)) == repr(with_values(decode_plain(body)))


@given(rows_alike(), st.integers(1, 4), st.integers(1, 300))
def test_any_reply_is_read_alike_in_parts(rows: list[Any], part: int, piece: int) -> None:
    body = json.dumps({"result": rows}).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_PART", part)
        patch.setattr(columns, "_PIECE", piece)
        assert repr(decode(body)) == repr(with_values(decode_plain(body)))


@pytest.mark.parametrize("odd", [{"created": None}, {"created": TEXT.replace("T", " ")}, {"etr": TEXT}, {}])
@pytest.mark.parametrize("place", [0, 299, 511, 512, 1799])
def test_rows_of_a_large_reply_are_all_read(odd: dict[str, Any], place: int) -> None:
    rows = [ROW | {"source": "x" * 500} for _ in range(1800)]
    rows[place] = rows[place] | odd
    body = json.dumps({"result": rows}).encode()
    assert decode(body) == with_values(decode_plain(body))


@given(rows_alike())
def test_what_is_said_to_be_read_is_read(rows: list[Any]) -> None:
    body = json.dumps({"result": rows}).encode()
    read = decode_plain(body)["result"]
    if read and read_columns(read, body):
        assert read == with_values(decode_plain(body)["result"])


@pytest.mark.parametrize(
    "name", ["README.txt", "TRAILER", "GO_INTRO", "åäö", "a-b-Test", 'say "T"', "C:\\T0"]
)
def test_usual_rows_need_no_walk(name: str) -> None:
    rows = [ROW | {"name": name, "metadata": {"T": [name]}} for _ in range(10)]
    body = json.dumps({"result": rows}).encode()
    assert read_columns(rows, body)
    assert rows[3]["created"] == WHEN


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "ObjectId:6971e16f"},
        {"created": None},
        {"created": 1},
        {"created": f"{TEXT}Z"},
        {"created": f"{TEXT}.1234567"},
        {"created": TEXT.replace("T", "t")},
        {"created": TEXT.replace("T", " ")},
        {"created": f'{TEXT}Z","{TEXT}'},
        {"source": {"at": TEXT}},
        {"etr": TEXT},
        {"name": TEXT},
        {TEXT: 1},
    ],
)
@pytest.mark.parametrize("place", [7, 9])
def test_odd_rows_need_a_walk(odd: dict[str, Any], place: int) -> None:
    rows = [dict(ROW) for _ in range(10)]
    rows[place] |= odd
    body = json.dumps({"result": rows}).encode()
    assert not read_columns(decode_plain(body)["result"], body)
    assert repr(decode(body)) == repr(with_values(decode_plain(body)))


@pytest.mark.parametrize("letter", ["T", "-", "2"])
def test_an_escaped_letter_hides_no_time(letter: str) -> None:
    escaped = f"\\u{ord(letter):04x}"
    text = json.dumps({"result": [dict(ROW) for _ in range(9)]})
    one_hidden = text.replace(TEXT, TEXT.replace(letter, escaped), 1)
    # As many as there should be, but not those that were read.
    another = f'"{TEXT}"'.join(one_hidden.rsplit('"6971e16f"', 1))
    for body in (one_hidden.encode(), another.encode()):
        assert repr(decode(body)) == repr(with_values(decode_plain(body)))
