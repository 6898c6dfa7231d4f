"""One term of a leader: it watches, and publishes what it sees, until it leads no more."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from accsyn_async.errors import AccsynError, SessionClosedError
from accsyn_async.events import Degraded, Event, JobEvent, Recovered
from accsyn_async.monitor.fields import WATCHABLE
from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from accsyn_async.monitor.selection import Selection, select
from accsyn_async.monitor.source import Membership
from accsyn_async.relay.book import Masthead
from accsyn_async.relay.fenced_stream import DeposedError, PublishError
from accsyn_async.relay.link import heed_cancellation
from accsyn_async.relay.messages import HealthMessage
from accsyn_async.relay.press import Press
from accsyn_async.safe_text import safe
from accsyn_async.session import Session
from accsyn_async.transport.seam import Clock

__all__ = ["PERIOD", "Leader", "Standing"]

logger = logging.getLogger("accsyn_async.relay")

PERIOD: Final = 3.0
"""Seconds between two messages about the leader's health."""
_AUDIT: Final = 60.0
"""Seconds between two looks whether the streams hold what was published."""
_MOST: Final = 500
"""Events that are published together, at most."""
_ASKED: Final = 1_000
"""Jobs that are watched because somebody asked for them, at most."""
_UNASKED: Final = 300.0
"""Seconds after which such a job is watched no more, unless somebody has asked for it again."""
_ASKED_TOGETHER: Final = 30.0
"""Seconds within which whoever asks for a job that goes on is served by its state being published once."""


@dataclass(slots=True)
class Standing:
    """How the backend is, as the leader sees it.

    Attributes:
        trouble: what is wrong, for people; ``None`` when nothing is.
        since: since when it is as it is, UTC.
    """

    since: dt.datetime
    trouble: str | None = None


