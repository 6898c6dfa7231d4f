"""What is kept in a file between two runs of a sandbox."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from accsyn_async.sandbox import Sandbox, StateError
from accsyn_async.sandbox.keeping.state_file import StateFile
from tests.sandbox.old_wire import Old
from tests.sandbox.wire_client import Wire, until, wire_to

STANDARD = "standard@example.com"
JOB = {"source": "a", "destination": "site=berlin"}
KINDS = (
    *("workspace", "user", "queue", "site", "server", "client", "volume", "folder", "home", "collection"),
    *("acl", "engine", "transfer", "compute", "delivery", "request", "stream"),
)


@pytest.fixture
def kept(tmp_path: Path) -> Any:
    """Starts a sandbox that keeps its state in the same file each time."""

    def make(**options: Any) -> Sandbox:
        return Sandbox(**{"rate_limit": False, "speed": 500, "state": tmp_path / "box.db", **options})

    return make


async def furnish(wire: Wire) -> None:
    """Something of everything, in every state."""

    async def do(verb: str, uri: str, data: Any = None, **fields: Any) -> Any:
        reply = await wire.call(verb, uri, data, **fields)
        assert "result" in reply, reply
        return reply["result"]

    volume = wire.box.volume
    (volume / "show").mkdir()
    (volume / "show" / "a.mov").write_bytes(bytes(3000))
    (lisa,) = await do("POST", "user/create", {"code": "lisa@example.com", "role": "employee"})
    (queue,) = await do("POST", "queue/create", {"name": "Low prio", "priority": 3})
    await do("PUT", "queue/edit", {"status": "paused"}, id=queue["id"])
    await do("POST", "site/create", {"name": "London"})
    (raid,) = await do("POST", "volume/create", {"name": "Raid", "metadata": {"ref": ["job", None, 1.5]}})
    (thefilm,) = await do("POST", "folder/create", {"name": "The film", "path": "show"})
    (old,) = await do("POST", "folder/create", {"name": "Old", "path": "show"})
    acl = {"entity": f"user:{lisa['id']}", "target": f"share:{thefilm['id']}", "read": True, "path": "deep"}
    await do("POST", "acl/create", acl)
    await do("POST", "acl/create", {**acl, "target": f"share:{raid['id']}"})
    await do("DELETE", "folder/deactivate", id=thefilm["id"])
    await do("DELETE", "folder/delete", id=old["id"])
    (reel,) = await do("POST", "collection/create", {"name": "Reel"})
    await do("POST", "file/add", {"files": ["share=projects/show/a.mov"]}, id=reel["id"])
    await do("PUT", "setting", {"entitytype": "queue", "name": "a", "value": "\ud800ü"}, id=queue["id"])
    await do("PUT", "setting", {"integration": "ftrack", "name": "url", "value": "x"})
    job = await wire.create({"source": "show", "destination": "site=berlin", "metadata": {"take": 1}})
    await wire.until(job["id"], "done")
    tasks = [{"source": "show/a.mov"}, {"source": "show", "status": "onhold", "uri": "rest"}]
    held = {"tasks": tasks, "destination": "site=berlin", "queue": queue["id"], "status": "paused"}
    job = await wire.create(held)
    await wire.edit(job["id"], priority=999, settings={"task_bucketsize": "2"})
    job = await wire.create({"source": "nothing", "destination": "site=berlin"})
    await wire.until(job["id"], "failed")
    await wire.edit(job["id"], status="aborted")
    nested = {
        "a": {"tasks": {"0": {}, "1": {"compute": {"parameters": {"seconds": 0}}}}},
        "b": {"deps": ["a"]},
    }
    (computed,) = await do("POST", "compute/create", {"engine": "pipeline", "tasks": nested})
    await wire.box.advance(hours=1)
    await until_kind(wire, "compute", computed["id"], "done")
    for kind in ("delivery", "stream"):
        data = {"source": "show/a.mov", "recipients": [STANDARD, "new@example.com"], "status": "pending"}
        (made,) = await do("POST", f"{kind}/create", data)
        await until_kind(wire, kind, made["id"], "waiting")
    await do("POST", "request/create", {"destination": "share=raid/in", "recipients": [STANDARD]})


async def until_kind(wire: Wire, kind: str, id: str, status: str) -> None:
    async def reached() -> bool:
        reply = await wire.call("GET", f"{kind}/find", {}, id=id)
        return bool(reply["result"][0]["status"] == status)

    await until(reached)


async def all_rows(wire: Wire) -> dict[str, Any]:
    """All that a user can find."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        for flag in ({}, {"inactive": True}, {"archived": True}, {"finished": True}):
            found[f"{kind} {flag}"] = await wire.call("GET", f"{kind}/find", flag)
    for job in await wire.find("transfer", finished=True) + await wire.find("transfer"):
        found[f"tasks {job['id']}"] = await wire.tasks(job["id"])
    for kind in ("delivery", "stream", "request"):
        for job in await wire.find(kind):
            found[f"recipients {job['id']}"] = await wire.call("GET", "job/recipients", {}, id=job["id"])
    found["settings"] = await wire.call("GET", "setting", {"recursive": True, "entitytype": "workspace"})
    found["integration"] = await wire.call("GET", "setting", {"integration": "ftrack"})
    found["logs"] = await wire.call("GET", "log/find", {"entitytype": "workspace", "sort": "date"})
    return found


