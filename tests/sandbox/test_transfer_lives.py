"""Whatever is done to transfers in whatever order, what is told of them is true; in the end all arrives."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async.sandbox.backend import Backend, Options
from accsyn_async.sandbox.engine.dispatch import hindrance
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rules.landing import landing
from accsyn_async.sandbox.state.clock import EPOCH, Clock
from accsyn_async.sandbox.state.entities import Queue
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.jobs import Job, Task
from accsyn_async.sandbox.state.keyring import Keyring
from accsyn_async.sandbox.state.memory import Memory
from accsyn_async.sandbox.topics.event import Event
from tests.sandbox.complaints import no_complaints

SPEED: Final = 1.0
FILES: Final = {"big": 2_500_000, "small": 1000, "empty": 0, "show/a": 400_000, "show/deep/b": 300_000}
SOURCES: Final = ("big", "small", "empty", "show", "missing")
WAYS: Final = (("{}", "/in/{}/"), ("{}", "site=berlin:projects/in/{}/"), ("/up/{}", "share=projects/in/{}/"))
JOB_STATES: Final = {"init", "waiting", "running", "paused", "failed", "aborted", "done"}
TASK_STATES: Final = {"queued", "booting", "executing", "failed", "onhold", "excluded", "done"}

WHICH = st.integers(0, 5)
SOURCE = st.sampled_from(SOURCES)
STATUS = st.sampled_from(["queued", "queued", "onhold", "excluded", "failed"])
STEP = st.one_of(
    st.tuples(st.just("create"), st.integers(0, 2), st.lists(SOURCE, min_size=1, max_size=3), st.booleans()),
    st.tuples(st.just("job"), WHICH, st.sampled_from(["paused", "waiting", "waiting", "aborted"])),
    st.tuples(st.just("task"), WHICH, WHICH, STATUS),
    st.tuples(st.just("append"), WHICH, SOURCE),
    st.tuples(st.just("add"), WHICH, SOURCE),
    st.tuples(st.just("delete"), WHICH),
    st.tuples(st.just("priority"), WHICH, st.sampled_from([1, 500, 1000])),
    st.tuples(st.just("client"), st.integers(0, 2), st.sampled_from(["online", "offline"])),
    st.tuples(st.just("queue"), st.sampled_from(["waiting", "paused"])),
    st.tuples(st.just("advance"), st.sampled_from([0.05, 0.4, 1.0, 3.0, 60.0])),
    st.tuples(st.just("nothing")),
)


class Depot:
    """Folders with files to send, and what arrived."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("volume", "berlin", "local"):
            (folder / name).mkdir()
        for root in (folder / "volume", folder / "local" / "up"):
            for name, size in FILES.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes((name.encode() * size)[:size])
        self.number = 0

    def clear(self) -> None:
        """Take away what arrived."""
        for place in ("volume", "berlin/projects", "local"):
            shutil.rmtree(self.folder / place / "in", ignore_errors=True)

    def names(self) -> Iterator[str]:
        return (path.name for path in self.folder.rglob("*"))


@pytest.fixture(scope="module")
def depot(tmp_path_factory: pytest.TempPathFactory) -> Depot:
    return Depot(tmp_path_factory.mktemp("depot").resolve())


