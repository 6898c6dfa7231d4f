"""Lets jobs wait by the sandbox's clock, and tells when they have done what it gave them time for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from accsyn_async.sandbox.engine.run import Run
from accsyn_async.sandbox.state.clock import Clock

__all__ = ["Waiting"]


class Waiting:
    """The waits of all jobs that are under way.

    Args:
        runs: those jobs; changed elsewhere.
        clock: the sandbox's.
    """

    def __init__(self, runs: Mapping[str, Run], clock: Clock) -> None:
        self._runs = runs
        self._clock = clock
        self._caught_up = asyncio.Event()
        self._caught_up.set()
        # Who may have something to do since the clock was moved on.
        self._behind: set[Run] = set()
        self._others = 0
        self.closed = False

    async def wait(self, run: Run, seconds: float | None, due: float | None = None) -> bool:
        """Wait for the bell of a run, or for time to pass.

        Args:
            run: whose.
            seconds: how long at most; ``None`` for ever.
            due: when, in the clock's monotonic seconds, something is to come of it; ``None`` for when the
                time has passed.

        Returns:
            Whether the time passed without the bell.
        """
        clock = self._clock
        end = None if seconds is None else clock.monotonic() + seconds
        run.due = end if due is None else due
        try:
            while True:
                left = None if end is None else end - clock.monotonic()
                if left is not None and left <= 0:
                    # Tasks that take no time are not to hold the loop up, however many there are.
                    await asyncio.sleep(0)
                    return True
                if not run.bell.is_set():
                    self.settle(run)
                run.idle = True
                with suppress(TimeoutError):
                    async with asyncio.timeout(clock.real(left)):
                        await run.bell.wait()
                run.idle = False
                if not self.closed:
                    run.bell.clear()
                if run.called:
                    run.called = self.closed
                    return False
        finally:
            run.due, run.idle = None, False

    def begin(self) -> None:
        """Count one that does something beside the runs; it ends with `end`."""
        self._others += 1

    def end(self) -> None:
        """Note that one that began has ended."""
        self._others -= 1
        self.settle()

    def settle(self, run: Run | None = None) -> None:
        """Note that a run has nothing to do for now: whatever it waits for, this comes first."""
        if run is not None:
            self._behind.discard(run)
        if self.closed or not (self._others or self._behind):
            self._caught_up.set()

    def let_follow(self, run: Run) -> None:
        """Wake a run whose turn it is, which is part of what is being caught up with."""
        if not self._caught_up.is_set():
            self._behind.add(run)
        run.ring()

    async def catch_up(self, *, due: bool = False) -> None:
        """Wait until jobs have done what the clock gives them time for.

        Args:
            due: whether only those to which something is to come by now are to be looked at; otherwise all.
        """
        self._caught_up.clear()
        now = self._clock.monotonic()
        for run in self._runs.values():
            if not (due and run.idle and (run.due is None or run.due > now)):
                self._behind.add(run)
                run.bell.set()
        self.settle()
        await self._caught_up.wait()

    def wake(self) -> None:
        """Let all that wait look at the clock, which may run at another pace."""
        for run in self._runs.values():
            run.bell.set()

    def next_due(self) -> float | None:
        """When something is to come of a wait next, in monotonic seconds; ``None`` for never."""
        if self.closed:
            return None
        return min((run.due for run in self._runs.values() if run.due is not None), default=None)

    def close(self) -> None:
        """Wake all, for the last time."""
        self.closed = True
        self.settle()
        for run in self._runs.values():
            run.ring()
