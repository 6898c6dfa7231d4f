"""The address on which a relay tells how it is."""

from __future__ import annotations

import contextlib
import json
import socket
import sys

import aiohttp
import pytest

from accsyn_async import ArgumentError, TransportError
from accsyn_async.cli.relay_http import RelayHttp, read_address
from tests.support.backend import Backend
from tests.support.canary import Net
from tests.support.relay_facts import LEADER

TOKEN = "a token that nobody guesses"


@pytest.mark.parametrize(
    ("where", "host", "port"),
    [
        ("127.0.0.1:8485", "127.0.0.1", 8485),
        (" relay.example.com:80 ", "relay.example.com", 80),
        ("[::]:0", "[::]", 0),
        ("8485", "127.0.0.1", 8485),
    ],
)
def test_addresses(where: str, host: str, port: int) -> None:
    assert read_address(where) == (host, port)


@pytest.mark.parametrize(
    "where",
    [
        "",
        ":8485",
        "localhost",
        "localhost:",
        "::1:8485",
        "a:b",
        "h:70000",
        "http://h:80",
        "h:-1",
        "h:²",
        "a b:1",
    ],
)
def test_what_is_no_address(where: str) -> None:
    with pytest.raises(ArgumentError, match=r"--http is HOST:PORT, such as 127\.0\.0\.1:8485"):
        RelayHttp(where)


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "relay.example.com", "192.0.2.2"])
def test_others_need_a_token(host: str) -> None:
    with pytest.raises(ArgumentError, match="set a token for them, in ACCSYN_RELAY_TOKEN"):
        RelayHttp(f"{host}:0")


def test_a_token_is_something() -> None:
    with pytest.raises(ArgumentError, match="ACCSYN_RELAY_TOKEN must not be empty"):
        RelayHttp("0", token="  ")
    with contextlib.closing(RelayHttp("0", token="short")) as http:
        assert http.advice == "a token of 5 characters can be guessed; take 16 or more"
    with contextlib.closing(RelayHttp("0", token=TOKEN)) as http:
        assert http.advice is None
    net = Net()
    net.know(TOKEN)
    net.add(http)
    assert net.found() == []


def test_a_host_is_one() -> None:
    with pytest.raises(ArgumentError, match="is no host"):
        RelayHttp("0", hosts=["http://relay.example.com"])


def test_an_address_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(TransportError, match="choose another port in --http"):
            RelayHttp(f"127.0.0.1:{taken.getsockname()[1]}")


def test_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ArgumentError, match=r"pip install 'accsyn-async\[relay\]'"):
        RelayHttp("0")


async def test_it_serves() -> None:
    with contextlib.closing(RelayHttp("0.0.0.0:0", token=TOKEN, hosts=["relay.example.com"])) as http:
        assert http.url.startswith(f"http://{socket.gethostname().lower()}:")
        port = http.url.rstrip("/").rpartition(":")[2]
        base = f"http://127.0.0.1:{port}/"
        async with http.serving(lambda: LEADER, Backend().session()), aiohttp.ClientSession() as client:
            for host in (f"{socket.gethostname()}:{port}", f"127.0.0.1:{port}", "relay.example.com"):
                async with client.get(base + "healthz", headers={"Host": host}) as answer:
                    assert (answer.status, json.loads(await answer.text())["role"]) == (200, "leader")
            async with client.get(base + "healthz", headers={"Host": f"evil.com:{port}"}) as answer:
                assert answer.status == 403
            async with client.get(base + "metrics") as answer:
                assert answer.status == 401
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            async with client.get(base + "metrics", headers=bearer) as answer:
                assert (answer.status, "accsyn_relay_leader" in await answer.text()) == (200, True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=5).close()
    http.close()
