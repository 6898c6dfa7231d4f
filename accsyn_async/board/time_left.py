"""How long a job still takes, judged by the recent past."""

from __future__ import annotations

import math
from collections import deque

from accsyn_async.models import Job, JobStatus

__all__ = ["TimeLeft"]

_BYTES_A_MB = 1_000_000


class TimeLeft:
    """Estimates the time left of one job from what it moved lately.

    The pace of the last ``window`` seconds counts, smoothed; without one, the backend's
    own estimate (``job.etr``), and without that its speed. Between two observations the
    estimate runs down. Times are seconds of any monotonic clock.

    Args:
        window: seconds of the past that count.
        smoothing: seconds over which a new pace replaces an old one.

    >>> left, row = TimeLeft(), {"id": "a", "status": "running", "size": 1000, "progress": 0}
    >>> left.observe(Job.from_row(row), 0.0)
    >>> left.observe(Job.from_row({**row, "progress": 50}), 10.0)
    >>> left.seconds(10.0), left.seconds(12.5)
    (10.0, 7.5)
    """

    __slots__ = ("_etr", "_job", "_pace", "_paced_at", "_samples", "_smoothing", "_told_at", "_window")

    def __init__(self, window: float = 15.0, smoothing: float = 5.0) -> None:
        self._window = window
        self._smoothing = smoothing
        self._samples: deque[tuple[float, float]] = deque()
        self._pace: float | None = None
        self._paced_at = 0.0
        self._job: Job | None = None
        self._etr: float | None = None
        self._told_at = 0.0

    def observe(self, job: Job, now: float) -> None:
        """Take note of the job as it is now."""
        if job.status is not JobStatus.RUNNING:
            self._forget()
            return
        etr = job.etr.total_seconds() if job.etr is not None else None
        self._job, self._etr, self._told_at = job, etr, now
        done = _done(job)
        if done is None:
            self._samples.clear()
            self._pace = None
            return
        if self._samples and done < self._samples[-1][1]:
            # It began anew, and at another pace perhaps.
            self._samples.clear()
            self._pace = None
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= self._window:
            self._samples.popleft()
        self._measure(now)

    def seconds(self, now: float) -> float | None:
        """The time left; ``None`` when unknown or when the job is not running."""
        if self._job is None:
            return None
        size, done = self._job.size, _done(self._job)
        elapsed = max(0.0, now - self._told_at)
        if size is not None and done is not None and self._pace and elapsed <= self._window:
            return max(0.0, (size - done) / self._pace - elapsed)
        if self._etr is not None:
            return max(0.0, self._etr - elapsed)
        speed = self._job.speed
        if size is not None and done is not None and speed:
            return max(0.0, (size - done) / (speed * _BYTES_A_MB) - elapsed)
        return None

    def _measure(self, now: float) -> None:
        (began, first), (_, last) = self._samples[0], self._samples[-1]
        if now - began < 1.0:
            return
        pace = (last - first) / (now - began)
        if self._pace is None or pace == 0:
            self._pace = pace
        else:
            weight = 1 - math.exp(-max(0.0, now - self._paced_at) / self._smoothing)
            self._pace += weight * (pace - self._pace)
        self._paced_at = now

    def _forget(self) -> None:
        self._samples.clear()
        self._pace = self._job = self._etr = None


def _done(job: Job) -> float | None:
    """Bytes that have arrived."""
    if job.size is None:
        return None
    return job.size * min(max(float(job.progress), 0.0), 100.0) / 100
