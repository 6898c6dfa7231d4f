"""A whole collection as the source of a task stands for each file that it shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.collections_made import collect, sources
from tests.sandbox.job_calls import edit, make, result, until_status
from tests.sandbox.test_landing import contents

STANDARD = "standard@example.com"
SHOWN = ["deep", "b.mov", "a.txt", "m.%02d.jpg[2-3]"]
ARRIVED = {"deep/c.mov": "c" * 3000, "b.mov": "b" * 2000, "a.txt": "x", "m.02.jpg": "2", "m.03.jpg": "3"}


@pytest.mark.parametrize("destination", ["/in/", "/in"])
@pytest.mark.parametrize("source", ["collection=reel", "hq:Collection=REEL/", "share=reel/."])
async def test_a_download(start: Any, source: str, destination: str) -> None:
    async with start() as (box, wire):
        await collect(box, wire)
        job = await wire.create({"source": source, "destination": destination})
        assert job["name"] == "reel"
        assert await sources(wire, job) == SHOWN
        await wire.until(job["id"], "done")
        assert contents(box.local_root / "in") == ARRIVED


async def test_a_lone_file_goes_into_a_folder_as_several_do(start: Any) -> None:
    async with start() as (box, wire):
        await collect(box, wire, ["x/a.txt"])
        job = await wire.create({"source": "collection=reel", "destination": "/in"})
        await wire.until(job["id"], "done")
        assert contents(box.local_root / "in") == {"a.txt": "x"}


async def test_what_was_sent_with_it_is_that_of_each(start: Any) -> None:
    async with start() as (box, wire):
        await collect(box, wire, ["x/a.txt", "show/b.mov"])
        (box.volume / "a.txt").write_text("another")
        own = {"priority": 7, "metadata": {"shot": 1}, "settings": {"transfer_exclude": "*.mov"}}
        one = {"source": "collection=reel", "status": "onhold", "description": "all", **own}
        tasks = {"first": {"source": "a.txt"}, "reel": one}
        job = await wire.create({"tasks": tasks, "destination": "/in/", "name": "J"})
        rows = await wire.tasks(job["id"])
        assert [row["uri"] for row in rows] == ["first", "reel/a.txt", "reel/b.mov"]
        for row in rows[1:]:
            assert (row["status"], row["description"]) == ("onhold", "all")
            assert {name: row[name] for name in ("priority", "metadata")} == {
                "priority": 7,
                "metadata": own["metadata"],
            }
        released = [{"uri": row["uri"], "status": "queued"} for row in rows[1:]]
        await result(wire.call("PUT", "task/edit", released, id=job["id"]))
        await wire.until(job["id"], "done")
        assert contents(box.local_root / "in") == {"a.txt": "another", "a (2).txt": "x"}


async def test_what_it_shows_later_changes_nothing(start: Any) -> None:
    async with start() as (box, wire):
        reel = await collect(box, wire)
        job = await wire.create({"source": "collection=reel", "destination": "/in/", "status": "paused"})
        rows = await wire.find("file", parent=reel["id"])
        assert rows[3]["path"] == "volume=projects/m.%02d.jpg[2-3]"
        gone = {"files": [row["id"] for row in rows]}
        await result(wire.call("DELETE", "collection/file/remove", gone, id=reel["id"]))
        await result(wire.call("POST", "file/add", {"files": ["a.mov"]}, id=reel["id"]))
        assert await sources(wire, job) == SHOWN
        await wire.edit(job["id"], status="waiting")
        await wire.until(job["id"], "done")
        assert contents(box.local_root / "in") == ARRIVED


async def test_it_joins_a_job(start: Any) -> None:
    async with start() as (box, wire):
        await collect(box, wire)
        (box.volume / "a.mov").write_text("a")
        job = await wire.create({"source": "a.mov", "destination": "/in/", "name": "J", "status": "paused"})
        data = {"tasks": {"reel": "collection=reel"}, "destination": "/in/"}
        added = await result(wire.call("POST", "task/create", data, id=job["id"]))
        assert [row["uri"] for row in added] == [f"reel/{name}" for name in SHOWN]
        again = {"source": "collection=reel", "destination": "/in/", "name": "J", "append": True}
        assert (await wire.create(again))["id"] == job["id"]
        assert await sources(wire, job) == ["a.mov", *SHOWN]
        reply = await wire.call("POST", "task/create", {**data, "allow_duplicates": False}, id=job["id"])
        assert reply["message"].startswith("E#J017")
        await wire.edit(job["id"], status="waiting")
        await wire.until(job["id"], "done")
        assert contents(box.local_root / "in") == {"a.mov": "a", **ARRIVED}


@pytest.mark.parametrize("kind", ["delivery", "stream"])
async def test_it_is_delivered(start: Any, connect: Any, kind: str) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        await collect(box, wire)
        job = await make(wire, kind, name="", source="collection=reel", recipients=[STANDARD])
        assert job["name"] == "reel"
        assert await sources(wire, job) == SHOWN
        await until_status(wire, job, "waiting")
        (transfer,) = await standard.find("transfer", f"delivery={job['id']}")
        await edit(standard, transfer, destination="/in")
        await until_status(wire, job, "done")
        assert contents(box.local_root / "in") == ARRIVED
        draft = await make(wire, kind)
        data = {"tasks": ["a.mov", "collection=reel"]}
        await result(wire.call("POST", "task/create", data, id=draft["id"]))
        assert await sources(wire, draft) == ["a.mov", *SHOWN]


async def test_at_a_site_it_is_mirrored_to_where_each_really_lies(start: Any) -> None:
    async with start() as (box, wire):
        await collect(box, wire)
        job = await wire.create({"source": "collection=reel", "destination": "site=berlin"})
        await wire.until(job["id"], "done")
        berlin = box.site_root("berlin") / "projects"
        lying = {"show/deep/c.mov": "c" * 3000, "show/b.mov": "b" * 2000, "x/a.txt": "x"}
        assert contents(berlin) == lying | {"m.02.jpg": "2", "m.03.jpg": "3"}
        # And back from there.
        for name in ("show/b.mov", "x/a.txt"):
            (berlin / name).write_text("new")
        back = await wire.create({"source": "site=berlin:collection=reel", "destination": "hq"})
        await wire.until(back["id"], "done")
        assert [(box.volume / name).read_text() for name in ("show/b.mov", "x/a.txt")] == ["new", "new"]


async def test_where_a_user_has_mapped_the_volume_it_is_mirrored_too(start: Any) -> None:
    async with start() as (box, wire):
        await collect(box, wire, ["folder=show/b.mov", "x/a.txt"])
        refused = await wire.call(
            "POST", "transfer/create", {"source": "collection=reel", "destination": "admin@example.com"}
        )
        assert refused["message"].startswith("E#J014")
        (app,) = await wire.find("app", "user=admin@example.com")
        box.hosts.map_share(app["id"], "projects", "/work/projects", read=True, write=True)
        job = await wire.create({"source": "collection=reel", "destination": "admin@example.com"})
        await wire.until(job["id"], "done")
        assert contents(box.local_root / "work" / "projects") == {"show/b.mov": "b" * 2000, "x/a.txt": "x"}


async def test_who_may_not_read_all_of_it_is_refused(start: Any, connect: Any) -> None:
    async with start() as (box, wire), connect(box, "standard") as standard:
        reel = await collect(box, wire)
        data = {"source": "collection=reel", "destination": "/in/"}

        async def answer(who: Any, **access: Any) -> Any:
            if access:
                given = {"entity": f"user:{standard.user.id}", "target": f"share:{reel['id']}", **access}
                await result(wire.call("POST", "acl/create", given))
            return await who.call("POST", "transfer/create", data)

        async with connect(box, "employee") as employee:
            assert (await answer(employee))["message"].startswith("E#P005")
        assert (await answer(standard))["message"].startswith("E#J015")
        assert (await answer(standard, read=True, path="deep"))["message"].startswith("E#P005")
        assert (await answer(standard, write=True))["message"].startswith("E#P005")
        (job,) = (await answer(standard, read=True))["result"]
        await standard.until(job["id"], "done")
        assert contents(box.local_root / "in") == ARRIVED


async def test_one_that_shows_nothing_is_refused(start: Any) -> None:
    async with start() as (box, wire):
        await collect(box, wire, [])
        data: Any
        for data in (
            {"source": "collection=reel", "destination": "/in/"},
            {"tasks": ["a.mov", "collection=reel"], "destination": "/in/"},
        ):
            reply = await wire.call("POST", "transfer/create", data)
            assert reply["message"] == "E#J047 The collection 'reel' shows nothing; add files to it first."
        reply = await wire.call("POST", "delivery/create", {"source": "collection=reel"})
        assert reply["message"].startswith("E#J047")
        assert await wire.find("transfer") == await wire.find("delivery") == []
