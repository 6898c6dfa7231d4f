"""``accsyn-async relay``, as a process and as a command."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, cli
from tests.cli.test_processes import CLI, Box, process
from tests.relay.support.relaying import relaying
from tests.support.nats_servers import NatsServer

__all__ = ["cli"]


@pytest.fixture
def env(tmp_path: Path) -> object:
    with process(*CLI, "sandbox", "--port", "0", "--json", "--synthetic", "--jobs", "3") as started:
        yield Box(started, tmp_path).env


@pytest.fixture
def _somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKSPACE", "API_USER", "API_KEY"):
        monkeypatch.setenv(f"ACCSYN_{name}", "acme@example.com")
    monkeypatch.setenv("ACCSYN_URL", "http://127.0.0.1:1")


def test_three_commands_to_try_it_out(env: dict[str, str]) -> None:
    """A server of its own, a relay, and somebody who watches; for programs."""
    free = "nats://127.0.0.1:0"
    with process(*CLI, "relay", "--embedded", "--nats", free, "--json", env=env) as relay:
        standing, leading = json.loads(relay.line()), json.loads(relay.line())
        where = standing["nats"]
        assert re.fullmatch(r"nats://127\.0\.0\.1:[1-9]\d+", where)
        assert (standing["role"], standing["leader"]) == ("standby", None)
        assert (leading["role"], leading["term"], leading["leader"]) == ("leader", 1, leading["relay"])
        nobody = {name: text for name, text in env.items() if not name.startswith("ACCSYN_")}
        with process(*CLI, "watch", "--from", where, "--json", env=nobody) as watch:
            assert json.loads(watch.line())["event"] == "found"
            watch.interrupt()
            assert watch.end()[0] == 130
        relay.signal(signal.SIGTERM)
        code, out, errors = relay.end()
        assert (code, out) == (0, "")
        assert "Traceback" not in errors


def test_for_people(env: dict[str, str], nats_server: NatsServer) -> None:
    with process(*CLI, "relay", "--nats", nats_server.url, "--http", "127.0.0.1:0", env=env) as relay:
        assert relay.line() == f"Standing by on {nats_server.url}.\n"
        assert relay.line() == f"Leading on {nats_server.url}, as number 1; Ctrl-C ends it.\n"
        relay.interrupt()
        code, _, errors = relay.end()
        assert code == 130
        assert "Health and metrics are at http://127.0.0.1:" in errors
        assert "Traceback" not in errors


async def test_who_asked_for_what_is_logged(
    nats_server: NatsServer, workspace: str, caplog: pytest.LogCaptureFixture
) -> None:
    from accsyn_async import relay

    caplog.set_level("INFO", "accsyn_async.relay")
    async with relaying(nats_server.url, workspace, ["pause"], speed=1) as relayed:
        ident = await relayed.create("a.mov", 50_000_000)
        async with relay.connect(nats_server.url, workspace=workspace) as feed:
            async with feed.watch(ident) as watch:
                await anext(watch)
            (done,) = await feed.command("pause", ident)
            assert done.ok
    (line,) = (each.getMessage() for each in caplog.records if "asked by" in each.getMessage())
    assert line.startswith(f"pause {ident}, asked by ")


@pytest.mark.usefixtures("_somebody")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--nats", ""], "--nats must not be empty"),
        (["--nats", "nats://127.0.0.1:0"], "no NATS server's address"),
        (["--nats", "http://127.0.0.1"], "a URL such as nats://host:4222"),
        (["--nats", "nats://a,nats://b", "--embedded"], "one address"),
        (["--nats", "nats://10.0.0.1:4222", "--embedded"], "on this computer alone"),
        (["--store", "here"], "--embedded"),
        (["--allow-host", "a:1"], "goes with --http"),
        (["--http", "nowhere"], "HOST:PORT"),
        (["--http", "0.0.0.0:0"], "ACCSYN_RELAY_TOKEN"),
        (["--nats-key", "missing.pem"], "key"),
        (["--nats-creds", "missing.creds"], "missing.creds"),
    ],
)
async def test_wrong_usage(cli: Cli, options: list[str], said: str) -> None:
    ran = await cli("relay", *options)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--allow", "explode"], "cannot be allowed"),
        (["--replicas", "2"], "1, 3 or 5"),
        (["--query", "Share"], "what can be watched"),
        (["--query", "6971e16fceadd67b955b1995"], "is a job's id"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    cli: Cli, nats_server: NatsServer, env: dict[str, str], options: list[str], said: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, text in env.items():
            patch.setenv(name, text)
        ran = await cli("relay", "--nats", nats_server.url, *options)
    assert ran.code == 2
    assert said in ran.err
