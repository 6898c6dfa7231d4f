"""A job that was submitted, to be awaited, watched and steered."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from accsyn_async.errors import (
    AccsynError,
    ArgumentError,
    BackendError,
    JobAbortedError,
    NotFoundError,
    OutcomeUnknownError,
    PartlyAddedError,
)
from accsyn_async.jobs.attributes import TASK_ATTRIBUTES, JobKind
from accsyn_async.jobs.spec import Tasks, TaskSpec
from accsyn_async.models import Job, JobStatus, Task, TaskStatus, is_entity_id
from accsyn_async.monitor.store import StateStore
from accsyn_async.monitor.until import Until
from accsyn_async.monitor.watch import Watch
from accsyn_async.submission.aside import aside
from accsyn_async.submission.batches import batches, refuse_foreign
from accsyn_async.submission.steering import Steering

__all__ = ["JobHandle", "handle_of"]

logger = logging.getLogger("accsyn_async.submission")

_STOPPED = frozenset({JobStatus.DONE, JobStatus.FAILED})
_TO_DO = frozenset({TaskStatus.QUEUED, TaskStatus.BOOTING, TaskStatus.EXECUTING})
_LOOKS = (0.0, 0.3, 0.7, 1.5, 3.0)
"""Seconds before each look whether a job has come back to life."""


class JobHandle:
    """A job of this session; ``await`` it to wait until it is done.

    Attributes:
        id: the job's id.
        kind: transfer, compute, delivery, request or stream.

    Example::

        handle = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin"))
        job = await handle                      # done, or JobFailedError, JobAbortedError …
    """

    def __init__(self, session: Steering, kind: JobKind, row: Mapping[str, Any]) -> None:
        self.id: str = row["id"]
        self.kind: JobKind = kind
        self._session = session
        self._row = dict(row)

    def __repr__(self) -> str:
        return f"<JobHandle {self.kind} {self.id} {self.job.name!r}>"

    def __await__(self) -> Generator[Any, None, Job]:
        return self.wait().__await__()

    @property
    def job(self) -> Job:
        """The job as this handle last saw it; ``refresh`` asks for it anew."""
        return Job.from_row(self._row)

    @property
    def row(self) -> dict[str, Any]:
        """The same as the row that the backend answered."""
        return dict(self._row)

    async def wait(
        self, *, until: Until | None = None, timeout: float | None = None, tolerate_failed: bool = False
    ) -> Job:
        """Wait until it is done; as ``session.wait`` does.

        Args:
            until: a state, several, or a function that says whether it is time.
            timeout: seconds, all waiting counted; ``None`` waits for ever.
            tolerate_failed: keep waiting when it fails, as it may be retried.

        Raises:
            JobFailedError, JobAbortedError, JobRemovedError: it came to another end.
            WaitTimeoutError: (a ``TimeoutError``) time ran out.

        Example::

            job = await handle.wait(timeout=3600)
        """
        return await self._session.wait(
            self.id, until=until, timeout=timeout, tolerate_failed=tolerate_failed, entitytype=self.kind
        )

    def watch(
        self,
        *,
        fields: Iterable[str] | None = None,
        tasks: bool = False,
        initial: bool = True,
        history: bool = True,
        checkpoint: str | os.PathLike[str] | StateStore | None = None,
    ) -> Watch:
        """Watch it; as ``session.watch`` does.

        Example::

            async with handle.watch(tasks=True) as watch:
                async for event in watch:
                    print(event)
        """
        return self._session.watch(
            self.id,
            fields=fields,
            tasks=tasks,
            initial=initial,
            history=history,
            checkpoint=checkpoint,
            entitytype=self.kind,
        )

    async def refresh(self) -> Job:
        """Ask for the job as it is now, whatever its state.

        Raises:
            NotFoundError: it was deleted, or is out of reach.

        Example::

            print((await handle.refresh()).progress)
        """
        job = await self._session.get_job(self.id, self.kind)
        if job is None:
            raise NotFoundError(f"there is no {self.kind} {self.id} any more")
        self._row = job.raw
        return job

    async def tasks(self) -> list[Task]:
        """Its tasks as they are now.

        Example::

            left = [task for task in await handle.tasks() if task.status != "done"]
        """
        return _tasks_of(await self._session.find("Task", entityid=self.id))

    async def pause(self) -> Job:
        """Put it on hold; ``resume`` lets it go on.

        Raises:
            BackendError: it cannot be paused, such as one that is done.
            OutcomeUnknownError: it may have been paused or not.

        Example::

            await handle.pause()
        """
        return await self.update({"status": "paused"})

    async def resume(self) -> Job:
        """Let it go on after a pause, or try again after a failure.

        Raises:
            BackendError: it cannot be resumed.
            OutcomeUnknownError: it may have been resumed or not.

        Example::

            await handle.resume()
        """
        return await self.update({"status": "waiting"})

    async def abort(self) -> Job:
        """End it before it is done.

        Raises:
            BackendError: it cannot be aborted.
            OutcomeUnknownError: it may have been aborted or not.

        Example::

            await handle.abort()
        """
        return await self.update({"status": "aborted"})

    async def update(self, data: Mapping[str, Any]) -> Job:
        """Change its attributes, as ``session.update`` does.

        Args:
            data: such as ``{"priority": 900}``.

        Raises:
            NotFoundError: it was deleted, or is out of reach.
            OutcomeUnknownError: it may have been changed or not.

        Example::

            await handle.update({"name": "Daily backup"})
        """
        row = await self._session.update(self.kind, self.id, data)
        if row is None or row.get("id") != self.id:
            return await self.refresh()
        self._row |= row
        return self.job

    async def delete(self) -> None:
        """Delete it.

        Raises:
            NotFoundError: it was deleted before.
            OutcomeUnknownError: it may have been deleted or not.

        Example::

            await handle.delete()
        """
        await self._session.delete_one(self.kind, self.id)

    async def add_tasks(
        self,
        tasks: Tasks | Iterable[TaskSpec | str],
        *,
        batch_size: int = 250,
        allow_duplicates: bool | None = None,
        replace_duplicates: bool | None = None,
    ) -> list[Task]:
        """Add tasks, and bring the job back to life when it was done or had failed.

        They are checked first, all of them, and then sent in batches. A task with the source and
        destination of one that is there is not added: that one is tried again.

        Args:
            tasks: specifications, sources alone, or either by their uris.
            batch_size: how many are sent at a time.
            allow_duplicates: ``False`` refuses a task that is there already.
            replace_duplicates: whether a task takes the place of one that is there.

        Returns:
            The tasks that were added or are tried again, as far as the backend tells of them: older
            ones do not.

        Raises:
            SpecificationError: one is wrong, or not between the job's parties; nothing was sent.
            ArgumentError: a request takes none; there is no such size.
            JobAbortedError: the job was aborted, and nobody has resumed it since; nothing was sent.
            PartlyAddedError: a batch failed after others had been added; says how many. Or all were
                added, and the job did not come back to life.
            NotFoundError: the job was deleted.
            OutcomeUnknownError: the first batch may have been added or not.

        Example::

            await handle.add_tasks([TaskSpec("share=projects/b.mov", "site=berlin")])
        """
        if not TASK_ATTRIBUTES[self.kind]:
            raise ArgumentError(f"a {self.kind} takes no tasks")
        given: Any = tasks if isinstance(tasks, Mapping | str) else _listed(tasks)
        if isinstance(given, Mapping | list) and not given:
            return []
        workspace = self._session.workspace
        parts, live = await aside(
            given, batches, given, self.kind, batch_size=batch_size, workspace=workspace
        )
        job = await self.refresh()
        if job.status == JobStatus.ABORTED:
            raise JobAbortedError(
                f"{job.name} was aborted, and adding tasks would bring it back: resume it or make another",
                job,
            )
        if self.kind == "transfer":
            await aside(given, refuse_foreign, parts, self._row, workspace)
        told: list[Task] = []
        added = 0
        for part in parts:
            try:
                answer = await self._session.create(
                    "task",
                    {"tasks": part},
                    self.id,
                    allow_duplicates=allow_duplicates,
                    replace_duplicates=replace_duplicates,
                )
            except AccsynError as error:
                if not added:
                    raise
                if live:
                    with contextlib.suppress(AccsynError):
                        await self._revive()
                left = sum(map(len, parts)) - added
                perhaps = " or may not be" if isinstance(error, OutcomeUnknownError) else ""
                message = f"{added} tasks were added, {left} were not{perhaps}: {error.message}"
                raise _partly(message, added, left, error) from error
            added += len(part)
            told += _tasks_of(answer)
        if live:
            try:
                await self._revive()
            except AccsynError as error:
                message = f"{added} tasks were added, but whether the job goes on is unknown: {error.message}"
                raise _partly(message, added, 0, error) from error
        return told

    async def _revive(self) -> None:
        """Let the job go on when adding tasks did not do so by itself, and see that it does.

        Raises:
            AccsynError: it does not, or cannot be seen.
        """
        refused: BackendError | None = None
        for pause in _LOOKS:
            await self._session._clock.sleep(pause)
            job = await self.refresh()
            if job.status not in _STOPPED:
                return
            # It may have done them in the meantime.
            if not any(task.status in _TO_DO for task in await self.tasks()):
                return
            try:
                await self.resume()
            except BackendError as error:
                refused = error
            else:
                logger.info("%s %s is set to waiting, as it has tasks to do", self.kind, self.id)
                return
        assert refused is not None
        raise refused


def _partly(message: str, added: int, left: int, error: AccsynError) -> PartlyAddedError:
    return PartlyAddedError(
        message,
        added=added,
        left=left,
        code=error.code,
        uri=error.uri,
        eid=error.eid,
        http_status=error.http_status,
    )


def _listed(tasks: object) -> object:
    return list(tasks) if isinstance(tasks, Iterable) else tasks


def _tasks_of(answer: Any) -> list[Task]:
    rows = answer if isinstance(answer, list) else [answer]
    return [Task.from_row(row) for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), str)]


def handle_of(session: Steering, kind: JobKind, answer: Any) -> JobHandle:
    """The handle of the job that the backend says it made.

    Raises:
        OutcomeUnknownError: it names none, though it may have made one.
    """
    rows = answer if isinstance(answer, list) else [answer]
    idents = (row.get("id") if isinstance(row, Mapping) else None for row in rows)
    named = [row for row, ident in zip(rows, idents, strict=True) if _is_ident(ident)]
    if not named:
        raise OutcomeUnknownError(
            f"{kind}/create: the backend names no id of a new job; look for it by its name",
            uri=f"{kind}/create",
        )
    return JobHandle(session, kind, named[0])


def _is_ident(ident: object) -> bool:
    return isinstance(ident, str) and is_entity_id(ident)
