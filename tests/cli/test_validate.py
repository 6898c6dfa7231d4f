"""Checking jobs in JSON: what is said, where it is, and how the command ends."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.making import HOSTILE, Terminal

UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

JOB = """\
{
  "name": "Daily",
  "tasks": [
    {"source": "share=projects/a.mov", "destination": "site=berlin"},
    {"source": "share=projects/b.mov", "destination": "site=",
     "priority": 5000}
  ]
}
"""
GOOD = '{"source": "share=projects/a.mov", "destination": "site=berlin"}'
DOUBTFUL = '{"source": "share=projects/a.mov",\n "destination": "site=berlin:share=projects/in"}'


def write(**contents: str) -> None:
    for name, content in contents.items():
        Path(f"{name}.json").write_bytes(content.encode(errors="surrogatepass"))


async def test_each_problem_is_a_line_that_editors_jump_to(cli: Cli) -> None:
    write(job=JOB)
    ran = await cli("validate", "job.json")
    assert (ran.code, ran.err) == (2, "")
    assert ran.out.splitlines() == [
        "job.json:5:40: error: tasks[1].destination: 'site=' names no site; "
        "write such as site=berlin, or leave the destination out",
        "job.json:6:6: error: tasks[1].priority: 5000 is no priority; "
        "write a number from 1 (lowest) to 1000 (highest)",
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            '{"source": "a.mov", // the plate\n}',
            "job.json:1:21: error: JSON has no comments; remove it",
        ),
        (
            '{"tasks": [\n "a.mov",\n]}',
            "job.json:2:9: error: a comma stands before the ]; remove it",
        ),
        ('{"a": 1,\n "a": 2}', "job.json:2:2: error: a is there twice; remove one"),
        ("3", "job.json: error: it holds no job; write an object, or a list of tasks"),
    ],
)
async def test_what_is_no_json_is_a_line_of_the_same_form(cli: Cli, content: str, line: str) -> None:
    write(job=content)
    assert await cli("validate", "job.json") == (2, f"{line}\n", "")


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        (
            {"source": "share=projects/a.mov", "destination": "site=berlin"},
            "transfer · 1 task · share=projects/a.mov → site=berlin",
        ),
        ({"source": "site=berlin:a/010"}, "transfer · 1 task · site=berlin:a/010"),
        (
            [{"source": name, "destination": "site=berlin"} for name in ("b.mov", "c.mov", "d.mov")],
            "transfer · 3 tasks · b.mov and 2 more → site=berlin",
        ),
        (
            {"code": "Größe", "destination": "site=berlin", "tasks": {"0": "a", "1": {"source": "b"}}},
            'transfer "Größe" · 2 tasks · a and 1 more → site=berlin',
        ),
        (
            {"tasks": {"source": "a.mov", "destination": "site=berlin"}},
            "transfer · 1 task · a.mov → site=berlin",
        ),
        (
            {"name": "Ref", "recipients": ["lisa@example.com", {"user": "tom@example.com"}], "tasks": ["a"]},
            'delivery "Ref" · 1 task · a → lisa@example.com and 1 more',
        ),
        (
            {"engine": "nuke", "input": "share=projects/a.nk", "output": "share=projects/out/"},
            "compute job · 1 task · share=projects/a.nk → nuke → share=projects/out/",
        ),
        (
            {"engine": "pipe", "tasks": {"a": {"tasks": {"0": {}, "1": {}}}, "b": {"deps": ["a"]}}},
            "compute job · 3 tasks · pipe",
        ),
    ],
)
async def test_what_is_good_is_told_in_a_line(cli: Cli, document: object, summary: str) -> None:
    write(job=json.dumps(document))
    assert await cli("validate", "job.json") == (0, f"job.json: {summary}\n", "")
    assert await cli("validate", "job.json", "--json") == (0, "", "")


async def test_a_request_is_told_from_who_uploads(cli: Cli) -> None:
    write(job='{"recipients": ["lisa@example.com"], "destination": "share=projects/in/"}')
    ran = await cli("validate", "job.json", "--kind", "request")
    assert ran == (0, "job.json: request · lisa@example.com → share=projects/in/\n", "")
    # By its attributes alone it would be a delivery.
    assert (await cli("validate", "job.json")).code == 2


async def test_warnings_count_when_they_are_to(cli: Cli) -> None:
    write(job=DOUBTFUL)
    warning = "job.json:2:2: warning: destination: a file would be named 'in'; end a folder with a slash: "
    ran = await cli("validate", "job.json")
    assert ran.code == 0
    first, second = ran.out.splitlines()
    assert first.startswith(warning)
    assert second.startswith("job.json: transfer")
    ran = await cli("validate", "job.json", "--strict")
    assert ran.code == 2
    (line,) = ran.out.splitlines()
    assert line.startswith(warning)
    write(job=GOOD)
    assert (await cli("validate", "job.json", "--strict")).code == 0


async def test_programs_get_objects(cli: Cli) -> None:
    write(job=JOB, broken='{"a": 1,\n // b\n}', good=GOOD, doubtful=DOUBTFUL)
    ran = await cli(
        "validate", "job.json", "good.json", "broken.json", "nowhere.json", "doubtful.json", "--json"
    )
    assert (ran.code, ran.err) == (2, "")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert rows[0] == {
        "file": "job.json",
        "line": 5,
        "column": 40,
        "severity": "error",
        "path": "tasks[1].destination",
        "message": "'site=' names no site",
        "remedy": "write such as site=berlin, or leave the destination out",
    }
    assert [(row["file"], row["line"], row["column"], row["severity"], row["path"]) for row in rows[1:]] == [
        ("job.json", 6, 6, "error", "tasks[1].priority"),
        ("broken.json", 2, 2, "error", ""),
        ("nowhere.json", None, None, "error", ""),
        ("doubtful.json", 2, 2, "warning", "destination"),
    ]
    assert (rows[2]["message"], rows[2]["remedy"]) == ("JSON has no comments", "remove it")


async def test_one_that_cannot_be_read_does_not_hide_the_others(cli: Cli, tmp_path: Path) -> None:
    write(good=GOOD)
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.mov").write_bytes(b"\0\1\2")
    ran = await cli("validate", "nowhere.json", "folder", "a.mov", "good.json")
    assert ran == (
        2,
        "nowhere.json: error: there is no such file; check its name\n"
        "folder: error: it is a folder; name a file in it\n"
        "a.mov: error: it is binary, and so no job\n"
        "good.json: transfer · 1 task · share=projects/a.mov → site=berlin\n",
        "",
    )


async def test_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(JOB.encode())))
    ran = await cli("validate", "-", "--json")
    assert ran.code == 2
    assert {json.loads(line)["file"] for line in ran.out.splitlines()} == {"-"}


@pytest.mark.parametrize("source", ["option", "environment", "file", "nowhere"])
async def test_the_workspace_is_a_party_when_its_code_is_known(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    write(job='{"source": "share=projects/a.mov", "destination": "acme"}')
    options = ("--workspace", "acme") if source == "option" else ()
    if source == "environment":
        monkeypatch.setenv("ACCSYN_WORKSPACE", "acme")
    if source == "file":
        # An address that does not count is nothing to speak of here.
        (tmp_path / ".env").write_text("ACCSYN_WORKSPACE=acme\nACCSYN_URL=http://127.0.0.1:1\n")
    ran = await cli("validate", "job.json", *options)
    assert ran.code == (0 if source == "nowhere" else 2)
    assert ("the workspace would send to itself" in ran.out) is (source != "nowhere")
    assert ("acme can be a site, the workspace, or a file's name" in ran.out) is (source == "nowhere")
    assert ran.err == ""


async def test_settings_that_cannot_be_used_are_no_matter_of_a_check(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCSYN_CREDENTIALS_PATH", "nowhere.env")
    write(job=GOOD)
    assert (await cli("validate", "job.json")).code == 0


async def test_what_editors_need_is_nothing_to_complain_of(cli: Cli) -> None:
    write(
        job='{"$schema": "./accsyn-job.json", "source": "share=projects/a.mov", "destination": "site=berlin"}'
    )
    assert (await cli("validate", "job.json", "--strict")).code == 0


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_what_is_hostile_is_seen_and_not_obeyed(cli: Cli, name: str, options: tuple[str, ...]) -> None:
    tasks = [{"source": f"site={name}", "uri": name, "prioriti": 1}, {"source": name, "uri": name}, {name: 3}]
    document = {"name": name, "destination": f"{name}:x", "tasks": tasks, "settings": {name: name}}
    for content in (json.dumps(document), json.dumps(document, ensure_ascii=False), name, f'{{"{name}": 1}}'):
        write(job=content)
        ran = await cli("validate", "job.json", *options)
        assert (ran.code, ran.err) == (2, "")
        assert not UNSEEN.search(ran.out)
        assert ran.out.encode()
    ran = await cli("validate", name, *options)
    assert (ran.code, ran.err) == (2, "")
    assert not UNSEEN.search(ran.out)
    assert len(ran.out.splitlines()) == 1
    write(job=json.dumps({"name": name, "source": "share=projects/a.mov", "destination": "site=berlin"}))
    assert not UNSEEN.search((await cli("validate", "job.json", *options)).out)


@pytest.mark.parametrize("plain", [True, False])
async def test_colours_are_for_terminals_and_say_nothing_that_words_do_not(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, plain: bool
) -> None:
    write(job=JOB, doubtful=DOUBTFUL)
    words = (await cli("validate", "job.json", "doubtful.json")).out
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if plain:
        monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        assert (await cli("validate", "job.json", "doubtful.json")).code == 2
    written = terminal.getvalue()
    assert re.sub(r"\x1b\[[0-9;]*m", "", written) == words
    assert ("\x1b[1;31merror:\x1b[0m" in written) is (not plain)
    assert ("\x1b[1;33mwarning:\x1b[0m" in written) is (not plain)


async def test_a_schema_is_json_for_every_kind(cli: Cli) -> None:
    titles = {}
    for kind in ((), ("transfer",), ("compute",), ("delivery",), ("request",), ("stream",)):
        ran = await cli("schema", *kind)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.isascii()
        schema = json.loads(ran.out)
        assert ran.out == json.dumps(schema, indent=2) + "\n"
        titles[kind] = schema["title"]
    assert titles[()] == "A job of accsyn"
    assert titles["request",] == "A request of accsyn"
