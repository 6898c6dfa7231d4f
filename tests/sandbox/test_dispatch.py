"""Whose turn it is between two endpoints, what a job waits for, and when it is tried again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from accsyn_async.sandbox.engine.dispatch import Dispatcher
from accsyn_async.sandbox.state.clock import Clock
from accsyn_async.sandbox.state.furnishing import furnished
from accsyn_async.sandbox.state.jobs import End, Job, Party, Task
from tests.sandbox.wire_client import until

A, B, C = (Party("site", name, name, (name,)) for name in "abc")


@pytest.fixture
def job(tmp_path: Path) -> Any:
    """Makes a job: ``job("name", priority=7, queue=…)``."""
    workspace = furnished("acme", tmp_path, {}, tmp_path, Clock())

    def make(name: str, source: Party = A, destination: Party = B, **options: Any) -> Any:
        return Job(
            number=workspace.next_number(),
            name=name,
            user=workspace.users[0],
            source=source,
            destination=destination,
            created="",
            modified="",
            modifier=workspace.users[0],
            **{"queue": queue(500), **options},
        )

    return make


def queue(priority: int, status: str = "enabled") -> Any:
    return SimpleNamespace(code="q", priority=priority, status=status)


END = End(A, Path("/"), (), True, "", None, None)
TASK = Task("0", END, END, "")


@pytest.mark.parametrize(
    ("waiting", "following"),
    [
        ([{}, {}], 0),
        ([{}, {"priority": 501}], 1),
        ([{"priority": 501}, {"queue": queue(501)}], 1),
        ([{"queue": queue(900, "paused")}, {}], 1),
        ([{"queue": queue(900)}, {"queue": queue(900), "priority": 1000}], 1),
        ([{"queue": queue(1, "paused")}], None),
    ],
)
def test_whose_turn_it_is(job: Any, waiting: list[Any], following: int | None) -> None:
    dispatcher = Dispatcher()
    first = job("first")
    assert dispatcher.claim(first, TASK)
    jobs = [job(str(number), **options) for number, options in enumerate(waiting)]
    assert not any(dispatcher.claim(one, TASK) for one in jobs)
    assert dispatcher.claim(first, TASK)
    assert dispatcher.give_up(first) == ([] if following is None else [jobs[following]])
    for number, one in enumerate(jobs):
        assert dispatcher.claim(one, TASK) is (number == following)


def test_other_endpoints_do_not_wait_and_one_that_leaves_the_line_lets_the_next_come(job: Any) -> None:
    dispatcher = Dispatcher()
    first, second, third = (job(name) for name in "123")
    assert all(dispatcher.claim(one, TASK) for one in (first, job("x", B, A), job("y", A, C)))
    assert not dispatcher.claim(second, TASK)
    assert not dispatcher.claim(third, TASK)
    assert dispatcher.give_up(first) == [second]
    assert dispatcher.give_up(second) == [third]
    assert dispatcher.claim(third, TASK)


async def statuses(wire: Any, *jobs: Any) -> list[str]:
    return [(await wire.get(job["id"]))["status"] for job in jobs]


async def test_one_runs_between_two_endpoints_and_the_most_important_follows(start: Any) -> None:
    async with start(speed=0.001) as (_, wire):
        up = {"source": "a.mov", "destination": "site=berlin"}
        first = await wire.create(up)
        await wire.until(first["id"], "running")
        low = await wire.create({**up, "priority": 1})
        high = await wire.create({**up, "priority": 999})
        back = await wire.create({"source": "a.mov", "destination": "/in/"})
        for job, status in ((low, "waiting"), (high, "waiting"), (back, "running")):
            await wire.until(job["id"], status)
        await wire.edit(first["id"], status="paused")
        await wire.until(high["id"], "running")
        await wire.edit(first["id"], status="waiting", priority=2)
        assert await statuses(wire, first, low, high) == ["waiting", "waiting", "running"]
        await wire.edit(high["id"], status="aborted")
        await wire.until(first["id"], "running")
        assert await statuses(wire, low) == ["waiting"]


async def test_the_queue_decides_before_the_job(start: Any) -> None:
    async with start(speed=0.001) as (_, wire):
        queues = {}
        for code, priority in (("high", 999), ("low", 1)):
            data = {"code": code, "priority": priority}
            (queues[code],) = (await wire.call("POST", "queue/create", data))["result"]
        up = {"source": "a.mov", "destination": "site=berlin"}
        # It has to have begun, or the dispatcher may see those that go before it first.
        first = await wire.create(up)
        await wire.until(first["id"], "running")
        order = [
            await wire.create({**up, **data})
            for data in (
                {"queue": "low", "priority": 1000},
                {"priority": 1},
                {"priority": 2},
                {"queue": "high", "priority": 1},
                {"queue": "high", "priority": 1},
            )
        ]
        low, later, middle, high, last = order
        for job in order:
            await wire.until(job["id"], "waiting")
        for ended, following in ((first, high), (high, last), (last, middle)):
            await wire.edit(ended["id"], status="aborted")
            await wire.until(following["id"], "running")
        assert await statuses(wire, low, later) == ["waiting", "waiting"]
        # Jobs follow a queue whose priority is changed, and one that is moved takes the other's.
        await wire.call("PUT", "queue/edit", {"priority": 501}, id=queues["low"]["id"])
        await wire.edit(later["id"], queue="high")
        await wire.edit(middle["id"], status="aborted")
        await wire.until(later["id"], "running")
        await wire.edit(later["id"], status="aborted")
        await wire.until(low["id"], "running")


async def test_a_job_waits_for_a_client(start: Any, connect: Any) -> None:
    async with start(speed=0.08) as (box, wire), connect(box, "standard") as standard:
        assert [row["status"] for row in await wire.find("client", "type=0")] == ["online"] * 3
        (server,) = await wire.find("client", "site=berlin")
        (app,) = await wire.find("client", "user=admin@example.com")

        async def client(which: Any, status: str) -> str:
            (row,) = (await wire.call("PUT", "client/edit", {"status": status}, id=which["id"]))["result"]
            return str(row["status"])

        assert await client(server, "offline") == "offline"
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "waiting")
        other = await wire.create({"source": "show", "destination": "/in/"})
        await wire.until(other["id"], "done")
        assert await client(server, "disabled") == "disabled-offline"
        assert await client(server, "enabled") == "offline"
        assert await statuses(wire, job) == ["waiting"]
        await client(server, "online")
        await wire.until(job["id"], "running")
        # One that goes offline in the middle keeps what has been copied.
        await client(server, "disabled")
        row = await wire.until(job["id"], "waiting")
        assert row["speed"] == -1.0
        await client(server, "enabled")
        await wire.until(job["id"], "done")
        for data in ({"status": "broken"}, {"code": "x"}, {}, {"status": ["online"]}):
            assert "message" in await wire.call("PUT", "client/edit", data, id=app["id"])
        for which in (server, app, {"id": "x"}):
            reply = await standard.call("PUT", "client/edit", {"status": "offline"}, id=which["id"])
            assert "message" in reply


async def test_the_time_of_a_task_is_that_of_its_bucket(start: Any) -> None:
    async with start(speed=0.4) as (box, wire):
        for number in range(4):
            (box.volume / f"{number}.mov").write_bytes(bytes(60_000))
        tasks = [
            {"source": f"{number}.mov", "destination": "/in/", "priority": 900 - number}
            for number in range(4)
        ]
        seen: set[tuple[str, ...]] = set()
        job = await wire.create({"tasks": tasks, "settings": {"task_bucketsize": "3"}})

        async def done() -> bool:
            rows = await wire.tasks(job["id"])
            seen.add(tuple(row["status"] for row in rows))
            return all(row["status"] == "done" for row in rows)

        await until(done)
        assert ("executing", "booting", "booting", "queued") in seen
        await wire.until(job["id"], "done")
        times = [row["time"] for row in await wire.tasks(job["id"])]
        assert times[0] == times[1] == times[2] > times[3] > 0


async def test_a_speed_limit_holds(start: Any) -> None:
    async with start() as (_, wire):
        data = {"source": "a.mov", "destination": "/in/", "settings": {"job_speed_limit": 0.001}}
        job = await wire.create(data)
        row = await wire.until(job["id"], "running")
        assert row["speed"] <= 0.001
        wrong: Any
        for wrong in (0, -1, "fast", True, [], "nan", "inf"):
            for name in ("job_speed_limit", "transfer_speed_limit", "transfer_speedlimit", "task_bucketsize"):
                if (name, wrong) == ("task_bucketsize", 0):
                    continue
                reply = await wire.call("POST", "transfer/create", {**data, "settings": {name: wrong}})
                assert reply["message"].startswith("E#J029"), wrong


async def test_a_failed_job_is_tried_again_until_it_is_enough(start: Any) -> None:
    async with start() as (box, wire):
        data = {"tasks": ["missing.mov", "a.mov"], "destination": "site=berlin"}
        often = {"job_max_retries": "2", "job_autoretry_delay_s": "0.02"}
        hopeless = await wire.create({**data, "settings": often})
        work = box._started().workspace.jobs[hopeless["id"]]

        async def given_up() -> bool:
            return (
                work.retries == 2 and work.status == "failed" and work.id not in box._started().engine._runs
            )

        await until(given_up)
        (box.volume / "missing.mov").write_bytes(b"here")
        assert (await wire.get(hopeless["id"]))["status"] == "failed"


async def test_the_pauses_between_tries_are_set_and_grow(start: Any) -> None:
    async with start(time_factor=0) as (box, wire):
        (queue,) = await wire.find("queue")
        setting = {"entitytype": "queue", "name": "job_autoretry_delay_s"}
        assert (await wire.call("GET", "setting", setting, id=queue["id"]))["result"] == "15"
        await wire.call("PUT", "setting", {**setting, "value": "100"}, id=queue["id"])
        job = await wire.create({"source": "missing.mov", "destination": "site=berlin"})
        work = box._started().workspace.jobs[job["id"]]
        await wire.until(job["id"], "failed")
        tried = []
        for seconds in (99, 1, 199, 1, 399, 1, 10_000):
            await box.advance(seconds=seconds)
            tried.append(work.retries)
        assert tried == [0, 1, 1, 2, 2, 3, 3]
        for name, wrong in (("job_max_retries", "1.5"), ("job_max_retries", "-1"), (setting["name"], "soon")):
            reply = await wire.call(
                "PUT", "setting", {**setting, "name": name, "value": wrong}, id=queue["id"]
            )
            assert reply["message"].startswith("E#J029")


async def test_only_a_command_ends_the_tries(start: Any) -> None:
    async with start(time_factor=0) as (box, wire):
        data = {"source": "missing.mov", "destination": "site=berlin"}
        jobs = [await wire.create(data) for _ in range(3)]
        for job in jobs:
            await wire.until(job["id"], "failed")
        described, moved, touched = jobs
        told = {"name": "n", "description": "d", "priority": 7, "metadata": {"a": 1}, "settings": {"x": "y"}}
        assert (await wire.edit(described["id"], **told))["result"][0]["description"] == "d"
        await wire.edit(moved["id"], queue="medium")
        await wire.call("PUT", "task/edit", [{"uri": "0", "status": "failed"}], id=touched["id"])
        await wire.until(touched["id"], "failed")
        (box.volume / "missing.mov").write_bytes(b"here")
        await box.advance(hours=300)
        assert await statuses(wire, *jobs) == ["done", "failed", "failed"]


async def test_a_paused_queue_holds_its_jobs(start: Any) -> None:
    async with start(speed=0.08) as (_, wire):
        (queue,) = await wire.find("queue")

        async def set_to(status: str) -> None:
            reply = await wire.call("PUT", "queue/edit", {"status": status}, id=queue["id"])
            assert "result" in reply, reply

        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        await set_to("paused")
        await wire.until(job["id"], "waiting")
        other = await wire.create({"source": "show", "destination": "/in/"})
        await wire.until(other["id"], "waiting")
        await set_to("waiting")
        for one in (job, other):
            await wire.until(one["id"], "done")
