"""The poller: when to ask, and what to say of a backend that does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import random
from collections.abc import Callable, Iterable
from typing import TypeVar

from accsyn_async.errors import (
    AccsynError,
    AuthenticationError,
    BackendError,
    RateLimitedError,
    SessionClosedError,
    SessionExpiredError,
    TransportError,
)
from accsyn_async.events import Degraded, Recovered
from accsyn_async.monitor.audience import Group, Subscription
from accsyn_async.monitor.herald import SLICE, Herald
from accsyn_async.monitor.lister import Ask, Lister
from accsyn_async.monitor.schedule import PollPolicy, Situation, next_interval
from accsyn_async.transport.seam import Clock
from accsyn_async.wire.message import Call
from accsyn_async.wire.reply import Failure

__all__ = ["Poller"]

logger = logging.getLogger("accsyn_async.monitor")

T = TypeVar("T")

_SHORTEST_GAP = 0.25
"""Seconds between two polls, at least, however often somebody asks for one."""
_REFUSALS = 3
"""Refusals in a row after which a list that was answered before is given up."""
_FORGIVEN_AFTER = 120.0
"""Seconds of good polls after which earlier failures no longer count."""
_AT_ONCE = 8
"""Lists asked for at the same time."""
_LONGEST_PAUSE = 60.0
"""Seconds that a poll waits at most because the backend asked for it; then it says so."""


class Poller:
    """Polls jobs of one entity type for as long as somebody watches them.

    Args:
        entitytype: such as ``transfer``.
        ask: makes a call and reads the reply.
        workspace: goes into the events' ids.
        policy: how often to poll.
        clock: time.
        rng: spreads the intervals.
    """

    def __init__(
        self,
        entitytype: str,
        ask: Ask,
        *,
        workspace: str,
        policy: PollPolicy,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self.polls = 0
        self._entitytype = entitytype
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._herald = Herald(workspace)
        self._ask = ask
        self._lister = Lister(entitytype, self._timed, self._herald, clock)
        self._audience = self._herald.audience
        self._wake = asyncio.Event()
        # What is asked by id is asked for many at a time, and so has one health.
        self._by_id = Group(None)
        self._failed: AccsynError | None = None
        self._slowest = 0.0
        self._patience = 0.0
        self._late: asyncio.TimerHandle | None = None
        self._answered: set[Group] = set()

    @property
    def idle(self) -> bool:
        """Whether nobody watches."""
        return not self._audience

    def add(self, subscription: Subscription) -> None:
        """Let a watch in; it is told what there is after the next poll."""
        self._audience.add(subscription)
        group = self._group_of(subscription)
        if group.health.degraded:
            subscription.degrade(group.health, Degraded(at=self._clock.now(), reason=group.reason))
        self.wake()

    def remove(self, subscription: Subscription) -> None:
        """Take a watch out. May be called twice."""
        self._herald.dismiss(subscription)
        if self.idle:
            self.wake()

    def wake(self) -> None:
        """Poll at once."""
        self._wake.set()

    def close(self, error: Exception | None) -> None:
        """End every watch: its iterator ends, or raises ``error``."""
        for subscription in list(self._audience):
            subscription.mailbox.close(error)

    async def run(self) -> None:
        """Poll until nobody watches any more.

        Raises:
            AuthenticationError: a login was refused.
            SessionClosedError: the session is closed.
        """
        interval, failures, good_since = self._policy.soon, 0, self._clock.monotonic()
        while not self.idle:
            self._wake.clear()
            changed = await self._poll(interval)
            now = self._clock.monotonic()
            if self._failed is not None:
                failures, good_since = failures + 1, now
            elif now - good_since > _FORGIVEN_AFTER:
                failures = 0
            situation = self._situation(interval, self._slowest, changed=changed, failures=failures)
            interval = next_interval(self._policy, situation, self._rng.random())
            await self._rest(interval, self._slowest)

    async def _poll(self, interval: float) -> bool:
        """Ask, compare, look up, tell; ``True`` when there was anything to tell."""
        joining = list(self._audience.joining)
        at = self._clock.now()
        self._failed = None
        self._answered.clear()
        self.polls += 1
        self._patience = 3 * max(interval, self._policy.running, self._slowest)
        self._slowest = 0.0
        self._expect_answer()
        try:
            await self._list_all(list(self._audience.groups.values()), at)
            await self._follow(at)
        finally:
            self._stop_expecting()
        changed = self._herald.changed
        await self._herald.tell()
        return await self._admit(joining, at) or changed

    async def _admit(self, joining: list[Subscription], at: dt.datetime) -> bool:
        """Let new watches in whose jobs are known by now; ``True`` when there were any."""
        loop = asyncio.get_running_loop()
        admitted, began = False, loop.time()
        with self._herald.admitting(at) as admit:
            for subscription in joining:
                if self._group_of(subscription) in self._answered:
                    admitted |= admit(subscription)
                if loop.time() - began > SLICE:
                    await asyncio.sleep(0)
                    began = loop.time()
        return admitted

    async def _list_all(self, groups: list[Group], at: dt.datetime) -> None:
        """Ask for the lists of all queries, some at a time."""
        if len(groups) == 1:
            await self._list(groups[0], at)
            return
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(group: Group) -> None:
            async with gate:
                await self._list(group, at)

        for outcome in await asyncio.gather(*map(one, groups), return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _timed(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        """Ask, and note how long the slowest answer of this poll took."""
        began = self._clock.monotonic()
        try:
            return await self._ask(call, read)
        finally:
            self._slowest = max(self._slowest, self._clock.monotonic() - began)
            self._expect_answer()

    def _expect_answer(self) -> None:
        """Begin anew to count how long there is no answer."""
        self._stop_expecting()
        self._late = asyncio.get_running_loop().call_later(self._patience, self._overdue)

    def _stop_expecting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    async def _list(self, group: Group, at: dt.datetime) -> None:
        try:
            await self._lister.list_group(group, at)
        except AccsynError as error:
            self._trouble(error, group, group.subscribers, group.subscribers)
        else:
            self._better(group)

    async def _follow(self, at: dt.datetime) -> None:
        try:
            await self._lister.follow(self._answered, at)
        except AccsynError as error:
            self._trouble(error, self._by_id, self._watchers_by_id(), self._followers())
        else:
            self._better(self._by_id)

    def _group_of(self, subscription: Subscription) -> Group:
        selection = subscription.selection
        if selection.ids is not None:
            return self._by_id
        return self._audience.groups.get(selection.expression, self._by_id)

    # -- good and bad weather ---------------------------------------------

    def _trouble(
        self,
        error: AccsynError,
        group: Group,
        owners: Iterable[Subscription],
        affected: Iterable[Subscription],
    ) -> None:
        """A request failed: say so, or end the watches that it was for."""
        if isinstance(error, AuthenticationError | SessionClosedError) and not _may_pass(error):
            raise error
        self._failed = error
        group.refusals = 0 if _may_pass(error) else group.refusals + 1
        if group.refusals >= (_REFUSALS if group.listed else 1):
            for subscription in tuple(owners):
                subscription.mailbox.close(error)
                self._herald.dismiss(subscription)
            return
        if group.health.failed(self._clock.monotonic()):
            logger.warning("polling %s is degraded: %s", self._entitytype, error.message)
        if group.health.degraded:
            self._degrade(group, affected, error.message)

    def _degrade(self, group: Group, affected: Iterable[Subscription], reason: str) -> None:
        group.reason = reason
        event = Degraded(at=self._clock.now(), reason=reason)
        for subscription in tuple(affected):
            subscription.degrade(group.health, event)

    def _better(self, group: Group) -> None:
        """A request succeeded: say so, if the one before did not."""
        self._answered.add(group)
        group.listed, group.refusals = True, 0
        if (after := group.health.good(self._clock.monotonic())) is not None:
            logger.info("polling %s has recovered after %.0f s", self._entitytype, after)
            event = Recovered(at=self._clock.now(), after=dt.timedelta(seconds=after))
            for subscription in tuple(self._audience):
                subscription.recover(group.health, event)

    def _overdue(self) -> None:
        """No answer for three intervals."""
        reason = "the backend does not answer"
        for group in self._audience.groups.values():
            if group not in self._answered and group.health.overdue(self._clock.monotonic()):
                self._degrade(group, group.subscribers, reason)
        if self._by_id.health.overdue(self._clock.monotonic()):
            self._degrade(self._by_id, self._followers(), reason)

    def _watchers_by_id(self) -> Iterable[Subscription]:
        return dict.fromkeys(each for several in self._audience.by_id.values() for each in several)

    def _followers(self) -> Iterable[Subscription]:
        """Those whose jobs stand in no list."""
        return dict.fromkeys(each for ident in self._lister.following for each in self._audience.of(ident))

    # -- time -------------------------------------------------------------

    def _situation(self, interval: float, reply_time: float, *, changed: bool, failures: int) -> Situation:
        failed = self._failed
        asked = failed.retry_after if isinstance(failed, RateLimitedError) else None
        ledger = self._herald.ledger
        return Situation(
            interval=interval,
            reply_time=reply_time,
            running=bool(ledger.running),
            closing=bool(ledger.closing),
            changed=changed,
            unresolved=self._lister.unresolved or bool(self._audience.joining),
            failures=failures,
            failed=failed is not None,
            asked_to_wait=min(asked or 0.0, _LONGEST_PAUSE),
        )

    async def _rest(self, interval: float, reply_time: float) -> None:
        """Wait for the next poll's time, or for somebody who wants one at once."""
        if self.idle:
            return
        if self._failed is not None:
            await self._clock.sleep(interval)
            return
        gap = min(interval, max(_SHORTEST_GAP, 4 * reply_time))
        await self._clock.sleep(gap)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(interval - gap):
                await self._wake.wait()


def _may_pass(error: AccsynError) -> bool:
    """Whether the same request may well succeed later."""
    if isinstance(error, BackendError | SessionExpiredError):
        return error.temporary
    return isinstance(error, TransportError | RateLimitedError)
