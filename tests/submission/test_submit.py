"""Jobs are checked, submitted and steered."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from accsyn_async import (
    ArgumentError,
    ComputeSpec,
    DeliverySpec,
    Job,
    JobAbortedError,
    JobChanged,
    JobFinished,
    JobHandle,
    JobSettings,
    Location,
    NotFoundError,
    OutcomeUnknownError,
    RequestSpec,
    SpecificationError,
    StreamSpec,
    TaskSpec,
    TransferSpec,
)
from accsyn_async.sandbox import Sandbox
from tests.submission.standing import fair
from tests.support.backend import RESET, Backend, Received, fails, job_id, reply
from tests.support.older_backend import OlderBackend
from tests.support.virtual import run

LOG = "accsyn_async.submission"
GOOD = TransferSpec("share=projects/a.mov", "site=berlin")


def test_what_is_wrong_is_refused_before_anything_is_sent() -> None:
    """All that is wrong is told at once."""
    backend = Backend()

    async def main() -> None:
        async with backend.session() as session:
            with pytest.raises(SpecificationError) as caught:
                await session.submit(TransferSpec("share=projects/a.mov", "site=", priority=5000))
            assert str(caught.value) == (
                "this transfer: 2 things are wrong\n"
                "  priority: 5000 is no priority; write a number from 1 (lowest) to 1000 (highest)\n"
                "  destination: 'site=' names no site; write such as site=berlin, "
                "or leave the destination out"
            )
            assert [problem.path for problem in caught.value.problems] == ["priority", "destination"]

    run(main())
    assert [received.uri for received in backend.received] == ["login"]


def test_warnings_are_logged_and_it_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    backend = Backend()

    async def main() -> None:
        async with backend.session() as session:
            handle = await session.submit(
                {"source": "share=a/b.mov", "destination": "lisa@example.com:/in", "prioriti": 5, "x": [1]}
            )
            assert isinstance(handle, JobHandle)

    run(main())
    assert [(record.name, record.levelno, record.getMessage()) for record in caplog.records] == [
        (
            LOG,
            logging.WARNING,
            "destination: a file would be named 'in'; end a folder with a slash: lisa@example.com:/in/",
        ),
        (LOG, logging.WARNING, "prioriti: a transfer has no 'prioriti'; did you mean priority?"),
    ]
    (sent,) = backend.requests("transfer/create")
    assert sent.data == {
        "source": "share=a/b.mov",
        "destination": "lisa@example.com:/in",
        "prioriti": 5,
        "x": [1],
    }


def test_the_workspaces_code_is_known() -> None:
    """Sent to itself is told only where the code is the workspace's own."""
    backend = Backend()

    async def main() -> None:
        async with backend.session(workspace="acme") as session:
            with pytest.raises(SpecificationError, match="would send to itself"):
                await session.submit(TransferSpec("share=projects/a.mov", "acme"))
            await session.submit(TransferSpec("share=projects/a.mov", "berlin:in/"))

    run(main())
    assert len(backend.requests("transfer/create")) == 1


def test_a_dict_may_hold_what_specifications_hold() -> None:
    backend = Backend()
    day = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)

    async def main() -> None:
        async with backend.session() as session:
            await session.submit(
                {
                    "tasks": [TaskSpec(Location.on_share("projects", "a.mov"), "site=berlin")],
                    "settings": JobSettings(task_bucketsize=1),
                    "metadata": {"shot": day},
                }
            )
            await session.submit([TaskSpec("share=projects/b.mov", "site=berlin")])

    run(main())
    first, second = backend.requests("transfer/create")
    assert first.data == {
        "tasks": [{"source": "share=projects/a.mov", "destination": "site=berlin"}],
        "settings": {"task_bucketsize": "1"},
        "metadata": {"shot": "2026-11-26T00:00:00"},
    }
    assert second.data == {"tasks": [{"source": "share=projects/b.mov", "destination": "site=berlin"}]}


