"""Those who come and go: each watches or waits for some jobs to their ends, then begins again with others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from accsyn_async import (
    AccsynError,
    Job,
    JobAbortedError,
    JobFinished,
    JobRemoved,
    JobRemovedError,
    NotFoundError,
    Session,
)
from tests.soak.fleet import Fleet

ENDS = (JobAbortedError, JobRemovedError)


class Visitors:
    """Starts them.

    Args:
        session: theirs.
        fleet: knows which jobs run.
        counts: how often each did what.

    Attributes:
        odd: what should not have been, in words.
        over: set when the session is about to close; what ends then ends early.
    """

    def __init__(self, session: Session, fleet: Fleet, counts: Counter[str]) -> None:
        self.odd: list[str] = []
        self.over = False
        self._session = session
        self._fleet = fleet
        self._counts = counts

    def start(self, watches: int, waits: int) -> list[asyncio.Task[None]]:
        """So many of each kind; the tasks end when they are cancelled."""
        rounds = [
            *((self.follow, 1 + number % 4) for number in range(watches)),
            *((self.wait_all, 5) for _ in range(waits)),
            *((self.wait_until, 1) for _ in range(waits)),
            (self.ask, 10),
        ]
        return [asyncio.create_task(self._again(each, count)) for each, count in rounds]

    async def follow(self, idents: list[str]) -> None:
        ends: list[JobFinished | JobRemoved] = []
        try:
            async with self._session.watch(idents) as watch:
                async for event in watch:
                    if isinstance(event, JobFinished | JobRemoved):
                        ends.append(event)
        except NotFoundError:
            self._vanished(idents)
            return
        self._counts["watches of ids"] += 1
        # One that lives again while the others are waited for ends twice, each time under another id.
        once = len({event.id for event in ends}) == len(ends)
        if not self.over and not (once and {event.job.id for event in ends} == set(idents)):
            self.odd.append(f"a watch of {idents} ended with {[event.id for event in ends]}")

    async def wait_all(self, idents: list[str]) -> None:
        outcomes = await self._session.wait_all(idents, tolerate_failed=True, return_exceptions=True)
        self._counts["waits for several"] += 1
        for ident, outcome in zip(idents, outcomes, strict=True):
            job = outcome.job if isinstance(outcome, ENDS) else outcome
            fits = isinstance(job, Job) and job.id == ident
            if isinstance(outcome, NotFoundError):
                fits = ident in self._fleet.gone
            if not fits or (isinstance(outcome, Job) and outcome.status != "done"):
                self.odd.append(f"a wait for {ident} brought {outcome!r}")

    async def wait_until(self, idents: list[str]) -> None:
        try:
            job = await self._session.wait(
                idents[0], until=lambda job: job.progress >= 50, tolerate_failed=True, timeout=7200
            )
        except JobRemovedError:
            return
        except NotFoundError:
            self._vanished(idents)
            return
        self._counts["waits until"] += 1
        if job.progress < 50:
            self.odd.append(f"a wait until 50 % brought {job!r}")

    def _vanished(self, idents: list[str]) -> None:
        """Nothing was found of a job: it must have been removed between choosing it and asking for it."""
        self._counts["removed before they were asked for"] += 1
        if not any(ident in self._fleet.gone for ident in idents):
            self.odd.append(f"one of {idents} was not found, and all of them were there")

    async def ask(self, idents: list[str]) -> None:
        try:
            for ident in idents:
                await self._session.get_job(ident)
                self._counts["calls"] += 1
        except AccsynError:
            self._counts["calls that failed"] += 1
        await asyncio.sleep(600)

    async def _again(self, visit: Callable[[list[str]], Coroutine[Any, Any, None]], count: int) -> None:
        while not self.over:
            async with self._fleet.ticked:
                await self._fleet.ticked.wait()
            await visit(self._fleet.running_ids(count))