async def test_all_that_can_be_found_is_the_same_after_a_restart(kept: Any) -> None:
    before, sessions = {}, {}
    async with kept(time_factor=0) as box, wire_to(box) as wire, aiohttp.ClientSession() as http:
        await furnish(wire)
        users = {user.username: (user.api_key, user.password) for user in box.users}
        wires = [await Wire(http, box, role).log_in() for role in ("admin", "employee", "standard")]
        for one in wires:
            sessions[one.user.role] = one.session
            before[one.user.role] = await all_rows(one)
        sync = await wire.find("client")
        volume, now = box.volume, box.now
    assert any(row["status"] == "paused" for row in before["admin"]["transfer {}"]["result"])
    async with kept(time_factor=0) as box, aiohttp.ClientSession() as http:
        assert (box.volume, box.now >= now) == (volume, True)
        assert {user.username: (user.api_key, user.password) for user in box.users} == users
        for role, session in sessions.items():
            wire = Wire(http, box, role)
            wire.session = session  # which goes on
            assert await all_rows(wire) == before[role]
        wire = await Wire(http, box, "admin").log_in()
        assert await wire.find("client") == sync
        assert (box.volume / "show" / "a.mov").read_bytes() == bytes(3000)
        # What was kept works: the queue goes on, the paused job runs.
        (queue,) = await wire.find("queue", 'queue WHERE name="Low prio"')
        await wire.call("PUT", "queue/edit", {"status": "waiting"}, id=queue["id"])
        (job,) = await wire.find("transfer", "transfer WHERE status=paused")
        await wire.call("PUT", "task/edit", [{"uri": "rest", "status": "queued"}], id=job["id"])
        await wire.edit(job["id"], status="waiting")
        await wire.until(job["id"], "done")
        assert (await wire.create({"source": "show", "destination": "site=berlin"}))["id"] != job["id"]


async def test_a_transfer_under_way_begins_its_file_again(kept: Any, tmp_path: Path) -> None:
    content = bytes(range(250)) * 8000
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "a.mov").write_bytes(content)
    async with kept(speed=0.5, volume=volume) as box, wire_to(box) as wire:
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        away = await wire.create({"source": "a.mov", "destination": "/Users/lisa/a.mov", "status": "paused"})
    async with kept(speed=500, volume=volume) as box, wire_to(box) as wire:
        assert (await wire.until(job["id"], "done"))["progress"] == 100
        assert (box.site_root("berlin") / "projects" / "a.mov").read_bytes() == content
        await wire.edit(away["id"], status="waiting")
        await wire.until(away["id"], "done")
        assert (box.local_root / "Users/lisa/a.mov").read_bytes() == content
        assert box.local_root.is_relative_to(tmp_path / "box.db.files")
    assert (volume / "a.mov").read_bytes() == content


async def test_what_failed_is_tried_again_after_a_restart(kept: Any) -> None:
    async with kept(time_factor=0) as box, wire_to(box) as wire:
        job = await wire.create({"source": "late.mov", "destination": "site=berlin"})
        left = await wire.create({"source": "never.mov", "destination": "site=berlin"})
        for one in (job, left):
            await wire.until(one["id"], "failed")
        await wire.edit(left["id"], queue="medium")
    async with kept(time_factor=0) as box, wire_to(box) as wire:
        for name in ("late.mov", "never.mov"):
            (box.volume / name).write_bytes(b"here")
        await box.advance(minutes=10)
        assert (await wire.get(job["id"]))["status"] == "done"
        assert (await wire.get(left["id"]))["status"] == "failed"


