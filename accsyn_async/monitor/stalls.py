"""Running jobs that get nowhere. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["ENOUGH_POLLS", "Confirmed", "Stalls"]

ENOUGH_POLLS = 3
"""Good polls that must have shown a job unmoved before it counts as stalled."""


class Confirmed(NamedTuple):
    """Who says that a job is as it is known, and how many good polls that was asked in.

    Attributes:
        source: the list, or whatever else was asked.
        polls: its good polls so far.
    """

    source: object
    polls: int


class _Still(NamedTuple):
    since: float
    seen: Confirmed | None


class Stalls:
    """Keeps the running jobs without speed, those that have been so for longest first.

    >>> stalls = Stalls()
    >>> stalls.note("a", 0.0, moves=False, progressed=True)
    >>> list(stalls.due(60.0, 60.0, lambda ident: Confirmed("list", 1)))
    []
    >>> list(stalls.due(62.0, 60.0, lambda ident: Confirmed("list", 4)))
    ['a']
    """

    __slots__ = ("_still", "_told")

    def __init__(self) -> None:
        self._still: OrderedDict[str, _Still] = OrderedDict()
        self._told: set[str] = set()

    def note(
        self, ident: str, now: float, *, moves: bool, progressed: bool, seen: Confirmed | None = None
    ) -> None:
        """Take note of a running job.

        Args:
            ident: its id.
            now: on the monotonic clock, seconds.
            moves: whether it has a speed.
            progressed: whether its progress or status differs from before.
            seen: who says so.
        """
        if moves or progressed:
            self.forget(ident)
        if not moves and ident not in self._still and ident not in self._told:
            self._still[ident] = _Still(now, seen)

    def forget(self, ident: str) -> None:
        """It does not run any more, or nobody watches it."""
        self._still.pop(ident, None)
        self._told.discard(ident)

    def due(self, now: float, after: float, confirmed: Callable[[str], Confirmed | None]) -> Iterator[str]:
        """Those that have stood still for so long that it is to be told, each once.

        Args:
            now: on the monotonic clock, seconds.
            after: seconds.
            confirmed: who last said that a job is as it is known; ``None`` when nobody does.
        """
        for ident, still in list(self._oldest(now - after)):
            seen = confirmed(ident)
            if seen is None:
                continue
            if still.seen is None or still.seen.source is not seen.source:
                self._still[ident] = still._replace(seen=seen)
            elif seen.polls - still.seen.polls >= ENOUGH_POLLS:
                del self._still[ident]
                self._told.add(ident)
                yield ident

    def _oldest(self, until: float) -> Iterator[tuple[str, _Still]]:
        for ident, still in self._still.items():
            if still.since > until:
                return
            yield ident, still
