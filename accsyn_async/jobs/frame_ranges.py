"""The items that a compute job works on: ``1001-1100``, ``4``, ``5-250x5``, several of these."""

from __future__ import annotations

import re
from dataclasses import dataclass

from accsyn_async.jobs.quoting import quoted

__all__ = ["FrameRange", "range_problem", "read_ranges"]

_ENTRY = re.compile(r"(?P<first>-?\d{1,12})(?:-(?P<last>-?\d{1,12})(?:x(?P<step>\d{1,12}))?)?", re.ASCII)
_BETWEEN = re.compile(r"\s*,\s*|\s+")


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames from a first to a last one (the official client's documentation of compute jobs).

    Attributes:
        first: the first frame.
        last: the last frame, which counts; ``None`` for the first alone.
        step: every how many-th of them is meant; needs a last one.

    Example::

        >>> print(FrameRange(1001, 1100), FrameRange(4), FrameRange(5, 250, step=5))
        1001-1100 4 5-250x5
    """

    first: int
    last: int | None = None
    step: int = 1

    def __str__(self) -> str:
        last = "" if self.last is None else f"-{self.last}"
        return f"{self.first}{last}" + (f"x{self.step}" if self.step != 1 else "")


def read_ranges(text: str) -> list[FrameRange]:
    """Read the ranges of a compute job, which blanks or commas separate.

    Raises:
        ValueError: one cannot be read.

    Example::

        >>> read_ranges("1-10, 5-250x5")
        [FrameRange(first=1, last=10, step=1), FrameRange(first=5, last=250, step=5)]
    """
    problem = range_problem(text)
    if problem is not None:
        raise ValueError(problem)
    found = []
    for entry in _BETWEEN.split(text.strip()):
        read = _ENTRY.fullmatch(entry)
        assert read is not None
        last = None if read["last"] is None else int(read["last"])
        found.append(FrameRange(int(read["first"]), last, int(read["step"] or 1)))
    return found


def range_problem(text: str) -> str | None:
    """What is wrong with the ranges of a compute job; ``None`` when nothing is.

    >>> range_problem("1-10,20-15")
    "'20-15' ends before it begins"
    """
    if not text.strip():
        return "it is empty"
    for entry in _BETWEEN.split(text.strip()):
        read = _ENTRY.fullmatch(entry)
        if not entry:
            return "a comma stands beside no range"
        if read is None:
            return f"{quoted(entry)} is no range"
        if read["last"] is not None and int(read["last"]) < int(read["first"]):
            return f"{entry!r} ends before it begins"
        if read["step"] is not None and int(read["step"]) == 0:
            return f"{entry!r} has steps of 0"
    return None
