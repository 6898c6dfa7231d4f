"""Those who watch, wait and write: prompt, slow, stalled, cancelled, raising, late, and soon gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any

from accsyn_async import Event, NotFoundError, OutcomeUnknownError, Session, Watch
from accsyn_async.errors import AccsynError
from tests.simulate.freshness import Auditor
from tests.simulate.invariants import Complaints, WatchLog, is_removal_founded
from tests.simulate.waits import WaitLog, complete, wait

__all__ = ["Cast", "Stage"]

_QUERIES: tuple[tuple[str, str | None], ...] = (
    ("Transfer", None),
    ("Transfer", None),
    ('Transfer WHERE user="3"', 'user="3"'),
    ("Transfer WHERE status=running", "status=running"),
    ("Transfer WHERE status=waiting", "status=waiting"),
)


class _OwnError(Exception):
    """What a consumer raises by itself."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What consumers act on.

    Attributes:
        session: the session under test.
        auditor: knows of every watch and wait.
        complain: takes complaints.
        acted: how often the backend created something, by name.
        saw: told of each event, for the trace.
        disturb: counts seconds from now as bad weather.
    """

    session: Session
    auditor: Auditor
    complain: Complaints
    acted: dict[str, int]
    saw: Callable[[str, Event], None]
    disturb: Callable[[float], None]


class Cast:
    """Every consumer of a seed.

    Attributes:
        tasks: theirs.
        drain: set when slow consumers shall take what there is at once.
    """

    def __init__(
        self,
        stage: Stage,
        rng: Random,
        new_log: Callable[..., WatchLog],
        now: Callable[[], float],
        until: float,
        crowded: bool,
    ) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.drain = asyncio.Event()
        self.closing = False
        self._stage = stage
        self._rng = rng
        self._new_log = new_log
        self._now = now
        self._until = until
        self._crowded = crowded
        self._numbers = 0

    def begin(self) -> None:
        """Let them all come."""
        rng = self._rng
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
            self._watch()
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            self._wait()
        if rng.random() < 0.3:
            self._complete()
        if rng.random() < 0.3:
            self._start(self._write, "writer")
        if self._crowded:
            # Several lists at the same time.
            for query in _QUERIES[1:]:
                self._watch(query)
        if rng.random() < 0.15:
            self._start(self._storm, "storm")

    # -- watches ------------------------------------------------------------

    def _watch(self, of: tuple[str, str | None] | None = None) -> None:
        rng = self._rng
        number = self._numbers = self._numbers + 1
        by_id = rng.random() < 0.4 and of is None
        query, expression = of or rng.choice(_QUERIES)
        kind = rng.choice(("prompt", "prompt", "slow", "stall", "callbacks"))
        begin = 0.0 if rng.random() < 0.6 else rng.uniform(0.5, 0.7 * self._until)
        leaves = rng.choice(("no", "no", "no", "leave", "cancel", "raise", "drop"))
        count = rng.choice((1, 1, 2, 5))
        twin = None
        if kind in ("slow", "stall") and rng.random() < 0.6:
            twin = Random(rng.getrandbits(64))
        own = Random(rng.getrandbits(64))

        async def both() -> None:
            await asyncio.sleep(begin)
            ids = self._some(own, count) if by_id else None
            if by_id and ids is None:
                return
            name = f"watch {number} of {'ids' if ids else query}, {kind}"
            what = list(ids) if ids else query
            first = None
            if twin is not None:
                first = self._new_log(f"{name} (twin)", ids, expression if not ids else None, True)
                self._start_now(self._attend(what, first, "prompt", "no", twin), f"watch {number}t")
            log = self._new_log(name, ids, expression if not ids else None, kind in ("prompt", "callbacks"))
            log.twin = first
            # In a task of its own as well, so that both come in between the same two polls.
            self._start_now(self._attend(what, log, kind, "no" if twin else leaves, own), f"watch {number}")

        self._start_now(both(), f"usher {number}")

    async def _attend(
        self, what: list[str] | str, log: WatchLog, kind: str, leaves: str, rng: Random
    ) -> None:
        """Watch, in the manner of its kind, until it leaves."""
        self._stage.auditor.watches.append(log)
        limit = None if leaves in ("no", "raise") else rng.uniform(0.1, 60.0)
        quits = rng.randint(1, 12) if leaves == "raise" else None
        watch = self._stage.session.watch(what)
        try:
            if leaves == "drop":
                await self._drop(watch, log, limit or 0.0)
                log.over = "dropped"
                return
            async with asyncio.timeout(limit), watch:
                log.entered = self._now()
                if kind == "callbacks":
                    await self._by_callbacks(watch, log, rng)
                else:
                    await self._by_iterating(watch, log, kind, rng, quits)
        except (TimeoutError, _OwnError):
            log.over = "left"
        except asyncio.CancelledError:
            log.over = "cancelled"
            raise
        except NotFoundError as error:
            log.over = "not found"
            jobs = [log.world.jobs[ident] for ident in log.ids or ()]
            if not any(is_removal_founded(job, self._now()) for job in jobs):
                log.complain("removed", f"{log.name}: {error}")
        except Exception as error:
            log.over = "raised"
            log.complain("crash", f"{log.name}: {type(error).__name__}: {error}")
        else:
            log.over = "ended"
            self._ended(log)

    def _ended(self, log: WatchLog) -> None:
        """A watch ended by itself: each of its jobs has come to its end, or the session was closed."""
        if self.closing:
            return
        missing = set(log.ids or ("a query",)) - log.settled
        if missing:
            log.complain("missed", f"{log.name}: it ended by itself without the ends of {sorted(missing)}")

    async def _by_iterating(
        self, watch: Watch, log: WatchLog, kind: str, rng: Random, quits: int | None
    ) -> None:
        stalls_at = rng.randint(1, 8)
        async for event in watch:
            self._stage.saw(log.name, event)
            log.take(event)
            if quits is not None and log.events >= quits:
                raise _OwnError
            if kind == "slow":
                await self._idle(rng.expovariate(0.5))
            elif kind == "stall" and log.events == stalls_at:
                await self._idle(rng.uniform(30.0, 180.0))

    async def _by_callbacks(self, watch: Watch, log: WatchLog, rng: Random) -> None:
        def note(event: Event) -> None:
            self._stage.saw(log.name, event)
            log.take(event)

        async def slowly(_event: object) -> None:
            await asyncio.sleep(0)

        def badly(_event: object) -> None:
            raise _OwnError

        watch.on(note)
        watch.on("progress", slowly)
        watch.on("status", badly)
        await watch.run()

    async def _drop(self, watch: Watch, log: WatchLog, seconds: float) -> None:
        """Enter, and never leave; the watch is collected when nobody holds it."""
        await watch.__aenter__()
        log.entered = self._now()
        try:
            async with asyncio.timeout(seconds):
                async for event in watch:
                    self._stage.saw(log.name, event)
                    log.take(event)
        except TimeoutError:
            pass

    async def _idle(self, seconds: float) -> None:
        """Do nothing, unless it is time to take what there is."""
        if self.drain.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                await self.drain.wait()
        except TimeoutError:
            pass

    # -- waits --------------------------------------------------------------

    def _wait(self) -> None:
        rng = self._rng
        number = self._numbers = self._numbers + 1
        begin = rng.uniform(0.0, 0.8 * self._until)
        own = Random(rng.getrandbits(64))
        timeout = rng.choice((None, None, 0.0, 20.0, 90.0))
        tolerant, cancelled = rng.random() < 0.6, rng.random() < 0.2

        async def begin_waiting() -> None:
            await asyncio.sleep(begin)
            ids = self._some(own, 1)
            if ids is None:
                return
            log = self._wait_log(f"wait {number} (timeout {timeout})", ids, timeout, tolerant)
            try:
                async with asyncio.timeout(own.uniform(0.01, 40.0) if cancelled else None):
                    await wait(self._stage.session, log)
            except TimeoutError:
                pass

        self._start_now(begin_waiting(), f"wait {number}")

    def _complete(self) -> None:
        number = self._numbers = self._numbers + 1
        own = Random(self._rng.getrandbits(64))
        begin = self._rng.uniform(0.0, 0.5 * self._until)

        async def begin_waiting() -> None:
            await asyncio.sleep(begin)
            ids = self._some(own, own.randint(1, 4))
            if ids is not None:
                log = self._wait_log(f"as_completed {number}", ids, None, True)
                await complete(self._stage.session, log)

        self._start_now(begin_waiting(), f"as_completed {number}")

    def _wait_log(self, name: str, ids: tuple[str, ...], timeout: float | None, tolerant: bool) -> WaitLog:
        auditor = self._stage.auditor
        log = WaitLog(
            name, ids, self._now(), timeout, tolerant, auditor.world, self._stage.complain, self._now
        )
        auditor.waits.append(log)
        return log

    def _some(self, rng: Random, count: int) -> tuple[str, ...] | None:
        """Ids of jobs that can be found, mostly active ones; ``None`` when there are none."""
        jobs = [job for job in self._stage.auditor.world.jobs.values() if not job.gone]
        if rng.random() < 0.8:
            jobs = [job for job in jobs if not job.now.ended] or jobs
        return tuple(job.ident for job in rng.sample(jobs, min(count, len(jobs)))) or None

    # -- writers ------------------------------------------------------------

    async def _write(self, rng: Random) -> None:
        """Create and change jobs; none may come twice, and what failed for certain must not have come."""
        number = 0
        while self._now() < self._until:
            await asyncio.sleep(rng.expovariate(1 / 20.0))
            number += 1
            if rng.random() < 0.5:
                await self._create(f"made-{number}-{rng.randrange(10**6)}")
            elif (ids := self._some(rng, 1)) is not None:
                try:
                    await self._stage.session.update(
                        "Transfer", ids[0], {"status": rng.choice(("paused", "waiting"))}
                    )
                except AccsynError:
                    continue

    async def _create(self, name: str) -> None:
        data = {"source": "workspace=a.mov", "destination": "site=berlin", "name": name}
        acted, complain = self._stage.acted, self._stage.complain
        try:
            made = await self._stage.session.create("Transfer", data)
        except OutcomeUnknownError:
            return
        except AccsynError as error:
            if acted.get(name):
                complain(
                    "create-once", f"{name}: {type(error).__name__} says no, but it was created: {error}"
                )
        else:
            # A reply that lists nothing is returned as it is, and says nothing.
            if isinstance(made, dict) and "id" in made and acted.get(name) != 1:
                complain("create-once", f"{name}: created {acted.get(name, 0)} times, by what was answered")

    async def _storm(self, rng: Random) -> None:
        """Many calls at once; some are cancelled while they stand in the queue."""
        await asyncio.sleep(rng.uniform(1.0, 0.8 * self._until))
        for _ in range(rng.randint(1, 3)):
            self._stage.disturb(20.0)
            calls = [
                asyncio.create_task(self._call(rng.uniform(0.0, 0.5))) for _ in range(rng.randint(30, 60))
            ]
            await asyncio.sleep(rng.uniform(0.1, 1.5))
            for call in calls:
                if rng.random() < 0.4:
                    call.cancel()
            await asyncio.wait(calls)
            await asyncio.sleep(rng.uniform(0.1, 20.0))

    async def _call(self, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            await self._stage.session.find("Transfer")
        except AccsynError:
            return

    def _start(self, act: Callable[[Random], Coroutine[Any, Any, None]], name: str) -> None:
        self._start_now(act(Random(self._rng.getrandbits(64))), name)

    def _start_now(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        self.tasks.append(asyncio.create_task(coroutine, name=name))
