"""Values of Python as the plain ones of JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from os import PathLike, fspath
from typing import Any

from accsyn_async.errors import SpecificationError
from accsyn_async.jobs.frame_ranges import FrameRange
from accsyn_async.jobs.notation import Location, Party
from accsyn_async.times import format_time

__all__ = ["Written", "plain", "plain_extra"]

_MOST_TASKS = 3


class Written:
    """What is written as a JSON object."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON object, of plain values."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """What is set; more than three tasks as their count."""
        written: Any = self
        names = sorted((one.name for one in fields(written)), key=lambda name: name == "extra")
        given = ((name, getattr(self, name)) for name in names)
        told = (f"{name}={_shown(name, value)}" for name, value in given if value is not None)
        return f"{type(self).__name__}({', '.join(one for one in told if one != 'extra={}')})"


def _shown(name: str, value: object) -> str:
    counted = name == "tasks" and isinstance(value, list | tuple | Mapping) and len(value) > _MOST_TASKS
    return f"<{len(value)} tasks>" if counted else repr(value)  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """A value as plain JSON, which shares nothing that can change with it.

    What JSON has nothing for stays as it is, for the checks to complain of.

    Raises:
        RecursionError: it is nested too deeply, or holds itself.

    >>> plain({"range": FrameRange(1, 10), "day": dt.date(2026, 12, 24), "sites": ("a", "b")})
    {'range': '1-10', 'day': '2026-12-24T00:00:00', 'sites': ['a', 'b']}
    """
    if isinstance(value, Written):
        return value.to_json()
    if isinstance(value, Location | Party | FrameRange):
        return str(value)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, dt.date):
        return format_time(value)
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def plain_extra(extra: object) -> dict[str, Any]:
    """What is sent besides what a class lists, as plain JSON.

    Raises:
        SpecificationError: it is no mapping.
    """
    if not isinstance(extra, Mapping):
        raise SpecificationError(f"extra holds attributes by their names, and is not {extra!r:.40}")
    return {name: plain(value) for name, value in extra.items()}
