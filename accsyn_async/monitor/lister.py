"""What a poll asks for: lists of queries, jobs by id, and those that have left their lists."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Set

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
from accsyn_async.monitor.admission import Admission
from accsyn_async.monitor.group import Asked, Group
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.listing import Ask, Listing
from accsyn_async.monitor.schedule import id_batches, list_whole
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.times import parse_time
from accsyn_async.transport.seam import Clock
from accsyn_async.wire.message import Call
from accsyn_async.wire.query import ids_expression
from accsyn_async.wire.rows import EndReader, JobList, JobReader

__all__ = ["Lister"]

logger = logging.getLogger("accsyn_async.monitor")

Room = Callable[[Call], int]
"""How many bytes are left in the URL of a call."""

_SWEEP = 5.0
"""Seconds between two looks through the finished jobs; more when they take long."""
_SWEEP_SHARE = 20
"""What one look takes, times this, is the least time until the next."""
_SWEEP_LONGEST = 120.0
"""Seconds between two looks at most: one answer that came late must not blind a watch for minutes."""
_SWEEP_BACK = dt.timedelta(hours=1)
"""How long before a watch began a job that is new among the finished may have ended:
clocks differ, but what is older was merely not listed before."""
_ARCHIVED_AFTER = dt.timedelta(days=13)
"""How long finished jobs are certain to be found without the archive: the backend keeps them for 14 days."""
_REVISIT = 5.0
"""Seconds between two questions after jobs that have ended."""
_LOOKUPS = 16
"""Jobs that are looked up one by one in a poll, at most; the others wait for the next."""


class Lister:
    """Asks the backend about jobs of one entity type, and hands on what it says.

    Attributes:
        following: the jobs that were last asked about because no list held them.
        unresolved: whether jobs that left their lists are still to be looked up.
        unchanged: how many lists said what they had said before.

    Args:
        entitytype: such as ``transfer``.
        ask: makes a call and reads the reply.
        herald: takes note.
        admission: is told what was never there.
        clock: time.
        room: how many bytes the ids in a call's URL may take.
    """

    def __init__(
        self,
        entitytype: str,
        ask: Ask,
        herald: Herald,
        admission: Admission,
        clock: Clock,
        room: Room,
    ) -> None:
        self.following: list[str] = []
        self.unresolved = False
        self.unchanged = 0
        self._entitytype = entitytype
        self._ask = ask
        self._herald = herald
        self._admission = admission
        self._clock = clock
        self._room = room
        # Jobs that are active although the lists that ought to hold them do not.
        self._apart: set[str] = set()
        # Jobs that were seen elsewhere while an answer about them was under way.
        self._stale: set[str] = set()
        self._batches: dict[tuple[str, ...], Listing] = {}
        self._whole = Listing()
        self._whole_size: int | None = None
        self._whole_lacks = False
        # What there is to follow is found out anew only when something moved.
        self._list_moved = True
        self._moves_seen = -1
        self._turn = 0
        self._revisit_due = 0.0
        self._revisited = 0

    async def list_group(self, group: Group) -> None:
        """Ask for the list of a query and take in what it says.

        Raises:
            AccsynError: it was not answered.
        """
        if self._clock.monotonic() >= group.sweep.due:
            await self._sweep_quietly(group)
        asked = self._clock.monotonic()
        jobs = await group.listing.ask(self._ask, self._find(group.expression), group.present.keys(), asked)
        if not self._herald.audience.is_current(group):
            return
        stale, group.stale, group.present_at = group.stale, set(), asked
        if jobs.unchanged:
            self.unchanged += 1
        else:
            self._list_moved = True
            self._herald.left(group.present.keys() - jobs.jobs.keys())
            group.present = jobs.jobs
            for job in jobs.changed:
                self._observe(job, asked, group)
        for ident in stale:
            if ident in jobs.jobs:
                self._observe(jobs.jobs[ident], asked, group)

    def _observe(self, job: Job, asked: float, group: Group | None = None) -> None:
        """Take note of a job, unless it was seen elsewhere while the answer was under way.

        Then nobody can tell which of the two is the later one; the next answer will.

        Args:
            job: the job.
            asked: when it was asked for, on the monotonic clock.
            group: whose list it stood in, if it was one.
        """
        lives = self._herald.ledger.lives
        life = lives.get(job.id)
        if life is not None and life.job is not None and asked < life.seen_at:
            if group is None:
                self._stale.add(job.id)
                return
            group.stale.add(job.id)
            job = life.job
        self._herald.observe(job, self._clock.monotonic(), group)
        if (life := lives.get(job.id)) is not None and asked >= life.seen_at:
            life.seen_at = self._clock.monotonic()

    async def _sweep_quietly(self, group: Group) -> None:
        """Sweep; when that is not answered, the list of the active is none the worse for it."""
        try:
            await self._sweep(group)
        except (AuthenticationError, SessionClosedError) as error:
            if not (isinstance(error, SessionExpiredError) and error.temporary):
                raise
        except AccsynError as error:
            logger.debug("the finished were not looked through: %s", error.message)
            # Until it has been looked through once, nobody knows what is new there.
            group.sweep.due = self._clock.monotonic() + (_SWEEP if group.sweep.ends is not None else 0)

    async def _sweep(self, group: Group) -> None:
        """Find jobs that began and ended between two polls: no list of active ones ever held them."""
        sweep, began = group.sweep, self._clock.monotonic()
        seen = await self._ask(self._find_ends(group.expression), sweep.reader)
        took = self._clock.monotonic() - began
        if sweep.ends is None or sweep.since is None:
            sweep.since = self._herald.at
        elif seen is not sweep.ends:
            # What was read but not taken in to the end, last time, is still new.
            new = seen - sweep.ends
            oldest, told = sweep.since - _SWEEP_BACK, self._herald.has_told
            ends = {ident: parse_time(text or "") for ident, text in new}
            recent = [
                ident for ident, end in ends.items() if end and end >= oldest and not told(group, ident, end)
            ]
            unseen = set(recent)
            for batch in self._batched(sorted(recent)):
                asked = self._clock.monotonic()
                jobs = await self._ask(self._find(ids_expression(batch), finished=True), JobReader())
                if not self._herald.audience.is_current(group):
                    return
                for job in jobs.changed:
                    if job.id in ends:
                        unseen.discard(job.id)
                        self._observe(job, asked, group)
            # What one answer names and the next does not show stays new.
            seen = seen - {end for end in new if end[0] in unseen} if unseen else seen
        sweep.ends = seen
        sweep.due = began + min(max(_SWEEP, _SWEEP_SHARE * took), _SWEEP_LONGEST)

    async def catch_up(self, subscription: Subscription, group: Group) -> None:
        """Find out which jobs ended while a watch was away, and follow those that it knew.

        Raises:
            AccsynError: it was not answered.
        """
        memory = subscription.recollection
        if memory is None or not subscription.behind:
            return
        seen: set[tuple[str, str | None]] = set()
        if memory.away(self._herald.at) > _ARCHIVED_AFTER:
            seen |= await self._ask(self._find_ends(group.expression, archived=True), EndReader())
        seen |= await self._ask(self._find_ends(group.expression), EndReader())
        if subscription not in self._herald.audience:
            return
        ends = [(ident, parse_time(text or "")) for ident, text in seen]
        if memory.since is None:
            memory.disregard(
                ((ident, end) for ident, end in ends if ident not in group.present),
                self._herald.at - 2 * _SWEEP_BACK,
            )
        subscription.behind = False
        # Those that have ended and are listed still may leave before the watch is let in.
        listed = [(ident, job.finished) for ident, job in group.present.items() if job.is_finished]
        subscription.extra = {*memory.unfinished, *memory.missed([*ends, *listed], _SWEEP_BACK)}
        self._herald.audience.follow(subscription, subscription.extra)

    async def follow(self, fresh: Set[Asked]) -> None:
        """Ask about the jobs that are watched and stand in no list.

        Args:
            fresh: whose lists were answered in this poll.

        Raises:
            AccsynError: something was not answered.
        """
        audience = self._herald.audience
        if not (self._list_moved or self._moves_seen != audience.moves or audience.by_id or self.following):
            return
        moves = audience.moves
        self.following = self._not_listed(fresh)
        await self._follow(self.following, fresh)
        await self._revisit()
        self._list_moved, self._moves_seen = False, moves

    async def _follow(self, rest: list[str], fresh: Set[Asked]) -> None:
        self._apart.intersection_update(rest)
        whole = self._herald.audience.groups.get(None)
        if whole is not None and whole in fresh:
            asked = [ident for ident in rest if ident in self._apart]
            doubtful = {ident for ident in rest if ident not in self._apart}
        else:
            asked, doubtful = rest, set()
        missing, by_list = await self._ask_for(asked)
        if by_list:
            doubtful.update(missing)
        else:
            self._stand_apart(set(asked).difference(missing))
        self.unresolved = False
        if missing := [*missing, *sorted(doubtful.difference(missing))]:
            await self._look_up(missing, doubtful)

    async def _revisit(self) -> None:
        """Ask for jobs that have ended while who watches them by id waits for others: do they live again?

        Now and then, and so many in turn as one request will hold.
        """
        now = self._clock.monotonic()
        if now < self._revisit_due:
            return
        self._revisit_due = now + _REVISIT
        lives, audience = self._herald.ledger.lives, self._herald.audience
        ended = sorted(
            ident
            for ident, several in audience.by_id.items()
            if ident in lives and lives[ident].ended and any(each.open for each in several)
        )
        if ended:
            self._revisited %= len(ended)
            batch = self._batched(ended[self._revisited :] + ended[: self._revisited])[0]
            self._revisited += len(batch)
            await self._fetch(self._find(ids_expression(batch)), set(batch))

    def _stand_apart(self, idents: set[str]) -> None:
        """Take note that jobs are active although their lists lack them: do those go on unseen?"""
        for ident in idents - self._apart:
            for group in self._herald.audience.member_of.get(ident, ()):
                group.listing.doubted = True
        self._apart |= idents

    def _not_listed(self, fresh: Set[Asked]) -> list[str]:
        """The jobs that are watched, may be active, and stand in no list that can be relied on."""
        audience, lives = self._herald.audience, self._herald.ledger.lives
        wanted = {ident for ident, life in lives.items() if not life.ended}
        wanted.update(ident for ident in audience.by_id if ident not in lives)
        for subscription in audience.joining:
            # A job that had ended may be active again by the time that somebody new asks.
            wanted.update(subscription.pending if subscription.admitted else subscription.followed)
        for group in audience.groups.values():
            # Who watches a job by id shall not wait for a list that is not answered.
            there = group.present.keys()
            wanted -= there if group in fresh else there - audience.by_id.keys()
        for subscription in audience.joining:
            # A list that was asked for before somebody came says nothing to them.
            late = [group for group in audience.groups.values() if group.asked < subscription.joined]
            asked_for = subscription.pending if subscription.admitted else subscription.followed
            wanted.update(ident for ident in asked_for if any(ident in group.present for group in late))
        return sorted(wanted)

    async def _ask_for(self, idents: list[str]) -> tuple[list[str], bool]:
        """Ask for jobs among the active; those that are not there, and whether a list of all says so."""
        if not self._whole_lacks and list_whole(len(idents), self._whole_size):
            asked = self._clock.monotonic()
            jobs = await self._whole.ask(self._ask, self._find(None), self._active(idents))
            self._count(jobs)
            self._whole_size = len(jobs.jobs)
            there = self._take(jobs, set(idents), asked)
            return [ident for ident in idents if ident not in there], True
        self._whole.reset()
        return await self._ask_in_batches(idents), False

    async def _ask_in_batches(self, idents: list[str]) -> list[str]:
        missing: list[str] = []
        listings: dict[tuple[str, ...], Listing] = {}
        for batch in self._batched(idents):
            key = tuple(batch)
            listing = listings[key] = self._batches.get(key) or Listing()
            asked = self._clock.monotonic()
            jobs = await listing.ask(self._ask, self._find(ids_expression(batch)), self._active(batch))
            self._count(jobs)
            there = self._take(jobs, set(batch), asked)
            missing += [ident for ident in batch if ident not in there]
        self._batches = listings
        return missing

    async def _look_up(self, suspects: list[str], doubtful: set[str]) -> None:
        """Find out what became of jobs that no list of active ones holds.

        Args:
            suspects: the jobs.
            doubtful: those that a list lacks, and that were not asked for by their ids.
        """
        left = dict.fromkeys(suspects)
        for batch in self._batched(suspects):
            for ident in await self._fetch(self._find(ids_expression(batch), finished=True), set(batch)):
                del left[ident]
        for batch in self._batched([ident for ident in left if ident in doubtful]):
            there = await self._fetch(self._find(ids_expression(batch)), set(batch))
            self._stand_apart(there)
            # A list of all that lacks what is active is of no use for finding jobs by their ids.
            self._whole_lacks |= bool(there)
            for ident in there:
                del left[ident]
        self.unresolved = bool(left)
        waiting = list(left)
        if len(waiting) > _LOOKUPS:
            self._turn = (self._turn + _LOOKUPS) % len(waiting)
            waiting = waiting[self._turn :] + waiting[: self._turn]
        for ident in waiting[:_LOOKUPS]:
            await self._look_up_one(ident)

    async def _fetch(self, call: Call, wanted: set[str]) -> set[str]:
        """Ask once for jobs, and take note of those that are wanted; their ids."""
        asked = self._clock.monotonic()
        return self._take(await self._ask(call, JobReader()), wanted, asked)

    async def _look_up_one(self, ident: str) -> None:
        """Find out what became of one job; no other suffers if the backend refuses this one."""
        asked = self._clock.monotonic()
        error: AccsynError = NotFoundError(
            f"there is no {self._entitytype} {ident}, or this user may not see it"
        )
        there: set[str] = set()
        try:
            there = await self._fetch(Call("GET", f"{self._entitytype}/find", {}, id=ident), {ident})
        except NotFoundError:
            pass
        except (PermissionDeniedError, QueryError, BackendError) as refusal:
            if isinstance(refusal, BackendError) and refusal.temporary:
                raise
            error = refusal
        if not self._herald.audience.holds(ident):
            return
        life = self._herald.ledger.life(ident)
        if there:
            if not life.ended:
                self._stand_apart(there)
                for batch, listing in self._batches.items():
                    listing.doubted |= ident in batch
        elif any(
            ident in group.present and group.present_at > asked
            for group in self._herald.audience.member_of.get(ident, ())
        ):
            # A list that was asked for later shows it.
            life.seen()
        elif life.missed(self._clock.monotonic()):
            self._admission.gone(life, error)

    def _take(self, jobs: JobList, wanted: set[str], asked: float) -> set[str]:
        """Take note of those that are wanted and were asked for at this time; their ids."""
        lives = self._herald.ledger.lives
        for job in jobs.changed:
            if job.id in wanted:
                self._observe(job, asked)
        there = wanted & jobs.jobs.keys()
        stale = self._stale & there
        self._stale -= stale
        for ident in there:
            life = lives.get(ident)
            if life is None or life.job is None or ident in stale:
                self._observe(jobs.jobs[ident], asked)
            else:
                life.seen()
        return there

    def _active(self, idents: list[str]) -> set[str]:
        """Those that were seen and had not ended."""
        lives = self._herald.ledger.lives
        return {
            ident
            for ident in idents
            if (life := lives.get(ident)) is not None and life.job and not life.ended
        }

    def _count(self, jobs: JobList) -> None:
        self.unchanged += jobs.unchanged

    def _batched(self, idents: list[str]) -> list[list[str]]:
        return id_batches(idents, room=self._room(self._find(ids_expression(()), finished=True)))

    def _find(self, expression: str | None, *, finished: bool = False) -> Call:
        data: dict[str, object] = {"attributes": self._herald.audience.attributes}
        if finished:
            data["finished"] = True
        return Call("GET", f"{self._entitytype}/find", data, query=expression)

    def _find_ends(self, expression: str | None, *, archived: bool = False) -> Call:
        data = {"attributes": ["id", "finished"], "archived" if archived else "finished": True}
        return Call("GET", f"{self._entitytype}/find", data, query=expression)
