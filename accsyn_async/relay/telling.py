"""From what a mirror learns to who is told of it. Pure but for mailboxes."""

from __future__ import annotations

import datetime as dt

from accsyn_async.errors import AccsynError
from accsyn_async.events import Event, JobChanged, JobEvent, JobFinished, JobRemoved, JobRevived
from accsyn_async.models import Job
from accsyn_async.monitor.narrowing import narrower
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.relay.audience import Audience, Group
from accsyn_async.relay.matching import Row
from accsyn_async.relay.record import Record

__all__ = ["Teller"]


class Teller:
    """Puts events into the mailboxes of those whom they concern.

    Attributes:
        audience: who watches.
        told: how many events were put into mailboxes.
        merged: how many events of watches that have gone were merged into one that waited.
    """

    __slots__ = ("audience", "merged", "told")

    def __init__(self) -> None:
        self.audience = Audience()
        self.told = 0
        self.merged = 0

    def offer(self, subscription: Subscription, event: Event | None) -> None:
        """Put an event into the mailbox of a watch, unless it is too early for it."""
        if event is not None and subscription.offer(event):
            self.told += 1

    def dismiss(self, subscription: Subscription) -> None:
        """Take a watch out. May be called twice."""
        if subscription in self.audience:
            self.merged += subscription.mailbox.merged
            self.audience.remove(subscription)

    def tell(self, record: Record, event: JobEvent) -> None:
        """Tell everybody who knew the job."""
        ends, revived = isinstance(event, JobFinished | JobRemoved), isinstance(event, JobRevived)
        narrow = narrower(event) if isinstance(event, JobChanged) and self.audience.mixed else None
        for subscription in self.audience.targets(record):
            self.offer(subscription, event if narrow is None else narrow(subscription))
            if ends:
                subscription.settle(record.ident)
            elif revived:
                subscription.unsettle(record.ident)
        if ends:
            for group in tuple(record.groups):
                group.leave(record, event.run, self.audience.moves)

    def join(self, record: Record, job: Job, at: dt.datetime) -> None:
        """Tell the watches of queries that mean the job only now."""
        row: Row = {}
        for group in self.audience.groups(record.kind):
            told_run, moves = group.told.get(record.ident, (None, 0))
            if record.ident in group.members or told_run == record.run:
                continue
            if group.selective:
                row = row or job.raw
                if not self._means(group, row):
                    continue
            group.told.pop(record.ident, None)
            group.join(record)
            found = record.found(at)
            revived = found if told_run is None else record.revived(at)
            for subscription in tuple(group.subscribers):
                # Who was not told of its end never heard of the job.
                self.offer(subscription, found if subscription.joined > moves else revived)
                if record.ended:
                    self.offer(subscription, record.ending(at))
            if record.ended:
                group.leave(record, record.run, self.audience.moves)

    def _means(self, group: Group, row: Row) -> bool:
        """Whether a query means a job; the watches of one that cannot tell end."""
        try:
            return group.means(row)
        except AccsynError as error:
            for subscription in tuple(group.subscribers):
                subscription.mailbox.close(error)
                self.dismiss(subscription)
            return False
