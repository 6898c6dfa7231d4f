"""Call by call, what goes out is what the official client 3.4.0 sends: both against one recording server."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, unquote

import pytest
from aiohttp import web

from accsyn_async import Session

JOB = "6971e16fceadd67b955b1995"
ROW = {"id": JOB, "name": "a"}
STOCKHOLM = dt.timezone(dt.timedelta(hours=1))

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("find", ("Transfer",), {}),
    ("find", ("entitytypes",), {}),
    ("find", ("attributes WHERE entitytype=transfer",), {"create": True}),
    ("find", ('attributes where entitytype="job"',), {"update": True}),
    ("find", ("Transfer WHERE status=aborted",), {"finished": True}),
    (
        "find",
        ('Transfer WHERE name="x and Y.png"',),
        {"attributes": [" name ", "status"], "limit": 5, "skip": 10},
    ),
    ("find", ('job WHERE ((user=5bfe AND source!=hq) OR status<>failed) AND code="Daily backup"',), {}),
    ("find", ("Task WHERE status=onhold",), {"entityid": JOB}),
    ("find", ("User",), {"inactive": True, "archived": False}),
    ("find", ("Transfer WHERE name=åäö",), {"limit": 0, "skip": 0}),
    ("find", ("Transfer",), {"single_entity_query": True}),
    ("find_one", ("Transfer WHERE user=User@Mail.com",), {}),
    (
        "find_one",
        ("Transfer",),
        {"attributes": ["name"], "finished": True, "archived": True, "inactive": False},
    ),
    ("get_entity", ("Transfer", JOB), {}),
    ("get_entity", ("transfer", JOB), {}),
    ("create", ("Transfer", {"source": "share=projects/a.mov", "destination": "site=berlin"}), {}),
    ("create", (" Transfer ", '{"source": "a", "destination": "b"}'), {"allow_duplicates": False}),
    ("create", ("job", [{"source": "a", "destination": "b"}]), {"replace_duplicates": True}),
    ("create", ("Task", {"source": "å/a", "destination": "b"}, JOB), {"allow_duplicates": True}),
    ("create", ("Task", {"tasks": ["/Volumes/x"]}), {"entityid": JOB}),
    ("create", ("File", {"path": "a"}, JOB), {"allow_duplicates": True}),
    ("create", ("Queue", {"name": "q", "when": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=STOCKHOLM)}), {}),
    ("create", ("Queue", {"name": "q", "day": dt.date(2026, 1, 2)}), {}),
    ("create", ("Transfer", {"tasks": [{"source": "x" * 500, "n": n} for n in range(300)]}), {}),
    ("update", ("Transfer", JOB, {"status": "paused", "metadata": {"a": [1, None, True, 0.5]}}), {}),
    ("update", ("user", "lisa@example.com", {"name": "Lisa"}), {}),
    ("update_many", ("Task", JOB, [{"id": "cc5f2afa", "status": "onhold"}]), {}),
    ("delete_one", ("Transfer", JOB), {}),
    ("delete_one", ("queue", "low", {"force": True}), {}),
]


class Recorder:
    """Answers every call with one row, and keeps what came."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append(
            {
                "verb": request.method,
                "path": request.path,
                "query": _masked(request.rel_url.raw_query_string),
                "body": _masked(quote(body)),
                "headers": {
                    name: request.headers.get(name)
                    for name in ("Authorization", "X-Accsyn-Workspace", "Content-Type")
                },
                "device": re.sub(r"v[\d.]+", "v", request.headers["X-Accsyn-Device"]),
            }
        )
        if request.path.endswith("/J3PKTtDvolDMBtTy6AFGA"):
            return web.json_response({"result": {"hostname": "127.0.0.1", "port": 1}})
        if request.path.endswith("/login"):
            return web.json_response({"result": {"id": "1", "role": "admin", "session_id": "abc-123"}})
        return web.json_response({"result": [ROW]})


def _masked(quoted: str) -> Any:
    """An event without what differs from call to call; gzip decompressed, as its header holds a time."""
    text = unquote(quoted)
    if text and "gz_data" in text:
        import base64
        import gzip

        event = json.loads(text)
        event["gz_data"] = gzip.decompress(base64.b64decode(event["gz_data"])).decode()
        text = json.dumps(event)
    quoted = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "EID", quote(text))
    return re.sub(r"(created%22%3A%20%22)[\dT%A-]{19,40}?(%22)", r"\1NOW\2", quoted)


@pytest.fixture
async def recorder() -> AsyncIterator[tuple[Recorder, int]]:
    recorder = Recorder()
    app = web.Application(client_max_size=10**7)
    app.router.add_route("*", "/{path:.*}", recorder.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield recorder, runner.addresses[0][1]
    await runner.cleanup()


def _official(port: int) -> list[Any]:
    import accsyn_api

    session = accsyn_api.Session("acme", "lisa@example.com", "my-key", proxy=f"127.0.0.1:{port}")
    return [getattr(session, name)(*args, **kwargs) for name, args, kwargs in _fresh()]


def _fresh() -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """The calls anew, as the official client writes into what it is given."""
    import copy

    return copy.deepcopy(CALLS)


async def test_call_by_call(recorder: tuple[Recorder, int]) -> None:
    record, port = recorder
    theirs = await asyncio.to_thread(_official, port)
    expected, record.requests = record.requests, []
    assert expected.pop(0)["path"] == "/api/v3/J3PKTtDvolDMBtTy6AFGA"
    async with Session(
        "acme", "lisa@example.com", "my-key", url=f"http://127.0.0.1:{port}", rate_limit=None
    ) as session:
        ours = [await getattr(session, name)(*args, **kwargs) for name, args, kwargs in _fresh()]
    assert len(record.requests) == len(expected) == len(CALLS) + 1
    for call, mine, official in zip([("login", (), {}), *CALLS], record.requests, expected, strict=True):
        assert mine == official, call
    assert ours == theirs


async def test_discovery(recorder: tuple[Recorder, int]) -> None:
    record, port = recorder
    await asyncio.to_thread(_official, port)
    from accsyn_async.wire.redact import Secret
    from accsyn_async.wire.v3 import V3

    request = V3("acme", "lisa@example.com", Secret("my-key"), "host").discovery(f"http://127.0.0.1:{port}")
    official = record.requests[0]
    assert request.verb == official["verb"]
    assert request.url.split("?") == [f"http://127.0.0.1:{port}{official['path']}", official["query"]]


async def test_quoted_regular_expressions_keep_their_case(recorder: tuple[Recorder, int]) -> None:
    """One of the two deliberate differences; the other is that certificates are checked."""
    record, port = recorder
    async with Session("acme", "lisa@example.com", "my-key", url=f"http://127.0.0.1:{port}") as session:
        await session.find(r'Transfer WHERE Name matches "\S+\.MOV"')
    event = json.loads(unquote(record.requests[-1]["query"]))
    assert event["query"] == r'name matches "\S+\.MOV"'
