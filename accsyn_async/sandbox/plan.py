"""Which tasks of a job come next, and which are dispatched together."""

from __future__ import annotations

from collections import deque

from accsyn_async.sandbox import compute
from accsyn_async.sandbox.state import Job, Task

__all__ = ["Plan"]


class Plan:
    """The tasks of one job in the order of their priorities, dispatched in buckets.

    ``began`` is when the bucket under way was dispatched; its tasks all get the time of the whole.
    """

    def __init__(self) -> None:
        self._queued: deque[Task] = deque()
        self._bucket: deque[Task] = deque()
        self._dispatched: list[Task] = []
        self.began = 0.0

    def forget(self) -> None:
        """Look at the job's tasks anew when the bucket has ended."""
        self._queued.clear()

    def next(self, job: Job, now: float) -> Task | None:
        """The next task of the bucket or, when it has ended, the first of those queued."""
        while self._bucket:
            if self._bucket[0].status == "booting":
                return self._bucket[0]
            self._bucket.popleft()
        self._settle(now)
        if job.kind == "compute":
            # Each task that is done may be what another one waits for.
            self._queued.clear()
        for _ in range(2):
            while self._queued:
                if self._queued[0].status == "queued":
                    return self._queued[0]
                self._queued.popleft()
            queued = (
                task for task in job.counted() if task.status == "queued" and compute.is_ready(job, task)
            )
            self._queued.extend(sorted(queued, key=lambda task: -task.priority))
        return None

    def dispatch(self, task: Task, size: float, now: float) -> None:
        """Begin with a task; a queued one takes those after it along, as many as a bucket holds."""
        if self._bucket and self._bucket[0] is task:
            self._bucket.popleft()
            return
        self.began = now
        while self._queued and len(self._dispatched) < max(size, 1):
            following = self._queued.popleft()
            if following.status == "queued":
                following.status = "booting"
                self._dispatched.append(following)
        self._bucket.extend(self._dispatched[1:])

    def recall(self) -> None:
        """Queue again what was dispatched and not begun."""
        for task in self._bucket:
            if task.status == "booting":
                task.status = "queued"
        self._bucket.clear()
        self._queued.clear()

    def _settle(self, now: float) -> None:
        if len(self._dispatched) > 1:
            for task in self._dispatched:
                if task.status == "done":
                    task.milliseconds = int((now - self.began) * 1000)
        self._dispatched.clear()
