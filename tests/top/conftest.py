"""The screen in front of a sandbox, without a terminal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

import pytest
from textual.pilot import Pilot

from accsyn_async import PollPolicy, Session
from accsyn_async.dashboard.top.app import Top
from accsyn_async.dashboard.top.steering_app import SteeringTop
from accsyn_async.dashboard.top.view_file import ViewFile
from accsyn_async.sandbox import Sandbox
from tests.support.relayed import StandIn

QUICK = PollPolicy(soon=0.02, running=0.05, idle=0.1, backoff=0.05, longest_backoff=0.1)
DEADLINE = 30.0


class Seat:
    """Somebody before the screen.

    Attributes:
        app: the application.
        pilot: presses keys.
    """

    def __init__(self, app: Top, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not condition():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"it never was so; the screen:\n{self.text}") from None

    async def sees(self, *texts: str) -> None:
        """Wait until all of these are to be read on the screen."""
        await self.until(lambda: all(text in self.text for text in texts))

    async def sees_no(self, *texts: str) -> None:
        """Wait until none of these is to be read on the screen."""
        await self.until(lambda: not any(text in self.text for text in texts))

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def lines(self) -> list[str]:
        """What is to be read."""
        return [strip.text for strip in self.app.screen._compositor.render_strips(self.app.size)]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    @property
    def names(self) -> list[str]:
        """The names of the jobs that are listed, in their order."""
        return [entry.job.name for entry in self.app.jobs.rows]

    @property
    def current(self) -> str:
        """The name of the job under the cursor."""
        assert self.app.jobs.current is not None
        return self.app.jobs.current.job.name


class Place:
    """A sandbox, and a folder for what is remembered.

    Attributes:
        feed: what the screen reads, when it is a relay's.
    """

    feed: StandIn

    def __init__(self, box: Sandbox, state: Path) -> None:
        self.box = box
        self.state = state / "state" / "top.json"

    @contextlib.asynccontextmanager
    async def sit(
        self,
        asked: str | list[str] = "Transfer",
        *,
        read_only: bool = False,
        relayed: Collection[str] | None = None,
        size: tuple[int, int] = (100, 30),
        synced: bool = True,
    ) -> AsyncIterator[Seat]:
        """Open the screen, and wait until the jobs are there.

        Args:
            asked: what to watch.
            read_only: whether nothing that acts is offered.
            relayed: what a relay allows, whose feed the screen reads; ``None`` for a session.
            size: of the terminal.
            synced: ``False`` waits for nothing.
        """
        kind = Top if read_only else SteeringTop

        def connect() -> Session | StandIn:
            session = self.box.session(poll=QUICK)
            if relayed is None:
                return session
            self.feed = StandIn(session, *relayed)
            return self.feed

        app = kind(connect, asked, ViewFile(self.state), tasks_every=0.1)
        async with app.run_test(size=size, notifications=True) as pilot:
            seat = Seat(app, pilot)
            if synced:
                await seat.until(lambda: app.board.synced and app.jobs.rows)
            yield seat

    async def create(self, *names: str, size: int = 1000) -> list[str]:
        """Transfers of files of these names; their ids."""
        idents = []
        async with self.box.session() as session:
            for number, name in enumerate(names):
                (self.box.volume / f"{number}.mov").write_bytes(bytes(size))
                row = await session.create(
                    "Transfer", {"name": name, "source": f"{number}.mov", "destination": "site=berlin"}
                )
                assert isinstance(row, dict)
                idents.append(row["id"])
        return idents

    async def status(self, ident: str) -> str:
        """A transfer's status, as the backend has it."""
        async with self.box.session() as session:
            row = await session.get_entity("Transfer", ident)
        assert row is not None
        return str(row["status"])


@contextlib.asynccontextmanager
async def sixty_jobs(state: Path) -> AsyncIterator[Place]:
    """Sixty jobs that stand still until the clock is moved."""
    async with Sandbox(synthetic_jobs=60, seed=7, time_factor=0, rate_limit=False) as box:
        yield Place(box, state)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Sixty jobs."""
    async with sixty_jobs(tmp_path) as place:
        yield place


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Place]:
    """No jobs yet; those to come stand still."""
    async with Sandbox(time_factor=0, rate_limit=False, speed=0.001) as box:
        yield Place(box, tmp_path)
