"""JSON as accsyn writes it: dates out of text, dates into text."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import msgspec

from accsyn_async.errors import ArgumentError
from accsyn_async.times import format_time
from accsyn_async.wire.columns import read_columns
from accsyn_async.wire.values import with_values

__all__ = ["decode", "decode_plain", "encode", "show"]

_MANY = 4
"""Rows from which on it is cheaper to read times column by column."""

_DEEPEST = 500
"""Objects and lists that may stand in one another, at most."""

_decode = msgspec.json.Decoder().decode


def encode(value: Any) -> str:
    r"""Write JSON as the wire wants it: ASCII, dates as UTC seconds.

    Raises:
        ArgumentError: something in it cannot be JSON.

    >>> encode({"name": "é", "at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)})
    '{"name": "\\u00e9", "at": "2026-01-02T00:00:00"}'
    """
    try:
        text = _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ArgumentError(f"this cannot be sent as JSON: {error}") from None
    # How deep is written, and how deep could be read again, differs among Pythons.
    if text.count("{") + text.count("[") > _DEEPEST and not _ends_within(value, _DEEPEST):
        raise ArgumentError(f"this cannot be sent as JSON: it is nested too deeply, in more than {_DEEPEST}")
    return text


def show(value: Any, *, indent: int) -> str:
    """Write JSON for people, whatever a reply held, NaN too.

    Args:
        value: what to write.
        indent: spaces a level.

    Raises:
        ArgumentError: something in it cannot be JSON.
    """
    try:
        return json.dumps(value, default=_encode_date, indent=indent)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ArgumentError(f"this cannot be written as JSON: {error}") from None


def decode(body: bytes) -> Any:
    """Read JSON and turn accsyn's dates into aware datetimes (UTC): values of objects, at any depth.

    What stands below ``metadata`` and ``settings``, in names, in paths, or as a bare text
    in a list is left as it is.

    Raises:
        ValueError: this is not JSON, or nested too deeply.

    >>> decode(b'{"created": "2026-01-22T08:35:59", "metadata": {"day": "2026-01-22T08:35:59"}}')
    {'created': datetime.datetime(2026, 1, 22, 8, 35, 59, tzinfo=datetime.timezone.utc), \
'metadata': {'day': '2026-01-22T08:35:59'}}
    """
    value = decode_plain(body)
    try:
        if value.__class__ is dict:
            rows = value.get("result")
            if rows.__class__ is list and len(rows) >= _MANY and read_columns(rows, body):
                return value
        return with_values(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def decode_plain(body: bytes) -> Any:
    """Read JSON and leave every value as it is.

    Lone surrogates, NaN and other things that strict readers refuse are read by
    the lenient reader of the standard library.

    Raises:
        ValueError: this is not JSON, or nested too deeply.
    """
    try:
        return _decode(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            return json.loads(body.decode("utf-8", "replace"))
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _ends_within(value: Any, levels: int) -> bool:
    """Whether no more objects and lists than so many stand in one another."""
    level: list[Any] = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list | tuple)
        ]
        if not level:
            return True
    return False


def _encode_date(value: Any) -> str:
    if isinstance(value, dt.date):
        return format_time(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _writer() -> Callable[[Any], str]:
    """What writes JSON: a ``JSONEncoder`` that is made once.

    The one of the standard library makes an encoder in C for each value, which takes longer than
    writing what a call asks for.
    """
    try:
        make = json.encoder.c_make_encoder  # type: ignore[attr-defined]
        quote = json.encoder.encode_basestring_ascii
        # In the order of its parameters: no check for what is in itself (that is nested too deeply),
        # dates, texts, no indentation, separators, keys in their order, none skipped, no NaN.
        chunks = make(None, _encode_date, quote, None, ": ", ", ", False, False, False)
    except (AttributeError, TypeError):
        return json.JSONEncoder(default=_encode_date, allow_nan=False).encode
    return lambda value: "".join(chunks(value, 0))


_encode = _writer()
