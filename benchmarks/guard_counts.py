"""What the hot paths took when somebody last agreed to it: the file, and what has changed since. Pure.

Counts differ among minor versions of Python, so that each has its own. They are written down
with the versions of the packages that take part in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["ALLOWED", "Changed", "Counts", "changes", "counted", "counts_of", "table", "with_counts"]

ALLOWED = 0.10
"""The share by which a count may grow before somebody has to agree to it."""
_SAME = 0.005
"""The share by which a count may differ without being written anew."""
_WRITE = "python -m benchmarks.guards --write"
_PACKAGES = "packages"
_PATHS = "paths"

Counts = dict[str, dict[str, int]]
"""By path and by what was counted."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A count, as it was and as it is.

    Attributes:
        path: of which path.
        kind: what was counted: instructions, allocations or bytes.
        was: what the file says; ``None`` when it does not know of it.
        now: what it is; ``None`` when it is not counted any more.
    """

    path: str
    kind: str
    was: int | None
    now: int | None

    @property
    def growth(self) -> float:
        """The share by which it grew; negative when it fell.

        >>> Changed("a call", "instructions", 200, 300).growth
        0.5
        """
        return (self.now / self.was - 1) if self.was and self.now is not None else 0.0

    @property
    def problem(self) -> str:
        """What is wrong with it, for people; "" when nothing is.

        >>> Changed("a call", "instructions", 200, 220).problem
        ''
        >>> Changed("a call", "instructions", 200, 230).problem
        'a call: 230 instructions, 15 % more than the 200 of before'
        """
        if self.was is None:
            return f"{self.path}: {self.kind} are not in the file"
        if self.now is None:
            return f"{self.path}: {self.kind} are in the file, and nobody counts them"
        if self.now <= self.was * (1 + ALLOWED):
            return ""
        return (
            f"{self.path}: {self.now:,} {self.kind}, {self.growth * 100:.3g} % more than the "
            f"{self.was:,} of before"
        )

    @property
    def hint(self) -> str:
        """That it became so much cheaper that the file is to be written anew; "" when it did not.

        >>> Changed("a call", "bytes", 200, 100).hint
        'a call: 100 bytes, 50 % less than the 200 of before'
        """
        if self.was is None or self.now is None or self.now >= self.was * (1 - ALLOWED):
            return ""
        return (
            f"{self.path}: {self.now:,} {self.kind}, {-self.growth * 100:.3g} % less than the "
            f"{self.was:,} of before"
        )


def counted(text: str) -> list[str]:
    """The minor versions of Python that the file has counts of, the oldest first.

    >>> counted('{"3.11": {}, "3.9": {}}'), counted("")
    (['3.9', '3.11'], [])
    """
    return sorted(json.loads(text) if text else {}, key=_order)


def counts_of(text: str, version: str) -> tuple[Counts, dict[str, str]]:
    """The counts of a minor version of Python, and with which packages they were taken.

    Args:
        text: of the file; "" when there is none.
        version: such as ``3.11``.

    Raises:
        LookupError: there are none; the message says how to make them.
    """
    known = json.loads(text) if text else {}
    if version not in known:
        there = ", ".join(counted(text)) or "none"
        raise LookupError(
            f"there are no counts of Python {version} in benchmarks/guards.json (of {there}): with it, on a "
            f"state of the code that you agree with, run: {_WRITE}"
        )
    return known[version][_PATHS], known[version][_PACKAGES]


def with_counts(text: str, version: str, counts: Counts, packages: Mapping[str, str]) -> str:
    """The file's text with the counts of one version set anew, and those of others as they were.

    What hardly differs stays as it was: patch releases of Python differ by some allocations.
    """
    known = json.loads(text) if text else {}
    was: Counts = known.get(version, {}).get(_PATHS, {})
    settled = {
        path: {kind: _settled(was.get(path, {}).get(kind), count) for kind, count in several.items()}
        for path, several in counts.items()
    }
    known[version] = {_PACKAGES: dict(packages), _PATHS: settled}
    return json.dumps(known, indent=2, sort_keys=True) + "\n"


def changes(was: Counts, now: Counts, kinds: Iterable[str]) -> list[Changed]:
    """All counts, each as it was and as it is.

    Args:
        was: those of the file.
        now: those of today.
        kinds: what can be counted here; others of the file are let be.
    """
    paths = [*now, *(path for path in was if path not in now)]
    return [
        Changed(path, kind, was.get(path, {}).get(kind), now.get(path, {}).get(kind))
        for path in paths
        for kind in kinds
    ]


def table(several: Iterable[Changed]) -> str:
    """A line for each count: was, is, and by which share it changed."""
    rows = [("", "", "was", "is", "")]
    last = ""
    for each in several:
        share = "new" if each.was is None else "gone" if each.now is None else f"{each.growth:+.1%}"
        if each.was == each.now:
            share = ""
        rows.append(
            (each.path if each.path != last else "", each.kind, _number(each.was), _number(each.now), share)
        )
        last = each.path
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}"
        + "".join(f"  {row[column]:>{widths[column]}}" for column in (2, 3, 4))
        for row in rows
    )


def _settled(was: int | None, now: int) -> int:
    return now if was is None or abs(now - was) > was * _SAME else was


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
