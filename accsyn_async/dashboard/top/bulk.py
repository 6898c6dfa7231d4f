"""An action on several jobs while it goes on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from accsyn_async.board.board import Entry
from accsyn_async.dashboard.top.steering import Action

__all__ = ["Bulk", "going_on", "left_to_do"]


class Bulk:
    """What has become of an action on some jobs.

    Args:
        action: what is done.
        entries: the jobs.

    Attributes:
        asked: how many have been asked for.
        done: how many the backend said yes to.
        refused: how many it said no to.
        unknown: how many answers were lost.
        passed: how many were left alone, as it made no sense any longer when it was their turn.
    """

    def __init__(self, action: Action, entries: Sequence[Entry]) -> None:
        self.action = action
        self.entries = entries
        self.asked = self.done = self.refused = self.unknown = self.passed = 0

    @property
    def total(self) -> int:
        """How many jobs there are."""
        return len(self.entries)

    @property
    def answered(self) -> int:
        """How many it is over with."""
        return self.done + self.refused + self.unknown + self.passed

    def summary(self) -> str:
        """All of it in one line, once it is over.

        >>> from accsyn_async.dashboard.top.steering import ACTIONS
        >>> bulk = Bulk(ACTIONS["pause"], [])
        >>> bulk.done, bulk.refused = 1200, 3
        >>> bulk.summary()
        'pausing 1,200 jobs · 3 refused'
        """
        parts = [f"{self.action.doing} {_jobs(self.done) if self.done else 'none'}"]
        parts += [f"{self.refused:,} refused"] * bool(self.refused)
        parts += [f"outcome unknown of {self.unknown:,}"] * bool(self.unknown)
        parts += [f"{self.passed:,} left alone"] * bool(self.passed)
        return " · ".join(parts)


def going_on(bulks: Iterable[Bulk]) -> str:
    """How far actions are, in a few words; empty when there is none."""
    return ", ".join(f"{bulk.action.doing} {bulk.answered:,}/{bulk.total:,}" for bulk in bulks)


def left_to_do(bulks: Sequence[Bulk]) -> str:
    """What would be left undone, in a few words; empty when nothing would."""
    waiting = sum(bulk.total - bulk.asked for bulk in bulks)
    under_way = sum(bulk.asked - bulk.answered for bulk in bulks)
    if waiting:
        return f"{_jobs(waiting)} not yet asked"
    return f"{_jobs(under_way)} not yet answered" if under_way else ""


def _jobs(count: int) -> str:
    return f"{count:,} {'job' if count == 1 else 'jobs'}"
