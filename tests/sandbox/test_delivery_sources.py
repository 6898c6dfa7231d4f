"""What deliveries send from, and where requests receive: shares, sites, and the sender's own machine."""

from __future__ import annotations

from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox
from tests.sandbox.job_calls import add, edit, make, recipients, result, row, until_status

STANDARD = "standard@example.com"
EMPLOYEE = "employee@example.com"


async def client(wire: Any, query: str, status: str) -> None:
    (found,) = await wire.find("client", query)
    await result(wire.call("PUT", "client/edit", {"status": status}, id=found["id"]))


def fill(box: Sandbox) -> None:
    (box.local_root / "out" / "deep").mkdir(parents=True)
    (box.local_root / "out" / "deep" / "b.mov").write_bytes(b"b" * 2000)
    (box.local_root / "a.mov").write_bytes(b"a" * 1000)


@pytest.mark.parametrize("kind", ["delivery", "stream"])
async def test_the_sender_s_own_machine(start: Any, connect: Any, kind: str) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        fill(box)
        (app,) = await wire.find("client", "user=admin@example.com")
        sources = [f"client={app['id']}:/a.mov", "admin@example.com:/out"]
        job = await make(wire, kind, tasks=sources, recipients=[STANDARD, EMPLOYEE], status="waiting")
        sender = f"user:{box.user('admin').id}"
        assert (job["source"], job["destination"]) == (sender, "")
        assert (await until_status(wire, job, "waiting"))["size"] == 3000
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        assert (transfer["source"], transfer["size"]) == (sender, 3000)
        assert transfer["destination"] == f"user:{box.user('standard').id}"
        tasks = await standard.tasks(transfer["id"])
        assert [task["source"]["user"] for task in tasks] == [box.user("admin").id] * 2
        # Its two ends are the machines of two users: it waits for both.
        await client(wire, "user=admin@example.com", "offline")
        await edit(standard, transfer, destination="/in/")
        await until_status(standard, transfer, "waiting")
        await client(wire, "user=standard@example.com", "offline")
        await client(wire, "user=admin@example.com", "online")
        assert (await row(standard, transfer))["status"] == "waiting"
        assert not (box.local_root / "in").exists()
        await client(wire, "user=standard@example.com", "online")
        await until_status(standard, transfer, "done")
        assert (box.local_root / "in" / "a.mov").read_bytes() == b"a" * 1000
        assert (box.local_root / "in" / "out" / "deep" / "b.mov").stat().st_size == 2000
        assert [one["status"] for one in await recipients(wire, job)] == ["done", "pending"]
        # Whoever chooses anew keeps the files that were sent.
        await edit(standard, transfer, status="pending")
        assert len(await standard.tasks(transfer["id"])) == 2
        await edit(standard, transfer, destination="/again/")
        await until_status(standard, transfer, "done")
        assert (box.local_root / "again" / "a.mov").exists()


async def test_only_the_sender_adds_files_of_that_machine_and_only_for_others(
    start: Any, connect: Any
) -> None:
    async with start() as (box, wire), connect(box, "employee") as employee:
        fill(box)
        job = await make(wire, recipients=[STANDARD])

        async def files(who: Any, *sources: str) -> Any:
            return await who.call("POST", "task/create", {"tasks": list(sources)}, id=job["id"])

        assert len((await files(wire, "/a.mov"))["result"]) == 1
        for who, source, code in (
            (employee, "/out", "E#J013"),
            (employee, "admin@example.com:/out", "E#J013"),
            (employee, "employee@example.com:/out", "E#J004"),
            (wire, "share=projects/a.mov", "E#J014"),
            (wire, "hq:a.mov", "E#J004"),
        ):
            assert (await files(who, source))["message"].startswith(f"{code} "), source
        assert len((await files(wire, "out/"))["result"]) == 1
        assert (await add(wire, job, "admin@example.com"))["message"].startswith("E#D015 ")
        assert [one["user_hr"] for one in await recipients(wire, job)] == [STANDARD]
        await edit(wire, job, status="pending")
        assert (await until_status(wire, job, "waiting"))["size"] == 3000
        # Who receives what lies on a share may also be its sender, as long as it stays there.
        other = await make(wire, recipients=["admin@example.com"])
        data = {"tasks": ["/a.mov"]}
        reply = await wire.call("POST", "task/create", data, id=other["id"])
        assert reply["message"].startswith("E#D015 ")
        assert (await row(wire, other))["source"].startswith("workspace:")
        data = {"tasks": ["share=projects/a.mov"]}
        assert len(await result(wire.call("POST", "task/create", data, id=other["id"]))) == 1


