"""What jobs do: move, stall, fail, are retried, end, revive, vanish, and come and go between two polls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from tests.simulate.model import TrueJob, World

__all__ = ["Story"]


class Story:
    """Moves the jobs of a world until it is stopped.

    Args:
        world: their world.
        loop: when.
        rng: what, and how soon.
        pace: seconds between two moves of a job, on average.
    """

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop, rng: Random, pace: float) -> None:
        self._world = world
        self._loop = loop
        self._rng = rng
        self._pace = pace
        self._timers: set[asyncio.TimerHandle] = set()
        self._listed_share = rng.choice((0.0, 0.0, 0.5, 1.0))
        self._vanish_share = rng.choice((0.0, 0.02, 0.08))
        self._revive_share = rng.choice((0.1, 0.4, 0.8))

    def begin(self, count: int) -> None:
        """Put jobs there, in any state, and let others come."""
        for _ in range(count):
            self._add(
                self._rng.choice(("init", "waiting", "running", "running", "paused", "failed", "pending"))
            )
        self._later(self._rng.expovariate(1 / (self._pace * 4)), self._come)

    def stop(self) -> None:
        """Nothing moves any more."""
        for timer in self._timers:
            timer.cancel()

    def live(self, job: TrueJob) -> None:
        """Let a job move from now on."""
        self._later(self._soon(), lambda: self._step(job))

    def _add(self, status: str) -> TrueJob:
        job = self._world.add(status=status, user=self._rng.choice("334"), size=self._rng.choice((-1, 1000)))
        self.live(job)
        return job

    def _come(self) -> None:
        """A new job: an ordinary one, or one that ends at once."""
        rng = self._rng
        if len(self._world.jobs) < 14:
            if rng.random() < 0.5:
                self._add(rng.choice(("init", "waiting", "running")))
            else:
                job = self._world.add(status="running", user=rng.choice("334"))
                self._later(rng.uniform(0.05, 0.9), lambda: self._finish(job))
        self._later(rng.expovariate(1 / (self._pace * 6)), self._come)

    def _step(self, job: TrueJob) -> None:
        """What a job does next."""
        rng, world = self._rng, self._world
        if job.gone:
            world.reappear(job)
        elif rng.random() < self._vanish_share:
            world.vanish(job)
            if rng.random() < 0.5:
                self._later(rng.choice((0.5, 3.0, 20.0)) * (0.5 + rng.random()), lambda: self._step(job))
            return
        elif job.now.ended:
            if not self._ended(job):
                return
        else:
            self._go_on(job)
        self.live(job)

    def _ended(self, job: TrueJob) -> bool:
        """What an ended job does; ``False`` when nothing more will come of it."""
        rng, world = self._rng, self._world
        if job.listed and rng.random() < 0.5:
            world.unlist(job)
        elif rng.random() < self._revive_share:
            world.move(job, rng.choice(("waiting", "running")), rng.choice((0, 50)))
            if rng.random() < 0.3:
                # Twice between two polls.
                self._later(rng.uniform(0.1, 0.8), lambda: self._finish(job))
        else:
            return rng.random() < 0.7
        return True

    def _go_on(self, job: TrueJob) -> None:
        rng, world, now = self._rng, self._world, job.now
        luck = rng.random()
        match now.status:
            case "init" | "pending":
                status = "pending" if now.status == "init" and luck < 0.3 else "waiting"
                world.move(job, status, size=1000 + rng.randrange(1000))
            case "waiting":
                world.move(job, "paused" if luck < 0.1 else "running")
            case "paused" | "failed":
                if luck < 0.2:
                    self._finish(job, "aborted")
                else:
                    world.move(job, "waiting" if luck < 0.6 else "running")
            case _:
                self._run(job, luck)

    def _run(self, job: TrueJob, luck: float) -> None:
        world, progress = self._world, job.now.progress
        if luck < 0.08:
            world.move(job, "paused")
        elif luck < 0.16:
            world.move(job, "failed")
        elif luck < 0.2:
            self._finish(job, "aborted")
        elif luck < 0.24:
            world.move(job, "running", max(0, progress - 20))
        elif progress >= 100:
            self._finish(job)
        elif luck < 0.7:
            world.move(job, "running", min(100, progress + self._rng.randint(1, 60)))
        elif luck < 0.85:
            self._finish(job)

    def _finish(self, job: TrueJob, status: str = "done") -> None:
        if not job.now.ended and not job.gone:
            ended = self._world.end(job, status, listed=self._rng.random() < self._listed_share)
            if not ended:
                self._later(1.0, lambda: self._finish(job, status))

    def _soon(self) -> float:
        """Mostly the world's pace; at times a moment, or very long."""
        luck = self._rng.random()
        if luck < 0.15:
            return self._rng.uniform(0.05, 1.0)
        if luck > 0.93:
            return self._pace * self._rng.uniform(5, 20)
        return self._rng.expovariate(1 / self._pace)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        def act() -> None:
            self._timers.discard(timer)
            action()

        timer = self._loop.call_later(seconds, act)
        self._timers.add(timer)
