r"""Reading the times of rows that are alike, column by column, at a fraction of a walk over every value.

``values.with_values`` says what is to be turned into what. Here the columns that hold times
are found in the first row and read as a whole; then the reply's bytes are to prove that they
hold nothing else to be turned into a value. Where they do not, the walk has to be done; it
leaves alone what was read here.

The proof: every time has two dashes and a ``T`` with nothing but digits between them, and is
so written in the reply, unless letters or signs are escaped as ``\u0054``. So if these stand in
it as often as times were read, there is no other time. What merely looks like one, such as a
time in a name, makes the two numbers differ, and the walk decide.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec

from accsyn_async.times import parse_time
from accsyn_async.wire.values import VERBATIM

__all__ = ["read_columns"]

_decode_times = msgspec.json.Decoder(list[dt.datetime]).decode

_TELLING = b"-TOjI\\"
_DULL = bytes(set(range(256)) - set(_TELLING))
_ESCAPED_ASCII = re.compile(rb"\\(?=u00[2-7])")
_DAY_AND_T = re.compile(rb"-\d\d-\d\dT")
_BETWEEN = 'Z","'
_STRIDE = 19 + len(_BETWEEN)
_PIECE = 512 * 1024
"""Bytes that are searched at once: the memory that it takes is not asked of the system each time."""
_PART = 256
"""Rows that are read at once."""


def read_columns(rows: list[Any], body: bytes) -> bool:
    """Turn times in a reply's rows into datetimes, in place.

    Args:
        rows: what the reply holds, read as plain JSON; not empty.
        body: all of the reply.

    Returns:
        Whether the reply is proven to hold nothing else to be turned into a value.
    """
    first = rows[0]
    if first.__class__ is not dict:
        return False
    # One pass, a few characters of each row left, and those are quickly searched.
    marks = b"".join(
        [body[start : start + _PIECE].translate(None, _DULL) for start in range(0, len(body), _PIECE)]
    )
    if b"OjI" in marks and b"ObjectId:" in body:
        return False
    if b"\\" in marks and _ESCAPED_ASCII.search(body):
        return False
    columns = [
        key
        for key, value in first.items()
        if value.__class__ is str and len(value) == 19 and key not in VERBATIM and parse_time(value)
    ]
    # A part at a time, so that its rows are still at hand when the next column is read.
    for start in range(0, len(rows), _PART):
        part = rows[start : start + _PART]
        if not all(_read_times(part, key) for key in columns):
            return False
    read = len(columns) * len(rows)
    return marks.count(b"--T") == read or len(_DAY_AND_T.findall(body)) == read


def _read_times(rows: list[Any], key: str) -> bool:
    """Read a column of times of the usual form (``2026-01-22T08:35:59``), or leave it as it is."""
    count = len(rows)
    try:
        texts = [row[key] for row in rows]
        first = texts[0]
        if texts[-1] == first and texts.count(first) == count:
            # All jobs that have not ended say that they did in 1970.
            moment = parse_time(first) if len(first) == 19 else None
            if moment is None:
                return False
            for row in rows:
                row[key] = moment
            return True
        text = _BETWEEN.join(texts)
        moments = _decode_times(f'["{text}Z"]')
    except (KeyError, TypeError, AttributeError, msgspec.DecodeError, UnicodeEncodeError):
        return False
    # The decoder takes fractions and other separators than T too, but nothing shorter.
    if len(text) != _STRIDE * count - len(_BETWEEN) or text[10::_STRIDE] != "T" * count:
        return False
    for row, moment in zip(rows, moments, strict=True):
        row[key] = moment
    return True
