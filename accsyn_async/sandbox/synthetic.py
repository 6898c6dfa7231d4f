"""Jobs without files: rows that move by the clock."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from accsyn_async.sandbox import jobs
from accsyn_async.sandbox.clock import Clock
from accsyn_async.sandbox.engine import Engine, Holding
from accsyn_async.sandbox.state import Job, Task, Workspace

__all__ = ["Course", "SparingEngine", "Synthetic"]

EVERY: Final = 0.25
GOING: Final = frozenset({"waiting", "running", "queued", "executing"})
ENDS: Final = ("done", "failed", "aborted")
WEIGHTS: Final = (90, 7, 3)
SHOWS: Final = ("atlas", "borealis", "comet", "dune", "ember")


class SparingEngine(Engine):
    """An engine that leaves some jobs alone."""

    def __init__(self, speed: float, clock: Clock, holding: Holding) -> None:
        super().__init__(speed, clock, holding)
        self.spared: frozenset[str] = frozenset()

    def attend(self, job: Job) -> None:
        """Look at a job, unless it is spared."""
        if job.id not in self.spared:
            super().attend(job)

    def resume(self, job: Job) -> None:
        """Take up a job, unless it is spared."""
        if job.id not in self.spared:
            super().resume(job)


@dataclass(slots=True, eq=False)
class Course:
    """What becomes of a job.

    Attributes:
        job: which.
        begin: when it begins or goes on, seconds since the epoch.
        seconds: how many it takes in all.
        end: its status then.
        before: the bytes that were there when it began or went on.
    """

    job: Job
    begin: float
    seconds: float
    end: str
    before: int = 0

    @property
    def task(self) -> Task:
        """The job's only task."""
        return next(iter(self.job.tasks.values()))


class Synthetic:
    """Fills a workspace with transfers that wait, run for minutes or hours and end, most of them well.

    What users do to them counts: a paused one stays so until it is resumed, an aborted one until it is
    brought back to life.

    Args:
        workspace: what to fill.
        courses: those there are, by job id; changed here.
        count: how many jobs to make when there are none.
        seed: makes names, sizes and times alike in every run.
    """

    def __init__(
        self, workspace: Workspace, courses: dict[str, Course], count: int, seed: int | str | None = None
    ) -> None:
        self._workspace = workspace
        self._courses = courses
        self._clock = workspace.clock
        now = self._clock.now()
        if not courses:
            chance = random.Random(f"jobs {seed}")
            made = [self._make(chance, number, now) for number in range(count)]
            courses.update((course.job.id, course) for course in made)
        self.ids = frozenset(courses)
        self._future = _latest_first(course for course in courses.values() if course.begin > now)
        begun = _latest_first(course for course in courses.values() if course.begin <= now)
        self._running = [course for course in begun if course.job.status in GOING]
        self._held = [course for course in begun if course.job.status not in GOING]
        self.move()

    def tick(self) -> None:
        """Move the rows to where they are by now, unless that was done a moment ago."""
        if abs(self._clock.now() - self._last) >= EVERY:
            self.move()

    def _make(self, chance: random.Random, number: int, now: float) -> Course:
        name = f"{chance.choice(SHOWS)}_{number:04d}.mov"
        user = chance.choice([one for one in self._workspace.users if one.role != "standard"])
        data = {"source": f"share=projects/synthetic/{name}", "destination": "site=berlin"}
        job = jobs.create_job(self._workspace, user, data)
        (task,) = job.tasks.values()
        task.size = job.size = chance.randrange(10**8, 10**11)
        job.status = "waiting"
        begin = now + chance.uniform(-3600, 12 * 3600)
        return Course(job, begin, chance.uniform(600, 6 * 3600), chance.choices(ENDS, WEIGHTS)[0])

    def move(self) -> None:
        """Move the rows to where they are by now."""
        now = self._last = self._clock.now()
        while self._future and self._future[-1].begin <= now:
            course = self._future.pop()
            (self._running if course.job.status == "waiting" else self._held).append(course)
        held, self._held = self._held, []
        for course in self._there(held):
            if course.job.status == "waiting":
                course.begin, course.before = now, course.job.copied
                self._running.append(course)
            else:
                self._held.append(course)
        running, self._running = self._running, []
        for course in self._there(running):
            going = course.job.status in GOING and course.task.status in GOING
            (self._running if going and self._run(course, now) else self._held).append(course)

    def _there(self, courses: list[Course]) -> Iterable[Course]:
        for course in courses:
            if course.job.id in self._workspace.jobs:
                yield course
            else:
                self._courses.pop(course.job.id, None)

    def _run(self, course: Course, now: float) -> bool:
        """Move a job that runs; tell whether it runs on."""
        job, task = course.job, course.task
        left = course.seconds * (1 - course.before / job.size)
        done = (now - course.begin) / left if left > 0 else 1.0
        if done < 1:
            job.status, task.status = "running", "executing"
            job.speed = job.size / course.seconds / 1_000_000
            job.copied = task.copied = course.before + int((job.size - course.before) * max(done, 0.0))
            return True
        end, course.end = course.end, "done"
        job.status, job.speed = end, None
        ended = self._clock.text(ago=now - course.begin - left)
        if end != "failed":
            job.finished = ended
        task.status = {"done": "done", "failed": "failed"}.get(end, "queued")
        task.finished = ended if task.status in ENDS else None
        job.copied = task.copied = job.size if end == "done" else 0
        task.message = "the disk is full" if end == "failed" else ""
        task.milliseconds = int(course.seconds * 1000)
        return False


def _latest_first(courses: Iterable[Course]) -> list[Course]:
    return sorted(courses, key=lambda course: -course.begin)