async def test_a_delivery_that_was_being_measured_goes_on(kept: Any) -> None:
    async with kept() as box, wire_to(box) as wire:
        (box.volume / "a.mov").write_bytes(b"a")
        data = {"source": "a.mov", "recipients": [STANDARD], "status": "pending"}
        (made,) = (await wire.call("POST", "delivery/create", data))["result"]
    async with kept() as box, wire_to(box) as wire:
        await until_kind(wire, "delivery", made["id"], "waiting")


async def test_old_session_keys_go_on(kept: Any) -> None:
    async with kept() as box, aiohttp.ClientSession() as http:
        old = Old(http, box)
        await old.log_in(old.told("ASCredentials", api_key=old.user.api_key))
        key = old.key
    async with kept() as box, aiohttp.ClientSession() as http:
        old = Old(http, box)
        old.key = key
        assert (await old.call("GET", "user/find", {}))["result"]


async def test_ids_that_were_drawn_do_not_come_again(kept: Any, tmp_path: Path) -> None:
    seen: list[str] = []
    for _ in range(3):
        async with kept(seed=7) as box, wire_to(box) as wire:
            seen += [
                (await wire.create({"source": "a", "destination": "site=berlin"}))["id"] for _ in range(3)
            ]
    assert len(set(seen)) == 9
    async with Sandbox(seed=7) as box, wire_to(box) as wire:
        assert (await wire.create(JOB))["id"] == seen[0]


async def test_jobs_without_files_go_on(kept: Any) -> None:
    async with kept(synthetic_jobs=30, time_factor=0, seed=3) as box, wire_to(box) as wire:
        await box.advance(hours=1)
        before = await wire.find("transfer")
        running = [row["id"] for row in before if row["status"] == "running"]
        await wire.edit(running[0], status="paused")
        paused = await wire.get(running[0])
    async with kept(synthetic_jobs=30, time_factor=0) as box, wire_to(box) as wire:
        assert [row["id"] for row in await wire.find("transfer")] == [row["id"] for row in before]
        await box.advance(days=2)
        assert (await wire.get(running[0]))["progress"] == paused["progress"]
        await wire.edit(running[0], status="waiting")
        (left,) = [row for row in await wire.find("transfer") if row["status"] != "failed"]
        assert left["id"] == running[0]
        await box.advance(days=1)
        assert (await wire.get(running[0]))["status"] in ("done", "failed", "aborted")


async def test_a_reset_begins_anew_in_the_file_too(kept: Any) -> None:
    async with kept() as box, wire_to(box) as wire:
        (box.volume / "a.mov").write_bytes(b"a")
        await wire.call("POST", "queue/create", {"name": "gone"})
        await box.reset()
        keys = [user.api_key for user in box.users]
        assert not list(box.volume.iterdir())
    async with kept() as box, wire_to(box) as wire:
        assert [queue["code"] for queue in await wire.find("queue")] == ["medium"]
        assert [user.api_key for user in box.users] == keys


