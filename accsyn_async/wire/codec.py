"""JSON as accsyn writes it: dates out of text, dates into text."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import msgspec

from accsyn_async.errors import ArgumentError
from accsyn_async.times import format_time, parse_time

__all__ = ["decode", "decode_plain", "encode", "with_values"]

_VERBATIM = frozenset(
    {
        "metadata",
        "settings",
        "parameters",
        "envs",
        "name",
        "code",
        "uri",
        "filename",
        "description",
        "comment",
    }
)
"""Keys below which everything is the user's own text: what looks like a date there stays text."""

_decode = msgspec.json.Decoder().decode


def encode(value: Any, *, indent: int | None = None) -> str:
    r"""Write JSON as the wire wants it: ASCII, dates as UTC seconds.

    Args:
        value: what to write.
        indent: spaces a level, for people; ``None`` for one line.

    Raises:
        ArgumentError: something in it cannot be JSON.

    >>> encode({"name": "é", "at": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)})
    '{"name": "\\u00e9", "at": "2026-01-02T00:00:00"}'
    """
    try:
        return json.dumps(value, default=_encode_date, allow_nan=False, indent=indent)
    except (TypeError, ValueError, RecursionError) as error:
        raise ArgumentError(f"this cannot be sent as JSON: {error}") from None


def decode(body: bytes) -> Any:
    """Read JSON and turn accsyn's dates into aware datetimes (UTC), at any depth.

    What stands below ``metadata`` and in names is the user's, and left as it is.

    Raises:
        ValueError: this is not JSON, or nested too deeply.

    >>> decode(b'{"created": "2026-01-22T08:35:59", "metadata": {"day": "2026-01-22T08:35:59"}}')
    {'created': datetime.datetime(2026, 1, 22, 8, 35, 59, tzinfo=datetime.timezone.utc), \
'metadata': {'day': '2026-01-22T08:35:59'}}
    """
    return with_values(decode_plain(body))


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


def with_values(value: Any) -> Any:
    """Turn dates into datetimes and strip ``ObjectId:``, in place where it can be."""
    if value.__class__ is str:
        return _value(value)
    if value.__class__ is list:
        for index, item in enumerate(value):
            kind = item.__class__
            if kind is dict or kind is list or kind is str:
                value[index] = with_values(item)
        return value
    if value.__class__ is dict:
        for key, item in value.items():
            kind = item.__class__
            if kind is str:
                # Nearly every text is told from a time by one of its characters.
                length = len(item)
                if (
                    length > 9
                    and (
                        item[0] == "O"
                        or (length > 16 and (item[10] == "T" or item[8] == "T" or item[9] == "T"))
                    )
                    and key not in _VERBATIM
                ):
                    value[key] = _value(item)
            elif (kind is dict or kind is list) and key not in _VERBATIM:
                with_values(item)
    return value


def _value(text: str) -> Any:
    if text.startswith("ObjectId:"):
        return text[9:]
    return text if (moment := parse_time(text)) is None else moment


def _encode_date(value: Any) -> str:
    if isinstance(value, dt.date):
        return format_time(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
