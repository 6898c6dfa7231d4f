"""What type checkers must make of ordinary code. ``test_typing.py`` checks this file; nobody runs it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, assert_type

import aiohttp
import tqdm.asyncio
import tqdm.auto
from rich.console import Console
from rich.progress import Progress

from accsyn_async import (
    AccsynError,
    ComputeSpec,
    Condition,
    DeliverySpec,
    Event,
    FrameRange,
    Job,
    JobChanged,
    JobFinished,
    JobHandle,
    JobSettings,
    JobSpec,
    JobStatus,
    Location,
    Party,
    Problem,
    RequestSpec,
    Session,
    SiteSettings,
    Task,
    TaskSpec,
    Traffic,
    TransferSpec,
    Watch,
    read_spec,
    where,
)
from accsyn_async.api.paging import FindIter
from accsyn_async.progress import rich_progress, tqdm_progress
from accsyn_async.rows import DeliveryRow, EntityRow, JobRow, TaskRow, UserRow


async def queries(session: Session) -> None:
    assert_type(await session.find("Transfer"), list[JobRow])
    assert_type(await session.find("transfer", finished=True, limit=5), list[JobRow])
    assert_type(await session.find("Task", "6971e16fceadd67b955b1995"), list[TaskRow])
    assert_type(await session.find("entitytypes"), list[str])
    assert_type(await session.find("Transfer WHERE status=running"), list[EntityRow])
    assert_type(await session.find("Transfer WHERE a=b", None, ["name"], True), list[EntityRow])
    assert_type(await session.find("User", single_entity_query=True), EntityRow | None)
    assert_type(await session.find_one("User"), UserRow | None)
    assert_type(await session.find_one('Transfer WHERE name="a.mov"'), EntityRow | None)
    assert_type(await session.get_entity("Delivery", "6971e16fceadd67b955b1995"), DeliveryRow | None)
    assert_type(session.find_iter("Transfer"), FindIter[JobRow])
    async for row in session.find_iter("Transfer WHERE status=done", page_size=50):
        assert_type(row, EntityRow)


async def conditions(session: Session) -> None:
    running = where("Transfer", status=JobStatus.RUNNING)
    assert_type(running, Condition[JobRow])
    assert_type(running & (where(progress__ge=50) | ~where(size__lt=10)), Condition[JobRow])
    assert_type(await session.find(running), list[JobRow])
    assert_type(await session.find_one(running), JobRow | None)
    assert_type(session.find_iter(running), FindIter[JobRow])
    assert_type(await session.find_jobs(running), list[Job])


async def rows(session: Session) -> None:
    row = await session.find_one("Transfer WHERE status=running")
    if row is not None:
        assert_type(row["status"], str)
        assert_type(row["progress"], int)
        assert_type(row["created"], dt.datetime)
        assert_type(row["metadata"], dict[str, Any])
        takes_a_mapping(row)
        print(session.dump(row), row.get("etr"), {**row})
        await session.wait(row, timeout=60)


def takes_a_mapping(row: Mapping[str, object]) -> None:
    print(row["id"])


async def counted(session: Session) -> None:
    assert_type(session.traffic, Traffic)
    assert_type(session.traffic.requests, dict[tuple[str, str, str], int])
    assert_type(session.traffic.total, int)


async def jobs(session: Session) -> None:
    assert_type(await session.get_job("6971e16fceadd67b955b1995"), Job | None)
    for job in await session.find_jobs():
        assert_type(job.speed, float | None)
        assert_type(job.etr, dt.timedelta | None)
        assert_type(job.status, JobStatus)


async def changes(session: Session) -> None:
    transfer = await session.create("Transfer", {"source": "a", "destination": "b"})
    await session.update("Transfer", transfer["id"], {"status": "paused"})
    await session.update_many("Task", transfer["id"], [{"id": "x", "status": "onhold"}])
    await session.update_many("task", [{"id": "x"}], entityid=transfer["id"])
    await session.grant("user", "lisa@example.com", "folder", "code", {"read": True})
    assert_type(await session.set_setting("workspace", "a", "b"), bool)
    assert_type(await session.app_is_running(), bool | None)


async def watching(session: Session) -> None:
    async with session.watch(where("Transfer", status="running")) as watch:
        assert_type(watch, Watch)
        watch.on("progress", lambda event: None)
        watch.on(JobFinished, tell)
        async for event in watch:
            assert_type(event, Event)
            match event:
                case JobChanged(job=job, changes=changed):
                    assert_type(job, Job)
                    print(changed)
                case JobFinished(job=job):
                    assert_type(job.finished, dt.datetime | None)
    assert_type(await session.wait("6971e16fceadd67b955b1995"), Job)
    await session.wait("6971e16fceadd67b955b1995", until=JobStatus.RUNNING)
    await session.wait("6971e16fceadd67b955b1995", until={"running", JobStatus.DONE}, timeout=5)
    await session.wait("6971e16fceadd67b955b1995", until=lambda job: job.progress > 50)
    assert_type(await session.wait_all(["6971e16fceadd67b955b1995"]), list[Job])
    assert_type(
        await session.wait_all(["6971e16fceadd67b955b1995"], return_exceptions=True), list[Job | AccsynError]
    )
    async for job in session.as_completed(["6971e16fceadd67b955b1995"]):
        assert_type(job, Job)


async def specifications(session: Session) -> None:
    spec = TransferSpec(
        tasks=[
            TaskSpec("share=projects/a.mov", "site=berlin", priority=999),
            TaskSpec(Location.on_share("projects", "b.mov"), Party.site("berlin")),
            "share=projects/c.mov",
        ],
        settings=JobSettings(transfer_mode="copy", transfer_exclude=["*.tmp"], task_bucketsize=1),
        metadata={"artist": "malcolm"},
    )
    assert_type(spec.to_json(), dict[str, Any])
    for problem in spec.validate(workspace="acme"):
        assert_type(problem, Problem)
        print(problem.path, problem.severity == "error")
    assert_type(read_spec("{}", "compute"), JobSpec)
    assert_type(Location.parse("site=berlin:a.mov").party, Party | None)
    await session.submit(DeliverySpec(["lisa@example.com"], tasks=["a.mov"], expires=dt.date(2026, 12, 24)))
    await session.submit(RequestSpec(["lisa@example.com"], destination="share=thefilm/"))
    await session.submit(
        ComputeSpec(
            "nuke-11",
            range=[FrameRange(1001, 1100), FrameRange(1200)],
            site_settings={"berlin": SiteSettings(upload=JobSettings(transfer_speedlimit=2.5))},
            tasks={"pickup": TaskSpec(tasks={"0": TaskSpec()}), "notify": TaskSpec(deps=["pickup"])},
        )
    )
    TransferSpec(Path("/Volumes/EDIT/a.mov"), settings=JobSettings(transfer_comparison="modified+size"))
    ComputeSpec("nuke-11", range=FrameRange(1001, 1100))
    ComputeSpec("nuke-11", range=["1-10", FrameRange(20)])
    assert_type(Party.parse("site=berlin:"), Party)
    handle = await session.submit({"source": "a.mov", "destination": "site=berlin"}, kind="transfer")
    assert_type(handle, JobHandle)
    assert_type(await handle, Job)
    assert_type(await handle.pause(), Job)
    assert_type(handle.watch(tasks=True), Watch)
    assert_type(await handle.tasks(), list[Task])
    assert_type(await handle.add_tasks({"a": TaskSpec("a.mov")}, batch_size=10), list[Task])
    await handle.add_tasks(TaskSpec(f"{number}.mov") for number in range(3))
    assert_type(await session.handle("6971e16fceadd67b955b1995"), JobHandle)
    daily = await session.ensure_transfer(
        name="Daily", source_party="hq", destination_party=Party.site("berlin")
    )
    assert_type(daily, JobHandle)
    assert_type(await session.split_folders("share=raid01/projects", bucketsize=1), TransferSpec)


async def tell(event: JobFinished) -> None:
    await asyncio.sleep(0)


async def password() -> str:
    return "word"


async def sessions() -> AsyncIterator[Session]:
    async with Session(workspace="acme", username="lisa@example.com", api_key="key") as session:
        yield session
    async with Session(domain="acme", username="lisa@example.com", pwd=password, api_version="v1") as session:
        assert_type(session.get_session_key(), str)
        assert_type(await session.generate_session_key(3600), str)
    async with aiohttp.ClientSession() as client, Session(client_session=client) as session:
        yield session


async def bars(watch: Watch, ends: AsyncIterator[JobFinished]) -> None:
    shown = rich_progress(watch, total=True)
    assert_type(shown.progress, Progress)
    async for event in shown:
        assert_type(event, Event)
    async for end in rich_progress(ends, progress=Progress(), total="all", keep=None):
        assert_type(end, JobFinished)
    await rich_progress(watch, console=Console()).run()
    async for event in tqdm_progress(watch, tqdm=tqdm.auto.tqdm, each=True, leave=False):
        assert_type(event, Event)
    await tqdm_progress(ends, tqdm=tqdm.asyncio.tqdm, desc="to berlin").run()
    await tqdm_progress(watch, tqdm=tqdm.tqdm).run()
