"""What a session and a relay's feed offer alike to wait for jobs."""

from __future__ import annotations

from typing import Literal, overload

from accsyn_async.errors import AccsynError, ArgumentError
from accsyn_async.models import Job
from accsyn_async.monitor.selection import Watchable, select
from accsyn_async.monitor.source import Source
from accsyn_async.monitor.until import Until
from accsyn_async.monitor.wait import AsCompleted, wait_for_all, wait_for_job

__all__ = ["Awaiting"]


class Awaiting:
    """Part of ``Session`` and of ``Feed``: waits."""

    @property
    def _source(self) -> Source:
        raise NotImplementedError

    def _check_open(self) -> None:
        raise NotImplementedError

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
            SessionClosedError: the session, or the feed, was closed meanwhile.
            Exception: what the function raises.

        Example::

            job = await session.wait(transfer["id"], until=["running", "done"])
            job = await session.wait(transfer["id"], until=lambda job: job.progress >= 50)
            job = await session.wait(transfer["id"], timeout=3600)
        """
        self._check_open()
        return await wait_for_job(
            self._source,
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
            SessionClosedError: the session, or the feed, was closed meanwhile.

        Example::

            for job in await session.wait_all([first, second], timeout=3600):
                print(job.name, job.size)
        """
        self._check_open()
        return await wait_for_all(
            self._source,
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
            An async iterator of jobs, done or aborted. For one that has failed it waits on, until
            that is done after all or aborted. It raises ``JobRemovedError`` for one that was
            deleted, after which it can be iterated further, and what a watch raises.

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
        return AsCompleted(self._source, selection)
