"""Checking programs for the official client: what is written, and how the command ends."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.making import HOSTILE, Terminal
from tests.docs.pages import marked_for

UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

JOB = """\
import accsyn_api


def names(session):
    return [user["code"] for user in session.find("User")]


if __name__ == "__main__":
    session = accsyn_api.Session("acme", "me@example.com", "key")
\tfor name in names(session): print("Größe", name)
""".replace("\t", "    ")
DONE = """\
import asyncio
from accsyn_async import Session


async def main() -> None:
    async with Session() as session:
        print(await session.find("User"), session.username)


asyncio.run(main())
"""


def write(name: str, text: str, encoding: str = "utf-8") -> Path:
    path = Path(name)
    path.write_bytes(text.encode(encoding))
    return path


def patched(text: str, diff: str) -> str:
    """What a unified diff makes of a text; each line that it takes away or keeps must be there."""
    before, after = text.split("\n"), []
    at = 0
    lines = diff.split("\n")[2:-1]
    for line in lines:
        mark, content = line[:1], line[1:]
        if mark == "@":
            match = re.match(r"@@ -(\d+)", line)
            assert match is not None
            start = max(int(match[1]) - 1, 0)
            after += before[at:start]
            at = start
        elif mark in " -":
            assert before[at] == content
            at += 1
        if mark in " +" and line:
            after.append(content)
    ends = lines[-1].startswith("\\")
    return "\n".join([*after, *before[at:]]) if not ends else "\n".join(after)


async def test_each_finding_is_a_line_with_the_place_below(cli: Cli) -> None:
    write("job.py", JOB)
    ran = await cli("migrate", "job.py")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out == (
        "job.py:1:1: differs: import accsyn_async in place of accsyn_api\n"
        "    import accsyn_api\n"
        "    ^\n"
        "job.py:4:1: await: names becomes async def, for line 5; called by line 10\n"
        "    def names(session):\n"
        "    ^\n"
        "job.py:5:38: await: find(…) needs await: for … in await …\n"
        '        return [user["code"] for user in session.find("User")]\n'
        "                                         ^\n"
        "job.py:9:15: await: enter the session to use it: async with Session(…) as session\n"
        "job.py:9:15: differs: certificates are checked; ssl=<SSLContext> is for an authority of your own\n"
        '        session = accsyn_api.Session("acme", "me@example.com", "key")\n'
        "                  ^\n"
        "job.py:10:17: await: names(…) needs await: for … in await …\n"
        "job.py:10:17: await: this is outside of functions: put it into an async def main(), "
        "and asyncio.run(main())\n"
        '        for name in names(session): print("Größe", name)\n'
        "                    ^\n"
        "job.py: 2 to await, 1 to enter, 2 differ; names becomes async def; "
        "asyncio.run(…) for what is outside of functions\n"
    )


async def test_the_mark_stands_below_the_place_whatever_is_before_it(cli: Cli) -> None:
    write(
        "job.py", "import accsyn_api\nasync def f(s: accsyn_api.Session):\n\tprint('東京', s.find('User'))\n"
    )
    lines = (await cli("migrate", "job.py")).out.splitlines()
    at = lines.index("        print('東京', s.find('User'))")
    assert lines[at + 1] == "                      ^"


async def test_programs_get_objects(cli: Cli) -> None:
    write("job.py", JOB)
    write("broken.py", "x = (\n")
    ran = await cli("migrate", "job.py", "broken.py", "nowhere.py", "--json")
    assert (ran.code, ran.err) == (2, "")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert rows[2] == {
        "file": "job.py",
        "line": 5,
        "column": 38,
        "kind": "await",
        "text": "find(…) needs await: for … in await …",
    }
    assert {row["kind"] for row in rows[:-2]} == {"await", "differs"}
    assert rows[-2:] == [
        {
            "file": "broken.py",
            "line": 1,
            "column": 5,
            "kind": "error",
            "text": "it is no Python: '(' was never closed",
        },
        {
            "file": "nowhere.py",
            "line": None,
            "column": None,
            "kind": "error",
            "text": "there is no such file; check its name",
        },
    ]


@pytest.mark.parametrize("options", [(), ("--json",), ("--diff",)])
async def test_when_there_is_nothing_to_do(cli: Cli, options: tuple[str, ...]) -> None:
    write("done.py", DONE)
    ran = await cli("migrate", "done.py", *options)
    assert (ran.code, ran.err) == (0, "")
    if options == ("--json",):
        assert [json.loads(line)["kind"] for line in ran.out.splitlines()] == ["note"]
    elif options == ("--diff",):
        assert ran.out == ""
    else:
        assert ran.out.splitlines()[-1] == "done.py: nothing to do"


async def test_what_is_no_python_does_not_hide_the_others(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write("binary.py", "\ufeffx", "utf-16-le")
    write("cookie.py", "# coding: nothing\n")
    write("tabs.py", "if 1:\n    x = 1\n  y = 2\n")
    write("done.py", DONE)
    ran = await cli("migrate", "nowhere.py", "folder", "binary.py", "cookie.py", "tabs.py", "done.py")
    assert ran.code == 2
    lines = ran.out.splitlines()
    assert lines[:4] == [
        "nowhere.py: error: there is no such file; check its name",
        "folder: error: it is a folder; name a file in it",
        "binary.py: error: it is no Python: it is in utf-16, which Python does not read; save it as utf-8",
        "cookie.py:1: error: it is no Python: its coding: line says nothing, which is no encoding",
    ]
    assert re.match(r"tabs\.py:3:\d+: error: it is no Python: unindent does not match", lines[4])
    assert lines[-1] == "done.py: nothing to do"


async def test_it_is_read_in_its_own_encoding(cli: Cli) -> None:
    text = "# coding: latin-1\nimport accsyn_api\nprint('ö', accsyn_api.Session.get_hostname())\n"
    write("old.py", text, "latin-1")
    assert "    print('ö', accsyn_api.Session.get_hostname())" in (await cli("migrate", "old.py")).out
    write("bom.py", "import accsyn_api\n", "utf-8-sig")
    assert (await cli("migrate", "bom.py")).out.startswith("bom.py:1:1: differs: import accsyn_async")


async def test_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(JOB.encode())))
    ran = await cli("migrate", "-", "--json")
    assert ran.code == 1
    assert {json.loads(line)["file"] for line in ran.out.splitlines()} == {"-"}


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("migrate",), "FILE.py"),
        (("migrate", "--bogus", "a.py"), "Unknown option: --bogus"),
        (("migrate", "a.py", "--diff", "--json"), "choose one"),
        (("migrate", "a.py", "--official", "1.0"), "2.2.1"),
    ],
)
async def test_wrong_usage(cli: Cli, argv: tuple[str, ...], says: str) -> None:
    ran = await cli(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


async def test_a_version_can_be_named(cli: Cli) -> None:
    write(
        "job.py", "import accsyn_api\nsession = accsyn_api.Session('acme')\nsession.find('Job', ['name'])\n"
    )
    assert "the second argument is entityid" in (await cli("migrate", "job.py")).out
    ran = await cli("migrate", "job.py", "--official", "2.2.1")
    assert "the second argument is entityid" not in ran.out
    assert "pass api_version='v1', too" in ran.out
    diff = (await cli("migrate", "job.py", "--official", "2.2.1", "--diff")).out
    assert "accsyn_async.Session('acme', api_version=\"v1\") as session:" in diff


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["\n", ""])
async def test_a_diff_can_be_applied(cli: Cli, newline: str, end: str) -> None:
    path = write("job.py", (JOB.rstrip("\n") + end).replace("\n", newline))
    ran = await cli("migrate", "job.py", "--diff")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("--- job.py\n+++ job.py\n@@ ")
    applied = patched(path.read_bytes().decode(), ran.out)
    path.write_bytes(applied.encode())
    assert path.read_bytes().decode().replace("\r\n", "\n") == (
        "import asyncio\n"
        "import accsyn_async\n"
        "\n"
        "\n"
        "async def names(session):\n"
        '    return [user["code"] for user in await session.find("User")]\n'
        "\n"
        "\n"
        "async def main() -> None:\n"
        '    async with accsyn_async.Session("acme", "me@example.com", "key") as session:\n'
        '        for name in await names(session): print("Größe", name)\n'
        "\n"
        "\n"
        'if __name__ == "__main__":\n'
        f"    asyncio.run(main()){end}"
    )
    assert (newline == "\r\n") is (b"\r\n" in path.read_bytes())
    assert (await cli("migrate", "job.py")).code == 0


async def test_what_a_diff_leaves_is_told_beside_it(cli: Cli) -> None:
    write("job.py", "import accsyn_api\nfind = lambda s: accsyn_api.Session().find('User')\n")
    ran = await cli("migrate", "job.py", "--diff")
    assert ran.code == 1
    assert "+import accsyn_async" in ran.out
    assert ran.err.splitlines() == [
        "job.py:2:18: await: enter the session to use it: async with Session(…) as session; "
        "left as it is: only an async def can",
        "job.py:2:18: await: find(…) cannot be awaited in a lambda: make it an async def",
    ]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("options", [(), ("--json",), ("--diff",)])
async def test_what_is_hostile_is_seen_and_not_obeyed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, options: tuple[str, ...]
) -> None:
    shown = name.replace("\r", "").replace("\n", "").replace("\x00", "").replace("\ud800", "")
    write(
        "job.py",
        f"import accsyn_api\nx = accsyn_api.Session(), '{shown}' # {shown}\nx[0].find('''{shown}''')\n",
    )
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        assert (await cli("migrate", "job.py", *options)).code == 1
    assert not UNSEEN.search(terminal.getvalue().replace("\x1b[0m", "").replace("\x1b[1m", ""))
    ran = await cli("migrate", name, *options)
    assert (ran.code, bool(UNSEEN.search(ran.out + ran.err))) == (2, False)


async def test_colours_are_for_terminals(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write("job.py", JOB)
    words = (await cli("migrate", "job.py")).out
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        assert (await cli("migrate", "job.py")).code == 1
    assert re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()) == words
    assert "\x1b[1;32mawait:\x1b[0m" in terminal.getvalue()


async def test_what_the_page_shows(cli: Cli) -> None:
    program, *shown = marked_for(__file__)
    assert [block.language for block in marked_for(__file__)] == ["python", "console", "console"]
    write("deliver.py", program.text)
    for block in shown:
        command, _, output = block.text.removeprefix("$ accsyn-async ").partition("\n")
        ran = await cli(*command.split())
        assert (ran.code, ran.out, ran.err) == (1, output, "")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            b"import os\n\nx = '\xe4'\n",
            "3: error: it is no Python: byte 0xe4 is not in utf-8, as Python takes it to be; "
            "a first line such as # coding: latin-1 tells which it is in",
        ),
        (b"x = '\xe4'\n", "1: error: it is no Python: byte 0xe4 is not in utf-8, as Python takes it to be"),
        (
            b"#!x\n# coding: ascii\n'\xe4'",
            "3: error: it is no Python: byte 0xe4 is not in ascii, as its coding",
        ),
        (
            b"\n# coding: hex\nx\n",
            "2: error: it is no Python: its coding: line says hex, which is no encoding",
        ),
        (
            b"\xef\xbb\xbf# coding: latin-1\n",
            "1: error: it is no Python: it begins as utf-8, and its coding: line says latin-1",
        ),
        (b"print 'x'\n", "1:1: error: it is Python 2, not Python 3: Missing parentheses"),
        (b"raise E, 'x'\n", "1:8: error: it is Python 2, not Python 3: invalid syntax"),
        (b"1 <> 2\n", "1:3: error: it is Python 2, not Python 3: invalid syntax"),
        (b"raise E 'x'\n", "1:9: error: it is no Python: invalid syntax"),
    ],
)
async def test_why_it_cannot_be_read(cli: Cli, content: bytes, says: str) -> None:
    write("job.py", content.decode("latin-1"), "latin-1")
    ran = await cli("migrate", "job.py")
    assert ran.code == 2
    assert ran.out.startswith(f"job.py:{says}")


async def test_a_summary_names_ten(cli: Cli) -> None:
    functions = "".join(f"def f{n}(s: Session): s.find('U')\n" for n in range(13))
    write("job.py", f"from accsyn_api import Session\n{functions}")
    last = (await cli("migrate", "job.py")).out.splitlines()[-1]
    assert "f8, f9 and 3 more become async def" in last
    assert "f10" not in last


async def test_a_diff_tells_what_it_moves(cli: Cli) -> None:
    text = "from accsyn_api import Session\ns = Session()\ndef f(): ...\nclass A: ...\nprint(s.find('U'))\n"
    write("job.py", text)
    ran = await cli("migrate", "job.py", "--diff")
    assert ran.code == 1
    assert ran.err == (
        "job.py:3:1: note: f, A go into main(), as all below the session: nobody can import them then; "
        "what is given the session can stay above it\n"
    )
    write("job.py", text.replace("def f(): ...\nclass A: ...\n", ""))
    assert (await cli("migrate", "job.py", "--diff")).err == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import accsyn_api\ns = accsyn_api.Session()\n", "1 to enter, 3 differ"),
        (
            "from accsyn_async import Session\nasync def f():\n s = Session()\n await s.find('U')\n",
            "1 to enter",
        ),
        (
            "import accsyn_api\nasync def f(s: accsyn_api.Session): map(s.find, s.find('U'))\n",
            "1 to await, 1 handed on, 1 differ",
        ),
        (
            "import accsyn_api\ndef g(s: accsyn_api.Session):\n for u in s.find('U'): yield u\n"
            "async def f(s):\n for u in g(s): ...\n",
            "1 to await, 1 to iterate by async for, 1 differ; g becomes async def",
        ),
        (
            "import accsyn_api\nasync def f(s: accsyn_api.Session): s.disconnect(s.find('U'))\n",
            "1 to await, 1 differ, 1 gone",
        ),
    ],
)
async def test_the_summary_counts_what_is_listed(cli: Cli, text: str, says: str) -> None:
    write("job.py", text)
    ran = await cli("migrate", "job.py")
    assert (ran.code, ran.out.splitlines()[-1]) == (1, f"job.py: {says}")


async def test_what_is_not_in_either_client_goes_by_one_label(cli: Cli) -> None:
    write("off.py", "import accsyn_api\nasync def f(s: accsyn_api.Session):\n    s.disconnect()\n")
    line = "off.py:3:5: gone: there is no disconnect(), nor in accsyn_api"
    assert line in (await cli("migrate", "off.py")).out.splitlines()
    assert (await cli("migrate", "off.py", "--diff")).err.splitlines() == [line]
