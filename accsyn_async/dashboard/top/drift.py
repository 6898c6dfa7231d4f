"""How far a list has moved beneath what is seen of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["drift"]


def drift(seen: Iterable[tuple[int, str]], places: Mapping[str, int]) -> int:
    """By how many lines most of what is seen has moved down; less than 0 for up.

    What jumps to another place, alone, does not count: the median does.

    Args:
        seen: the lines that are seen, each with what stands in it.
        places: where things stand now; those that are gone are not in it.

    >>> drift([(4, "a"), (5, "b"), (6, "c")], {"new": 4, "a": 5, "c": 6, "b": 900})
    1
    """
    moved = sorted(places[ident] - line for line, ident in seen if ident in places)
    return moved[len(moved) // 2] if moved else 0
