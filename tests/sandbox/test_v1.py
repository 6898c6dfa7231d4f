from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from accsyn_async.errors import AccsynError, AuthenticationError, SessionExpiredError
from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.envelope import Event
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.session_keys import seconds_of
from accsyn_async.sandbox.v1 import from_v1

JOB = "5e7b1f0a9c0d4b2a8e6f1234"
QUEUE = "aaaaaaaaaaaaaaaaaaaaaaaa"

# verb, uri, data, query, id -> verb, uri, data, query, id
CALLS: list[tuple[tuple[Any, ...], tuple[Any, ...]]] = [
    (("GET", "entitytypes", {}), ("GET", "entitytypes", {})),
    (("GET", "job/find", {"type": 1}), ("GET", "job/find", {})),
    (("GET", "job/find", {"type": 2}), ("GET", "queue/find", {})),
    (("GET", "Job/Find", {"type": 1, "finished": True}), ("GET", "job/find", {"finished": True})),
    (
        ("GET", "job/find", {"type": 1}, f"id='{JOB.upper()}'"),
        ("GET", "job/find", {}, None, JOB),
    ),
    (
        ("GET", "job/find", {"type": 1}, f"id={JOB} and status=done"),
        ("GET", "job/find", {}, f"id={JOB} and status=done"),
    ),
    (
        ("GET", "job/task/find", {}, f"job.id={JOB}"),
        ("GET", "task/find", {}, f"job.id={JOB}"),
    ),
    (("POST", "job/create", {"type": 2, "code": "low"}), ("POST", "queue/create", {"code": "low"})),
    (("POST", "job/create", {"tasks": []}), ("POST", "job/create", {"tasks": []})),
    (("POST", "job/task/create", {"tasks": []}, JOB), ("POST", "task/create", {"tasks": []}, None, JOB)),
    (("PUT", "job/task/edit", [{"id": "1"}], None, JOB), ("PUT", "task/edit", [{"id": "1"}], None, JOB)),
    (
        ("PUT", "job/edit", {"priority": 3}, None, QUEUE),
        ("PUT", "queue/edit", {"priority": 3}, None, QUEUE),
    ),
    (
        ("PUT", "job/edit", {"status": "paused"}, None, JOB),
        ("PUT", "job/edit", {"status": "paused"}, None, JOB),
    ),
    (("DELETE", "job/delete", {}, None, QUEUE), ("DELETE", "queue/delete", {}, None, QUEUE)),
    (("GET", "user/find", {"offline": True}), ("GET", "user/find", {"inactive": True})),
    (("DELETE", "share/offline", {}, None, JOB), ("DELETE", "share/deactivate", {}, None, JOB)),
    (("GET", "organization/site/find", {}), ("GET", "site/find", {})),
    (("GET", "organization/file", {"op": "ls"}), ("GET", "workspace/file", {"op": "ls"})),
    (
        ("PUT", "organization/integration/ftrack/utility", {"operation": "sync"}),
        ("PUT", "workspace/integration/ftrack/utility", {"operation": "sync"}),
    ),
    (("PUT", "share/edit", {"server": "s"}, None, JOB), ("PUT", "share/server", {"client": "s"}, None, JOB)),
    (
        ("PUT", "share/edit", {"siteserver_clear": "s"}, None, JOB),
        ("DELETE", "share/server", {"client": "s"}, None, JOB),
    ),
    (
        ("GET", "setting", {"scope": "queue", "name": "x", "ident": JOB, "data": None}),
        ("GET", "setting", {"entitytype": "queue", "name": "x", "data": None}, None, JOB),
    ),
    (("GET", "acl/find", {}, "acl"), ("GET", "acl/find", {}, "acl")),
]


@pytest.mark.parametrize(("old", "new"), CALLS)
def test_what_older_clients_mean(old: tuple[Any, ...], new: tuple[Any, ...]) -> None:
    verb, uri, data, query, ident = (*old, None, None)[:5]
    event = Event(uri, "acme", "s", "lisa@example.com", data, query, ident)
    got_verb, got = from_v1(verb, event, lambda one: one == QUEUE)
    assert (got_verb, got.uri, got.data, got.query, got.id) == (*new, None, None)[:5]
    assert event.data == data


@pytest.mark.parametrize("lifetime", [0, -1, True, "x", "1w", [], 1e12, float("inf")])
def test_no_lifetime(lifetime: object) -> None:
    with pytest.raises(Refusal, match="lifetime"):
        seconds_of(lifetime)


def credentials(scheme: str, **told: Any) -> str:
    return f"{scheme} {base64.b64encode(json.dumps(told).encode()).decode()}"


