"""Through a real SOCKS server on loopback, to real servers behind it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp_socks import ProxyConnector

from accsyn_async import ArgumentError, Session, TransportError
from accsyn_async.transport.http import AiohttpSender
from accsyn_async.wire.message import Request, Response
from accsyn_async.wire.reply import Failure, FailureKind
from accsyn_async.wire.v3 import V3
from tests.support.raw_server import answer, ok, raw_server, sending, server_context, trusting
from tests.support.socks import socks_server


@asynccontextmanager
async def through(url: str, own: bool = True, **arguments: Any) -> AsyncIterator[AiohttpSender]:
    """A sender through a SOCKS proxy, in a pool of its own or in that of a session that was given."""
    if own:
        async with sending(AiohttpSender(socks=url, **arguments)) as sender:
            yield sender
    else:
        async with (
            aiohttp.ClientSession(connector=ProxyConnector.from_url(url)) as theirs,
            sending(AiohttpSender(client_session=theirs, **arguments)) as sender,
        ):
            yield sender


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def _names_are_not_looked_up_here(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def numbers_only(host: str, *args: object, **options: object) -> object:
        assert not str(host).endswith(".test"), f"{host} was looked up here"
        return look_up(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)


@pytest.mark.usefixtures("_names_are_not_looked_up_here")
@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_requests_go_through_and_the_server_looks_names_up(
    authority: trustme.CA, version: int, scheme: str
) -> None:
    context = server_context(authority, "backend.test") if scheme == "https" else None
    plain = socket.socket
    async with (
        raw_server(ok, context) as (port, received),
        socks_server(version, backend_test="127.0.0.1") as proxy,
        through(proxy.url, ssl=trusting(authority)) as sender,
    ):
        for _ in range(3):
            request = Request("PUT", f"{scheme}://backend.test:{port}/x", {}, b"{}")
            assert isinstance(await sender.send(request, timeout=5), Response)
        assert socket.socket is plain
    assert len(received) == 3
    assert proxy.asked == [("backend.test", port)]


async def test_an_address_needs_no_name(authority: trustme.CA) -> None:
    async with raw_server(ok) as (port, received), socks_server() as proxy:
        async with through(proxy.url) as sender:
            await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=5)
    assert proxy.asked == [("127.0.0.1", port)]
    assert len(received) == 1


@pytest.mark.parametrize(
    ("issued_to", "trusted"), [("backend.test", False), ("other.test", True)], ids=["authority", "host"]
)
@pytest.mark.parametrize("own", [True, False])
async def test_certificates_are_checked_through_the_proxy(
    authority: trustme.CA, issued_to: str, trusted: bool, own: bool
) -> None:
    context = trusting(authority) if trusted else True
    async with (
        raw_server(ok, server_context(authority, issued_to)) as (port, received),
        socks_server(backend_test="127.0.0.1") as proxy,
        through(proxy.url, own, ssl=context) as sender,
    ):
        outcome = await sender.send(Request("GET", f"https://backend.test:{port}/x", {}), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNTRUSTED
    assert ("check url= or ACCSYN_URL" if trusted else "SSLContext") in outcome.message
    assert received == []
    assert proxy.asked == [("backend.test", port)]


async def test_a_backend_that_speaks_no_tls_behind_the_proxy() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"220 mail ready\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server, socks_server() as proxy:
        port = server.sockets[0].getsockname()[1]
        async with through(proxy.url) as sender:
            outcome = await sender.send(Request("PUT", f"https://127.0.0.1:{port}/x", {}), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNTRUSTED
    assert "does the server speak https?" in outcome.message


# -- what can go wrong on the way


def free_port() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("own", [True, False])
async def test_a_target_that_the_proxy_does_not_reach(version: int, own: bool) -> None:
    with free_port() as nobody:
        port = nobody.getsockname()[1]
        async with socks_server(version) as proxy, through(proxy.url, own) as sender:
            outcome = await sender.send(Request("PUT", f"http://127.0.0.1:{port}/x", {}, b"{}"), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNREACHED
    assert f"gave no connection to 127.0.0.1:{port}: " in outcome.message
    if own:
        assert f"proxy 127.0.0.1:{proxy.port} " in outcome.message
        assert outcome.message.endswith("; check proxy= or ACCSYN_PROXY")
    else:
        assert outcome.message.endswith("; check client_session's proxy")


async def test_no_proxy_there_is_told_to_the_caller() -> None:
    with free_port() as nobody:
        port = nobody.getsockname()[1]
        with pytest.raises(TransportError, match=f"the proxy 127.0.0.1:{port} .*efused; check proxy="):
            async with Session(
                "acme", "lisa@example.com", "key", url="https://b.test", proxy=f"socks:127.0.0.1:{port}"
            ):
                raise AssertionError("entered")


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (b"", "closed the connection; does it speak SOCKS5?"),
        (b"\x05", "closed the connection; does it speak SOCKS5?"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "version number"),
        (b"\x05\xff", "authentication"),
        (b"\x05\x00\x05\x02\x00", "not allowed by ruleset"),
    ],
    ids=["nothing", "half", "no SOCKS", "wants a login", "forbids"],
)
@pytest.mark.parametrize("own", [True, False])
async def test_a_proxy_that_is_none_or_refuses(reply: bytes, says: str, own: bool) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply)
        writer.write_eof()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        url = f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with through(url, own) as sender:
            outcome = await sender.send(Request("PUT", "http://backend.test/x", {}, b"{}"), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNREACHED
    if own:
        assert says in outcome.message


@pytest.mark.parametrize("own", [True, False])
async def test_a_proxy_that_resets(own: bool) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        peer = writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        url = f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with through(url, own) as sender:
            outcome = await sender.send(Request("PUT", "http://backend.test/x", {}, b"{}"), timeout=5)
    assert isinstance(outcome, Failure)
    # Of another's connector nobody can say whether the request was written.
    assert outcome.kind is (FailureKind.UNREACHED if own else FailureKind.UNANSWERED)


@pytest.mark.parametrize("own", [True, False])
async def test_a_proxy_that_is_silent_is_given_up(own: bool) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(never, "127.0.0.1", 0) as server:
        url = f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with through(url, own, connect_timeout=0.05) as sender:
            outcome = await sender.send(Request("PUT", "http://backend.test/x", {}, b"{}"), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNREACHED
    assert "no answer within 0.05 s" in outcome.message or not own


async def test_a_call_that_is_cancelled_on_the_way_leaves_no_connection() -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        asked.set()
        await reader.read()
        left.set()
        writer.close()

    async with await asyncio.start_server(never, "127.0.0.1", 0) as server:
        async with through(f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}") as sender:
            request = Request("PUT", "http://backend.test/x", {}, b"{}")
            call = asyncio.create_task(sender.send(request, timeout=5))
            await asked.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.wait_for(left.wait(), 5)


async def test_a_name_that_is_none() -> None:
    async with socks_server() as proxy, through(proxy.url) as sender:
        outcome = await sender.send(Request("PUT", f"http://{'a' * 70}.test/x", {}, b"{}"), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNREACHED
    assert proxy.asked == []


# -- the whole way, once


@pytest.mark.usefixtures("_names_are_not_looked_up_here")
async def test_the_backend_is_asked_for_through_the_proxy_too(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def backend(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"GET /api/v3/J3PKT"):
            result: object = {"hostname": "backend.test", "port": port}
        elif b"/api/login" in request:
            result = {"id": "1", "role": "admin", "session_id": "s"}
        else:
            result = []
        writer.write(answer(json.dumps({"result": result}).encode()))

    context = server_context(authority, "master.test", "backend.test")
    async with (
        raw_server(backend, context) as (port, received),
        socks_server(master_test="127.0.0.1", backend_test="127.0.0.1") as proxy,
    ):
        monkeypatch.setattr(V3, "master", f"https://master.test:{port}")
        async with Session(
            "acme",
            "lisa@example.com",
            "key",
            proxy=f"socks:127.0.0.1:{proxy.port}",
            ssl=trusting(authority),
        ) as session:
            assert await session.find("transfer") == []
    assert proxy.asked == [("master.test", port), ("backend.test", port)]
    assert len(received) == 3


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with free_port() as nobody:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with raw_server(ok) as (port, received), sending(AiohttpSender()) as sender:
            await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=5)
    assert len(received) == 1


@pytest.mark.parametrize("missing", ["aiohttp_socks", "python_socks"])
def test_without_the_package_the_session_is_not_made(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "accsyn_async.transport.socks", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] in ("aiohttp_socks", "python_socks")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ArgumentError, match=r"pip install 'accsyn-async\[socks\]'"):
        Session("acme", "lisa@example.com", "key", proxy="socks:127.0.0.1:1080")
