"""Many jobs as a few numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from accsyn_async.models import Job, JobStatus

__all__ = ["Totals"]


@dataclass(frozen=True, slots=True)
class Totals:
    """What some jobs come to together.

    Attributes:
        jobs: how many there are in each state; states without jobs are left out.
        bytes_left: what those that have not ended still have to move, as far as they were measured.
        unmeasured: how many of those have no size yet.
        speed: MB/s, of all that run.

    >>> from accsyn_async import Job
    >>> rows = [{"id": "a", "status": "running", "size": 1000, "progress": 25, "speed": 2.5},
    ...         {"id": "b", "status": "done", "size": 1000, "progress": 100}]
    >>> totals = Totals.of(map(Job.from_row, rows))
    >>> totals.jobs
    {<JobStatus.RUNNING: 'running'>: 1, <JobStatus.DONE: 'done'>: 1}
    >>> totals.bytes_left, totals.speed
    (750, 2.5)
    """

    jobs: dict[JobStatus, int] = field(default_factory=dict)
    bytes_left: int = 0
    unmeasured: int = 0
    speed: float = 0.0

    @classmethod
    def of(cls, several: Iterable[Job]) -> Totals:
        """The totals of jobs."""
        jobs: dict[JobStatus, int] = {}
        left, speed, unmeasured = 0.0, 0.0, 0
        for job in several:
            status = job.status
            jobs[status] = jobs.get(status, 0) + 1
            if job.is_finished:
                continue
            if job.size is None:
                unmeasured += 1
            else:
                left += job.size * (100 - min(100, max(0, job.progress))) / 100
            if status is JobStatus.RUNNING:
                speed += job.speed or 0.0
        return cls(jobs, round(left), unmeasured, speed)
