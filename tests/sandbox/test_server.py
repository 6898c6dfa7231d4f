"""HTTP: who is answered, wrong requests, and whatever bytes come."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import gzip
import io
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accsyn_async.cli.log_lines import logging_to
from accsyn_async.sandbox import Sandbox
from tests.cli.making import err, to_pipe

DISCOVERY = "/api/v3/J3PKTtDvolDMBtTy6AFGA?%7B%22ident%22%3A%20%22acme%22%7D"


async def raw(box: Sandbox, text: str | bytes) -> tuple[int, dict[str, str], Any]:
    """Send bytes, read the whole answer: status, headers, JSON."""
    port = int(box.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text if isinstance(text, bytes) else text.encode())
        await writer.drain()
        async with asyncio.timeout(15):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()
        await writer.wait_closed()
    return int(lines[0].split()[1]), headers, json.loads(body)


def port_of(box: Sandbox) -> str:
    return box.url.rpartition(":")[2]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:{port}", "localhost:{port}", "LOCALHOST", "[::1]:{port}"]
)
async def test_this_machine_s_names_are_served(box: Sandbox, host: str) -> None:
    host = host.format(port=port_of(box))
    status, headers, reply = await raw(box, f"GET {DISCOVERY} HTTP/1.1\r\nHost: {host}\r\n\r\n")
    assert status == 200
    assert reply == {"result": {"hostname": "127.0.0.1", "port": int(port_of(box))}}
    assert headers["x-content-type-options"] == "nosniff"
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "hosts",
    [
        "",
        "Host: evil.com\r\n",
        "Host: 127.0.0.1.evil\r\n",
        "Host: 127.0.0.1:1\r\n",
        "Host: 127.0.0.1@evil.com\r\n",
        "Host: \r\n",
        "Host: evil.com\r\nHost: 127.0.0.1\r\n",
        "Host: 127.0.0.1\r\nHost: evil.com\r\n",
        "Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n",
        "Host: master.accsyn.com\r\n",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
async def test_other_names_are_refused_before_anything_else(box: Sandbox, hosts: str, method: str) -> None:
    for path in (DISCOVERY, "/api/v3/event?{}", "/"):
        status, _, reply = await raw(box, f"{method} {path} HTTP/1.1\r\n{hosts}Content-Length: 0\r\n\r\n")
        assert 400 <= status < 500
        assert "message" in reply
    assert box.statistics().events == {}


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x00\xff\x01\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PUT /api/v3/event HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_answered_with_an_object(box: Sandbox, text: bytes) -> None:
    status, _, reply = await raw(box, text)
    assert 400 <= status < 500
    assert "message" in reply


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", 404),
        ("GET", "/api/v3/event/../x", 404),
        ("GET", "/api/v2/event", 404),
        ("GET", "/api/v1.0/event", 401),
        ("GET", "/_sandbox/state", 404),
        ("POST", "/api/v3/api/login", 405),
        ("OPTIONS", "/api/v3/event", 405),
        ("PATCH", "/api/v3/event", 405),
        ("GET", "/api/v3/J3PKTtDvolDMBtTy6AFGA", 400),
        ("GET", "/api/v3/event?nonsense", 400),
        ("PUT", "/api/v3/event", 400),
    ],
)
async def test_wrong_requests(wire: Any, method: str, path: str, expected: int) -> None:
    reply = await wire.request(method, path)
    assert wire.status == expected
    assert "message" in reply


async def test_unknown_workspaces_have_no_host(wire: Any) -> None:
    reply = await wire.request("GET", "/api/v3/J3PKTtDvolDMBtTy6AFGA?%7B%22ident%22:%22other%22%7D")
    assert "other" in reply["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "basic"},
        {"Authorization": "basic YQ==:YQ=="},
        {"Authorization": "basic YWRtaW5AZXhhbXBsZS5jb20=:YQ=="},
        {"Authorization": "basic %%%:%%%"},
        {"Authorization": "Bearer x"},
        {"X-Accsyn-Workspace": "other"},
        {"X-Accsyn-Workspace": ""},
    ],
)
async def test_wrong_credentials(wire: Any, headers: dict[str, str]) -> None:
    before = wire.box.statistics().logins
    for path in ("/api/v3/api/login", "/api/v3/event"):
        reply = await wire.request("PUT", path, data=b"{}", headers=headers)
        assert wire.status == 401
        assert reply["message"].startswith("E#A40")
    assert wire.box.statistics().logins == before


async def test_another_user_s_key_does_not_log_in(box: Sandbox, connect: Any) -> None:
    async with connect(box, "standard") as wire:
        wire.user = dataclasses.replace(wire.user, code="admin@example.com")
        reply = await wire.request("PUT", "/api/v3/api/login", data=b"{}")
        assert wire.status == 401
        assert "message" in reply


async def test_sessions_expire_and_belong_to_one(box: Sandbox, connect: Any) -> None:
    async with connect(box, "admin") as admin, connect(box, "employee") as employee:
        own = admin.session
        admin.session = employee.session
        assert (await admin.call("GET", "user/find", {}))["session_expired"] is True
        admin.session = own
        assert await admin.find("user")
        box.expire_sessions()
        reply = await admin.call("POST", "transfer/create", {"source": "a", "destination": "site=berlin"})
        assert reply["session_expired"] is True
        assert "message" in reply
        await admin.log_in()
        assert await admin.find("transfer") == []


async def test_the_event_must_be_this_user_s_and_workspace_s(wire: Any) -> None:
    for change in ({"ident": "employee@example.com"}, {"workspace": "other"}):
        reply = await wire.send("GET", {**wire.event("user/find"), **change})
        assert "message" in reply


async def test_unknown_calls_and_wrong_verbs(wire: Any) -> None:
    for method, uri in (("GET", "nothing/find"), ("POST", "transfer/find"), ("GET", "transfer/create")):
        reply = await wire.call(method, uri, {})
        assert reply["message"].startswith("E#E40")
    assert wire.box.statistics().events == {"?": 1, "transfer/find": 1, "transfer/create": 1}


async def test_an_address_that_is_too_long_is_told_of(wire: Any) -> None:
    query = "transfer WHERE " + " OR ".join(f"id={number:024}" for number in range(400))
    reply = await wire.call("GET", "transfer/find", {}, query=query)
    assert (wire.status, reply["message"]) == (
        400,
        "E#E400 The address or a header is too long: ask in several requests, or for less.",
    )


async def test_a_body_has_a_bound(connect: Any) -> None:
    async def endless() -> Any:
        for _ in range(20):
            yield b" " * (1 << 20)

    async with Sandbox(rate_limit=False) as box, connect(box) as wire:
        for data in (io.BytesIO(b" " * (17 << 20)), endless()):
            reply = await wire.request("PUT", "/api/v3/event", data=data)
            assert wire.status == 413
            assert "message" in reply
        reply = await wire.request("PUT", "/api/v3/event", data=b"{}", headers={"Content-Encoding": "gzip"})
        assert wire.status == 415
        assert "message" in reply


async def test_an_address_is_limited(connect: Any) -> None:
    async with Sandbox() as box, connect(box) as wire:
        for _ in range(120):
            reply = await wire.call("GET", "user/find", {})
            if wire.status == 429:
                break
        assert wire.status == 429
        assert int(wire.headers["Retry-After"]) >= 1
        assert "message" in reply
        assert box.statistics().throttled == 1


async def test_a_broken_call_is_answered(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("secret detail")

    monkeypatch.setattr("accsyn_async.sandbox.topics.jobs.jobs.create_job", broken)
    output = to_pipe()
    with logging_to(output, verbose=False):
        reply = await wire.call("POST", "transfer/create", {"source": "a", "destination": "b"})
    assert wire.status == 500
    assert set(reply) == {"exception", "message"}
    assert "secret" not in str(reply)
    assert re.fullmatch(
        r"accsyn-async: POST transfer/create broke: ValueError in \w+, accsyn_async/sandbox/\S+ line \d+\n",
        err(output),
    )


async def test_odd_texts_come_back(wire: Any, box: Sandbox) -> None:
    (box.volume / "a.mov").write_bytes(b"")
    odd = {"\ud800": "\udfff", "big": 10**40, "date": "2026-01-22T08:35:59", "é": "☃\x1b]0;x\x07"}
    job = await wire.create(
        {"source": "a.mov", "destination": "site=berlin", "metadata": odd, "name": "\x1b[0m"}
    )
    assert job["metadata"] == odd
    assert (await wire.get(job["id"]))["name"] == "\x1b[0m"


async def test_tls(connect: Any) -> None:
    async with Sandbox(tls=True, rate_limit=False) as box:
        assert box.url.startswith("https://")
        assert box.ca is not None
        context = ssl.create_default_context(cafile=box.ca)

        def hello() -> str:
            port = int(port_of(box))
            with (
                socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as secure,
            ):
                secure.sendall(
                    f"GET {DISCOVERY} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
                )
                return b"".join(iter(lambda: secure.recv(4096), b"")).decode()

        assert '"hostname":"127.0.0.1"' in await asyncio.to_thread(hello)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    | st.sampled_from(["a.mov", "site=berlin", "share=projects/x/", "/x", "C:\\x", "paused", "done", "../x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["source", "destination", "tasks", "status", "priority", "metadata", "uri", "id"])
        | st.text(max_size=4),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
URIS = st.sampled_from(
    [
        *(f"{kind}/{verb}" for kind in ("transfer", "task") for verb in ("find", "create", "edit", "delete")),
        *("job/find", "user/find", "queue/find", "attributes", "entitytypes", "file/find"),
    ]
) | st.text(max_size=8)


async def test_any_event_is_answered(tmp_path: Any, connect: Any) -> None:
    async with Sandbox(rate_limit=False, volume=tmp_path / "v", local_root=tmp_path / "l") as box:
        (box.volume / "a.mov").write_bytes(b"a" * 1000)
        async with connect(box) as wire:
            job = await wire.create({"source": "a.mov", "destination": "site=berlin", "status": "paused"})
            loop = asyncio.get_running_loop()

            @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
            @given(
                st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
                URIS,
                VALUES,
                st.none() | st.text(max_size=10) | st.sampled_from(["status=done", "size>1 AND code=*"]),
                st.none() | st.just(job["id"]) | st.text(max_size=5),
            )
            def send(method: str, uri: str, data: Any, query: str | None, entity: str | None) -> None:
                event = {**wire.event(uri, data), "query": query, "id": entity}
                reply = asyncio.run_coroutine_threadsafe(wire.send(method, event), loop).result(30)
                assert wire.status in (200, 400), reply
                assert isinstance(reply, dict)
                assert "result" in reply or "message" in reply

            await asyncio.to_thread(send)
    assert {path.name for path in tmp_path.iterdir()} == {"v", "l"}


async def talk(box: Sandbox, *chunks: str | bytes) -> AsyncIterator[tuple[int, dict[str, str], Any]]:
    """Send bytes over one connection, and read answers from it one by one, before the next bytes are sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(port_of(box)))
    try:
        for chunk in chunks:
            writer.write(chunk if isinstance(chunk, bytes) else chunk.encode())
            await writer.drain()
            async with asyncio.timeout(15):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
                length = (
                    0
                    if first.split()[1] == "100" or chunk[:4] in ("HEAD", b"HEAD")
                    else int(headers["content-length"])
                )
                body = await reader.readexactly(length)
            yield int(first.split()[1]), headers, json.loads(body or b"null")
    finally:
        writer.close()
        await writer.wait_closed()


