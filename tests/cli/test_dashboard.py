"""``accsyn-async dashboard``, as a process and as a command."""

from __future__ import annotations

import json
import signal
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from accsyn_async.sandbox import Sandbox
from tests.cli.conftest import Cli
from tests.cli.test_processes import CLI, Box, process


@pytest.fixture
def env(tmp_path: Path) -> object:
    with process(*CLI, "sandbox", "--port", "0", "--json", "--synthetic", "--jobs", "3") as started:
        yield Box(started, tmp_path).env


def ask(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_is_served_until_it_is_told_to_end(env: dict[str, str]) -> None:
    with process(*CLI, "dashboard", "--port", "0", "--json", env=env) as served:
        url = json.loads(served.line())["url"]
        assert url.startswith("http://127.0.0.1:")
        status, text = ask(url)
        assert (status, "<!doctype html>" in text) == (200, True)
        assert ask(url)[0] == 403
        other = json.loads(served.line())["url"]
        assert other != url
        assert ask(other)[0] == 200
        served.signal(signal.SIGTERM)
        code, _, errors = served.end()
        assert (code, errors) == (0, "")


def test_for_people(env: dict[str, str]) -> None:
    with process(*CLI, "dashboard", "Transfer WHERE status=running", "--port", "0", env=env) as served:
        line = served.line()
        assert line.startswith("The dashboard is at http://127.0.0.1:")
        assert "Transfer WHERE status=running" in ask(line.split()[-1])[1]
        assert served.line().startswith("Somebody was let in; for another browser: http://127.0.0.1:")
        served.interrupt()
        code, _, errors = served.end()
        assert code == 130
        assert "Ctrl-C ends it" in errors
        assert "Traceback" not in errors


def test_the_token_from_the_environment_opens_metrics(env: dict[str, str]) -> None:
    token = "a token that nobody guesses"
    more = {"ACCSYN_DASHBOARD_TOKEN": token}
    with process(*CLI, "dashboard", "--host", "0.0.0.0", "--port", "0", "--json", env=env | more) as served:
        url = json.loads(served.line())["url"]
        assert url.startswith(f"http://{socket.gethostname().lower()}:")
        port = url.split(":")[2].split("/")[0]
        base = f"http://127.0.0.1:{port}"
        assert ask(f"{base}/metrics")[0] == 401
        status, text = ask(f"{base}/metrics", Authorization=f"Bearer {token}")
        assert (status, "accsyn_up" in text) == (200, True)
        assert ask(f"{base}/healthz", Host=f"{socket.gethostname()}:{port}")[0] == 200
        assert ask(f"{base}/healthz", Host=f"evil.com:{port}")[0] == 403


def test_without_a_key_on_this_computer_alone(env: dict[str, str]) -> None:
    arguments = ("--open", "--port", "0", "--json", "--read-only", "--allow-host", "farm.example.com")
    with process(*CLI, "dashboard", *arguments, env=env) as served:
        url = json.loads(served.line())["url"]
        assert "once" not in url
        status, text = ask(url, Host="farm.example.com")
        assert (status, '"allowed": []' in text) == (200, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "set a token"),
        (("--host", "0.0.0.0", "--open"), "--open is for this computer alone"),
        (("--host", "::"), "set a token"),
        (("--host", "farm.example.com"), "set a token"),
        (("--host", " "), "--host must not be empty"),
        (("--port", "70000"), "from 0 to 65535"),
        (("--token", " "), "--token must not be empty"),
        (("--token", "x", "--open"), "exclude each other"),
        (("User",), "neither a job's id"),
    ],
)
async def test_what_is_refused(box: Sandbox, cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    ran = await cli("dashboard", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


async def test_a_port_that_is_taken(box: Sandbox, cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = await cli("dashboard", "--port", str(taken.getsockname()[1]))
    assert ran.code == 4
    assert "choose another --port" in ran.err


async def test_a_login_that_is_refused(box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCSYN_API_KEY", "wrong")
    ran = await cli("dashboard", "--port", "0", "--json")
    assert (ran.code, ran.out) == (3, "")


async def test_without_the_extra(box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp_sse", None)
    ran = await cli("dashboard", "--port", "0")
    assert ran.code == 2
    assert "pip install 'accsyn-async[dashboard]'" in ran.err
