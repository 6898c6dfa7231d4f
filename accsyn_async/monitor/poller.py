"""The poller: when to ask, and what to say of a backend that does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import random
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

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
from accsyn_async.models import Job
from accsyn_async.monitor.admission import Admission
from accsyn_async.monitor.group import Asked, Group
from accsyn_async.monitor.herald import SLICE, Herald
from accsyn_async.monitor.lister import Lister, Room
from accsyn_async.monitor.listing import Ask
from accsyn_async.monitor.schedule import PollPolicy, Situation, next_interval
from accsyn_async.monitor.statistics import Statistics
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.monitor.task_lister import TaskLister
from accsyn_async.transport.seam import Clock
from accsyn_async.wire.message import Call
from accsyn_async.wire.reply import Failure

__all__ = ["Poller"]

logger = logging.getLogger("accsyn_async.monitor")

T = TypeVar("T")
S = TypeVar("S", bound=Asked)

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
        room: how many bytes are left in the URL of a call.
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
        room: Room,
    ) -> None:
        self.polls = 0
        self.good_at: float | None = None
        self._entitytype = entitytype
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._herald = Herald(workspace)
        self._admission = Admission(self._herald)
        self._ask = ask
        self._lister = Lister(entitytype, self._timed, self._herald, self._admission, clock, room)
        self._tasks = TaskLister(self._timed, self._herald)
        self._audience = self._herald.audience
        self._wake = asyncio.Event()
        self._failed: AccsynError | None = None
        self._slowest = 0.0
        self._patience = 0.0
        self._late: asyncio.TimerHandle | None = None
        self._answered: set[Asked] = set()
        self._asking: set[asyncio.Task[None]] = set()
        self._merged = 0

    @property
    def idle(self) -> bool:
        """Whether nobody watches."""
        return not self._audience

    def add(self, subscription: Subscription) -> None:
        """Let a watch in; it is told what there is after the next poll."""
        memory = subscription.recollection
        if memory is not None:
            for ident, past in memory.past.items():
                self._herald.recall(ident, past)
        self._audience.add(subscription)
        source = self._audience.source_of(subscription)
        source.due = 0.0
        if source.health.degraded:
            subscription.degrade(source.health, Degraded(at=self._clock.now(), reason=source.reason))
        self.wake()

    def add_ids(self, subscription: Subscription, idents: tuple[str, ...]) -> None:
        """Let a watch of ids have more of them; it is told of them after the next poll."""
        if subscription not in self._audience or subscription.mailbox.closed or subscription.open is None:
            return
        had = subscription.selection.ids or ()
        new = [ident for ident in idents if ident not in had]
        if not new:
            return
        subscription.selection = subscription.selection.with_ids((*had, *new))
        subscription.open.update(new)
        if subscription.admitted:
            subscription.pending.update(new)
        self._audience.follow(subscription, new)
        self.wake()

    def remove_ids(self, subscription: Subscription, idents: tuple[str, ...]) -> None:
        """Let a watch of ids have fewer of them; it ends with the last."""
        had = subscription.selection.ids
        if subscription not in self._audience or subscription.open is None or had is None:
            return
        gone = [ident for ident in idents if ident in had]
        subscription.selection = subscription.selection.with_ids(each for each in had if each not in gone)
        subscription.open.difference_update(gone)
        subscription.pending.difference_update(gone)
        for ident in gone:
            subscription.mailbox.forget(ident)
        self._herald.drop(subscription, gone)
        if subscription.admitted or not subscription.selection.ids:
            subscription.end_if_done()
        self.wake()

    def remove(self, subscription: Subscription) -> None:
        """Take a watch out. May be called twice."""
        if subscription in self._audience:
            self._merged += subscription.mailbox.merged
            self._herald.dismiss(subscription)
        if self.idle:
            self.wake()

    def jobs(self, subscription: Subscription) -> Iterator[Job]:
        """The jobs that a watch is about, as they are known now."""
        lives = self._herald.ledger.lives
        idents: Iterable[str] = subscription.followed
        if subscription.selection.ids is None:
            group = self._audience.groups.get(subscription.selection.expression)
            idents = dict.fromkeys([*(group.members if group is not None else ()), *idents])
        for ident in idents:
            life = lives.get(ident)
            if life is not None and life.job is not None:
                yield life.job

    def statistics(self) -> Statistics:
        """What it has done, and how it stands."""
        boxes = [subscription.mailbox for subscription in self._audience]
        return Statistics(
            watches=len(boxes),
            jobs=len(self._herald.ledger.lives),
            polls=self.polls,
            unchanged=self._lister.unchanged,
            events=self._herald.told,
            merged=self._merged + sum(box.merged for box in boxes),
            backlog=sum(map(len, boxes)),
            age=None if self.good_at is None else self._clock.monotonic() - self.good_at,
        )

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
        try:
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
        finally:
            await self._stop_asking()

    async def _poll(self, interval: float) -> bool:
        """Ask, compare, look up, tell; ``True`` when there was anything to tell."""
        self._herald.begin(self._clock.now(), self._clock.monotonic())
        self._failed = None
        self.polls += 1
        self._patience = 3 * max(interval, self._policy.running, self._slowest)
        self._slowest = 0.0
        self._expect_answer()
        try:
            await self._ask_all()
        finally:
            self._stop_expecting()
        if self._answered:
            self.good_at = self._clock.monotonic()
        if self._policy.stalled_after is not None:
            self._herald.tell_stalled(self._policy.stalled_after)
        changed = self._herald.changed
        await self._herald.tell()
        return await self._admit() or changed

    async def _admit(self) -> bool:
        """Let new watches in whose jobs are known by now; ``True`` when there were any."""
        answered, self._answered = self._answered, set()
        loop = asyncio.get_running_loop()
        admitted, began = False, loop.time()
        with self._admission.admitting() as admit:
            for subscription in list(self._audience.joining):
                source = self._audience.source_of(subscription)
                if source in answered and subscription.joined <= source.asked:
                    admitted |= admit(subscription)
                if loop.time() - began > SLICE:
                    await asyncio.sleep(0)
                    began = loop.time()
        return admitted

    async def _ask_all(self) -> None:
        """Ask for the lists of all queries, then for what they lack; who answers late is not waited for."""
        groups = list(self._audience.groups.values())
        gate = asyncio.Semaphore(_AT_ONCE)
        if len(groups) == 1 and not self._audience.by_id and groups[0].asking is None:
            # With one list there is nobody else who could be held up.
            await self._list(groups[0], gate)
        else:
            await self._together({group: partial(self._list, group, gate) for group in groups})
        # It is asked only now: lists that are waited for say nothing of it.
        self._expect_answer()
        await self._together({self._audience.apart: self._follow})

    async def _together(self, asks: Mapping[S, Callable[[], Coroutine[Any, Any, None]]]) -> None:
        """Ask several at once, for as long as there is patience; who is late is not asked twice."""
        started: dict[asyncio.Task[None], Asked] = {}
        began = self._clock.monotonic()
        for source, ask in asks.items():
            if source.asking is not None and source.asking.done():
                source.asking.result()
                source.asking = None
            if source.asking is None and source.due <= began:
                task = asyncio.create_task(ask(), name=f"accsyn-ask-{self._entitytype}")
                task.add_done_callback(self._asked)
                self._asking.add(task)
                source.asking, started[task] = task, source
        if started:
            await asyncio.wait(started, timeout=self._patience)
        for task, asked in started.items():
            if not task.done():
                task.add_done_callback(partial(self._late_answer, asked, began))
                continue
            asked.asking = None
            task.result()

    def _late_answer(self, source: Asked, began: float, _task: asyncio.Task[None]) -> None:
        """What nobody waited for has come: take it in, and leave its source alone for a while."""
        now = self._clock.monotonic()
        source.due = now + min(4 * (now - began), self._policy.longest_backoff)
        self.wake()

    def _asked(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        if not task.cancelled():
            # It is raised by the next poll, unless nobody watches any more.
            task.exception()

    async def _stop_asking(self) -> None:
        tasks = tuple(self._asking)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _timed(self, call: Call, read: Callable[[bytes], T | Failure], /) -> T:
        """Ask, and note how long the slowest answer of this poll took, but for those of earlier ones."""
        began, poll = self._clock.monotonic(), self.polls
        try:
            return await self._ask(call, read)
        finally:
            if poll == self.polls:
                self._slowest = max(self._slowest, self._clock.monotonic() - began)
            if self._late is not None:
                self._expect_answer()

    def _expect_answer(self) -> None:
        """Begin anew to count how long there is no answer."""
        self._stop_expecting()
        self._late = asyncio.get_running_loop().call_later(self._patience, self._overdue)

    def _stop_expecting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    async def _list(self, group: Group, gate: asyncio.Semaphore) -> None:
        async with gate:
            asked = self._audience.moves
            try:
                await self._lister.list_group(group)
                for subscription in [each for each in group.subscribers if each.behind]:
                    await self._lister.catch_up(subscription, group)
            except AccsynError as error:
                self._trouble(error, group, group.subscribers, group.subscribers)
            else:
                self._better(group, asked)

    async def _follow(self) -> None:
        asked, apart = self._audience.moves, self._audience.apart
        try:
            await self._lister.follow(frozenset(self._answered))
            await self._tasks.ask()
        except AccsynError as error:
            self._trouble(error, apart, self._watchers_by_id(), self._followers())
        else:
            self._better(apart, asked)

    # -- good and bad weather ---------------------------------------------

    def _trouble(
        self,
        error: AccsynError,
        source: Asked,
        owners: Iterable[Subscription],
        affected: Iterable[Subscription],
    ) -> None:
        """A request failed: say so, or end the watches that it was for."""
        if isinstance(error, AuthenticationError | SessionClosedError) and not _may_pass(error):
            raise error
        self._failed = error
        source.refusals = 0 if _may_pass(error) else source.refusals + 1
        if source.refusals >= (_REFUSALS if source.listed else 1):
            for subscription in tuple(owners):
                subscription.mailbox.close(error)
                self._herald.dismiss(subscription)
            return
        if source.health.failed(self._clock.monotonic()):
            logger.warning("polling %s is degraded: %s", self._entitytype, error.message)
        if source.health.degraded:
            self._degrade(source, affected, error.message)

    def _degrade(self, source: Asked, affected: Iterable[Subscription], reason: str) -> None:
        source.reason = reason
        event = Degraded(at=self._clock.now(), reason=reason)
        for subscription in tuple(affected):
            subscription.degrade(source.health, event)

    def _better(self, source: Asked, asked: int) -> None:
        """A request succeeded: say so, if the one before did not.

        Args:
            source: what was asked.
            asked: how often somebody had come or gone when it was.
        """
        self._answered.add(source)
        source.asked = asked
        source.polls += 1
        source.listed, source.refusals = True, 0
        if (after := source.health.good(self._clock.monotonic())) is not None:
            logger.info("polling %s has recovered after %.0f s", self._entitytype, after)
            event = Recovered(at=self._clock.now(), after=dt.timedelta(seconds=after))
            for subscription in tuple(self._audience):
                subscription.recover(source.health, event)

    def _overdue(self) -> None:
        """No answer for three intervals."""
        reason, now = "the backend does not answer", self._clock.monotonic()
        for group in self._audience.groups.values():
            if group not in self._answered and group.health.overdue(now):
                self._degrade(group, group.subscribers, reason)
        apart = self._audience.apart
        if apart.asking is not None and apart not in self._answered and apart.health.overdue(now):
            self._degrade(apart, self._followers(), reason)

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
