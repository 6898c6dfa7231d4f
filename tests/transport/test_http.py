"""The aiohttp adapter against real servers on loopback."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import tracemalloc

import pytest
import trustme

from accsyn_async import OutcomeUnknownError, Session, TransportError
from accsyn_async.transport import http
from accsyn_async.transport.http import MAX_REPLY, AiohttpSender
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure, FailureKind
from tests.support.raw_server import answer, ok, raw_server, sending, server_context, trusting


async def test_what_goes_out_is_what_was_written() -> None:
    async with raw_server(ok) as (port, received), sending(AiohttpSender()) as sender:
        url = f"http://127.0.0.1:{port}/api/v3/event?%7B%22a%22%3A%20%22%2B%20b%7E%22%7D"
        headers = {"Authorization": "basic a:b", "X-Accsyn-Workspace": "acme"}
        outcome = await sender.send(Request("GET", url, headers), timeout=5)
        assert isinstance(outcome, Response)
        assert (outcome.status, outcome.headers["content-length"]) == (200, "14")
        assert outcome.body == b'{"result": []}'
        await sender.send(Request("PUT", f"http://127.0.0.1:{port}/x", headers, b"{}"), timeout=5)
    get, put = received
    assert get.startswith(b"GET /api/v3/event?%7B%22a%22%3A%20%22%2B%20b%7E%22%7D HTTP/1.1\r\n")
    assert b"Authorization: basic a:b\r\n" in get
    assert put.endswith(b"\r\n\r\n{}")
    assert b"content-type" not in put.lower()
    assert b"cookie" not in put.lower()


@pytest.fixture(params=["told", "not told"])
def _aiohttp_can_be(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether this aiohttp can be told not to repeat by itself."""
    if request.param == "not told":
        monkeypatch.setattr(http, "_REPEATS", "_of_another_version")


@pytest.mark.usefixtures("_aiohttp_can_be")
@pytest.mark.parametrize("verb", ["GET", "PUT", "POST", "DELETE"])
async def test_a_dropped_kept_alive_connection_is_not_tried_again_behind_our_back(verb: str) -> None:
    async def once_then_drop(_request: bytes, writer: asyncio.StreamWriter) -> None:
        if len(received) == 1:
            writer.write(answer(b"{}"))
        else:
            writer.transport.abort()

    async with raw_server(once_then_drop) as (port, received), sending(AiohttpSender()) as sender:
        body = b"{}" if verb in ("PUT", "POST") else None
        request = Request(verb, f"http://127.0.0.1:{port}/x", {}, body)  # type: ignore[arg-type]
        assert isinstance(await sender.send(request, timeout=5), Response)
        outcome = await sender.send(request, timeout=5)
        assert isinstance(outcome, Failure)
        assert outcome.kind is FailureKind.UNANSWERED
        assert len(received) == 2


@pytest.mark.usefixtures("_aiohttp_can_be")
@pytest.mark.parametrize("verb", ["GET", "PUT", "POST", "DELETE"])
async def test_nor_is_a_new_connection_that_is_dropped(verb: str) -> None:
    async def drop(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with raw_server(drop) as (port, received), sending(AiohttpSender()) as sender:
        request = Request(verb, f"http://127.0.0.1:{port}/x", {})  # type: ignore[arg-type]
        outcome = await sender.send(request, timeout=5)
        assert isinstance(outcome, Failure)
        assert outcome.kind is FailureKind.UNANSWERED
        assert len(received) == 1


async def test_one_connection_serves_many_calls() -> None:
    peers = set()

    async def note(_request: bytes, writer: asyncio.StreamWriter) -> None:
        peers.add(writer.get_extra_info("peername"))
        writer.write(answer(b"{}"))

    async with raw_server(note) as (port, _), sending(AiohttpSender()) as sender:
        for _ in range(10):
            await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=5)
    assert len(peers) == 1


