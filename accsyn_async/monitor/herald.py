"""From what was observed to who is told of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import NamedTuple

from accsyn_async.errors import NotFoundError
from accsyn_async.events import JobEvent, JobFinished, JobRemoved, Synced
from accsyn_async.models import Job
from accsyn_async.monitor.audience import Audience, Group, Subscription
from accsyn_async.monitor.ledger import Ledger, Life

__all__ = ["Herald"]

_SLICE = 0.008
"""Seconds of telling watches after which the event loop gets its turn."""


class _Notice(NamedTuple):
    """An event to be told: to one group only, or to everybody who watches the job but one group."""

    event: JobEvent
    only: Group | None = None
    without: Group | None = None


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
        self._outbox: list[_Notice] = []
        self._left: set[str] = set()

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
        if group is None or job.id in group.members:
            self._outbox.extend(map(_Notice, events))
            return
        if returning and life.ended and not events:
            self.ledger.forget(job.id)
            return
        self.audience.join(job.id, group)
        if returning:
            self._outbox.extend(map(_Notice, events))
            return
        self._outbox.extend(_Notice(event, without=group) for event in events)
        self._outbox.append(_Notice(self.ledger.found(life, at), only=group))
        if life.ended:
            self._outbox.append(_Notice(self.ledger.finished(life, at), only=group))

    def gone(self, life: Life, at: dt.datetime, entitytype: str) -> None:
        """Take note that a job is nowhere to be found."""
        if life.job is None:
            for subscription in tuple(self.audience.by_id.get(life.ident, ())):
                subscription.mailbox.close(
                    NotFoundError(f"there is no {entitytype} {life.ident}, or this user may not see it")
                )
                self.dismiss(subscription)
            return
        self._outbox.append(_Notice(self.ledger.remove(life, at)))

    def left(self, idents: set[str]) -> None:
        """Take note that jobs stand in a list no more: whoever was told of their ends is done with them."""
        self._left |= idents

    def dismiss(self, subscription: Subscription) -> None:
        """Take a watch out, and forget what nobody else watches. May be called twice."""
        for ident in self.audience.remove(subscription):
            self.ledger.forget(ident)

    async def tell(self) -> None:
        """Put what has collected into mailboxes, giving way to other tasks now and then."""
        loop = asyncio.get_running_loop()
        outbox, self._outbox = self._outbox, []
        began = loop.time()
        for notice in outbox:
            event = notice.event
            ends = isinstance(event, JobFinished | JobRemoved)
            for number, subscription in enumerate(self._targets(notice)):
                subscription.offer(event)
                if ends:
                    subscription.settle(event.job.id)
                if number % 64 == 63 and loop.time() - began > _SLICE:
                    await asyncio.sleep(0)
                    began = loop.time()
            if ends:
                self._left.add(event.job.id)
            if loop.time() - began > _SLICE:
                await asyncio.sleep(0)
                began = loop.time()

        left, self._left = self._left, set()
        for ident in left:
            life = self.ledger.lives.get(ident)
            if life is not None and life.ended:
                self._retire(ident)

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

    def _targets(self, notice: _Notice) -> list[Subscription]:
        if notice.only is not None:
            return list(notice.only.subscribers)
        ident, without = notice.event.job.id, notice.without
        targets = list(self.audience.by_id.get(ident, ()))
        for group in self.audience.member_of.get(ident, ()):
            if group is not without:
                targets += group.subscribers
        return targets

    def _retire(self, ident: str) -> None:
        for group in list(self.audience.member_of.get(ident, ())):
            if ident not in group.present and self.audience.leave(ident, group):
                self.ledger.forget(ident)
