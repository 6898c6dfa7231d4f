"""Where the jobs come from: a session or a relay's feed that is opened late, and a watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from accsyn_async import events
from accsyn_async.board.actions import ACTIONS
from accsyn_async.dashboard.origin import Origin, Relayed, origin_of
from accsyn_async.dashboard.top.detail import MOST_TASKS, Rows
from accsyn_async.monitor.selection import select

if TYPE_CHECKING:
    from accsyn_async.session import Session

__all__ = ["Source"]


class Source:
    """Opens a session or a feed, and watches jobs.

    Args:
        connect: makes it.
        asked: what to watch: a query, or ids.

    Attributes:
        kind: the entity type of what is watched.
        what: what is watched, in words; once that is known, with its workspace.
    """

    def __init__(self, connect: Callable[[], Session | Relayed], asked: str | Sequence[str]) -> None:
        self._connect, self._asked = connect, asked
        self._origin: Origin | None = None
        self.kind = select(asked).entitytype
        self.what = asked if isinstance(asked, str) else f"{len(asked)} jobs"

    @property
    def relayed(self) -> bool:
        """Whether it is a relay that asks the backend, as far as is known."""
        return self._origin is not None and self._origin.relayed

    @property
    def allowed(self) -> frozenset[str]:
        """What can be done to jobs; all, before that is known."""
        return frozenset(ACTIONS) if self._origin is None else self._origin.allowed

    @property
    def age(self) -> float | None:
        """Seconds since the backend last answered the watch; ``None`` when it never has."""
        return None if self._origin is None else self._origin.statistics().age

    async def follow(self, take: Callable[[events.Event], None], over: Callable[[], None]) -> None:
        """Connect and watch, until it is cancelled.

        Args:
            take: is given each event.
            over: is called when there will be none any more.
        """
        source = self._connect()
        origin = origin_of(source)
        asked = self.what
        if not origin.relayed:
            # Known before somebody answers, unlike that of a feed.
            self.what = f"{origin.workspace} · {asked}"
        async with source:
            self._origin = origin
            self.what = " · ".join([origin.workspace, asked, *["relayed"] * origin.relayed])
            async with origin.watch(self._asked) as watch:
                async for event in watch:
                    take(event)
            over()
            # What has ended can be resumed: whom to ask is needed until somebody leaves.
            await asyncio.Event().wait()

    async def steer(self, ident: str, action: str) -> None:
        """Pause, resume or abort a job.

        Raises:
            AccsynError: as ``Origin.steer``.
        """
        await self._connected.steer(self.kind, ident, action)

    async def tasks(self, ident: str) -> Rows:
        """The rows of a job's tasks, ``MOST_TASKS`` and one at most."""
        return await self._connected.tasks(ident, MOST_TASKS + 1)

    @property
    def _connected(self) -> Origin:
        if self._origin is None:
            raise RuntimeError("not connected yet")
        return self._origin
