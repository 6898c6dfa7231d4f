"""Sending with an aiohttp session of the user's own, and telling the user's traces."""

from __future__ import annotations

import asyncio
import gzip
import json
import warnings
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer
from aioresponses import aioresponses

from accsyn_async import ArgumentError, Session, SessionClosedError
from accsyn_async.transport.http import AiohttpSender, NotRepeatedError
from accsyn_async.wire.message import Request, Response, Verb
from accsyn_async.wire.reply import Failure, FailureKind
from tests.support.mocked import MockedReply
from tests.support.raw_server import answer, ok, raw_server, sending, server_context, trusting

LOGIN = {"result": {"id": "1", "role": "admin", "session_id": "s"}}


def login_to(url: str, **arguments: Any) -> Session:
    return Session("acme", "lisa@example.com", "key", url=url, **arguments)


async def backend(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(json.dumps(LOGIN if b"/api/login" in request else {"result": []}).encode()))


@asynccontextmanager
async def dropping() -> AsyncIterator[tuple[str, list[str], set[int]]]:
    """A server that drops every connection but on ``/kept``: its address, paths and peers' ports."""
    paths: list[str] = []
    peers: set[int] = set()

    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        paths.append(request.path)
        peers.add(request.transport.get_extra_info("peername")[1])
        if request.path != "/kept":
            request.transport.abort()
        return web.json_response({"result": []})

    app = web.Application()
    app.router.add_route("*", "/{path}", handle)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}", paths, peers


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
async def test_a_request_on_a_dropped_connection_is_sent_once(verb: Verb) -> None:
    async with dropping() as (url, paths, peers), aiohttp.ClientSession() as theirs:
        async with sending(AiohttpSender(client_session=theirs)) as sender:
            assert isinstance(await sender.send(Request("GET", f"{url}/kept", {}), timeout=5), Response)
            outcome = await sender.send(Request(verb, f"{url}/pooled", {}), timeout=5)
            assert isinstance(outcome, Failure)
            assert outcome.kind is FailureKind.UNANSWERED
            assert len(peers) == 1
            outcome = await sender.send(Request(verb, f"{url}/new", {}), timeout=5)
            assert isinstance(outcome, Failure)
            assert paths == ["/kept", "/pooled", "/new"]

        # What aiohttp does for the session's owner is not ours to change.
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await theirs.request(verb, f"{url}/theirs")
        assert paths[3:] == ["/theirs", "/theirs"]


async def test_it_is_used_for_every_request_and_left_open_and_as_it_was() -> None:
    async with raw_server(backend) as (port, received):
        async with aiohttp.ClientSession(headers={"User-Agent": "theirs"}) as theirs:
            before = dict(vars(theirs))
            async with login_to(f"http://127.0.0.1:{port}", client_session=theirs) as session:
                await session.find("transfer")
            assert not theirs.closed
            assert vars(theirs) == before
            async with theirs.get(f"http://127.0.0.1:{port}/still") as response:
                assert response.status == 200
    assert len(received) == 3
    assert all(b"User-Agent: theirs\r\n" in request for request in received)


async def test_its_headers_go_along_and_ours_win() -> None:
    theirs = aiohttp.ClientSession(headers={"Authorization": "theirs", "X-Studio": "a"})
    async with raw_server(ok) as (port, received), theirs:
        async with sending(AiohttpSender(client_session=theirs)) as sender:
            request = Request("PUT", f"http://127.0.0.1:{port}/x", {"Authorization": "ours"}, b"{}")
            await sender.send(request, timeout=5)
    assert b"Authorization: ours\r\n" in received[0]
    assert b"Authorization: theirs" not in received[0]
    assert b"X-Studio: a\r\n" in received[0]
    assert b"content-type" not in received[0].lower()


async def test_its_cookies_go_along() -> None:
    async def bake(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"{}", Set_Cookie="route=7"))

    jar = aiohttp.CookieJar(unsafe=True)
    async with raw_server(bake) as (port, received), aiohttp.ClientSession(cookie_jar=jar) as theirs:
        for sender in (AiohttpSender(client_session=theirs), AiohttpSender()):
            async with sending(sender):
                for _ in range(2):
                    await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=5)
    assert [b"route=7" in request for request in received] == [False, True, False, False]


