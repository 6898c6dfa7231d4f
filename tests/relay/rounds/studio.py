"""A studio in which bad days come one after another: a backend, two relays, three kinds of consumers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from accsyn_async.relay.subjects import Names
from accsyn_async.sandbox import Sandbox
from tests.relay.rounds.crowd import Crowd
from tests.relay.rounds.host_names import renaming
from tests.relay.rounds.processes import Relay
from tests.relay.rounds.servers import Servers
from tests.relay.rounds.streams import EventRules, StateRules, Stored, differences
from tests.relay.rounds.tail import TROUBLE, Tail, read_all
from tests.relay.rounds.work import LONG, Published, Work
from tests.support.nats_servers import CuttingProxy

__all__ = ["Studio", "Violation", "Way"]

T = TypeVar("T")

LIMIT = 60.0
"""Seconds after which what has to happen does not happen any more, however slow the machine is."""
LOOKS_EVERY = 0.1
MID_PUBLISH = 3.0
"""Seconds within which what happens is being published, if somebody leads."""
SETTLES_EVERY = 0.5


class Violation(AssertionError):
    """Something that must not be."""


@dataclass(frozen=True)
class Way:
    """How one relay reaches others.

    Attributes:
        nats: what stands between it and NATS; ``None`` in a cluster.
        accsyn: what stands between it and the backend.
    """

    nats: CuttingProxy | None
    accsyn: CuttingProxy


class Studio:
    """All of it; two relays contend from the start.

    Args:
        servers: where NATS is.
        workspace: its code: no two studios on the same servers have the same.
        folder: an empty folder, for what processes write.
        seed: decides what is not the machine's to decide.
        starts: keeps too many processes from starting at a time.

    Attributes:
        names: its names on NATS.
        work: what happens in the backend.
        relays: the two relays.
        ways: how each reaches others.
        events, states: what is asked of the streams.
        planted: what others put into the streams on purpose.
        raw: of each job the text of its last event.
        crowd: who reads what is published.
    """

    def __init__(
        self, servers: Servers, workspace: str, folder: Path, seed: str, starts: asyncio.Semaphore
    ) -> None:
        self.servers = servers
        self.names = Names.of(workspace)
        self.planted: set[bytes] = set()
        self.events = EventRules(self.names, self.planted)
        self.states = StateRules(self.names, self.planted)
        self.relays: list[Relay] = []
        self.ways: list[Way] = []
        self.raw: dict[str, bytes] = {}
        self.work: Work
        self._workspace = workspace
        self._folder = folder
        self._seed = seed
        self._starts = starts
        self._published = Published()
        self._changed = asyncio.Event()
        self.crowd = Crowd(servers.urls, workspace, folder, seed, starts, self._changed.set)
        self._began: dict[int, float] = {}
        self._stack = AsyncExitStack()
        self._given_up: set[Relay] = set()
        self._lives = 0
        self._faults: list[str] = []
        self._event_tail: Tail
        self._state_tail: Tail
        self._environment: dict[str, str] = {}

    # -- begin and end

    async def __aenter__(self) -> Self:
        async with self._stack as stack:
            box = await stack.enter_async_context(
                Sandbox(
                    workspace=self._workspace,
                    speed=0.000_001,
                    rate_limit=False,
                    synthetic_jobs=30,
                    seed=self._seed,
                )
            )
            _fill(box)
            session = await stack.enter_async_context(box.session(rate_limit=None))
            self.work = Work(box, session, self._published, random.Random(f"{self._seed} work"))
            await self.work.begin(20)
            user = box.user("admin")
            self._environment = {
                "ACCSYN_WORKSPACE": box.workspace,
                "ACCSYN_API_USER": user.username,
                "ACCSYN_API_KEY": user.api_key,
            }
            self._follow(stack)
            port = await stack.enter_async_context(renaming(box.url))
            for _ in range(2):
                self.ways.append(await self._way(stack, port))
            stack.push_async_callback(self._end_relays)
            await self.start_relays()
            await self.leader()
            # What comes and goes before anybody has looked is nothing to a relay.
            await self.when(lambda: self.states.health and self.states.health.polls, "a good poll")
            stack.push_async_callback(self.crowd.aclose)
            await self.crowd.start()
            await self.when(lambda: self.crowd.ready == 2, "both consumers know what there is")
            self.crowd.require_from(len(self.events.told))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _follow(self, stack: AsyncExitStack) -> None:
        client, names = self.servers.client, self.names
        self._event_tail = Tail(
            client, names.events, [names.every_event, names.term], self._take_event, self._events_rebuilt
        )
        self._state_tail = Tail(
            client, names.states, [names.every_state, names.health], self.states.take, self.states.rebuilt
        )
        for tail in (self._event_tail, self._state_tail):
            stack.push_async_callback(_cancelled, asyncio.create_task(tail.run()))

    async def _way(self, stack: AsyncExitStack, port: int) -> Way:
        nats = None
        if self.servers.server is not None:
            nats = await stack.enter_async_context(CuttingProxy(self.servers.server.port))
        return Way(nats, await stack.enter_async_context(CuttingProxy(port, "http")))

    async def _end_relays(self) -> None:
        for relay in self.relays:
            await relay.kill()

    # -- relays

    async def start_relays(self) -> None:
        """Start two relays at the same instant."""
        async with self._starts:
            self.relays = [self._relay(slot) for slot in range(2)]
            await asyncio.gather(*(each.start() for each in self.relays))
            await self.when(lambda: all(each.role for each in self.relays), "both relays have a role")

    async def replace(self) -> None:
        """Start another relay for each that is no more."""
        for slot, old in enumerate(self.relays):
            if not old.alive:
                if old not in self._given_up:
                    self._faults.append(f"{old.name} ended by itself, with {old.code}; see its log")
                self._faults += old.faults
                async with self._starts:
                    new = self.relays[slot] = self._relay(slot)
                    await new.start()
                    await self.when(lambda new=new: new.role, f"{new.name} has a role")  # type: ignore[misc]

    async def kill(self, relay: Relay) -> None:
        """End a relay by SIGKILL."""
        self._given_up.add(relay)
        await relay.kill()

    async def stop(self, relay: Relay) -> None:
        """End a relay as its supervisor would."""
        self._given_up.add(relay)
        await relay.stop()
        if relay.code != 0:
            self._faults.append(f"{relay.name} was stopped, and ended with {relay.code}")

    def way_of(self, relay: Relay) -> Way:
        """How a relay reaches others."""
        return self.ways[self.relays.index(relay)]

    async def leader(self) -> Relay:
        """The relay that leads, when it is clear."""
        return await self.when(self._leader, "one relay leads")

    def _leader(self) -> Relay | None:
        leading = [each for each in self.relays if each.leads]
        named = self.events.terms.get(self.events.term)
        return leading[0] if len(leading) == 1 and leading[0].relay == named else None

    def _relay(self, slot: int) -> Relay:
        self._lives += 1
        way = self.ways[slot]
        servers = ",".join(self.servers.urls) if way.nats is None else way.nats.url
        options = [] if self.servers.replicas == 1 else ["--replicas", str(self.servers.replicas)]
        environment = self._environment | {"ACCSYN_URL": way.accsyn.url}
        name = f"relay-{self._lives}"
        return Relay(servers, environment, self._folder, name, self._changed.set, options)

    # -- what is waited for

    async def when(self, look: Callable[[], T | None], what: str, within: float = LIMIT) -> T:
        """Wait until there is something to see, and give it.

        Raises:
            Violation: it did not come.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while not (seen := look()):
            if loop.time() > end:
                raise Violation(f"not so within {within:.0f} s: {what}")
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOKS_EVERY)
        return seen

    async def taken_over(self, term: int, since: float) -> float:
        """Seconds from a time of the loop's clock until the term after another has begun."""
        await self.when(lambda: self.events.term > term, "another relay leads")
        return max(self._began[min(each for each in self._began if each > term)] - since, 0.0)

    async def mid_publish(self, rng: random.Random) -> None:
        """Let much happen at once, and come back while it is being published."""
        tail = self._state_tail if rng.random() < 0.3 else self._event_tail
        count = tail.hints + rng.randint(1, 25)
        await self.work.burst(40)
        with suppress(TimeoutError):
            async with asyncio.timeout(MID_PUBLISH):
                await tail.heard(count)

    async def torn(self) -> int:
        """How many jobs have an event by now that is not in their states."""
        await self._catch_up()
        return len(self.states.behind(self.events))

    # -- what is asked

    async def settle(self, within: float) -> list[str]:
        """Wait until all that happened is known to all; gives what is not in the end.

        Args:
            within: seconds.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while lacking := await self._lacking():
            if loop.time() > end:
                return [f"not so within {within:.0f} s: {each}" for each in lacking]
            await asyncio.sleep(SETTLES_EVERY)
        return []

    async def faults(self) -> list[str]:
        """What must not be, once all is settled and nothing happens."""
        await self._catch_up()
        await self.work.look()
        faults = self.crowd.faults(self.work.truth, self.events.told)
        if faults:
            # What ended by itself may have been told before it was noted here.
            await self.work.look()
            faults = self.crowd.faults(self.work.truth, self.events.told)
        faults += [*self._faults, *self.events.faults, *self.states.conclude(self.events)]
        for relay in self.relays:
            faults += relay.faults
        faults += await self._told_wrongly()
        self.crowd.require_from(len(self.events.told))
        return faults

    def so_far(self) -> list[str]:
        """What was seen already that must not be."""
        said = [fault for relay in self.relays for fault in relay.faults]
        return [*self._faults, *said, *self.events.faults, *self.states.faults]

    async def audit(self) -> list[str]:
        """Read the events anew: what must not be of them."""
        await self._catch_up()
        rules = EventRules(self.names, self.planted)
        for stored in await read_all(self.servers.client, self.names.events):
            rules.take(stored)
        faults = rules.faults
        read = self.events.told[len(self.events.told) - len(rules.told) :] if rules.told else []
        if [(told.seq, told.id) for told in read] != [(told.seq, told.id) for told in rules.told]:
            faults.append("events are not what they were when they were read first")
        return faults

    async def _lacking(self) -> list[str]:
        rows = await self.work.look()
        lacking = self.crowd.lacks(self.work.truth, self.events.told)
        lacking += differences(rows, self.states.latest, self.work.ended)
        if self._leader() is None or any(each.role is None for each in self.relays):
            lacking.append(f"one relay leads: {[(each.name, each.role) for each in self.relays]}")
        health = self.states.health
        if health is None or health.state != "ok":
            lacking.append(f"the leader is well: {health}")
        elif health.settled < self._last_told:
            lacking.append(f"#{self._last_told} of the events is in the states: {health.settled}")
        return lacking

    @property
    def _last_told(self) -> int:
        return self.events.told[-1].seq if self.events.told else 0

    async def _catch_up(self) -> None:
        async with asyncio.timeout(LIMIT):
            # What states include stands in the events before.
            await self._state_tail.catch_up()
            await self._event_tail.catch_up()

    async def _told_wrongly(self) -> list[str]:
        """What somebody who comes now is told wrongly."""
        wrong: list[str] = []
        for _ in range(3):
            try:
                found = await self.crowd.newcomer(LIMIT)
            except TimeoutError:
                return ["a newcomer is not told what there is"]
            there = {str(row["id"]): str(row["status"]) for row in await self.work.look()}
            wrong = [
                f"a newcomer is told that {job} is {found.get(job)}, and it is {there.get(job)}"
                for job in sorted(found.keys() | there.keys())
                if found.get(job) != there.get(job)
            ]
            if not wrong:
                break
            # It may have changed meanwhile.
            await asyncio.sleep(SETTLES_EVERY)
        return wrong

    # -- what is read

    def _take_event(self, stored: Stored) -> None:
        term = self.events.term
        told = self.events.take(stored)
        if self.events.term != term:
            self._began.setdefault(self.events.term, asyncio.get_running_loop().time())
            self._changed.set()
        if told is not None:
            self._published.take(told)
            self.raw[told.job] = stored.data

    def _events_rebuilt(self) -> None:
        self.events.rebuilt()
        self.crowd.require_from(len(self.events.told), lost=True)

    @asynccontextmanager
    async def under_load(self, rate: float) -> AsyncIterator[None]:
        """Let so many things a second happen meanwhile."""
        over = asyncio.Event()
        moving = asyncio.create_task(self.work.keep_moving(rate, over))
        try:
            yield
        finally:
            over.set()
            await moving


def _fill(box: Sandbox) -> None:
    (box.volume / LONG).write_bytes(bytes(1_000_000))
    upload = box.local_root / "up"
    upload.mkdir()
    (upload / "short").write_bytes(b"")


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, *TROUBLE):
        await task