def heads(wire: Any) -> str:
    return f"Host: localhost\r\nAuthorization: {wire.authorization}\r\nX-Accsyn-Workspace: acme\r\n"


GOOD = f"GET {DISCOVERY} HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("request_line", "more", "expected"),
    [
        (f"HEAD {DISCOVERY}", "", 405),
        ("OPTIONS /api/v3/event", "", 405),
        ("OPTIONS *", "", 404),
        ("CONNECT localhost:1", "", 404),
        ("GET /nothing", "Content-Length: 5\r\n", 404),
        ("POST /api/v3/event", "Content-Length: 5\r\n", 401),
        (f"GET http://localhost{DISCOVERY}", "", 200),
        (f"GET HTTP://127.0.0.1{DISCOVERY}", "", 200),
        (f"GET http://evil.com{DISCOVERY}", "", 421),
        (f"GET {DISCOVERY}", "Connection: Upgrade\r\nUpgrade: websocket\r\n", 200),
    ],
)
async def test_a_connection_goes_on_after_any_answer(
    box: Sandbox, request_line: str, more: str, expected: int
) -> None:
    body = "hello" if "Content-Length" in more else ""
    first = f"{request_line} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n{body}"
    answers = [answer async for answer in talk(box, first, GOOD)]
    assert [status for status, _, _ in answers] == [expected, 200]
    assert (answers[0][1].get("allow") is not None) is (expected == 405)
    assert "result" in answers[1][2]