async def test_the_clock_does_not_go_back(kept: Any) -> None:
    async with kept() as box:
        await box.advance(days=3)
        then = box.now
    async with kept() as box:
        assert box.now >= then


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written from now on: the kind and the text of each item."""
    noted: list[str] = []
    write = StateFile.write

    def note(self: StateFile, items: Any) -> None:
        items = list(items)
        write(self, items)
        noted.extend(f"{item.kind} {item.text}" for item in items)

    monkeypatch.setattr(StateFile, "write", note)
    return noted


async def test_a_change_is_in_the_file_before_it_is_answered(kept: Any, written: list[str]) -> None:
    async with kept() as box, wire_to(box) as wire:
        (box.volume / "a").write_bytes(b"a")
        for name in ("one", "two"):
            written.clear()
            job = await wire.create({**JOB, "name": name, "status": "paused"})
            assert any(f'"{name}"' in text and job["id"] in text for text in written)
            jobs = [text for text in written if text.startswith("job ")]
            assert len(jobs) == 1, "only what has changed is written"
        await wire.edit(job["id"], name="renamed")
        assert any('"renamed"' in text for text in written)


async def test_what_changes_nothing_writes_nothing(kept: Any, written: list[str]) -> None:
    async with kept(time_factor=0) as box, wire_to(box) as wire:
        written.clear()
        await wire.find("transfer")
        assert "message" in await wire.call("DELETE", "queue/delete", id="nowhere")
        assert not written
        await box.advance(days=3)
        (text,) = written
        assert datetime.fromtimestamp(json.loads(text.removeprefix("box "))["now"], UTC) == box.now


async def test_a_file_that_cannot_be_written(
    kept: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with kept() as box, wire_to(box) as wire:
        with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):

            def full(self: StateFile, items: Any) -> None:
                raise sqlite3.OperationalError("database or disk is full")

            patch.setattr(StateFile, "write", full)
            reply = await wire.call("POST", "queue/create", {"name": "first"})
            assert (wire.status, "message" in reply) == (500, True)
        assert "disk is full" in caplog.text
        caplog.clear()
        assert "result" in await wire.call("POST", "queue/create", {"name": "second"})
    async with kept() as box, wire_to(box) as wire:
        assert [queue["code"] for queue in await wire.find("queue")] == ["medium", "first", "second"]


async def test_no_last_word(kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: StateFile, items: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    box = kept()
    await box.__aenter__()
    with monkeypatch.context() as patch:
        patch.setattr(StateFile, "write", full)
        with pytest.raises(StateError, match=r"could not be written to .*box\.db.*disk is full"):
            await box.aclose()
    async with kept():
        pass


async def test_only_one_at_a_time(kept: Any) -> None:
    async with kept():
        with pytest.raises(StateError, match=r"another sandbox keeps its state in .*box\.db"):
            await kept().__aenter__()
    async with kept():
        pass


async def test_other_files_are_refused_and_left_alone(kept: Any, tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    path.write_bytes(b"no database, but a longer text than its header" * 10)
    with pytest.raises(StateError, match="no state of a sandbox"):
        await kept().__aenter__()
    assert path.read_bytes().startswith(b"no database")
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    with pytest.raises(StateError, match="no state of a sandbox"):
        await kept().__aenter__()
    path.unlink()
    path.mkdir()
    with pytest.raises(StateError, match="cannot be used"):
        await kept().__aenter__()
    with pytest.raises(StateError, match="cannot be used"):
        await kept(state=tmp_path / "no" / "where").__aenter__()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("PRAGMA user_version = 99", "is of version 99"),
        ("DELETE FROM items WHERE kind = 'workspace'", "damaged"),
        ("DELETE FROM items WHERE kind = 'box'", "damaged"),
        ("DELETE FROM items WHERE kind = 'site'", "damaged"),
        ("DELETE FROM items WHERE kind = 'queue'", "damaged .the default queue is missing"),
        ("DELETE FROM items WHERE kind = 'share'", "damaged"),
        ("UPDATE items SET text = '{' WHERE kind = 'user'", "damaged"),
        ("UPDATE items SET text = '{}' WHERE kind = 'user'", "damaged .the fields of SandboxUser are others"),
        (
            "UPDATE items SET text = replace(text, '\"admin\"', '5') WHERE kind = 'user'",
            "str is needed, not 5",
        ),
        ("UPDATE items SET text = '[' WHERE kind = 'entry'", "damaged"),
        ("UPDATE items SET text = '{\"x\": 1}' WHERE kind = 'entry'", "damaged"),
        ("UPDATE items SET text = '\"nobody\"' WHERE kind = 'session'", "damaged"),
        ("UPDATE items SET text = 5 WHERE kind = 'box'", "damaged"),
        ("DROP TABLE items", "damaged"),
    ],
)
async def test_damaged_files_are_refused(kept: Any, tmp_path: Path, change: str, told: str) -> None:
    async with kept() as box, wire_to(box) as wire:
        await wire.call("POST", "queue/create", {"name": "one"})
    with sqlite3.connect(tmp_path / "box.db") as file:
        file.execute(change)
    file.close()
    with pytest.raises(StateError, match=told):
        await kept().__aenter__()


async def test_the_workspace_must_be_the_same(kept: Any) -> None:
    async with kept():
        pass
    with pytest.raises(StateError, match="the workspace 'acme', not of 'other'"):
        await kept(workspace="other").__aenter__()


@pytest.mark.skipif(os.name == "nt", reason="there, files have no such modes")
async def test_only_its_owner_may_read_it(kept: Any, tmp_path: Path) -> None:
    async with kept():
        modes = [entry.stat().st_mode for entry in os.scandir(tmp_path) if entry.is_file()]
        assert len(modes) > 1
        assert {stat.S_IMODE(mode) for mode in modes} == {0o600}


async def test_many_changes_at_once(kept: Any) -> None:
    async with kept() as box, wire_to(box) as wire:
        await asyncio.gather(
            *(wire.call("POST", "queue/create", {"name": f"queue {number}"}) for number in range(40))
        )
    async with kept() as box, wire_to(box) as wire:
        assert len(await wire.find("queue")) == 41
