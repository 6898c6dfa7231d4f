"""All that answers calls; made anew by a reset, while the server goes on listening."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from accsyn_async.sandbox.engine.engine import Engine
from accsyn_async.sandbox.engine.synthetic import Synthetic
from accsyn_async.sandbox.rules.inheritance import Inheritance
from accsyn_async.sandbox.server.access import Access
from accsyn_async.sandbox.server.calls import Calls
from accsyn_async.sandbox.server.dialects import V1, V3, Dialect, Place
from accsyn_async.sandbox.server.session_keys import SessionKeys
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.state.identity import draw_from
from accsyn_async.sandbox.state.memory import Memory
from accsyn_async.sandbox.state.workspace import Workspace
from accsyn_async.sandbox.topics.acl import AclTopic
from accsyn_async.sandbox.topics.deliveries import DeliveryTopic
from accsyn_async.sandbox.topics.entities import EntityTopic
from accsyn_async.sandbox.topics.files import FileTopic
from accsyn_async.sandbox.topics.finder import Finder
from accsyn_async.sandbox.topics.jobs import JobTopic
from accsyn_async.sandbox.topics.journal_notes import Notes
from accsyn_async.sandbox.topics.publishing import PublishTopic
from accsyn_async.sandbox.topics.records import RecordTopic
from accsyn_async.sandbox.topics.settings import SettingTopic
from accsyn_async.sandbox.topics.topic import Topic

__all__ = ["Backend", "Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a workspace behaves.

    Attributes:
        speed: MB/s that each running transfer gets.
        seed: makes ids and jobs without files alike in every run; ``None`` for what nobody can foretell.
        synthetic_jobs: how many jobs without files there are, when there are none.
        give_api_keys: whether users may ask for their own api key.
    """

    speed: float
    seed: int | str | None = None
    synthetic_jobs: int = 0
    give_api_keys: bool = False


@dataclass(slots=True)
class Backend:
    """What answers for a workspace.

    Args:
        memory: the workspace, and what else is remembered.
        options: how it behaves.
        ids: draws the ids of what is made; ``None`` for ids that nobody can foretell.
    """

    memory: Memory
    options: Options
    ids: random.Random | None = None
    workspace: Workspace = field(init=False)
    clock: Clock = field(init=False)
    access: Access = field(init=False)
    session_keys: SessionKeys = field(init=False)
    engine: Engine = field(init=False)
    calls: Calls = field(init=False)
    _synthetic: Synthetic = field(init=False)
    _moving: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        draw_from(self.ids)
        memory, options = self.memory, self.options
        self.workspace = memory.workspace
        self.clock = self.workspace.clock
        notes = Notes(memory.journal, self.clock)
        self.access = Access(self.workspace, memory.sessions, notes.login)
        self.session_keys = SessionKeys(self.workspace, memory.keys)
        holding = Inheritance(memory.settings, self.workspace.id).of
        self._synthetic = Synthetic(self.workspace, memory.courses, options.synthetic_jobs, options.seed)
        self.engine = Engine(options.speed, self.clock, holding, self._synthetic.ids)
        self.workspace.changed = self.engine.reconsider
        attend = self.engine.attend
        entities: list[Topic] = [
            EntityTopic(self.workspace, attend),
            AclTopic(self.workspace, attend),
            JobTopic(self.workspace, self.engine),
            DeliveryTopic(self.workspace, self.engine),
        ]
        finder = Finder(entities)
        topics: list[Topic] = [
            *entities,
            FileTopic(self.workspace),
            SettingTopic(self.workspace, finder, memory.settings),
            RecordTopic(self.workspace, memory.journal, finder),
            PublishTopic(give_api_keys=options.give_api_keys),
        ]
        self.calls = Calls(topics, notes.call)

    def dialects(self, place: Place) -> tuple[Dialect, ...]:
        """The ways to talk to it.

        Args:
            place: where it is reached.
        """
        return (
            V3(self.workspace.code, self.access, self.calls, place),
            V1(self.workspace, self.session_keys, self.access, self.calls),
        )

    def secrets(self) -> Iterator[str]:
        """What nobody may read."""
        for user in self.workspace.every(SandboxUser):
            yield user.api_key
            yield user.password
        yield from self.memory.sessions
        yield from self.memory.keys

    def resume(self) -> None:
        """Go on with the jobs that are there, from where they were when they were kept."""
        for job in self.workspace.jobs.values():
            self.engine.resume(job)

    async def advance(self, seconds: float) -> None:
        """Move the clock on, from one end of something to the next, so that each begins when it would.

        Raises:
            ValueError: ``seconds`` is below 0, or too much.
        """
        self.clock.check(seconds)
        async with self._moving:
            try:
                # What the machine needs to copy is no time that passes in the box.
                with self.clock.held():
                    await self._move_on(seconds)
            finally:
                self.engine.wake()

    async def run_at(self, factor: float) -> None:
        """Let time pass at another factor from now on."""
        async with self._moving:
            self.clock.run_at(factor)
            self.engine.wake()

    async def stop(self) -> None:
        """Stop all jobs, and a clock that is being moved on; again does nothing."""
        await self.engine.aclose()
        async with self._moving:
            pass

    async def _move_on(self, seconds: float) -> None:
        engine, clock = self.engine, self.clock
        # So that what was changed a moment ago has all of the time.
        self._synthetic.move()
        await engine.catch_up()
        target = clock.monotonic() + seconds
        while (due := engine.next_due()) is not None and due < target:
            clock.advance(max(due - clock.monotonic(), 0.0))
            await engine.catch_up(due=True)
        if not engine.closed:
            clock.advance(max(target - clock.monotonic(), 0.0))
            await engine.catch_up()
            self._synthetic.move()

    def before_each(self) -> None:
        """To be called before an event is answered, in the task that does."""
        draw_from(self.ids)
        self._synthetic.tick()