@pytest.mark.parametrize("kind", ["delivery", "stream"])
async def test_a_site(start: Any, connect: Any, kind: str) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        folder = box.site_root("berlin") / "projects" / "out"
        folder.mkdir(parents=True)
        (folder / "b.mov").write_bytes(b"b" * 2000)
        job = await make(wire, kind, source="site=berlin:out", recipients=[STANDARD], status="waiting")
        assert (await until_status(wire, job, "waiting"))["size"] == 2000
        assert job["source"].startswith("site:")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        await client(wire, "site=berlin", "offline")
        await edit(standard, transfer, destination="/in/")
        await until_status(standard, transfer, "waiting")
        await client(wire, "site=berlin", "online")
        await until_status(standard, transfer, "done")
        assert (box.local_root / "in" / "out" / "b.mov").stat().st_size == 2000
        await until_status(wire, job, "done")


@pytest.mark.parametrize(
    ("destination", "arrives"),
    [
        (None, "home/admin@example.com"),
        ("share=projects/inbox", "inbox"),
        ("home=standard@example.com/inbox", "home/standard@example.com/inbox"),
        ("site=berlin:share=projects/inbox", None),
        ("site=berlin:home=admin@example.com/", None),
    ],
)
async def test_a_request_receives(
    start: Any, connect: Any, destination: str | None, arrives: str | None
) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        fill(box)
        given = {} if destination is None else {"destination": destination}
        job = await make(wire, "request", **given, recipients=[STANDARD, EMPLOYEE], status="waiting")
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        assert transfer["source"] == f"user:{box.user('standard').id}"
        data = {"tasks": ["/a.mov", "/out"]}
        await result(standard.call("POST", "task/create", data, id=transfer["id"]))
        ended = await until_status(standard, transfer, "done")
        assert (ended["size"], ended["progress"]) == (3000, 100)
        top = box.site_root("berlin") / "projects" if arrives is None else box.volume / arrives
        found = {path.name: path.stat().st_size for path in top.rglob("*.mov")}
        assert found == {"a.mov": 1000, "b.mov": 2000}
        (other,) = await wire.find("transfer", f"delivery={job['id']} AND status=pending")
        await edit(wire, other, status="aborted")
        assert (await row(wire, job))["status"] == "done"


async def test_an_absolute_path_is_on_a_volume_or_on_the_sender_s_machine(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        fill(box)
        for number in (1, 2, 4):
            (box.local_root / f"f.{number:04d}.exr").write_bytes(b"f")
        kinds = {}
        for source in ("/Volumes/projects/a.mov", f"{box.volume}/a.mov", "/projects/show"):
            kinds[source] = "workspace"
        for source in ("/a.mov", f"{box.local_root}/a.mov", "/f.%04d.exr[1-3]"):
            kinds[source] = "user"
        for source, kind in kinds.items():
            job = await make(wire, source=source, recipients=[STANDARD], status="waiting")
            assert job["source"].partition(":")[0] == kind, source
            await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        await edit(standard, transfer, destination="/in/")
        await until_status(standard, transfer, "done")
        assert {path.name for path in (box.local_root / "in").iterdir()} == {"f.0001.exr", "f.0002.exr"}
