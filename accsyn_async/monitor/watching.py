"""What a session offers to watch jobs."""

from __future__ import annotations

import os
from collections.abc import Iterable

from accsyn_async.errors import ArgumentError
from accsyn_async.monitor.awaiting import Awaiting
from accsyn_async.monitor.checkpoint import Checkpoint
from accsyn_async.monitor.monitor import Monitor
from accsyn_async.monitor.selection import Selection, Watchable, select
from accsyn_async.monitor.store import StateStore
from accsyn_async.monitor.watch import Watch

__all__ = ["Watching"]


class Watching(Awaiting):
    """Part of ``Session``: watches."""

    _monitor: Monitor
    _workspace: str

    @property
    def _source(self) -> Monitor:
        return self._monitor

    @property
    def monitor(self) -> Monitor:
        """What polls for this session's watches; ``session.monitor.statistics()`` tells how it stands."""
        return self._monitor

    def watch(
        self,
        what: Watchable,
        *,
        fields: Iterable[str] | None = None,
        tasks: bool = False,
        initial: bool = True,
        history: bool = True,
        checkpoint: str | os.PathLike[str] | StateStore | None = None,
        entitytype: str = "transfer",
    ) -> Watch:
        """Watch jobs: first what is, then what changes.

        Args:
            what: an id, a query such as ``'Transfer WHERE user="lisa@example.com"'``,
                a condition (``where("Transfer", status="running")``), a job's row or
                snapshot, or several ids or rows.
            fields: whose changes are told, of status, progress, speed, etr, size, eta, name,
                source, destination, user, parent, modified and metadata; ``None`` for the
                first five. With fields, only what they need is asked for, and a job shows
                its name, its status, when it was created and finished, and them: fewer
                fields, fewer changes, less to read. Ends are told whatever they are.
            tasks: tell changes of the tasks of running jobs, as ``TaskChanged``. Each such
                job takes a request of its own, of up to eight jobs a poll, in turn.
            initial: ``False`` leaves out the ``JobFound`` of each job that there is at first.
            history: ``False`` tells nothing of jobs that had ended before the watch began.
            checkpoint: a file, or a ``StateStore``, which keeps what was seen: a watch that
                comes back with it tells what ended while it was away, each end until it was
                used. One watch uses it at a time.
            entitytype: the type of jobs that are given by id: transfer, delivery, request,
                stream or compute.

        Returns:
            The watch, to be entered with ``async with``. Iterating over it yields a
            ``JobFound`` for each job that there is, ``Synced``, and then events.

        Raises:
            QueryError: a text is neither an id nor a query of jobs; nothing is sent.
            ArgumentError: no ids, or something that is no id; a field that there is not.

        Example::

            async with session.watch("Transfer WHERE status=running") as watch:
                async for event in watch:
                    print(event)
        """
        self._check_open()
        selection = select(what, entitytype, fields=fields, tasks=tasks, initial=initial, history=history)
        return Watch(self._monitor, selection, self._checkpoint(checkpoint, selection))

    def _checkpoint(
        self, kept: str | os.PathLike[str] | StateStore | None, selection: Selection
    ) -> Checkpoint | None:
        if kept is None:
            return None
        if isinstance(kept, str | os.PathLike):
            # Imported late, as few watches keep anything.
            from accsyn_async.monitor.sqlite_store import SqliteStore

            kept = SqliteStore(kept)
        elif not all(callable(getattr(kept, name, None)) for name in ("load", "save", "aclose")):
            raise ArgumentError(f"checkpoint is a file's path or a StateStore, not {kept!r}")
        return Checkpoint(kept, self._workspace, selection)
