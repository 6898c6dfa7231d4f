"""The files that docs/scale-out.md offers: what they set up works, and lets nobody do more than it says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nats
import pytest
import yaml
from nats.aio.client import Client

from accsyn_async import CheckpointError, JobFound, relay
from accsyn_async.cli.app import make_app
from accsyn_async.cli.relay_http import TOKEN
from accsyn_async.errors import AccsynError, PermissionDeniedError
from tests.cli.test_processes import CLI, Box, process
from tests.relay.support.documented import (
    DOCS,
    FILES,
    PAGE,
    accounts,
    make_certificates,
    make_keys,
    start_nodes,
    unit,
    unit_command,
)
from tests.relay.support.relaying import relaying
from tests.relay.test_http_of_processes import ready, role
from tests.support.nats_servers import NatsServer, binary, free_port

PROJECT = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]
RIGHTS = {"RELAY": "relays", "READER": "readers", "DURABLE": "archiver", "STEERING": "dashboard"}
"""Who has which rights."""


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with keys, made as the page says, and with the accounts."""
    folder = tmp_path / "etc"
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        make_keys()
    (folder / "accounts.conf").write_text(accounts(capsys.readouterr().out))
    return folder


def test_keys_are_for_their_owner_alone(keys: Path) -> None:
    assert {file.stat().st_mode & 0o777 for file in keys.glob("*.nk")} == {0o600}
    assert len({file.read_bytes() for file in keys.glob("*.nk")}) == 5


def violations(server: NatsServer) -> list[str]:
    return [line for line in server.log.splitlines() if "iolation" in line]


async def test_three_nodes_and_two_relays(keys: Path, tmp_path: Path) -> None:
    make_certificates(keys)
    cluster = await asyncio.to_thread(start_nodes, tmp_path / "nats", keys)
    try:
        await asyncio.to_thread(_use, cluster.urls, keys)
        await _replicas(cluster.urls[0], keys)
        assert [line for node in cluster.nodes for line in violations(node)] == []
    finally:
        cluster.stop()


def _use(urls: list[str], keys: Path) -> None:
    """Start two relays as the unit does, and read what they publish; then stop the one that leads."""
    (keys / "relay.nk").write_bytes((keys / "relays.nk").read_bytes())
    servers, ports = ",".join(urls), (free_port(), free_port())
    reader = ("--nats-creds", str(keys / "readers.nk"), "--nats-ca", str(keys / "ca.pem"))
    with process(*CLI, "sandbox", "--port", "0", "--json", "--synthetic", "--jobs", "3") as started:
        env = {**Box(started, keys).env, TOKEN: "a token that nobody guesses"}
        first, second = ((*CLI, *unit_command(keys, servers, port), "--json") for port in ports)
        with process(*first, env=env) as one:
            assert [role(one), role(one)] == ["standby", "leader"]
            with process(*second, env=env) as other:
                assert role(other) == "standby"
                assert [ready(port)["role"] for port in ports] == ["leader", "standby"]
                with process(*CLI, "watch", "--from", servers, *reader, "--json") as watch:
                    assert {json.loads(watch.line())["event"] for _ in range(3)} == {"found"}
                one.signal(signal.SIGTERM)
                assert one.end()[0] == 0
                assert role(other) == "leader"


async def _replicas(url: str, keys: Path) -> None:
    """All that the relays have made is on three nodes."""
    context = ssl.create_default_context(cafile=keys / "ca.pem")
    seed = (keys / "administrator.nk").read_text()
    client = await nats.connect(url, tls=context, nkeys_seed_str=seed)
    jetstream = client.jetstream()
    several = {info.config.name: info.config.num_replicas for info in await jetstream.streams_info()}
    await client.close()
    assert several == dict.fromkeys(("ACCSYN_acme_EVENTS", "ACCSYN_acme_STATES", "KV_ACCSYN_acme_LEASE"), 3)


@pytest.fixture
def divided(keys: Path, tmp_path: Path) -> Any:
    """A server on which everybody has their rights, and no more."""
    with NatsServer(tmp_path / "nats", (keys / "accounts.conf").read_text()) as server:
        yield server


