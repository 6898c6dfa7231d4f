"""What has happened, in lines for the log pane. Pure."""

from __future__ import annotations

import datetime as dt
from collections import deque
from typing import NamedTuple

from accsyn_async import events
from accsyn_async.board.quantities import duration_text, size_text
from accsyn_async.models import JobStatus
from accsyn_async.safe_text import safe

__all__ = ["Journal", "Line"]

_KEPT = 1000


class Line(NamedTuple):
    """A line.

    Attributes:
        at: the local time, ``HH:MM:SS``.
        word: what happened: a state, or another word.
        text: of whom or of what; safe.
    """

    at: str
    word: str
    text: str


class Journal:
    """The last thousand lines of what has happened.

    Attributes:
        lines: the oldest first.
        count: how many there were in all.
    """

    def __init__(self) -> None:
        self.lines: deque[Line] = deque(maxlen=_KEPT)
        self.count = 0
        self._synced = False

    def write(self, at: dt.datetime, word: str, text: str) -> None:
        """Add a line; the text is made safe."""
        self.lines.append(Line(at.astimezone().strftime("%H:%M:%S"), word, safe(text)))
        self.count += 1

    def take(self, event: events.Event) -> None:
        """Write of an event what is worth a line: ends, failures and the like, never mere progress."""
        match event:
            case events.Synced(jobs=jobs):
                self._synced = True
                self.write(event.at, "synced", f"following {jobs} {'job' if jobs == 1 else 'jobs'}")
            case events.Degraded(reason=reason):
                self.write(event.at, "degraded", f"{reason}; trying on")
            case events.Recovered(after=after):
                self.write(event.at, "recovered", f"after {duration_text(after.total_seconds())}")
            case events.JobFound(job=job) if self._synced:
                self.write(event.at, "new", f"{job.name} · {size_text(job.size)}")
            case events.JobFinished(job=job):
                self.write(event.at, job.status.value, f"{job.name} · {size_text(job.size)}")
            case events.JobRevived(job=job):
                self.write(event.at, "revived", job.name)
            case events.JobRemoved(job=job):
                self.write(event.at, "removed", job.name)
            case events.JobStalled(job=job):
                self.write(event.at, "stalled", f"{job.name} does not move")
            case events.JobChanged(job=job, changes=changes) if (
                "status" in changes and job.status is JobStatus.FAILED
            ):
                self.write(event.at, "failed", f"{job.name} at {int(job.progress)} %")