async def test_a_file_is_read_beside_the_event_loop(tmp_path: Path) -> None:
    backend = Backend()
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"$schema": "./job.schema.json", **GOOD.to_json()}))
    async with backend.session() as session:
        await session.submit(path)
        path.write_text('{"source": "a.mov",}')
        with pytest.raises(SpecificationError, match=r"^job.json, line 1, column 19: a comma stands"):
            await session.submit(path)
        for wrong, part in (
            (tmp_path / "nowhere.json", "nowhere.json' cannot be read: No such file"),
            (tmp_path, "is no file"),
            (Path("a\0b"), "cannot be read"),
        ):
            with pytest.raises(ArgumentError, match=part):
                await session.submit(wrong)
    (sent,) = backend.requests("transfer/create")
    assert sent.data == GOOD.to_json()


async def test_what_is_large_is_checked_beside_the_event_loop() -> None:
    """Others go on meanwhile: the loop turns while it lasts."""
    backend = Backend(latency=0)
    tasks = [TaskSpec(f"share=projects/{number}.mov", "site=berlin") for number in range(3000)]
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with backend.session() as session:
        handle = await session.submit(GOOD)
        turning = asyncio.create_task(turn())
        before = turns
        await session.submit(TransferSpec(tasks=tasks))
        assert turns - before > 20
        before = turns
        with pytest.raises(SpecificationError) as caught:
            await handle.add_tasks([*tasks, TaskSpec("site=")])
        assert caught.value.problems[0].path == "tasks[3000].source"
        assert turns - before > 20
        turning.cancel()


@pytest.mark.parametrize(
    ("spec", "options", "part"),
    [
        (5, {}, r"a job is a specification, a dict, a list of tasks or the Path\(…\) of a file, not 5"),
        ("share=projects/a.mov", {}, "a job is a specification"),
        ({GOOD.name}, {}, "a job is a specification"),
        (GOOD, {"kind": "delivery"}, "a TransferSpec is a transfer, not a delivery"),
        (GOOD.to_json(), {"kind": "parcel"}, "a kind of job is one of transfer"),
    ],
)
def test_what_is_no_job(spec: Any, options: dict[str, Any], part: str) -> None:
    async def main() -> None:
        async with Backend().session() as session:
            with pytest.raises(ArgumentError, match=part):
                await session.submit(spec, **options)

    run(main())


def test_a_dict_that_holds_itself() -> None:
    looped: dict[str, Any] = {"source": "a.mov"}
    looped["metadata"] = looped

    async def main() -> None:
        async with Backend().session() as session:
            with pytest.raises(SpecificationError, match="nested too deeply"):
                await session.submit(looped)

    run(main())


def test_older_workspaces_get_the_older_names() -> None:
    backend = OlderBackend()

    def made(_received: Received) -> Any:
        return reply({"result": [{"id": job_id(1), "code": "x"}]})

    async def main() -> None:
        async with backend.session() as session:
            backend.faults += [fair, made, made, made]
            await session.submit(TransferSpec("a.mov", "site=berlin", name="Daily"))
            await session.submit({"source": "a.mov", "destination": "site=berlin", "code": "x", "name": "y"})
            await session.submit(ComputeSpec("nuke", name="render"))

    run(main())
    sent = [one for one in backend.received if one.uri == "job/create"]
    assert [one.data.get("code") for one in sent] == ["Daily", "x", "render"]
    assert [one.data.get("name") for one in sent] == [None, "y", None]


@pytest.mark.parametrize(
    "answer", [{"result": []}, {"result": [{"id": 123456789012345678901234}]}, {"success": True}]
)
def test_an_answer_that_names_no_job(answer: Any) -> None:
    backend = Backend()

    async def main() -> None:
        async with backend.session() as session:
            backend.faults += [fair, *fails(reply(answer))]
            with pytest.raises(OutcomeUnknownError, match="names no id of a new job"):
                await session.submit(GOOD)

    run(main())


def test_a_create_is_never_sent_twice_on_a_guess() -> None:
    backend = Backend()

    async def main() -> None:
        async with backend.session() as session:
            backend.faults += [fair, *fails(RESET)]
            with pytest.raises(OutcomeUnknownError):
                await session.submit(GOOD)

    run(main())
    assert len(backend.requests("transfer/create")) == 1


