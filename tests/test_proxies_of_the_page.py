"""The ways out that docs/howto/behind-a-proxy.md shows are ways out: howto/behind-a-proxy.md."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from accsyn_async import TransportError
from accsyn_async.sandbox import Sandbox
from tests.docs.pages import ROOT, Block, Page, marked_for
from tests.support.examples import furnished
from tests.support.http_proxy import http_proxy
from tests.support.socks import socks_server

PAGE = Page(ROOT / "docs" / "howto" / "behind-a-proxy.md")
BLOCKS = [block for block in PAGE.blocks() if block.language == "python"]


def showing(text: str) -> Block:
    """The block of the page that has a text."""
    (block,) = [block for block in BLOCKS if text in block.text]
    return block


async def run(block: Block, replaced: dict[str, str]) -> None:
    """Run a block, with addresses that there are."""
    text = block.text
    for name, there in replaced.items():
        assert name in text
        text = text.replace(name, there)
    code = compile(text, block.page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome: Awaitable[Any] = eval(code, {})
    await outcome


def test_there_are_no_others() -> None:
    assert [showing("accsyn:"), showing("socks:"), showing("http://")] == BLOCKS
    assert marked_for(__file__) == BLOCKS


async def test_an_accsyn_proxy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox() as box:
        with furnished(box):
            # The proxy alone says where accsyn is.
            monkeypatch.delenv("ACCSYN_URL")
            address = box.url.removeprefix("http://")
            await run(showing("accsyn:"), {"proxy.example.com:8080": address})
            assert box.statistics().logins == 1
    assert capsys.readouterr().out == "acme\n"


async def test_a_socks_server(capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox() as box, socks_server() as proxy:
        with furnished(box):
            await run(showing("socks:"), {"proxy.example.com:1080": f"127.0.0.1:{proxy.port}"})
        assert proxy.asked == [("127.0.0.1", int(box.url.rpartition(":")[2]))]
    assert capsys.readouterr().out == "acme\n"


async def test_an_http_proxy_and_an_authority(capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox(tls=True) as box, http_proxy() as (url, asked):
        with furnished(box):
            replaced = {"http://proxy.example.com:3128": url, "company.pem": str(box.ca)}
            await run(showing("http://"), replaced)
        assert asked == [("127.0.0.1", int(box.url.rpartition(":")[2]))]
    assert capsys.readouterr().out == "acme\n"


async def test_a_proxy_that_wants_a_login_finds_it_in_its_address() -> None:
    assert "`http://lisa:secret@proxy.example.com:3128`" in PAGE.text
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server, Sandbox(tls=True) as box:
        port = server.sockets[0].getsockname()[1]
        replaced = {"proxy.example.com:3128": f"lisa:secret@127.0.0.1:{port}", "company.pem": str(box.ca)}
        with furnished(box), pytest.raises(TransportError, match="the proxy gave no connection") as caught:
            await run(showing("http://"), replaced)
    assert b"Proxy-Authorization: Basic bGlzYTpzZWNyZXQ=" in asked[0]
    assert "secret" not in str(caught.value)
