"""What happens in the backend meanwhile: jobs are made, paused, resumed, aborted, brought back, deleted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from accsyn_async import Session
from accsyn_async.rows import JobRow
from accsyn_async.sandbox import Sandbox
from tests.kill.ledger import Truth
from tests.relay.rounds.streams import ENDS, Told

__all__ = ["LONG", "Published", "Work"]

ACTIVE = 30
"""Jobs that are kept going."""
LONG = "long"
"""A file of the default volume that takes for ever."""


@dataclass
class _Job:
    """A job that was made here.

    Attributes:
        id: its id.
        state: whether it goes on, has ended, or is not there any more.
        since: when its life began, by the loop's clock.
        end: the id of the event of its last end.
        ended_at: when that was, in the sandbox.
    """

    id: str
    since: float
    state: Literal["active", "paused", "ended", "gone"] = "active"
    end: str = ""
    ended_at: float = 0.0


class Published:
    """What stands in the stream of events, as far as it was read: what may be undone, as it was told."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Told, float]] = {}
        self._ends: set[str] = set()

    def take(self, told: Told) -> None:
        """An event stands there."""
        self._last[told.job] = told, asyncio.get_running_loop().time()
        if told.ended:
            self._ends.add(told.id)

    def has_ended(self, end: str) -> bool:
        """Whether an end was told."""
        return end in self._ends

    def is_active(self, job: str, since: float) -> bool:
        """Whether it was told that a job goes on, in a life that began at some time by the loop's clock."""
        told, at = self._last.get(job, (None, 0.0))
        return told is not None and told.event not in ENDS and at > since


class Work:
    """Lets things happen to jobs, and writes down how they ended.

    What was not told yet is never undone: so every end and every removal has to be told.

    Args:
        box: where; its volume has the file `LONG`, its local root an empty file ``up/short``.
        session: whose jobs they are.
        published: what was told.
        rng: decides.
    """

    def __init__(self, box: Sandbox, session: Session, published: Published, rng: random.Random) -> None:
        self.truth = Truth()
        self.counts: Counter[str] = Counter()
        self.gentle = False
        self._box = box
        self._session = session
        self._published = published
        self._rng = rng
        self._jobs: dict[str, _Job] = {}
        self._made = 0

    async def begin(self, count: int) -> None:
        """Make the first jobs; what has ended before that need not be told."""
        for row in await self._finished():
            self.truth.fleeting.add(self._end_of(row))
        await asyncio.gather(*(self.create() for _ in range(count)))

    async def keep_moving(self, rate: float, over: asyncio.Event) -> None:
        """Let so many things a second happen, until it is over."""
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._rng.expovariate(rate))
            if not over.is_set():
                await self.move()

    async def burst(self, count: int) -> None:
        """Let many things happen at once."""
        await asyncio.gather(*(self.move() for _ in range(count)))

    async def move(self) -> None:
        """Let one thing happen to one job."""
        moves: list[Callable[[], Awaitable[bool]]] = [
            *(self.create, self.create_short, self.pause, self.pause, self.resume, self.resume),
            *(self.abort, self.abort),
        ]
        if not self.gentle:
            moves += [self.revive, self.revive, self.delete, self.delete_ended]
        if len(self._in("active", "paused")) < ACTIVE:
            moves += [self.create] * 4
        move = self._rng.choice(moves)
        if await move():
            self.counts[move.__name__] += 1

    async def create(self) -> bool:
        """A job that runs until it is ended."""
        since = asyncio.get_running_loop().time()
        ident = await self._created(LONG, "site=berlin:projects/in/")
        self._jobs[ident] = _Job(ident, since)
        return True

    async def create_short(self) -> bool:
        """A job that is done at once."""
        await self._created("/up/short", "share=projects/in/")
        return True

    async def pause(self) -> bool:
        """Pause a job that goes on."""
        return await self._set(self._in("active"), "paused", "paused")

    async def resume(self) -> bool:
        """Let a paused job go on."""
        return await self._set(self._in("paused"), "waiting", "active")

    async def abort(self) -> bool:
        """End a job; not in the second in which it ended before, which could not be told apart."""
        now = self._box.now.timestamp()
        able = [job for job in self._in("active", "paused") if now >= job.ended_at + 2]
        return await self._set(able, "aborted", "ended")

    async def revive(self) -> bool:
        """Bring back a job that was aborted, and told to be."""
        able = [job for job in self._in("ended") if self._published.has_ended(job.end)]
        return await self._set(able, "waiting", "active")

    async def delete(self) -> bool:
        """Delete a job that goes on, and was told to."""
        able = [job for job in self._in("active", "paused") if self._published.is_active(job.id, job.since)]
        if not able:
            return False
        job = self._rng.choice(able)
        job.state = "gone"
        self.truth.removals.add(job.id)
        await self._session.delete_one("Transfer", job.id)
        return True

    async def delete_ended(self) -> bool:
        """Delete a job whose end was told: that is no news."""
        able = [job for job in self._in("ended") if self._published.has_ended(job.end)]
        if not able:
            return False
        job = self._rng.choice(able)
        job.state = "gone"
        await self._session.delete_one("Transfer", job.id)
        return True

    async def look(self) -> list[JobRow]:
        """Note what has come to its end by itself; gives the rows of the active jobs."""
        for row in await self._finished():
            end = self._end_of(row)
            if end not in self.truth.fleeting:
                self.truth.ends.add(end)
        rows: list[JobRow] = await self._session.find("Transfer")
        return rows

    @property
    def an_active_one(self) -> str | None:
        """A job that goes on and was told to; ``None`` when there is none."""
        able = [job.id for job in self._in("active") if self._published.is_active(job.id, job.since)]
        return self._rng.choice(able) if able else None

    @property
    def ended(self) -> list[str]:
        """Jobs that have ended and are there."""
        return [job.id for job in self._in("ended")]

    async def _set(self, able: list[_Job], status: str, state: Literal["active", "paused", "ended"]) -> bool:
        if not able:
            return False
        job = self._rng.choice(able)
        before, job.state = job.state, "gone"
        since = asyncio.get_running_loop().time()
        row = await self._session.update("Transfer", job.id, {"status": status})
        assert row is not None
        if before == "ended":
            job.since = since
        if state == "ended":
            job.end, job.ended_at = self._end_of(row), row["finished"].timestamp()
            self.truth.ends.add(job.end)
        job.state = state
        return True

    def _in(self, *states: str) -> list[_Job]:
        return [job for job in self._jobs.values() if job.state in states]

    async def _finished(self) -> list[JobRow]:
        rows: list[JobRow] = await self._session.find("Transfer", finished=True)
        return rows

    def _end_of(self, row: Any) -> str:
        when = f"{row['finished']:%Y-%m-%dT%H:%M:%S}"
        return f"{self._box.workspace}:{row['id']}:{row['status']}:{when}"

    async def _created(self, source: str, to: str) -> str:
        self._made += 1
        row = await self._session.create("Transfer", {"source": source, "destination": f"{to}{self._made}/"})
        return str(row["id"])
