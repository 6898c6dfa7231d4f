"""``accsyn-async doctor``: against sandboxes and other servers, in every weather; and it shows no secret."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme

from accsyn_async.sandbox import FaultKind, Sandbox
from accsyn_async.wire.v3 import V3
from tests.cli.conftest import Cli, Ran
from tests.docs.pages import ROOT, Page, marked_for
from tests.support.canary import Net
from tests.support.raw_server import answer, raw_server, server_context
from tests.support.socks import socks_server

PAGE = Page(ROOT / "docs" / "settings.md")
LOGIN = b'{"result": {"id": "u1", "role": "employee", "session_id": "s1"}}'


def checks(ran: Ran) -> dict[str, dict[str, Any]]:
    """The checks of ``--json``, by their names; a name comes up once, and what is not well has a remedy."""
    lines = ran.out.splitlines()
    assert len(lines) == 1, ran
    document = json.loads(lines[0])
    assert document["v"] == 1
    assert document["exit_code"] == ran.code
    found = {one["name"]: one for one in document["checks"]}
    assert len(found) == len(document["checks"])
    assert [
        one for one in found.values() if one["status"] in ("error", "warning") and not one["remedy"]
    ] == []
    return found


def statuses(ran: Ran, *names: str) -> dict[str, str | None]:
    found = checks(ran)
    return {name: found[name]["status"] if name in found else None for name in names}


@pytest.fixture
def who(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCSYN_WORKSPACE", "acme")
    monkeypatch.setenv("ACCSYN_API_USER", "lisa@example.com")
    monkeypatch.setenv("ACCSYN_API_KEY", "a-key-of-lisa")


# -- the way to the backend -----------------------------------------------------


async def test_all_is_well(box: Sandbox, cli: Cli) -> None:
    ran = await cli("doctor")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert "  ✓ workspace       acme, ACCSYN_WORKSPACE in the environment" in lines
    key = box.user("admin").api_key
    assert f"  ✓ API key         set ({len(key)} characters), ACCSYN_API_KEY in the environment" in lines
    assert f"  ✓ address         {box.url}, as it was set" in lines
    assert any("admin@example.com is an admin in acme, by API v3" in line for line in lines)
    assert "no HTTP 429 in 2 requests" in ran.out
    assert "✗" not in ran.out
    assert [line for line in lines if line.startswith("  !")] == []
    assert lines[-1] == "✓ All is well."


async def test_it_asks_little_and_changes_nothing(box: Sandbox, cli: Cli) -> None:
    before = box.statistics()
    assert (await cli("doctor", "--json")).code == 0
    after = box.statistics()
    assert (after.requests - before.requests, after.logins - before.logins) == (2, 1)
    assert after.events == {**before.events, "transfer/find": before.events.get("transfer/find", 0) + 1}


async def test_a_document_for_programs(box: Sandbox, cli: Cli) -> None:
    found = checks(await cli("doctor", "--json"))
    assert found["workspace"]["facts"]["value"] == "acme"
    assert found["workspace"]["facts"]["source"] == "environment"
    assert found["workspace"]["facts"]["variable"] == "ACCSYN_WORKSPACE"
    assert "value" not in found["API key"]["facts"]
    assert found["login"]["facts"]["role"] == "admin"
    assert found["login"]["facts"]["api_version"] == "v3"
    assert found["rate limit"]["facts"] == {"per_second": 25, "burst": 40, "requests": 2, "throttled": 0}
    assert found["requirements"]["facts"]["versions"]["aiohttp"]
    assert found["extra relay"]["facts"]["versions"]["nats-py"]
    assert abs(found["clock"]["facts"]["ahead_s"]) < 5
    assert {one["topic"] for one in found.values()} == {"settings", "installed", "backend", "session"}


async def test_a_wrong_key_is_one_login(box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCSYN_API_KEY", "another-key")
    ran = await cli("doctor", "--json")
    assert ran.code == 3
    assert statuses(ran, "connection", "login", "answers") == {
        "connection": "ok",
        "login": "error",
        "answers": None,
    }
    assert "E#A401" in checks(ran)["login"]["text"]
    assert "Prefs > Setup API environment" in checks(ran)["login"]["remedy"]
    assert (box.statistics().requests, box.statistics().logins) == (1, 0)


@pytest.mark.usefixtures("who")
async def test_a_backend_out_of_reach(cli: Cli) -> None:
    ran = await cli("doctor", "--json", "--url", "http://127.0.0.1:1")
    assert ran.code == 4
    found = checks(ran)
    assert found["connection"]["text"] == "no connection to 127.0.0.1:1: Connection refused"
    assert "ACCSYN_PROXY" in found["connection"]["remedy"]
    assert "login" not in found


@pytest.mark.usefixtures("who")
async def test_a_backend_that_does_not_answer(cli: Cli) -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    gone = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        ran = await cli("doctor", "--json", "--url", f"http://127.0.0.1:{port}", "--timeout", "0.2")
        gone.set()
    assert ran.code == 4
    assert checks(ran)["login"]["text"] == f"no answer from 127.0.0.1:{port} within 0.2 s"
    assert "with a longer --timeout" in checks(ran)["login"]["remedy"]
    assert checks(ran)["rate limit"]["text"].endswith("; no answer to 1 request")


@pytest.mark.usefixtures("who")
async def test_a_name_that_leads_nowhere(cli: Cli) -> None:
    ran = await cli("doctor", "--json", "--url", "https://nowhere.invalid")
    assert ran.code == 4
    assert checks(ran)["connection"]["text"].startswith("no connection to nowhere.invalid:443: ")


@pytest.mark.usefixtures("who")
async def test_a_certificate_that_nobody_vouches_for(cli: Cli) -> None:
    async with Sandbox(tls=True) as box:
        ran = await cli("doctor", "--json", "--url", box.url)
        assert ran.code == 4
        found = checks(ran)
        assert found["connection"]["status"] == "ok"
        assert found["certificate"]["status"] == "error"
        assert "unable to get local issuer certificate" in found["certificate"]["text"]
        assert "vouched for by trustme" in found["certificate"]["text"]
        assert "SSL_CERT_FILE" in found["certificate"]["remedy"]
        assert found["certificate"]["facts"]["trusted"] is False
        assert "login" not in found
        # Not a byte of a request went to who is not trusted.
        assert box.statistics().requests == 0

        ran = await cli("doctor", "--json", "--url", box.url, "--insecure")
        assert checks(ran)["certificate"]["status"] == "warning"
        assert "leave --insecure out" in checks(ran)["certificate"]["remedy"]
        assert box.statistics().requests == 1


@pytest.mark.usefixtures("who")
async def test_the_certificate_of_another_host(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with raw_server(_login, server_context(authority, "elsewhere.test")) as (port, received):
        ran = await cli("doctor", "--json", "--url", f"https://127.0.0.1:{port}")
    assert ran.code == 4
    assert "mismatch" in checks(ran)["certificate"]["text"]
    assert "check ACCSYN_URL" in checks(ran)["certificate"]["remedy"]
    assert received == []


async def test_a_certificate_that_is_trusted() -> None:
    async with Sandbox(tls=True) as box:
        user = box.user("employee")
        env = {name: value for name, value in os.environ.items() if not name.startswith(("ACCSYN_", "AS_"))}
        env |= {"ACCSYN_URL": box.url, "ACCSYN_WORKSPACE": box.workspace, "ACCSYN_API_USER": user.username}
        env |= {"ACCSYN_API_KEY": user.api_key, "SSL_CERT_FILE": str(box.ca)}
        # In a process of its own: aiohttp reads the authorities once.
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "accsyn_async", "doctor", "--json"],
            env=env,
            capture_output=True,
            text=True,
            timeout=30,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert ran.code == 0, ran
        found = checks(ran)["certificate"]
        assert found["status"] == "ok"
        assert "vouched for by trustme" in found["text"]
        assert found["facts"]["protocol"].startswith("TLSv1.")
        assert found["facts"]["until"]


@pytest.mark.usefixtures("who")
async def test_https_where_http_is_spoken(cli: Cli) -> None:
    async with raw_server(_login) as (port, _):
        ran = await cli("doctor", "--json", "--url", f"https://127.0.0.1:{port}", "--timeout", "2")
    assert ran.code == 4
    assert checks(ran)["certificate"]["status"] == "error"
    assert f"127.0.0.1:{port}" in checks(ran)["certificate"]["text"]


async def test_through_a_socks_server(box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    async with socks_server() as socks:
        monkeypatch.setenv("ACCSYN_PROXY", f"socks5:127.0.0.1:{socks.port}")
        ran = await cli("doctor", "--json")
        assert ran.code == 0, ran
        assert f"through socks5://127.0.0.1:{socks.port}" in checks(ran)["connection"]["text"]
        port = int(box.url.rpartition(":")[2])
        assert set(socks.asked) == {("127.0.0.1", port)}
    ran = await cli("doctor", "--json")
    assert ran.code == 4
    assert "SOCKS proxy" in checks(ran)["connection"]["text"]


async def test_through_an_accsyn_proxy(box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCSYN_URL")
    monkeypatch.setenv("ACCSYN_PROXY", f"accsyn:{box.url.partition('://')[2]}")
    ran = await cli("doctor", "--json")
    assert ran.code == 0
    assert checks(ran)["address"]["text"] == f"{box.url}, ACCSYN_PROXY, an accsyn proxy"


# -- finding the backend ---------------------------------------------------------


@pytest.mark.usefixtures("who")
async def test_accsyn_is_asked_where_the_workspace_is(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    async def discovery(request: bytes, writer: asyncio.StreamWriter) -> None:
        known = b"%22acme%22" in request
        found = b'{"result": {"hostname": "127.0.0.1", "port": 1}}'
        writer.write(answer(found if known else b'{"message": "No such workspace."}'))

    async with raw_server(discovery) as (port, received):
        monkeypatch.setattr(V3, "master", f"http://127.0.0.1:{port}")
        ran = await cli("doctor", "--json")
        assert ran.code == 4
        assert checks(ran)["address"]["text"].startswith(
            f"https://127.0.0.1:1, as 127.0.0.1:{port} says, in "
        )
        assert checks(ran)["connection"]["status"] == "error"
        assert len(received) == 1

        ran = await cli("doctor", "--json", "--workspace", "acmee")
        assert ran.code == 3
        assert checks(ran)["address"]["text"] == "No such workspace."
        assert "ACCSYN_WORKSPACE" in checks(ran)["address"]["remedy"]


@pytest.mark.usefixtures("who")
async def test_accsyn_itself_is_out_of_reach(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(V3, "master", "http://127.0.0.1:1")
    ran = await cli("doctor", "--json")
    assert ran.code == 4
    assert checks(ran)["address"]["text"] == "no connection to 127.0.0.1:1: Connection refused"


# -- what the backend says --------------------------------------------------------


async def test_a_backend_that_throttles(box: Sandbox, cli: Cli) -> None:
    fault = box.weather.add("throttle", uri="login", retry_after=30)
    ran = await cli("doctor", "--json")
    assert ran.code == 4
    # It neither waits nor asks again.
    assert fault.hits == 1
    assert statuses(ran, "login", "rate limit") == {"login": "error", "rate limit": "warning"}
    rate = checks(ran)["rate limit"]
    assert "HTTP 429: 1 of 1 request" in rate["text"]
    assert "asks to wait 30 s" in rate["text"]
    assert rate["facts"]["retry_after"] == 30
    box.weather.clear()
    box.weather.add("throttle", uri="transfer/*")
    ran = await cli("doctor", "--json")
    assert ran.code == 4
    assert statuses(ran, "login", "answers", "rate limit") == {
        "login": "ok",
        "answers": "error",
        "rate limit": "warning",
    }


WEATHER: tuple[tuple[FaultKind, str, str], ...] = (
    ("error", "E#E503", "the backend has trouble"),
    ("html", "502", "the backend has trouble"),
    ("reset", "broke", "firewall or a proxy"),
    ("cut", "was cut off", "the backend has trouble"),
    ("throttle", "E#E429", "wait, and try again"),
)


@pytest.mark.parametrize(("name", "uri"), [("login", "login"), ("answers", "transfer/*")])
@pytest.mark.parametrize(("kind", "says", "remedy"), WEATHER)
async def test_in_each_weather_it_says_what_to_do(
    box: Sandbox, cli: Cli, kind: FaultKind, says: str, remedy: str, name: str, uri: str
) -> None:
    box.weather.add(kind, uri=uri)
    ran = await cli("doctor", "--json")
    assert ran.code == 4
    found = checks(ran)
    assert found[name]["status"] == "error"
    assert says in found[name]["text"]
    assert remedy in found[name]["remedy"]
    assert found["rate limit"]["facts"]["requests"] == (1 if name == "login" else 2)


async def test_a_session_that_is_refused_at_once(box: Sandbox, cli: Cli) -> None:
    box.weather.add("expire")
    ran = await cli("doctor", "--json")
    assert ran.code == 3
    found = checks(ran)
    assert found["login"]["status"] == "ok"
    assert "E#A402" in found["answers"]["text"]
    assert found["answers"]["remedy"].startswith("the key is right, but its session was ended at once")
    assert "no HTTP 429" in found["rate limit"]["text"]


async def test_what_nobody_answered_tells_neither_time_nor_limit(box: Sandbox, cli: Cli) -> None:
    box.weather.add("reset", uri="login")
    found = checks(await cli("doctor", "--json"))
    assert found["clock"]["text"] == "not compared, as there was no answer"
    assert found["rate limit"]["status"] == "note"
    assert found["rate limit"]["text"].endswith("40 at once; no answer to 1 request")


async def _login(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(LOGIN if b"/login " in request else b'{"result": []}'))


@pytest.mark.usefixtures("who")
async def test_a_clock_that_is_wrong(cli: Cli) -> None:
    async def late(request: bytes, writer: asyncio.StreamWriter) -> None:
        body = LOGIN if b"/login " in request else b'{"result": []}'
        writer.write(answer(body, Date="Thu, 22 Jan 2015 12:00:00 GMT"))

    async with raw_server(late) as (port, _):
        ran = await cli("doctor", "--json", "--url", f"http://127.0.0.1:{port}")
    assert ran.code == 0
    clock = checks(ran)["clock"]
    assert clock["status"] == "warning"
    assert clock["text"].endswith("h ahead of the backend's")
    assert clock["facts"]["ahead_s"] > 3600
    async with raw_server(_login) as (port, _):
        ran = await cli("doctor", "--json", "--url", f"http://127.0.0.1:{port}")
    assert checks(ran)["clock"]["text"] == "the backend does not tell the time"


@pytest.mark.usefixtures("who")
async def test_an_older_workspace_is_thought_of(cli: Cli) -> None:
    async def unknown(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"<html>not found</html>", "404 Not Found"))

    async with raw_server(unknown) as (port, _):
        ran = await cli("doctor", "--json", "--url", f"http://127.0.0.1:{port}")
    assert "api_version='v1'" in checks(ran)["login"]["remedy"]


# -- settings ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ACCSYN_WORKSPACE", "ACCSYN_API_USER", "ACCSYN_API_KEY"])
async def test_what_is_missing_is_named_and_the_rest_looked_at(
    box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    ran = await cli("doctor", "--json")
    assert ran.code == 3
    wrong = [one for one in checks(ran).values() if one["status"] == "error"]
    assert len(wrong) == 1
    assert name in wrong[0]["remedy"]
    assert statuses(ran, "connection", "login") == {"connection": "ok", "login": "note"}
    assert box.statistics().requests == 0


async def test_nothing_is_set(cli: Cli) -> None:
    ran = await cli("doctor", "--json")
    assert ran.code == 3
    assert statuses(ran, "workspace", "user", "API key", "address") == {
        "workspace": "error",
        "user": "error",
        "API key": "error",
        "address": "note",
    }


async def test_an_env_file_that_the_environment_covers(box: Sandbox, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ACCSYN_API_KEY=an-older-key\nACCSYN_WORKSPACE=acme\nOTHER=x\n")
    found = checks(await cli("doctor", "--json"))
    assert found["env file"]["text"] == f"{tmp_path / '.env'}, 2 settings"
    assert found["API key"]["status"] == "warning"
    assert "another value is not used: ACCSYN_API_KEY in .env" in found["API key"]["remedy"]
    assert found["workspace"]["status"] == "ok"
    assert found["workspace"]["text"].endswith("; the same in ACCSYN_WORKSPACE in .env")
    assert found["login"]["status"] == "ok"


async def test_an_env_file_that_is_named_covers_the_environment(
    box: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    path = tmp_path / "my.env"
    path.write_text("ACCSYN_API_KEY=an-older-key\n")
    (tmp_path / ".env").write_text("ACCSYN_API_USER=nobody@example.com\n")
    ran = await cli("doctor", "--json", "--envfile", str(path))
    assert ran.code == 3
    found = checks(ran)
    assert f"ACCSYN_API_KEY in {path}" in found["API key"]["text"]
    assert found["API key"]["facts"]["path"] == str(path)
    assert "ACCSYN_API_KEY in the environment" in found["API key"]["remedy"]
    # .env is not read then.
    assert found["user"]["status"] == "ok"


async def test_an_argument_covers_all_else(box: Sandbox, cli: Cli) -> None:
    found = checks(await cli("doctor", "--json", "--workspace", "other", "--offline"))
    assert found["workspace"]["text"] == "other, --workspace"
    assert found["workspace"]["facts"]["source"] == "argument"
    assert "ACCSYN_WORKSPACE in the environment" in found["workspace"]["remedy"]


@pytest.mark.usefixtures("who")
async def test_an_address_that_a_folder_would_send_the_key_to(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ACCSYN_URL=https://elsewhere.example\n")
    found = checks(await cli("doctor", "--json", "--offline"))
    assert found["URL"]["status"] == "warning"
    assert "the API key does not come from there" in found["URL"]["text"]


@pytest.mark.usefixtures("who")
async def test_an_env_file_that_is_not_there(cli: Cli) -> None:
    ran = await cli("doctor", "--json", "--envfile", "none.env")
    assert ran.code == 2
    assert "no env file 'none.env'; check --envfile" in checks(ran)["env file"]["text"]
    assert checks(ran)["address"]["text"] == "not tried, as a setting is wrong"


@pytest.mark.usefixtures("who")
@pytest.mark.parametrize(
    ("variable", "value", "name", "says"),
    [
        ("ACCSYN_URL", "acme.accsyn.com", "URL", "no address"),
        ("ACCSYN_URL", "http://acme.accsyn.com", "URL", "plain http"),
        ("ACCSYN_PROXY", "http://proxy:8080/", "proxy", "a proxy is written"),
        ("ACCSYN_WORKSPACE", "acme\x07", "workspace", "control characters"),
    ],
)
async def test_settings_that_cannot_be_used(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    ran = await cli("doctor", "--json")
    assert ran.code == 2
    found = checks(ran)[name]
    assert found["status"] == "error"
    assert says in found["text"]
    assert variable in found["remedy"]


@pytest.mark.usefixtures("who")
@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("htp://127.0.0.1", "'htp://127.0.0.1' is no address"),
        ("htp://studio.example.com:8181", "'htp://studio.example.com:8181' is no address"),
        ("acme.accsyn.com", "'acme.accsyn.com' is no address"),
        ("127.0.0.1:8181", "'127.0.0.1:8181' is no address"),
        ("http://127.0.0.1:99999", "the port in 'http://127.0.0.1:99999' is not a number"),
        ("htp://lisa:abcdefghij@127.0.0.1/klmnopqrst?uvwxyzabcd", "an address must not hold a user name"),
        ("htp://127.0.0.1/klmnopqrst?a=uvwxyzabcd", "'htp://127.0.0.1' is no address"),
        ("https://127.0.0.1/?token=abcdefghij@klmnopqrst", "'https://***' is followed by more"),
        # What may be a key in the wrong place.
        ("f0a8b9a9-879f-4a0e", "'***' is no address"),
        ("https://127.0.0.1:abcdefghij", "the port in '***' is not a number"),
    ],
)
async def test_an_address_that_cannot_be_used_is_shown_without_what_may_be_secret(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, value: str, says: str
) -> None:
    monkeypatch.setenv("ACCSYN_URL", value)
    ran = await cli("doctor", "--json", "--offline")
    assert ran.code == 2
    assert checks(ran)["URL"]["text"].startswith(says)
    assert not any(piece in ran.out for piece in ("abcdefghij", "klmnopqrst", "uvwxyzabcd", "879f"))


@pytest.mark.usefixtures("who")
@pytest.mark.parametrize(
    ("variable", "value", "name", "says"),
    [
        ("ACCSYN_API_KEY", "a-key ", "API key", "white space"),
        ("ACCSYN_API_KEY", "'a-key'", "API key", "quotes"),
        ("ACCSYN_API_KEY", "lisa@example.com", "API key", "looks like an e-mail address"),
        ("ACCSYN_API_USER", "lisa", "user", "no e-mail address"),
        ("ACCSYN_WORKSPACE", "https://acme.accsyn.com", "workspace", "does not look like a workspace's code"),
        ("ACCSYN_APIKEY", "x", "ACCSYN_APIKEY", "not known"),
        ("SSL_CERT_FILE", "/none.pem", "SSL_CERT_FILE", "no such thing"),
    ],
)
async def test_settings_that_are_odd(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    found = checks(await cli("doctor", "--json", "--offline"))[name]
    assert found["status"] == "warning"
    assert says in found["text"]


@pytest.mark.usefixtures("who")
async def test_what_others_go_by_is_told_to_be_of_no_use(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    monkeypatch.setenv("ACCSYN_SESSION_KEY", "a-session")
    found = checks(await cli("doctor", "--json", "--offline"))
    assert (found["HTTPS_PROXY"]["status"], found["session key"]["status"]) == ("note", "note")
    assert "ACCSYN_PROXY" in found["HTTPS_PROXY"]["remedy"]


async def test_timeouts_make_sense(cli: Cli) -> None:
    ran = await cli("doctor", "--timeout", "0")
    assert (ran.code, ran.out) == (2, "")
    assert "--timeout" in ran.err


# -- secrets ------------------------------------------------------------------------

WORDS = ("key", "session", "token", "proxy", "older", "slip")
SECRETS = [f"canary-{word}-0123456789abcdef" for word in WORDS]
KEY, SESSION, TOKEN, PROXY, OLDER, SLIP = SECRETS


@pytest.mark.parametrize(
    "planted",
    [
        {},
        {"ACCSYN_URL": f"http://lisa:{SLIP}@127.0.0.1:1"},
        {"ACCSYN_URL": f"http://127.0.0.1:1/?token={SLIP}"},
        {"ACCSYN_URL": f"http://127.0.0.1:{SLIP}"},
        {"ACCSYN_URL": f"lisa:{SLIP}@127.0.0.1"},
        {"ACCSYN_PROXY": f"http://lisa:{PROXY}@127.0.0.1:8080"},
        {"ACCSYN_PROXY": f"socks5://lisa:{PROXY}@127.0.0.1:1080"},
        {"ACCSYN_PROXY": f"{PROXY}:127.0.0.1:1080"},
        {"ACCSYN_WORKSPACE": KEY},
        {"ACCSYN_WORKSPACE": SLIP},
        {"ACCSYN_API_USER": KEY},
        {"ACCSYN_API_USER": SLIP},
        {"ACCSYN_API_USER": f"lisa@example.com:{SLIP}"},
        {"ACCSYN_CREDENTIALS_PATH": "my.env"},
        {"HTTPS_PROXY": f"http://lisa:{PROXY}@127.0.0.1:8080", "https_proxy": PROXY},
        {"ACCSYN_API_PASSWORD": SLIP},
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",), ("--verbose",), ("--offline",)])
async def test_no_secret_is_shown(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    planted: dict[str, str],
    options: tuple[str, ...],
) -> None:
    async def echo(request: bytes, writer: asyncio.StreamWriter) -> None:
        # A backend that tells all that it was sent.
        said = json.dumps({"message": f"E#A401 refused: {request.decode('latin-1')}"})
        writer.write(answer(said.encode(), "401 Unauthorized"))

    net = Net()
    net.know(*SECRETS)
    file = f"ACCSYN_API_KEY={OLDER}\nACCSYN_SESSION_KEY={SESSION}\nACCSYN_NATS_TOKEN={TOKEN}\n"
    (tmp_path / ".env").write_text(file)
    (tmp_path / "my.env").write_text(file)
    async with raw_server(echo) as (port, received):
        for name, value in {
            "ACCSYN_WORKSPACE": "acme",
            "ACCSYN_API_USER": "lisa@example.com",
            "ACCSYN_API_KEY": KEY,
            "ACCSYN_SESSION_KEY": SESSION,
            "ACCSYN_DASHBOARD_TOKEN": TOKEN,
            "ACCSYN_RELAY_TOKEN": TOKEN,
            "ACCSYN_NATS_TOKEN": TOKEN,
            "ACCSYN_URL": f"http://127.0.0.1:{port}",
            **planted,
        }.items():
            monkeypatch.setenv(name, value)
        with net.catching():
            ran = await cli("doctor", *options)
    net.add(ran.out, ran.err)
    assert net.found() == []
    if "ACCSYN_URL" not in planted and "ACCSYN_PROXY" not in planted and "--offline" not in options:
        assert len(received) == 1
        assert ran.code == 3
    assert "doctor" not in ran.err
    assert f"set ({len(KEY)} characters)" in ran.out or "my.env" in planted.values()


# -- files ---------------------------------------------------------------------------


def files_in(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


async def test_a_checkpoint(box: Sandbox, cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "seen.ckpt"
    ran = await cli("doctor", "--offline", "--json", "--checkpoint", str(path))
    assert statuses(ran, "checkpoint") == {"checkpoint": "note"}
    assert not path.exists()
    async with box.session() as session:
        transfer = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
        async with session.watch(transfer["id"], checkpoint=path) as watch:
            async for _ in watch:
                # While somebody uses it, too.
                ran = await cli("doctor", "--offline", "--json", "--checkpoint", str(path))
                assert statuses(ran, "checkpoint") == {"checkpoint": "ok"}
    before = files_in(tmp_path)
    ran = await cli("doctor", "--offline", "--json", "--checkpoint", str(path))
    assert ran.code == 0
    found = checks(ran)["checkpoint"]
    assert found["text"].startswith(f"{path}: version 1, of acme, single jobs, 1 job")
    assert found["facts"]["schema"] == 1
    assert files_in(tmp_path) == before


async def test_checkpoints_that_cannot_be_used(cli: Cli, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE x (a)")
    database.close()
    damaged = tmp_path / "damaged.ckpt"
    damaged.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 8)
    for path, says in (
        (other, "no checkpoint"),
        (damaged, "damaged"),
        (tmp_path, "no file"),
        (tmp_path / "none" / "x", "no folder"),
    ):
        before = path.read_bytes() if path.is_file() else b""
        ran = await cli("doctor", "--offline", "--json", "--checkpoint", str(path))
        assert ran.code in (2, 3)
        found = checks(ran)["checkpoint"]
        assert found["status"] == "error"
        assert says in found["text"], found
        assert "accsyn-doctor-" not in found["text"]
        assert (path.read_bytes() if path.is_file() else b"") == before
    assert sorted(files_in(tmp_path)) == ["damaged.ckpt", "other.db"]


async def test_what_a_sandbox_keeps(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    async with Sandbox(state=path):
        ran = await cli("doctor", "--offline", "--json", "--state", str(path))
        assert statuses(ran, "sandbox state") == {"sandbox state": "ok"}
    found = checks(await cli("doctor", "--offline", "--json", "--state", str(path)))["sandbox state"]
    assert found["text"].startswith(f"{path}: version 1, ")
    assert found["facts"]["entries"] > 5
    path.write_bytes(b"not a database" * 100)
    ran = await cli("doctor", "--offline", "--json", "--state", str(path))
    assert statuses(ran, "sandbox state") == {"sandbox state": "error"}


async def test_a_checkpoint_that_cannot_be_written(
    box: Sandbox, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "seen.ckpt"
    async with box.session() as session, session.watch("Transfer", checkpoint=path) as watch:
        async for _ in watch:
            break
    can = os.access
    # Whoever is root may write everywhere.
    monkeypatch.setattr(os, "access", lambda where, mode: mode != os.W_OK and can(where, mode))
    ran = await cli("doctor", "--json", "--checkpoint", str(path))
    assert ran.code == 2
    assert "cannot be written" in checks(ran)["checkpoint"]["text"]


async def test_what_asks_nobody_needs_no_session() -> None:
    code = (
        "import sys; from accsyn_async.__main__ import main; main(['doctor', '--offline']);"
        "assert not {'aiohttp', 'accsyn_async.session'} & set(sys.modules)"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("who")
async def test_words_that_are_secrets_are_not_given_away_by_a_gap(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ACCSYN_API_KEY=other\n")
    found = checks(await cli("doctor", "--json", "--offline"))
    assert found["API key"]["remedy"].startswith("another value is not used: ACCSYN_API_KEY in .env")


async def test_the_page_shows_what_is_told(box: Sandbox, cli: Cli, tmp_path: Path) -> None:
    section = PAGE.text.partition("## See what is set")[2]
    (block,) = (block for block in PAGE.blocks() if "$ accsyn-async doctor\n" in block.text)
    assert marked_for(__file__) == [block]
    shown = block.text
    (tmp_path / ".env").write_text("ACCSYN_API_KEY=another-key\n")
    ran = await cli("doctor")
    found = re.findall(r"^(?:  [✓·!✗] (.{15}) |([A-Z]\w+)$)", ran.out, re.MULTILINE)
    told = re.findall(r"^(?:  [✓·!✗] (.{15}) |([A-Z]\w+)$)", shown, re.MULTILINE)
    assert len(told) > 15
    assert [one for one in found if one in told] == told
    for line in shown.splitlines():
        if line.startswith(("                    →", "  · proxy", "!")) or "rate limit" in line:
            assert line.partition("no HTTP 429")[0] in ran.out
    options = set(re.findall(r"^\| `(--[a-z]+)", section, re.MULTILINE))
    page = (await cli("doctor", "--help")).out
    assert options == set(re.findall(r"^│ (--[a-z]+)", page.partition("Connection")[0], re.MULTILINE))
