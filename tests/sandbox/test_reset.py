"""Beginning anew: what is forgotten, what stays, and calls that overlap with it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.wire_client import until

TRANSFER = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}


async def test_a_fresh_start(start: Any, tmp_path: Path) -> None:
    async with start(speed=0.001, volume=tmp_path / "volume") as (box, wire):
        users = {user.username: (user.api_key, user.password) for user in box.users}
        job = await wire.create({"source": "a.mov", "destination": "site=berlin"})
        await wire.until(job["id"], "running")
        (box.local_root / "in").mkdir()
        (box.local_root / "a.mov").write_bytes(b"a")
        box.weather.add("error")
        await box.advance(hours=1)
        await box.reset()
        assert (await wire.call("GET", "transfer/find", {}))["session_expired"] is True
        await wire.log_in()
        assert await wire.find("transfer") == []
        assert [one.uri for one in box.requests] == ["transfer/find", "login", "transfer/find"]
        assert {user.username: (user.api_key, user.password) for user in box.users} == users
        assert list(box.local_root.iterdir()) == list(box.site_root("berlin").iterdir()) == []
        assert (box.volume / "a.mov").exists()
        assert abs(box.now.timestamp() - time.time()) < 60
        job = await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
        assert job["status"] == "paused"


async def test_a_seed_given_to_a_reset(start: Any) -> None:
    async with start() as (box, wire):
        ids = []
        for _ in range(2):
            await box.reset(seed="again")
            await wire.log_in()
            (box.volume / "a.mov").write_bytes(b"a")
            data = {"source": "a.mov", "destination": "site=berlin", "status": "paused"}
            ids.append((await wire.create(data))["id"])
        assert ids[0] == ids[1]


async def test_a_call_that_outlives_a_reset_is_not_recorded_after_it(start: Any) -> None:
    async with start() as (box, wire):
        late = box.weather.add("delay", seconds=0.2)
        call = asyncio.create_task(wire.call("GET", "user/find", {}))

        async def struck() -> bool:
            return bool(late.hits == 1)

        await until(struck)
        await box.reset()
        await call
        assert wire.status == 410
        assert box.requests == ()


async def test_a_call_from_before_a_reset_changes_nothing_after_it(start: Any) -> None:
    async with start() as (box, wire):
        late = box.weather.add("delay", seconds=0.2, verb="POST")
        data = {"op": "mkdir", "path": "share=projects/late"}
        calls = [
            asyncio.create_task(wire.call("POST", "transfer/create", TRANSFER)),
            asyncio.create_task(wire.call("POST", "workspace/file", data)),
        ]

        async def struck() -> bool:
            return bool(late.hits == 2)

        await until(struck)
        await box.reset()
        for call in calls:
            assert "begun anew" in (await call)["message"]
        await wire.log_in()
        assert await wire.find("transfer") == []
        assert list(box.volume.iterdir()) == []
        assert [one.uri for one in box.requests] == ["login", "transfer/find"]


async def test_a_reset_waits_for_what_is_being_done_and_holds_back_what_is_asked_meanwhile(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing is held in its thread, a reset begins, a discovery is asked: they end in that order."""
    begun, go_on = threading.Event(), threading.Event()

    def held(*args: Any) -> list[Any]:
        begun.set()
        assert go_on.wait(15)
        return []

    monkeypatch.setattr("accsyn_async.sandbox.topics.files.list_files", held)
    async with start() as (box, wire):
        ended: list[str] = []

        async def note(name: str, work: Awaitable[Any]) -> Any:
            result = await work
            ended.append(name)
            return result

        data = {"op": "ls", "path": "share=projects"}
        listing = asyncio.create_task(note("listing", wire.call("GET", "workspace/file", data)))
        await asyncio.to_thread(begun.wait, 15)
        reset = asyncio.create_task(note("reset", box.reset()))
        await asyncio.sleep(0)
        path = "/api/v3/J3PKTtDvolDMBtTy6AFGA?%7B%22ident%22:%22acme%22%7D"
        discovery = asyncio.create_task(note("discovery", wire.request("GET", path)))
        go_on.set()
        assert await listing == {"result": []}
        await reset
        assert "result" in await discovery
        assert ended == ["listing", "reset", "discovery"]


async def test_a_seed_given_to_a_reset_holds_until_the_next(start: Any) -> None:
    async def made(box: Any, wire: Any) -> tuple[str, list[int]]:
        await wire.log_in()
        (box.volume / "a.mov").write_bytes(b"a")
        box.weather.add("error", share=0.5, uri="nothing")
        struck = [len(box.weather.strike("GET", "nothing")) for _ in range(40)]
        return (await wire.create(TRANSFER))["id"], struck

    async with start(seed=1) as (box, wire):
        await box.reset()
        first = await made(box, wire)
        await box.reset(seed=7)
        other = await made(box, wire)
        await box.reset()
        assert await made(box, wire) == first != other
    async with start() as (box, wire):
        await box.reset(seed=7)
        assert await made(box, wire) == other
        after = []
        for _ in range(2):
            await box.reset()
            after.append(await made(box, wire))
        assert after[0][0] != after[1][0]
        assert after[0][1] != after[1][1]


async def test_a_pace_of_time_given_holds_until_the_next_reset(start: Any) -> None:
    async with start(speed=0.0001, time_factor=0) as (box, wire):
        job = await wire.create(TRANSFER | {"status": "waiting"})
        await wire.until(job["id"], "running")
        await box.run_at(360_000)
        await wire.until(job["id"], "done")
        await box.reset()
        assert box.now == box.now
        with pytest.raises(ValueError, match="time_factor"):
            await box.run_at(-1)


async def test_temporary_folders_are_emptied_whatever_is_in_them(start: Any, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_bytes(b"kept")
    async with start() as (box, _):
        folder = box.volume.parent
        for _ in range(2):
            deep = box.volume / "deep" / "er"
            deep.mkdir(parents=True)
            (deep / "file").write_bytes(b"x")
            (box.volume / "link").symlink_to(tmp_path / "outside")
            (box.volume / "dangling").symlink_to("nowhere")
            await box.reset()
            assert list(box.volume.iterdir()) == []

        async def swept() -> bool:
            return list((folder / "aside").iterdir()) == []

        await until(swept)
        (box.volume / "late").mkdir()
        await box.reset()
    assert not folder.exists()
    assert (tmp_path / "outside" / "kept").exists()
