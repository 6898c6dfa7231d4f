"""The poller: when to ask, and what to say of a backend that does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from accsyn_async.errors import (
    AccsynError,
    RateLimitedError,
)
from accsyn_async.models import Job
from accsyn_async.monitor.admission import Admission
from accsyn_async.monitor.bulletin import Bulletin
from accsyn_async.monitor.finder import Finder, Room
from accsyn_async.monitor.group import Asked, Group
from accsyn_async.monitor.herald import SLICE, Herald
from accsyn_async.monitor.lister import Lister
from accsyn_async.monitor.listing import Ask
from accsyn_async.monitor.schedule import PollPolicy, Situation, next_interval, shortest_interval
from accsyn_async.monitor.statistics import Statistics
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.monitor.sweeper import Sweeper
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
        self.stopping = False
        self.good_at: float | None = None
        self._entitytype = entitytype
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._herald = Herald(workspace)
        self._admission = Admission(self._herald)
        self._ask = ask
        self._finder = Finder(entitytype, self._timed, self._herald, clock, room)
        self._lister = Lister(self._finder, self._herald, self._admission)
        self._sweeper = Sweeper(self._finder, self._herald)
        self._tasks = TaskLister(self._timed, self._herald)
        self._bulletin = Bulletin(entitytype, self._herald, clock, self._followers)
        self._audience = self._herald.audience
        self._wake = asyncio.Event()
        self._failed: AccsynError | None = None
        self._slowest = 0.0
        self._patience = 0.0
        self._answered: set[Asked] = set()
        self._asking: dict[asyncio.Task[None], Asked] = {}
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
        self._bulletin.welcome(subscription)
        # Whoever rests after it was late is asked on behalf of who is new.
        self._audience.source_of(subscription).due = 0.0
        self.wake()

    def add_ids(self, subscription: Subscription, idents: tuple[str, ...]) -> None:
        """Let a watch of ids have more of them; it is told of them after the next poll."""
        if subscription not in self._audience or subscription.mailbox.closed or subscription.open is None:
            return
        had = subscription.selection.ids or ()
        known = set(had)
        new = [ident for ident in idents if ident not in known]
        if not new:
            return
        subscription.selection = subscription.selection.with_ids((*had, *new))
        subscription.open.update(new)
        if subscription.admitted:
            subscription.pending.update(new)
        self._audience.follow(subscription, new)
        self._audience.expect(subscription)
        self.wake()

    def remove_ids(self, subscription: Subscription, idents: tuple[str, ...]) -> None:
        """Let a watch of ids have fewer of them; it ends with the last."""
        had = subscription.selection.ids
        if subscription not in self._audience or subscription.open is None or had is None:
            return
        gone = set(had).intersection(idents)
        subscription.selection = subscription.selection.with_ids(each for each in had if each not in gone)
        subscription.open.difference_update(gone)
        subscription.pending.difference_update(gone)
        subscription.mailbox.forget(gone)
        self._herald.drop(subscription, gone)
        if subscription.admitted or not subscription.selection.ids:
            subscription.end_if_done()
        self.wake()

    def leave(self, subscription: Subscription) -> None:
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
            unchanged=self._finder.unchanged,
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
            subscription.mailbox.close(error, for_good=True)

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
            self.stopping = True
            await self._stop_asking()

    async def _poll(self, interval: float) -> bool:
        """Ask, compare, look up, tell; ``True`` when there was anything to tell."""
        self._herald.begin(self._clock.now(), self._clock.monotonic())
        self._failed = None
        self.polls += 1
        self._patience = 3 * max(interval, self._policy.running, self._slowest)
        self._slowest = 0.0
        await self._ask_all()
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
        gate = asyncio.Semaphore(_AT_ONCE)
        await self._together(
            {group: partial(self._list, group, gate) for group in self._audience.groups.values()}
        )
        await self._together({self._audience.apart: self._follow})

    async def _together(self, asks: Mapping[S, Callable[[], Coroutine[Any, Any, None]]]) -> None:
        """Ask several at once, and wait for an interval; who is late goes on, at a pace of its own."""
        started: dict[asyncio.Task[None], Asked] = {}
        now = self._clock.monotonic()
        for source, ask in asks.items():
            if source.asking is not None and source.asking.done():
                source.asking.result()
                source.asking = None
            if source.asking is not None:
                if now - source.heard_at >= self._patience:
                    self._bulletin.overdue(source)
            elif now >= source.due:
                task = asyncio.create_task(ask(), name=f"accsyn-ask-{self._entitytype}")
                task.add_done_callback(self._asked)
                source.begin(task, now)
                self._asking[task] = started[task] = source
        if started:
            await asyncio.wait(started, timeout=self._patience / 3)
        for task, asked in started.items():
            if not task.done():
                asked.late = True
                continue
            asked.asking = None
            task.result()

    def _asked(self, task: asyncio.Task[None]) -> None:
        source = self._asking.pop(task)
        if source.late:
            source.due = self._clock.monotonic() + shortest_interval(self._policy, source.slowest)
            self.wake()
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
        """Ask, and note how long the slowest answer took."""
        task, began = asyncio.current_task(), self._clock.monotonic()
        try:
            answer = await self._ask(call, read)
            self.good_at = self._clock.monotonic()
            return answer
        finally:
            now = self._clock.monotonic()
            source = self._asking.get(task) if task is not None else None
            if source is not None:
                source.heard(now, now - began)
            if source is None or not source.late:
                self._slowest = max(self._slowest, now - began)

    async def _list(self, group: Group, gate: asyncio.Semaphore) -> None:
        async with gate:
            asked = self._audience.moves
            try:
                await self._sweeper.sweep(group)
                await self._lister.list_group(group)
                for subscription in [
                    each for each in self._audience.joining if each.behind and each in group.subscribers
                ]:
                    await self._sweeper.catch_up(subscription, group)
            except AccsynError as error:
                self._failed_by(error, group)
            else:
                self._answered_by(group, asked)

    async def _follow(self) -> None:
        asked, apart = self._audience.moves, self._audience.apart
        try:
            await self._lister.follow(frozenset(self._answered))
            await self._tasks.ask()
        except AccsynError as error:
            self._failed_by(error, apart)
        else:
            self._answered_by(apart, asked)

    def _failed_by(self, error: AccsynError, asked: Asked) -> None:
        self._bulletin.failed(error, asked)
        if not asked.late:
            # Who is late has a pace of its own; the others' is not slowed down for that.
            self._failed = error

    def _answered_by(self, asked: Asked, moves: int) -> None:
        self._answered.add(asked)
        asked.asked = moves
        asked.polls += 1
        self._bulletin.answered(asked)

    def _followers(self) -> Iterable[Subscription]:
        """Those whose jobs stand in no list."""
        return dict.fromkeys(each for ident in self._lister.following for each in self._audience.of(ident))

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
