"""What becomes of jobs when what they depend on is deactivated or deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.collections_made import collect, sources
from tests.sandbox.job_calls import add, edit, make, recipients, result, row, until_status

STANDARD = "standard@example.com"
EMPLOYEE = "employee@example.com"


async def one(wire: Any, kind: str, code: str) -> Any:
    (found,) = await wire.find(kind, f"code={code}")
    return found


async def deactivate(wire: Any, kind: str, entity: Any) -> Any:
    return await wire.call("DELETE", f"{kind}/deactivate", {}, id=entity["id"])


async def delete(wire: Any, kind: str, entity: Any, **data: Any) -> Any:
    return await wire.call("DELETE", f"{kind}/delete", data, id=entity["id"])


async def states(wire: Any, *jobs: Any) -> list[str]:
    return [(await row(wire, job))["status"] for job in jobs]


async def every_state(wire: Any, **data: Any) -> dict[str, Any]:
    """A transfer in each of the states in which one stays."""
    made = {
        "paused": await wire.create({**data, "source": "a.mov", "status": "paused"}),
        "failed": await wire.create({**data, "source": "missing"}),
        "done": await wire.create({**data, "source": "show/b.mov"}),
        "aborted": await wire.create({**data, "source": "show", "status": "paused"}),
    }
    await wire.edit(made["aborted"]["id"], status="aborted")
    for status in ("failed", "done"):
        await wire.until(made[status]["id"], status)
    return made


async def test_a_queue_is_deleted(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        (queue,) = await result(wire.call("POST", "queue/create", {"name": "Q", "status": "paused"}))
        waiting = await wire.create({"source": "show", "destination": "site=berlin", "queue": "q"})
        package = await make(wire, source="a.mov", recipients=[STANDARD], status="pending", queue="q")
        await until_status(wire, package, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={package['id']}")
        await result(edit(standard, transfer, destination="/in/"))
        for job in (waiting, transfer):
            await until_status(wire, job, "waiting")
        await result(wire.call("PUT", "queue/edit", {"status": "waiting"}, id=queue["id"]))
        made = await every_state(wire, destination="site=berlin", queue="q")
        await result(delete(wire, "queue", queue))
        default = await one(wire, "queue", "medium")
        for status, job in made.items():
            now = await row(wire, job)
            assert (now["status"], now["parent"]) == (status, default["id"])
        assert (await row(wire, package))["parent"] == default["id"]
        await wire.until(made["paused"]["id"], "paused")
        await result(edit(wire, made["paused"], status="waiting"))
        for job in (made["paused"], waiting, transfer):
            await wire.until(job["id"], "done")
        assert (box.local_root / "in" / "a.mov").exists()


@pytest.mark.parametrize("kind", ["delivery", "request", "stream"])
async def test_the_sender_is_taken_away(start: Any, connect: Any, kind: str) -> None:
    async with (
        start() as (box, wire),
        connect(box, "employee") as employee,
        connect(box, "standard") as standard,
    ):
        await result(wire.call("POST", "acl/create", await whole_volume(box, wire)))
        own = {"destination": "share=projects/inbox"} if kind == "request" else {"source": "a.mov"}
        job = await make(employee, kind, recipients=[STANDARD], status="pending", **own)
        await until_status(wire, job, "waiting")
        sender = await one(wire, "user", EMPLOYEE)
        assert (await deactivate(wire, "user", sender))["message"].startswith("E#N422")
        await result(delete(wire, "user", sender))
        (transfer,) = await standard.find("transfer", finished=True)
        assert await states(wire, job, transfer) == ["aborted", "aborted"]
        (box.local_root / "up.mov").write_bytes(b"up")
        if kind == "request":
            reply = await standard.call("POST", "task/create", {"tasks": ["/up.mov"]}, id=transfer["id"])
        else:
            reply = await edit(standard, transfer, status="waiting")
        assert "message" in reply
        assert not (box.volume / "inbox").exists()


async def whole_volume(box: Any, wire: Any) -> Any:
    volume = await one(wire, "volume", "projects")
    grantee = box.user("employee").id
    return {"entity": f"user:{grantee}", "target": f"share:{volume['id']}", "read": True, "write": True}


@pytest.mark.parametrize("uploading", [False, True])
async def test_the_inbox_of_a_request_is_taken_away(start: Any, connect: Any, uploading: bool) -> None:
    async with start(speed=0.01) as (box, wire), connect(box, "standard") as standard:
        data = {"name": "Inbox", "path": "show"}
        (folder,) = await result(wire.call("POST", "folder/create", data))
        job = await make(
            wire, "request", destination="folder=inbox/in", recipients=[STANDARD], status="pending"
        )
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer")
        if uploading:
            (box.local_root / "up.mov").write_bytes(b"up" * 500_000)
            await result(standard.call("POST", "task/create", {"tasks": ["/up.mov"]}, id=transfer["id"]))
            await until_status(wire, transfer, "running")
        assert (await deactivate(wire, "folder", folder))["message"].startswith("E#N422")
        assert (await delete(wire, "folder", folder))["message"].startswith("E#N422")
        await result(delete(wire, "folder", folder, force=True))
        assert await states(wire, job, transfer) == ["aborted", "aborted"]
        await box.advance(seconds=1)
        assert not [path for path in (box.volume / "show").rglob("*") if "up.mov" in path.name]


async def test_the_share_behind_a_collection_is_taken_away(start: Any) -> None:
    async with start() as (box, wire):
        await collect(box, wire, ["folder=show/b.mov", "x/a.txt"])
        folder = await one(wire, "folder", "show")
        data = {"source": "collection=reel", "destination": "/in/"}
        job = await wire.create({**data, "status": "paused"})
        assert (await deactivate(wire, "folder", folder))["message"].startswith("E#N422")
        await wire.edit(job["id"], status="aborted")
        await result(deactivate(wire, "folder", folder))
        # What lies there does not show meanwhile, and is not read either.
        assert await sources(wire, await wire.create(data)) == ["a.txt"]
        reply = await wire.call("POST", "transfer/create", {**data, "source": "collection=reel/b.mov"})
        assert reply["message"].startswith("E#J015")
        listed = {"op": "ls", "path": "collection=reel"}
        shown = await result(wire.call("GET", "workspace/file", listed))
        assert [one["filename"] for one in shown] == ["a.txt"]
        await result(wire.edit(job["id"], status="waiting"))
        failed = await wire.until(job["id"], "failed")
        messages = {task["uri"]: (task["status"], task["message"]) for task in await wire.tasks(failed["id"])}
        assert messages["0"][0] == "failed"
        assert "The folder show is inactive." in messages["0"][1]
        await result(wire.call("POST", "folder/activate", {}, id=folder["id"]))
        await result(wire.edit(job["id"], status="waiting"))
        await wire.until(job["id"], "done")
        again = await wire.create(data)
        assert len(await wire.tasks(again["id"])) == 2


async def test_a_recipient_of_several_is_deleted(start: Any) -> None:
    async with start() as (_box, wire):
        alone = await make(wire, source="a.mov", recipients=[STANDARD], status="pending")
        both = await make(
            wire,
            "request",
            destination="share=projects/in",
            recipients=[STANDARD, EMPLOYEE],
            status="pending",
        )
        draft = await make(wire, source="a.mov", recipients=[STANDARD], status="init")
        await until_status(wire, alone, "waiting")
        await result(delete(wire, "user", await one(wire, "user", STANDARD)))
        assert await states(wire, alone, both, draft) == ["aborted", "waiting", "init"]
        assert [found["user_hr"] for found in await recipients(wire, both)] == [EMPLOYEE]
        assert (await edit(wire, draft, status="pending"))["message"].startswith("E#D002")
        # Somebody new of the same address is invited like anybody.
        await result(add(wire, both, STANDARD))
        invited = await one(wire, "user", STANDARD)
        assert [found["user"] for found in await recipients(wire, both)][1] == invited["id"]


async def test_a_site_is_deleted(start: Any) -> None:
    async with start() as (_box, wire):
        made = await every_state(wire, destination="site=berlin")
        package = await make(wire, source="site=berlin:show/b.mov", recipients=[STANDARD], status="pending")
        await until_status(wire, package, "waiting")
        site = await one(wire, "site", "berlin")
        assert (await delete(wire, "site", site))["message"].startswith("E#N422")
        await result(delete(wire, "site", site, force=True))
        assert await states(wire, *made.values()) == ["aborted", "aborted", "done", "aborted"]
        (transfer,) = await wire.find("transfer", f"delivery={package['id']}", finished=True)
        assert await states(wire, package, transfer) == ["aborted", "aborted"]
        # One that begins again waits for a server that stands nowhere.
        await result(wire.edit(made["paused"]["id"], status="waiting"))
        assert (await wire.until(made["paused"]["id"], "waiting"))["progress"] == 0
        reply = await wire.call("POST", "transfer/create", {"source": "a.mov", "destination": "site=berlin"})
        assert reply["message"].startswith("E#J010")


async def test_an_engine_is_deleted(start: Any) -> None:
    async with start() as (_box, wire):
        jobs = []
        for status in ("waiting", "paused"):
            data = {"engine": "PIPELINE", "status": status, "compute": {"parameters": {"seconds": 600}}}
            jobs += await result(wire.call("POST", "compute/create", data))
        data = {"engine": "pipeline", "compute": {"parameters": {"fail": True}}}
        (failed,) = await result(wire.call("POST", "compute/create", data))
        await until_status(wire, failed, "failed")
        jobs.append(failed)
        await result(delete(wire, "engine", await one(wire, "engine", "pipeline")))
        assert await states(wire, *jobs) == ["aborted"] * 3
        for job in jobs:
            for again in (
                edit(wire, job, status="waiting"),
                wire.call("PUT", "task/edit", {"uri": "0", "status": "queued"}, id=job["id"]),
                wire.call("POST", "task/create", {"tasks": [{}]}, id=job["id"]),
            ):
                assert (await again)["message"].startswith("E#J034")
        assert await states(wire, *jobs) == ["aborted"] * 3
