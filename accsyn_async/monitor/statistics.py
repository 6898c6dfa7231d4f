"""What a monitor has done, and how it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Statistics"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a session's monitor has done since the session began, and how it stands.

    Attributes:
        watches: how many there are.
        jobs: how many jobs are known.
        polls: how often it was polled.
        unchanged: replies that said what the one before had said, byte for byte.
        events: how many were put into the mailboxes of watches.
        merged: how many of those were merged into one that waited.
        backlog: how many wait to be taken.
        age: seconds since a poll was last answered, of the kind of jobs for which that is
            longest; ``None`` before the first.
    """

    watches: int = 0
    jobs: int = 0
    polls: int = 0
    unchanged: int = 0
    events: int = 0
    merged: int = 0
    backlog: int = 0
    age: float | None = None

    @classmethod
    def sum(cls, several: Iterable[Statistics]) -> Statistics:
        """Those of several pollers as one.

        >>> Statistics.sum([Statistics(polls=2, age=1.0), Statistics(polls=3, age=4.0)]).age
        4.0
        """
        parts = list(several)
        ages = [part.age for part in parts if part.age is not None]
        counts = ("watches", "jobs", "polls", "unchanged", "events", "merged", "backlog")
        return cls(
            **{name: sum(getattr(part, name) for part in parts) for name in counts},
            age=max(ages, default=None),
        )
