"""What a poll asks for: lists of queries, jobs by id, and those that have left their lists."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from accsyn_async.errors import (
    AccsynError,
    AuthenticationError,
    BackendError,
    NotFoundError,
    PermissionDeniedError,
    QueryError,
    SessionClosedError,
    SessionExpiredError,
)
from accsyn_async.models import Job
from accsyn_async.monitor.audience import Group
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.schedule import id_batches, list_whole, missing_too_many
from accsyn_async.times import parse_time
from accsyn_async.transport.seam import Clock
from accsyn_async.wire.message import Call
from accsyn_async.wire.query import ids_expression
from accsyn_async.wire.reply import Failure
from accsyn_async.wire.rows import JobList, JobReader

__all__ = ["ATTRIBUTES", "Ask", "Lister"]

logger = logging.getLogger("accsyn_async.monitor")

T = TypeVar("T")


class Ask(Protocol):
    """Makes a call of the lowest priority, once, and reads the reply."""

    async def __call__(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        """Ask.

        Raises:
            AccsynError: it was not answered.
        """
        ...


ATTRIBUTES = [
    *("id", "name", "code", "status", "progress", "speed", "etr", "size"),
    *("source", "source_hr", "destination", "destination_hr", "user", "user_hr", "parent"),
    *("created", "finished", "modified", "metadata"),
]
"""What a poll asks for: all that a ``Job`` shows."""

_SWEEP = 5.0
"""Seconds between two looks through the finished jobs; more when they take long."""
_SWEEP_SHARE = 20
"""What one look takes, times this, is the least time until the next."""
_SWEEP_LONGEST = 120.0
"""Seconds between two looks at most: one answer that came late must not blind a watch for minutes."""
_SWEEP_BACK = dt.timedelta(hours=1)
"""How long before a watch began a job that is new among the finished may have ended:
clocks differ, but what is older was merely not listed before."""
_LOOKUPS = 16
"""Jobs that are looked up one by one in a poll, at most; the others wait for the next."""


class Lister:
    """Asks the backend about jobs of one entity type, and hands on what it says.

    Attributes:
        following: the jobs that the last poll asked about because no list held them.
        unresolved: whether jobs that left their lists are still to be looked up.

    Args:
        entitytype: such as ``transfer``.
        ask: makes a call and reads the reply.
        herald: takes note.
        clock: time.
    """

    def __init__(self, entitytype: str, ask: Ask, herald: Herald, clock: Clock) -> None:
        self.following: list[str] = []
        self.unresolved = False
        self._entitytype = entitytype
        self._ask = ask
        self._herald = herald
        self._clock = clock
        # Jobs that are active although the lists that ought to hold them do not.
        self._apart: set[str] = set()
        self._batches: dict[tuple[str, ...], JobReader] = {}
        self._whole = JobReader()
        self._whole_size: int | None = None
        # What there is to follow is found out anew only when something moved.
        self._list_moved = True
        self._moves_seen = -1
        self._turn = 0

    async def list_group(self, group: Group, at: dt.datetime) -> None:
        """Ask for the list of a query and take in what it says.

        Raises:
            AccsynError: it was not answered.
        """
        if self._clock.monotonic() >= group.sweep.due:
            await self._sweep_quietly(group, at)
        asked = self._clock.monotonic()
        jobs = await self._ask_twice(self._find(group.expression), group.reader, group.present.keys())
        if not self._herald.audience.is_current(group):
            return
        stale, group.stale = group.stale, set()
        if not jobs.unchanged:
            self._list_moved = True
            self._herald.left(group.present.keys() - jobs.jobs.keys())
            group.present = jobs.jobs
            for job in jobs.changed:
                self._observe_listed(job, at, group, asked)
        for ident in stale:
            if ident in jobs.jobs:
                self._observe_listed(jobs.jobs[ident], at, group, asked)

    def _observe_listed(self, job: Job, at: dt.datetime, group: Group, asked: float) -> None:
        """Take note of a job in a list, as it was seen elsewhere while that list was under way, if it was."""
        life = self._herald.ledger.life(job.id)
        if life.job is None or asked >= life.seen_at:
            life.seen_at = self._clock.monotonic()
        elif job != life.job:
            # Which of the two is the later one nobody can tell: the next list will.
            group.stale.add(job.id)
            job = life.job
        self._herald.observe(job, at, group)

    async def _sweep_quietly(self, group: Group, at: dt.datetime) -> None:
        """Sweep; when that is not answered, the list of the active is none the worse for it."""
        try:
            await self._sweep(group, at)
        except (AuthenticationError, SessionClosedError) as error:
            if not (isinstance(error, SessionExpiredError) and error.temporary):
                raise
        except AccsynError as error:
            logger.debug("the finished were not looked through: %s", error.message)
            group.sweep.due = self._clock.monotonic() + _SWEEP

    async def _sweep(self, group: Group, at: dt.datetime) -> None:
        """Find jobs that began and ended between two polls: no list of active ones ever held them."""
        sweep, began = group.sweep, self._clock.monotonic()
        data = {"attributes": ["id", "finished"], "finished": True}
        call = Call("GET", f"{self._entitytype}/find", data, query=group.expression)
        seen = await self._ask(call, sweep.reader)
        took = self._clock.monotonic() - began
        if sweep.ends is None or sweep.since is None:
            sweep.since = at
        elif seen is not sweep.ends:
            # What was read but not taken in to the end, last time, is still new.
            new = seen - sweep.ends
            oldest, told = sweep.since - _SWEEP_BACK, self._herald.has_told
            ends = {ident: parse_time(text or "") for ident, text in new}
            recent = [
                ident for ident, end in ends.items() if end and end >= oldest and not told(group, ident, end)
            ]
            unseen = set(recent)
            for batch in id_batches(sorted(recent)):
                asked = self._clock.monotonic()
                jobs = await self._ask(self._find(ids_expression(batch), finished=True), JobReader())
                if not self._herald.audience.is_current(group):
                    return
                for job in jobs.changed:
                    if job.id in ends:
                        unseen.discard(job.id)
                        self._observe_listed(job, at, group, asked)
            # What one answer names and the next does not show stays new.
            seen = seen - {end for end in new if end[0] in unseen} if unseen else seen
        sweep.ends = seen
        sweep.due = began + min(max(_SWEEP, _SWEEP_SHARE * took), _SWEEP_LONGEST)

    async def follow(self, fresh: set[Group], at: dt.datetime) -> None:
        """Ask about the jobs that are watched and stand in no list.

        Args:
            fresh: the groups whose lists were answered in this poll.
            at: when this poll was made.

        Raises:
            AccsynError: something was not answered.
        """
        audience = self._herald.audience
        if not (self._list_moved or self._moves_seen != audience.moves or audience.by_id or self.following):
            return
        moves = audience.moves
        self.following = self._not_listed(fresh)
        await self._follow(self.following, fresh, at)
        self._list_moved, self._moves_seen = False, moves

    async def _follow(self, rest: list[str], fresh: set[Group], at: dt.datetime) -> None:
        self._apart.intersection_update(rest)
        whole = self._herald.audience.groups.get(None)
        if whole is not None and whole in fresh:
            asked = [ident for ident in rest if ident in self._apart]
            missing = [ident for ident in rest if ident not in self._apart]
        else:
            asked, missing = rest, []
        missing += await self._ask_for(asked, at)
        self.unresolved = False
        if missing:
            await self._look_up(missing, at)

    def _not_listed(self, fresh: set[Group]) -> list[str]:
        """The jobs that are watched, may be active, and stand in no list that can be relied on."""
        audience, lives = self._herald.audience, self._herald.ledger.lives
        wanted = {ident for ident, life in lives.items() if not life.ended}
        wanted.update(ident for ident in audience.by_id if ident not in lives)
        for subscription in audience.joining:
            # A job that had ended may be active again by the time that somebody new asks.
            wanted.update(subscription.selection.ids or ())
        for group in audience.groups.values():
            # Who watches a job by id shall not wait for a list that is not answered.
            there = group.present.keys()
            wanted -= there if group in fresh else there - audience.by_id.keys()
        return sorted(wanted)

    async def _ask_for(self, idents: list[str], at: dt.datetime) -> list[str]:
        """Ask for jobs among the active; those that are not there."""
        if list_whole(len(idents), self._whole_size):
            jobs = await self._ask_twice(self._find(None), self._whole, self._active(idents))
            self._whole_size = len(jobs.jobs)
            there = self._take(jobs, set(idents), at)
            return [ident for ident in idents if ident not in there]
        self._whole.reset()
        missing: list[str] = []
        readers: dict[tuple[str, ...], JobReader] = {}
        for batch in id_batches(idents):
            key = tuple(batch)
            reader = readers[key] = self._batches.get(key) or JobReader()
            jobs = await self._ask_twice(self._find(ids_expression(batch)), reader, self._active(batch))
            there = self._take(jobs, set(batch), at)
            missing += [ident for ident in batch if ident not in there]
        self._batches = readers
        return missing

    async def _look_up(self, suspects: list[str], at: dt.datetime) -> None:
        """Find out what became of jobs that no list of active ones holds."""
        left = dict.fromkeys(suspects)
        for batch in id_batches(suspects):
            call = self._find(ids_expression(batch), finished=True)
            for ident in self._take(await self._ask(call, JobReader()), set(batch), at):
                del left[ident]
        self.unresolved = bool(left)
        waiting = list(left)
        if len(waiting) > _LOOKUPS:
            self._turn = (self._turn + _LOOKUPS) % len(waiting)
            waiting = waiting[self._turn :] + waiting[: self._turn]
        for ident in waiting[:_LOOKUPS]:
            await self._look_up_one(ident, at)

    async def _look_up_one(self, ident: str, at: dt.datetime) -> None:
        """Find out what became of one job; no other suffers if the backend refuses this one."""
        error: AccsynError = NotFoundError(
            f"there is no {self._entitytype} {ident}, or this user may not see it"
        )
        there: set[str] = set()
        try:
            jobs = await self._ask(Call("GET", f"{self._entitytype}/find", {}, id=ident), JobReader())
            there = self._take(jobs, {ident}, at)
        except NotFoundError:
            pass
        except (PermissionDeniedError, QueryError, BackendError) as refusal:
            if isinstance(refusal, BackendError) and refusal.temporary:
                raise
            error = refusal
        if not self._herald.audience.holds(ident):
            return
        life = self._herald.ledger.life(ident)
        if not there:
            if life.missed(self._clock.monotonic()):
                self._herald.gone(life, at, error)
        elif not life.ended:
            self._apart.add(ident)

    def _take(self, jobs: JobList, wanted: set[str], at: dt.datetime) -> set[str]:
        """Take note of those that are wanted; their ids."""
        lives = self._herald.ledger.lives
        for job in jobs.changed:
            if job.id in wanted:
                self._herald.observe(job, at)
        there = wanted & jobs.jobs.keys()
        for ident in there:
            life = lives.get(ident)
            if life is None or life.job is None:
                self._herald.observe(jobs.jobs[ident], at)
            else:
                life.seen()
        return there

    async def _ask_twice(self, call: Call, reader: JobReader, expected: Iterable[str]) -> JobList:
        """Ask for a list, and once more when it lacks too much to be believed."""
        first = await self._ask(call, reader)
        if first.unchanged:
            return first
        known = set(expected)
        if not missing_too_many(len(known), len(known - first.jobs.keys()), len(first.jobs)):
            return first
        try:
            again = await self._ask(call, reader)
        except BaseException:
            # What the first list said was taken in by nobody.
            reader.reset()
            raise
        return JobList(again.jobs, [*first.changed, *again.changed])

    def _active(self, idents: list[str]) -> set[str]:
        """Those that were seen and had not ended."""
        lives = self._herald.ledger.lives
        return {
            ident
            for ident in idents
            if (life := lives.get(ident)) is not None and life.job and not life.ended
        }

    def _find(self, expression: str | None, *, finished: bool = False) -> Call:
        data: dict[str, object] = {"attributes": ATTRIBUTES}
        if finished:
            data["finished"] = True
        return Call("GET", f"{self._entitytype}/find", data, query=expression)
