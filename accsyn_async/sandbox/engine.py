"""Runs jobs: measures, copies at a speed, and says how it goes."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from accsyn_async.sandbox.clock import Clock
from accsyn_async.sandbox.copier import Copier
from accsyn_async.sandbox.pacing import Pace
from accsyn_async.sandbox.settings import Settings, read_settings
from accsyn_async.sandbox.state import End, Job, Task
from accsyn_async.sandbox.storage import StorageError, survey

__all__ = ["Engine"]

T = TypeVar("T")

WORKERS: Final = 8
UNFINISHED: Final = frozenset({"queued", "booting", "executing"})
ACTIVE: Final = frozenset({"init", "waiting", "running"})

logger = logging.getLogger(__name__)


class _Run:
    """One job under way: what it copies, what comes next, and a bell to wake it."""

    def __init__(self) -> None:
        self.bell = asyncio.Event()
        self.fresh = True
        self.plan: deque[Task] = deque()
        self.task: Task | None = None
        self.copier: Copier | None = None
        self.began = 0.0
        self.behind = False

    def drop(self) -> None:
        if self.copier is not None:
            self.copier.close()
        self.task = self.copier = None


class Engine:
    """Moves the bytes of all jobs.

    A job's own ``status`` is its command: whoever changes it, or a task's, calls `attend` afterwards.
    A paused job keeps the file it was in the middle of open, and goes on from there.

    Args:
        speed: MB/s (1 MB is 1,000,000 bytes) that each running job gets.
        clock: tells the time of day.
    """

    def __init__(self, speed: float, clock: Clock) -> None:
        self._rate = speed * 1_000_000
        self._clock = clock
        self._runs: dict[str, _Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="accsyn-sandbox")
        self._caught_up = asyncio.Event()
        self._closed = False

    def attend(self, job: Job) -> None:
        """Look at a job that is new or was changed: start it, let it go on, or let it stop."""
        run = self._runs.get(job.id)
        if run is not None:
            run.fresh = True
            run.plan.clear()
            run.bell.set()
        elif job.status in ACTIVE and not self._closed:
            run = self._runs[job.id] = _Run()
            task = asyncio.create_task(self._live(job, run), name=f"accsyn-sandbox job {job.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    @property
    def busy(self) -> bool:
        """Whether there is a job that it looks after."""
        return bool(self._runs)

    async def catch_up(self) -> None:
        """Wait until every job has done what the clock, which was moved on, gives it time for."""
        self._caught_up.clear()
        for run in self._runs.values():
            run.behind = True
            run.bell.set()
        self._note_idle()
        await self._caught_up.wait()

    def _note_idle(self, run: _Run | None = None) -> None:
        """Note that a run has nothing to do for now: whatever it waits for, this comes first."""
        if run is not None:
            run.behind = False
        if self._closed or not any(one.behind for one in self._runs.values()):
            self._caught_up.set()

    async def aclose(self) -> None:
        """Stop every job, remove what is half written, end the threads; again does nothing."""
        self._closed = True
        self._note_idle()
        for run in self._runs.values():
            run.bell.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.shutdown()

    async def _live(self, job: Job, run: _Run) -> None:
        try:
            while not self._closed:
                if job.status == "paused" and run.copier is not None:
                    await self._wait(run, None)
                elif job.status not in ACTIVE or not await self._work(job, run):
                    break
        finally:
            job.speed = None
            # Nothing is awaited between the decision to end and this, so no call of `attend` is lost.
            self._runs.pop(job.id, None)
            self._note_idle(run)
            if run.task is not None:
                self._give_up(run.task, "queued")
                job.tally()
            run.drop()

    async def _work(self, job: Job, run: _Run) -> bool:
        """Do one task; tell whether there is more to do or to wait for."""
        await self._measure(job, run)
        if job.status not in ACTIVE or self._closed:
            return True
        task = self._next_task(job, run)
        if task is None:
            return await self._conclude(job, run)
        job.status = "running"
        try:
            await self._transfer(job, task, run)
        except Exception as error:
            self._fail(job, task, _reason(error))
            run.drop()
        finally:
            job.speed = None
        return True

    async def _conclude(self, job: Job, run: _Run) -> bool:
        """Nothing is queued: end the job, or wait for a task on hold."""
        states = {task.status for task in job.counted()}
        if "onhold" in states:
            job.status = "waiting"
            await self._wait(run, None)
            return True
        if "failed" in states:
            job.status = "failed"
        else:
            job.tally()
            job.status = "done"
            job.finished = self._clock.text()
        return False

    async def _measure(self, job: Job, run: _Run) -> None:
        if not run.fresh:
            return
        run.fresh = False
        unmeasured = [task for task in job.tasks.values() if task.size < 0 and task.status == "queued"]
        for task in unmeasured:
            if job.status not in ACTIVE or self._closed:
                run.fresh = True
                return
            try:
                size = await self._in_thread(partial(_size, task.source, _settings(job, task)))
            except Exception as error:
                if task.status == "queued":
                    self._fail(job, task, _reason(error))
            else:
                task.size = size
        if unmeasured:
            job.tally()
        if job.status == "init":
            job.status = "waiting"

    def _next_task(self, job: Job, run: _Run) -> Task | None:
        if run.task is not None:
            if run.task.status == "queued":
                return run.task
            run.task.copied = 0 if run.task.status != "done" else run.task.copied
            job.tally()
            run.drop()
        for _ in range(2):
            while run.plan:
                task = run.plan.popleft()
                if task.status == "queued":
                    return task
            queued = [task for task in job.tasks.values() if task.status == "queued"]
            run.plan.extend(sorted(queued, key=lambda task: -task.priority))
        return None

    async def _transfer(self, job: Job, task: Task, run: _Run) -> None:
        clock = self._clock
        task.message = ""
        if run.copier is None:
            task.status = "booting"
            run.task, run.began = task, clock.monotonic()
            make = partial(Copier, task.source, task.destination, _settings(job, task))
            copier = run.copier = await self._in_thread(make)
            if task.status == "booting":
                task.status = "queued"
            if task.status != "queued" or job.status != "running":
                return
        copier = run.copier
        task.status = "executing"
        pace = Pace(self._rate, clock.monotonic(), clock.advanced, clock.factor)
        while job.status == "running" and task.status == "executing" and not self._closed:
            job.speed = pace.speed(clock.monotonic())
            kept = copier.kept
            copied = await self._in_thread(lambda: copier.advance(pace.budget(clock.monotonic())))
            self._count(job, task, copied + copier.kept - kept, copier.size)
            if copier.finished:
                if task.status == "executing":
                    self._succeed(task, clock.monotonic() - run.began)
                    run.drop()
                return
            pause = pace.sent(copied, clock.monotonic(), clock.advanced)
            if pause > 0:
                await self._wait(run, pause)
        if task.status == "executing":
            task.status = "queued"

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
        self._give_up(task, "failed")
        task.message = text
        task.finished = self._clock.text()
        job.tally()
        logger.debug("task %s of job %s failed: %s", task.uri, job.id, text)

    def _give_up(self, task: Task, status: str) -> None:
        if task.status in UNFINISHED:
            task.status = status
        if task.status != "done":
            task.copied = 0

    async def _wait(self, run: _Run, seconds: float | None) -> None:
        self._note_idle(run)
        try:
            async with asyncio.timeout(self._clock.real(seconds)):
                await run.bell.wait()
        except TimeoutError:
            return
        if not self._closed:
            run.bell.clear()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _reason(error: Exception) -> str:
    if isinstance(error, (StorageError, OSError)):
        return str(error)
    logger.error("a transfer broke", exc_info=error)
    return "the sandbox failed; its log says why"


def _size(end: End, settings: Settings) -> int:
    return survey(end.root, end.parts, folder=end.folder and bool(end.parts), settings=settings).size


def _settings(job: Job, task: Task) -> Settings:
    """Those of a job, and before them those of its task."""
    return read_settings({**job.settings, **task.settings})
