"""One seed: a world, its weather, a session, those who use it, and what must hold in the end."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from accsyn_async import Event, JobChanged, JobEvent, PollPolicy, RateLimit, Session
from tests.simulate.backend import SimulatedBackend
from tests.simulate.clock import SimulatedClock, SimulatedLoop
from tests.simulate.consumers import Cast, Stage
from tests.simulate.coverage import Coverage
from tests.simulate.faults import Weather, make_weather
from tests.simulate.freshness import Auditor, Bounds
from tests.simulate.invariants import Complaint, Complaints
from tests.simulate.keepers import Keeper, Place
from tests.simulate.logs import WatchLog
from tests.simulate.model import WORKSPACE, TrueJob, World
from tests.simulate.story import Story

__all__ = ["Options", "Outcome", "run_seed"]

_POLICIES = (
    PollPolicy(),
    PollPolicy(soon=2, running=4, idle=8, longest_backoff=8),
    PollPolicy(soon=1, running=5, idle=12, longest_backoff=5),
    PollPolicy(soon=5, running=5, idle=5, backoff=1, longest_backoff=5),
    PollPolicy(soon=3, running=6, idle=20, backoff=2, longest_backoff=10),
)
_QUICK = PollPolicy(soon=1, running=1, idle=2, longest_backoff=4)
_SETTLING = 70.0
"""Seconds after the last watch has left in which nothing more may be polled."""


@dataclass(frozen=True, slots=True)
class Options:
    """What every seed of a run shares.

    Attributes:
        trace: whether to keep what happened.
    """

    trace: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of a seed.

    Attributes:
        complaints: what did not hold; empty is good.
        seconds: virtual ones.
        events: how many the watches yielded.
        checks: how often something told was compared with the truth.
        sends: requests.
        coverage: which fault met what.
        trace: what happened, in order; empty unless it was asked for.
    """

    seed: int
    complaints: list[Complaint] = field(default_factory=list)
    seconds: float = 0.0
    events: int = 0
    checks: int = 0
    sends: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    trace: list[str] = field(default_factory=list)


def run_seed(seed: int, options: Options) -> Outcome:
    """Play a seed; the same each time."""
    outcome = Outcome(seed)
    with _quietly(), asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SimulatedLoop)
        simulation = _Simulation(seed, options, outcome, loop)
        try:
            runner.run(simulation.play())
        except (RuntimeError, TimeoutError) as error:
            simulation.complain("crash", f"{type(error).__name__}: {error}")
        outcome.seconds = loop.time()
    outcome.complaints = simulation.complain.made
    outcome.trace = simulation.trace()
    return outcome


@contextmanager
def _quietly() -> Iterator[None]:
    """No logging, which nobody reads; no collection of garbage at a moment that is no seed's."""
    logger = logging.getLogger("accsyn_async")
    level, collecting = logger.level, gc.isenabled()
    logger.setLevel(logging.CRITICAL + 1)
    gc.disable()
    try:
        yield
    finally:
        logger.setLevel(level)
        if collecting:
            gc.enable()


