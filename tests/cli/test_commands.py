"""Each command against a sandbox, within this process."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.__main__ import main
from accsyn_async.sandbox import Sandbox
from tests.cli.conftest import Cli
from tests.cli.making import HOSTILE, Terminal

NOBODY = "0" * 24
TRANSFER = ("share=projects/a.mov", "site=berlin")


async def submitted(cli: Cli, *options: str) -> str:
    ran = await cli("submit", *TRANSFER, *options)
    assert ran.code == 0, ran.err
    return ran.out.split()[0]


# -- logging in, and not ------------------------------------------------------


async def test_a_wrong_key_is_one_login_and_one_line(
    box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCSYN_API_KEY", "wrong")
    ran = await cli("watch")
    assert ran.code == 3
    assert ran.out == ""
    assert re.fullmatch(r"accsyn-async: the login was refused: .*\n", ran.err)
    assert "Traceback" not in ran.err
    # One request altogether, and it was the login.
    assert (box.statistics().requests, box.statistics().logins) == (1, 0)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ((), ("ACCSYN_WORKSPACE", "ACCSYN_API_USER", "ACCSYN_API_KEY")),
        (("--workspace", "acme"), ("ACCSYN_API_USER", "ACCSYN_API_KEY")),
        (("--workspace", "acme", "--username", "lisa@example.com"), ("ACCSYN_API_KEY",)),
    ],
)
async def test_what_is_missing_is_named(cli: Cli, given: tuple[str, ...], missing: tuple[str, ...]) -> None:
    for command in (("watch",), ("find", "User"), ("submit", *TRANSFER), ("pause", NOBODY)):
        ran = await cli(*command, *given)
        assert ran.code == 3
        assert len(ran.err.splitlines()) == 1
        assert tuple(re.findall(r"ACCSYN_\w+", ran.err)) == missing


async def test_the_key_can_come_from_an_env_file(
    box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = box.user("admin").api_key
    monkeypatch.delenv("ACCSYN_API_KEY")
    (tmp_path / "accsyn.env").write_text(f"ACCSYN_API_KEY={key}\n")
    assert (await cli("find", "Site", "--envfile", "accsyn.env")).code == 0


async def test_a_key_is_no_option(cli: Cli) -> None:
    ran = await cli("watch", "--api-key", "secret")
    assert ran.code == 2


@pytest.mark.parametrize("command", [("watch",), ("find", "User"), ("abort", NOBODY)])
async def test_a_backend_out_of_reach(
    cli: Cli, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCSYN_API_KEY", "key")
    ran = await cli(
        *command, "--url", "http://127.0.0.1:1", "--workspace", "acme", "--username", "lisa@example.com"
    )
    assert ran.code == 4
    assert "127.0.0.1:1" in ran.err
    assert len(ran.err.splitlines()) == 1


# -- wrong usage ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("nothing",), "Unknown command"),
        (("watch", "--bogus"), "Unknown option"),
        (("watch", "--timeout", "soon\x1b[31m"), r"soon\\x1b\[31m"),
        (("watch", "--timeout", "-1"), "--timeout is seconds"),
        (("watch", "Transfer", "WHERE", "status=running"), "quote the query"),
        (("watch", 'Transfer WHERE name="x'), "at character 21 of"),
        (("watch", "Transfer WHERE (a=1"), "at character 16 of"),
        (("watch", "User"), "no kind of job|nor a kind of job"),
        (("watch", NOBODY, "Transfer"), "quote the query"),
        (("find",), "find takes one query"),
        (("find", "Transfer", "WHERE", "a=1"), "quote it"),
        (("find", "Transfer WHERE a=1)"), "never opened .at character 19"),
        (("find", "Transfer", "--limit", "-1"), "--limit"),
        (("find", "Transfer", "--limit", "many"), "limit"),
        (("submit",), "FILE, or SOURCE DESTINATION"),
        (("submit", "a", "b", "c"), "2 sources need a folder"),
        (("submit", "nowhere.json"), "nowhere.json: error: there is no such file; .*source and destination"),
        (("submit", *TRANSFER, "--bogus"), "Unknown option: --bogus"),
        (("submit", *TRANSFER, "--setting", "speed"), "--setting takes NAME=VALUE, not 'speed'"),
        (("submit", *TRANSFER, "--metadata", "=x"), "--metadata takes NAME=VALUE"),
        (("submit", *TRANSFER, "--kind", "parcel"), "delivery"),
        (("submit", *TRANSFER, "--priority", "high"), "priority"),
        (("validate",), "FILE"),
        (("validate", "--bogus", "a.json"), "Unknown option: --bogus"),
        (("validate", "a.json", "--kind", "parcel"), "delivery"),
        (("schema", "parcel"), "delivery"),
        (("submit", *TRANSFER, "--timeout", "3"), "--wait"),
        (("pause",), "no ids"),
        (("sandbox", "--port", "70000"), "--port"),
        (("sandbox", "--speed", "0"), "--speed"),
        (("sandbox", "--workspace", " "), "--workspace"),
        (("sandbox", "--time-factor", "-1"), "--time-factor"),
        (("sandbox", "--time-factor", "inf"), "--time-factor"),
        (("sandbox", "--time-factor", "1e19"), "--time-factor"),
        (("sandbox", "--host", ""), "--host must not be empty"),
        (("sandbox", "--host", " "), "--host must not be empty"),
        (("sandbox", "--jobs", "5"), "--synthetic"),
        (("sandbox", "--synthetic"), "--jobs"),
        (("sandbox", "--jobs", "-1", "--synthetic"), "--jobs"),
        (("demo", "--speed", "-1"), "--speed"),
        (("watch", "--envfile", "nowhere.env"), "no env file.*--envfile"),
    ],
)
async def test_wrong_usage(box: Sandbox, cli: Cli, argv: tuple[str, ...], says: str) -> None:
    ran = await cli(*argv)
    assert ran.code == 2
    assert re.search(says, ran.err)
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", ran.err)
    assert box.statistics().requests == 0


@pytest.mark.parametrize("argv", [(), ("--help",), ("watch", "--help"), ("sandbox", "--help")])
async def test_help_is_data(cli: Cli, argv: tuple[str, ...]) -> None:
    ran = await cli(*argv)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: accsyn-async")


async def test_version(cli: Cli) -> None:
    from accsyn_async import __version__

    ran = await cli("--version")
    assert (ran.code, ran.out.strip()) == (0, __version__)


# -- watch -----------------------------------------------------------------------


async def test_watching_an_id_to_its_end(box: Sandbox, cli: Cli) -> None:
    ident = await submitted(cli)
    ran = await cli("watch", ident, "--json")
    assert ran.code == 0
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert events[0]["event"] == "found"
    assert events[-1]["event"] == "finished"
    assert events[-1]["job"]["status"] == "done"
    assert ran.err == ""


async def test_a_checkpoint_outlives_the_command(box: Sandbox, cli: Cli, tmp_path: Path) -> None:
    first = await submitted(cli)
    for told in (True, False):
        ran = await cli("watch", first, "--json", "--checkpoint", "seen.db")
        assert (ran.code, '"finished"' in ran.out) == (0, told)
    ran = await cli("watch", "Transfer", "--checkpoint", "seen.db")
    assert ran.code == 2
    assert "belongs to a watch of transfer jobs by their ids" in ran.err
    ran = await cli("watch", first, "--checkpoint", "nowhere/seen.db")
    assert ran.code == 2
    assert "nowhere" in ran.err


async def test_a_checkpoint_remembers_bad_ends(box: Sandbox, cli: Cli) -> None:
    async with box.session() as session:
        job = await session.create(
            "Transfer", {"source": TRANSFER[0], "destination": TRANSFER[1], "status": "paused"}
        )
    await cli("abort", job["id"])
    for _ in range(2):
        assert (await cli("watch", job["id"], "--checkpoint", "seen.db")).code == 1


async def test_tasks_are_told_of(box: Sandbox, cli: Cli, tmp_path: Path) -> None:
    async with Sandbox(speed=0.1) as slow:
        (slow.volume / "a.mov").write_bytes(bytes(300_000))
        async with slow.session() as session:
            job = await session.create("Transfer", {"source": TRANSFER[0], "destination": TRANSFER[1]})
        user = slow.user("admin")
        (tmp_path / "slow.env").write_text(f"ACCSYN_API_KEY={user.api_key}\nACCSYN_URL={slow.url}\n")
        ran = await cli("watch", job["id"], "--json", "--tasks", "--envfile", "slow.env")
    assert ran.code == 0
    tasks = [line for line in map(json.loads, ran.out.splitlines()) if line["event"] == "task"]
    assert [tasks[0]["changes"]["status"][0], tasks[-1]["task"]["status"]] == [None, "done"]


async def test_an_unknown_id(box: Sandbox, cli: Cli) -> None:
    ran = await cli("watch", NOBODY)
    assert ran.code == 1
    assert NOBODY in ran.err


async def test_a_job_that_fails(box: Sandbox, cli: Cli) -> None:
    ran = await cli("submit", "share=projects/nothing.mov", "site=berlin", "--wait")
    assert ran.code == 1
    assert "failed" in ran.out


async def test_timeouts(box: Sandbox, cli: Cli) -> None:
    ident = await submitted(cli)
    assert (await cli("watch", ident)).code == 0
    ran = await cli("watch", "--timeout", "0.2")
    assert ran.code == 5
    assert "not over within 0.2 s" in ran.err


async def test_fail_fast(box: Sandbox, cli: Cli) -> None:
    await cli("submit", "share=projects/nothing.mov", "site=berlin", "--wait")
    ran = await cli("watch", "--fail-fast", "--timeout", "20")
    assert ran.code == 1
    assert "failed" in ran.out


async def test_an_aborted_job(box: Sandbox, cli: Cli, tmp_path: Path) -> None:
    async with Sandbox(speed=0.01) as slow:
        (slow.volume / "a.mov").write_bytes(bytes(100_000))
        async with slow.session() as session:
            job = await session.create("Transfer", {"source": TRANSFER[0], "destination": TRANSFER[1]})
        user = slow.user("admin")
        (tmp_path / "slow.env").write_text(f"ACCSYN_API_KEY={user.api_key}\nACCSYN_URL={slow.url}\n")
        assert (await cli("abort", job["id"], "--envfile", "slow.env")).out.split()[1] == "aborted"
        ran = await cli("watch", job["id"], "--envfile", "slow.env")
    assert ran.code == 1
    assert "aborted" in ran.out


# -- find --------------------------------------------------------------------------


async def test_finding_jobs(box: Sandbox, cli: Cli) -> None:
    ident = await submitted(cli, "--wait")
    ran = await cli("find", "Transfer", "--finished")
    head, row = ran.out.splitlines()
    assert head.split()[:3] == ["NAME", "STATUS", "DONE"]
    assert ("acme → berlin" in row, ident in row, "100.0 kB" in row) == (True, True, True)
    assert (await cli("find", "Transfer")).err.startswith("Nothing found")


async def test_finding_rows_for_programs(box: Sandbox, cli: Cli) -> None:
    ran = await cli("find", "User", "--json", "--attributes", "code,created", "--limit", "2", "--skip", "1")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["code"] for row in rows] == ["employee@example.com", "standard@example.com"]
    assert set(rows[0]) == {"id", "code", "created"}
    assert rows[0]["created"].endswith("+00:00")


async def test_finding_tasks(box: Sandbox, cli: Cli) -> None:
    ident = await submitted(cli)
    ran = await cli("find", "Task", "--parent", ident)
    assert "a.mov" in ran.out


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_an_attribute_that_no_row_has_is_told(box: Sandbox, cli: Cli, options: tuple[str, ...]) -> None:
    ran = await cli("find", "User", "--attributes", "code, nope,\x1bnope,nope", *options)
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "accsyn-async: warning: no row has an attribute nope",
        r"accsyn-async: warning: no row has an attribute \x1bnope",
    ]
    # Where there is no row, nothing is known of its attributes.
    assert "warning" not in (await cli("find", "Transfer", "--attributes", "nope", *options)).err


@pytest.mark.parametrize("query", ["Volume", "Home"])
async def test_a_table_has_no_column_without_anything(box: Sandbox, cli: Cli, query: str) -> None:
    async with box.session("employee") as session:
        await session.find("Home")
    head, *rows = (await cli("find", query)).out.splitlines()
    assert rows
    assert head.split()[-1] == "ID"
    assert "EMAIL" not in head


@pytest.mark.parametrize("query", ["entitytypes", "attributes WHERE entitytype=transfer", "Site", "Client"])
async def test_finding_other_things(box: Sandbox, cli: Cli, query: str) -> None:
    for options in ((), ("--json",)):
        ran = await cli("find", query, *options)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_through_the_backend(box: Sandbox, cli: Cli, name: str, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(
        json.dumps({"source": TRANSFER[0], "destination": TRANSFER[1], "name": name, "status": "paused"})
    )
    ran = await cli("submit", "job.json")
    if "\ud800" in name:
        assert (ran.code, ran.out) == (2, "")
        assert "no proper Unicode" in ran.err
        return
    assert ran.code == 0, ran.err
    ident = ran.out.split()[0]
    for argv in (("find", "Transfer"), ("watch", "--timeout", "0.5"), ("resume", ident)):
        told = await cli(*argv)
        text = ran.out + told.out + told.err
        assert not re.search(
            r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text
        )


# -- submit, pause, resume, abort -----------------------------------------------------


async def test_submitting_a_file(box: Sandbox, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps({"source": TRANSFER[0], "destination": TRANSFER[1]}))
    ran = await cli("submit", "job.json", "--name", "dailies", "--queue", "medium", "--json")
    row = json.loads(ran.out)
    assert (row["name"], row["status"], row["created"][-6:]) == ("dailies", "init", "+00:00")


async def test_submitting_and_waiting(box: Sandbox, cli: Cli) -> None:
    ran = await cli("submit", *TRANSFER, "--wait", "--json", "--timeout", "20")
    row, *events = map(json.loads, ran.out.splitlines())
    assert ran.code == 0
    assert "event" not in row
    assert events[-1]["event"] == "finished"
    assert events[-1]["job"]["id"] == row["id"]


async def test_a_submission_that_is_refused(box: Sandbox, cli: Cli) -> None:
    ran = await cli("submit", TRANSFER[0], "site=atlantis")
    assert (ran.code, ran.out) == (1, "")
    assert "atlantis" in ran.err


async def test_pausing_and_resuming(box: Sandbox, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(
        json.dumps({"source": TRANSFER[0], "destination": TRANSFER[1], "status": "paused"})
    )
    ident = (await cli("submit", "job.json")).out.split()[0]
    ran = await cli("pause", NOBODY, ident)
    assert ran.code == 1
    assert ran.out.split()[:2] == [ident, "paused"]
    assert NOBODY in ran.err
    ran = await cli("resume", ident, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["status"] != "paused"
    assert (await cli("watch", ident)).code == 0


@pytest.mark.parametrize(
    ("answer", "options", "aborted"),
    [("y\n", (), True), ("n\n", (), False), ("", (), False), ("", ("--yes",), True)],
)
async def test_aborting_at_a_terminal_is_asked_about(
    box: Sandbox,
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    options: tuple[str, ...],
    aborted: bool,
) -> None:
    (tmp_path / "job.json").write_text(
        json.dumps({"source": TRANSFER[0], "destination": TRANSFER[1], "status": "paused"})
    )
    ident = (await cli("submit", "job.json")).out.split()[0]
    keyboard: Any = Terminal()
    keyboard.write(answer)
    keyboard.seek(0)
    asked = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", keyboard)
        patch.setattr(sys, "stderr", asked)
        ran = await cli("abort", ident, *options)
    assert ran.code == (0 if aborted else 1)
    assert ("Abort this transfer" in asked.getvalue()) is (not options)
    async with box.session() as session:
        row = await session.get_entity("Transfer", ident)
    assert row is not None
    assert row["status"] == ("aborted" if aborted else "paused")


# -- sandbox, the extra ------------------------------------------------------------------


async def test_a_port_in_use(box: Sandbox, cli: Cli) -> None:
    ran = await cli("sandbox", "--port", box.url.rpartition(":")[2])
    assert ran.code == 4
    assert "in use" in ran.err
    assert len(ran.err.splitlines()) == 1


async def test_a_host_that_others_can_reach_is_warned_of(box: Sandbox, cli: Cli) -> None:
    ran = await cli("sandbox", "--host", "0.0.0.0", "--port", box.url.rpartition(":")[2])
    assert ran.code == 4
    assert "others on the network can reach 0.0.0.0" in ran.err.splitlines()[0]


async def test_what_is_said_of_an_address_that_is_not_trusted(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCSYN_API_KEY", "key")
    named = ("--workspace", "acme", "--username", "lisa@example.com")
    ran = await cli("find", "User", *named, "--url", "http://192.0.2.1:1")
    assert ran.code == 2
    assert "--insecure" in ran.err


async def test_verbose_logs_without_secrets(box: Sandbox, cli: Cli) -> None:
    ran = await cli("find", "Site", "--json", "--verbose")
    assert "site/find: " in ran.err
    assert box.user("admin").api_key not in ran.err
    assert [json.loads(line)["code"] for line in ran.out.splitlines()] == ["hq", "berlin"]


async def test_a_folder_that_is_none(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = await cli("sandbox", "--port", "0", "--volume", "file")
    assert ran.code == 2
    assert "'file'" in ran.err


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "cyclopts" else found(name))
    assert main(["watch"]) == 2
    assert capsys.readouterr() == (
        "",
        "accsyn-async: cyclopts is not installed: pip install 'accsyn-async[cli]'\n",
    )


# -- what the backend refuses, and why a job failed --------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("find", "Bogus"),
        ("find", "Transfer WHERE bogus=1"),
        ("submit", "a.mov", "site=paris"),
    ],
)
async def test_what_the_backend_refuses_is_not_out_of_reach(
    box: Sandbox, cli: Cli, command: tuple[str, ...]
) -> None:
    ran = await cli(*command)
    assert ran.code == 1, ran.err
    assert "E#" in ran.err


async def test_a_failed_job_says_where_it_stands_why(box: Sandbox, cli: Cli) -> None:
    ran = await cli("submit", "nowhere.mov", "site=berlin", "--wait")
    assert ran.code == 1
    (line,) = [line for line in ran.err.splitlines() if line.startswith("why it failed: accsyn-async ")]
    asked = await cli(*line.split(" accsyn-async ")[1].split())
    assert asked.code == 0
    assert "failed" in asked.out


async def test_the_help_names_the_exit_codes(cli: Cli) -> None:
    ran = await cli("--help")
    assert "4 backend out of reach" in " ".join(ran.out.split())
