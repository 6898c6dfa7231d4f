"""Transfers under way: progress, pausing, failing, and what becomes of their tasks."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from accsyn_async.sandbox.state.jobs import Job
from tests.sandbox.wire_client import until

EPOCH = "1970-01-01T00:00:00"


def parts(root: Any) -> list[str]:
    return [name for _, _, files in os.walk(root) for name in files if name.endswith(".part")]


async def moved(wire: Any, job: str) -> Any:
    """The row once some bytes have been copied."""
    row: Any = None

    async def some() -> bool:
        nonlocal row
        row = await wire.get(job)
        return bool(row["progress"] > 0)

    await until(some)
    return row


async def test_a_running_job_tells_how_it_goes(start: Any) -> None:
    async with start(speed=0.08) as (box, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        row = await moved(wire, job["id"])
        assert row["status"] == "running"
        assert row["size"] == 100_000
        assert 0 < row["progress"] < 100
        assert 0 < row["speed"] <= 0.2
        assert row["etr"].startswith("0h:0m:")
        assert row["finished"] == EPOCH
        (task,) = await wire.tasks(job["id"])
        assert task["status"] == "executing"
        assert parts(box.site_root("berlin"))
        seen = {row["progress"]}
        while row["status"] != "done":
            row = await wire.get(job["id"])
            seen.add(row["progress"])
        assert len(seen) >= 3
        assert (row["progress"], row["speed"], row["etr"]) == (100, -1.0, "")
        assert row["finished"] != EPOCH
        (task,) = await wire.tasks(job["id"])
        assert (task["status"], task["size"]) == ("done", 100_000)
        assert task["time"] > 0
        copy = box.site_root("berlin") / "projects" / "a.mov"
        assert copy.read_bytes() == (box.volume / "a.mov").read_bytes()
        assert parts(box.site_root("berlin")) == []
        assert await wire.find("transfer") == []
        assert [row["id"] for row in await wire.find("transfer", "status=done", finished=True)] == [job["id"]]
        assert await wire.find("transfer", archived=True) == []
        assert len(await wire.find("transfer", "code=a.mov", single_entity_query=True)) == 1


async def test_a_pause_keeps_what_was_copied(start: Any) -> None:
    async with start(speed=0.08) as (box, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await moved(wire, job["id"])
        reply = await wire.edit(job["id"], status="paused")
        assert reply["result"][0]["status"] == "paused"
        await wire.until(job["id"], "paused")
        row = await wire.get(job["id"])
        assert (row["speed"], row["etr"]) == (-1.0, "")
        assert row["progress"] > 0
        (aside,) = parts(box.site_root("berlin"))
        reply = await wire.edit(job["id"], status="waiting")
        assert reply["result"][0]["status"] == "waiting"
        again = await wire.get(job["id"])
        assert again["progress"] >= row["progress"]
        assert parts(box.site_root("berlin")) in ([aside], [])
        await wire.until(job["id"], "done")
        copy = box.site_root("berlin") / "projects" / "a.mov"
        assert copy.read_bytes() == (box.volume / "a.mov").read_bytes()


async def test_an_aborted_job_leaves_nothing_and_can_come_back(start: Any) -> None:
    async with start(speed=0.08) as (box, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await moved(wire, job["id"])
        row = (await wire.edit(job["id"], status="aborted"))["result"][0]
        assert row["status"] == "aborted"
        assert row["finished"] != EPOCH
        assert await wire.find("transfer") == []

        async def gone() -> bool:
            return parts(box.site_root("berlin")) == [] and (await wire.get(job["id"]))["progress"] == 0

        await until(gone)
        assert not (box.site_root("berlin") / "projects" / "a.mov").exists()
        for status in ("paused", "done"):
            assert (await wire.edit(job["id"], status=status))["message"].startswith("E#J021")
        row = (await wire.edit(job["id"], status="waiting"))["result"][0]
        assert (row["status"], row["finished"]) == ("waiting", EPOCH)
        assert len(await wire.find("transfer")) == 1
        await wire.until(job["id"], "done")
        assert (await wire.edit(job["id"], status="waiting"))["message"].startswith("E#J022")


@pytest.mark.parametrize("status", ["init", "pending", "running", "failed", "", None, 3])
async def test_states_that_cannot_be_set(start: Any, status: Any) -> None:
    async with start() as (_, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        reply = await wire.edit(job["id"], status=status, name="other")
        assert reply["message"].startswith("E#J020")
        row = await wire.get(job["id"])
        assert (row["status"], row["name"]) == ("paused", "a.mov")
        for data in ({"source": "b"}, {"id": "x"}, {}):
            assert "message" in await wire.call("PUT", "transfer/edit", data, id=job["id"])


async def test_what_can_be_changed(start: Any) -> None:
    async with start() as (_, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        row = (await wire.edit(job["id"], name="New", priority=7, metadata={"a": 1}))["result"][0]
        assert (row["name"], row["priority"], row["metadata"]) == ("New", 7, {"a": 1})
        row = (await wire.edit(job["id"], status="done"))["result"][0]
        assert (row["status"], row["progress"]) == ("done", 100)
        assert [task["status"] for task in await wire.tasks(job["id"])] == ["excluded"]


async def test_a_missing_source_fails_and_can_be_mended(start: Any) -> None:
    async with start() as (box, wire):
        tasks = ["missing.mov", "a.mov", "show/b.mov/"]
        job = await wire.create({"tasks": tasks, "destination": "site=berlin"})
        row = await wire.until(job["id"], "failed")
        assert row["finished"] == EPOCH
        assert len(await wire.find("transfer", "status=failed")) == 1
        missing, fine, wrong = await wire.tasks(job["id"])
        assert (missing["status"], fine["status"], wrong["status"]) == ("failed", "done", "failed")
        assert "does not exist" in missing["message"]
        assert "not a folder" in wrong["message"]
        (box.volume / "missing.mov").write_bytes(b"here now")
        await wire.call("PUT", "task/edit", [{"uri": "2", "status": "excluded"}], id=job["id"])
        await wire.until(job["id"], "failed")
        row = (await wire.edit(job["id"], status="waiting"))["result"][0]
        assert row["status"] == "waiting"
        await wire.until(job["id"], "done")
        assert (box.site_root("berlin") / "projects" / "missing.mov").read_bytes() == b"here now"


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
async def test_links_fail_the_task(start: Any, tmp_path: Any) -> None:
    async with start() as (box, wire):
        (tmp_path / "secret").write_bytes(b"secret")
        (box.volume / "link").symlink_to(tmp_path / "secret")
        (box.volume / "links").symlink_to(tmp_path)
        (box.local_root / "away").symlink_to(tmp_path)
        for source, destination in (
            ("link", "/in/"), ("links/secret", "/in/"), ("links", "/in/"), ("share=projects", "/in/"),
            ("a.mov", "/away/"), ("a.mov", "/away/new/x"), ("a.mov", "/away"),
        ):  # fmt: skip
            job = await wire.create({"source": source, "destination": destination})
            await wire.until(job["id"], "failed")
            (task,) = await wire.tasks(job["id"])
            assert "link" in task["message"]
        assert [path.name for path in tmp_path.iterdir()] == ["secret"]
        assert not (box.local_root / "in" / "secret").exists()


async def test_tasks_are_held_excluded_and_retried(start: Any) -> None:
    async with start() as (box, wire):
        held = {"source": "a.mov", "destination": "/in/", "status": "onhold"}
        job = await wire.create({"tasks": [{"source": "show", "destination": "/in/"}, held]})
        await wire.until(job["id"], "paused")
        first, second = await wire.tasks(job["id"])
        reply = await wire.call("PUT", "task/edit", [{"id": second["id"], "status": "queued"}], id=job["id"])
        assert reply["result"][0]["status"] == "queued"
        await wire.until(job["id"], "done")
        (box.local_root / "in" / "a.mov").unlink()
        change = [{"uri": "1", "status": "queued", "priority": 9, "metadata": {"x": 1}}]
        (row,) = (await wire.call("PUT", "task/edit", change, id=job["id"]))["result"]
        assert (row["priority"], row["metadata"]) == (9, {"x": 1})
        assert (await wire.get(job["id"]))["status"] != "failed"
        await wire.until(job["id"], "done")
        assert (box.local_root / "in" / "a.mov").exists()
        for wrong in (
            [{"uri": "9", "status": "done"}],
            [{"id": first["id"], "status": "executing"}],
            [{"id": first["id"], "path": "/x"}],
            [{"status": "done"}],
            [],
            ["x"],
        ):
            assert "message" in await wire.call("PUT", "task/edit", wrong, id=job["id"])


async def test_excluding_what_is_copied_lets_the_rest_go_on(start: Any) -> None:
    async with start(speed=0.05) as (box, wire):
        tasks = [
            {"source": "a.mov", "destination": "/in/", "priority": 900},
            {"source": "show", "destination": "/in/"},
        ]
        job = await wire.create({"tasks": tasks})
        await moved(wire, job["id"])
        await wire.call("PUT", "task/edit", [{"uri": "0", "status": "excluded"}], id=job["id"])
        row = await wire.until(job["id"], "done")
        assert row["size"] == 5000
        assert not (box.local_root / "in" / "a.mov").exists()
        assert (box.local_root / "in" / "show" / "b.mov").exists()
        assert parts(box.local_root) == []


async def test_appending_revives_a_done_job(start: Any) -> None:
    async with start() as (box, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "done")
        reply = await wire.call(
            "POST", "task/create", {"tasks": ["/Volumes/projects/show/b.mov"]}, id=job["id"]
        )
        (row,) = reply["result"]
        assert (row["uri"], row["job"]) == ("1", job["id"])
        assert (await wire.until(job["id"], "done"))["size"] == 102_000
        assert (box.site_root("berlin") / "projects" / "show" / "b.mov").exists()
        # The same again is retried, not added; or refused, when told so.
        (box.site_root("berlin") / "projects" / "a.mov").unlink()
        reply = await wire.call("POST", "task/create", {"tasks": ["a.mov"]}, id=job["id"])
        assert reply["result"][0]["uri"] == "0"
        await wire.until(job["id"], "done")
        assert (box.site_root("berlin") / "projects" / "a.mov").exists()
        assert len(await wire.tasks(job["id"])) == 2
        data = {"tasks": ["show/deep", "a.mov"], "allow_duplicates": False}
        reply = await wire.call("POST", "task/create", data, id=job["id"])
        assert reply["message"].startswith("E#J017")
        data = {"tasks": {"0": {"source": "show"}}}
        reply = await wire.call("POST", "task/create", data, id=job["id"])
        assert reply["message"].startswith("E#J018")
        for wrong in ("site=berlin:a.mov", "../x", "/elsewhere/a"):
            assert "message" in await wire.call("POST", "task/create", {"tasks": [wrong]}, id=job["id"])
        assert len(await wire.tasks(job["id"])) == 2


async def test_appending_to_a_download_needs_a_destination(start: Any) -> None:
    async with start() as (box, wire):
        job = await wire.create({"source": "a.mov", "destination": "/in/"})
        assert "message" in await wire.call("POST", "task/create", {"tasks": ["show"]}, id=job["id"])
        data = {"tasks": {"source": "show/b.mov", "destination": "/in/c.mov"}}
        (row,) = (await wire.call("POST", "task/create", data, id=job["id"]))["result"]
        assert row["destination"]["path"] == "/in/c.mov"
        await wire.until(job["id"], "done")
        assert (box.local_root / "in" / "c.mov").exists()


async def test_a_deleted_job_is_gone_with_its_half_file(start: Any) -> None:
    async with start(speed=0.08) as (box, wire):
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await moved(wire, job["id"])
        assert "result" in await wire.call("DELETE", "transfer/delete", {}, id=job["id"])
        assert (await wire.call("GET", "transfer/find", {}, id=job["id"]))["result"] == []
        for data in ({}, {"finished": True}, {"archived": True}):
            assert await wire.find("transfer", **data) == []
        assert "message" in await wire.call("DELETE", "transfer/delete", {}, id=job["id"])

        async def clean() -> bool:
            return parts(box.site_root("berlin")) == []

        await until(clean)


async def test_an_empty_file_and_an_empty_folder(start: Any) -> None:
    async with start() as (box, wire):
        (box.volume / "empty.mov").touch()
        (box.volume / "empty").mkdir()
        for source in ("empty.mov", "empty"):
            job = await wire.create({"source": source, "destination": "site=berlin"})
            row = await wire.until(job["id"], "done", "failed")
            assert (row["status"], row["size"], row["progress"]) == ("done", 0, 100)
            assert (box.site_root("berlin") / "projects" / source).exists()


async def test_priorities_come_first(start: Any) -> None:
    async with start(speed=0.001) as (_, wire):
        tasks = [
            {"source": "a.mov", "destination": "/in/1", "priority": 1},
            {"source": "a.mov", "destination": "/in/999", "priority": 999},
            {"source": "a.mov", "destination": "/in/500"},
        ]
        job = await wire.create({"tasks": tasks})
        order: list[str] = []

        async def one_more() -> bool:
            for task in await wire.tasks(job["id"], "status=executing"):
                order.append(task["destination"]["path"])
                await wire.call("PUT", "task/edit", [{"id": task["id"], "status": "excluded"}], id=job["id"])
            return len(order) == 3

        await until(one_more)
        assert order == ["/in/999", "/in/500", "/in/1"]
        await wire.until(job["id"], "done")


async def test_a_bug_in_copying_fails_the_task_and_nothing_else(
    start: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("a bug")

    async with start() as (_, wire):
        for place in ("survey_end", "Copier"):
            with monkeypatch.context() as patch:
                patch.setattr(f"accsyn_async.sandbox.engine.engine.{place}", broken)
                job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
                await wire.until(job["id"], "failed")
            (task,) = await wire.tasks(job["id"])
            assert task["message"] == "the sandbox failed; its log says why"
        await wire.edit(job["id"], status="waiting")
        await wire.until(job["id"], "done")
    assert "a transfer broke" in caplog.text


async def test_a_task_that_fails_does_not_look_at_all_others(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tallies = 0

    def tally(job: Job, real: Callable[[Job], None] = Job.tally) -> None:
        nonlocal tallies
        tallies += 1
        real(job)

    monkeypatch.setattr(Job, "tally", tally)
    counts = []
    async with start(time_factor=0) as (_, wire):
        for number in (2, 30):
            tallies = 0
            tasks = [f"missing{one}.mov" for one in range(number)]
            job = await wire.create({"tasks": tasks, "destination": "site=berlin"})
            await wire.until(job["id"], "failed")
            counts.append(tallies)
    assert counts[0] == counts[1]


async def test_duplicates_by_uri(start: Any) -> None:
    async with start() as (box, wire):
        job = await wire.create({"tasks": {"x": {"source": "a.mov", "destination": "/in/"}}})
        await wire.until(job["id"], "done")
        (box.local_root / "in" / "a.mov").unlink()
        other = {"tasks": {"x": {"source": "show/b.mov", "destination": "/in/"}}}
        for flags, code in (({}, "E#J018"), ({"allow_duplicates": False}, "E#J017")):
            reply = await wire.call("POST", "task/create", {**other, **flags}, id=job["id"])
            assert reply["message"].startswith(code)
        (row,) = (await wire.call("POST", "task/create", {**other, "allow_duplicates": True}, id=job["id"]))[
            "result"
        ]
        assert row["source"]["path"] == "a.mov"
        await wire.until(job["id"], "done")
        assert (box.local_root / "in" / "a.mov").exists()
        data = {**other, "replace_duplicates": True}
        (row,) = (await wire.call("POST", "task/create", data, id=job["id"]))["result"]
        assert (row["uri"], row["source"]["path"]) == ("x", "show/b.mov")
        await wire.until(job["id"], "done")
        assert (box.local_root / "in" / "b.mov").exists()
        assert len(await wire.tasks(job["id"])) == 1


async def test_a_job_of_the_same_name_is_appended_to(start: Any) -> None:
    async with start() as (_, wire):
        data = {"name": "Daily", "source": "a.mov", "destination": "site=berlin", "append": True}
        first = await wire.create(data)
        await wire.until(first["id"], "done")
        again = await wire.create({**data, "source": "show"})
        assert again["id"] == first["id"]
        assert (await wire.until(first["id"], "done"))["size"] == 105_000
        assert [row["uri"] for row in await wire.tasks(first["id"])] == ["0", "1"]
        reply = await wire.call("POST", "transfer/create", {**data, "destination": "/in/"})
        assert "message" in reply
        other = {"name": "Other", "tasks": ["a.mov"], "destination": "site=berlin", "append": True}
        assert (await wire.create(other))["id"] != first["id"]


async def test_what_a_role_may_transfer(start: Any, connect: Any) -> None:
    async with (
        start() as (box, admin),
        connect(box, "employee") as employee,
        connect(box, "standard") as standard,
    ):
        (box.local_root / "up.mov").write_bytes(b"up")
        download = {"source": "volume=projects/show/b.mov", "destination": "/in/"}
        upload = {"source": "/up.mov", "destination": "volume=projects/show/new/"}

        async def refused(wire: Any, data: Any) -> str:
            return str((await wire.call("POST", "transfer/create", data)).get("message", "")).partition(" ")[
                0
            ]

        assert [await refused(employee, data) for data in (download, upload)] == ["", ""]
        assert [await refused(standard, data) for data in (download, upload)] == ["E#J015", "E#J015"]
        (volume,) = await admin.find("volume")
        for read, write, codes in (
            (True, False, ["", "E#P005"]),
            (False, True, ["E#P005", ""]),
        ):
            data = {
                "entity": f"user:{box.user('employee').id}",
                "target": f"share:{volume['id']}",
                "read": read,
                "write": write,
            }
            assert "result" in await admin.call("POST", "acl/create", data)
            assert [await refused(employee, data) for data in (download, upload)] == codes
        mirrored = {"source": "a.mov", "destination": "site=berlin"}
        assert await refused(employee, mirrored) == "E#P005"
