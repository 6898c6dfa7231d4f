"""Rounds of measuring: what is compared takes turns; CPU is counted, and the clock read where it must be."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks.figures import Bound, Figure, spread

__all__ = ["Work", "clocked", "cpu", "interleaved"]

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


def clocked(name: str, rounds: Sequence[float], unit: str, *, bound: Bound | None = None) -> Figure:
    """A figure of what was taken by the clock, to which others on the machine add: the note tells the least.

    >>> figure = clocked("a start", [0.28, 0.26, 0.31], "s", bound=Bound("at most", 0.27))
    >>> figure.value, figure.note
    (0.28, 'By the clock, to which others on the machine add; the least was 0.26 s.')

    Args:
        name: what was measured.
        rounds: each measured in the unit.
        unit: such as ``s``.
        bound: what the median is to reach.
    """
    note = f"By the clock, to which others on the machine add; the least was {min(rounds):.3g} {unit}."
    return spread(name, rounds, unit, bound=bound, note=note)
