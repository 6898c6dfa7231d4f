"""Values that JSON has no notation for: times, and ids written ``ObjectId:…``."""

from __future__ import annotations

from typing import Any

from accsyn_async.times import parse_time

__all__ = ["VERBATIM", "with_values"]

VERBATIM = frozenset(
    {
        "metadata",
        "settings",
        "parameters",
        "envs",
        "name",
        "code",
        "uri",
        "filename",
        "path",
        "path_abs_final",
        "path_to",
        "description",
        "comment",
    }
)
"""Keys below which everything is the user's own text: what looks like a date there stays text."""


def with_values(value: Any) -> Any:
    """Turn dates into datetimes and strip ``ObjectId:``, in place.

    Values of objects are meant, at any depth. A text that stands in a list stays one, as
    for the official client (3.4.0).
    """
    if value.__class__ is list:
        for item in value:
            with_values(item)
        return value
    if value.__class__ is dict:
        for key, item in value.items():
            kind = item.__class__
            if kind is str:
                # Nearly every text is told from a time and an id by these.
                if ("T" in item or "O" in item) and key not in VERBATIM:
                    value[key] = _value(item)
            elif (kind is dict or kind is list) and key not in VERBATIM:
                with_values(item)
    return value


def _value(text: str) -> Any:
    if (moment := parse_time(text)) is not None:
        return moment
    return text.removeprefix("ObjectId:")
