"""A checkpoint's store whose content outlives crashes: slow, failing, and torn in the midst of a write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from accsyn_async.errors import CheckpointError
from tests.simulate.coverage import Coverage
from tests.simulate.faults import Fault, Phase
from tests.simulate.invariants import Complaints
from tests.simulate.memory import Memory
from tests.simulate.model import TrueJob

__all__ = ["Disk", "SimulatedStore"]

_PAUSE = 1.0
"""Seconds between two writes, at least, but for the first and for ends."""


@dataclass(slots=True)
class Disk:
    """What is kept, and how well.

    Attributes:
        texts: what is safe.
        delay: seconds that a write takes, at most.
        fails: how many of the calls fail.
        user: who has it open.
    """

    delay: float
    fails: float
    texts: dict[str, str] = field(default_factory=dict)
    user: SimulatedStore | None = None


class SimulatedStore:
    """One user's hold on a disk, until it crashes. A ``StateStore``.

    Attributes:
        memory: what was read from it; ``None`` before.
        under_way: what it does at this moment.
        begins: whether it is written down that its user begins, until the user knows.
        leaving: whether its user is about to leave, and may write once more.
        began: called when something begins.
    """

    def __init__(
        self,
        name: str,
        disk: Disk,
        rng: Random,
        now: Callable[[], float],
        complain: Complaints,
        coverage: Coverage,
        concerned: Callable[[], list[TrueJob]],
    ) -> None:
        self.memory: Memory | None = None
        self.under_way: Phase | None = None
        self.begins = False
        self.leaving = False
        self.began: Callable[[Phase], None] = lambda phase: None
        self._name = name
        self._disk = disk
        self._rng = rng
        self._now = now
        self._complain = complain
        self._coverage = coverage
        self._concerned = concerned
        self._dead = False
        self._writing: Mapping[str, str | None] | None = None
        self._wrote_at = -1000.0

    async def load(self) -> Mapping[str, str]:
        if self._disk.user is not None:
            self._complain("left-behind", f"{self._name}: the store is still in use by an earlier watch")
        self._disk.user = self
        await self._take_time(Phase.LOAD)
        self.memory = Memory.of(self._disk.texts)
        self.begins = self.memory.since is None
        return dict(self._disk.texts)

    async def save(self, changes: Mapping[str, str | None]) -> None:
        if self._dead or self._disk.user is not self:
            raise CheckpointError("the store is not open")
        self._watch_the_writes(changes)
        self._writing = changes
        try:
            await self._take_time(Phase.SAVE)
            self._apply(changes)
        finally:
            self._writing = None

    async def aclose(self) -> None:
        if self._disk.user is self:
            self._disk.user = None

    def crash(self) -> None:
        """Nothing more is written; a write under way is done or not, but never by halves."""
        if self._writing is not None and self._rng.random() < 0.5:
            self._apply(self._writing)
        self._dead = True
        if self._disk.user is self:
            self._disk.user = None

    def is_owed(self, ident: str) -> bool:
        """Whether it is safe that an end is to be handed out."""
        return f"owed:{ident}" in self._disk.texts

    def _apply(self, changes: Mapping[str, str | None]) -> None:
        for key, text in changes.items():
            if text is None:
                self._disk.texts.pop(key, None)
            else:
                self._disk.texts[key] = text

    async def _take_time(self, phase: Phase) -> None:
        disk, rng = self._disk, self._rng
        self.under_way = phase
        self.began(phase)
        try:
            delay = disk.delay * rng.random()
            if delay > 0.5:
                self._coverage.struck(Fault.SLOW, phase, self._concerned())
            if delay:
                await asyncio.sleep(delay)
            if self._dead:
                raise CheckpointError("the computer has crashed")
            if rng.random() < disk.fails:
                self._coverage.struck(Fault.DISK, phase, self._concerned())
                raise CheckpointError("the disk is full")
        finally:
            self.under_way = None

    def _watch_the_writes(self, changes: Mapping[str, str | None]) -> None:
        now = self._now()
        ends = any(key.startswith("owed:") for key in changes)
        first = "since" in changes and ("since" not in self._disk.texts or self.begins)
        if not (ends or first or self.leaving) and now < self._wrote_at + _PAUSE - 1e-6:
            self._complain(
                "writes",
                f"{self._name}: written {now - self._wrote_at:.2f} s after the last time: {[*changes]}",
            )
        if not (ends or first):
            self._wrote_at = now
