"""Where events wait for their consumer.

A consumer that is slow costs memory by the number of jobs, not by time: changes of one
job that wait are merged into one. A change of status stands for itself, and an end is
never lost.
"""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import Set

import msgspec
from msgspec.structs import replace

from accsyn_async.events import Degraded, Event, JobChanged, JobEvent, JobStalled, Recovered, TaskChanged
from accsyn_async.monitor.diff import merged_changes

__all__ = ["Mailbox", "MailboxClosed"]

_CHANGES = (JobChanged, TaskChanged)
_HEALTH = (Degraded, Recovered)
_PER_JOB = 4
"""Entries a job, on average, above which changes of status are merged too, so that
jobs that flap for hours before a consumer that sleeps for hours stay bounded: an entry
takes some 2 kB, and so 500 jobs take 4 MB beside their ends."""
_FEW = 512
"""Entries up to which they are not, however few the jobs are."""


class MailboxClosed(Exception):
    """Nothing is left, and nothing more will come."""


class _Cell(msgspec.Struct, gc=False):
    """Where an event waits; not looked through by the garbage collector, as there are many."""

    event: Event | None


class Mailbox:
    """Events of one watch, in order, merged where they wait.

    >>> import datetime as dt, asyncio
    >>> from accsyn_async.events import Synced
    >>> box = Mailbox()
    >>> box.put(Synced(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), jobs=2))
    >>> asyncio.run(box.get()).jobs
    2
    """

    __slots__ = (
        "_blanks",
        "_closed",
        "_entries",
        "_error",
        "_health",
        "_over",
        "_seq",
        "_tails",
        "_task_tails",
        "_waiter",
        "merged",
    )

    def __init__(self) -> None:
        # Made when first needed: an empty deque takes more than all the rest of a watch.
        self._entries: deque[_Cell] | None = None
        self._tails: dict[str, _Cell] = {}
        # Of each job's tasks; made when first needed.
        self._task_tails: dict[str, dict[str, _Cell]] | None = None
        self._health: list[_Cell] = []
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._closed = False
        # Whether its end was told, so that it cannot begin again.
        self._over = False
        self._blanks = 0
        self._seq = 0
        self.merged = 0

    def __len__(self) -> int:
        return len(self._entries) - self._blanks if self._entries else 0

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed

    def put(self, event: Event) -> None:
        """Add an event, or merge it into one that waits. Ignored once closed."""
        if self._closed:
            return
        if isinstance(event, JobEvent):
            if isinstance(event, _CHANGES) and self._merge(event):
                return
            if type(event) is JobStalled and self._is_full:
                return
            self._put_tail(event, self._append(event))
        elif isinstance(event, _HEALTH):
            self._put_health(event)
        else:
            self._append(event)
        self._wake()

    def close(self, error: Exception | None = None, *, for_good: bool = False) -> None:
        """Let nothing more in; what waits can still be taken out, then ``error`` is raised.

        Args:
            error: what ended it; ``None`` for an end in peace.
            for_good: whether it cannot be opened again.
        """
        self._over |= for_good
        if not self._closed:
            self._closed = True
            self._error = error
            self._wake()

    def reopen(self) -> bool:
        """Let more in, unless somebody was told that nothing will come; whether it is open."""
        if self._closed and self._error is None and not self._over:
            self._closed = False
        return not self._closed

    def forget(self, idents: Set[str]) -> None:
        """Throw away what waits about some jobs: they are watched no more."""
        for cell in tuple(self._entries or ()):
            event = cell.event
            if isinstance(event, JobEvent) and event.job.id in idents:
                self._blank(cell)
        for ident in idents:
            self._tails.pop(ident, None)
            if self._task_tails:
                self._task_tails.pop(ident, None)

    def discard(self) -> None:
        """Close, and throw away what waits."""
        self.close()
        self._over = True
        self._entries = None
        self._tails.clear()
        self._task_tails = None
        self._health.clear()
        self._blanks = 0

    async def get(self) -> Event:
        """Take the next event out; wait for it.

        Raises:
            MailboxClosed: nothing is left and nothing will come.
            Exception: what ``close`` was given, once nothing is left.
        """
        while True:
            if self._entries and (event := self._pop()) is not None:
                return event
            if self._closed:
                self._over = True
                # A copy: one error raised in a thousand tasks would collect their tracebacks.
                raise copy.copy(self._error) if self._error is not None else MailboxClosed
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _pop(self) -> Event | None:
        entries = self._entries
        while entries:
            cell = entries.popleft()
            event = cell.event
            if event is None:
                self._blanks -= 1
                continue
            if isinstance(event, JobEvent):
                self._drop_tail(event, cell)
            elif self._health and self._health[0] is cell:
                self._health.pop(0)
            if not entries:
                self._entries = None
            self._seq += 1
            return replace(event, seq=self._seq)
        self._entries = None
        return None

    def _append(self, event: Event) -> _Cell:
        cell = _Cell(event)
        if self._entries is None:
            self._entries = deque()
        self._entries.append(cell)
        return cell

    @property
    def _is_full(self) -> bool:
        """Whether so much waits that what is not essential is no more kept apart."""
        tasks = sum(map(len, self._task_tails.values())) if self._task_tails else 0
        return len(self) >= max(_FEW, _PER_JOB * (len(self._tails) + tasks + 1))

    def _merge(self, event: JobChanged | TaskChanged) -> bool:
        cell = self._tail(event)
        waiting = cell.event if cell else None
        if cell is None or not isinstance(waiting, _CHANGES):
            return False
        crosses_status = "status" in waiting.changes or "status" in event.changes
        if crosses_status and not self._is_full:
            return False
        changes = merged_changes(waiting.changes, event.changes)
        self.merged += 1
        if changes:
            cell.event = replace(event, previous=waiting.previous, changes=changes)
        else:
            self._drop_tail(event, cell)
            self._blank(cell)
        return True

    def _tail(self, event: JobEvent) -> _Cell | None:
        """The entry that a change can be merged into."""
        if type(event) is TaskChanged:
            return self._task_tails.get(event.job.id, {}).get(event.task.id) if self._task_tails else None
        return self._tails.get(event.job.id)

    def _put_tail(self, event: JobEvent, cell: _Cell) -> None:
        if type(event) is TaskChanged:
            if self._task_tails is None:
                self._task_tails = {}
            self._task_tails.setdefault(event.job.id, {})[event.task.id] = cell
            return
        self._tails[event.job.id] = cell
        if self._task_tails and not isinstance(event, JobChanged):
            # What comes after an end is never merged into what came before it.
            self._task_tails.pop(event.job.id, None)

    def _drop_tail(self, event: JobEvent, cell: _Cell) -> None:
        if self._tail(event) is not cell:
            return
        if type(event) is not TaskChanged:
            del self._tails[event.job.id]
        elif self._task_tails:
            tails = self._task_tails[event.job.id]
            del tails[event.task.id]
            if not tails:
                del self._task_tails[event.job.id]

    def _put_health(self, event: Degraded | Recovered) -> None:
        waiting = [cell.event for cell in self._health[-2:]]
        if isinstance(event, Degraded) and [type(each) for each in waiting] == [Degraded, Recovered]:
            for cell in self._health[-2:]:
                self._blank(cell)
            del self._health[-2:]
            self.merged += 1
        self._health.append(self._append(event))

    def _blank(self, cell: _Cell) -> None:
        cell.event = None
        self._blanks += 1
        if self._entries and self._blanks > 64 and self._blanks > len(self._entries) // 2:
            self._entries = deque(each for each in self._entries if each.event is not None)
            self._blanks = 0

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
