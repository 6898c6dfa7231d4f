"""Numbered files that are named together: ``movie.%04d.jpg[100-167]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

__all__ = ["Numbered", "frame_range", "split_range"]

_RANGE: Final = re.compile(r"(?P<name>.*%\d*d.*)\[(?P<first>\d{1,18})-(?P<last>\d{1,18})\]", re.DOTALL)
_NUMBER: Final = re.compile(r"%0?(?P<width>\d{0,3})d")


def split_range(name: str) -> tuple[str, tuple[int, int] | None]:
    """The name and the range of a sequence; ``None`` for the range of another name.

    Raises:
        ValueError: the range ends before it begins.
    """
    written = _RANGE.fullmatch(name)
    if written is None:
        return name, None
    first, last = int(written["first"]), int(written["last"])
    if first > last:
        raise ValueError(f"the range [{first}-{last}] ends before it begins")
    return written["name"], (first, last)


def frame_range(frames: tuple[int, int] | None) -> str:
    """The range of a sequence as it is written behind its name; empty for none."""
    return "" if frames is None else f"[{frames[0]}-{frames[1]}]"


@dataclass(frozen=True, slots=True)
class Numbered:
    """The names of a sequence: what stands before and after the number, and how many digits it has."""

    before: str
    after: str
    width: int

    @classmethod
    def read(cls, name: str) -> Self | None:
        """Read a name with ``%d`` or ``%04d`` in it, the last when there are several."""
        found = next(reversed(list(_NUMBER.finditer(name))), None)
        if found is None:
            return None
        return cls(name[: found.start()], name[found.end() :], int(found["width"] or 0))

    def number(self, name: str) -> int | None:
        """The number of a file; ``None`` when it is not of the sequence."""
        if not (name.startswith(self.before) and name.endswith(self.after)):
            return None
        digits = name[len(self.before) : len(name) - len(self.after)]
        if not (digits.isascii() and digits.isdigit() and len(digits) < 100):
            return None
        return int(digits) if digits == self._digits(int(digits)) else None

    def name(self, number: int) -> str:
        """The name of a file."""
        return f"{self.before}{self._digits(number)}{self.after}"

    def _digits(self, number: int) -> str:
        return f"{number:0{self.width}d}" if self.width else str(number)