class Leader:
    """Publishes what happens to the jobs of some queries.

    Args:
        session: polls.
        queries: what to publish.
        allowed: what jobs can be made to do by who asks.
        clock: time.

    Attributes:
        standing: how the backend is.
        asked: the jobs that are published because somebody asked for them.
    """

    def __init__(
        self, session: Session, queries: Sequence[str], *, allowed: Sequence[str], clock: Clock
    ) -> None:
        self._session = session
        self._queries = tuple(queries)
        self._allowed = tuple(allowed)
        self._clock = clock
        self._press: Press | None = None
        self._polls_before = session.monitor.statistics().polls
        self._told_health = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self.standing = Standing(clock.now())
        self.asked: dict[str, asyncio.Future[AccsynError | None]] = {}
        # When jobs that have not ended were asked for; those that are not watched any more as nobody did.
        self._asked_at: dict[str, float] = {}
        self._dropped: set[str] = set()

    def health(self, masthead: Masthead, settled: int) -> HealthMessage:
        """The message that tells how the leader is.

        Args:
            masthead: who it is.
            settled: up to which event the states are complete.
        """
        statistics = self._session.monitor.statistics()
        standing = self.standing
        return HealthMessage(
            **masthead.fields(self._clock.now()),
            state="ok" if standing.trouble is None else "degraded",
            reason=standing.trouble,
            since=standing.since,
            age_s=None if statistics.age is None else round(statistics.age, 3),
            polls=statistics.polls - self._polls_before,
            period_s=PERIOD,
            settled=settled,
            queries=list(self._queries),
            allowed=list(self._allowed),
        )

    async def lead(self, press: Press, since: dt.datetime | None) -> None:
        """Publish until something ends it.

        Args:
            press: publishes.
            since: until when what happened was published before, UTC; ``None`` when nothing ever was.

        Raises:
            DeposedError: another leads.
            PublishError: NATS does not answer as it should.
            AccsynError: what ends a watch for good, such as a login that was refused.
        """
        self._press = press
        await press.repair()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                selections = [select(query, fields=WATCHABLE) for query in self._queries]
                for selection in selections:
                    tasks.create_task(self._follow(press, selection, since), name="accsyn-relay-follow")
                kinds = {selection.entitytype for selection in selections}
                for ident, record in list(press.book.records.items()):
                    if not record.ended and record.type not in kinds:
                        # An earlier leader was asked for it; no query tells what becomes of it.
                        self._follow_asked(press, tasks, ident, record.type)
                tasks.create_task(self._beat(press), name="accsyn-relay-beat")
                tasks.create_task(self._audit(press), name="accsyn-relay-audit")
        except BaseExceptionGroup as several:
            raise _worst(several) from None
        finally:
            self._tasks = None
            for asked in self.asked.values():
                asked.cancel()
            self.asked.clear()
            self._asked_at.clear()
            self._dropped.clear()

    async def look(self, ident: str, kind: str) -> AccsynError | None:
        """See to it that a job is published, whatever the queries.

        Args:
            ident: its id.
            kind: its entity type.

        Returns:
            ``None`` once it is published; else why it cannot be.
        """
        press, tasks = self._press, self._tasks
        if press is None or tasks is None:
            return AccsynError("the relay does not lead")
        record = press.book.records.get(ident)
        if record is not None and not record.removed:
            if not record.ended and self._is_asked_again(ident):
                return None
            if ident in self._dropped and not record.ended:
                if len(self.asked) >= _ASKED:
                    return _too_many()
                self._follow_asked(press, tasks, ident, record.type)
            # Whoever asks may have forgotten it, or counts in a book that is lost.
            press.book.touch([ident])
            try:
                await press.tell((), kind)
            except (DeposedError, PublishError) as error:
                return AccsynError(str(error))
            return None
        answer = self.asked.get(ident)
        if answer is None:
            if len(self.asked) >= _ASKED:
                return _too_many()
            answer = self._follow_asked(press, tasks, ident, kind)
        self._asked_at[ident] = self._clock.monotonic()
        return await asyncio.shield(answer)

    def _is_asked_again(self, ident: str) -> bool:
        """Whether a job was asked for just before, too; else it is from now on."""
        now = self._clock.monotonic()
        if now - self._asked_at.get(ident, -_ASKED_TOGETHER) < _ASKED_TOGETHER:
            return True
        if len(self._asked_at) > 2 * _ASKED:
            self._asked_at = {
                each: at
                for each, at in self._asked_at.items()
                if each in self.asked or now - at < _ASKED_TOGETHER
            }
        self._asked_at[ident] = now
        return False

    def _follow_asked(
        self, press: Press, tasks: asyncio.TaskGroup, ident: str, kind: str
    ) -> asyncio.Future[AccsynError | None]:
        answer = self.asked[ident] = asyncio.get_running_loop().create_future()
        self._asked_at[ident] = self._clock.monotonic()
        self._dropped.discard(ident)
        tasks.create_task(self._follow_one(press, ident, kind, answer), name="accsyn-relay-asked")
        return answer

    async def _follow(self, press: Press, selection: Selection, since: dt.datetime | None) -> None:
        """Publish what happens to the jobs of a query."""
        memory = press.book.recollection(selection.entitytype, since)
        mailbox = Mailbox()
        kind = selection.entitytype
        try:
            with _subscribed(self._session.monitor.subscribe(selection, mailbox, memory)):
                while True:
                    heed_cancellation()
                    events = await _several(mailbox)
                    self._take_health(events)
                    await press.tell([each for each in events if isinstance(each, JobEvent)], kind)
        except MailboxClosed:
            raise SessionClosedError("the session was closed") from None

    async def _follow_one(
        self, press: Press, ident: str, kind: str, answer: asyncio.Future[AccsynError | None]
    ) -> None:
        """Publish what happens to one job, to its end, or until nobody has asked for it for long."""
        mailbox = Mailbox()
        selection = select(ident, kind, fields=WATCHABLE)
        known = press.book.records.get(ident)
        memory = None
        if known is not None and not known.ended:
            # Should it be gone, that is news.
            memory = press.book.recollection(kind, known.at, [ident])
        try:
            with _subscribed(self._session.monitor.subscribe(selection, mailbox, memory)):
                while several := await self._while_asked_for(ident, mailbox):
                    events = [each for each in several if isinstance(each, JobEvent)]
                    await press.tell(events, kind)
                    heed_cancellation()
                    if events and not answer.done():
                        answer.set_result(None)
            if not answer.done():
                answer.set_result(AccsynError("accsyn has not said yet whether there is such a job"))
        except MailboxClosed:
            pass
        except AccsynError as error:
            if not answer.done():
                answer.set_result(error)
        finally:
            self.asked.pop(ident, None)
            self._asked_at.pop(ident, None)
            if not answer.done():
                answer.cancel()

    async def _while_asked_for(self, ident: str, mailbox: Mailbox) -> list[Event]:
        """What happens to a job; nothing once nobody has asked for it for long."""
        while (left := self._asked_at[ident] + _UNASKED - self._clock.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    return await _several(mailbox)
        self._dropped.add(ident)
        return []

    def _take_health(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Degraded):
                self.standing = Standing(event.at, safe(event.reason))
            elif isinstance(event, Recovered):
                self.standing = Standing(event.at)
            else:
                continue
            self._told_health.set()

    async def _beat(self, press: Press) -> None:
        """Tell how things are, every few seconds and at each change."""
        while True:
            self._told_health.clear()
            await press.check()
            await press.tell_health()
            heed_cancellation()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PERIOD):
                    await self._told_health.wait()

    async def _audit(self, press: Press) -> None:
        while True:
            heed_cancellation()
            await self._clock.sleep(_AUDIT)
            await press.audit()


def _too_many() -> AccsynError:
    return AccsynError(f"the relay follows {_ASKED} jobs already because somebody asked")


@contextlib.contextmanager
def _subscribed(membership: Membership) -> Iterator[None]:
    try:
        yield
    finally:
        membership.leave()


async def _several(mailbox: Mailbox) -> list[Event]:
    """The events that wait, at least one."""
    events = [await mailbox.get()]
    while len(mailbox) and len(events) < _MOST:
        events.append(await mailbox.get())
    return events


def _worst(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error that tells most of why a term has ended; a bug before all."""
    expected = (AccsynError, DeposedError, PublishError)
    _, bugs = several.split(expected)
    if bugs is not None:
        return bugs
    for kind in expected:
        group: BaseException | None = several.subgroup(kind)
        while isinstance(group, BaseExceptionGroup):
            group = group.exceptions[0]
        if group is not None:
            return group
    return several
