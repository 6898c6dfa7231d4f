"""The whole, through the sandbox: real servers, real files, and the official client beside us."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from accsyn_async import (
    AuthenticationError,
    JobChanged,
    JobFailedError,
    JobFinished,
    JobFound,
    NotFoundError,
    RateLimit,
    Session,
    Synced,
    TransportError,
)
from accsyn_async.sandbox import Sandbox


def put(box: Sandbox, name: str, size: int) -> bytes:
    content = os.urandom(size)
    path = box.volume / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return content


async def test_a_live_transfer_end_to_end() -> None:
    async with Sandbox(speed=6) as box, box.session("admin") as session:
        content = put(box, "thefilm/010/a.mov", 9_000_000)
        transfer = await session.create(
            "Transfer", {"source": "share=projects/thefilm/010/a.mov", "destination": "site=berlin"}
        )
        events = []
        async with session.watch(transfer["id"]) as watch:
            async for event in watch:
                events.append(event)
        assert isinstance(events[0], JobFound)
        assert isinstance(events[1], Synced)
        assert isinstance(events[-1], JobFinished)
        changes = [event for event in events if isinstance(event, JobChanged)]
        running = [event.job for event in changes if event.job.status == "running"]
        assert running
        assert all(0 <= job.progress <= 100 and job.speed is not None for job in running)
        assert events[-1].job.status == "done"
        assert events[-1].job.size == len(content)
        arrived = box.site_root("berlin") / "projects" / "thefilm/010/a.mov"
        assert arrived.read_bytes() == content
        assert (await session.find("Transfer")) == []
        (found,) = await session.find(f"Transfer WHERE id={transfer['id']}", finished=True)
        assert found["finished"] == events[-1].job.finished
        assert box.statistics().throttled == 0


async def test_the_calls_of_a_session() -> None:
    async with Sandbox(speed=1) as box, box.session("employee") as session:
        assert (session.role, session.username) == ("employee", box.user("employee").username)
        put(box, "a.mov", 3_000_000)
        put(box, "b.mov", 10)
        transfer = await session.create(
            "Transfer",
            {
                "tasks": [{"source": "a.mov", "destination": "site=berlin"}],
                "name": "My job",
                "metadata": {"a": 1},
            },
        )
        ident = transfer["id"]
        assert (await session.find_one('Transfer WHERE name="my JOB"'))["id"] == ident  # type: ignore[index]
        assert (await session.get_entity("Transfer", ident))["metadata"] == {"a": 1}  # type: ignore[index]
        assert await session.get_entity("Transfer", "0" * 24) is None
        paused = await session.update("Transfer", ident, {"status": "paused"})
        assert paused is not None
        assert paused["status"] == "paused"
        (task,) = await session.find("Task", entityid=ident)
        (edited,) = await session.update_many("task", ident, [{"id": task["id"], "status": "onhold"}]) or []
        assert edited["status"] == "onhold"
        await session.create("Task", [{"source": "b.mov", "destination": "site=berlin"}], ident)
        assert len(await session.find("Task", entityid=ident, attributes=["status"])) == 2
        assert await session.delete_one("Transfer", ident) is True
        with pytest.raises(NotFoundError):
            await session.delete_one("Transfer", ident)
        with pytest.raises(NotFoundError):
            await session.update("Transfer", ident, {"status": "waiting"})


async def test_a_missing_source_fails_the_wait() -> None:
    async with Sandbox() as box, box.session() as session:
        transfer = await session.create(
            "Transfer", {"source": "share=projects/none", "destination": "site=berlin"}
        )
        with pytest.raises(JobFailedError, match="none"):
            await session.wait(transfer["id"], timeout=30)


async def test_a_session_that_expires_in_mid_watch_with_a_hundred_calls_in_flight() -> None:
    async with Sandbox(speed=3, rate_limit=False) as box, box.session(rate_limit=None) as session:
        put(box, "a.mov", 6_000_000)
        transfer = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
        async with session.watch(transfer["id"]) as watch:
            async for event in watch:
                if isinstance(event, Synced):
                    break
            calls = [asyncio.create_task(session.find("Transfer")) for _ in range(100)]
            box.expire_sessions()
            assert {len(rows) for rows in await asyncio.gather(*calls)} == {1}
            assert [type(event) async for event in watch][-1] is JobFinished
        assert box.statistics().logins == 2


async def test_the_real_rate_limit_is_kept_by_default_and_met_without() -> None:
    async with Sandbox() as box:
        async with box.session() as session:
            await asyncio.gather(*(session.find("User") for _ in range(45)))
            assert box.statistics().throttled == 0
        async with box.session(rate_limit=RateLimit(10_000, burst=10_000)) as session:
            results = await asyncio.gather(*(session.find("User") for _ in range(70)), return_exceptions=True)
            assert box.statistics().throttled > 0
            assert sum(isinstance(result, list) for result in results) == 70


async def test_over_tls() -> None:
    async with Sandbox(tls=True) as box:
        async with box.session("standard") as session:
            assert await session.find("Transfer") == []
        user = box.user("standard")
        with pytest.raises(TransportError, match="certificate"):
            async with Session(box.workspace, user.username, user.api_key, url=box.url):
                raise AssertionError("entered")


async def test_a_wrong_key_is_one_login() -> None:
    async with Sandbox() as box:
        user = box.user("admin")
        with pytest.raises(AuthenticationError, match="refused"):
            async with Session(box.workspace, user.username, "wrong", url=box.url):
                raise AssertionError("entered")
        assert box.statistics().requests == 1


async def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sandbox() as box:
        user = box.user("employee")
        monkeypatch.setenv("ACCSYN_URL", box.url)
        monkeypatch.setenv("ACCSYN_WORKSPACE", box.workspace)
        monkeypatch.setenv("ACCSYN_API_USER", user.username)
        monkeypatch.setenv("ACCSYN_API_KEY", user.api_key)
        async with Session() as session:
            assert session.role == "employee"


async def test_a_watch_follows_what_the_official_client_submits() -> None:
    def submit(port: int, username: str, api_key: str) -> dict[str, Any]:
        import accsyn_api

        session = accsyn_api.Session("acme", username, api_key, proxy=f"127.0.0.1:{port}")
        created: dict[str, Any] = session.create(
            "Transfer", {"source": "share=projects/a.mov", "destination": "/Volumes/EDIT/from_client/"}
        )
        return created

    async with Sandbox(speed=20) as box, box.session() as session:
        content = put(box, "a.mov", 5_000_000)
        user = box.user("admin")
        async with session.watch("Transfer") as watch:
            async for event in watch:
                if isinstance(event, Synced):
                    port = int(box.url.rsplit(":", 1)[1])
                    created = await asyncio.to_thread(submit, port, user.username, user.api_key)
                if isinstance(event, JobFinished):
                    assert event.job.id == created["id"]
                    break
        assert (box.local_root / "Volumes/EDIT/from_client/a.mov").read_bytes() == content
