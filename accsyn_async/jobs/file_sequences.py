"""Numbered files that are named together: ``movie.%04d.jpg[100-167]`` (accsyn's job specification)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from accsyn_async.errors import NotationError
from accsyn_async.jobs.quoting import cut, quoted

__all__ = ["FileSequence", "sequence_problem"]

_NUMBER = re.compile(r"%0?(?P<width>\d{0,2})d", re.ASCII)
_RANGED = re.compile(r"(?P<name>.+)\[(?P<range>[^\[\]]*)\]", re.DOTALL)
_RANGE = re.compile(r"(?P<first>\d{1,12})-(?P<last>\d{1,12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileSequence:
    """A part of a numbered sequence of files.

    Attributes:
        pattern: the files' name, with ``%d`` or ``%04d`` for the number.
        first: the first number.
        last: the last number, which is of the sequence too.

    Raises:
        NotationError: there is no ``%d`` in the pattern, or the numbers are none of a sequence.

    Example::

        >>> movie = FileSequence.read("movie.%04d.jpg[100-167]")
        >>> movie.first, movie.last, len(movie)
        (100, 167, 68)
        >>> next(iter(movie))
        'movie.0100.jpg'
        >>> str(movie)
        'movie.%04d.jpg[100-167]'
    """

    pattern: str
    first: int
    last: int

    def __post_init__(self) -> None:
        if not _NUMBER.search(self.pattern):
            raise NotationError(f"{quoted(self.pattern)} has no %d or %04d", text=self.pattern)
        problem = sequence_problem(str(self))
        if problem is not None:
            raise NotationError(problem, text=str(self))

    @classmethod
    def read(cls, name: str) -> FileSequence | None:
        """Read the last part of a path; ``None`` when it names one file or folder, or cannot be read."""
        if sequence_problem(name) is not None:
            return None
        ranged = _RANGED.fullmatch(name)
        if ranged is None or not _NUMBER.search(ranged["name"]):
            return None
        bounds = _RANGE.fullmatch(ranged["range"])
        assert bounds is not None
        return cls(ranged["name"], int(bounds["first"]), int(bounds["last"]))

    def __str__(self) -> str:
        return f"{self.pattern}[{self.first}-{self.last}]"

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[str]:
        """The names of its files."""
        *_, number = _NUMBER.finditer(self.pattern)
        before, after = self.pattern[: number.start()], self.pattern[number.end() :]
        width = int(number["width"] or 0)
        return (f"{before}{frame:0{width}d}{after}" for frame in range(self.first, self.last + 1))


def sequence_problem(name: str) -> str | None:
    """What is wrong with the range of a sequence; ``None`` when nothing is, or it is none.

    >>> sequence_problem("movie.%04d.jpg[167-100]")
    'the range [167-100] ends before it begins'
    >>> sequence_problem("movie.jpg[x]") is None
    True
    """
    if not _NUMBER.search(name):
        return None
    ranged = _RANGED.fullmatch(name)
    if ranged is None:
        return f"the range of {quoted(name)} has no end" if "[" in name and "]" not in name else None
    if not _NUMBER.search(ranged["name"]):
        return None
    bounds = _RANGE.fullmatch(ranged["range"])
    if bounds is None:
        return f"[{cut(ranged['range'])}] is no range"
    if int(bounds["first"]) > int(bounds["last"]):
        return f"the range [{ranged['range']}] ends before it begins"
    return None
