"""Whether a watch on the command line is over, and how it went. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from accsyn_async import events
from accsyn_async.models import Job, JobStatus

__all__ = ["Verdict"]


class Verdict:
    """Judges the events of a watch.

    A watch of ids is over when each job has finished, was removed or has failed (the
    backend may retry it, but a command must end); a watch of a query never is. With
    ``fail_fast`` either is over with the first job that failed, was aborted or removed.

    Args:
        ids: the jobs that are watched; ``None`` for a query.
        fail_fast: whether the first bad end is the end.

    Attributes:
        synced: whether every job that there is was told.
    """

    def __init__(self, ids: Iterable[str] | None = None, *, fail_fast: bool = False) -> None:
        self._open = None if ids is None else set(ids)
        self._bad: set[str] = set()
        self._failed: dict[str, None] = {}
        self._fail_fast = fail_fast
        self.synced = False

    def take(self, event: events.Event) -> bool:
        """Take an event in; ``True`` when the watch is over."""
        if isinstance(event, events.Synced):
            self.synced = True
        elif isinstance(event, events.JobEvent):
            self._judge(event)
        if self._fail_fast and self._bad:
            return True
        return self.synced and self._open is not None and not self._open

    def know(self, job: Job) -> None:
        """Take in how a job stands of which nothing is told any more."""
        if job.is_finished:
            if self._open is not None:
                self._open.discard(job.id)
            if job.status is not JobStatus.DONE:
                self._bad.add(job.id)

    def expect(self, ids: Iterable[str]) -> None:
        """Watch these jobs too."""
        self._open = (self._open or set()) | set(ids)

    @property
    def code(self) -> int:
        """The exit code: 0, or 1 when a job was not done."""
        return 1 if self._bad or self._open else 0

    @property
    def pending(self) -> int | None:
        """How many jobs have not come to an end; ``None`` for a query."""
        return None if self._open is None else len(self._open)

    @property
    def failed(self) -> list[str]:
        """Ids of the jobs that have failed, as far as is known."""
        return list(self._failed)

    def _judge(self, event: events.JobEvent) -> None:
        ident = event.job.id
        removed = isinstance(event, events.JobRemoved)
        finished = isinstance(event, events.JobFinished)
        failed = event.job.status is JobStatus.FAILED
        if failed:
            self._failed[ident] = None
        else:
            self._failed.pop(ident, None)
        bad = removed or failed or (finished and event.job.status is not JobStatus.DONE)
        if bad:
            self._bad.add(ident)
        else:
            self._bad.discard(ident)
        if self._open is None:
            return
        if finished or bad:
            self._open.discard(ident)
        else:
            self._open.add(ident)
