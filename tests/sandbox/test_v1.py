"""The dialect of older workspaces: logging in, discovery, and clients that speak it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from accsyn_async import Session
from accsyn_async.errors import AccsynError, AuthenticationError, SessionExpiredError
from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.server.session_keys import seconds_of
from tests.sandbox.old_wire import Old, credentials


@pytest.mark.parametrize("lifetime", [0, -1, True, "x", "1w", [], 1e12, float("inf")])
def test_no_lifetime(lifetime: object) -> None:
    with pytest.raises(Refusal, match="lifetime"):
        seconds_of(lifetime)


async def test_three_ways_to_log_in_and_their_end(box: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        old = Old(http, box, "standard")
        password = base64.b64encode(old.user.password.encode()).decode()
        reply = await old.log_in(old.told("ASCredentials", pwd=password))
        assert (reply["clearance"], reply["id"]) == ("client", old.user.id)
        first = old.key
        made = await old.call(
            "POST", "user/generate_session_key", {"lifetime": 3600}, query=old.user.username
        )
        assert (await old.log_in(old.told("ASSession", session_key=made["session_key"])))["session_key"] == (
            made["session_key"]
        )
        assert "result" in await old.call("GET", "user/find", {})
        await box.advance(hours=1)
        assert (await old.call("GET", "user/find", {}))["session_expired"] is True
        assert "message" in await old.log_in(old.told("ASSession", session_key=made["session_key"]))
        assert old.status == 401
        old.key = first
        assert "result" in await old.call("GET", "user/find", {})
        await box.advance(hours=9)
        assert (await old.call("GET", "user/find", {}))["session_expired"] is True
        api_key = old.told("ASCredentials", api_key=old.user.api_key)
        assert (await old.log_in(api_key, session_key_reuse=first))["session_key"] == first
        assert "result" in await old.call("GET", "user/find", {})
        assert (await old.log_in(api_key, session_key_reuse="unknown"))["session_key"] != first


async def test_wrong_logins(box: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        old = Old(http, box)
        good = {"domain": "acme", "username": old.user.username, "api_key": old.user.api_key}
        for wrong in (
            "",
            "ASCredentials",
            "ASCredentials nonsense",
            "basic YQ==:Yg==",
            credentials("ASCredentials", **good | {"domain": "elsewhere"}),
            credentials("ASCredentials", **good | {"username": "nobody@example.com"}),
            credentials("ASCredentials", **good | {"api_key": "wrong"}),
            credentials("ASCredentials", **good | {"api_key": 1}),
            credentials("ASCredentials", **good | {"api_key": "\ud800"}),
            credentials("ASCredentials", domain="acme", username=old.user.username, pwd=""),
            credentials("ASCredentials", domain="acme", username=old.user.username),
            credentials("ASSession", **good),
            credentials("ASSession", domain="acme", username=old.user.username, session_key="x"),
        ):
            assert "message" in await old.log_in(wrong), wrong
            assert old.status == 401
        assert "message" in await old.request("PUT", "/user/login/auth", credentials("ASCredentials", **good))
        await old.log_in(credentials("ASCredentials", **good))
        other = Old(http, box, "standard")
        other.key = old.key
        assert (await other.call("GET", "user/find", {}))["session_expired"] is True
        assert "ident" in (await old.call("GET", "user/find", {}, ident=other.user.username))["message"]
        assert "message" in await old.call("POST", "user/generate_session_key", {}, query=other.user.username)
        for secret in (old.user.password, old.user.api_key):
            assert secret not in repr(box.users) + repr(box.requests)


async def test_discovery(box: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        old = Old(http, box)
        path = "/registry/organization/domain"
        assert await old.request("PUT", path, "", b'{"organization": "acme"}') == {"domain": "acme"}
        assert "message" in await old.request("PUT", path, "", b'{"organization": "other"}')
        assert "message" in await old.request("PUT", path, "")


async def test_this_library_s_session_in_v1(box: Sandbox) -> None:
    (box.volume / "a.mov").write_bytes(bytes(100_000))
    async with box.session("employee", api_version="v1") as session:
        job = await session.create("Job", {"source": "a.mov", "destination": "site=berlin"})
        assert isinstance(job, dict)
        assert (await session.wait(job["id"], timeout=30)).progress == 100
        assert [row["code"] for row in await session.find("Queue")] == ["medium"]
        assert [row["code"] for row in await session.find("Site WHERE code=Berlin")] == ["berlin"]
        (task,) = await session.find("Task", entityid=job["id"])
        assert task["status"] == "done"
        (row,) = await session.find("Job", finished=True)
        assert row["id"] == job["id"]
        box.expire_sessions()
        assert await session.find("User")
        key = await session.generate_session_key(60)
    async with box.session("employee", api_version="v1", session_key=key) as session:
        assert await session.find("User")
        await box.advance(minutes=1)
        with pytest.raises(SessionExpiredError):
            await session.find("User")
    async with box.session("standard", api_version="v1", pwd=box.user("standard").password) as session:
        assert len(await session.find("User")) == 1
    with pytest.raises(AuthenticationError):
        async with box.session("standard", api_version="v1", pwd="wrong") as session:
            await session.find("User")


async def test_a_watch_in_v1(box: Sandbox) -> None:
    (box.volume / "a.mov").write_bytes(bytes(100_000))
    seen = []
    async with box.session(api_version="v1") as session:
        async with session.watch("Job") as watch:
            job = await session.create("Job", {"source": "a.mov", "destination": "site=berlin"})
            assert isinstance(job, dict)
            async with asyncio.timeout(30):
                async for event in watch:
                    seen.append(type(event).__name__)
                    if seen[-1] == "JobFinished":
                        break
        with pytest.raises(AccsynError):
            await session.create("Job", {"source": "a.mov", "destination": "site=nowhere"})


CALLS_OF_2_2_1: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("find", ["User"], {}),
    ("find", ["Queue"], {}),
    ("find", ["Site WHERE code=berlin"], {}),
    ("find", ["entitytypes"], {}),
    ("find", ["attributes WHERE entitytype=job"], {}),
    ("create", ["Job", {"source": "a.mov", "destination": "site=berlin", "status": "paused"}], {}),
    ("find", ["Job WHERE status=paused AND source=organization:acme"], {}),
    ("find_one", ["Job WHERE name=A.mov"], {}),
    ("generate_session_key", [60], {}),
    ("gui_is_running", [], {}),
]


async def _play_2_2_1(box: Sandbox, who: dict[str, str]) -> list[Any]:
    """What the official client 2.2.1 gets; where it is not at hand, what this package's own session gets."""
    folder = os.environ.get("OFFICIAL_2_2_1")
    if folder is None:
        assert os.environ.get("CI") is None, "CI must have the official client 2.2.1: OFFICIAL_2_2_1"
        options: dict[str, Any] = {**who, "api_version": "v1", "url": box.url}
        async with Session(**options) as session:
            return [await getattr(session, name)(*args, **kwargs) for name, args, kwargs in CALLS_OF_2_2_1]
    play = Path(__file__).parents[1] / "official" / "play.py"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(play), box.url.rpartition(":")[2], json.dumps(who)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": folder, "PATH": os.environ["PATH"]},
    )
    out, _ = await process.communicate(json.dumps(CALLS_OF_2_2_1).encode())
    played = json.loads(out)
    assert played["version"].startswith("2.2.1")
    returned: list[Any] = played["returned"]
    return returned


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_the_official_client_2_2_1(box: Sandbox) -> None:
    (box.volume / "a.mov").write_bytes(bytes(1000))
    user = box.user("admin")
    who = {"domain": box.workspace, "username": user.username}
    for proof in ({"api_key": user.api_key}, {"pwd": user.password}):
        users, queues, sites, types, names, job, paused, one, key, running = await _play_2_2_1(
            box, who | proof
        )
        assert [row["clearance"] for row in users] == ["admin", "employee", "client"]
        assert (job["source_hr"], job["destination_hr"]) == ("organization:acme", "site:berlin")
        assert (queues[0]["code"], sites[0]["code"]) == ("medium", "berlin")
        assert {"job", "queue", "share", "organization"} <= set(types)
        assert "status" in names
        assert job["id"] in [row["id"] for row in paused]
        assert one["name"] == "a.mov"
        assert isinstance(key, str)
        assert running is True


async def test_a_disabled_user_cannot_log_in(box: Sandbox) -> None:
    user = box.user("standard")
    user.status = "disabled"
    proofs: list[dict[str, Any]] = [{"api_key": user.api_key}, {"pwd": user.password}]
    for proof in proofs:
        with pytest.raises(AuthenticationError):
            async with Session(box.workspace, user.username, **proof, url=box.url, api_version="v1"):
                pass
