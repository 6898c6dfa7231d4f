"""Which tasks of a job come next, and which are dispatched together."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from accsyn_async.sandbox.rules import compute
from accsyn_async.sandbox.rules.nest import Nest, Place
from accsyn_async.sandbox.state.jobs import Job, Task

__all__ = ["Plan"]


class Plan:
    """The tasks of one job in the order of their priorities, dispatched in buckets.

    ``began`` is when the bucket under way was dispatched; its tasks all get the time of the whole.
    """

    def __init__(self) -> None:
        self._queued: list[tuple[int, int, Task]] = []
        self._nest: Nest | None = None
        self._bucket: deque[Task] = deque()
        self._dispatched: list[Task] = []
        self.began = 0.0

    def forget(self) -> None:
        """Look at the job's tasks anew when the bucket has ended."""
        self._queued.clear()
        self._nest = None

    def note(self, job: Job, task: Task) -> None:
        """Take up the status that a task of a compute job was given: others may wait for it."""
        if self._nest is None:
            compute.roll_up(job)
            return
        for number, freed in self._nest.note(task):
            heappush(self._queued, (-freed.priority, number, freed))

    def next(self, job: Job, now: float) -> Task | None:
        """The next task of the bucket or, when it has ended, the first of those queued."""
        while self._bucket:
            if self._bucket[0].status == "booting":
                return self._bucket[0]
            self._bucket.popleft()
        self._settle(now)
        for _ in range(2):
            while self._queued:
                task = self._queued[0][-1]
                if task.status == "queued":
                    return task
                heappop(self._queued)
            self._look(job)
        return None

    def _look(self, job: Job) -> None:
        places: Iterable[Place] = enumerate(job.counted())
        if job.kind == "compute":
            self._nest = Nest(job)
            self._nest.show()
            places = self._nest.ready()
        self._queued = [(-task.priority, number, task) for number, task in places if task.status == "queued"]
        heapify(self._queued)

    def dispatch(self, task: Task, size: float, now: float) -> None:
        """Begin with a task; a queued one takes those after it along, as many as a bucket holds."""
        if self._bucket and self._bucket[0] is task:
            self._bucket.popleft()
            return
        self.began = now
        while self._queued and len(self._dispatched) < max(size, 1):
            following = heappop(self._queued)[-1]
            if following.status == "queued":
                following.status = "booting"
                self._dispatched.append(following)
                if self._nest is not None:
                    self._nest.note(following)
        self._bucket.extend(self._dispatched[1:])

    def recall(self) -> None:
        """Queue again what was dispatched and not begun."""
        for task in self._bucket:
            if task.status == "booting":
                task.status = "queued"
        self._bucket.clear()
        self.forget()

    def _settle(self, now: float) -> None:
        if len(self._dispatched) > 1:
            for task in self._dispatched:
                if task.status == "done":
                    task.milliseconds = int((now - self.began) * 1000)
        self._dispatched.clear()