async def test_a_session_of_ours_keeps_no_cookies() -> None:
    """By name, as no jar keeps those of bare addresses; the other half shows that a jar would."""

    async def bake(request: bytes, writer: asyncio.StreamWriter) -> None:
        said: Any = LOGIN if b"/api/login" in request else {"result": []}
        writer.write(answer(json.dumps(said).encode(), Set_Cookie="route=7; Path=/"))

    async with raw_server(bake) as (port, received), aiohttp.ClientSession() as theirs:
        for client_session in (None, theirs):
            async with login_to(f"http://localhost:{port}", client_session=client_session) as session:
                await session.find("Transfer")
                await session.create("Transfer", {"a": 1})
    assert [b"route=7" in request for request in received] == [False, False, False, False, True, True]


async def test_its_own_ways_with_replies_do_not_count() -> None:
    async def say(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/zipped" in request:
            writer.write(answer(gzip.compress(b"{}"), Content_Encoding="gzip"))
        elif b"/moved" in request:
            writer.write(answer(b"", "307 Temporary Redirect", Location="/zipped"))
        elif b"/failed" in request:
            writer.write(answer(b"{}", "500 Internal Server Error"))

    theirs = aiohttp.ClientSession(
        raise_for_status=True, auto_decompress=False, timeout=aiohttp.ClientTimeout(total=1e-9)
    )
    async with raw_server(say) as (port, _), theirs:
        async with sending(AiohttpSender(client_session=theirs)) as sender:
            outcomes = [
                await sender.send(Request("GET", f"http://127.0.0.1:{port}/{path}", {}), timeout=5)
                for path in ("zipped", "moved", "failed")
            ]
            silent = await sender.send(Request("GET", f"http://127.0.0.1:{port}/", {}), timeout=0.05)
    assert [isinstance(outcome, Response) and outcome.status for outcome in outcomes] == [200, 307, 500]
    assert isinstance(outcomes[0], Response)
    assert outcomes[0].body == b"{}"
    assert isinstance(silent, Failure)
    assert silent.kind is FailureKind.UNANSWERED


async def test_its_middlewares_run() -> None:
    async def sign(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        request.headers["X-Signed"] = "yes"
        return await handler(request)

    async with raw_server(ok) as (port, received), aiohttp.ClientSession(middlewares=(sign,)) as theirs:
        async with sending(AiohttpSender(client_session=theirs)) as sender:
            await sender.send(Request("GET", f"http://127.0.0.1:{port}/x", {}), timeout=5)
    assert b"X-Signed: yes\r\n" in received[0]


@pytest.mark.parametrize("knows", ["connector", "argument", "nobody"])
async def test_its_connectors_certificates_count_unless_ssl_says_otherwise(knows: str) -> None:
    authority = trustme.CA()
    connector = aiohttp.TCPConnector(ssl=trusting(authority) if knows == "connector" else True)
    async with raw_server(ok, server_context(authority, "127.0.0.1")) as (port, _):
        async with aiohttp.ClientSession(connector=connector) as theirs:
            context = trusting(authority) if knows == "argument" else True
            async with sending(AiohttpSender(ssl=context, client_session=theirs)) as sender:
                outcome = await sender.send(Request("GET", f"https://127.0.0.1:{port}/x", {}), timeout=5)
    if knows == "nobody":
        assert isinstance(outcome, Failure)
        assert outcome.kind is FailureKind.UNTRUSTED
    else:
        assert isinstance(outcome, Response)


async def test_a_subclass_keeps_its_ways() -> None:
    with pytest.warns(DeprecationWarning, match="discouraged"):

        class Counting(aiohttp.ClientSession):
            calls = 0

            async def _request(self, method: str, str_or_url: Any, **options: Any) -> aiohttp.ClientResponse:
                type(self).calls += 1
                return await super()._request(method, str_or_url, **options)

    async with raw_server(backend) as (port, _), Counting() as theirs:
        async with login_to(f"http://127.0.0.1:{port}", client_session=theirs) as session:
            await session.find("transfer")
    assert Counting.calls == 2


# -- what is refused


async def test_a_session_with_a_login_of_its_own_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        theirs = aiohttp.ClientSession(auth=aiohttp.BasicAuth("lisa", "secret"))
    async with theirs:
        with pytest.raises(ArgumentError, match="without auth="):
            login_to("http://127.0.0.1:1", client_session=theirs)


async def test_a_login_out_of_netrc_is_an_argument_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login lisa password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with raw_server(backend) as (port, received), aiohttp.ClientSession(trust_env=True) as theirs:
        with pytest.raises(ArgumentError, match=r"\.netrc"):
            async with login_to(f"http://127.0.0.1:{port}", client_session=theirs):
                raise AssertionError("entered")
    assert received == []


async def test_a_closed_session_is_refused() -> None:
    async with aiohttp.ClientSession() as theirs:
        pass
    with pytest.raises(ArgumentError, match="client_session is closed"):
        login_to("http://127.0.0.1:1", client_session=theirs)


async def _caught(sent: Awaitable[Response | Failure]) -> Response | Failure | SessionClosedError:
    try:
        return await sent
    except SessionClosedError as error:
        return error


@pytest.mark.parametrize("owner", [True, False])
async def test_a_session_that_its_owner_closed_meanwhile(owner: bool) -> None:
    connector = aiohttp.TCPConnector()
    theirs = aiohttp.ClientSession(connector=connector, connector_owner=owner)
    async with raw_server(backend) as (port, received), connector:
        async with login_to(f"http://127.0.0.1:{port}", client_session=theirs) as session:
            await theirs.close()
            with pytest.raises(SessionClosedError, match="client_session"):
                await session.find("transfer")
    assert len(received) == 1


@pytest.mark.parametrize("own", [True, False])
async def test_who_waits_for_a_connection_when_it_is_closed(
    own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = asyncio.Event()

    async def note(*_: object) -> None:
        queued.set()

    async def never(_request: bytes, _writer: asyncio.StreamWriter) -> None:
        pass

    traces = aiohttp.TraceConfig()
    traces.on_connection_queued_start.append(note)
    monkeypatch.setattr("accsyn_async.transport.http.MAX_CONNECTIONS", 1)
    theirs = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), trace_configs=[traces])
    async with raw_server(never) as (port, _), theirs:
        sender = AiohttpSender(trace_configs=[traces]) if own else AiohttpSender(client_session=theirs)
        async with sending(sender), asyncio.TaskGroup() as group:
            request = Request("PUT", f"http://127.0.0.1:{port}/x", {}, b"{}")
            first = group.create_task(sender.send(request, timeout=5))
            second = group.create_task(asyncio.wait_for(_caught(sender.send(request, timeout=5)), 5))
            await queued.wait()
            await (sender.aclose() if own else theirs.close())
        assert isinstance(first.result(), Failure)
        outcome = second.result()
        if own:
            assert outcome == Failure(FailureKind.UNREACHED, "the session was closed")
        else:
            assert isinstance(outcome, SessionClosedError)


async def test_who_waits_for_a_connection_can_be_cancelled() -> None:
    queued = asyncio.Event()

    async def note(*_: object) -> None:
        queued.set()

    async def never(_request: bytes, _writer: asyncio.StreamWriter) -> None:
        pass

    traces = aiohttp.TraceConfig()
    traces.on_connection_queued_start.append(note)
    theirs = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1), trace_configs=[traces])
    async with (
        raw_server(never) as (port, _),
        theirs,
        sending(AiohttpSender(client_session=theirs)) as sender,
    ):
        request = Request("PUT", f"http://127.0.0.1:{port}/x", {}, b"{}")
        calls = [asyncio.create_task(sender.send(request, timeout=5)) for _ in range(2)]
        await queued.wait()
        for call in calls:
            call.cancel()
        await theirs.close()
        await asyncio.wait(calls)
        assert all(call.cancelled() for call in calls)


