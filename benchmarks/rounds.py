"""Rounds of measuring: what is compared takes turns, and CPU is counted, not what passes outside."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks.figures import Bound, Figure

__all__ = ["cpu", "interleaved", "least"]

_LEAST = "The least of the rounds (to their median), by the clock: others on the machine only add to it."

Work = Callable[[], object]
"""What is measured; what it returns is kept until its time is taken."""


def cpu(work: Work) -> float:
    """Milliseconds of CPU that this process takes to do something once."""
    began = time.process_time()
    kept = work()
    took = time.process_time() - began
    del kept
    return took * 1000


def interleaved(contenders: Mapping[str, Work], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of CPU that each takes, round by round.

    Each is done once before; in every round they take turns in an order drawn anew, and the garbage of
    one is collected before the next begins.

    Args:
        contenders: by name, what is measured.
        rounds: how often each is measured.
    """
    for work in contenders.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    order, dice = list(contenders), random.Random(rounds)
    for _ in range(rounds):
        dice.shuffle(order)
        for name in order:
            gc.collect()
            taken[name].append(cpu(contenders[name]))
    return taken


def least(name: str, rounds: Sequence[float], unit: str, *, bound: Bound | None = None) -> Figure:
    """A figure whose value is the least of the rounds, for what is taken by the clock and lasts for a moment.

    What others do on the machine only adds to it, and differs from run to run. In place of the third
    quartile stands the median.

    >>> figure = least("a start", [0.28, 0.26, 0.31], "s")
    >>> figure.value, figure.low, figure.high
    (0.26, 0.26, 0.28)

    Args:
        name: what was measured.
        rounds: each measured in the unit.
        unit: such as ``s``.
        bound: what the least is to reach.
    """
    smallest, middle = min(rounds), statistics.median(rounds)
    return Figure(name=name, value=smallest, low=smallest, high=middle, unit=unit, bound=bound, note=_LEAST)