async def test_everybody_can_do_what_they_are_there_for(divided: NatsServer, keys: Path) -> None:
    def feed(user: str) -> relay.Feed:
        return relay.connect(divided.url, credentials=keys / f"{user}.nk")

    async with relaying(
        divided.url, "acme", ["pause"], credentials=keys / "relays.nk", speed=0.05
    ) as relayed:
        ident = await relayed.create("a.mov", 50_000_000)
        for user in ("readers", "dashboard"):
            async with feed(user) as one, one.watch("Transfer", history=False) as watch:
                await found(watch, ident)
        async with feed("archiver") as one, feed("archiver") as other:
            async with one.watch("Transfer", durable="archive") as watch:
                await found(watch, ident)
                with pytest.raises(CheckpointError, match="in use"):
                    await other.watch("Transfer", durable="archive").__aenter__()
            async with other.watch("Transfer", durable="archive") as watch:
                await found(watch, ident)
        async with feed("dashboard") as one:
            (done,) = await one.command("pause", ident)
            assert (done.ok, done.status) == (True, "paused")
            # What the relay does not publish it is asked for: there is none.
            with pytest.raises(AccsynError, match="there is no"):
                await one.wait("0" * 24, timeout=30)
        assert violations(divided) == []
        async with feed("readers") as one:
            with pytest.raises(PermissionDeniedError):
                await one.watch("Transfer", durable="archive").__aenter__()


async def found(watch: Any, ident: str) -> None:
    async with asyncio.timeout(30):
        async for event in watch:
            if isinstance(event, JobFound) and event.job.id == ident:
                return
    raise AssertionError("it was not found")


class Prober:
    """Tries what a user may do: the server's log tells."""

    def __init__(self, client: Client, server: NatsServer) -> None:
        self._client = client
        self._server = server

    async def may_publish(self, subject: str) -> bool:
        before = len(violations(self._server))
        await self._client.publish(subject, b"", reply=self._client.new_inbox())
        return await self._is_silent(before)

    async def may_subscribe(self, subject: str) -> bool:
        before = len(violations(self._server))
        await self._client.subscribe(subject)
        return await self._is_silent(before)

    async def _is_silent(self, before: int) -> bool:
        # nats-py's ping may overtake what was said just before; a second one does not.
        await self._client.flush()
        await self._client.flush()
        return len(violations(self._server)) == before


def seed_of(name: str, keys: Path) -> str:
    return (keys / f"{RIGHTS[name]}.nk").read_text()


async def probing(server: NatsServer, seed: str, probe: Callable[[Prober], Awaitable[None]]) -> None:
    async def keep_quiet(_: Exception) -> None:
        return

    client = await nats.connect(server.url, nkeys_seed_str=seed, error_cb=keep_quiet)
    try:
        await probe(Prober(client, server))
    finally:
        await client.close()


def told_rights() -> list[tuple[str, set[str]]]:
    """The rows of the page's table: what it says of subjects, and who has that right."""
    table = PAGE.split("| | `RELAY` |")[1].split("\n\n")[0].splitlines()
    names = ["RELAY", *re.findall(r"`(\w+)`", table[0])]
    assert set(names) == RIGHTS.keys()
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table[2:]]
    return [
        (row[0], {name for name, cell in zip(names, row[1:], strict=True) if cell == "✓"}) for row in rows
    ]


STREAMS = ("ACCSYN_acme_EVENTS", "ACCSYN_acme_STATES")
PROBES: dict[str, dict[str, tuple[str, ...]]] = {
    "read events and states": {
        "publish": (
            *(
                f"$JS.API.{call}"
                for stream in STREAMS
                for call in (
                    f"STREAM.INFO.{stream}",
                    f"CONSUMER.CREATE.{stream}.accsyn-x",
                    f"CONSUMER.MSG.NEXT.{stream}.accsyn-x",
                    f"CONSUMER.DELETE.{stream}.accsyn-x",
                )
            ),
            "$JS.API.STREAM.MSG.GET.ACCSYN_acme_EVENTS",
        ),
        "subscribe": ("_INBOX.x.*",),
    },
    "publish `accsyn.<workspace>.jobs.>`": {
        "publish": (
            "accsyn.acme.jobs.6971e16fceadd67b955b1995.event",
            "accsyn.acme.jobs.6971e16fceadd67b955b1995.state",
            "accsyn.acme.term",
            "accsyn.acme.health",
            "$KV.ACCSYN_acme_LEASE.leader",
            *(f"$JS.API.STREAM.CREATE.{stream}" for stream in (*STREAMS, "KV_ACCSYN_acme_LEASE")),
        )
    },
    "answer `accsyn.<workspace>.command`": {"subscribe": ("accsyn.acme.command",)},
    "keep places": {
        "publish": (
            "$KV.ACCSYN_acme_BOOKMARKS.archive",
            "$KV.ACCSYN_acme_BOOKMARKS.archive.page",
            "$JS.API.STREAM.CREATE.KV_ACCSYN_acme_BOOKMARKS",
            "accsyn.acme.holders.x",
        ),
        "subscribe": ("accsyn.acme.holders.x",),
    },
    "ask": {"publish": ("accsyn.acme.command",)},
}
"""What the rows of the page's table stand for, by how they begin."""
NOBODYS = (
    *(
        f"$JS.API.STREAM.{call}.{stream}"
        for call in ("DELETE", "PURGE", "MSG.DELETE", "UPDATE")
        for stream in (*STREAMS, "KV_ACCSYN_acme_BOOKMARKS")
    ),
    "$JS.API.STREAM.DELETE.KV_ACCSYN_acme_LEASE",
    "$KV.ACCSYN_other_LEASE.leader",
    "accsyn.other.command",
)


