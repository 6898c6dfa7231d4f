"""Looking through the finished jobs, for some that no list of active ones ever held."""

from __future__ import annotations

import datetime as dt
import logging

from accsyn_async.errors import AccsynError, AuthenticationError, SessionClosedError, SessionExpiredError
from accsyn_async.monitor.finder import Finder
from accsyn_async.monitor.group import Group
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.times import parse_time
from accsyn_async.wire.ends import EndReader
from accsyn_async.wire.query import ids_expression
from accsyn_async.wire.rows import JobReader

__all__ = ["Sweeper"]

logger = logging.getLogger("accsyn_async.monitor")

_SWEEP = 5.0
"""Seconds between two looks through the finished jobs; more when they take long."""
_SWEEP_SHARE = 20
"""What looks take, times this, is the least time between two: of the last two the quicker one, since
an answer that came late once says nothing of the next."""
_SWEEP_LONGEST = 120.0
"""Seconds between two looks at most, however long they take."""
_SWEEP_BACK = dt.timedelta(hours=1)
"""How long before a watch began a job that is new among the finished may have ended:
clocks differ, but what is older was merely not listed before."""
_TIDY = 3600.0
"""Seconds between two looks for what was told and cannot come up again."""
_ARCHIVED_AFTER = dt.timedelta(days=13)
"""How long finished jobs are certain to be found without the archive: the backend keeps them for 14 days."""


class Sweeper:
    """Finds jobs that began and ended between two polls, or while a watch was away.

    Args:
        finder: makes the calls.
        herald: knows who was told what.
    """

    def __init__(self, finder: Finder, herald: Herald) -> None:
        self._finder = finder
        self._herald = herald

    async def sweep(self, group: Group) -> None:
        """Look through a query's finished jobs, if it is time; who does not answer is asked again later.

        Raises:
            AuthenticationError: a login was refused.
            SessionClosedError: the session is closed.
        """
        if self._finder.clock.monotonic() < group.sweep.due:
            return
        try:
            await self._sweep(group)
        except (AuthenticationError, SessionClosedError) as error:
            if not (isinstance(error, SessionExpiredError) and error.temporary):
                raise
        except AccsynError as error:
            logger.debug("the finished were not looked through: %s", error.message)
            # Until it has been looked through once, nobody knows what is new there.
            group.sweep.due = self._finder.clock.monotonic() + (_SWEEP if group.sweep.ends is not None else 0)

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
            seen |= await self._finder.ask(
                self._finder.find_ends(group.expression, archived=True), EndReader()
            )
        seen |= await self._finder.ask(self._finder.find_ends(group.expression), EndReader())
        if subscription not in self._herald.audience:
            return
        ends = [(ident, parse_time(text or "")) for ident, text in seen]
        if memory.since is None:
            memory.disregard(
                ((ident, end) for ident, end in ends if ident not in group.present),
                self._herald.at - 2 * _SWEEP_BACK,
            )
        subscription.behind, subscription.unsure = False, memory.since is not None
        # Those that have ended and are listed still may leave before the watch is let in.
        listed = [(ident, job.finished) for ident, job in group.present.items() if job.is_finished]
        subscription.extra = {*memory.unfinished, *memory.missed([*ends, *listed], _SWEEP_BACK)}
        self._herald.audience.follow(subscription, subscription.extra)

    async def _sweep(self, group: Group) -> None:
        """Find jobs that began and ended between two polls: no list of active ones ever held them."""
        sweep, began = group.sweep, self._finder.clock.monotonic()
        seen = await self._finder.ask(self._finder.find_ends(group.expression), sweep.reader)
        took = self._finder.clock.monotonic() - began
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
            for batch in self._finder.batched(sorted(recent)):
                asked = self._finder.clock.monotonic()
                jobs = await self._finder.ask(
                    self._finder.find(ids_expression(batch), finished=True), JobReader()
                )
                if not self._herald.audience.is_current(group):
                    return
                now = self._finder.clock.monotonic()
                for job in jobs.changed:
                    if job.id in ends:
                        unseen.discard(job.id)
                        self._finder.observe(job, asked, now, group)
            # What one answer names and the next does not show stays new.
            seen = seen - {end for end in new if end[0] in unseen} if unseen else seen
        sweep.ends = seen
        if began >= sweep.tidy_due:
            sweep.tidy_due = began + _TIDY
            group.tidy(self._herald.ledger.knows)
        for subscription in [each for each in group.subscribers if each.unsure and each.admitted]:
            self._make_sure(subscription, group, seen)
        sweep.due = began + min(max(_SWEEP, _SWEEP_SHARE * min(took, sweep.took)), _SWEEP_LONGEST)
        sweep.took = took

    def _make_sure(self, subscription: Subscription, group: Group, seen: set[tuple[str, str | None]]) -> None:
        """Follow what ended while a watch was away and an earlier answer did not name."""
        memory, audience = subscription.recollection, self._herald.audience
        subscription.unsure = False
        if memory is None:
            return
        ends = [
            (ident, parse_time(text or ""))
            for ident, text in seen
            if ident not in group.members and ident not in subscription.extra and not memory.has_met(ident)
        ]
        if new := set(memory.missed(ends, _SWEEP_BACK)):
            subscription.extra = {*subscription.extra, *new}
            subscription.pending |= new
            audience.follow(subscription, new)
            audience.expect(subscription)
