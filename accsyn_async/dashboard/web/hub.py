"""What all pages share: one watch, the board that it fills, and the feed that pages read."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from accsyn_async.board.actions import ACTIONS
from accsyn_async.board.board import Board
from accsyn_async.dashboard.metrics import Metrics
from accsyn_async.dashboard.origin import Relayed, origin_of
from accsyn_async.dashboard.web.feed import Feed
from accsyn_async.dashboard.web.steering import steer
from accsyn_async.dashboard.web.task_desk import TaskDesk
from accsyn_async.errors import AccsynError, SessionClosedError
from accsyn_async.events import Event
from accsyn_async.monitor.selection import select
from accsyn_async.safe_text import safe
from accsyn_async.session import Session
from accsyn_async.transport.seam import AsyncioClock, Clock

__all__ = ["FIELDS", "Hub"]

logger = logging.getLogger("accsyn_async.dashboard")

FIELDS: Final = (
    *("status", "progress", "speed", "size", "name"),
    *("source", "destination", "user", "parent"),
)

_GATHER: Final = 0.03
"""Seconds in which the changes of one poll come together."""
_A_SECOND: Final = 2
"""Messages in any second, at most."""
_BEAT: Final = 5.0
"""Seconds between two signs of life, and between two samples of speed."""
_KEPT: Final = 3600.0
"""Seconds that an ended job is shown."""
_GRACE: Final = 3.0
"""Seconds that what pages have asked for has to be done, at the end."""
_SLICE: Final = 0.01
"""Seconds of work after which others have a turn."""


class Hub:
    """Follows the jobs of a query, for everybody who looks.

    Args:
        session: an open session, or a relay's feed.
        query: what to follow.
        per_job: whether metrics tell of single jobs.
        read_only: nothing can be steered, whatever the backend or the relay would allow.
        clock: time.

    Raises:
        QueryError: it is no query of jobs.
    """

    def __init__(
        self,
        session: Session | Relayed,
        query: str,
        *,
        per_job: bool = False,
        read_only: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._origin = origin_of(session)
        self._read_only = read_only
        self._query = query
        self._entitytype = select(query).entitytype
        self._clock = clock or AsyncioClock()
        self.board = Board(on_drop=self._dropped)
        self.feed = Feed(self.board)
        self.metrics = Metrics(session, self.board, entitytype=self._entitytype, per_job=per_job)
        self.tasks = TaskDesk(self._origin, self._clock)
        self.pages = 0
        self._steering: set[asyncio.Task[list[dict[str, Any]]]] = set()
        self._closed = False
        self._end: str | None = None
        self._error: AccsynError | None = None
        self._published: deque[float] = deque([float("-inf")] * _A_SECOND, maxlen=_A_SECOND)
        self._due: asyncio.TimerHandle | None = None
        self._told: object = None
        self._ended = asyncio.Event()
        self._tell_health()

    @property
    def entitytype(self) -> str:
        """The type of the jobs."""
        return self._entitytype

    @property
    def allowed(self) -> list[str]:
        """What can be done to jobs now: some of pause, resume and abort."""
        return [] if self._read_only else [action for action in ACTIONS if action in self._origin.allowed]

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed

    async def run(self) -> None:
        """Follow the jobs until cancelled."""
        beating = asyncio.create_task(self._beat(), name="accsyn-dashboard-beat")
        try:
            await self._follow()
            await beating
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating

    async def ended(self) -> None:
        """Wait until the watch has ended by itself.

        Raises:
            AccsynError: what ended it.
        """
        await self._ended.wait()
        if self._error is not None:
            raise self._error

    def steer(self, action: str, idents: Sequence[str]) -> asyncio.Task[list[dict[str, Any]]]:
        """Begin to set the status of jobs; see ``steering.steer``.

        Args:
            action: pause, resume or abort.
            idents: of the jobs.
        """
        task = asyncio.create_task(
            steer(self._origin, self.board, self._entitytype, action, idents), name="accsyn-dashboard-steer"
        )
        self._steering.add(task)
        task.add_done_callback(self._steering.discard)
        return task

    async def aclose(self) -> None:
        """Let every page go. May be called twice."""
        self._closed = True
        if self._due is not None:
            self._due.cancel()
        self.feed.wake()
        if steering := tuple(self._steering):
            # What was begun is to be told of; what has not been by then is left alone.
            _, late = await asyncio.wait(steering, timeout=_GRACE)
            for each in late:
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.tasks.aclose()

    def health(self) -> dict[str, Any]:
        """How the backend is, and how old what is shown is."""
        state, reason = self._health_state()
        age = self.age()
        return {
            "state": state,
            "reason": None if reason is None else safe(reason),
            "age": None if age is None else round(age, 1),
            "now": round(time.time(), 3),
        }

    def facts(self) -> dict[str, Any]:
        """Whose jobs are shown, which, whence, and what can be done to them."""
        workspace, query = safe(self._origin.workspace), safe(self._query)
        return {
            "workspace": workspace,
            "query": query,
            "title": f"{query} · {workspace}",
            "relayed": self._origin.relayed,
            "allowed": self.allowed,
        }

    def age(self) -> float | None:
        """Seconds since the backend last answered; ``None`` before it did."""
        return self._origin.statistics().age

    @property
    def is_fresh(self) -> bool:
        """Whether what is shown is what is."""
        return self._health_state()[0] == "ok"

    def take(self, event: Event) -> None:
        """Take an event of the watch in, and see to it that pages hear of it.

        Args:
            event: the next one.
        """
        now = self._clock.monotonic()
        self.metrics.take(event)
        entry = self.board.take(event, now)
        if entry is not None:
            self.feed.touch(entry.job.id)
        if self._what_to_tell() != self._told:
            self._tell_health()
        self._plan(now)

    def publish(self) -> None:
        """Tell pages what changed."""
        self._due = None
        if self._closed:
            return
        now = self._clock.monotonic()
        self._published.append(now)
        self.feed.publish(now, round(time.time(), 3))

    def _health_state(self) -> tuple[str, str | None]:
        if self._end is not None:
            return "closed", self._end
        if self.board.trouble is not None:
            return "degraded", self.board.trouble
        return ("ok", None) if self.board.synced else ("starting", None)

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with self._origin.watch(self._query, fields=FIELDS) as watch:
                began = loop.time()
                async for event in watch:
                    self.take(event)
                    if not watch.backlog:
                        began = loop.time()
                    elif loop.time() - began > _SLICE:
                        await asyncio.sleep(0)
                        began = loop.time()
            self._end = "the session was closed"
        except SessionClosedError as error:
            self._end = error.message
        except AccsynError as error:
            self._end, self._error = error.message, error
            logger.error("the dashboard's watch has ended: %s", safe(error.message))
        except Exception as bug:
            logger.exception("the dashboard failed; what it shows is what was")
            self._end = f"the dashboard failed: {type(bug).__name__}"
            self._error = AccsynError(self._end)
            self._error.__cause__ = bug
        self._tell_health()
        self._ended.set()

    def _plan(self, now: float) -> None:
        """Publish soon: with what belongs together, and not too often."""
        if self._due is None and self.feed.has_news and not self._closed:
            pause = max(_GATHER, self._published[0] + 1.0 - now)
            self._due = asyncio.get_running_loop().call_later(pause, self.publish)

    def _dropped(self, ident: str) -> None:
        self.feed.drop(ident)

    def _tell_health(self) -> None:
        self._told = self._what_to_tell()
        self.feed.tell_health(self.health() | {"allowed": self.allowed})

    def _what_to_tell(self) -> tuple[object, ...]:
        """What pages are told of at once when it is another."""
        return *self._health_state(), self._origin.allowed

    async def _beat(self) -> None:
        while True:
            self._tell_health()
            await self._clock.sleep(_BEAT)
            now = self._clock.monotonic()
            self.feed.sample()
            self.board.drop_ended(now - _KEPT)
            self._plan(now)
