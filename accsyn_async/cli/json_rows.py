"""Rows for programs: one JSON object a line."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

__all__ = ["row_to_json"]


def row_to_json(row: Any) -> str:
    r"""A row as one line of ASCII JSON, times in ISO 8601.

    >>> row_to_json({"name": "a\x1b.mov", "created": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)})
    '{"name":"a\\u001b.mov","created":"2026-01-02T00:00:00+00:00"}'
    """
    return json.dumps(_plain(row), separators=(",", ":"), allow_nan=False).replace("\x7f", "\\u007f")


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
