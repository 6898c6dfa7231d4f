"""Submitting jobs: from files, arguments and standard input, and what is not submitted."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from accsyn_async.cli.output import Output
from accsyn_async.sandbox import Sandbox
from tests.cli.conftest import Cli
from tests.cli.making import HOSTILE

TRANSFER = ("share=projects/a.mov", "site=berlin")
JOB = {"source": TRANSFER[0], "destination": TRANSFER[1]}


def write(document: object, name: str = "job.json") -> None:
    Path(name).write_text(document if isinstance(document, str) else json.dumps(document))


def sent(box: Sandbox) -> list[Any]:
    """What was asked to be created."""
    return [one.data for one in box.requests if one.verb == "POST"]


# -- what is wrong is not sent --------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--json",), ("--dry-run",), ("--wait", "--json")])
async def test_errors_are_told_as_validate_tells_them(
    box: Sandbox, cli: Cli, options: tuple[str, ...]
) -> None:
    write('{"source": "share=projects/a.mov",\n "destination": "site=", "priority": 5000}')
    validated = await cli("validate", "job.json")
    ran = await cli("submit", "job.json", *options)
    assert ran == (2, "", validated.out)
    assert ran.err.startswith("job.json:2:2: error: destination: ")
    assert box.statistics().requests == 0


async def test_what_is_no_json_is_told_with_line_and_column(box: Sandbox, cli: Cli) -> None:
    write('{"source": "share=projects/a.mov",\n "destination": "site=berlin",}')
    ran = await cli("submit", "job.json")
    assert ran == (2, "", "job.json:2:30: error: a comma stands before the }; remove it\n")
    assert box.statistics().requests == 0


@pytest.mark.parametrize(
    ("argv", "lines"),
    [
        ((TRANSFER[0], "site="), ["DESTINATION: 'site=' names no site; "]),
        (("site=:a", "site=berlin"), ["SOURCE: 'site=' names no site; "]),
        (
            ("a.mov", "site=:b", "site=berlin"),
            ["SOURCE 2: 'site=' names no site; "],
        ),
        # It is told once, however many sources there are.
        (("a.mov", "b.mov", "c.mov", "site="), ["DESTINATION: 'site=' names no site; "]),
        ((*TRANSFER, "--priority", "5000"), ["--priority: 5000 is no priority; "]),
        (
            (*TRANSFER, "--setting", "transfer_speedlimit=fast"),
            ["--setting transfer_speedlimit: 'fast' is not a number above 0; "],
        ),
        ((*TRANSFER, "--queue", " "), ["--queue: ' ' is no code or id; "]),
        (
            (*TRANSFER, "--kind", "compute"),
            ["SOURCE: a compute job has no 'source'; ", "DESTINATION: ", "engine: "],
        ),
        # A list of files is no job: they would be renamed on the default volume.
        (("a.json", "b.json"), ["DESTINATION: the workspace would send to itself; "]),
    ],
)
async def test_what_is_wrong_with_arguments_is_told_by_their_names(
    box: Sandbox, cli: Cli, argv: tuple[str, ...], lines: list[str]
) -> None:
    ran = await cli("submit", *argv)
    assert (ran.code, ran.out) == (2, "")
    found = ran.err.splitlines()
    assert len(found) == len(lines), found
    for line, begins in zip(found, lines, strict=True):
        assert line.startswith(f"accsyn-async: error: {begins}")
    assert box.statistics().requests == 0


async def test_an_option_is_to_blame_for_what_it_put_into_a_file(box: Sandbox, cli: Cli) -> None:
    document = {**JOB, "settings": {"task_bucketsize": "x"}, "priority": 1}
    write(document)
    options = ("--priority", "0", "--setting", "transfer_mode=x")
    ran = await cli("submit", "job.json", *options)
    assert ran.code == 2
    places = [
        line.split(" error: ")[0] + line.split(" error: ")[1].split(":")[0] for line in ran.err.splitlines()
    ]
    column = json.dumps(document).index('"task_bucketsize"') + 1
    assert places == [
        f"job.json:1:{column}:settings.task_bucketsize",
        "accsyn-async:--setting transfer_mode",
        "accsyn-async:--priority",
    ]


async def test_settings_that_are_no_object_are_complained_of(box: Sandbox, cli: Cli) -> None:
    write({**JOB, "settings": ["x"]})
    ran = await cli("submit", "job.json", "--setting", "task_bucketsize=1")
    assert ran.code == 2
    assert "settings: a list is no object" in ran.err


@pytest.mark.parametrize("options", [(), ("--json",), ("--dry-run",), ("--wait",)])
@pytest.mark.parametrize("end", ["source", "destination"])
async def test_a_place_that_is_likely_misspelled_is_not_sent(
    box: Sandbox, cli: Cli, end: str, options: tuple[str, ...]
) -> None:
    wrong, meant = {
        "source": ("shar=projects/a.mov", TRANSFER[0]),
        "destination": ("sites=berlin", TRANSFER[1]),
    }[end]
    told = f"'{wrong}' names no party or share; did you mean {meant}? begin it with ./ if it is a path\n"
    job = {**JOB, end: wrong}
    write(job)
    for argv, place in (
        (tuple(job.values()), f"accsyn-async: error: {end.upper()}"),
        (("job.json",), f"job.json:1:{json.dumps(job).index(chr(34) + end) + 1}: error: {end}"),
    ):
        ran = await cli("submit", *argv, *options)
        assert ran == (2, "", f"{place}: {told}")
    assert box.statistics().requests == 0


async def test_a_place_that_is_likely_misspelled_is_sent_as_a_path_when_it_is_written_as_one(
    box: Sandbox, cli: Cli
) -> None:
    (box.volume / "shar=projects").mkdir()
    (box.volume / "shar=projects" / "a.mov").write_bytes(b"a" * 100)
    ran = await cli("submit", "./shar=projects/a.mov", "site=berlin", "--wait")
    assert (ran.code, len(sent(box))) == (0, 1), ran.err
    assert "names no party" not in ran.err


# -- warnings -------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--json",), ("--verbose",)])
async def test_warnings_are_told_once_and_it_goes_on(
    box: Sandbox, cli: Cli, options: tuple[str, ...]
) -> None:
    write('{"source": "share=projects/a.mov",\n "destination": "site=berlin:share=projects/in"}')
    ran = await cli("submit", "job.json", *options)
    assert ran.code == 0, ran.err
    warnings = [line for line in ran.err.splitlines() if "would be named" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith("job.json:2:2: warning: destination: ")
    assert len(ran.out.splitlines()) == len(sent(box)) == 1


async def test_a_warning_about_an_argument(box: Sandbox, cli: Cli) -> None:
    ran = await cli(
        "submit",
        TRANSFER[0],
        "site=berlin:share=projects/in",
        *("--setting", "transfer_exlude=*tmp", "--dry-run", "--json"),
    )
    assert ran.code == 0
    assert [line.split(";")[0] for line in ran.err.splitlines()] == [
        "accsyn-async: warning: DESTINATION: a file would be named 'in'",
        "accsyn-async: warning: --setting transfer_exlude: there is no setting 'transfer_exlude'",
    ]


async def test_a_warning_about_an_argument_is_told_once_too(box: Sandbox, cli: Cli) -> None:
    ran = await cli("submit", TRANSFER[0], "site=berlin:share=projects/in")
    assert ran.code == 0
    assert len(ran.err.splitlines()) == len(sent(box)) == 1
    # However many sources there are.
    ran = await cli("submit", "a.mov", "b.mov", "c.mov", "lisa@example.com/C:\\in\\", "--dry-run", "--json")
    assert ran.code == 0
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("accsyn-async: warning: DESTINATION: ")
    assert "has a slash behind the user" in ran.err


# -- what is sent -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "document"),
    [
        (TRANSFER, JOB),
        (("job.json",), {**JOB, "code": "old", "settings": {"task_bucketsize": "1"}, "metadata": {"a": "b"}}),
        (
            ("job.json", "--name", "new", "--queue", "medium", "--priority", "700"),
            {
                **JOB,
                "settings": {"task_bucketsize": "1"},
                "metadata": {"a": "b"},
                "name": "new",
                "queue": "medium",
                "priority": 700,
            },
        ),
        (
            (
                "job.json",
                "--setting",
                "task_bucketsize=2",
                "--setting",
                "transfer_exclude=*=x",
                "--metadata",
                "c=",
            ),
            {
                **JOB,
                "code": "old",
                "settings": {"task_bucketsize": "2", "transfer_exclude": "*=x"},
                "metadata": {"a": "b", "c": ""},
            },
        ),
        (
            (TRANSFER[0], "share=projects/b.mov", TRANSFER[1], "--metadata", "artist=malcolm"),
            {
                "tasks": [JOB, {**JOB, "source": "share=projects/b.mov"}],
                "metadata": {"artist": "malcolm"},
            },
        ),
        (
            ("share=projects/a.mov", "share=projects/b.mov", "site=berlin:share=projects/in/"),
            {
                "tasks": [
                    {"source": f"share=projects/{name}.mov", "destination": "site=berlin:share=projects/in/"}
                    for name in ("a", "b")
                ]
            },
        ),
    ],
)
async def test_a_dry_run_shows_what_would_be_sent(
    box: Sandbox, cli: Cli, argv: tuple[str, ...], document: dict[str, Any]
) -> None:
    (box.volume / "b.mov").write_bytes(b"b")
    write(
        {
            "$schema": "./accsyn-job.json",
            **JOB,
            "code": "old",
            "settings": {"task_bucketsize": "1"},
            "metadata": {"a": "b"},
        }
    )
    dry = await cli("submit", *argv, "--dry-run", "--json")
    assert (dry.code, dry.err, len(dry.out.splitlines())) == (0, "", 1)
    assert json.loads(dry.out) == document
    pretty = await cli("submit", *argv, "--dry-run", "--wait")
    assert pretty == (
        0,
        json.dumps(document | json.loads(dry.out), indent=2) + "\n",
        "Nothing was sent; it would make a transfer.\n",
    )
    assert box.statistics().requests == 0
    ran = await cli("submit", *argv)
    assert ran.code == 0, ran.err
    assert sent(box) == [document]


async def test_a_dry_run_needs_nobody(cli: Cli) -> None:
    write({"recipients": ["lisa@example.com"], "tasks": ["share=projects/a.mov"], "name": "Größe"})
    ran = await cli("submit", "job.json", "--dry-run")
    assert (ran.code, ran.err) == (0, "Nothing was sent; it would make a delivery.\n")
    assert '"name": "Größe"' in ran.out


@pytest.mark.parametrize("name", [name for name in HOSTILE if "\ud800" not in name])
async def test_a_dry_run_shows_what_is_hostile_and_it_stays_json(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    document = {**JOB, "name": name, name: "Größe \U0001f3ac\U000e0041"}
    write(document)
    for encoding in ("utf-8", "ascii"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            assert (await cli("submit", "job.json", "--dry-run")).code == 0
        stream.seek(0)
        shown = stream.read()
        assert json.loads(shown) == document
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u202e\u2029\ufeff\U000e0041]", shown)
        assert ("Größe \U0001f3ac" in shown) is (encoding == "utf-8")


async def test_several_sources_arrive_in_a_folder(box: Sandbox, cli: Cli) -> None:
    (box.volume / "b.mov").write_bytes(b"b")
    argv = ("share=projects/a.mov", "share=projects/b.mov", "site=berlin:share=projects/in/")
    ran = await cli("submit", *argv, "--name", "two", "--wait")
    assert ran.code == 0, ran.err
    assert ran.out.split("\n")[0].endswith("  two")
    async with box.session() as session:
        listed = await session.find("Task", entityid=ran.out.split()[0])
    assert [task["status"] for task in listed] == ["done", "done"]


@pytest.mark.parametrize(
    ("destination", "says"),
    [
        ("in", "in names a file: end it with a slash, in/, or write site=in if it is a site"),
        ("site=berlin:in", "site=berlin:in names a file: end it with a slash, site=berlin:in/\n"),
        ("share=projects/in", "names a file: end it with a slash, share=projects/in/\n"),
        ("C:\\in", "C:\\in names a file: end it with a slash, C:\\in\\\n"),
        ("in\u202e", "in\\u202e names a file"),
    ],
)
async def test_several_sources_need_a_folder(box: Sandbox, cli: Cli, destination: str, says: str) -> None:
    ran = await cli("submit", "a.mov", "b.mov", "c.mov", destination)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("accsyn-async: 3 sources need a folder to go to, and ")
    assert says in ran.err
    assert box.statistics().requests == 0


@pytest.mark.parametrize(
    "destination", ["site=berlin", "hq", "acme", "share=lisa@example.com", "lisa@example.com"]
)
async def test_a_party_or_a_whole_share_is_no_file(box: Sandbox, cli: Cli, destination: str) -> None:
    ran = await cli("submit", "/local/a.mov", "/local/b.mov", destination, "--dry-run", "--json")
    assert ran.code == 0, ran.err
    assert [task["destination"] for task in json.loads(ran.out)["tasks"]] == [destination] * 2


async def test_standard_input(box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(JOB).encode())))
    ran = await cli("submit", "-", "--name", "piped", "--json")
    assert json.loads(ran.out)["name"] == "piped"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    ran = await cli("submit", "-")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("-:1:2: error: it ends too early")


async def test_a_delivery(box: Sandbox, cli: Cli) -> None:
    write(
        {"recipients": [box.user("standard").username], "tasks": ["share=projects/a.mov"], "name": "Dailies"}
    )
    ran = await cli("submit", "job.json", "--json")
    assert ran.code == 0, ran.err
    assert [one.uri for one in box.requests if one.verb == "POST"] == ["delivery/create"]
    row = json.loads(ran.out)
    async with box.session() as session:
        found = await session.get_entity("Delivery", row["id"])
    assert found is not None
    assert found["name"] == "Dailies"


@pytest.mark.parametrize("stderr", [True, False])
async def test_colours_of_problems_are_those_of_standard_error(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, stderr: bool
) -> None:
    from tests.cli.making import Terminal

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr" if stderr else "stdout", terminal)
        ran = await cli("submit", "a.mov", "site=")
    told = terminal.getvalue() if stderr else ran.err
    assert ("\x1b[1;31merror:\x1b[0m" in told) is stderr
    assert "error:" in told


def test_an_output_knows_what_its_stream_can_spell() -> None:
    for encoding, takes in (("utf-8", True), ("latin-1", False)):
        assert Output(io.TextIOWrapper(io.BytesIO(), encoding=encoding)).takes_unicode is takes


async def test_a_forgotten_destination_is_told(cli: Cli) -> None:
    ran = await cli("submit", "a.mov", "b.mov", "c.mov")
    assert ran.code == 2
    assert "c.mov looks like a file: name the destination behind it, such as site=berlin" in ran.err