async def test_credentials_follow_no_redirect() -> None:
    async with raw_server(ok) as (other, elsewhere):

        async def redirect(_request: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(b"", "307 Temporary Redirect", Location=f"http://127.0.0.1:{other}/"))

        async with raw_server(redirect) as (port, _), sending(AiohttpSender()) as sender:
            request = Request("PUT", f"http://127.0.0.1:{port}/x", {"Authorization": "basic a:b"}, b"{}")
            outcome = await sender.send(request, timeout=5)
            assert isinstance(outcome, Response)
            assert outcome.status == 307
        assert elsewhere == []


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (b"", FailureKind.UNANSWERED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", FailureKind.BROKEN),
        (b"nonsense\r\n\r\n", FailureKind.UNANSWERED),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nhello",
            FailureKind.BROKEN,
        ),
        (f"HTTP/1.1 200 OK\r\nContent-Length: {MAX_REPLY + 1}\r\n\r\n".encode(), FailureKind.REFUSED),
    ],
    ids=["nothing", "cut off", "no HTTP", "broken gzip", "too large"],
)
async def test_replies_that_are_none(reply: bytes, kind: FailureKind) -> None:
    async def say(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        writer.close()

    async with raw_server(say) as (port, _), sending(AiohttpSender()) as sender:
        outcome = await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is kind


async def test_a_slow_reply_is_given_up() -> None:
    async def never(_request: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0)

    async with raw_server(never) as (port, _), sending(AiohttpSender()) as sender:
        outcome = await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=0.05)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNANSWERED


async def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        async with sending(AiohttpSender()) as sender:
            outcome = await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNREACHED
    assert f"127.0.0.1:{port}" in outcome.message


@pytest.mark.slow
async def test_a_bomb_of_a_gigabyte_takes_less_than_64_megabytes() -> None:
    block = gzip.compress(b" " * (16 * 1024 * 1024))
    bomb = b'{"result": ' + b""
    packed = gzip.compress(bomb) + block * 64

    async def drop_it(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(packed, Content_Encoding="gzip"))

    async with raw_server(drop_it) as (port, _), sending(AiohttpSender()) as sender:
        tracemalloc.start()
        try:
            outcome = await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=30)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.REFUSED
    assert "larger than" in outcome.message
    assert peak < 64 * 1024 * 1024


# -- certificates


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize(
    ("host", "issued_to", "trusted", "remedy"),
    [
        ("127.0.0.1", "127.0.0.1", True, None),
        ("127.0.0.1", "127.0.0.1", False, "; pass ssl=<SSLContext> with the right authority"),
        ("127.0.0.1", "other.example", True, "for '127.0.0.1'; check url= or ACCSYN_URL"),
        ("localhost", "other.example", True, "for 'localhost'; check url= or ACCSYN_URL"),
    ],
    ids=["trusted", "unknown authority", "wrong address", "wrong host"],
)
async def test_certificates_are_checked(
    authority: trustme.CA, host: str, issued_to: str, trusted: bool, remedy: str | None
) -> None:
    sender = AiohttpSender(ssl=trusting(authority) if trusted else True)
    async with raw_server(ok, server_context(authority, issued_to)) as (port, received), sending(sender):
        outcome = await sender.send(Request("GET", f"https://{host}:{port}/x", {}), timeout=5)
        if remedy is None:
            assert isinstance(outcome, Response)
        else:
            assert isinstance(outcome, Failure)
            assert outcome.kind is FailureKind.UNTRUSTED
            assert outcome.message.endswith(remedy)
            assert received == []


async def test_an_unknown_certificate_is_one_error_and_no_login(authority: trustme.CA) -> None:
    async with raw_server(ok, server_context(authority, "127.0.0.1")) as (port, received):
        with pytest.raises(TransportError, match="certificate"):
            async with Session("acme", "lisa@example.com", "key", url=f"https://127.0.0.1:{port}"):
                raise AssertionError("entered")
        assert received == []


async def test_checking_can_be_switched_off(authority: trustme.CA) -> None:
    sender = AiohttpSender(ssl=False)
    async with raw_server(ok, server_context(authority, "other.example")) as (port, _), sending(sender):
        outcome = await sender.send(Request("GET", f"https://127.0.0.1:{port}/x", {}), timeout=5)
        assert isinstance(outcome, Response)


# -- the whole way, once


async def test_a_create_that_was_cut_off_was_sent_once() -> None:
    async def backend(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/api/login" in request:
            reply = {"result": {"id": "1", "role": "admin", "session_id": "s"}}
            writer.write(answer(json.dumps(reply).encode()))
        else:
            writer.transport.abort()

    async with raw_server(backend) as (port, received):
        async with Session("acme", "lisa@example.com", "key", url=f"http://127.0.0.1:{port}") as session:
            with pytest.raises(OutcomeUnknownError):
                await session.create("Transfer", {"source": "a", "destination": "b"})
        assert len(received) == 2
