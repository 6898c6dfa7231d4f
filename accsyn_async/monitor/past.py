"""What is kept of a job that nobody holds any more. Pure."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from accsyn_async.models import Job

__all__ = ["REMOVED", "Past"]

REMOVED = "removed"
"""In place of a state: it could not be found any more."""


class Past(NamedTuple):
    """How a job stood when it was last known.

    Attributes:
        run: which of its lives, from 0.
        number: how many of its events in that life matter for ever.
        ended: whether that life had come to its end.
        status: its state; or ``REMOVED``.
        finished: when it ended, UTC; ``None`` when that is not known.
    """

    run: int
    number: int
    ended: bool
    status: str
    finished: dt.datetime | None

    def is_same_end(self, job: Job) -> bool:
        """Whether a job that has ended shows the end that is remembered, as far as its time is known."""
        known = self.finished is not None and job.finished is not None
        return self.status == job.status.value and (not known or self.finished == job.finished)
