"""Compute jobs: nested tasks in their order, failures on demand, and time."""

from __future__ import annotations

from typing import Any

from tests.sandbox.job_calls import compute, statuses, until_status
from tests.sandbox.wire_client import until


def seconds(value: float, **more: Any) -> dict[str, Any]:
    return {"compute": {"parameters": {"seconds": value, **more}}}


async def test_nested_tasks_wait_for_what_they_depend_on(start: Any) -> None:
    async with start() as (_, wire):
        tasks = {
            "take": {
                **seconds(0.02),
                "tasks": {
                    "notify": {"deps": ["take/pickup"], "description": "Tell someone."},
                    "pickup": {"tasks": {"0": {}, "1": {}}},
                },
            },
            "first": {"priority": 900, **seconds(0.02)},
        }
        job = await compute(wire, {"tasks": tasks, "name": "Nested"})
        assert (job["engine"], job["status"], job["source"]) == ("pipeline", "init", job["destination"])
        seen: list[dict[str, str]] = []

        async def done() -> bool:
            seen.append(await statuses(wire, job))
            return set(seen[-1].values()) == {"done"}

        await until(done)
        assert list(seen[-1]) == [
            "take",
            "take/notify",
            "take/pickup",
            "take/pickup/0",
            "take/pickup/1",
            "first",
        ]
        for now in seen:
            if now["take/notify"] in ("executing", "done"):
                assert now["take/pickup"] == now["take/pickup/0"] == now["take/pickup/1"] == "done"
            if now["take"] == "executing":
                assert now["first"] == "done"
            assert (now["take"] == "done") is (now["take/notify"] == "done")
        await until_status(wire, job, "done")
        rows = {row["uri"]: row for row in await wire.tasks(job["id"])}
        assert rows["take/notify"]["deps"] == ["take/pickup"]
        assert rows["take/notify"]["description"] == "Tell someone."
        assert rows["take/pickup/0"]["time"] >= 20


async def test_a_task_fails_on_demand_and_what_depends_on_it_waits(start: Any) -> None:
    async with start() as (_, wire):
        tasks = {"a": seconds(0, fail="out of memory"), "b": {"deps": ["a"]}, "c": seconds(0)}
        job = await compute(wire, {"tasks": tasks})
        row = await until_status(wire, job, "failed")
        assert row["progress"] == 33
        assert await statuses(wire, job) == {"a": "failed", "b": "queued", "c": "done"}
        assert (await wire.tasks(job["id"], "uri=a"))[0]["message"] == "out of memory"
        assert [row["id"] for row in await wire.find("compute", "engine=pipeline")] == [job["id"]]
        assert await wire.find("transfer") == []
        await wire.call("PUT", "task/edit", [{"uri": "a", "status": "excluded"}], id=job["id"])
        await until_status(wire, job, "done")
        # More tasks bring it back to life; one that is there is done again.
        data = {"tasks": [{}, {"uri": "c"}]}
        reply = await wire.call("POST", "task/create", data, id=job["id"])
        assert [row["uri"] for row in reply["result"]] == ["3", "c"]
        await until_status(wire, job, "done")
        assert (await statuses(wire, job))["3"] == "done"


async def test_a_task_that_holds_others_passes_its_status_on(start: Any) -> None:
    async with start() as (_, wire):
        job = await compute(wire, {"tasks": {"a": {"tasks": [seconds(600), seconds(600)]}}})
        await until_status(wire, job, "running")
        await wire.call("PUT", "task/edit", [{"uri": "a", "status": "onhold"}], id=job["id"])
        await until_status(wire, job, "paused")
        assert await statuses(wire, job) == dict.fromkeys(("a", "a/0", "a/1"), "onhold")
        await wire.call("PUT", "compute/edit", {"status": "aborted"}, id=job["id"])
        assert await wire.find("compute") == []


async def test_time_passes_at_once(start: Any) -> None:
    async with start() as (box, wire):
        job = await compute(wire, {**seconds(3600)})
        await until_status(wire, job, "running")
        await box.advance(seconds=3600)
        row = await until_status(wire, job, "done")
        assert (row["name"], row["progress"]) == ("pipeline", 100)


async def test_standard_users_compute_nothing(wire: Any, box: Any, connect: Any) -> None:
    async with connect(box, "standard") as standard:
        reply = await standard.call("POST", "compute/create", {"engine": "x"})
        assert reply["message"].startswith("E#P002")
