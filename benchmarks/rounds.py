"""Rounds of measuring: what is compared takes turns, and CPU is counted, not what passes outside."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Mapping

__all__ = ["cpu", "interleaved"]

Work = Callable[[], object]
"""What is measured; what it returns is kept until its time is taken."""


def cpu(work: Work) -> float:
    """Milliseconds of CPU that this process takes for something, done once; what it returns is let go later."""
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