class Old:
    """Sends v1, written from its description."""

    def __init__(self, http: aiohttp.ClientSession, box: Sandbox, role: str = "admin") -> None:
        self.http, self.box, self.user = http, box, box.user(role)
        self.key = ""
        self.status = 0

    def told(self, scheme: str, **secret: str) -> str:
        return credentials(scheme, domain=self.box.workspace, username=self.user.username, **secret)

    async def request(self, verb: str, path: str, authorization: str, body: bytes = b"") -> Any:
        url = URL(f"{self.box.url}/api/v1.0{path}", encoded=True)
        headers = {"Authorization": authorization, "ASDevice": "test"}
        async with self.http.request(verb, url, headers=headers, data=body or None) as reply:
            self.status = reply.status
            return await reply.json()

    async def log_in(self, authorization: str, **body: Any) -> Any:
        text = json.dumps({"session": str(uuid.uuid4()), **body}).encode()
        reply = await self.request("PUT", "/user/login/auth", authorization, text)
        self.key = reply.get("session_key", self.key)
        return reply

    async def call(self, verb: str, uri: str, data: Any = None, **fields: Any) -> Any:
        event = {
            "audience": "api",
            "domain": self.box.workspace,
            "eid": str(uuid.uuid4()),
            "session": str(uuid.uuid4()),
            "uri": uri,
            "ident": self.user.username,
            "created": "2026-01-22T08:35:59",
            "hostname": "test",
            "data": data,
            **fields,
        }
        authorization = self.told("ASSession", session_key=self.key)
        text = json.dumps(event)
        if verb in ("GET", "DELETE"):
            return await self.request(verb, "/event?" + quote(text), authorization)
        return await self.request(verb, "/event", authorization, text.encode())


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


OLD_URIS = st.sampled_from(
    [
        *(
            f"job/{verb}"
            for verb in ("find", "create", "edit", "delete", "offline", "task/find", "task/create")
        ),
        *(
            "share/edit",
            "setting",
            "organization/file",
            "organization/site/find",
            "user/generate_session_key",
        ),
        *("user/find", "attributes", "entitytypes", "organization/", "job/", "job/task/", "/"),
    ]
) | st.text(max_size=8)
OLD_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "offline",
                    "server",
                    "siteserver_clear",
                    "scope",
                    "ident",
                    "name",
                    "lifetime",
                    "tasks",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


async def test_any_event_is_answered(box: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        old = Old(http, box)
        await old.log_in(old.told("ASCredentials", api_key=old.user.api_key))
        loop = asyncio.get_running_loop()

        @settings(max_examples=100)
        @given(
            st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
            OLD_URIS,
            OLD_VALUES,
            st.none() | st.text(max_size=10) | st.sampled_from([f"id={JOB}", "status=done"]),
            st.none() | st.just(JOB) | st.text(max_size=5),
        )
        def send(verb: str, uri: str, data: Any, query: str | None, ident: str | None) -> None:
            work = old.call(verb, uri, data, query=query, id=ident)
            reply = asyncio.run_coroutine_threadsafe(work, loop).result(30)
            assert old.status in (200, 400), reply
            assert {"result", "message", "session_key"} & set(reply)
            assert "exception" not in reply

        await asyncio.to_thread(send)


async def test_any_credentials_are_answered(box: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        old = Old(http, box)
        loop = asyncio.get_running_loop()

        @settings(max_examples=60)
        @given(
            st.sampled_from(["ASCredentials", "ASSession", "basic"]),
            st.dictionaries(
                st.sampled_from(["domain", "username", "api_key", "pwd", "session_key"]),
                OLD_VALUES | st.sampled_from(["acme", "admin@example.com"]),
            )
            | OLD_VALUES,
        )
        def log_in(scheme: str, told: Any) -> None:
            header = f"{scheme} {base64.b64encode(json.dumps(told).encode()).decode()}"
            reply = asyncio.run_coroutine_threadsafe(old.log_in(header), loop).result(30)
            assert old.status == 401
            assert list(reply) == ["message"]

        await asyncio.to_thread(log_in)


CALLS_OF_2_2_1: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("find", ["User"], {}),
    ("find", ["Queue"], {}),
    ("find", ["Site WHERE code=berlin"], {}),
    ("find", ["entitytypes"], {}),
    ("find", ["attributes WHERE entitytype=job"], {}),
    ("create", ["Job", {"source": "a.mov", "destination": "site=berlin", "status": "paused"}], {}),
    ("find", ["Job WHERE status=paused"], {}),
    ("find_one", ["Job WHERE name=A.mov"], {}),
    ("generate_session_key", [60], {}),
    ("gui_is_running", [], {}),
]


@pytest.mark.skipif("OFFICIAL_2_2_1" not in os.environ, reason="needs OFFICIAL_2_2_1")
async def test_the_official_client_2_2_1(box: Sandbox) -> None:
    (box.volume / "a.mov").write_bytes(bytes(1000))
    user = box.user("admin")
    play = Path(__file__).parents[1] / "official" / "play.py"
    who = {"domain": box.workspace, "username": user.username}
    for proof in ({"api_key": user.api_key}, {"pwd": user.password}):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(play), box.url.rpartition(":")[2], json.dumps(who | proof)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": os.environ["OFFICIAL_2_2_1"], "PATH": os.environ["PATH"]},
        )
        out, _ = await process.communicate(json.dumps(CALLS_OF_2_2_1).encode())
        played = json.loads(out)
        assert played["version"].startswith("2.2.1")
        users, queues, sites, types, names, job, paused, one, key, running = played["returned"]
        assert len(users) == 3
        assert (queues[0]["code"], sites[0]["code"]) == ("medium", "berlin")
        assert "queue" in types
        assert "status" in names
        assert job["id"] in [row["id"] for row in paused]
        assert one["name"] == "a.mov"
        assert isinstance(key, str)
        assert running is True
