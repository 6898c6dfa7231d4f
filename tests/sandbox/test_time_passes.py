"""Moving the clock on: what would have happened has happened, and at its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox
from tests.sandbox.wire_client import Wire, until, wire_to

MB = 1_000_000


@pytest.fixture
def still(start: Any) -> Any:
    """Starts a sandbox whose clock stands still, a little after a full second."""

    @asynccontextmanager
    async def begin(**options: Any) -> AsyncIterator[tuple[Sandbox, Wire]]:
        async with start(time_factor=0, **options) as (box, wire):
            await box.advance(seconds=1.2 - box.now.microsecond / MB)
            yield box, wire

    return begin


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def seconds(row: Any, since: str = "created") -> float:
    return (at(row["finished"]) - at(row[since])).total_seconds()


async def make(box: Sandbox, wire: Wire, megabytes: float, **data: Any) -> Any:
    name = f"{megabytes}.mov"
    (box.volume / name).write_bytes(bytes(int(megabytes * MB)))
    return await wire.create({"source": name, "destination": "site=berlin", **data})


@pytest.mark.parametrize("hours", [1, 24 * 300])
async def test_a_transfer_ends_when_it_would(still: Any, hours: float) -> None:
    async with still(speed=5) as (box, wire):
        job = await make(box, wire, 50)
        await box.advance(hours=hours)
        row = await wire.get(job["id"])
        assert (row["status"], seconds(row)) == ("done", 10)
        (task,) = await wire.tasks(job["id"])
        assert (task["time"], seconds(task)) == (10_000, 10)


async def test_however_many_follow_each_other(still: Any) -> None:
    async with still(speed=5) as (box, wire):
        (box.volume / "a").write_bytes(bytes(5 * MB))
        tasks = [{"source": "a", "destination": f"site=berlin:{number}"} for number in range(40)]
        many = await wire.create({"tasks": tasks})
        await wire.until(many["id"], "running")
        jobs = [await make(box, wire, 5) for _ in range(30)]
        await box.advance(hours=6)
        assert seconds(await wire.get(many["id"])) == 40
        ended = [seconds(await wire.get(job["id"])) for job in jobs]
        assert ended == [40 + number for number in range(1, 31)]


async def test_tasks_of_an_engine_follow_each_other(still: Any) -> None:
    async with still() as (box, wire):
        minute = {"compute": {"parameters": {"seconds": 60}}}
        reply = await wire.call("POST", "compute/create", {"engine": "pipeline", "tasks": [minute] * 60})
        (job,) = reply["result"]
        await box.advance(minutes=30)
        states = [task["status"] for task in await wire.tasks(job["id"])]
        assert (states.count("done"), states.count("executing")) == (30, 1)
        await box.advance(hours=6)
        (row,) = (await wire.call("GET", "compute/find", {}, id=job["id"]))["result"]
        assert (row["status"], seconds(row)) == ("done", 3600)


async def test_speeds_queues_and_pauses_are_counted(still: Any) -> None:
    async with still(speed=5) as (box, wire):
        slow = await make(box, wire, 10, settings={"transfer_speedlimit": 0.1})
        await wire.until(slow["id"], "running")
        await box.advance(seconds=30)
        assert (await wire.get(slow["id"]))["progress"] in (30, 31)
        await wire.edit(slow["id"], status="paused")
        await wire.until(slow["id"], "paused")
        await box.advance(hours=3)
        await wire.edit(slow["id"], status="waiting")
        await wire.until(slow["id"], "running")
        await box.advance(days=1)
        taken = seconds(await wire.get(slow["id"])) - 3 * 3600
        assert 99 <= taken <= 101


async def test_what_failed_is_tried_again_at_its_time(still: Any) -> None:
    async with still(speed=5) as (box, wire):
        job = await wire.create({"source": "late.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "failed")
        (box.volume / "late.mov").write_bytes(bytes(5 * MB))
        await box.advance(days=1)
        row = await wire.get(job["id"])
        assert (row["status"], seconds(row)) == ("done", 16)


async def test_a_delivery_is_measured_first(still: Any) -> None:
    async with still() as (box, wire):
        data = {"source": "a.mov", "recipients": ["standard@example.com"], "status": "pending"}
        (made,) = (await wire.call("POST", "delivery/create", data))["result"]
        await box.advance(seconds=1)
        (row,) = (await wire.call("GET", "delivery/find", {}, id=made["id"]))["result"]
        assert row["status"] == "waiting"


async def test_advancing_by_parts_is_advancing_by_all(still: Any) -> None:
    ended = []
    for steps in (1, 7):
        async with still(speed=5) as (box, wire):
            jobs = [await make(box, wire, size) for size in (1, 20, 3.5)]
            for _ in range(steps):
                await box.advance(seconds=21 / steps)
            ended.append([seconds(await wire.get(job["id"])) for job in jobs if job])
    assert ended[0] == ended[1]


async def test_the_clock_ends_with_the_year_9999() -> None:
    async with Sandbox(rate_limit=False) as box, wire_to(box) as wire:
        with pytest.raises(ValueError, match="beyond the year 9999"):
            await box.advance(days=366 * 8000)
        await box.advance(days=365 * 7900)
        assert await wire.find("user")
        assert box.now.year > 9900
    async with Sandbox(rate_limit=False, time_factor=1e15) as box, wire_to(box) as wire:
        assert await wire.find("user")
        assert box.now.year == 9999


def many_minutes(count: int) -> dict[str, Any]:
    minute = {"compute": {"parameters": {"seconds": 60}}}
    return {"engine": "pipeline", "tasks": [minute] * count}


@pytest.mark.parametrize("end", ["reset", "close"])
async def test_what_ends_the_run_ends_the_moving_on(end: str) -> None:
    async with Sandbox(rate_limit=False, time_factor=0) as box, wire_to(box) as wire:
        await wire.call("POST", "compute/create", many_minutes(2000))
        before = box.now
        moving = asyncio.create_task(box.advance(days=9))
        while box.now == before:
            await asyncio.sleep(0)
        await asyncio.wait_for(box.reset() if end == "reset" else box.aclose(), 60)
        await asyncio.wait_for(moving, 60)
        if end == "reset":
            assert box.now - before < timedelta(days=1)
            await box.advance(hours=1)


async def test_what_the_machine_needs_is_no_time_in_the_box() -> None:
    async with Sandbox(rate_limit=False, time_factor=1440) as box, wire_to(box) as wire:
        (job,) = (await wire.call("POST", "compute/create", many_minutes(60)))["result"]
        (box.volume / "a").write_bytes(bytes(6_000_000))
        tasks = [{"source": "a", "destination": f"site=berlin:{number}"} for number in range(10)]
        limit = {"transfer_speedlimit": 0.1}
        transfer = await wire.create({"tasks": tasks, "settings": limit})
        await box.advance(hours=9)
        for one in (job, transfer):
            times = [task["time"] for task in await wire.tasks(one["id"])]
            assert times[2:] == pytest.approx([60_000] * (len(times) - 2), abs=2)


async def test_calls_to_move_on_at_once_come_one_after_the_other() -> None:
    async with Sandbox(rate_limit=False, time_factor=0) as box, wire_to(box) as wire:
        await wire.call("POST", "compute/create", many_minutes(30))
        before = box.now
        await asyncio.gather(*(box.advance(minutes=10) for _ in range(4)), box.run_at(0))
        assert (box.now - before).total_seconds() == pytest.approx(2400)


async def test_a_clock_goes_on_at_its_pace_after_it_was_moved_on() -> None:
    async with Sandbox(rate_limit=False, time_factor=36_000) as box, wire_to(box) as wire:
        (job,) = (await wire.call("POST", "compute/create", many_minutes(3)))["result"]
        await box.advance(seconds=61)

        async def done() -> bool:
            (row,) = (await wire.call("GET", "compute/find", {}, id=job["id"]))["result"]
            return bool(row["status"] == "done")

        await until(done)
