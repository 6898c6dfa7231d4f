"""Those who watch, wait and write: prompt, slow, stalled, cancelled, raising, late, and soon gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from accsyn_async import Event, NotFoundError, OutcomeUnknownError, Session, Watch
from accsyn_async.errors import AccsynError
from tests.simulate.exemptions import is_removal_founded
from tests.simulate.freshness import Auditor
from tests.simulate.invariants import Complaints
from tests.simulate.logs import WatchLog
from tests.simulate.waits import HALF, WaitLog, complete, wait, wait_for_all

__all__ = ["Cast", "Stage"]

_QUERIES: tuple[tuple[str, str | None], ...] = (
    ("Transfer", None),
    ("Transfer", None),
    ('Transfer WHERE user="3"', 'user="3"'),
    ("Transfer WHERE status=running", "status=running"),
    ("Transfer WHERE status=waiting", "status=waiting"),
)


_FIELDS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("progress",),
    ("speed", "size"),
    ("status", "progress"),
)
_UNTIL: tuple[tuple[str, ...], ...] = (
    ("running",),
    ("failed", "done"),
    ("waiting", "paused"),
    ("done",),
    (HALF,),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What ``Session.watch`` is given besides.

    Attributes:
        given: the arguments.
        churns: whether ids are added and removed while it goes on.
    """

    given: dict[str, Any] = field(default_factory=dict)
    churns: bool = False

    @classmethod
    def draw(cls, rng: Random) -> Options:
        """Mostly none."""
        given: dict[str, Any] = {}
        if rng.random() < 0.25:
            given["fields"] = rng.choice(_FIELDS)
        if rng.random() < 0.15:
            given["tasks"] = True
        if rng.random() < 0.15:
            given["initial"] = False
        if rng.random() < 0.15:
            given["history"] = False
        return cls(given, churns=rng.random() < 0.35)


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
        options = Options.draw(rng) if of is None else Options()
        if twin is not None:
            options = replace(options, churns=False)

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
                _note_options(first, options)
                self._start_now(self._attend(what, first, options, "prompt", "no", twin), f"watch {number}t")
            log = self._new_log(name, ids, expression if not ids else None, kind in ("prompt", "callbacks"))
            log.twin = first
            _note_options(log, options)
            # In a task of its own as well, so that both come in between the same two polls.
            leaving = "no" if twin else leaves
            self._start_now(self._attend(what, log, options, kind, leaving, own), f"watch {number}")

        self._start_now(both(), f"usher {number}")

    async def _attend(
        self, what: list[str] | str, log: WatchLog, options: Options, kind: str, leaves: str, rng: Random
    ) -> None:
        """Watch, in the manner of its kind, until it leaves."""
        self._stage.auditor.watches.append(log)
        limit = None if leaves in ("no", "raise") else rng.uniform(0.1, 60.0)
        quits = rng.randint(1, 12) if leaves == "raise" else None
        watch = self._stage.session.watch(what, **options.given)
        churning: asyncio.Task[None] | None = None
        try:
            if leaves == "drop":
                await self._drop(watch, log, limit or 0.0)
                # Nobody else may hold it.
                del watch
                log.is_over("dropped")
                return
            async with asyncio.timeout(limit), watch:
                log.entered = self._now()
                if options.churns and log.ids is not None and kind == "prompt":
                    churning = asyncio.create_task(self._churn(watch, log, rng), name=f"{log.name}: churn")
                if kind == "callbacks":
                    await self._by_callbacks(watch, log, rng)
                else:
                    await self._by_iterating(watch, log, kind, rng, quits)
        except (TimeoutError, _OwnError):
            log.is_over("left")
        except asyncio.CancelledError:
            log.is_over("cancelled")
            raise
        except NotFoundError as error:
            log.is_over("not found")
            jobs = [log.world.jobs[ident] for ident in log.ids or ()]
            if not any(is_removal_founded(job, self._now()) for job in jobs):
                log.complain("removed", f"{log.name}: {error}")
        except Exception as error:
            log.is_over("raised")
            log.complain("crash", f"{log.name}: {type(error).__name__}: {error}")
        else:
            log.is_over("ended")
            self._ended(log)
        finally:
            if churning is not None:
                churning.cancel()

    async def _churn(self, watch: Watch, log: WatchLog, rng: Random) -> None:
        """Add ids to a watch that goes on, and remove some."""
        while True:
            await asyncio.sleep(rng.expovariate(1 / 15.0))
            if rng.random() < 0.6:
                if (some := self._some(rng, 1)) is not None:
                    try:
                        watch.add(some)
                    except AccsynError:
                        # It is ending.
                        return
                    log.add(some)
            elif log.ids is not None and len(log.ids) > 1:
                ident = rng.choice(log.ids)
                watch.remove(ident)
                log.drop(ident)

    def _ended(self, log: WatchLog) -> None:
        """A watch ended by itself: each of its jobs has come to its end, or the session was closed."""
        if self.closing:
            return
        if missing := log.unsettled:
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
        watch.on(log.fields[-1], slowly)
        watch.on(log.fields[0], badly)
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
        until = rng.choice(_UNTIL) if rng.random() < 0.4 else ()
        count = rng.randint(2, 4) if rng.random() < 0.25 and not until else 1
        collects = rng.random() < 0.5

        async def begin_waiting() -> None:
            await asyncio.sleep(begin)
            ids = self._some(own, count)
            if ids is None:
                return
            wanted = f" until {' or '.join(until)}" if until else f" for {count}" if count > 1 else ""
            log = self._wait_log(f"wait {number}{wanted} (timeout {timeout})", ids, timeout, tolerant)
            log.until, log.together = until, count > 1
            try:
                async with asyncio.timeout(own.uniform(0.01, 40.0) if cancelled else None):
                    if count > 1:
                        await wait_for_all(self._stage.session, log, collects=collects)
                    else:
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
                more = self._some(own, own.randint(1, 3)) if own.random() < 0.5 else None
                await complete(self._stage.session, log, list(more or ()))

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


def _note_options(log: WatchLog, options: Options) -> None:
    given = options.given
    log.fields = given.get("fields", log.fields)
    log.tasks = given.get("tasks", False)
    log.initial, log.history = given.get("initial", True), given.get("history", True)