async def test_a_subclass_that_finds_itself_closed() -> None:
    with pytest.warns(DeprecationWarning, match="discouraged"):

        class Closing(aiohttp.ClientSession):
            async def _request(self, *arguments: Any, **options: Any) -> aiohttp.ClientResponse:
                await self.close()
                return await super()._request(*arguments, **options)

    async with Closing() as theirs, sending(AiohttpSender(client_session=theirs)) as sender:
        with pytest.raises(SessionClosedError, match="client_session"):
            await sender.send(Request("GET", "http://127.0.0.1:1/x", {}), timeout=5)


async def test_a_session_of_another_loop_is_refused_on_entering() -> None:
    async with aiohttp.ClientSession() as theirs:

        async def enter() -> None:
            async with login_to("http://127.0.0.1:1", client_session=theirs):
                raise AssertionError("entered")

        with pytest.raises(ArgumentError, match="another event loop"):
            await asyncio.to_thread(asyncio.run, enter())


async def test_what_is_no_session_is_refused() -> None:
    with pytest.raises(ArgumentError, match="ClientSession, not object"):
        login_to("http://127.0.0.1:1", client_session=object())


async def test_traces_belong_to_the_session_that_is_given() -> None:
    async with aiohttp.ClientSession() as theirs:
        with pytest.raises(ArgumentError, match="trace_configs"):
            login_to("http://127.0.0.1:1", client_session=theirs, trace_configs=[aiohttp.TraceConfig()])


