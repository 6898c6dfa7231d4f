"""The watches of one query, and the list that they share."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Callable

from accsyn_async.models import Job
from accsyn_async.monitor.listing import Listing
from accsyn_async.monitor.schedule import Health
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.wire.ends import EndReader

__all__ = ["Asked", "Group", "Sweep"]

_REMEMBERED = 10_000
"""Jobs that a group remembers to have told the end of."""


class Sweep:
    """The finished jobs of a query, looked through for some that came and went between two polls.

    Attributes:
        reader: reads the list of ends.
        ends: those that are known; ``None`` before the first look.
        since: when that first look was, UTC.
        took: how long the last answer took, seconds.
        due: when to look again, on the monotonic clock.
        tidy_due: when to tidy up what was told by it, on the same.
    """

    __slots__ = ("due", "ends", "reader", "since", "tidy_due", "took")

    def __init__(self) -> None:
        self.reader = EndReader()
        self.ends: set[tuple[str, str | None]] | None = None
        self.since: dt.datetime | None = None
        self.took = 0.0
        self.due = 0.0
        self.tidy_due = 0.0


class Asked:
    """Something that is asked again and again, and how well it answers.

    Attributes:
        health: whether it is answered.
        refusals: how often in a row the backend said no.
        listed: whether there was ever a good answer.
        reason: why it is not answered, for people.
        polls: good answers so far.
        asked: the audience's count of moves when it was last asked.
        asking: asks at this moment; ``None`` when nothing is under way.
        late: whether that takes so long that polls go on without it.
        heard_at: when that began, or was last answered, on the monotonic clock.
        slowest: how long its slowest answer took, seconds.
        due: when to ask again at the earliest, on the monotonic clock.
    """

    __slots__ = (
        "asked",
        "asking",
        "due",
        "health",
        "heard_at",
        "late",
        "listed",
        "polls",
        "reason",
        "refusals",
        "slowest",
    )

    def __init__(self) -> None:
        self.health = Health()
        self.refusals = 0
        self.listed = False
        self.reason = ""
        self.polls = 0
        self.asked = 0
        self.asking: asyncio.Task[None] | None = None
        self.late = False
        self.heard_at = 0.0
        self.slowest = 0.0
        self.due = 0.0

    def begin(self, task: asyncio.Task[None], now: float) -> None:
        """It is asked."""
        self.asking, self.late, self.heard_at, self.slowest = task, False, now, 0.0

    def heard(self, now: float, took: float) -> None:
        """One of its requests came to an end."""
        self.heard_at, self.slowest = now, max(self.slowest, took)


class Group(Asked):
    """The watches of one query, and the list that they share.

    Attributes:
        expression: the query's; ``None`` for all jobs.
        listing: asks for the list.
        present: the jobs that the last good list held.
        present_at: when that list was asked for, on the monotonic clock.
        members: every job that the watches were told of and that has not both ended
            and left the list.
        subscribers: the watches.
        stale: members observed elsewhere since the last list, which may say otherwise.
        told: jobs that have ended and left: which of their lives the watches were told the
            end of, and the audience's count of moves then; the most recent last. Kept for as
            long as the ledger knows the job or the backend lists it among the finished.
        sweep: what is known of the jobs that have ended.
    """

    __slots__ = (
        "_unlisted",
        "expression",
        "listing",
        "members",
        "present",
        "present_at",
        "stale",
        "subscribers",
        "sweep",
        "told",
    )

    def __init__(self, expression: str | None) -> None:
        super().__init__()
        self.expression = expression
        self.listing = Listing()
        self.present: dict[str, Job] = {}
        self.present_at = 0.0
        self.members: set[str] = set()
        self.subscribers: set[Subscription] = set()
        self.stale: set[str] = set()
        # In its order, the first of a dict is looked for among all that were taken out before it.
        self.told: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self.sweep = Sweep()
        self._unlisted: set[str] = set()

    def remember(self, ident: str, run: int, moves: int) -> None:
        """A job has ended this life, left the list, and been told of to those who had come by then."""
        self.told[ident] = (run, moves)
        if len(self.told) > _REMEMBERED:
            self.told.popitem(last=False)

    def tidy(self, knows: Callable[[str], bool]) -> None:
        """Forget the ends of jobs that neither now nor last time stood among the finished.

        Twice, as an answer may lack some: what is listed again must not be told again.

        Args:
            knows: whether the ledger still knows a job.
        """
        listed = {ident for ident, _ in self.sweep.ends or ()}
        unlisted = {ident for ident in self.told if ident not in listed and not knows(ident)}
        for ident in unlisted & self._unlisted:
            del self.told[ident]
        self._unlisted = unlisted - self._unlisted
