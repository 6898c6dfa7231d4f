"""From what was observed to who is told of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable

from accsyn_async.errors import NotFoundError
from accsyn_async.events import JobEvent, JobFinished, JobRemoved, Synced
from accsyn_async.models import Job
from accsyn_async.monitor.audience import Audience, Group, Subscription
from accsyn_async.monitor.ledger import Ledger, Life

__all__ = ["Herald"]

_SLICE = 0.008
"""Seconds of telling watches after which the event loop gets its turn."""


class Herald:
    """Takes note of jobs, and tells those who watch them.

    Events collect while a poll goes on, and are told at its end.

    Attributes:
        ledger: what is known of each job.
        audience: who watches.
        changed: whether there is anything to tell.

    Args:
        workspace: goes into the events' ids.
    """

    def __init__(self, workspace: str) -> None:
        self.ledger = Ledger(workspace)
        self.audience = Audience()
        self._outbox: list[tuple[JobEvent, Iterable[Subscription]]] = []

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self._outbox)

    def observe(self, job: Job, at: dt.datetime, group: Group | None = None) -> None:
        """Take note of a job as it is now.

        Args:
            job: the job.
            at: when it was observed.
            group: whose list it stood in, if it was one.
        """
        life = self.ledger.life(job.id)
        returning = life.past is not None
        events = self.ledger.observe(job, at)
        self._collect(job.id, events)
        if group is None or job.id in group.members:
            return
        if returning:
            if not events and life.ended:
                self.ledger.forget(job.id)
                return
            self._outbox.extend((event, tuple(group.subscribers)) for event in events)
        else:
            self._outbox.append((self.ledger.found(life, at), tuple(group.subscribers)))
            if life.ended:
                self._outbox.append((self.ledger.finished(life, at), tuple(group.subscribers)))
        self.audience.join(job.id, group)

    def gone(self, life: Life, at: dt.datetime, entitytype: str) -> None:
        """Take note that a job is nowhere to be found."""
        if life.job is None:
            for subscription in tuple(self.audience.by_id.get(life.ident, ())):
                subscription.mailbox.close(
                    NotFoundError(f"there is no {entitytype} {life.ident}, or this user may not see it")
                )
                self.dismiss(subscription)
            return
        self._collect(life.ident, [self.ledger.remove(life, at)])

    def retire(self, ident: str, group: Group) -> None:
        """A job has ended and stands in a group's list no more: the group is done with it."""
        if self.audience.leave(ident, group):
            self.ledger.forget(ident)

    def dismiss(self, subscription: Subscription) -> None:
        """Take a watch out, and forget what nobody else watches. May be called twice."""
        for ident in self.audience.remove(subscription):
            self.ledger.forget(ident)

    async def tell(self) -> None:
        """Put what has collected into mailboxes, giving way to other tasks now and then."""
        loop = asyncio.get_running_loop()
        outbox, self._outbox = self._outbox, []
        began = loop.time()
        for event, targets in outbox:
            ends = isinstance(event, JobFinished | JobRemoved)
            for number, subscription in enumerate(targets):
                subscription.offer(event)
                if ends:
                    subscription.settle(event.job.id)
                if number % 64 == 63 and loop.time() - began > _SLICE:
                    await asyncio.sleep(0)
                    began = loop.time()
            if ends:
                self._retire_unlisted(event.job.id)
            if loop.time() - began > _SLICE:
                await asyncio.sleep(0)
                began = loop.time()

    def admit(self, subscription: Subscription, at: dt.datetime) -> bool:
        """Tell a new watch what there is; ``False`` when that is not known yet."""
        if subscription not in self.audience.joining:
            return False
        selection = subscription.selection
        if selection.ids is None:
            present = self.audience.groups[selection.expression].present
            lives = [self.ledger.life(ident) for ident in present]
        else:
            lives = [self.ledger.lives[ident] for ident in selection.ids if ident in self.ledger.lives]
            if len(lives) < len(selection.ids) or any(life.job is None for life in lives):
                return False
        del self.audience.joining[subscription]
        subscription.admitted = True
        for life in lives:
            subscription.offer(self.ledger.found(life, at))
        subscription.offer(Synced(at=at, jobs=len(lives)))
        for life in lives:
            if life.ended:
                subscription.offer(self.ledger.ending(life, at))
                subscription.settle(life.ident)
        return True

    def _collect(self, ident: str, events: list[JobEvent]) -> None:
        if events:
            targets = tuple(self.audience.of(ident))
            self._outbox.extend((event, targets) for event in events)

    def _retire_unlisted(self, ident: str) -> None:
        for group in list(self.audience.member_of.get(ident, ())):
            if ident not in group.present:
                self.retire(ident, group)