@pytest.mark.parametrize("name", RIGHTS)
async def test_rights_are_those_that_the_page_tells(name: str, divided: NatsServer, keys: Path) -> None:
    rows = told_rights()
    assert len(rows) == len(PROBES)

    async def probe(prober: Prober) -> None:
        for (told, who), (begins, subjects) in zip(rows, PROBES.items(), strict=True):
            assert told.startswith(begins)
            for subject in subjects.get("publish", ()):
                assert await prober.may_publish(subject) == (name in who), subject
            for subject in subjects.get("subscribe", ()):
                assert await prober.may_subscribe(subject) == (name in who), subject
        for subject in NOBODYS:
            assert not await prober.may_publish(subject), subject
        for subject in ("accsyn.>", "$KV.>", ">"):
            assert not await prober.may_subscribe(subject), subject

    await probing(divided, seed_of(name, keys), probe)


def test_the_unit_has_what_its_command_needs(keys: Path) -> None:
    told = unit()
    command, bound, _ = make_app().parse_args(
        unit_command(keys, "nats://nats1", 8485), exit_on_error=False, print_error=False
    )
    assert command.__name__ == "relay"
    assert bound.arguments["replicas"] == 3
    files = {value.split(":")[0] for value in told["LoadCredential"]}
    assert files == {"relay.nk", "ca.pem"}
    assert told["Restart"] == ["always"]
    assert told["RestartPreventExitStatus"] == ["2 3"]
    (program,) = re.findall(r"(\S+) relay", told["ExecStart"][0])
    assert f"python3 -m venv {Path(program).parents[1]}" in PAGE
    folder = "/etc/accsyn-relay"
    for value in (*told["LoadCredential"], *told["EnvironmentFile"]):
        assert value.split(":")[-1].startswith(f"{folder}/")
    assert folder in PAGE


def test_the_containers_run_what_there_is(own_server: NatsServer, tmp_path: Path) -> None:
    services = yaml.safe_load((FILES / "compose.yml").read_text())["services"]
    assert services.keys() == {"nats", "relay"}
    server, one = services["nats"], services["relay"]
    (extras,) = re.findall(r"/src\[([\w,]+)\]", one["build"]["dockerfile_inline"])
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()
    assert 'ENTRYPOINT ["accsyn-async"]' in one["build"]["dockerfile_inline"]
    (mounted,) = server["volumes"]
    assert mounted.split(":")[1] in server["command"]
    _server_takes([str(tmp_path) if word == "/data" else word for word in server["command"]])
    assert one["command"][1:3] == ["--nats", "nats://nats:4222"]
    port = free_port()
    command = [word.replace(":8485", f":{port}") for word in one["command"]]
    command[2] = own_server.url
    kind, interpreter, *check = one["healthcheck"]["test"]
    assert (kind, interpreter) == ("CMD", "python")
    healthy = [sys.executable, *(word.replace(":8485/", f":{port}/") for word in check)]
    assert subprocess.run(healthy, capture_output=True).returncode == 1
    with process(*CLI, "sandbox", "--port", "0", "--json", "--synthetic", "--jobs", "3") as started:
        env = Box(started, tmp_path).env
        assert all(name in (FILES / "compose.yml").read_text() for name in env if name != "ACCSYN_URL")
        with process(*CLI, *command, "--json", env=env) as running:
            assert [role(running), role(running)] == ["standby", "leader"]
            assert subprocess.run(healthy, capture_output=True).returncode == 0


def _server_takes(arguments: list[str]) -> None:
    """A nats-server starts with these."""
    where = ("--addr", "127.0.0.1", "--port", "-1")
    with subprocess.Popen(
        [binary(), *arguments, *where], stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as server:
        assert server.stderr is not None
        try:
            said = ""
            for line in server.stderr:
                said += line
                if "Server is ready" in line:
                    break
            assert "Server is ready" in said
            assert "JetStream" in said
        finally:
            server.terminate()
