"""How a watch remembers across restarts what its consumer has seen."""

from __future__ import annotations

import asyncio
import logging

from accsyn_async.errors import CheckpointError
from accsyn_async.events import (
    Event,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    Synced,
)
from accsyn_async.models import Job
from accsyn_async.monitor import checkpoint_text as text
from accsyn_async.monitor.past import REMOVED, Past
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.store import StateStore

__all__ = ["Checkpoint"]

logger = logging.getLogger("accsyn_async.monitor")

_PAUSE = 1.0
"""Seconds between two writes, at least, except for final events."""
_ENDS_KEPT = 10_000
"""Ends that are remembered of a query's jobs, at most; the oldest are forgotten first."""


class Checkpoint:
    """Writes down what a watch hands out.

    A final event is written before it is handed out, and crossed out when the consumer
    asks for the next one, or leaves in peace: what was not crossed out is handed out
    again by the next watch. Everything else is written once a second at most.

    Args:
        store: where it is kept.
        workspace: the workspace's code.
        selection: what the watch is of.
    """

    def __init__(self, store: StateStore, workspace: str, selection: Selection) -> None:
        self._store = store
        self._workspace = workspace
        self._selection = selection
        self._memory = Recollection()
        self._kept: set[str] = set()
        self._dirty: dict[str, str | None] = {}
        self._handed_out: Event | None = None
        self._lock = asyncio.Lock()
        self._due = 0.0
        self._flusher: asyncio.Task[None] | None = None
        self._left = False
        # Whether it is written down that a watch began.
        self._begun = False

    async def open(self) -> Recollection:
        """Read what an earlier watch has left.

        Raises:
            CheckpointError: it is in use, cannot be read, or belongs to another workspace
                or to another watch.
        """
        try:
            kept = await self._store.load()
            self._memory = text.read(kept, self._workspace, self._selection)
        except BaseException:
            await self._store.aclose()
            raise
        self._kept, self._begun = set(self._memory.past), self._memory.since is not None
        if not kept:
            self._dirty[text.ABOUT] = text.about(self._workspace, self._selection)
        return self._memory

    async def hand_out(self, event: Event) -> None:
        """Take note of an event that is about to be handed out; a final one is safe when this returns.

        Raises:
            CheckpointError: it could not be written; to be tried again.
        """
        first = isinstance(event, Synced) and not self._begun
        if isinstance(event, JobFinished | JobRemoved):
            self._note_end(event)
        elif isinstance(event, JobEvent):
            self._note(event)
        elif isinstance(event, Synced):
            if first:
                self._memory.since = event.at
                self._dirty[text.SINCE] = text.time_text(event.at)
            for ident in self._memory.past.keys() - self._kept:
                self._write(ident)
        if first or isinstance(event, JobFinished | JobRemoved):
            await self._save()
            self._begun |= first
        self._handed_out = event

    def used(self) -> bool:
        """The consumer is done with what it was given; ``True`` when that is to be written at once."""
        event, self._handed_out = self._handed_out, None
        if event is None:
            return False
        if self._memory.since is not None:
            self._memory.since = event.at
            self._dirty[text.SINCE] = text.time_text(event.at)
        if isinstance(event, JobFinished | JobRemoved):
            self._memory.owed.pop(event.id, None)
            self._dirty[text.owed_key(event)] = None
            return True
        self._save_soon()
        return False

    def not_used(self) -> None:
        """The consumer failed on what it was given: the next watch tells it again."""
        self._handed_out = None

    async def acknowledge(self) -> None:
        """Write down what the consumer is done with.

        Raises:
            CheckpointError: it could not be written.
        """
        if self.used():
            await self._save()

    def forget(self, idents: tuple[str, ...]) -> None:
        """These jobs are watched no more."""
        for ident in idents:
            self._drop(ident)
        self._save_soon()

    async def leave(self, *, in_peace: bool) -> None:
        """Write down what is left to write, and let another use the store. May be called twice.

        Args:
            in_peace: whether the consumer is done with what it was given last.

        Raises:
            CheckpointError: it could not be written; when not in peace that is only logged.
        """
        flusher, self._flusher, self._left = self._flusher, None, True
        try:
            if flusher is not None:
                flusher.cancel()
                await asyncio.wait([flusher])
            if in_peace:
                self.used()
            if self._dirty.keys() - {text.ABOUT}:
                await self._save()
        except CheckpointError as error:
            if in_peace:
                raise
            logger.warning("the checkpoint was not written: %s", error.message)
        finally:
            self._dirty.clear()
            await self._store.aclose()

    def _note(self, event: JobEvent) -> None:
        matters = isinstance(event, JobFound | JobRevived) or (
            isinstance(event, JobChanged) and "status" in event.changes
        )
        if matters or event.job.id not in self._memory.past:
            number = self._number(event)
            self._keep(event.job, Past(event.run, number, False, event.job.status.value, None), event.job)

    def _note_end(self, event: JobFinished | JobRemoved) -> None:
        job = event.job
        if isinstance(event, JobRemoved):
            past = Past(event.run, self._number(event), True, REMOVED, None)
        else:
            past = Past(event.run, self._number(event), True, job.status.value, job.finished)
        self._memory.owed[event.id] = event
        self._dirty[text.owed_key(event)] = text.owed_text(event)
        known = self._memory.past.get(job.id)
        if known is None or known.run <= event.run:
            # One that is told again may be followed by another life, which is known already.
            self._keep(job, past, None)
        self._memory.handed_out(event)
        if self._selection.ids is None:
            self._forget_old_ends()

    def _number(self, event: JobEvent) -> int:
        """How many events of its life matter for ever: what is known, or what an event's id says."""
        past = self._memory.past.get(event.job.id)
        known = past.number if past is not None and past.run == event.run else 0
        if isinstance(event, JobFinished):
            return known
        said = event.id.rpartition(":")[2].partition(".")[0]
        return max(known, int(said) if said.isdecimal() else 0)

    def _keep(self, job: Job, past: Past, row: Job | None) -> None:
        # The newest last.
        self._memory.past.pop(job.id, None)
        self._memory.past[job.id] = past
        if row is None:
            self._memory.rows.pop(job.id, None)
        else:
            self._memory.rows[job.id] = row
        self._write(job.id)
        self._save_soon()

    def _write(self, ident: str) -> None:
        self._kept.add(ident)
        self._dirty[text.job_key(ident)] = text.past_text(
            self._memory.past[ident], self._memory.rows.get(ident)
        )

    def _drop(self, ident: str) -> None:
        self._memory.past.pop(ident, None)
        self._memory.rows.pop(ident, None)
        self._kept.discard(ident)
        self._dirty[text.job_key(ident)] = None

    def _forget_old_ends(self) -> None:
        ends = len(self._memory.past) - len(self._memory.rows)
        if ends > _ENDS_KEPT:
            old = [ident for ident, past in self._memory.past.items() if past.ended]
            for ident in old[: ends - _ENDS_KEPT // 2]:
                self._drop(ident)

    def _save_soon(self) -> None:
        if not self._left and (self._flusher is None or self._flusher.done()):
            self._flusher = asyncio.create_task(self._save_when_due(), name="accsyn-checkpoint")

    async def _save_when_due(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._due - loop.time()))
        try:
            await self._save()
        except Exception as error:
            # Nothing is lost yet: it is written with what comes next, whose failure is raised.
            logger.warning("the checkpoint was not written: %s", error)

    async def _save(self) -> None:
        async with self._lock:
            if not self._dirty:
                return
            changes, self._dirty = self._dirty, {}
            self._due = asyncio.get_running_loop().time() + _PAUSE
            try:
                await self._store.save(changes)
            except BaseException:
                self._dirty = {**changes, **self._dirty}
                raise
