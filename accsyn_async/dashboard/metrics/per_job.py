"""Which jobs have series of their own. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from accsyn_async.dashboard.metrics.tally import Known
from accsyn_async.models import JobStatus, is_entity_id

__all__ = ["MOST_JOBS", "PerJob"]

MOST_JOBS = 500
"""How many jobs have series of their own."""

_RUNNING = JobStatus.RUNNING


class PerJob:
    """Chooses jobs: running ones first, among them those that were chosen before, then the oldest.

    Args:
        most: how many.

    Attributes:
        dropped: how often a job was left out because there were too many, each time counted once
            until it is chosen or ends.
    """

    def __init__(self, most: int = MOST_JOBS) -> None:
        self.dropped = 0
        self._most = most
        self._chosen: frozenset[str] = frozenset()
        self._left_out: frozenset[str] = frozenset()

    def choose(self, jobs: Iterable[tuple[str, Known]]) -> list[tuple[str, Known]]:
        """Those that have series now.

        Args:
            jobs: those that have not ended, by their ids, the oldest first.
        """
        ranked: tuple[list[tuple[str, Known]], ...] = ([], [], [], [])
        for ident, known in jobs:
            # What is no id may be anything: it becomes no label.
            if is_entity_id(ident):
                rank = 2 * (known.status is not _RUNNING) + (ident not in self._chosen)
                ranked[rank].append((ident, known))
        ordered = [one for several in ranked for one in several]
        chosen, others = ordered[: self._most], frozenset(ident for ident, _ in ordered[self._most :])
        self.dropped += len(others - self._left_out)
        self._chosen, self._left_out = frozenset(ident for ident, _ in chosen), others
        return chosen
