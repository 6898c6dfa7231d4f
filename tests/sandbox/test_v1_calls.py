"""What the calls of older clients become, and that any of them is answered."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async.sandbox import Sandbox
from accsyn_async.sandbox.server.v1 import from_v1
from accsyn_async.sandbox.topics.event import Event
from tests.sandbox.old_wire import Old

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
    (("GET", "share/servers", {}, None, JOB), ("GET", "volume/servers", {}, None, JOB)),
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
