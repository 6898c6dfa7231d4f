"""What a poll asks for: lists, jobs by id, and whether a job that has left its list ended or was removed.

That is looked up and never guessed: among the finished, among the active, and by its id. What is found
nowhere, twice and some time apart (``REMOVED_AFTER``, in ``ledger``), was removed.
"""

from __future__ import annotations

import logging
from collections.abc import Set

from accsyn_async.errors import (
    AccsynError,
    BackendError,
    NotFoundError,
    PermissionDeniedError,
    QueryError,
)
from accsyn_async.monitor.admission import Admission
from accsyn_async.monitor.finder import Finder
from accsyn_async.monitor.group import Asked, Group
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.listing import Listing
from accsyn_async.monitor.schedule import list_whole
from accsyn_async.wire.message import Call
from accsyn_async.wire.query import ids_expression

__all__ = ["Lister"]

logger = logging.getLogger("accsyn_async.monitor")

_REVISIT = 5.0
"""Seconds between two questions after jobs that have ended."""
_LOOKUPS = 16
"""Jobs that are looked up one by one in a poll, at most; the others wait for the next."""


class Lister:
    """Asks the backend about jobs of one entity type, and hands on what it says.

    Attributes:
        following: the jobs that were last asked about because no list held them.
        unresolved: whether jobs that left their lists are still to be looked up.

    Args:
        finder: makes the calls.
        herald: takes note.
        admission: is told what is no more.
    """

    def __init__(self, finder: Finder, herald: Herald, admission: Admission) -> None:
        self.following: list[str] = []
        self.unresolved = False
        self._finder = finder
        self._herald = herald
        self._admission = admission
        # Jobs that are active although the lists that ought to hold them do not.
        self._apart: set[str] = set()
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
        asked = self._finder.clock.monotonic()
        jobs = await group.listing.ask(
            self._finder.ask, self._finder.find(group.expression), group.present, asked
        )
        if not self._herald.audience.is_current(group):
            return
        now = self._finder.clock.monotonic()
        stale, group.stale, group.present_at = group.stale, set(), asked
        if jobs.unchanged:
            self._finder.unchanged += 1
        else:
            self._list_moved = True
            if jobs.alike is not group.present:
                self._herald.left(group.present.keys() - jobs.jobs.keys())
            group.present = jobs.jobs
            for job in jobs.changed:
                self._finder.observe(job, asked, now, group)
        for ident in stale:
            if ident in jobs.jobs:
                self._finder.observe(jobs.jobs[ident], asked, now, group)

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
        moves, self._list_moved = audience.moves, False
        self.following = self._not_listed(fresh)
        try:
            await self._follow(self.following, fresh)
            await self._revisit()
        except BaseException:
            self._list_moved = True
            raise
        self._moves_seen = moves

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
        now = self._finder.clock.monotonic()
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
            batch = self._finder.batched(ended[self._revisited :] + ended[: self._revisited])[0]
            self._revisited += len(batch)
            await self._finder.fetch(self._finder.find(ids_expression(batch)), set(batch))

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
        groups = audience.groups.values()
        left = {ident for group in groups if group in fresh for ident in group.members - group.present.keys()}
        for group in groups:
            # Who watches a job by its id, or in another list which it has left, shall not wait for one
            # that is not answered.
            there = group.present.keys()
            wanted -= there if group in fresh else there - audience.by_id.keys() - left
        for subscription in audience.joining:
            # A list that was asked for before somebody came says nothing to them.
            late = [group for group in audience.groups.values() if group.asked < subscription.joined]
            asked_for = subscription.pending if subscription.admitted else subscription.followed
            wanted.update(ident for ident in asked_for if any(ident in group.present for group in late))
        return sorted(wanted)

    async def _ask_for(self, idents: list[str]) -> tuple[list[str], bool]:
        """Ask for jobs among the active; those that are not there, and whether a list of all says so."""
        if not self._whole_lacks and list_whole(len(idents), self._whole_size):
            asked = self._finder.clock.monotonic()
            jobs = await self._whole.ask(self._finder.ask, self._finder.find(None), self._active(idents))
            self._finder.unchanged += jobs.unchanged
            self._whole_size = len(jobs.jobs)
            there = self._finder.take(jobs, set(idents), asked)
            return [ident for ident in idents if ident not in there], True
        self._whole.reset()
        return await self._ask_in_batches(idents), False

    async def _ask_in_batches(self, idents: list[str]) -> list[str]:
        missing: list[str] = []
        listings: dict[tuple[str, ...], Listing] = {}
        for batch in self._finder.batched(idents):
            key = tuple(batch)
            listing = listings[key] = self._batches.get(key) or Listing()
            asked = self._finder.clock.monotonic()
            jobs = await listing.ask(
                self._finder.ask, self._finder.find(ids_expression(batch)), self._active(batch)
            )
            self._finder.unchanged += jobs.unchanged
            there = self._finder.take(jobs, set(batch), asked)
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
        for batch in self._finder.batched(suspects):
            for ident in await self._finder.fetch(
                self._finder.find(ids_expression(batch), finished=True), set(batch)
            ):
                del left[ident]
        for batch in self._finder.batched([ident for ident in left if ident in doubtful]):
            there = await self._finder.fetch(self._finder.find(ids_expression(batch)), set(batch))
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

    async def _look_up_one(self, ident: str) -> None:
        """Find out what became of one job; no other suffers if the backend refuses this one."""
        asked = self._finder.clock.monotonic()
        error: AccsynError = NotFoundError(
            f"there is no {self._finder.entitytype} {ident}, or this user may not see it"
        )
        there: set[str] = set()
        try:
            there = await self._finder.fetch(
                Call("GET", f"{self._finder.entitytype}/find", {}, id=ident), {ident}
            )
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
        elif life.missed(self._finder.clock.monotonic()):
            self._admission.gone(life, error)

    def _active(self, idents: list[str]) -> set[str]:
        """Those that were seen and had not ended."""
        lives = self._herald.ledger.lives
        return {
            ident
            for ident in idents
            if (life := lives.get(ident)) is not None and life.job and not life.ended
        }
