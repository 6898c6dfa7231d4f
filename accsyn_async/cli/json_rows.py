"""Rows for programs, one JSON object a line, and JSON for people to read."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

from accsyn_async.safe_text import safe

__all__ = ["pretty_json", "row_to_json"]


def row_to_json(row: Any) -> str:
    r"""A row as one line of ASCII JSON, times in ISO 8601.

    >>> row_to_json({"name": "a\x1b.mov", "created": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)})
    '{"name":"a\\u001b.mov","created":"2026-01-02T00:00:00+00:00"}'
    """
    return json.dumps(_plain(row), separators=(",", ":"), allow_nan=False).replace("\x7f", "\\u007f")


def pretty_json(document: Any, *, ascii_only: bool) -> str:
    r"""JSON of several lines, in which every character can be seen and none is obeyed.

    Args:
        document: plain values.
        ascii_only: whether all that is no ASCII is escaped, too.

    >>> print(pretty_json({"name": "Größe\x9b31m.mov"}, ascii_only=False))
    {
      "name": "Größe\u009b31m.mov"
    }
    """
    text = json.dumps(document, indent=2, ensure_ascii=ascii_only, allow_nan=False)
    return "\n".join("".join(map(_seen, line)) for line in text.split("\n"))


def _seen(character: str) -> str:
    if safe(character) == character:
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x100 else json.dumps(character)[1:-1]


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case dt.date():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return None
        case str() | int() | float() | bool() | None:
            return value
        case _:
            return str(value)
