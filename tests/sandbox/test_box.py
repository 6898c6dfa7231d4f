"""The sandbox itself: starting and ending it, its folders and users, what it refuses."""

from __future__ import annotations

import ast
import asyncio
import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import accsyn_async.sandbox
from accsyn_async.sandbox import Sandbox, SandboxUser


def test_it_shares_nothing_with_the_client() -> None:
    client = (
        "wire",
        "transport",
        "monitor",
        "models",
        "events",
        "errors",
        "api",
        "jobs",
        "event_json",
        "times",
    )
    for path in Path(accsyn_async.sandbox.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                assert not name.startswith(tuple(f"accsyn_async.{part}" for part in client)), path


def descriptors() -> int:
    return len(os.listdir("/dev/fd")) if os.path.exists("/dev/fd") else 0


async def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connect: Any) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, threads = descriptors(), set(threading.enumerate())
    box = Sandbox(speed=0.05, rate_limit=False)
    async with box:
        folders = [box.volume, box.local_root, box.site_root("berlin")]
        assert all(folder.is_dir() for folder in folders)
        (box.volume / "a.mov").write_bytes(bytes(1_000_000))
        async with connect(box) as wire:
            running = await wire.create({"source": "a.mov", "destination": "site=berlin"})
            paused = await wire.create({"source": "a.mov", "destination": "/in/"})
            await wire.until(running["id"], "running")
            await wire.until(paused["id"], "running")
            await wire.edit(paused["id"], status="paused")
    await box.aclose()
    await box.aclose()
    assert os.listdir(tmp_path) == []
    assert not [task for task in asyncio.all_tasks() if "accsyn-sandbox" in task.get_name()]
    begun = set(threading.enumerate()) - threads
    assert not [thread for thread in begun if thread.name.startswith("accsyn-sandbox")]
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(box.url)
    assert descriptors() <= before + 1


async def test_folders_that_were_given_are_kept_without_half_files(tmp_path: Path, connect: Any) -> None:
    volume, local = tmp_path / "v", tmp_path / "l"
    async with Sandbox(volume=volume, local_root=str(local), speed=0.05) as box, connect(box) as wire:
        assert (box.volume, box.local_root) == (volume.resolve(), local.resolve())
        (volume / "a.mov").write_bytes(bytes(1_000_000))
        job = await wire.create({"source": "a.mov", "destination": "/in/"})
        await wire.until(job["id"], "running")
    assert (volume / "a.mov").exists()
    assert [name for _, _, files in os.walk(local) for name in files] == []


async def test_users_and_their_keys(caplog: pytest.LogCaptureFixture, connect: Any) -> None:
    caplog.set_level(logging.DEBUG)
    async with Sandbox() as one, Sandbox(workspace="other") as two:
        assert [user.role for user in one.users] == ["admin", "employee", "standard"]
        assert one.user("admin").username == "admin@example.com"
        keys = {user.api_key for box in (one, two) for user in box.users}
        assert len(keys) == 6
        assert all(len(key) >= 32 for key in keys)
        async with connect(one) as wire:
            await wire.request("PUT", "/api/v3/event", data=b"{}", headers={"X-\x80": "1"})
            await wire.find("user")
        for key in keys:
            assert key not in repr(one.users) + repr(one) + caplog.text
        with pytest.raises(KeyError):
            one.user("support")
        for code in ("hq", "london"):
            with pytest.raises(KeyError):
                one.site_root(code)
        assert isinstance(one.users[0], SandboxUser)
        assert (one.workspace, two.workspace) == ("acme", "other")
        assert one.url != two.url
        assert one.ca is None


async def test_wrong_use() -> None:
    for options in (
        {"speed": 0},
        {"speed": float("inf")},
        {"speed": -1},
        {"workspace": ""},
        {"time_factor": -1},
        {"synthetic_jobs": -1},
    ):
        with pytest.raises(ValueError, match="must"):
            Sandbox(**options)
    box = Sandbox()
    await box.aclose()
    with pytest.raises(RuntimeError, match="async with"):
        _ = box.url
    async with box:
        with pytest.raises(RuntimeError, match="once"):
            await box.__aenter__()


async def test_a_port_that_is_taken_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with Sandbox() as box:
        port = int(box.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            async with Sandbox(port=port):
                pass
        assert len(os.listdir(tmp_path)) == 1


async def test_tls_without_trustme_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "trustme", None)
    with pytest.raises(RuntimeError, match=r"accsyn-async\[cli\]"):
        async with Sandbox(tls=True):
            pass


async def test_statistics(connect: Any) -> None:
    async with Sandbox() as box, connect(box) as wire:
        await wire.find("user")
        await wire.find("user")
        found = box.statistics()
        assert (found.requests, found.logins, found.throttled) == (3, 1, 0)
        assert found.events == {"user/find": 2}


@pytest.mark.parametrize("tls", [False, True])
async def test_this_library_s_session(tls: bool) -> None:
    async with Sandbox(tls=tls) as box:
        (box.volume / "a.mov").write_bytes(bytes(100_000))
        async with box.session("employee") as session:
            transfer = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
            assert isinstance(transfer, dict)
            job = await session.wait(transfer["id"], timeout=30)
            assert job.progress == 100
            box.expire_sessions()
            assert await session.find("User")
        assert (box.site_root("berlin") / "projects" / "a.mov").stat().st_size == 100_000


async def test_another_address(connect: Any) -> None:
    try:
        box = await Sandbox(host="::1").__aenter__()
    except OSError:
        pytest.skip("no IPv6 here")
    try:
        assert box.url.startswith("http://[::1]:")
        async with connect(box) as wire:
            assert await wire.find("user")
    finally:
        await box.aclose()


async def test_many_jobs_at_once(connect: Any) -> None:
    async with Sandbox(rate_limit=False) as box, connect(box) as wire:
        for number in range(50):
            (box.volume / f"{number}.mov").write_bytes(bytes([number]) * 100_000)
        jobs = [await wire.create({"source": f"{n}.mov", "destination": "site=berlin"}) for n in range(50)]
        assert [job["name"] for job in jobs] == [f"{number}.mov" for number in range(50)]
        for job in jobs:
            await wire.until(job["id"], "done")
        for number in range(50):
            copy = box.site_root("berlin") / "projects" / f"{number}.mov"
            assert copy.read_bytes() == bytes([number]) * 100_000
