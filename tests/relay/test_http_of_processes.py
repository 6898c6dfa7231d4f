"""Two relays as processes, as probes and Prometheus see them."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.cli.test_processes import CLI, DEADLINE, Box, Process, process
from tests.dashboard.metrics.happenings import samples
from tests.support.nats_servers import NatsServer, free_port

TOKEN = "a token that nobody guesses"


def ask(port: int, path: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def ready(port: int) -> dict[str, Any]:
    """What a relay says of itself once it is ready."""
    until = time.monotonic() + DEADLINE
    while True:
        status, text = ask(port, "/healthz/ready")
        told: dict[str, Any] = json.loads(text)
        assert told["ready"] == (status == 200)
        if told["ready"]:
            return told
        assert time.monotonic() < until, told


def role(relay: Process) -> str:
    told: dict[str, str] = json.loads(relay.line())
    return told["role"]


def test_one_leads_and_one_is_ready_to(own_server: NatsServer, tmp_path: Path) -> None:
    ports = free_port(), free_port()
    with process(*CLI, "sandbox", "--port", "0", "--json", "--synthetic", "--jobs", "3") as started:
        env = {**Box(started, tmp_path).env, "ACCSYN_RELAY_TOKEN": TOKEN}

        def relay(port: int) -> tuple[str, ...]:
            return (*CLI, "relay", "--nats", own_server.url, "--http", f"0.0.0.0:{port}", "--json")

        with process(*relay(ports[0]), env=env) as one:
            assert [role(one), role(one)] == ["standby", "leader"]
            with process(*relay(ports[1]), env=env) as other:
                assert role(other) == "standby"
                first, second = (ready(port) for port in ports)
                assert (first["role"], first["state"]) == ("leader", "ok")
                assert (second["role"], second["state"]) == ("standby", None)
                leads = []
                for port in ports:
                    assert ask(port, "/metrics")[0] == 401
                    status, text = ask(port, "/metrics", Authorization=f"Bearer {TOKEN}")
                    assert status == 200
                    told = {name: value for (name, _), value in samples(text.encode()).items()}
                    assert told["accsyn_relay_nats_connected"] == 1
                    leads.append((told["accsyn_relay_leader"], told["accsyn_relay_term"]))
                assert leads == [(1, first["term"]), (0, 0)]
                one.signal(signal.SIGTERM)
                assert one.end()[0] == 0
                assert role(other) == "leader"
                assert ready(ports[1])["term"] == first["term"] + 1
                other.signal(signal.SIGTERM)
                assert other.end()[0] == 0