async def test_a_socks_proxy_is_the_business_of_the_session_that_is_given() -> None:
    async with aiohttp.ClientSession() as theirs:
        with pytest.raises(ArgumentError, match="connector of its own"):
            login_to("http://127.0.0.1:1", client_session=theirs, proxy="socks:127.0.0.1:1080")


async def test_a_proxy_that_refuses_is_named_before_anything_was_sent() -> None:
    async def refuse(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", "403 Forbidden"))

    async with raw_server(refuse) as (port, received):
        async with aiohttp.ClientSession(proxy=f"http://127.0.0.1:{port}") as theirs:
            async with sending(AiohttpSender(client_session=theirs)) as sender:
                outcome = await sender.send(Request("PUT", "https://backend.test/x", {}, b"{}"), timeout=5)
    assert received[0].startswith(b"CONNECT backend.test:443 ")
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNREACHED
    assert "HTTP 403; check client_session's proxy" in outcome.message


@pytest.mark.parametrize("proxy", ["lisa:secret@proxy.test:3128", "proxy.test:3128", "http:///nowhere"])
async def test_an_address_of_a_proxy_that_is_none_is_not_blamed_on_the_backend(proxy: str) -> None:
    async with aiohttp.ClientSession(proxy=proxy) as theirs:
        async with sending(AiohttpSender(client_session=theirs)) as sender:
            outcome = await sender.send(Request("GET", "https://backend.test/x", {}, None), timeout=5)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.UNREACHED
    assert outcome.message == (
        "the proxy gave no connection to backend.test:443: its address is none, as http://HOST:PORT is; "
        "check client_session's proxy"
    )


# -- traces


def tracing(seen: list[Any]) -> aiohttp.TraceConfig:
    async def start(_session: Any, _context: Any, params: aiohttp.TraceRequestStartParams) -> None:
        seen.append(("start", params.url.path))

    async def end(_session: Any, _context: Any, params: aiohttp.TraceRequestEndParams) -> None:
        seen.append(("end", params.response.status))

    async def failed(_session: Any, _context: Any, params: aiohttp.TraceRequestExceptionParams) -> None:
        seen.append(params.exception)

    config = aiohttp.TraceConfig()
    config.on_request_start.append(start)
    config.on_request_end.append(end)
    config.on_request_exception.append(failed)
    return config


@pytest.mark.parametrize("own", [True, False])
async def test_traces_are_called(own: bool) -> None:
    seen: list[Any] = []
    config = tracing(seen)
    async with raw_server(backend) as (port, _):
        url = f"http://127.0.0.1:{port}"
        if own:
            async with login_to(url, trace_configs=[config]):
                pass
        else:
            async with aiohttp.ClientSession(trace_configs=[config]) as theirs:
                async with login_to(url, client_session=theirs):
                    pass
    assert seen == [("start", "/api/v3/api/login"), ("end", 200)]


async def test_traces_are_told_what_broke() -> None:
    seen: list[Any] = []
    async with dropping() as (url, _, _), sending(AiohttpSender(trace_configs=[tracing(seen)])) as sender:
        await sender.send(Request("PUT", f"{url}/new", {}), timeout=5)
    assert seen[0] == ("start", "/new")
    assert isinstance(seen[1], aiohttp.ServerDisconnectedError)


async def test_traces_of_a_session_that_repeats_by_itself_are_told_why_it_does_not() -> None:
    seen: list[Any] = []
    async with dropping() as (url, _, _), aiohttp.ClientSession(trace_configs=[tracing(seen)]) as theirs:
        await AiohttpSender(client_session=theirs).send(Request("PUT", f"{url}/new", {}), timeout=5)
    assert isinstance(seen[1], NotRepeatedError)
    assert isinstance(seen[1].__cause__, aiohttp.ServerDisconnectedError)


# -- mocks


@pytest.mark.parametrize("own", [True, False])
async def test_users_can_test_with_aioresponses(own: bool) -> None:
    base = "http://127.0.0.1:8181"
    async with aiohttp.ClientSession() as theirs:
        with aioresponses() as mocked:
            mocked.put(f"{base}/api/v3/api/login", payload=LOGIN, response_class=MockedReply)
            async with login_to(base, client_session=None if own else theirs) as session:
                assert session.role == "admin"
            assert sum(map(len, mocked.requests.values())) == 1
