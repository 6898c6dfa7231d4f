"""Which columns there is room for, and how wide each is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accsyn_async.dashboard.top.columns import COLUMNS

__all__ = ["BARS_FROM", "GUTTER", "Layout", "Place", "arrange"]

GUTTER = 3
"""Cells before the first column: the sign of the cursor, that of a mark, and a blank."""
BARS_FROM = 99
"""Cells of a list from which there are bars: a terminal of 100, of which one is the scrollbar."""
_LEAST_BAR, _LONGEST_BAR = 8, 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column is.

    Attributes:
        name: of ``COLUMNS``.
        start: its first cell.
        width: in cells.
    """

    name: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns side by side.

    Attributes:
        places: from left to right.
        bar: cells of the bar within the column ``done``; 0 for none.
        width: of a line.
    """

    places: tuple[Place, ...]
    bar: int
    width: int

    def column_at(self, x: int) -> str | None:
        """The column at a cell; ``None`` beside them."""
        return next(
            (place.name for place in self.places if place.start <= x < place.start + place.width), None
        )


def arrange(names: Sequence[str], width: int, longest: Mapping[str, int]) -> Layout:
    """Choose columns and their widths so that a line has ``width`` cells at most.

    Columns of the least weight leave first; the last one stays, however narrow. What room is
    left is given to names and the like, then to the bar.

    Args:
        names: of ``COLUMNS``, in their order; at least one.
        width: in cells.
        longest: the longest text of a column, where it is known.

    >>> [place.name for place in arrange(["name", "status", "route"], 40, {}).places]
    ['name', 'status']
    """
    gap = 2 if width >= 90 else 1
    chosen = list(names)
    bar = _LEAST_BAR + 1 if width >= BARS_FROM and "done" in chosen else 0

    def excess() -> int:
        least = sum(COLUMNS[name].least for name in chosen) + gap * (len(chosen) - 1)
        return GUTTER + least + (bar if "done" in chosen else 0) - width

    while excess() > 0 and len(chosen) > 1:
        chosen.remove(min(chosen, key=lambda name: COLUMNS[name].weight))
    free = -excess()
    widths = {name: COLUMNS[name].least for name in chosen}
    if "done" in chosen:
        widths["done"] += bar
    if free < 0:
        widths[chosen[0]] = max(1, widths[chosen[0]] + free)
        free = 0
    for name in sorted(chosen, key=lambda name: -COLUMNS[name].weight):
        column = COLUMNS[name]
        wanted = min(column.most, longest.get(name, column.most))
        more = min(max(0, wanted - column.least), free)
        widths[name] += more
        free -= more
    if bar and "done" in chosen:
        more = min(_LONGEST_BAR - _LEAST_BAR, free)
        widths["done"] += more
        bar += more
    places, start = [], GUTTER
    for name in chosen:
        places.append(Place(name, start, widths[name]))
        start += widths[name] + gap
    return Layout(tuple(places), max(0, bar - 1) if "done" in chosen else 0, width)
