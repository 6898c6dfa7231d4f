"""From what was observed to who is told of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Collection
from typing import NamedTuple

import msgspec

from accsyn_async.events import (
    Event,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    TaskChanged,
)
from accsyn_async.models import Job
from accsyn_async.monitor.audience import Audience
from accsyn_async.monitor.group import Asked, Group
from accsyn_async.monitor.ledger import Ledger, Life
from accsyn_async.monitor.narrowing import narrower
from accsyn_async.monitor.past import Past
from accsyn_async.monitor.stalls import Confirmed, Stalls
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.monitor.task_books import TaskBooks

__all__ = ["SLICE", "Herald"]

SLICE = 0.008
"""Seconds of telling watches after which the event loop gets its turn."""

_ENDS = (JobFinished, JobRemoved)


class _Newcomers(NamedTuple):
    """Watches of a query that never heard of a job which lives again: to them it is found."""

    group: Group
    moves: int
    found: JobFound

    def holds(self, subscription: Subscription) -> bool:
        """Whether a watch is one of them."""
        return subscription.joined > self.moves and subscription in self.group.subscribers


class _Notice(msgspec.Struct, gc=False):
    """An event to be told to the watches of some queries and, it may be, to those by id."""

    event: JobEvent
    groups: tuple[Group, ...]
    by_id: bool = True
    newcomers: _Newcomers | None = None
    to_newcomers: bool = False


class Herald:
    """Takes note of jobs, and tells those who watch them.

    Events collect while a poll goes on, and are told at its end.

    Attributes:
        ledger: what is known of each job.
        audience: who watches.
        at: when the poll under way began, UTC.
        now: the same on the monotonic clock, seconds.
        tasks: what is known of the jobs' tasks.
        told: how many events were put into mailboxes.

    Args:
        workspace: goes into the events' ids.
    """

    def __init__(self, workspace: str) -> None:
        self.ledger = Ledger(workspace)
        self.audience = Audience()
        self.at = dt.datetime.min.replace(tzinfo=dt.UTC)
        self.now = 0.0
        self.told = 0
        self.tasks = TaskBooks(self.ledger)
        self._stalls = Stalls()
        self._outbox: list[_Notice] = []
        self._left: set[str] = set()
        # To be forgotten, but not before answers that are late have come: those may be older than an end.
        self._retired: set[str] = set()

    def recall(self, ident: str, past: Past) -> None:
        """Take over what a watch that comes back remembers of a job: others are told nothing by that."""
        before = self.ledger.run(ident)
        self.ledger.recall(ident, past)
        run = self.ledger.run(ident)
        for group in self.audience.groups.values() if run != before else ():
            told = group.told.get(ident)
            if told is not None and run is not None and told[0] == before:
                group.told[ident] = (run, told[1])

    @property
    def changed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self._outbox)

    def begin(self, at: dt.datetime, now: float) -> None:
        """A poll begins: what is observed from now on is observed then."""
        self.at, self.now = at, now

    def observe(self, job: Job, now: float, group: Group | None = None) -> None:
        """Take note of a job as it is now.

        Args:
            job: the job.
            now: when the answer came, on the monotonic clock, seconds.
            group: whose list it stood in, if it was one.
        """
        if group is None and not self.audience.holds(job.id):
            return
        life = self.ledger.life(job.id)
        returning = life.past.run if life.past is not None and life.past.ended else None
        before = life.job
        events = self.ledger.observe(job, self.at, now, self.audience.fields)
        if life.ident in self.ledger.running:
            self._watch_for_stalls(before, life, now, group)
        else:
            self._stalls.forget(life.ident)
        groups = tuple(self.audience.member_of.get(job.id, ()))
        if not life.ended and groups == (() if group is None else (group,)):
            # What nearly every job is: known to whose list it stands in, to nobody else, and no end.
            for event in events:
                self._outbox.append(_Notice(event, groups))
            return
        newcomers: _Newcomers | None = None
        ends: list[_Notice] = []
        if groups not in ((), (group,)) and (before is None or events or job != before.with_eta(None)):
            for other in groups:
                if other is not group:
                    other.stale.add(job.id)
        joins = group is not None and group not in groups
        if group is not None and joins:
            self.audience.join(job.id, group)
            told_run, moves = group.told.pop(job.id, (None, 0))
            if told_run is not None:
                newcomers = _Newcomers(group, moves, self.ledger.found(life, self.at))
            if told_run is not None and told_run == returning:
                groups += (group,)
            elif told_run != life.run or not life.ended:
                found = self.ledger.found if told_run is None else self.ledger.revived
                first = found(life, self.at)
                self._outbox.append(_Notice(first, (group,), by_id=False, newcomers=newcomers))
                if life.ended:
                    end = self.ledger.finished(life, self.at)
                    ends.append(_Notice(end, (group,), by_id=False))
            if newcomers is not None and told_run == life.run and life.ended:
                for late in (newcomers.found, self.ledger.finished(life, self.at)):
                    self._outbox.append(_Notice(late, (group,), False, newcomers, to_newcomers=True))
        for event in events:
            if isinstance(event, JobFinished):
                # After all that was before it, for others too: what its tasks did comes in between.
                self._outbox += ends
                ends = []
            self._outbox.append(_Notice(event, groups, newcomers=newcomers))
        self._outbox += ends
        if joins and group is not None and self.audience.tasked and not life.ended:
            for known in self.tasks.known(life, self.at):
                self._outbox.append(_Notice(known, (group,), by_id=False))
        if life.ended:
            self._left.add(job.id)

    def observe_task(self, event: TaskChanged) -> None:
        """Take note of a change of a task; it is told before the end of its job."""
        groups = tuple(self.audience.member_of.get(event.job.id, ()))
        notice = _Notice(event, groups)
        ends = (n for n, other in enumerate(self._outbox) if _ends(other.event, event.job.id))
        self._outbox.insert(next(ends, len(self._outbox)), notice)

    def gone(self, life: Life) -> None:
        """Take note that a job that was seen is nowhere to be found."""
        if not life.ended:
            groups = tuple(self.audience.member_of.get(life.ident, ()))
            self._stalls.forget(life.ident)
            self._outbox.append(_Notice(self.ledger.remove(life, self.at), groups))

    def has_told(self, group: Group, ident: str, finished: dt.datetime | None) -> bool:
        """Whether the watches of a query were told that a job ended at this moment."""
        run = self.ledger.told(ident, finished)
        if run is None or ident in group.members:
            return run is not None
        told_run, moves = group.told.get(ident, (None, 0))
        # Who has come back since wants to know what ended while it was away.
        return told_run == run and not any(
            each.recollection is not None and each.joined > moves for each in group.subscribers
        )

    def left(self, idents: set[str]) -> None:
        """Take note that jobs stand in a list no more: whoever was told of their ends is done with them."""
        self._left |= idents

    def dismiss(self, subscription: Subscription) -> None:
        """Take a watch out, and forget what nobody else watches. May be called twice."""
        self._forget(self.audience.remove(subscription))

    def drop(self, subscription: Subscription, idents: Collection[str]) -> None:
        """Ask for jobs no more on behalf of a watch, and forget what nobody else watches."""
        self._forget(self.audience.unfollow(subscription, idents))

    def tell_stalled(self, after: float) -> None:
        """Take note of running jobs that get nowhere.

        Args:
            after: for how many seconds.
        """
        for ident in self._stalls.due(self.now, after, self._confirmed):
            life = self.ledger.lives.get(ident)
            if life is not None and life.job is not None:
                groups = tuple(self.audience.member_of.get(ident, ()))
                self._outbox.append(_Notice(self.ledger.stalled(life, self.at), groups))

    async def tell(self) -> None:
        """Put what has collected into mailboxes, giving way to other tasks now and then."""
        loop = asyncio.get_running_loop()
        outbox, self._outbox = self._outbox, []
        began = loop.time()
        for notice in outbox:
            event = notice.event
            ends, revived = isinstance(event, _ENDS), isinstance(event, JobRevived)
            choose = self._chooser(notice)
            for number, subscription in enumerate(self._targets(notice)):
                self.offer(subscription, event if choose is None else choose(subscription))
                if ends:
                    subscription.settle(event.job.id)
                elif revived:
                    subscription.unsettle(event.job.id)
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
        if not any(group.asking is not None for group in self.audience.groups.values()):
            retired, self._retired = self._retired, set()
            self._forget([ident for ident in retired if not self.audience.holds(ident)])

    def offer(self, subscription: Subscription, event: Event | None) -> None:
        """Put an event into the mailbox of a watch, unless it is too early for it."""
        if event is not None and subscription.offer(event):
            self.told += 1

    def _chooser(self, notice: _Notice) -> Callable[[Subscription], JobEvent | None] | None:
        """What each watch is told in place of an event; ``None`` when all are told the same."""
        event, newcomers = notice.event, notice.newcomers
        if isinstance(event, JobChanged):
            # Who wanted the others may have left since it was observed.
            mixed = self.audience.mixed or not event.changes.keys() <= self.audience.field_set
            return narrower(event) if mixed else None
        if newcomers is None or not (notice.to_newcomers or isinstance(event, JobRevived)):
            return None
        if notice.to_newcomers:
            return lambda each: event if newcomers.holds(each) else None
        return lambda each: newcomers.found if newcomers.holds(each) else event

    def _watch_for_stalls(self, before: Job | None, life: Life, now: float, group: Group | None) -> None:
        job, fields = life.job, self.audience.fields
        if job is None or job.speed or "progress" not in fields or "speed" not in fields:
            self._stalls.forget(life.ident)
        else:
            source = self.audience.apart if group is None else group
            self._stalls.note(
                job.id,
                now,
                moves=False,
                progressed=before is None or (before.progress, before.status) != (job.progress, job.status),
                seen=Confirmed(source, source.polls),
            )

    def _confirmed(self, ident: str) -> Confirmed | None:
        for group in self.audience.member_of.get(ident, ()):
            if ident in group.present:
                return Confirmed(group, group.polls)
        apart: Asked = self.audience.apart
        return Confirmed(apart, apart.polls) if self.audience.holds(ident) else None

    def _targets(self, notice: _Notice) -> Collection[Subscription]:
        several = self.audience.by_id.get(notice.event.job.id, ())
        if isinstance(notice.event, TaskChanged):
            those = self.audience.of(notice.event.job.id) if notice.by_id else notice.groups[0].subscribers
            return [each for each in those if each.selection.tasks]
        if not notice.by_id:
            # A query's watch that follows the job by its id was told of it before its list holds it.
            return [each for group in notice.groups for each in group.subscribers if each not in several]
        if not notice.groups:
            return tuple(several)
        if len(notice.groups) == 1 and not several:
            return tuple(notice.groups[0].subscribers)
        return dict.fromkeys([*several, *(each for group in notice.groups for each in group.subscribers)])

    def _forget(self, idents: list[str]) -> None:
        for ident in idents:
            self._stalls.forget(ident)
            self.tasks.forget(ident)
            self.ledger.forget(ident)

    def _retire(self, ident: str) -> None:
        for group in list(self.audience.member_of.get(ident, ())):
            if ident not in group.present:
                group.remember(ident, self.ledger.lives[ident].run, self.audience.moves)
                if self.audience.leave(ident, group):
                    self._retired.add(ident)


def _ends(event: JobEvent, ident: str) -> bool:
    return event.job.id == ident and isinstance(event, _ENDS)
