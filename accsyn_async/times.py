"""Times and durations as accsyn writes them: pure functions, UTC throughout."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable

__all__ = ["EPOCH", "Stamp", "format_time", "is_seconds", "parse_duration", "parse_time"]

UTC = dt.UTC
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)

_TIME = re.compile(
    r"(\d{2,4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_UNITS = re.compile(
    r"(?:(\d+)\s*d[\s:,]*)?(?:(\d+)\s*h[\s:]*)?(?:(\d+)\s*m[\s:]*)?(?:(\d+)\s*s)?", re.ASCII | re.I
)
_USUAL = re.compile(r"(\d{1,6})h:(\d{1,6})m:(\d{1,6})s", re.ASCII)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+)", re.ASCII)


def parse_time(text: str) -> dt.datetime | None:
    """Read a time; ``None`` when the text is not one.

    Without an offset it is UTC. A two-digit year is read as ``strptime``'s ``%y``
    reads it (69–99 → 19xx, 00–68 → 20xx), as the official client 3.4.0 does.

    >>> parse_time("2026-01-22T08:35:59")
    datetime.datetime(2026, 1, 22, 8, 35, 59, tzinfo=datetime.timezone.utc)
    >>> parse_time("22-01-22T08:35:59+01:00").isoformat()
    '2022-01-22T07:35:59+00:00'
    >>> parse_time("soon") is None
    True
    """
    length = len(text)
    if length == 19 and text[4::3] == "--T::":
        # What nearly every time looks like, at a fifth of the cost.
        try:
            return dt.datetime.fromisoformat(text + "+00:00")
        except ValueError:
            return None
    if not 17 <= length <= 32:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year_text, month, day, hour, minute, second, fraction, offset = found.groups()
    year = int(year_text)
    if len(year_text) == 2:
        year += 1900 if year >= 69 else 2000
    try:
        moment = dt.datetime(
            year,
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second),
            int(fraction.ljust(6, "0")) if fraction else 0,
            tzinfo=UTC,
        )
        if offset and offset != "Z":
            digits = offset[1:].replace(":", "")
            shift = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            moment = moment - shift if offset[0] == "+" else moment + shift
    except (ValueError, OverflowError):
        return None
    return moment


def format_time(moment: dt.date) -> str:
    """Write a time the way the wire wants it: UTC, whole seconds.

    A naive datetime is local time; a plain date is its midnight, unconverted
    (official client 3.4.0).

    Raises:
        OverflowError: in UTC it is in a year that there is not.

    >>> format_time(dt.datetime(2026, 1, 22, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=1))))
    '2026-01-22T08:00:00'
    >>> format_time(dt.date(2026, 1, 22))
    '2026-01-22T00:00:00'
    """
    if isinstance(moment, dt.datetime):
        if moment.tzinfo is not UTC:
            try:
                moment = moment.astimezone(UTC)
            except ValueError as error:
                # Of a naive one; of an aware one it is the other already.
                raise OverflowError(str(error)) from None
        return moment.isoformat()[:19]
    return f"{moment.isoformat()}T00:00:00"


def is_seconds(value: object) -> bool:
    """Whether something can be a number of seconds to wait: 0 or more, and no larger than a float.

    >>> is_seconds(1.5), is_seconds(float("inf")), is_seconds(True), is_seconds(-1), is_seconds(10**400)
    (True, True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return float(value) >= 0
    except OverflowError:
        return False


class Stamp:
    """Writes the time that it is, as ``format_time`` does; whoever asks within a second gets the same text.

    Args:
        now: tells the time.
        monotonic: tells seconds on a clock that never jumps, which takes less than telling the time.

    >>> moments = iter([EPOCH, EPOCH + dt.timedelta(seconds=1.5)])
    >>> seconds = iter([7.0, 7.9, 8.5])
    >>> stamp = Stamp(lambda: next(moments), lambda: next(seconds))
    >>> stamp(), stamp(), stamp()
    ('1970-01-01T00:00:00', '1970-01-01T00:00:00', '1970-01-01T00:00:01')
    """

    __slots__ = ("_monotonic", "_now", "_text", "_until")

    def __init__(self, now: Callable[[], dt.datetime], monotonic: Callable[[], float]) -> None:
        self._now = now
        self._monotonic = monotonic
        self._until = -math.inf
        self._text = ""

    def __call__(self) -> str:
        """The time that it is now."""
        at = self._monotonic()
        if at >= self._until:
            moment = self._now()
            self._text = format_time(moment)
            # The second that has begun lasts so much longer.
            self._until = at + 1 - moment.microsecond / 1_000_000
        return self._text


def parse_duration(text: str) -> dt.timedelta | None:
    """Read a time left such as ``1h:2m:3s`` or ``01:02:03``; ``None`` when unknown.

    >>> parse_duration("0h:1m:30s")
    datetime.timedelta(seconds=90)
    >>> parse_duration("") is None
    True
    """
    if found := _USUAL.fullmatch(text):
        # What nearly every one looks like, at a fifth of the cost.
        hours, minutes, seconds = map(int, found.groups())
        return dt.timedelta(0, hours * 3600 + minutes * 60 + seconds)
    text = text.strip()
    if not text:
        return None
    try:
        if found := _CLOCK.fullmatch(text):
            hours, minutes, seconds = (int(part or 0) for part in found.groups())
            return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if found := _UNITS.fullmatch(text):
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            return dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
    return None
