from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.engine.pacing import Pace
from accsyn_async.sandbox.state.clock import Clock


class Real:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("factor", "passed", "real"), [(1, 10.0, 3.0), (60, 600.0, 0.05), (0, 0.0, None), (0.5, 5.0, 6.0)]
)
def test_factors(factor: float, passed: float, real: float | None) -> None:
    source = Real()
    clock = Clock(source, factor=factor, monotonic=source)
    begin, monotonic = clock.now(), clock.monotonic()
    source.now += 10
    assert clock.now() - begin == pytest.approx(passed)
    assert clock.monotonic() - monotonic == pytest.approx(passed)
    assert clock.real(3.0) == (None if real is None else pytest.approx(real))
    assert clock.real(None) is None
    assert clock.real(0.0) == 0.0


def test_another_factor_from_now_on() -> None:
    source, steady = Real(), Real()
    steady.now = 5.0
    clock = Clock(source, factor=2, monotonic=steady)
    for one in (source, steady):
        one.now += 10
    clock.advance(100)
    now, monotonic = clock.now(), clock.monotonic()
    for factor in (60, 0, 1):
        clock.run_at(factor)
        assert [clock.now(), clock.monotonic()] == pytest.approx([now, monotonic])
        assert clock.advanced == 100
        source.now += 3
        steady.now += 3
        now, monotonic = now + 3 * factor, monotonic + 3 * factor
        assert [clock.now(), clock.monotonic()] == pytest.approx([now, monotonic])
    clock.restart()
    assert (clock.now(), clock.monotonic()) == (source.now, steady.now)


def test_moving_on_being_wrong_and_starting_again() -> None:
    source = Real()
    clock = Clock(source, monotonic=source)
    assert clock.http_date() is None
    clock.advance(3600)
    assert clock.text() == "1970-01-12T14:46:40"
    assert clock.http_date() == "Mon, 12 Jan 1970 14:46:40 GMT"
    assert clock.http_date(-3600) is None
    assert clock.http_date(-7200) == "Mon, 12 Jan 1970 12:46:40 GMT"
    assert clock.text() == "1970-01-12T14:46:40"
    assert clock.now() == source.now + 3600
    for seconds in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="moved on"):
            clock.advance(seconds)
    clock.restart()
    assert (clock.now(), clock.text(), clock.advanced) == (source.now, "1970-01-12T13:46:40", 0.0)


def test_a_pace_makes_up_for_time_moved_on_but_not_for_a_slow_disk() -> None:
    pace = Pace(1000, 0.0)
    assert pace.sent(100, 100.0) == 0.0
    assert pace.sent(1000, 100.0) == pytest.approx(0.5)
    pace = Pace(1000, 0.0)
    assert pace.sent(100, 3600.0, 3600.0) == 0.0
    assert pace.sent(3_000_000, 3600.0, 3600.0) == 0.0
    assert pace.sent(600_000, 3600.0, 3600.0) == pytest.approx(0.1, abs=0.6)


SIZE = 1_000_000


