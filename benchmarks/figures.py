"""A figure: what was measured, against what, how far it spreads, and what it is to reach. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Literal

import msgspec

__all__ = [
    "FAR",
    "NEAR",
    "Bound",
    "Effort",
    "Figure",
    "Verdict",
    "at_least",
    "at_most",
    "ratio",
    "single",
    "spread",
]

Verdict = Literal["reached", "missed", "out of reach"]
"""What becomes of an aim. One that not even the floor reaches, a twentieth given, is out of reach."""

NEAR, FAR = 1.05, 1.5
"""Nothing real comes nearer to a floor than so; and what is farther from it has no excuse."""

SPARE = 1.05
"""How much better than its aim a figure of rounds is to be: so far apart are two runs of the same code."""

Effort = Literal["quick", "full"]
"""How long to measure: ``quick`` for all parts within three minutes, ``full`` for figures to be published."""


class Bound(msgspec.Struct, frozen=True):
    """What a figure is to reach.

    Attributes:
        kind: whether it is to stay below the limit, or above.
        limit: the limit, in the figure's unit.
    """

    kind: Literal["at most", "at least"]
    limit: float

    def holds(self, value: float) -> bool:
        """Whether a value keeps it.

        >>> at_most(1.10).holds(1.1), at_least(15).holds(14.2)
        (True, False)
        """
        return value <= self.limit if self.kind == "at most" else value >= self.limit

    def worse(self, value: float, times: float) -> float:
        """A value that is so many times worse.

        >>> at_most(1).worse(3, 1.5), at_least(1).worse(3, 1.5)
        (4.5, 2.0)
        """
        return value * times if self.kind == "at most" else value / times


def at_most(limit: float) -> Bound:
    """A limit from above."""
    return Bound("at most", limit)


def at_least(limit: float) -> Bound:
    """A limit from below."""
    return Bound("at least", limit)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was measured.

    Attributes:
        name: what, such as ``find of 500 jobs``; no two of a part have the same.
        value: the median of the rounds.
        low: their first quartile; the value where it was measured once.
        high: their third quartile.
        unit: of all three: ``×`` of a ratio, else ``ms``, ``s``, ``MB``, ``bytes``, ``%``, ``/s`` …
        against: what a ratio is to, a rival or a floor measured in the same run; "" for what is no ratio.
        bound: what it is to reach; ``None`` when it has no aim.
        floor: what nothing can be better than: the floor's own figure, of the same run; ``None`` when none
            was measured. An aim that it does not reach either is out of reach, and not missed, as long as the
            value stays near the floor.
        note: what a reader must know to understand it; "" for nothing.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    against: str = ""
    bound: Bound | None = None
    floor: float | None = None
    note: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """What became of its aim; ``None`` when it has none.

        It is the same in the next run: what lies at its limit does not count as reached.
        """
        if self.bound is None:
            return None
        # What was measured once is counted, or has its spread in it.
        spare = SPARE if self.low < self.high else 1.0
        if self.bound.holds(self.bound.worse(self.value, spare)):
            return "reached"
        if self.floor is None or self.bound.holds(self.bound.worse(self.floor, NEAR)):
            return "missed"
        kept = Bound(self.bound.kind, self.bound.worse(self.floor, FAR))
        return "out of reach" if kept.holds(self.value) else "missed"

    @property
    def missed(self) -> bool:
        """Whether it has an aim that it does not reach, and could."""
        return self.verdict == "missed"


def spread(
    name: str,
    rounds: Sequence[float],
    unit: str,
    *,
    against: str = "",
    bound: Bound | None = None,
    floor: float | None = None,
    note: str = "",
) -> Figure:
    """A figure of several rounds: their median and quartiles.

    >>> figure = spread("a poll", [1.0, 3.0, 2.0, 4.0], "ms", bound=at_most(5))
    >>> figure.value, figure.low, figure.high, figure.missed
    (2.5, 1.75, 3.25, False)
    """
    if len(rounds) < 2:
        return single(name, rounds[0], unit, against=against, bound=bound, floor=floor, note=note)
    low, middle, high = statistics.quantiles(rounds, n=4, method="inclusive")
    return Figure(
        name=name,
        value=middle,
        low=low,
        high=high,
        unit=unit,
        against=against,
        bound=bound,
        floor=floor,
        note=note,
    )


def single(
    name: str,
    value: float,
    unit: str,
    *,
    against: str = "",
    bound: Bound | None = None,
    floor: float | None = None,
    note: str = "",
) -> Figure:
    """A figure that was measured once.

    >>> single("requests", 1.2, "/s", bound=at_most(2)).verdict
    'reached'
    >>> single("official / find", 17, "×", bound=at_least(25), floor=19.6).verdict
    'out of reach'
    """
    return Figure(
        name=name,
        value=value,
        low=value,
        high=value,
        unit=unit,
        against=against,
        bound=bound,
        floor=floor,
        note=note,
    )


def ratio(
    name: str,
    over: Sequence[float],
    under: Sequence[float],
    *,
    against: str,
    bound: Bound | None = None,
    floor: float | None = None,
    note: str = "",
) -> Figure:
    """How many times one took what another did, round by round: what slows a round down slows both.

    >>> ratio("ours", [2.0, 4.0, 3.0], [1.0, 2.0, 1.5], against="the floor").value
    2.0
    """
    rounds = [a / b for a, b in zip(over, under, strict=True)]
    return spread(name, rounds, "×", against=against, bound=bound, floor=floor, note=note)
