"""How something grows with something else: the power that fits best. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

__all__ = ["Points", "change", "slope"]

Points = Sequence[tuple[float, float]]
"""What there was of one thing, and what that cost."""


def slope(points: Points) -> float:
    """The power with which ``y`` grows, by least squares on a log-log scale.

    1 is in proportion, 0 is not at all. Where ``x`` is 0 there is no logarithm: those are left out.

    Raises:
        ValueError: fewer than two different ``x`` are left, or a cost is not positive.

    >>> round(slope([(1, 5), (10, 50), (100, 500)]), 3)
    1.0
    >>> round(slope([(0, 3), (1, 7), (10, 7), (100, 7)]), 3)
    0.0
    """
    logs = [(math.log(x), math.log(y)) for x, y in points if x > 0]
    if len({x for x, _ in logs}) < 2:
        raise ValueError(f"a slope takes two points at least, not {points}")
    return statistics.linear_regression(*zip(*logs, strict=True)).slope


def change(points: Points, of: Callable[[Sequence[float]], float] = statistics.median) -> float:
    """How many times the cost of the first third the last third costs.

    Args:
        points: in any order.
        of: what stands for a third, its middle or its least.

    >>> change([(1, 10), (2, 10), (3, 11), (4, 11), (5, 12), (6, 12)])
    1.2
    """
    costs = [cost for _, cost in sorted(points)]
    third = max(1, len(costs) // 3)
    return of(costs[-third:]) / of(costs[:third])