async def test_a_long_transfer_is_finished_at_once(start: Any) -> None:
    async with start(speed=0.0001) as (box, wire):
        (box.volume / "long.mov").write_bytes(bytes(SIZE))
        before = box.now
        job = await wire.create({"source": "long.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        begin = time.monotonic()
        await box.advance(hours=1)
        row = await wire.get(job["id"])
        assert (row["status"], row["progress"]) == ("running", 36)
        await box.advance(hours=6)
        assert (await wire.get(job["id"]))["status"] == "done"
        assert time.monotonic() - begin < 5
        assert box.now - before >= timedelta(hours=7)
        assert (box.site_root("berlin") / "projects" / "long.mov").stat().st_size == SIZE
        with pytest.raises(ValueError, match="moved on"):
            await box.advance(hours=-1)


async def test_a_clock_that_stands_still(start: Any) -> None:
    async with start(speed=0.1, time_factor=0) as (box, wire):
        before = box.now
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        await asyncio.sleep(0.05)
        assert (await wire.get(job["id"]))["status"] == "running"
        assert box.now == before
        await box.advance(seconds=2)
        assert (await wire.get(job["id"]))["status"] == "done"


async def test_a_day_in_no_time(start: Any) -> None:
    async with start(speed=0.0001, time_factor=36_000) as (_, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        row = await wire.until(job["id"], "done")
        assert row["progress"] == 100


async def test_jobs_without_files() -> None:
    async with Sandbox(seed=3, synthetic_jobs=300, rate_limit=False) as box, box.session() as session:
        rows = await session.find("Transfer", attributes=["status", "name", "progress", "speed"])
        count = len(rows)
        assert 200 < count <= 300
        states = {row["status"] for row in rows}
        assert {"waiting", "running"} <= states <= {"waiting", "running", "failed"}
        running = next(row for row in rows if row["status"] == "running")
        assert running["speed"] > 0
        waiting = next(row["id"] for row in rows if row["status"] == "waiting")
        await session.update("Transfer", running["id"], {"status": "paused"})
        await session.update("Transfer", waiting, {"status": "aborted"})
        await box.advance(hours=1)
        row = await session.get_entity("Transfer", running["id"])
        assert row is not None
        assert (row["status"], row["speed"]) == ("paused", -1.0)
        await session.update("Transfer", running["id"], {"status": "waiting"})
        await box.advance(hours=20)
        row = await session.get_entity("Transfer", waiting)
        assert row is not None
        assert row["status"] == "aborted"
        rows = await session.find("Transfer")
        assert {row["status"] for row in rows} <= {"failed", "running"}
        done = await session.find("Transfer WHERE status=done", finished=True)
        assert len(done) > 200
        assert list(box.volume.iterdir()) == []


async def test_jobs_without_files_obey_queues_and_clients() -> None:
    async with (
        Sandbox(seed=3, synthetic_jobs=40, rate_limit=False, time_factor=0) as box,
        box.session() as session,
    ):

        async def progress() -> dict[str, int]:
            return {row["id"]: row["progress"] for row in await session.find("Transfer")}

        queue = (await session.find("Queue"))[0]["id"]
        berlin = next(row["id"] for row in await session.find("Server") if row["code"] == "berlin-server")
        for kind, id, off, on in (
            ("queue", queue, "paused", "waiting"),
            ("server", berlin, "offline", "online"),
        ):
            await box.advance(hours=1)
            before = await progress()
            assert [row["id"] for row in await session.find("Transfer WHERE status=running")]
            await session.update(kind, id, {"status": off})
            await box.advance(minutes=30)
            assert not await session.find("Transfer WHERE status=running")
            assert await progress() == before
            await session.update(kind, id, {"status": on})
            await box.advance(minutes=5)
            after = await progress()
            assert sum(after.values()) > sum(before.values())
        await box.advance(days=3)
        assert await session.find("Transfer") == []
        ended = await session.find("Transfer WHERE status=done", finished=True)
        assert len(ended) + len(await session.find("Transfer WHERE status=aborted", finished=True)) == 40


async def test_tasks_added_to_a_job_without_files() -> None:
    async with (
        Sandbox(seed=3, synthetic_jobs=10, rate_limit=False, time_factor=0) as box,
        box.session() as session,
    ):
        await box.advance(days=3)
        job = (await session.find("Transfer WHERE status=done", finished=True))[0]["id"]
        await session.create("Task", {"tasks": ["more.mov", "most.mov"]}, entityid=job)
        row = await session.get_job(job)
        assert row is not None
        assert row.status == "waiting"
        await box.advance(days=1)
        row = await session.get_job(job)
        assert row is not None
        assert (row.status, row.progress) == ("done", 100)
        assert {task["status"] for task in await session.find("Task", entityid=job)} == {"done"}
        assert row.finished is not None
        assert (box.now - row.finished).total_seconds() > 3600


async def test_jobs_without_files_are_as_if_submitted() -> None:
    async with Sandbox(seed=3, synthetic_jobs=30, rate_limit=False) as box, box.session() as session:
        rows: Any = await session.find("Transfer")
        of = {"id", "name", "code", "status", "progress", "size", "speed", "etr", "user", "user_hr"}
        alike = [{name: value for name, value in row.items() if name not in of} for row in rows]
        for row in alike[1:]:
            assert {**row, "modifier": None} == {**alike[0], "modifier": None}
        assert {row["modifier"] for row in rows} == {row["user"] for row in rows}
        for row in rows:
            tasks: Any = await session.find("Task", entityid=row["id"])
            (task,) = tasks
            assert task["source"]["path"] == task["destination"]["path"] == f"synthetic/{row['name']}"
            assert task["source"]["path_abs_final"].endswith(f"/volume/synthetic/{row['name']}")
            assert task["destination"]["path_abs_final"].endswith(f"/projects/synthetic/{row['name']}")


async def test_synthetic_names_are_those_of_the_seed() -> None:
    async def names(seed: int) -> list[Any]:
        async with Sandbox(seed=seed, synthetic_jobs=20) as box, box.session() as session:
            return [(row["id"], row["name"], row["size"]) for row in await session.find("Transfer")]

    assert await names(1) == await names(1)
    assert await names(1) != await names(2)