async def test_a_job_is_awaited_watched_paused_resumed_and_aborted() -> None:
    async with Sandbox(speed=500) as box, box.session("admin") as session:
        (box.volume / "a.mov").write_bytes(b"frames" * 1000)
        handle = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin", status="paused"))
        assert (handle.job.status, handle.kind, handle.job.name) == ("paused", "transfer", "a.mov")
        assert repr(handle) == f"<JobHandle transfer {handle.id} 'a.mov'>"
        assert handle.row["id"] == handle.id

        seen: list[str] = []

        async def follow() -> None:
            async with handle.watch() as watch:
                async for event in watch:
                    if isinstance(event, JobChanged | JobFinished):
                        seen.append(event.job.status)

        following = asyncio.create_task(follow())
        assert (await handle.resume()).status in ("waiting", "running", "done")
        job = await handle
        assert isinstance(job, Job)
        assert job.status == "done"
        await asyncio.wait_for(following, 30)
        assert seen[-1] == "done"
        assert (await handle.refresh()).status == handle.job.status == "done"
        assert [(task.uri, task.status) for task in await handle.tasks()] == [("0", "done")]

        other = await session.submit(
            TransferSpec("share=projects/a.mov", "site=berlin:share=projects/b.mov", status="paused")
        )
        assert (await other.update({"name": "second"})).name == "second"
        assert (await other.resume()).id == other.id
        assert (await other.wait(until=["running", "done"], timeout=30)).id == other.id

        third = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin:share=projects/c.mov"))
        third_paused = await third.pause()
        assert third_paused.status == "paused"
        assert (await third.abort()).status == "aborted"
        with pytest.raises(JobAbortedError):
            await third
        await third.delete()
        with pytest.raises(NotFoundError):
            await third.refresh()


async def test_a_handle_of_a_job_that_is_there() -> None:
    async with Sandbox(speed=500) as box, box.session("admin") as session:
        (box.volume / "a.mov").write_bytes(b"x")
        made = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin"))
        handle = await session.handle(made.id)
        assert (handle.id, handle.kind, handle.job.name) == (made.id, "transfer", "a.mov")
        assert (await handle.wait(timeout=30)).status == "done"
        assert (await session.handle(made.id, "Transfer")).job.status == "done"
        with pytest.raises(NotFoundError, match="there is no transfer"):
            await session.handle(job_id(77))
        with pytest.raises(ArgumentError, match="a kind of job is one of"):
            await session.handle(made.id, "user")


async def test_deliveries_requests_streams_and_compute_jobs() -> None:
    async with Sandbox(speed=500) as box, box.session("admin") as session:
        (box.volume / "a.mov").write_bytes(b"x")
        recipient = "standard@example.com"
        delivery = await session.submit(
            DeliverySpec([recipient], tasks=["share=projects/a.mov"], name="Reference", message="Hello")
        )
        assert (delivery.kind, delivery.job.name) == ("delivery", "Reference")
        assert [row["user_hr"] for row in await session.access("delivery", delivery.id)] == [recipient]
        draft = await session.submit(DeliverySpec(name="Draft", status="init"))
        assert draft.job.status == "init"
        stream = await session.submit(StreamSpec([recipient], source="share=projects/a.mov"))
        assert stream.kind == "stream"
        request = await session.submit(RequestSpec([recipient], destination="share=projects/in/"))
        assert (await request.abort()).status == "aborted"

        compute = await session.submit(
            ComputeSpec(
                "pipeline",
                name="Shoot",
                parameters={"seconds": 0},
                tasks={
                    "pickup": TaskSpec(tasks={"0": TaskSpec(), "1": TaskSpec()}),
                    "notify": TaskSpec(deps=["pickup"]),
                },
            )
        )
        assert (await compute.wait(timeout=30)).status == "done"
        assert {task.uri for task in await compute.tasks()} == {"pickup", "pickup/0", "pickup/1", "notify"}
        await compute.add_tasks({"again": TaskSpec(deps=["notify"])})
        assert (await compute.wait(timeout=30)).status == "done"
        assert len(await compute.tasks()) == 5
