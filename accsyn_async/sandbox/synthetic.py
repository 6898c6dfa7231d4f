"""Jobs without files: rows that move by the clock."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from accsyn_async.sandbox import jobs
from accsyn_async.sandbox.clock import Clock
from accsyn_async.sandbox.engine import Engine
from accsyn_async.sandbox.state import Job, SandboxUser, Task, Workspace

__all__ = ["SparingEngine", "Synthetic"]

EVERY: Final = 0.25
GOING: Final = frozenset({"waiting", "running", "queued", "executing"})
ENDS: Final = ("done", "failed", "aborted")
WEIGHTS: Final = (90, 7, 3)
SHOWS: Final = ("atlas", "borealis", "comet", "dune", "ember")


class SparingEngine(Engine):
    """An engine that leaves some jobs alone."""

    def __init__(self, speed: float, clock: Clock) -> None:
        super().__init__(speed, clock)
        self.spared: frozenset[str] = frozenset()

    def attend(self, job: Job) -> None:
        """Look at a job, unless it is spared."""
        if job.id not in self.spared:
            super().attend(job)


@dataclass(slots=True, eq=False)
class _Plan:
    """What becomes of a job: when it begins, how many seconds it runs, how it ends."""

    job: Job
    task: Task
    begin: float
    seconds: float
    end: str
    before: int = 0


class Synthetic:
    """Fills a workspace with transfers that wait, run for minutes or hours and end, most of them well.

    What users do to them counts: a paused one stays so until it is resumed, an aborted one for good.

    Args:
        workspace: what to fill.
        count: how many.
        seed: makes names, sizes and times alike in every run.
    """

    def __init__(self, workspace: Workspace, count: int, seed: int | str | None = None) -> None:
        self._workspace = workspace
        self._clock = workspace.clock
        chance = random.Random(f"jobs {seed}")
        now = self._last = self._clock.monotonic()
        users = [one for one in workspace.users if one.role != "standard"]
        plans = [self._plan(chance, users, number, now) for number in range(count)]
        self.ids = frozenset(plan.job.id for plan in plans)
        self._future = sorted(plans, key=lambda plan: -plan.begin)
        self._running: list[_Plan] = []
        self._held: list[_Plan] = []
        self._move(now)

    def tick(self) -> None:
        """Move the rows to where they are by now."""
        now = self._clock.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            self._move(now)

    def _plan(self, chance: random.Random, users: list[SandboxUser], number: int, now: float) -> _Plan:
        name = f"{chance.choice(SHOWS)}_{number:04d}.mov"
        user = chance.choice(users)
        data = {"source": f"share=projects/synthetic/{name}", "destination": "site=berlin"}
        job = jobs.create_job(self._workspace, user, data)
        (task,) = job.tasks.values()
        task.size = job.size = chance.randrange(10**8, 10**11)
        job.status = "waiting"
        begin = now + chance.uniform(-3600, 12 * 3600)
        return _Plan(job, task, begin, chance.uniform(600, 6 * 3600), chance.choices(ENDS, WEIGHTS)[0])

    def _move(self, now: float) -> None:
        there = self._workspace.jobs
        while self._future and self._future[-1].begin <= now:
            plan = self._future.pop()
            (self._running if plan.job.status == "waiting" else self._held).append(plan)
        held, self._held = self._held, []
        for plan in held:
            if plan.job.id not in there:
                continue
            if plan.job.status == "waiting":
                plan.begin, plan.before = now, plan.job.copied
                self._running.append(plan)
            else:
                self._held.append(plan)
        running, self._running = self._running, []
        for plan in running:
            if plan.job.id not in there:
                continue
            if plan.job.status not in GOING or plan.task.status not in GOING:
                self._held.append(plan)
            elif self._run(plan, now):
                self._running.append(plan)

    def _run(self, plan: _Plan, now: float) -> bool:
        job, task = plan.job, plan.task
        left = plan.seconds * (1 - plan.before / job.size)
        done = (now - plan.begin) / left if left > 0 else 1.0
        if done < 1:
            job.status, task.status = "running", "executing"
            job.speed = job.size / plan.seconds / 1_000_000
            job.copied = task.copied = plan.before + int((job.size - plan.before) * done)
            return True
        job.status, job.speed = plan.end, None
        ended = self._clock.text(ago=now - plan.begin - left)
        if plan.end != "failed":
            job.finished = ended
        task.status = {"done": "done", "failed": "failed"}.get(plan.end, "queued")
        task.finished = ended if task.status in ENDS else None
        job.copied = task.copied = job.size if plan.end == "done" else 0
        task.message = "the disk is full" if plan.end == "failed" else ""
        task.milliseconds = int(plan.seconds * 1000)
        if plan.end == "failed":
            plan.end = "done"
            self._held.append(plan)
        return False
