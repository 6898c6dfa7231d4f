"""Runs jobs: measures, copies or computes, tries again what failed, and says how it goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from accsyn_async.sandbox.engine import sizing
from accsyn_async.sandbox.engine.dispatch import Dispatcher, hindrance, interruption
from accsyn_async.sandbox.engine.pacing import Pace
from accsyn_async.sandbox.engine.run import Run
from accsyn_async.sandbox.engine.waiting import Waiting
from accsyn_async.sandbox.files.copier import Copier
from accsyn_async.sandbox.files.survey import survey_end
from accsyn_async.sandbox.rules import compute, deliveries, job_states, standing
from accsyn_async.sandbox.rules.job_states import UNFINISHED
from accsyn_async.sandbox.rules.settings import Settings, read_settings
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.jobs import Job, Task

__all__ = ["Engine"]

T = TypeVar("T")
Holding = Callable[[Job, Task], Mapping[str, Any]]

WORKERS: Final = 8
ACTIVE: Final = frozenset({"init", "waiting", "running"})
EXECUTED: Final = frozenset({"transfer", "compute"})

logger = logging.getLogger(__name__)


class Engine:
    """Does the work of all jobs.

    A job's own ``status`` is its command: whoever changes it, or a task's, calls `attend` afterwards.
    A paused job keeps the file it was in the middle of open, and goes on from there. A job that failed is
    tried again by itself after a pause, which grows each time, until somebody gives it or a task a status.

    Args:
        speed: MB/s (1 MB is 1,000,000 bytes) that each running job gets.
        clock: tells the time of day.
        holding: tells which settings hold for a task.
        spared: the ids of jobs that it leaves alone.
    """

    def __init__(
        self, speed: float, clock: Clock, holding: Holding, spared: Collection[str] = frozenset()
    ) -> None:
        self._rate = speed * 1_000_000
        self._clock = clock
        self._holding = holding
        self._spared = spared
        self._dispatcher = Dispatcher()
        self._runs: dict[str, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="accsyn-sandbox")
        self._waiting = Waiting(self._runs, clock)

    def attend(self, job: Job) -> None:
        """Look at a job that is new or was changed: start it, let it go on, or let it stop."""
        run = self._runs.get(job.id)
        if run is not None:
            run.fresh = True
            run.plan.forget()
            run.ring()
        elif self._waiting.closed or job.id in self._spared:
            return
        elif job.status in ACTIVE and job.kind in EXECUTED:
            self._begin(job)
        elif job.status == "pending" and job.kind not in EXECUTED:
            self._waiting.begin()
            self._spawn(job, self._size_up(job))
        elif job.is_finished and job.delivery is not None:
            deliveries.settle(job.delivery, self._clock)

    def resume(self, job: Job) -> None:
        """Take up a job that was kept; a file that it was in the middle of begins again."""
        if job.id in self._spared:
            return
        begun = [task for task in job.tasks.values() if task.status in UNFINISHED]
        begun = [task for task in begun if task.status != "queued" or task.copied]
        for task in begun:
            self._give_up(job, task, "queued")
        if begun:
            compute.roll_up(job)
            job.tally()
        if job.status == "running":
            job.status, job.speed = "waiting", None
        if job.status == "failed" and job.kind in EXECUTED:
            self._begin(job)
        else:
            self.attend(job)

    def reconsider(self) -> None:
        """Look at every job that waits or runs again, after a queue or a client was changed."""
        for run in self._runs.values():
            if run.blocked or run.pace is not None:
                run.ring()

    @property
    def closed(self) -> bool:
        """Whether it was stopped."""
        return self._waiting.closed

    async def catch_up(self, *, due: bool = False) -> None:
        """Wait until jobs have done what the clock gives them time for.

        Args:
            due: whether only those to which something is to come by now are to be looked at; otherwise all.
        """
        await self._waiting.catch_up(due=due)

    def wake(self) -> None:
        """Let jobs look at the clock, which may run at another pace."""
        self._waiting.wake()

    def next_due(self) -> float | None:
        """When something is to come of a job next, in the clock's monotonic seconds; ``None`` for never."""
        return self._waiting.next_due()

    async def aclose(self) -> None:
        """Stop every job, remove what is half written, end the threads; again does nothing."""
        self._waiting.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.shutdown()

    def _begin(self, job: Job) -> None:
        run = self._runs[job.id] = Run()
        self._spawn(job, self._live(job, run))

    def _spawn(self, job: Job, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"accsyn-sandbox job {job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _size_up(self, delivery: Job) -> None:
        try:
            await sizing.size_up(delivery, self._size, self._clock)
        finally:
            self._waiting.end()

    async def _live(self, job: Job, run: Run) -> None:
        try:
            while not self._waiting.closed:
                if job.status == "paused" and run.copier is not None:
                    self._stand_back(job, run)
                    await self._waiting.wait(run, None)
                elif not await (self._retry_later if job.status == "failed" else self._work)(job, run):
                    break
        finally:
            job.speed = None
            # Nothing is awaited between the decision to end and this, so no call of `attend` is lost.
            self._runs.pop(job.id, None)
            if run.task is not None:
                self._give_up(job, run.task, "queued")
            self._stand_back(job, run)
            compute.roll_up(job)
            job.tally()
            run.drop()
            if job.delivery is not None:
                deliveries.settle(job.delivery, self._clock)
            self._waiting.settle(run)

    async def _work(self, job: Job, run: Run) -> bool:
        """Do one task; tell whether there is more to do or to wait for."""
        if job.status not in ACTIVE:
            return False
        await self._measure(job, run)
        if job.status not in ACTIVE or self._waiting.closed:
            return True
        task = self._next_task(job, run)
        if task is None:
            return await self._conclude(job, run)
        if hindrance(job, task):
            self._stand_back(job, run)
            return await self._await_turn(job, run)
        if not self._dispatcher.claim(job, task):
            return await self._await_turn(job, run)
        job.status = "running"
        if task is not run.task:
            run.plan.dispatch(task, self._settings(job, task).bucket, self._clock.monotonic())
        try:
            if job.kind == "compute":
                await self._compute(job, task, run)
            else:
                await self._transfer(job, task, run)
        except Exception as error:
            self._fail(job, task, sizing.reason(error))
            run.plan.note(job, task)
            run.drop()
        finally:
            job.speed = None
        return True

    async def _await_turn(self, job: Job, run: Run) -> bool:
        job.status = "waiting"
        run.blocked = True
        await self._waiting.wait(run, None)
        run.blocked = False
        return True

    def _stand_back(self, job: Job, run: Run) -> None:
        """Let the next job run between these endpoints."""
        run.plan.recall()
        for following in self._dispatcher.give_up(job):
            if following.id in self._runs:
                self._waiting.let_follow(self._runs[following.id])

    async def _conclude(self, job: Job, run: Run) -> bool:
        """Nothing can be done: end the job, or pause it for the tasks on hold."""
        states = {task.status for task in job.counted()}
        if "failed" in states:
            job.status = "failed"
        elif "onhold" in states:
            job.status = "paused"
        else:
            job.tally()
            job.status = "done"
            job.finished = self._clock.text()
            return False
        self._stand_back(job, run)
        return job.status == "failed"

    async def _retry_later(self, job: Job, run: Run) -> bool:
        """Try again what failed by itself, after a pause; tell whether there is more to do."""
        mine = [task for task in job.tasks.values() if task.broke and task.status == "failed"]
        held = [self._settings(job, task) for task in mine]
        again = job.retries < max((one.retries for one in held), default=0)
        pause = max((one.retry_delay for one in held), default=0) * 2**job.retries
        if not again or not await self._waiting.wait(run, pause):
            if job.status == "failed" and not self._waiting.closed:
                # It was changed meanwhile, or tried often enough: from now on it is left alone.
                for task in mine:
                    task.broke = False
            return job.status in ACTIVE
        job.retries += 1
        run.fresh = True
        for task in mine:
            job_states.retry(task)
        job_states.revive(job)
        return True

    async def _measure(self, job: Job, run: Run) -> None:
        if not run.fresh:
            return
        run.fresh = False
        for task in (unmeasured := sizing.unmeasured(job)):
            if job.status not in ACTIVE or self._waiting.closed:
                run.fresh = True
                return
            try:
                size = await self._size(job, task)
            except Exception as error:
                if task.status == "queued":
                    self._fail(job, task, sizing.reason(error))
            else:
                task.size = size
        if unmeasured:
            job.tally()
        if job.status == "init":
            job.status = "waiting"

    def _next_task(self, job: Job, run: Run) -> Task | None:
        if run.task is not None:
            if run.task.status == "queued":
                return run.task
            run.task.copied = 0 if run.task.status != "done" else run.task.copied
            job.tally()
            run.drop()
        return run.plan.next(job, self._clock.monotonic())

    async def _transfer(self, job: Job, task: Task, run: Run) -> None:
        clock = self._clock
        task.message = ""
        standing.require(job, task)
        settings = self._settings(job, task)
        # Made before anything is waited for: a job that is seen to run misses no time that is skipped.
        rate = min(self._rate, settings.rate)
        pace = run.pace = Pace(rate, clock.monotonic(), clock.advanced, clock.factor)
        if run.copier is None:
            task.status = "booting"
            run.task = task
            make = partial(Copier, task.source, task.destination, settings)
            copier = run.copier = await self._in_thread(make)
            if task.status == "booting":
                task.status = "queued"
            if task.status != "queued" or job.status != "running":
                return
        copier = run.copier
        task.status = "executing"
        while self._goes_on(job, task):
            job.speed = pace.speed(clock.monotonic())
            kept = copier.kept
            copied = await self._in_thread(lambda: copier.advance(pace.budget(clock.monotonic())))
            self._count(job, task, copied + copier.kept - kept, copier.size)
            if copier.finished:
                if task.status == "executing":
                    self._succeed(task, clock.monotonic() - run.plan.began)
                    run.drop()
                return
            pause = pace.sent(copied, clock.monotonic(), clock.advanced)
            if pause > 0:
                left = copier.size - task.copied
                await self._waiting.wait(run, pause, pace.due(left))
        run.pace = None
        if task.status == "executing":
            task.status = "queued"

    async def _compute(self, job: Job, task: Task, run: Run) -> None:
        """Stand in for an engine: take the time that the task asks for, and fail when it asks for that."""
        clock = self._clock
        stint = compute.stint(job, task)
        task.message = ""
        task.status = "executing"
        run.plan.note(job, task)
        left = stint.seconds
        while self._goes_on(job, task):
            began = clock.monotonic()
            run.blocked = True
            passed = await self._waiting.wait(run, left)
            run.blocked = False
            left -= clock.monotonic() - began
            if (passed or left <= 0) and task.status == "executing":
                if stint.failure:
                    raise compute.ComputeError(stint.failure)
                self._succeed(task, clock.monotonic() - run.plan.began)
                run.plan.note(job, task)
                return
        if task.status == "executing":
            task.status = "queued"
            run.plan.note(job, task)

    def _goes_on(self, job: Job, task: Task) -> bool:
        return (
            job.status == "running"
            and task.status == "executing"
            and not self._waiting.closed
            and not interruption(job, task)
        )

    def _count(self, job: Job, task: Task, copied: int, size: int) -> None:
        if task.status not in UNFINISHED:
            return
        task.copied += copied
        job.copied += copied
        if size != task.size:
            job.size += size - max(task.size, 0)
            task.size = size

    def _succeed(self, task: Task, seconds: float) -> None:
        task.status = "done"
        task.finished = self._clock.text()
        task.milliseconds = int(seconds * 1000)

    def _fail(self, job: Job, task: Task, text: str) -> None:
        self._give_up(job, task, "failed")
        task.broke = task.status == "failed"
        task.message = text
        task.finished = self._clock.text()
        logger.debug("task %s of job %s failed: %s", task.uri, job.id, text)

    def _give_up(self, job: Job, task: Task, status: str) -> None:
        if task.status in UNFINISHED:
            task.status = status
        if task.status != "done":
            job.copied -= task.copied
            task.copied = 0

    def _settings(self, job: Job, task: Task) -> Settings:
        settings = read_settings(self._holding(job, task))
        closed = standing.closed_to(job, task)
        return replace(settings, closed=closed) if closed else settings

    async def _size(self, job: Job, task: Task) -> int:
        """Measure the source of a task, in bytes.

        Raises:
            StorageError: it is missing, of the wrong kind, or holds what is not transferred.
        """
        settings = self._settings(job, task)
        return (await self._in_thread(partial(survey_end, task.source, settings))).size

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)
