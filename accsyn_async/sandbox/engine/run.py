"""What an engine keeps of a job that is under way."""

from __future__ import annotations

import asyncio

from accsyn_async.sandbox.engine.pacing import Pace
from accsyn_async.sandbox.engine.plan import Plan
from accsyn_async.sandbox.files.copier import Copier
from accsyn_async.sandbox.state.jobs import Task

__all__ = ["Run"]


class Run:
    """One job under way: what it copies, what comes next, and a bell to wake it.

    Attributes:
        called: whether the bell was rung for a change, and not only because the clock was moved on.
        fresh: whether tasks may be there that are not yet measured.
        due: when something is to come of what it waits for, in the clock's monotonic seconds; ``None`` when
            it does not wait for time to pass.
        blocked: whether a change to a queue or a client may let it go on.
    """

    def __init__(self) -> None:
        self.bell = asyncio.Event()
        self.called = False
        self.due: float | None = None
        self.fresh = True
        self.blocked = False
        self.plan = Plan()
        self.task: Task | None = None
        self.copier: Copier | None = None
        self.pace: Pace | None = None

    def ring(self) -> None:
        """Wake it for a change."""
        self.called = True
        self.bell.set()

    def drop(self) -> None:
        """Give up the task under way, and what is half written of it."""
        if self.copier is not None:
            self.copier.close()
        self.task = self.copier = self.pace = None
