"""Tasks are added to jobs, which come back to life."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accsyn_async import (
    ArgumentError,
    BackendError,
    ComputeSpec,
    JobAbortedError,
    OutcomeUnknownError,
    PartlyAddedError,
    RequestSpec,
    SpecificationError,
    TaskSpec,
    TransferSpec,
)
from accsyn_async.sandbox import Sandbox
from tests.submission.standing import Standing, fair
from tests.support.backend import RESET, Backend, Received, job_id, reply
from tests.support.virtual import run

GOOD = TransferSpec("share=projects/a.mov", "site=berlin")


async def test_tasks_are_added_in_batches_and_revive_a_job_that_was_done() -> None:
    async with Sandbox(speed=500, rate_limit=False) as box, box.session("admin") as session:
        for number in range(8):
            (box.volume / f"{number}.mov").write_bytes(b"%d" % number)
        tasks = [TaskSpec(f"share=projects/{number}.mov", "site=berlin") for number in range(8)]
        handle = await session.submit(TransferSpec(tasks=tasks[:1]))
        await handle.wait(timeout=30)
        added = await handle.add_tasks((task for task in tasks[1:]), batch_size=3)
        assert [task.uri for task in added] == list("1234567")
        assert [one.uri for one in box.requests].count("task/create") == 3
        assert (await handle.wait(timeout=30)).status == "done"
        assert {task.status for task in await handle.tasks()} == {"done"}
        site = box.site_root("berlin") / "projects"
        assert len(list(site.glob("*.mov"))) == 8

        assert [task.uri for task in await handle.add_tasks(tasks[:2])] == ["0", "1"]
        assert len(await handle.tasks()) == 8
        with pytest.raises(BackendError, match="E#J017"):
            await handle.add_tasks(tasks[:1], allow_duplicates=False)


async def test_one_that_was_aborted_or_paused() -> None:
    """Who adds tasks to it wants them done; who paused it wants it to wait."""
    async with Sandbox(speed=500) as box, box.session("admin") as session:
        for name in ("a.mov", "b.mov", "c.mov"):
            (box.volume / name).write_bytes(b"x")
        handle = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin", status="paused"))
        await handle.add_tasks(["share=projects/b.mov"])
        assert (await handle.refresh()).status == "paused"
        await handle.abort()
        with pytest.raises(JobAbortedError, match="resume it or make another"):
            await handle.add_tasks(["share=projects/c.mov"])
        await handle.resume()
        await handle.add_tasks(["share=projects/c.mov"])
        assert (await handle.wait(timeout=30)).status == "done"
        assert len(await handle.tasks()) == 3


def test_a_job_that_is_not_revived_by_itself_is_set_to_waiting() -> None:
    backend = Backend()

    def added(status: str) -> Any:
        def answer(received: Received) -> Any:
            if received.uri != "task/create":
                return None
            backend.tasks[received.event["id"]] = [{"id": "t", "uri": "0", "status": status}]
            return reply({"success": True})

        return answer

    async def main() -> None:
        async with backend.session() as session:
            handle = await session.submit(GOOD)
            backend.jobs[handle.id]["status"] = "done"
            backend.faults += [fair, added("queued")]
            assert await handle.add_tasks(["share=projects/b.mov"]) == []
            assert handle.job.status == "waiting"

            backend.jobs[handle.id]["status"] = "done"
            backend.faults += [fair, added("done")]
            await handle.add_tasks(["share=projects/c.mov"])
            assert handle.job.status == "done"

            asked = len(backend.received)
            backend.faults += [fair, added("excluded")]
            await handle.add_tasks([TaskSpec("share=projects/d.mov", status="excluded")])
            assert len(backend.received) == asked + 2
            assert await handle.add_tasks([]) == []
            assert len(backend.received) == asked + 2

    run(main())
    assert [one.data for one in backend.requests("transfer/edit")] == [{"status": "waiting"}]


def test_a_revival_that_shows_late_is_waited_for() -> None:
    """Else whoever waits for the job then would be told of its former end."""
    backend = Backend()

    async def main() -> None:
        async with backend.session() as session:
            handle = await session.submit(GOOD)
            backend.jobs[handle.id]["status"] = "done"

            def added(received: Received) -> Any:
                backend.tasks[handle.id] = [{"id": "t", "uri": "0", "status": "queued"}]
                asyncio.get_running_loop().call_later(
                    1.5, backend.jobs[handle.id].update, {"status": "running"}
                )
                return reply({"success": True})

            def answer(received: Received) -> Any:
                if received.uri == "task/create":
                    return added(received)
                return reply({"message": "E#J022 It is done"}) if received.uri == "transfer/edit" else None

            backend.faults = Standing(answer)
            await handle.add_tasks(["share=projects/b.mov"])
            assert handle.job.status == "running"

    run(main())


def test_tasks_that_were_added_to_a_job_that_sleeps_on() -> None:
    backend = Backend()

    async def main() -> None:
        async with backend.session() as session:
            handle = await session.submit(GOOD)
            backend.jobs[handle.id]["status"] = "done"
            backend.tasks[handle.id] = [{"id": "t", "uri": "0", "status": "queued"}]

            answers = {
                "task/create": reply({"success": True}),
                "transfer/edit": reply({"message": "E#J022 It is done"}),
            }
            backend.faults = Standing(lambda received: answers.get(received.uri))
            with pytest.raises(PartlyAddedError, match="1 tasks were added, but") as caught:
                await handle.add_tasks(["share=projects/b.mov"])
            assert (caught.value.added, caught.value.left) == (1, 0)

    run(main())


async def test_tasks_of_other_parties_are_told_before_anything_is_sent() -> None:
    async with Sandbox() as box, box.session("admin") as session:
        (box.volume / "a.mov").write_bytes(b"x")
        handle = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin", status="paused"))
        tasks = [TaskSpec("share=projects/b.mov"), TaskSpec("hq:c.mov", "site=london")]
        with pytest.raises(SpecificationError) as caught:
            await handle.add_tasks(tasks)
        (problem,) = caught.value.problems
        assert problem.path == "tasks[1].destination"
        assert "the job's destination is site:berlin" in problem.message
        with pytest.raises(SpecificationError, match=r"tasks.x.source: the job's source is workspace:"):
            await handle.add_tasks({"x": TaskSpec("lisa@example.com:/b.mov", "site=berlin")})
        assert len(await handle.tasks()) == 1


async def test_sources_by_their_uris_and_tasks_that_wait_for_each_other() -> None:
    """What depends on each other is not torn apart, however small the batches."""
    async with Sandbox(speed=500) as box, box.session("admin") as session:
        for name in ("a.mov", "b.mov"):
            (box.volume / name).write_bytes(b"x")
        handle = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin", status="paused"))
        assert [task.uri for task in await handle.add_tasks({"one": "share=projects/b.mov"})] == ["one"]
        compute = await session.submit(
            ComputeSpec("pipeline", parameters={"seconds": 0}, tasks={"z": TaskSpec()})
        )
        chain = {"a": TaskSpec(deps=["b"]), "b": TaskSpec(deps=["z"])}
        assert {task.uri for task in await compute.add_tasks(chain, batch_size=1)} == {"a", "b"}
        request = await session.submit(
            RequestSpec(["standard@example.com"], destination="share=projects/in/")
        )
        with pytest.raises(ArgumentError, match="a request takes no tasks"):
            await request.add_tasks(["a.mov"])


def test_a_batch_that_fails_after_others_says_how_many() -> None:
    backend = Backend()

    def added(received: Received) -> Any:
        return reply({"success": True})

    async def main() -> None:
        async with backend.session() as session:
            handle = await session.submit(GOOD)
            sources = [f"share=projects/{number}.mov" for number in range(10)]
            backend.faults += [fair, added, added, lambda _: RESET]
            with pytest.raises(PartlyAddedError, match="6 tasks were added, 4 were not") as caught:
                await handle.add_tasks(sources, batch_size=3)
            assert (caught.value.added, caught.value.left) == (6, 4)
            assert isinstance(caught.value.__cause__, OutcomeUnknownError)
            assert caught.value.eid == caught.value.__cause__.eid

            backend.faults += [fair, lambda _: RESET]
            with pytest.raises(OutcomeUnknownError):
                await handle.add_tasks(sources, batch_size=3)
            with pytest.raises(SpecificationError, match=r"tasks\[9\]"):
                await handle.add_tasks([*sources[:9], "site="], batch_size=3)

    run(main())
    assert len(backend.requests("task/create")) == 4
    assert {one.event["id"] for one in backend.requests("task/create")} == {job_id(1002)}
