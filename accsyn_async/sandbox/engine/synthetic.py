"""Jobs without files: rows that move by the clock."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from accsyn_async.sandbox.engine.dispatch import hindrance
from accsyn_async.sandbox.rules import jobs
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.memory import Course
from accsyn_async.sandbox.state.workspace import Workspace

__all__ = ["Synthetic"]

EVERY: Final = 0.25
GOING: Final = frozenset({"waiting", "running", "queued", "executing"})
RETRY: Final = 900.0
ADDED: Final = 1_000_000_000
ENDS: Final = ("done", "failed", "aborted")
WEIGHTS: Final = (90, 7, 3)
SHOWS: Final = ("atlas", "borealis", "comet", "dune", "ember")


class Synthetic:
    """Fills a workspace with transfers that wait, run for minutes or hours and end, most of them well.

    What users do to them counts: a paused one stays so until it is resumed, an aborted one until it is
    brought back to life, and none runs while its queue is paused or a client is offline. Unlike others, any
    number of them run between the same endpoints. What failed is tried again after a quarter of an hour;
    tasks that are added are of 1 GB each.

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
            users = [one for one in workspace.users if one.role != "standard"]
            first: dict[SandboxUser, Job] = {}
            made = [self._make(chance, users, first, number, now) for number in range(count)]
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

    def _make(
        self,
        chance: random.Random,
        users: list[SandboxUser],
        first: dict[SandboxUser, Job],
        number: int,
        now: float,
    ) -> Course:
        """Make a job; ``first`` holds the first of each user, which the others are like."""
        name = f"{chance.choice(SHOWS)}_{number:04d}.mov"
        user = chance.choice(users)
        if user in first:
            job = self._like(first[user], name)
        else:
            data = {"source": f"share=projects/synthetic/{name}", "destination": "site=berlin"}
            job = first[user] = jobs.create_job(self._workspace, user, data)
        (task,) = job.tasks.values()
        task.size = job.size = chance.randrange(10**8, 10**11)
        job.status = "waiting"
        begin = now + chance.uniform(-3600, 12 * 3600)
        return Course(job, begin, chance.uniform(600, 6 * 3600), chance.choices(ENDS, WEIGHTS)[0])

    def _like(self, other: Job, name: str) -> Job:
        """A job like another one, of a file of another name: thousands need not be read and checked each."""
        job = Job(
            self._workspace.next_number(),
            name,
            other.user,
            other.queue,
            other.source,
            other.destination,
            other.created,
            other.modified,
            other.modifier,
        )
        (task,) = other.tasks.values()
        start, end = (
            replace(one, parts=(*one.parts[:-1], name), path=f"synthetic/{name}")
            for one in (task.source, task.destination)
        )
        job.tasks[task.uri] = Task(task.uri, start, end, job.created)
        self._workspace.jobs[job.id] = job
        return job

    def move(self) -> None:
        """Move the rows to where they are by now."""
        now = self._last = self._clock.now()
        while self._future and self._future[-1].begin <= now:
            course = self._future.pop()
            (self._running if _may_run(course) else self._held).append(course)
        # What failed may have been tried again since.
        while self._move_each(now):
            pass

    def _move_each(self, now: float) -> bool:
        """Move each once; tell whether one failed, and is to be tried again by now."""
        held, self._held = self._held, []
        for course in self._there(held):
            (self._running if self._goes_on(course, now) else self._held).append(course)
        running, self._running = self._running, []
        again = False
        for course in self._there(running):
            runs = self._run(course, now)
            (self._running if runs else self._held).append(course)
            again |= not runs and course.again is not None and course.again <= now
        return again

    def _goes_on(self, course: Course, now: float) -> bool:
        """Let a job go on that was brought back, that nothing hinders now, or that failed a while ago."""
        job = course.job
        if job.status == "failed" and course.again is not None and course.again <= now:
            for task in job.tasks.values():
                if task.status == "failed":
                    task.status, task.message, task.finished = "queued", "", None
            job.status, course.begin, course.before, course.again = "waiting", course.again, job.copied, None
            return _may_run(course)
        if not _may_run(course):
            return False
        for task in job.counted():
            if task.size < 0:
                task.size = ADDED
        job.tally()
        course.begin, course.before, course.again = now, job.copied, None
        return True

    def _there(self, courses: list[Course]) -> Iterable[Course]:
        for course in courses:
            if course.job.id in self._workspace.jobs:
                yield course
            else:
                self._courses.pop(course.job.id, None)

    def _run(self, course: Course, now: float) -> bool:
        """Move a job that runs; tell whether it runs on."""
        job = course.job
        if job.status not in GOING:
            return False
        if hindrance(job, course.task):
            job.status, job.speed = "waiting", None
            return False
        left = course.seconds * (1 - course.before / job.size) if job.size > 0 else 0.0
        done = (now - course.begin) / left if left > 0 else 1.0
        if done < 1:
            job.status, job.speed = "running", job.size / course.seconds / 1_000_000
            self._spread(job, course.before + int((job.size - course.before) * max(done, 0.0)), None)
            return True
        end, course.end = course.end, "done"
        ended = self._clock.text(ago=now - course.begin - left)
        job.status, job.speed = end, None
        if end == "failed":
            course.again = course.begin + left + RETRY
        else:
            job.finished = ended
        self._spread(job, job.size if end == "done" else 0, ended)
        if end == "failed":
            task = course.task
            task.status, task.finished, task.message = "failed", ended, "the disk is full"
        course.task.milliseconds = int(course.seconds * 1000)
        return False

    @staticmethod
    def _spread(job: Job, copied: int, ended: str | None) -> None:
        """Give the bytes that have arrived to the tasks, in turn; ``ended`` is when the job stopped."""
        left = job.copied = copied
        following = "executing" if ended is None else "queued"
        for task in job.counted():
            if task.status not in GOING and task.status != "done":
                continue
            task.copied = min(left, task.size)
            left -= task.copied
            if task.copied < task.size:
                task.status, following = following, "queued"
            elif task.status != "done":
                task.status, task.finished = "done", ended


def _may_run(course: Course) -> bool:
    return course.job.status == "waiting" and not hindrance(course.job, course.task)


def _latest_first(courses: Iterable[Course]) -> list[Course]:
    return sorted(courses, key=lambda course: -course.begin)
