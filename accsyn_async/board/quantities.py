"""Sizes, speeds, durations and shares as people read them, and several in a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

__all__ = ["UNKNOWN", "duration_text", "joined", "percent_text", "size_text", "speed_text"]

UNKNOWN = "—"

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_DAY = 86_400


def joined(parts: Mapping[str, str], least: Sequence[str], width: int | None) -> str:
    """Parts in a line; as far as there is no room, without the least important, by their names.

    >>> joined({"counts": "3 running", "speed": "8.7 MB/s"}, ["speed"], 15)
    '3 running'
    """
    kept = dict(parts)
    for name in least:
        if width is not None and len(" · ".join(kept.values())) > width:
            kept.pop(name, None)
    return " · ".join(kept.values())


def size_text(size: float | None) -> str:
    """Bytes in decimal units, as accsyn counts: 1 MB is 1,000,000 bytes.

    >>> size_text(999), size_text(24_000_000), size_text(999_950), size_text(None)
    ('999 B', '24.0 MB', '1.0 MB', '—')
    """
    if size is None or not math.isfinite(size) or size < 0:
        return UNKNOWN
    if size < 999.5:
        return f"{size:.0f} B"
    size, unit = size / 1000, 1
    while size >= 999.95 and unit < len(_UNITS) - 1:
        size /= 1000
        unit += 1
    return f"{size:.1f} {_UNITS[unit]}"


def speed_text(speed: float | None) -> str:
    """A speed given in MB/s.

    >>> speed_text(12.44), speed_text(0.35), speed_text(1250.0), speed_text(None)
    ('12.4 MB/s', '350.0 kB/s', '1.2 GB/s', '—')
    """
    text = size_text(None if speed is None else speed * 1_000_000)
    return text if text == UNKNOWN else f"{text}/s"


def duration_text(seconds: float | None) -> str:
    """Seconds in two units, rounded up to whole seconds; never negative.

    >>> duration_text(12), duration_text(200), duration_text(3900), duration_text(270_000)
    ('12 s', '3 min 20 s', '1 h 05 min', '3 d 03 h')
    >>> duration_text(-3), duration_text(None)
    ('0 s', '—')
    """
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    if seconds >= 1000 * _DAY:
        return "> 999 d"
    whole = math.ceil(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < _DAY:
        return f"{whole // 3600} h {whole // 60 % 60:02d} min"
    return f"{whole // _DAY} d {whole // 3600 % 24:02d} h"


def percent_text(progress: float) -> str:
    """A share in percent, rounded down, so that 100 % is said of nothing less.

    >>> percent_text(0), percent_text(99.9), percent_text(100), percent_text(250)
    ('0 %', '99 %', '100 %', '100 %')
    """
    return f"{int(min(max(progress, 0), 100))} %"
