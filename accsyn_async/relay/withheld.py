"""States of jobs that came before the events that they include. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

from accsyn_async.relay.messages import StateMessage

__all__ = ["Withheld"]

_ROOM: Final = 64


class Withheld:
    """Keeps the latest early state of each job until its event has been read.

    >>> withheld = Withheld()
    >>> len(withheld), list(withheld.due(7))
    (0, [])
    """

    __slots__ = ("_queue", "_states")

    def __init__(self) -> None:
        self._states: dict[str, tuple[StateMessage, float]] = {}
        # By the sequence of the event; what was replaced meanwhile stays for a while.
        self._queue: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._states)

    def keep(self, ident: str, message: StateMessage, now: float) -> None:
        """Keep a state, in place of an older one of the same job.

        Args:
            ident: the job.
            message: its state.
            now: on the monotonic clock, seconds.
        """
        known = self._states.get(ident)
        if known is not None and known[0].book == message.book and known[0].version > message.version:
            return
        self._states[ident] = (message, now)
        if known is None or known[0].event_seq != message.event_seq:
            heapq.heappush(self._queue, (message.event_seq, ident))
            self._clear_up()

    def due(self, position: int) -> Iterator[StateMessage]:
        """Those whose events have been read, if they are still there to be read; they are kept no more.

        Args:
            position: up to which sequence events were read.
        """
        while self._queue and self._queue[0][0] <= position:
            seq, ident = heapq.heappop(self._queue)
            kept = self._states.get(ident)
            if kept is not None and kept[0].event_seq == seq:
                del self._states[ident]
                yield kept[0]

    def overdue(self, before: float) -> Iterator[StateMessage]:
        """Those that were kept too long; they are kept no more.

        Args:
            before: since when at the latest, on the monotonic clock, seconds.
        """
        for ident, (message, since) in list(self._states.items()):
            if since <= before:
                del self._states[ident]
                yield message

    def _clear_up(self) -> None:
        """Forget what was replaced, when that is most of the queue."""
        if len(self._queue) > _ROOM + 2 * len(self._states):
            self._queue = [(message.event_seq, ident) for ident, (message, _) in self._states.items()]
            heapq.heapify(self._queue)
