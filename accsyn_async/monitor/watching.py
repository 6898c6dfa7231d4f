"""What a session offers to watch jobs and to wait for them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal, overload

from accsyn_async.errors import AccsynError, ArgumentError
from accsyn_async.models import Job
from accsyn_async.monitor.checkpoint import Checkpoint
from accsyn_async.monitor.monitor import Monitor
from accsyn_async.monitor.selection import Selection, Watchable, select
from accsyn_async.monitor.store import StateStore
from accsyn_async.monitor.until import Until
from accsyn_async.monitor.wait import AsCompleted, wait_for_all, wait_for_job
from accsyn_async.monitor.watch import Watch

__all__ = ["Watching"]


class Watching:
    """Part of ``Session``: watches, and waits."""

    _monitor: Monitor
    _workspace: str

    def _check_open(self) -> None:
        raise NotImplementedError

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

    async def wait(
        self,
        job: Watchable,
        *,
        until: Until | None = None,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        entitytype: str = "transfer",
    ) -> Job:
        """Wait until a job is done, or is what you say.

        Cancelling the wait leaves the job alone. It is seen when it is polled: a state
        that it was in only between two polls is missed, and so is one that has changed
        again while the event loop was busy. To wait for a short one such as ``running``,
        name those that may follow it too.

        Args:
            job: its id, row or snapshot.
            until: a state or its name, several of them, or a function that takes the
                ``Job`` and says whether it is time; called once for each state of the
                job that is seen, the present one first. ``None`` waits until it is done.
            timeout: seconds, all waiting counted; ``None`` waits for ever.
            tolerate_failed: keep waiting when it fails, as it may be retried. Not
                needed for a job that is waited for until it fails.
            entitytype: its type.

        Returns:
            The job, done, or as it was when ``until`` held.

        Raises:
            JobFailedError: it failed before that.
            JobAbortedError: it was aborted before that.
            JobRemovedError: it was deleted, or is out of reach.
            JobEndedError: (the base of these three) it is done, and ``until`` never held.
            NotFoundError: there is none of this id.
            WaitTimeoutError: (a ``TimeoutError``) time ran out; says how it looked.
            ArgumentError: not one job, or something that cannot be waited for; nothing
                is sent.
            AuthenticationError: a login was refused.
            SessionClosedError: the session was closed meanwhile.
            Exception: what the function raises.

        Example::

            job = await session.wait(transfer["id"], until=["running", "done"])
            job = await session.wait(transfer["id"], until=lambda job: job.progress >= 50)
            job = await session.wait(transfer["id"], timeout=3600)
        """
        self._check_open()
        return await wait_for_job(
            self._monitor,
            select(job, entitytype),
            until=until,
            timeout=timeout,
            tolerate_failed=tolerate_failed,
        )

    @overload
    async def wait_all(
        self,
        jobs: Watchable,
        *,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        return_exceptions: Literal[False] = False,
        entitytype: str = "transfer",
    ) -> list[Job]: ...
    @overload
    async def wait_all(
        self,
        jobs: Watchable,
        *,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        return_exceptions: bool,
        entitytype: str = "transfer",
    ) -> list[Job | AccsynError]: ...

    async def wait_all(
        self,
        jobs: Watchable,
        *,
        timeout: float | None = None,
        tolerate_failed: bool = False,
        return_exceptions: bool = False,
        entitytype: str = "transfer",
    ) -> list[Job] | list[Job | AccsynError]:
        """Wait until each of several jobs is done.

        Cancelling the wait leaves the jobs alone, and so does the failure of one of them.

        Args:
            jobs: ids, rows or snapshots.
            timeout: seconds for all of them together; ``None`` waits for ever.
            tolerate_failed: keep waiting for one that fails, as it may be retried.
            return_exceptions: put the error of a job (it failed, was aborted or removed,
                is not there, or may not be seen) in its place in the list, and wait for
                the others. What concerns them all is raised all the same.
            entitytype: their type.

        Returns:
            The jobs, done, in the order given; one that was given twice, twice.

        Raises:
            JobFailedError, JobAbortedError, JobRemovedError: one came to another end;
                raised at once, with ``job``.
            NotFoundError: there is none of one of the ids.
            WaitTimeoutError: (a ``TimeoutError``) time ran out; says how many are open
                and how they looked.
            ArgumentError: no ids, or something that is no id; nothing is sent.
            AuthenticationError: a login was refused.
            SessionClosedError: the session was closed meanwhile.

        Example::

            for job in await session.wait_all([first, second], timeout=3600):
                print(job.name, job.size)
        """
        self._check_open()
        return await wait_for_all(
            self._monitor,
            jobs,
            entitytype,
            timeout=timeout,
            tolerate_failed=tolerate_failed,
            return_exceptions=return_exceptions,
        )

    def as_completed(self, jobs: Watchable, *, entitytype: str = "transfer") -> AsCompleted:
        """Iterate over jobs in the order in which they come to their ends.

        Args:
            jobs: ids, rows or snapshots.
            entitytype: their type.

        Returns:
            An async iterator of jobs, done or aborted. It raises ``JobRemovedError``
            for one that was deleted, and what a watch raises.

        Raises:
            ArgumentError: no ids, or something that is no id.

        Example::

            async for job in session.as_completed([first["id"], second["id"]]):
                print(job.name, job.status)
        """
        self._check_open()
        selection = select(jobs, entitytype)
        if selection.ids is None:
            raise ArgumentError("as_completed is for jobs by their ids; watch takes queries")
        return AsCompleted(self._monitor, selection)

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
