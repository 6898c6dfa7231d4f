"""What a session refuses to be made with, and what it warns of."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from accsyn_async import Session
from accsyn_async.errors import AccsynError, ArgumentError
from tests.support.backend import Backend

REFUSED: list[dict[str, Any]] = [
    *(
        {name: value}
        for name in ("timeout", "connect_timeout")
        for value in ("5", b"5", 0, -1, math.nan, True, 10**400)
    ),
    *({name: value} for name in ("workspace", "username", "api_key") for value in (5, b"x", ["x"], "\udcff")),
    *({name: "a\nb"} for name in ("workspace", "username", "api_key")),
    *({"domain": value, "workspace": None} for value in (5, b"x")),
    *({"url": url} for url in (5, b"https://h", "https://[::1", "https://[", "h", "https://h:99999", "//h")),
    *({"hostname": host} for host in ("[", "h:1", "h/x", "u@h", "h?x", "h h", "h\n", 5, b"h", "[::1]")),
    *({"hostname": "h", "port": port} for port in (99999, -1, "x", 1.5)),
    *(
        {"proxy": proxy}
        for proxy in (
            *("accsyn:u@h:9", "accsyn:h/b?c:9", "socks:h/x:9", "socks:u:p@h:9", "accsyn:[:9", "accsyn: h:9"),
            *("accsyn:h:x", "accsyn:h:0", "accsyn:h:99999", "http://h:9", "a b", "h\n", 5, b"accsyn:h:9"),
        )
    ),
    *({"ssl": ssl} for ssl in ("x", None, 1, "False")),
    *({"rate_limit": limit} for limit in (5, "5", (25, 40))),
    *({"poll": poll} for poll in (None, 5, "1")),
    *({"trace_configs": traces} for traces in ([5], ["x"], [None], 5)),
    *({"client_session": theirs} for theirs in (5, aiohttp.ClientSession, object())),
    *({"path_logfile": path} for path in (b"\0", "\0", "/", Path("/"), 5.5, ["x"])),
    *({"path_envfile": path} for path in (5, b"x", ["x"], "/none/such")),
    {"api_version": "v2"},
    *({"api_version": version} for version in (3, None, "V1", ["v1"])),
    *(
        {"api_version": "v1", "api_key": None, name: value}
        for name in ("pwd", "session_key")
        for value in (5, b"x", "\udcff", ["x"])
    ),
]


def of(options: dict[str, Any]) -> str:
    """What a case is called: the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", ascii(options))[:80]


@pytest.mark.parametrize("options", REFUSED, ids=of)
async def test_what_is_refused(options: dict[str, Any]) -> None:
    """Before anything is sent: there is nobody to send to."""
    given: dict[str, Any] = {"workspace": "acme", "username": "lisa@example.com", "api_key": "key"}
    if not {"url", "hostname", "proxy"} & set(options):
        given["url"] = "http://127.0.0.1:9"
    with pytest.raises(ArgumentError) as caught:
        async with Session(**{**given, **options}):
            pass
    assert len(caught.value.message) > 10


KEYS: list[dict[str, Any]] = [
    {"api_key": "canary\udcff"},
    {"api_key": "canary\n"},
    {"api_key": b"canary"},
    {"api_key": ["canary"]},
    *({"api_version": "v1", "api_key": None, "pwd": pwd} for pwd in ("canary\udcff", b"canary", ["canary"])),
    *(
        {"api_version": "v1", "api_key": None, "session_key": key}
        for key in ("canary\udcff", "canary\x00", b"canary", ["canary"])
    ),
    {"api_version": "v3", "pwd": "canary"},
    {"api_version": "v3", "session_key": "canary"},
    {"url": "https://lisa:canary@acme.accsyn.com"},
    {"url": "https://canary@[::1"},
    {"url": "lisa:canary@acme"},
]


@pytest.mark.parametrize("options", KEYS, ids=of)
def test_an_error_about_a_secret_does_not_hold_it(options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError) as caught:
        Session(**{"workspace": "acme", "username": "lisa@example.com", "api_key": "key", **options})
    behind: BaseException | None = caught.value
    while behind is not None:
        told = f"{behind!r} {behind.args!r} {vars(behind)!r}"
        told += "".join(ascii(getattr(behind, name, "")) for name in ("object", "doc", "reason"))
        assert "canary" not in told
        behind = behind.__cause__ or behind.__context__


TAKEN: list[dict[str, Any]] = [
    {"timeout": 5},
    {"timeout": math.inf},
    {"connect_timeout": 0.5},
    {"hostname": "acme.accsyn.com", "port": 8443},
    {"hostname": "10.0.0.5"},
    {"proxy": "accsyn:10.0.0.5:8080"},
    {"proxy": "socks:proxy.studio:1080"},
    {"url": "https://acme.accsyn.com"},
    {"rate_limit": None},
    {"ssl": False},
    {"workspace": None, "domain": "acme"},
    {"path_envfile": None},
    {"trace_configs": [aiohttp.TraceConfig()]},
    {"trace_configs": ()},
    {"username": "åäö@example.com"},
]


@pytest.mark.parametrize("options", TAKEN, ids=of)
def test_what_is_taken(options: dict[str, Any]) -> None:
    given = {"workspace": "acme", "username": "lisa@example.com", "api_key": "key", **options}
    assert "not entered" in repr(Session(**given))


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        ({"url": "http://127.0.0.1:9", "proxy": "accsyn:10.0.0.5:80"}, True),
        ({"url": "http://127.0.0.1:9", "proxy": "10.0.0.5"}, True),
        ({"url": "http://127.0.0.1:9", "proxy": "socks:10.0.0.5:1080"}, False),
        ({"url": "http://127.0.0.1:9"}, False),
        ({"proxy": "accsyn:10.0.0.5:80"}, False),
        ({"url": "http://127.0.0.1:9", "proxy": "127.0.0.1:9"}, False),
        ({"url": "http://127.0.0.1:9/", "proxy": "accsyn:127.0.0.1:9"}, False),
    ],
)
def test_a_proxy_that_is_not_used_is_warned_of(
    options: dict[str, Any], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="accsyn_async"):
        Session("acme", "lisa@example.com", "key", **options)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warned
    assert ("proxy is not used" in caplog.text) is warned


def test_a_session_belongs_to_the_loop_in_which_it_was_entered() -> None:
    async def enter(session: Session) -> None:
        await session.__aenter__()

    async def use(session: Session) -> None:
        for call in (session.find("User"), session.wait("5" * 24), session.find_jobs("Transfer")):
            with pytest.raises(AccsynError, match="another event loop"):
                await call
        for watch in (session.watch, session.as_completed):
            with pytest.raises(AccsynError, match="another event loop"):
                watch("5" * 24)

    with asyncio.Runner() as home:
        session = Backend().session()
        home.run(enter(session))
        asyncio.run(use(session))
        home.run(session.aclose())


@pytest.mark.parametrize(
    "url",
    [
        "https://h/?token=a@secret",
        "https://lisa:pa/secret@h:x",
        "https://lisa:secret@h:99999",
        "htp://lisa:secret@h",
        "https://h/secret",
    ],
)
def test_an_address_that_is_none_is_told_without_what_may_be_secret(url: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Session("acme", "lisa@example.com", "key", url=url)
    assert "secret" not in str(caught.value)
