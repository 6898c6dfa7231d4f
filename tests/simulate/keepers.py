"""Those who watch with a checkpoint: they crash, come back, and must not lose an end."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from random import Random

from accsyn_async import Event, JobFinished, JobRemoved, NotFoundError, Session, Watch
from accsyn_async.errors import AccsynError, CheckpointError
from tests.simulate.backend import SimulatedBackend
from tests.simulate.coverage import Coverage
from tests.simulate.exemptions import is_removal_founded
from tests.simulate.faults import Fault, Phase, applicable
from tests.simulate.freshness import Auditor
from tests.simulate.invariants import Complaints
from tests.simulate.logs import WatchLog
from tests.simulate.model import Query, TrueJob, World
from tests.simulate.store import Disk, SimulatedStore

__all__ = ["Keeper", "Place"]

_QUERIES: tuple[tuple[str, str | None], ...] = (("Transfer", None), ('Transfer WHERE user="3"', 'user="3"'))


class _OwnError(Exception):
    """What a consumer raises by itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where keepers act.

    Attributes:
        world: the jobs.
        auditor: knows of every watch.
        complain: takes complaints.
        coverage: counts crashes, and what befalls disks.
        saw: told of each event, for the trace.
        note: told of what else happens, for the trace.
        now: virtual seconds.
        until: when nobody crashes any more, seconds.
        new_log: makes a log, given a name, ids, an expression, whether it is prompt, and a backend.
        new_session: makes a session of its own, with its backend.
        shared: the session that others use too, with its backend.
        drain: set when slow consumers shall take what there is at once.
    """

    world: World
    auditor: Auditor
    complain: Complaints
    coverage: Coverage
    saw: Callable[[str, Event], None]
    note: Callable[[str, str], None]
    now: Callable[[], float]
    until: float
    new_log: Callable[[str, tuple[str, ...] | None, str | None, bool, SimulatedBackend], WatchLog]
    new_session: Callable[[Random, str], tuple[Session, SimulatedBackend]]
    shared: tuple[Session, SimulatedBackend]
    drain: asyncio.Event


@dataclass(slots=True)
class _Book:
    """What came of the ends, over all lives of a keeper.

    Attributes:
        handed: how often each was handed out.
        used: those that were used.
        repeats: how often one was handed out again.
        breaks: how often it was not known whether the last was used: crashes, and the like.
    """

    handed: Counter[str] = field(default_factory=Counter)
    used: set[str] = field(default_factory=set)
    repeats: int = 0
    breaks: int = 0


class Keeper:
    """One that watches with a checkpoint, in one life after the other.

    Args:
        number: names it.
        place: where.
        rng: decides all that it does.
        alone: whether it has a session of its own, which crashes with it.
    """

    def __init__(self, number: int, place: Place, rng: Random, *, alone: bool) -> None:
        self._number = number
        self._place = place
        self._rng = rng
        self._alone = alone
        self._disk = Disk(rng.choice((0.0, 0.0, 0.02, 0.3, 2.5)), rng.choice((0.0, 0.0, 0.1, 0.4)))
        self._slowness = rng.choice((0.0, 0.0, 1.0, 6.0))
        self._ids: tuple[str, ...] | None = None
        self._what, self._expression = rng.choice(_QUERIES)
        self._by_id = rng.random() < 0.4
        self._book = _Book()
        self._lives = 0
        self._done = False
        self._crash_now = asyncio.Event()
        self._timers: list[asyncio.TimerHandle] = []

    async def live(self) -> None:
        """Live, crash, and live again; in peace once the story is over."""
        rng, place = self._rng, self._place
        await asyncio.sleep(rng.choice((0.0, 0.0, rng.uniform(0.0, 0.4 * place.until))))
        if self._by_id:
            there = [job.ident for job in place.world.jobs.values() if not job.gone]
            self._ids = tuple(rng.sample(there, min(len(there), rng.randint(1, 4))))
            if not self._ids:
                return
        while not self._done:
            self._lives += 1
            try:
                async with self._session() as (session, backend):
                    await self._one_life(session, backend)
            except AccsynError:
                # It could not log in, or its session was closed under it.
                await asyncio.sleep(1.0)
            if place.now() < place.until:
                await asyncio.sleep(
                    min(rng.choice((0.1, 2.0, 20.0)) * rng.random(), place.until - place.now())
                )

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self._disk.fails = self._disk.delay = 0.0

    def settle(self) -> None:
        """Complain of ends that were handed out, not used, and not handed out again."""
        if self._lives and (lost := self._book.handed.keys() - self._book.used):
            self._complain("end-kept", f"handed out and never again: {sorted(lost)}")

    # -- one life -----------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _session(self) -> AsyncIterator[tuple[Session, SimulatedBackend]]:
        if not self._alone:
            yield self._place.shared
            return
        name = f"keeper-{self._number}-{self._lives}"
        session, backend = self._place.new_session(Random(self._rng.getrandbits(64)), name)
        async with session:
            yield session, backend

    async def _one_life(self, session: Session, backend: SimulatedBackend) -> None:
        place, rng = self._place, self._rng
        name = f"keeper {self._number} of {'ids' if self._ids else self._what}, life {self._lives}"
        store = SimulatedStore(
            name,
            self._disk,
            Random(rng.getrandbits(64)),
            place.now,
            place.complain,
            place.coverage,
            self._concerned,
        )
        log = place.new_log(name, self._ids, self._expression if not self._ids else None, False, backend)
        log.prompt = self._slowness == 0.0 and self._disk.delay == 0.0 and self._disk.fails == 0.0
        place.auditor.watches.append(log)
        self._crash_now.clear()
        self._plan(store, backend)
        watching = asyncio.create_task(self._watch(session, store, log), name=name)
        crashing = asyncio.create_task(self._crash_now.wait(), name=f"{name}: crash")
        try:
            await asyncio.wait({watching, crashing}, return_when=asyncio.FIRST_COMPLETED)
            if not watching.done():
                self._crash(store, backend, name)
        finally:
            store.began = lambda phase: None
            if self._alone:
                backend.arrived = lambda phase: None
            for timer in self._timers:
                timer.cancel()
            self._timers.clear()
            crashing.cancel()
            watching.cancel()
            await asyncio.wait({watching, crashing})
        if not watching.cancelled() and (error := watching.exception()) is not None:
            raise error

    def _plan(self, store: SimulatedStore, backend: SimulatedBackend) -> None:
        """Choose the moment of the crash: some time, or in the midst of something."""
        rng = self._rng
        loop = asyncio.get_running_loop()
        left = rng.choice((1, 2, 3, 8, 20))
        wanted = rng.choice((None, Phase.SAVE, Phase.SAVE, Phase.LOAD, Phase.LIST, Phase.SWEEP, Phase.IDS))
        if wanted is Phase.LIST and rng.random() < 0.3:
            wanted = Phase.LOGIN
        if wanted is None or (wanted not in (Phase.SAVE, Phase.LOAD) and not self._alone):
            self._timers.append(loop.call_later(rng.expovariate(1 / 25.0), self._crash_soon))
            return

        def began(phase: Phase) -> None:
            nonlocal left
            if phase is wanted:
                left -= 1
                if left <= 0 or phase in (Phase.LOAD, Phase.LOGIN):
                    soon = rng.choice((0.0, 0.001, 0.005, 0.2))
                    self._timers.append(loop.call_later(soon, self._crash_soon))

        store.began = began
        if self._alone:
            backend.arrived = began

    def _crash_soon(self) -> None:
        if self._place.now() < self._place.until:
            self._crash_now.set()

    def _crash(self, store: SimulatedStore, backend: SimulatedBackend, name: str) -> None:
        """From this moment on nothing is written; the task is only cancelled afterwards."""
        self._place.note("world", f"{name}: crash")
        under_way = [phase for phase, count in backend.under_way.items() if count] if self._alone else []
        for phase in [*under_way, store.under_way]:
            if phase is not None and applicable(Fault.CRASH, phase):
                self._place.coverage.struck(Fault.CRASH, phase, self._concerned())
        store.crash()
        self._book.breaks += 1

    async def _watch(self, session: Session, store: SimulatedStore, log: WatchLog) -> None:
        place, what = self._place, list(self._ids) if self._ids else self._what
        try:
            async with session.watch(what, checkpoint=store) as watch:
                log.entered, log.memory = place.now(), store.memory
                try:
                    held = await self._take(watch, store, log)
                    # Who leaves in peace is done with it.
                    self._used(held)
                finally:
                    store.leaving = True
        except _OwnError:
            self._book.breaks += 1
            log.is_over("left")
        except asyncio.CancelledError:
            log.is_over("cancelled")
            raise
        except CheckpointError:
            # It could not be entered, or not be left in peace.
            self._book.breaks += log.entered is not None
            log.is_over("no disk")
        except NotFoundError as error:
            log.is_over("not found")
            self._done = True
            if not any(is_removal_founded(job, place.now()) for job in self._concerned()):
                self._complain("removed", f"{error}")
        except AccsynError as error:
            log.is_over("raised")
            self._complain("crash", f"{type(error).__name__}: {error}")
        else:
            log.is_over("ended")
            if held is None:
                self._ended(log)

    async def _take(self, watch: Watch, store: SimulatedStore, log: WatchLog) -> Event | None:
        """Take events until there are no more, or it is enough; the last, if it is done with that."""
        place, rng = self._place, self._rng
        quits = rng.randint(1, 12) if rng.random() < 0.2 and place.now() < 0.7 * place.until else None
        held: Event | None = None
        while True:
            # Who asks for the next one is done with this one.
            self._used(held)
            held = None
            try:
                held = event = await anext(watch)
            except StopAsyncIteration:
                return None
            except CheckpointError:
                await asyncio.sleep(0.2)
                continue
            place.saw(log.name, event)
            log.take(event)
            store.begins &= log.synced is None
            self._handed(event, store)
            if self._slowness and not place.drain.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(rng.expovariate(1 / self._slowness)):
                        await place.drain.wait()
            if quits is not None and log.events >= quits:
                if rng.random() < 0.5:
                    raise _OwnError
                return event

    def _ended(self, log: WatchLog) -> None:
        """The watch ended by itself: once more it says nothing, and then it is done."""
        if self._ids is None:
            return
        if missing := log.unsettled:
            self._complain("end-kept", f"it ended by itself without the ends of {sorted(missing)}")
        self._done = log.events == 1

    # -- ends ---------------------------------------------------------------

    def _handed(self, event: Event, store: SimulatedStore) -> None:
        if not isinstance(event, JobFinished | JobRemoved):
            return
        book, which = self._book, f"{event.job.name}: {event.id}"
        if not store.is_owed(event.id):
            self._complain("end-written", f"{which} is handed out, and not written down")
        book.handed[event.id] += 1
        if book.handed[event.id] > 1:
            book.repeats += 1
            if book.repeats > book.breaks:
                self._complain(
                    "end-repeated", f"{which}, for time {book.handed[event.id]}; {book.breaks} crashes"
                )

    def _used(self, event: Event | None) -> None:
        if isinstance(event, JobFinished | JobRemoved):
            self._book.used.add(event.id)

    def _concerned(self) -> list[TrueJob]:
        jobs = self._place.world.jobs
        if self._ids is not None:
            return [jobs[ident] for ident in self._ids]
        query = Query(self._expression)
        return [job for job in jobs.values() if query.matches(job)]

    def _complain(self, invariant: str, text: str) -> None:
        what = "ids" if self._ids else self._what
        self._place.complain(invariant, f"keeper {self._number} of {what}, life {self._lives}: {text}")
