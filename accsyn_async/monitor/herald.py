"""From what was observed to who is told of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from accsyn_async.errors import AccsynError
from accsyn_async.events import JobEvent, JobFinished, JobFound, JobRemoved, Synced
from accsyn_async.models import Job
from accsyn_async.monitor.audience import Audience, Group, Subscription
from accsyn_async.monitor.ledger import Ledger, Life

__all__ = ["SLICE", "Herald"]

SLICE = 0.008
"""Seconds of telling watches after which the event loop gets its turn."""


class _Notice(NamedTuple):
    """An event to be told to the watches of some queries and, it may be, to those by id."""

    event: JobEvent
    groups: tuple[Group, ...]
    by_id: bool = True


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
        if group is None and not self.audience.holds(job.id):
            return
        life = self.ledger.life(job.id)
        returning = life.past.run if life.past is not None and life.past.ended else None
        events = self.ledger.observe(job, at)
        for other in self.audience.member_of.get(job.id, ()):
            if other is not group:
                other.stale.add(job.id)
        groups = tuple(self.audience.member_of.get(job.id, ()))
        if group is not None and group not in groups:
            self.audience.join(job.id, group)
            told_run = group.told.pop(job.id, None)
            if told_run is not None and told_run == returning:
                groups += (group,)
            elif told_run != life.run or not life.ended:
                found = self.ledger.found if told_run is None else self.ledger.revived
                first = found(life, at)
                self._outbox.append(_Notice(first, (group,), by_id=False))
                if life.ended:
                    self._outbox.append(_Notice(self.ledger.finished(life, at), (group,), by_id=False))
        self._outbox.extend(_Notice(event, groups) for event in events)
        if life.ended:
            self._left.add(job.id)

    def gone(self, life: Life, at: dt.datetime, error: AccsynError) -> None:
        """Take note that a job is nowhere to be found.

        Args:
            life: the job's.
            at: when that was observed.
            error: ends the watches that asked for it by id, if it was never seen.
        """
        if life.job is None or life.ended:
            # Who comes for a job that is no longer there is not told what it once was.
            for subscription in tuple(self.audience.by_id.get(life.ident, ())):
                if not subscription.admitted:
                    subscription.mailbox.close(error)
                    self.dismiss(subscription)
            if life.job is None:
                self.ledger.forget(life.ident)
            return
        groups = tuple(self.audience.member_of.get(life.ident, ()))
        self._outbox.append(_Notice(self.ledger.remove(life, at), groups))

    def has_told(self, group: Group, ident: str, finished: dt.datetime | None) -> bool:
        """Whether the watches of a query were told that a job ended at this moment."""
        run = self.ledger.told(ident, finished)
        return run is not None and (ident in group.members or group.told.get(ident) == run)

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
                if number % 64 == 63 and loop.time() - began > SLICE:
                    await asyncio.sleep(0)
                    began = loop.time()
            if ends:
                self._left.add(event.job.id)
            if loop.time() - began > SLICE:
                await asyncio.sleep(0)
                began = loop.time()

        left, self._left = self._left, set()
        for ident in left:
            life = self.ledger.lives.get(ident)
            if life is not None and life.ended:
                self._retire(ident)

    @contextmanager
    def admitting(self, at: dt.datetime) -> Iterator[Callable[[Subscription], bool]]:
        """Tell new watches what there is, each by a call; ``False`` when that is not known yet.

        What several of them are told is made once.
        """
        found: dict[str, JobFound] = {}

        def admit(subscription: Subscription) -> bool:
            lives = self._known(subscription)
            if lives is None:
                return False
            del self.audience.joining[subscription]
            subscription.admitted = True
            for life in lives:
                event = found.get(life.ident) or found.setdefault(life.ident, self.ledger.found(life, at))
                subscription.offer(event)
            subscription.offer(Synced(at=at, jobs=len(lives)))
            for life in lives:
                if life.ended:
                    subscription.offer(self.ledger.ending(life, at))
                    subscription.settle(life.ident)
            return True

        yield admit

    def _known(self, subscription: Subscription) -> list[Life] | None:
        """The jobs that a new watch is to be told of; ``None`` while one of its ids is not known."""
        if subscription not in self.audience.joining:
            return None
        selection, lives = subscription.selection, self.ledger.lives
        if selection.ids is not None:
            known = [
                life
                for ident in selection.ids
                if (life := lives.get(ident)) is not None and life.job is not None and not life.suspect
            ]
            return known if len(known) == len(selection.ids) else None
        group = self.audience.groups[selection.expression]
        known = [lives[ident] for ident in group.present if ident in lives]
        # Those that have left the list, and are followed to their ends.
        known += [lives[ident] for ident in sorted(group.members - group.present.keys()) if ident in lives]
        return [life for life in known if life.ident in group.present or not life.ended]

    def _targets(self, notice: _Notice) -> list[Subscription]:
        targets = list(self.audience.by_id.get(notice.event.job.id, ())) if notice.by_id else []
        for group in notice.groups:
            targets += group.subscribers
        return targets

    def _retire(self, ident: str) -> None:
        for group in list(self.audience.member_of.get(ident, ())):
            if ident not in group.present:
                group.remember(ident, self.ledger.lives[ident].run)
                if self.audience.leave(ident, group):
                    self.ledger.forget(ident)
