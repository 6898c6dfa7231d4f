"""Which rounds are played one after another, and which side by side. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.relay.rounds.days import Day

__all__ = ["Lane", "lanes", "rounds_of"]

LONGEST = 200.0
"""Seconds that the rounds of one studio take, about, if there may be more studios."""
SIDE_BY_SIDE = {"shared": 3, "own": 2, "cluster": 1}
"""How many studios of one day there are at a time, at most: clusters are heavy."""


@dataclass(frozen=True)
class Lane:
    """Rounds of one day that are played one after another in one studio.

    Attributes:
        day: which.
        numbers: of which rounds.
    """

    day: Day
    numbers: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """How long it takes, about."""
        return self.day.seconds * len(self.numbers)


def rounds_of(day: Day, rounds: int) -> int:
    """How often a day is played, when others are played so often."""
    return math.ceil(rounds / day.of)


def lanes(days: Iterable[Day], rounds: int, first: int = 0) -> Sequence[Lane]:
    """What is to be played, the longest first.

    Args:
        days: which days.
        rounds: how many rounds of each.
        first: the number of the first round.
    """
    every = []
    for day in days:
        numbers = range(first, first + rounds_of(day, rounds))
        count = min(math.ceil(day.seconds * len(numbers) / LONGEST), SIDE_BY_SIDE[day.where], len(numbers))
        every += [Lane(day, tuple(numbers[index::count])) for index in range(count)]
    return sorted(every, key=lambda lane: -lane.seconds)
