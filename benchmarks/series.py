"""A series: what something cost, by how much there was of another thing. Pure."""

from __future__ import annotations

import msgspec

__all__ = ["Point", "Series"]

Point = tuple[float, float]
"""How much there was of one thing, and what that cost."""


class Series(msgspec.Struct):
    """A line of a picture, as it was measured.

    Attributes:
        over: what there was more and more of; with the name, it says which series it is.
        name: of what cost something.
        unit: of the cost.
        rounds: the points, each time that they were measured.
    """

    over: str
    name: str
    unit: str
    rounds: list[list[Point]] = msgspec.field(default_factory=list)

    @property
    def points(self) -> list[Point]:
        """The least of all rounds.

        >>> Series("jobs", "a poll", "ms", [[(1, 5.0), (2, 6.0)], [(1, 4.0), (2, 7.0)]]).points
        [(1, 4.0), (2, 6.0)]
        """
        return [
            (several[0][0], min(cost for _, cost in several)) for several in zip(*self.rounds, strict=True)
        ]
