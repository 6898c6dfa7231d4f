"""Plays rounds: studios side by side, the rounds of each one after another."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.relay.rounds.days import Day, Round
from tests.relay.rounds.plan import Lane, lanes
from tests.relay.rounds.report import GENEROUS, Outcome, Report
from tests.relay.rounds.servers import Servers, cluster, single
from tests.relay.rounds.studio import Studio

__all__ = ["Campaign"]

SIDE_BY_SIDE = 16
"""Studios at a time, at most."""
SAID = 25
"""How much of what was wrong in a round is told, at most."""
STARTING = 3
"""How many of them start processes at a time: a process that starts keeps a core busy for a second."""


class Campaign:
    """Rounds of some days.

    Args:
        days: which days.
        rounds: how many rounds of each.
        seed: decides what is not the machine's to decide.
        folder: an empty folder, for what servers and processes write.
        first: the number of the first round of each.
        on_outcome: is told of each round.
    """

    def __init__(
        self,
        days: Sequence[Day],
        rounds: int,
        seed: str,
        folder: Path,
        *,
        first: int = 0,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self.report = Report(seed)
        self._lanes = lanes(days, rounds, first)
        self._folder = folder
        self._on_outcome = on_outcome
        self._side_by_side = asyncio.Semaphore(SIDE_BY_SIDE)
        self._starts = asyncio.Semaphore(STARTING)
        self._studios = 0

    async def run(self) -> Report:
        """Play them."""
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            shared = None
            if any(lane.day.where == "shared" for lane in self._lanes):
                shared = await stack.enter_async_context(single(self._folder / "nats"))
            async with asyncio.TaskGroup() as tasks:
                for number, lane in enumerate(self._lanes):
                    tasks.create_task(self._play_in_turn(lane, number, shared))
        self.report.seconds = time.monotonic() - began
        return self.report

    async def _play_in_turn(self, lane: Lane, number: int, shared: Servers | None) -> None:
        async with self._side_by_side, self._servers(lane, number, shared) as servers:
            left = list(lane.numbers)
            while left:
                # After a violation, what comes is played in a studio that knows nothing of it.
                left = await self._play(lane.day, left, servers)

    async def _play(self, day: Day, numbers: list[int], servers: Servers) -> list[int]:
        """Play rounds until one is violated; gives those that are left."""
        self._studios += 1
        folder = self._folder / f"{day.name}-{self._studios}"
        folder.mkdir()
        seed = f"{self.report.seed} {day.name} {numbers[0]}"
        studio = Studio(servers, f"{day.name}-{self._studios}", folder, seed, self._starts)
        begun = False
        try:
            async with studio:
                begun = True
                while numbers:
                    number = numbers.pop(0)
                    last = not numbers
                    outcome = await self._play_one(studio, day, number, last=last)
                    self.report.outcomes.append(outcome)
                    self._on_outcome(outcome)
                    if outcome.faults:
                        break
        except Exception as error:
            if begun:
                raise
            outcome = Outcome(day.name, numbers.pop(0), 0.0, faults=[f"it did not begin: {error!r}"])
            self.report.outcomes.append(outcome)
            self._on_outcome(outcome)
        self.report.events += len(studio.events.told)
        self.report.changes += sum(studio.work.counts.values())
        return numbers

    async def _play_one(self, studio: Studio, day: Day, number: int, *, last: bool) -> Outcome:
        began, takeover = time.monotonic(), None
        faults: list[str] = []
        now = Round(number, random.Random(f"{self.report.seed} {day.name} {number}"))
        try:
            takeover = await day.play(studio, now)
            await studio.replace()
            faults += await studio.settle(day.patience)
            faults += await studio.faults()
            if last or faults:
                faults += await studio.audit()
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}")
            faults += studio.so_far()
        if takeover is not None and day.takeover and takeover > GENEROUS:
            faults.append(f"it took {takeover:.1f} s until another relay led")
        if len(faults) > SAID:
            faults[SAID:] = [f"and {len(faults) - SAID} more"]
        return Outcome(day.name, number, time.monotonic() - began, takeover, now.torn, faults)

    @asynccontextmanager
    async def _servers(self, lane: Lane, number: int, shared: Servers | None) -> AsyncIterator[Servers]:
        if lane.day.where == "shared":
            assert shared is not None
            yield shared
            return
        start = cluster if lane.day.where == "cluster" else single
        async with start(self._folder / f"nats-{number}") as servers:
            yield servers