async def test_pipelining_and_http_1_0(box: Sandbox) -> None:
    answers = [answer async for answer in talk(box, GOOD * 3, "", "")]
    assert [status for status, _, _ in answers] == [200, 200, 200]
    old = f"GET {DISCOVERY} HTTP/1.0\r\nHost: localhost\r\n"
    kept = f"{old}Connection: keep-alive\r\n\r\n"
    answers = [answer async for answer in talk(box, kept, kept)]
    assert [status for status, _, _ in answers] == [200, 200]
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        async for _ in talk(box, f"{old}\r\n", f"{old}\r\n"):
            pass


async def test_how_a_body_can_be_sent(wire: Any, box: Sandbox) -> None:
    def body(name: str) -> bytes:
        return json.dumps(wire.event("queue/create", {"name": name})).encode()

    def post(*more: str) -> str:
        return (
            f"POST /api/v3/event HTTP/1.1\r\n{heads(wire)}" + "".join(f"{one}\r\n" for one in more) + "\r\n"
        )

    sent = body("one")
    length = f"Content-Length: {len(sent)}"
    answers = [answer async for answer in talk(box, post("Expect: 100-continue", length), sent, GOOD)]
    assert [status for status, _, _ in answers] == [100, 200, 200]
    assert answers[1][2]["result"][0]["name"] == "one"
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(sent[at : at + 9]), sent[at : at + 9]) for at in range(0, len(sent), 9)
    )
    (status, _, reply), _ = [
        answer
        async for answer in talk(
            box, post("Transfer-Encoding: chunked").encode() + chunks + b"0\r\n\r\n", GOOD
        )
    ]
    assert (status, reply["result"][0]["code"]) == (200, "one_2")
    event = {key: value for key, value in wire.event("queue/create").items() if key != "data"}
    packed = base64.b64encode(gzip.compress(b'{"name": "two"}')).decode()
    reply = await wire.send("POST", {**event, "gz_data": packed})
    assert reply["result"][0]["name"] == "two"
    ((status, _, reply),) = [
        answer async for answer in talk(box, post("Expect: a miracle", length).encode() + sent)
    ]
    assert (status, list(reply)) == (417, ["message"])


@pytest.mark.parametrize(
    "sent",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Content-Length: 9\r\n\r\n{}",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ],
)
async def test_a_body_that_does_not_arrive(
    wire: Any, box: Sandbox, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("accsyn_async.sandbox.server.bodies.STALLED", 0.05)
    head = f"POST /api/v3/event HTTP/1.1\r\n{heads(wire)}".encode()
    ((status, _, reply),) = [answer async for answer in talk(box, head + sent)]
    assert status in (400, 408)
    assert list(reply) == ["message"]
