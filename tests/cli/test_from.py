"""``--from`` and what goes with it, before anything is connected to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import Cli

ADDRESS = ("--from", "nats://127.0.0.1:1")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("watch", *ADDRESS, "--tasks"), "the tasks of jobs are not relayed"),
        (("watch", *ADDRESS, "--checkpoint", "x"), "what was seen is kept with --durable NAME"),
        (("watch", "--durable", "x"), "--durable goes with --from"),
        (("watch", *ADDRESS, "--durable", " "), "--durable must not be empty"),
        (("watch", *ADDRESS, "--username", "lisa@example.com"), "--username does not go with --from"),
        (("top", *ADDRESS, "--url", "http://127.0.0.1:1"), "--url does not go with --from: accsyn is"),
        (("dashboard", *ADDRESS, "--envfile", "x"), "--envfile does not go with --from"),
        (("dashboard", *ADDRESS, "--insecure"), "--insecure does not go with --from"),
        (("watch", "--nats-creds", "x"), "--nats-creds goes with --from, which names"),
        (("top", "--nats-ca", "x"), "--nats-ca goes with --from"),
        (("dashboard", "--nats-key", "x"), "--nats-key goes with --from"),
        (("top", "--from", ""), "--from must not be empty"),
        (("watch", "--from", "http://127.0.0.1"), "a URL such as nats://host:4222"),
        (("dashboard", "--from", "nats://127.0.0.1:1/x", "--port", "0"), "a URL such as nats://host:4222"),
        (("top", "--once", "--from", "nats://127.0.0.1:1?x"), "a URL such as nats://host:4222"),
        (("watch", *ADDRESS, "User"), "what can be watched"),
    ],
)
async def test_what_makes_no_sense_is_wrong_usage(cli: Cli, argv: tuple[str, ...], told: str) -> None:
    ran = await cli(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("command", [("watch",), ("top", "--once"), ("dashboard", "--port", "0")])
async def test_without_the_extra_it_says_what_to_install(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, "nats", None)
    ran = await cli(*command, *ADDRESS)
    assert (ran.code, ran.out) == (2, "")
    assert "pip install 'accsyn-async[relay]'" in ran.err


def test_nats_is_imported_for_a_relay_alone() -> None:
    code = """
import sys
import accsyn_async.cli.watch, accsyn_async.cli.top, accsyn_async.cli.dashboard
import accsyn_async.dashboard.top.steering_app, accsyn_async.dashboard.web.application
assert not {name for name in sys.modules if name.partition(".")[0] in ("nats", "nkeys")}
assert not {name for name in sys.modules if name.startswith("accsyn_async.relay.")}
"""
    subprocess.run([sys.executable, "-c", code], check=True)
