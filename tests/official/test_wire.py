"""Call by call, what goes out is what the official client 3.4.0 sends: both against one recording server."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import warnings
import webbrowser
from typing import Any
from urllib.parse import unquote

import accsyn_api
import pytest

from accsyn_async import Session
from accsyn_async.wire.v3 import V3
from tests.official.calls_v3 import CALLS
from tests.official.recorder import recording


@pytest.fixture(autouse=True)
def _no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _url: True)


def _official(port: int) -> list[Any]:
    session = accsyn_api.Session("acme", "lisa@example.com", "my-key", proxy=f"127.0.0.1:{port}")
    return [getattr(session, name)(*args, **kwargs) for name, args, kwargs in _fresh()]


def _fresh() -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """The calls anew, as the official client writes into what it is given."""
    return copy.deepcopy(CALLS)


async def test_call_by_call() -> None:
    async with recording() as (record, port):
        theirs = await asyncio.to_thread(_official, port)
        expected, record.requests = record.requests, []
        assert expected.pop(0)["path"] == "/api/v3/J3PKTtDvolDMBtTy6AFGA"
        url = f"http://127.0.0.1:{port}"
        ours, sent = [], [("login", 1)]
        async with Session("acme", "lisa@example.com", "my-key", url=url, rate_limit=None) as session:
            for name, args, kwargs in _fresh():
                before = len(record.requests)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    answer = getattr(session, name)(*args, **kwargs)
                    ours.append(await answer if inspect.isawaitable(answer) else answer)
                sent.append((name, len(record.requests) - before))
    assert len(record.requests) == len(expected)
    assert ours == theirs
    names = [name for name, count in sent for _ in range(count)]
    for name, mine, official in zip(names, record.requests, expected, strict=True):
        assert mine == official, name


def test_every_public_method_is_called() -> None:
    public = {name for name in vars(accsyn_api.Session) if not name.startswith("_")}
    properties = {"username", "timeout", "connect_timeout"}
    assert {name for name, _, _ in CALLS} == public - properties


async def test_discovery() -> None:
    async with recording() as (record, port):
        await asyncio.to_thread(_official, port)
    request = V3("acme", "lisa@example.com", "host").discovery(f"http://127.0.0.1:{port}")
    official = record.requests[0]
    assert request.verb == official["verb"]
    assert request.url.split("?") == [f"http://127.0.0.1:{port}{official['path']}", official["query"]]


@pytest.mark.parametrize("form", ["accsyn:127.0.0.1:{port}", "127.0.0.1:{port}"])
async def test_an_accsyn_proxy_gets_what_the_official_client_sends_it(form: str) -> None:
    async with recording() as (record, port):
        await asyncio.to_thread(_official, port)
        expected, record.requests = record.requests[1:3], []
        async with Session("acme", "lisa@example.com", "my-key", proxy=form.format(port=port)) as session:
            name, args, kwargs = _fresh()[0]
            await getattr(session, name)(*args, **kwargs)
    assert record.requests == expected


async def test_quoted_regular_expressions_keep_their_case() -> None:
    """One of the two deliberate differences; the other is that certificates are checked."""
    async with recording() as (record, port):
        async with Session("acme", "lisa@example.com", "my-key", url=f"http://127.0.0.1:{port}") as session:
            await session.find(r'Transfer WHERE Name matches "\S+\.MOV"')
    event = json.loads(unquote(record.requests[-1]["query"]))
    assert event["query"] == r'name matches "\S+\.MOV"'
