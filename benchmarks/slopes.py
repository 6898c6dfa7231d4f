"""How something grows with something else: the power that fits best, or the straight line. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

__all__ = ["Points", "change", "slope", "straight"]

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


def straight(points: Points) -> tuple[float, float]:
    """What ``y`` is at 0, and what each ``x`` adds, by least squares of the shares by which it is off.

    So what little there is of a small ``y`` counts as much as what there is of a large one.

    Raises:
        ValueError: fewer than two different ``x``, or a cost is not positive.

    >>> [round(number, 3) for number in straight([(0, 2), (10, 7), (1000, 502)])]
    [2.0, 0.5]
    """
    if len({x for x, _ in points}) < 2 or any(y <= 0 for _, y in points):
        raise ValueError(f"a straight line takes two points at least, and costs above 0, not {points}")
    weights = [1 / y**2 for _, y in points]
    whole = sum(weights)
    middle = sum(weight * x for weight, (x, _) in zip(weights, points, strict=True)) / whole
    height = sum(weight * y for weight, (_, y) in zip(weights, points, strict=True)) / whole
    across = sum(weight * (x - middle) * (y - height) for weight, (x, y) in zip(weights, points, strict=True))
    each = across / sum(weight * (x - middle) ** 2 for weight, (x, _) in zip(weights, points, strict=True))
    return height - each * middle, each


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
