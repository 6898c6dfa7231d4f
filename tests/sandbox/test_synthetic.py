"""Jobs without files, which fill a workspace and move by the clock."""

from __future__ import annotations

from typing import Any

from accsyn_async.sandbox import Sandbox


async def test_they_wait_run_and_end_by_the_clock() -> None:
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


async def test_they_obey_queues_and_clients() -> None:
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


async def test_tasks_are_added_to_one_that_is_done() -> None:
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


async def test_they_are_as_if_submitted() -> None:
    async with (
        Sandbox(seed=3, synthetic_jobs=30, rate_limit=False, time_factor=0) as box,
        box.session() as session,
    ):
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


async def test_they_are_those_of_the_seed() -> None:
    async def names(seed: int) -> list[Any]:
        async with Sandbox(seed=seed, synthetic_jobs=20) as box, box.session() as session:
            return [(row["id"], row["name"], row["size"]) for row in await session.find("Transfer")]

    assert await names(1) == await names(1)
    assert await names(1) != await names(2)