class _Simulation:
    def __init__(self, seed: int, options: Options, outcome: Outcome, loop: SimulatedLoop) -> None:
        rng = self._rng = Random(seed)
        self._outcome = outcome
        self._loop = loop
        self._tracing = options.trace
        self._trace: list[tuple[float, str, str]] = []
        self.complain = Complaints(loop.time)
        self._until = rng.uniform(120.0, 200.0)
        self._backends: list[SimulatedBackend] = []
        self._keepers: list[Keeper] = []
        self._keeping: list[asyncio.Task[None]] = []
        self._timeout = rng.choice((3.0, 6.0, 6.0, 12.0, 40.0))
        self._latency = rng.choice((0.0, 0.01, 0.01, 0.05, 0.2))
        policy = rng.choice(_POLICIES)
        limit = rng.choice((RateLimit(25, burst=40), RateLimit(25, burst=5), None))
        self._world = World(loop.time)
        crowded = rng.random() < 0.15
        hangs = rng.choice(('user="3"', "status=running", None, None, None)) if crowded else None
        if hangs is not None:
            # Long against what a quick poller takes, so that who is held up is seen to be.
            self._timeout, self._latency, policy = 40.0, 0.01, _QUICK
        self._weather: Weather = make_weather(
            Random(rng.getrandbits(64)),
            self._until,
            min(30.0, self._timeout),
            capped=rng.random() < 0.15,
            late=crowded and hangs is None,
            hangs=hangs,
        )
        self._limit, self._policy = limit, policy
        self._clock = SimulatedClock(loop)
        self._session, self._backend = self._new_session(Random(rng.getrandbits(64)), "session")
        bounds = Bounds.of(
            policy,
            latency=self._latency,
            requests=40,
            timeout=self._timeout,
            retry_after=self._weather.longest_retry_after,
        )
        self._bounds = bounds
        self._auditor = Auditor(self._world, self._weather, bounds, self.complain, loop.time)
        self._story = Story(self._world, loop, Random(rng.getrandbits(64)), rng.choice((2.0, 5.0, 5.0, 12.0)))
        stage = Stage(
            self._session, self._auditor, self.complain, self._backend.acted, self._saw, self._disturb
        )
        self._cast = Cast(stage, Random(rng.getrandbits(64)), self._new_log, loop.time, self._until, crowded)
        self._world.before_change = self._auditor.before_change
        self._world.after_change = self._changed

    def _new_session(self, rng: Random, name: str) -> tuple[Session, SimulatedBackend]:
        """A session, and what is on the other side of it; what it draws comes out of the seed too."""
        limit = self._limit
        backend = SimulatedBackend(
            self._world,
            self._weather,
            self._outcome.coverage,
            self.complain,
            latency=self._latency,
            rng=rng,
            limit=(limit.per_second, limit.burst) if limit else None,
            now=self._loop.time,
            name=name,
        )
        backend.told = lambda text: self._note("fault", text if name == "session" else f"{name}: {text}")
        session = Session(
            workspace=WORKSPACE,
            username="lisa@example.com",
            api_key="key-of-the-simulator",
            url="http://127.0.0.1:1",
            timeout=self._timeout,
            rate_limit=limit,
            poll=self._policy,
            _sender=backend,
            _clock=self._clock,
        )
        session._pipeline._rng = Random(rng.getrandbits(64))
        session._monitor._rng = Random(rng.getrandbits(64))
        self._backends.append(backend)
        return session, backend

    def _begin_keepers(self) -> None:
        """Some watch with checkpoints, and crash."""
        rng = self._rng
        place = Place(
            self._world,
            self._auditor,
            self.complain,
            self._outcome.coverage,
            self._saw,
            self._note,
            self._loop.time,
            self._until,
            self._new_log,
            self._new_session,
            (self._session, self._backend),
            self._cast.drain,
        )
        for number in range(rng.choice((0, 0, 0, 0, 1, 1, 2))):
            keeper = Keeper(number, place, Random(rng.getrandbits(64)), alone=rng.random() < 0.6)
            self._keepers.append(keeper)
            self._keeping.append(asyncio.create_task(keeper.live(), name=f"keeper {number}"))

    async def _end_keepers(self) -> None:
        for keeper in self._keepers:
            keeper.settle()
        for task in self._keeping:
            task.cancel()
        if self._keeping:
            await asyncio.wait(self._keeping)
        for task in self._keeping:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.complain("crash", f"{task.get_name()}: {type(error).__name__}: {error}")

    async def play(self) -> None:
        """Let it all happen."""
        rng = self._rng
        self._story.begin(rng.choice((1, 2, 3, 4, 6, 10)))
        if rng.random() < 0.15:
            self._loop.call_later(
                rng.uniform(5.0, self._until), self._sleep, rng.choice((20.0, 400.0, 4000.0))
            )
        if rng.random() < 0.2:
            self._loop.call_later(
                rng.uniform(1.0, self._until), self._set_clock, rng.uniform(-2900.0, 2900.0)
            )
        async with asyncio.timeout(100_000):
            async with self._session:
                self._cast.begin()
                self._begin_keepers()
                while self._loop.time() < self._until:
                    await asyncio.sleep(self._until - self._loop.time())
                self._story.stop()
                self._weather.stop(self._loop.time())
                for keeper in self._keepers:
                    keeper.calm()
                await asyncio.sleep(self._bounds.recovery + self._bounds.removal + 1.0)
                self._cast.drain.set()
                await asyncio.sleep(1.0)
                self._auditor.at_the_end()
                await self._end_keepers()
                pollers = self._pollers()
                if rng.random() < 0.5:
                    await self._leave()
                    await self._see_it_stop()
                self._cast.closing = True
                for wait in self._auditor.waits:
                    wait.closing = True
            await self._see_all_over()
        self._leavings(pollers)
        self._outcome.events = sum(log.events for log in self._auditor.watches)
        self._outcome.checks = self._auditor.checks
        self._outcome.sends = sum(backend.sends for backend in self._backends)

    # -- the end ------------------------------------------------------------

    async def _leave(self) -> None:
        """Every consumer goes."""
        for task in self._cast.tasks:
            task.cancel()
        if self._cast.tasks:
            await asyncio.wait(self._cast.tasks)

    async def _see_it_stop(self) -> None:
        await asyncio.sleep(self._bounds.interval + self._bounds.poll)
        left = self._loop.time()
        await asyncio.sleep(_SETTLING)
        if self._backend.polls and self._backend.polls[-1] > left:
            self.complain("stops", f"polled at {self._backend.polls[-1]:.2f} s; all had left at {left:.2f} s")
        if going := [task for _, task in self._session._monitor._pollers.values() if not task.done()]:
            self.complain("stops", f"{going[0].get_name()} goes on although all have left")

    async def _see_all_over(self) -> None:
        """The session is closed: whoever still waited must know by now."""
        for task in self._cast.tasks:
            if not task.done() and not _sleeps_by_itself(task):
                for _ in range(10):
                    await asyncio.sleep(0)
        for log in self._auditor.watches:
            if log.entered is not None and log.over is None:
                self.complain("left-behind", f"{log.name} goes on after the session was closed")
        for wait in self._auditor.waits:
            if wait.over is None:
                self.complain("left-behind", f"{wait.name} goes on after the session was closed")
        await self._leave()
        for task in self._cast.tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.complain("crash", f"{task.get_name()}: {type(error).__name__}: {error}")

    def _pollers(self) -> list[Any]:
        return [poller for poller, _task in self._session._monitor._pollers.values()]

    def _leavings(self, pollers: list[Any]) -> None:
        """Tasks, timers, subscriptions, entries of the ledger, turns in the queue."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            self.complain("left-behind", f"tasks: {sorted(task.get_name() for task in left)}")
        if timers := self._loop.pending_timers():
            self.complain("left-behind", f"timers: {timers}")
        for poller in pollers:
            if len(list(poller._audience)):
                self.complain("left-behind", f"subscriptions: {len(list(poller._audience))}")
            if poller._herald.ledger.lives:
                self.complain("left-behind", f"entries of the ledger: {sorted(poller._herald.ledger.lives)}")
        if waiting := self._session._pipeline._limiter.waiting:
            self.complain("left-behind", f"{waiting} callers in the limiter's queue")

    # -- what happens besides -----------------------------------------------

    def _sleep(self, seconds: float) -> None:
        """The computer is suspended: time goes on, nothing runs."""
        self._note("world", f"asleep for {seconds:g} s")
        self._loop.skip(seconds)
        self._disturb(1.0)
        for wait in self._auditor.waits:
            wait.skipped += seconds

    def _set_clock(self, seconds: float) -> None:
        self._note("world", f"the time of day jumps by {seconds:.0f} s")
        self._clock.offset += seconds

    def _disturb(self, seconds: float) -> None:
        self._weather.disturb(self._loop.time() + seconds)
        for backend in self._backends:
            backend.struck_at = max(backend.struck_at, self._loop.time() + seconds)

    def _new_log(
        self,
        name: str,
        ids: tuple[str, ...] | None,
        expression: str | None,
        prompt: bool,
        backend: SimulatedBackend | None = None,
    ) -> WatchLog:
        backend = backend or self._backend
        return WatchLog(
            name,
            ids,
            expression,
            prompt,
            self._world,
            self.complain,
            self._loop.time,
            lambda: max(
                backend.struck_at, backend.hung_at.get(expression, -1000.0) if ids is None else -1000.0
            ),
            backend.sweeps,
            backend.lied_at,
            company=self._auditor.watches,
        )

    # -- the trace ----------------------------------------------------------

    def _changed(self, job: TrueJob, what: str) -> None:
        self._note("truth", f"{job.name} (state {job.now.v}) {what}")

    def _saw(self, name: str, event: Event) -> None:
        if self._tracing:
            self._note(name, _shown(event))

    def _note(self, source: str, text: str) -> None:
        if self._tracing:
            self._trace.append((round(self._loop.time(), 4), source, text))

    def trace(self) -> list[str]:
        """What happened; what happened at one moment is told in the order of who saw it."""
        return [
            f"{at:10.3f}  {source:<34} {text}"
            for at, source, text in sorted(self._trace, key=lambda e: e[:2])
        ]


def _sleeps_by_itself(task: asyncio.Task[None]) -> bool:
    return task.get_name() in ("writer", "storm")


def _shown(event: Event) -> str:
    kind = type(event).__name__
    if not isinstance(event, JobEvent):
        return kind
    job = event.job
    state = f"(state {job._code}) {job.status.value} {job.progress} %"
    text = f"{kind} {job.name} {state}, run {event.run}"
    if isinstance(event, JobChanged):
        text += f" [{', '.join(event.changes)}]"
    return text
