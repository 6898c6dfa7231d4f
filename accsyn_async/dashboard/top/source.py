"""Where the jobs come from: a session that is opened late, and a watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from accsyn_async import events
from accsyn_async.dashboard.top.detail import MOST_TASKS, Rows
from accsyn_async.monitor.selection import select

if TYPE_CHECKING:
    from accsyn_async.session import Session

__all__ = ["Source"]


class Source:
    """Opens a session and watches jobs.

    Args:
        connect: makes the session.
        asked: what to watch: a query, or ids.

    Attributes:
        kind: the entity type of what is watched.
        what: what is watched, in words; once there is a session, with its workspace.
    """

    def __init__(self, connect: Callable[[], Session], asked: str | Sequence[str]) -> None:
        self._connect, self._asked = connect, asked
        self._session: Session | None = None
        self.kind = select(asked).entitytype
        self.what = asked if isinstance(asked, str) else f"{len(asked)} jobs"

    @property
    def session(self) -> Session:
        """The session.

        Raises:
            RuntimeError: there is none yet.
        """
        if self._session is None:
            raise RuntimeError("not connected yet")
        return self._session

    @property
    def age(self) -> float | None:
        """Seconds since the backend last answered the watch; ``None`` when it never has."""
        return None if self._session is None else self._session.monitor.statistics().age

    async def follow(self, take: Callable[[events.Event], None], over: Callable[[], None]) -> None:
        """Connect and watch, until it is cancelled.

        Args:
            take: is given each event.
            over: is called when there will be none any more.
        """
        session = self._connect()
        self.what = f"{session.workspace} · {self.what}"
        async with session:
            self._session = session
            async with session.watch(self._asked) as watch:
                async for event in watch:
                    take(event)
            over()
            # What has ended can be resumed: the session is needed until somebody leaves.
            await asyncio.Event().wait()

    async def tasks(self, ident: str) -> Rows:
        """The rows of a job's tasks, ``MOST_TASKS`` and one at most."""
        return await self.session.find("Task", entityid=ident, limit=MOST_TASKS + 1)
