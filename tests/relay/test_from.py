"""``--from``: watch, top and dashboard read what a real relay publishes on a real server."""

from __future__ import annotations

import asyncio
import json
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from accsyn_async.relay.link import Link
from tests.cli.conftest import Cli, cli
from tests.cli.test_processes import CLI, process
from tests.relay.support.relaying import Relaying, relaying
from tests.support.nats_servers import NatsServer, free_port

__all__ = ["cli"]

SETTINGS = ("ACCSYN_WORKSPACE", "ACCSYN_API_USER", "ACCSYN_API_KEY", "ACCSYN_URL", "ACCSYN_CREDENTIALS_PATH")


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is known of accsyn here."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


async def test_watch_tells_of_jobs_until_they_have_ended(
    nats_server: NatsServer, workspace: str, cli: Cli
) -> None:
    async with relaying(nats_server.url, workspace, speed=5) as relay:
        ident = await relay.create("a.mov", 5_000_000)
        where = ("--from", relay.url, "--workspace", workspace)
        ran = await cli("watch", *where, "--json", ident)
        assert (ran.code, ran.err) == (0, "")
        events = lines(ran.out)
        assert [event["event"] for event in events][:1] == ["found"]
        assert events[-1]["event"] == "finished"
        assert {"changed", "synced"} <= {str(event["event"]) for event in events}
        login = {"ACCSYN_URL": relay.box.url, "ACCSYN_WORKSPACE": workspace}
        user = relay.box.user("admin")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in login.items():
                patch.setenv(name, value)
            patch.setenv("ACCSYN_API_USER", user.username)
            patch.setenv("ACCSYN_API_KEY", user.api_key)
            there = await cli("watch", "--json", ident)
        (end,) = (event for event in lines(there.out) if event["event"] == "finished")
        assert end["id"] == events[-1]["id"]
        people = await cli("watch", *where, ident)
        assert people.code == 0
        assert people.err.endswith("following 1 job\n")
        assert "a.mov" in people.out


async def test_a_durable_watch_goes_on_where_it_was(
    nats_server: NatsServer, workspace: str, cli: Cli
) -> None:
    async with relaying(nats_server.url, workspace, speed=0.05) as relay:
        ident = await relay.create("a.mov", 50_000_000)
        where = ("--from", relay.url, "--workspace", workspace, "--json", "--durable", "archive")
        first = await cli("watch", *where, "--timeout", "1", ident)
        assert first.code == 5
        assert lines(first.out)[0]["event"] == "found"
        await relay.session.update("Transfer", ident, {"status": "aborted"})
        second = await cli("watch", *where, ident)
        assert second.code == 1
        told = [event["event"] for event in lines(second.out)]
        assert "found" not in told
        assert told.count("finished") == 1
        third = await cli("watch", *where, ident)
        assert third.code == 1
        assert "finished" not in [event["event"] for event in lines(third.out)]
        other = await cli("watch", *where, "Transfer")
        assert (other.code, other.out) == (2, "")


async def test_top_prints_what_is_published(nats_server: NatsServer, workspace: str, cli: Cli) -> None:
    async with relaying(nats_server.url, workspace, speed=0.05) as relay:
        ident = await relay.create("a.mov", 50_000_000)
        where = ("--from", relay.url, "--workspace", workspace)
        table = await cli("top", "--once", *where, ident)
        assert (table.code, table.err) == (0, "")
        assert table.out.splitlines()[1].startswith("a.mov")
        (line,) = lines((await cli("top", "--once", "--json", *where)).out)
        assert (line["event"], line["v"]) == ("found", 1)


def ask(url: str, headers: dict[str, str] | None = None, ids: list[str] | None = None) -> tuple[int, str]:
    body = None if ids is None else json.dumps({"ids": ids}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def test_a_dashboard_shows_and_steers_what_a_relay_publishes(
    nats_server: NatsServer, workspace: str
) -> None:
    async with relaying(nats_server.url, workspace, ["pause"], speed=0.05) as relay:
        ident = await relay.create("a.mov", 50_000_000)
        await asyncio.to_thread(_use_a_dashboard, relay, workspace, ident)
        found = await relay.session.find_one(f"Transfer WHERE id={ident}")
        assert found is not None
        assert found["status"] == "paused"


def _use_a_dashboard(relay: Relaying, workspace: str, ident: str) -> None:
    argv = ("dashboard", "--from", relay.url, "--workspace", workspace, "--port", "0", "--json")
    token = "a token that nobody guesses"
    with process(*CLI, *argv, env={"ACCSYN_DASHBOARD_TOKEN": token}) as served:
        url = json.loads(served.line())["url"].partition("?")[0]
        known = {"Authorization": f"Bearer {token}"}
        while ask(f"{url}healthz/fresh")[0] != 200:
            pass
        status, page = ask(url, known)
        assert (status, '"relayed": true' in page, '"allowed": ["pause"]' in page) == (200, True, True)
        status, text = ask(f"{url}jobs/{ident}/tasks", known)
        assert (status, "tasks are not relayed" in text) == (404, True)
        wanted = known | {"Content-Type": "application/json"}
        (refused,) = json.loads(ask(f"{url}jobs/abort", wanted, [ident])[1])["results"]
        assert (refused["ok"], "lets nobody abort" in refused["error"]) == (False, True)
        assert json.loads(ask(f"{url}jobs/pause", wanted, [ident])[1])["results"] == [
            {"id": ident, "ok": True, "status": "paused"}
        ]
        metrics = ask(f"{url}metrics", known)[1]
        assert "accsyn_up 1.0" in metrics
        assert "accsyn_api_requests" not in metrics
        served.signal(signal.SIGTERM)
        code, _, errors = served.end()
        assert (code, errors) == (0, "")


async def test_nothing_to_read_is_out_of_reach(
    nats_server: NatsServer, workspace: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accsyn_async.relay.feed._FOUND_WITHIN", 0.1)
    monkeypatch.setenv("ACCSYN_WORKSPACE", workspace)
    for command in (("watch",), ("top", "--once"), ("dashboard", "--port", "0")):
        ran = await cli(*command, "--from", nats_server.url)
        assert (ran.code, ran.out) == (4, "")
        assert f"no relay publishes the workspace '{workspace}'" in ran.err
        assert "accsyn-async relay" in ran.err
    monkeypatch.setattr(Link.__init__, "__kwdefaults__", {"patience": 0.2, "ping_every": 5.0})
    ran = await cli("watch", "--from", f"nats://lisa:s3cret@127.0.0.1:{free_port()}")
    assert (ran.code, ran.out) == (4, "")
    assert "NATS is out of reach" in ran.err
    assert "s3cret" not in ran.err