class Life:
    """One workspace, its jobs, and what must hold of them."""

    def __init__(self, depot: Depot) -> None:
        self.depot = depot
        folder, keys = depot.folder, Keyring()
        self.workspace = furnished(
            "acme",
            folder / "volume",
            {"berlin": folder / "berlin"},
            folder / "local",
            Clock(factor=0),
            keys=keys,
        )
        self.backend = Backend(Memory(self.workspace, keys), Options(speed=SPEED))
        self.admin = self.workspace.users[0]
        servers = [client for client in self.workspace.clients if client.site is not None]
        self.clients = [*self.workspace.clients_of(self.admin), *servers]
        self.sent: dict[str, tuple[int, str]] = {}

    async def call(self, verb: str, uri: str, data: Any, id: str | None = None) -> Any:
        event = Event(uri, "acme", "", "", data, None, id)
        return (await self.backend.calls.answer(verb, event, self.admin))["result"]

    def job(self, which: int) -> Job | None:
        jobs = list(self.workspace.jobs.values())
        return jobs[which % len(jobs)] if jobs else None

    async def step(self, step: tuple[Any, ...]) -> None:
        match step:
            case "create", way, sources, paused:
                self.depot.number += 1
                name = str(self.depot.number)
                self.sent[name] = (way, WAYS[way][1].format(name))
                await self.send(name, sources, status="paused" if paused else "waiting")
            case "client", which, status:
                await self.call("PUT", "client/edit", {"status": status}, self.clients[which].id)
            case "queue", status:
                await self.call("PUT", "queue/edit", {"status": status}, self.workspace.default_queue.id)
            case "advance", seconds:
                await self.backend.advance(seconds)
            case what, which, *rest if (job := self.job(which)) is not None:
                await self.change(job, what, *rest)

    async def change(self, job: Job, what: str, *rest: Any) -> None:
        way, destination = self.sent[job.name]
        match what, *rest:
            case "job", status:
                await self.call("PUT", "transfer/edit", {"status": status}, job.id)
            case "priority", priority:
                await self.call("PUT", "transfer/edit", {"priority": priority}, job.id)
            case "task", which, status:
                uri = list(job.tasks)[which % len(job.tasks)]
                await self.call("PUT", "task/edit", [{"uri": uri, "status": status}], job.id)
            case "append", source:
                await self.send(job.name, [source], append=True)
            case "add", source:
                task = {"source": WAYS[way][0].format(source), "destination": destination}
                await self.call("POST", "task/create", {"tasks": [task]}, job.id)
            case "delete", *_:
                await self.call("DELETE", "transfer/delete", {}, job.id)

    async def send(self, name: str, sources: list[str], **data: Any) -> None:
        way, destination = self.sent[name]
        tasks = [WAYS[way][0].format(source) for source in sources]
        data |= {"name": name, "tasks": tasks, "destination": destination}
        await self.call("POST", "transfer/create", data)

    async def check(self) -> None:
        pairs: Counter[object] = Counter()
        for job in self.workspace.jobs.values():
            (row,) = await self.call("GET", "transfer/find", {}, job.id)
            states = [task.status for task in job.counted()]
            assert row["status"] in JOB_STATES
            assert {task.status for task in job.tasks.values()} <= TASK_STATES
            assert 0 <= row["progress"] <= 100
            assert row["status"] == "done" or row["progress"] < 100, row
            assert (row["finished"] != EPOCH) is (row["status"] in ("done", "aborted")), row
            assert row["status"] != "done" or set(states) <= {"done"}, states
            assert row["status"] == "running" or row["speed"] == -1, row
            assert 0 <= job.copied <= max(job.size, 0), (job.copied, job.size)
            moving = [task for task in job.tasks.values() if task.status in ("executing", "booting")]
            assert row["status"] in ("running", "paused", "waiting") or not moving, (row, states)
            if row["status"] == "running":
                task = next(iter(job.tasks.values()))
                pairs[task.source.client, task.destination.client] += 1
        assert set(pairs.values()) <= {1}
        for _, task in self.done():
            check_arrived(task)

    def done(self) -> Iterator[tuple[Job, Task]]:
        for job in self.workspace.jobs.values():
            yield from ((job, task) for task in job.tasks.values() if task.status == "done")

    async def set_free(self) -> None:
        for client in self.clients:
            await self.call("PUT", "client/edit", {"status": "online"}, client.id)
        for queue in self.workspace.every(Queue):
            await self.call("PUT", "queue/edit", {"status": "waiting"}, queue.id)
        for job in list(self.workspace.jobs.values()):
            if job.status == "paused":
                await self.call("PUT", "transfer/edit", {"status": "waiting"}, job.id)
        await self.backend.advance(30 * 24 * 3600)
        await self.check()
        for job in self.workspace.jobs.values():
            held = [task for task in job.counted() if task.status == "onhold"]
            assert job.status in ("done", "aborted", "failed") or (job.status == "paused" and held), job
            assert not any(hindrance(job, task) for task in job.tasks.values())
            for task in job.tasks.values():
                assert task.status not in ("queued", "booting", "executing") or job.status == "aborted", task
        assert not [name for name in self.depot.names() if name.endswith(".part")]


def check_arrived(task: Task) -> None:
    """What a task that is done was to bring is there, byte for byte."""
    root, names = landing(task)
    source, target = task.source.root.joinpath(*task.source.parts), root.joinpath(*names)
    files = [path for path in source.rglob("*") if path.is_file()] if source.is_dir() else [source]
    for path in files:
        assert (target / path.relative_to(source)).read_bytes() == path.read_bytes()


async def play(depot: Depot, steps: list[tuple[Any, ...]]) -> None:
    life = Life(depot)
    try:
        for step in steps:
            try:
                await life.step(step)
            except Refusal as refusal:
                assert refusal.text
            await life.check()
            await life.backend.engine.catch_up()
            await life.check()
        await life.set_free()
    finally:
        await life.backend.engine.aclose()
    assert not [name for name in depot.names() if name.endswith(".part")]
    depot.clear()


@settings(deadline=None, max_examples=100)
@given(st.lists(STEP, min_size=1, max_size=20))
def test_all_that_is_told_of_transfers_is_true(depot: Depot, steps: list[tuple[Any, ...]]) -> None:
    with no_complaints():
        asyncio.run(play(depot, [("create", 0, ["big"], False), *steps]))
