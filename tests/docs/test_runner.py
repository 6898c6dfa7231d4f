"""What runs the pages notices what is wrong with them, and where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, Page, all_pages, marked_for
from tests.docs.running import check_data, check_elsewhere, run_blocks
from tests.docs.surroundings import Surroundings, surroundings

WATCH = """
from accsyn_async import JobFinished, Session

seen = []
async with Session() as session:
    async with session.watch("Transfer") as watch:
        async for event in watch:
            seen.append(event)
"""


def blocks(folder: Path, text: str) -> list[Block]:
    path = folder / "page.md"
    path.write_text(text)
    return Page(path, folder).blocks()


async def run(folder: Path, text: str) -> Surroundings:
    async with surroundings(folder) as around:
        await run_blocks(blocks(folder, text), around)
    return around


def fenced(code: str, info: str = "python") -> str:
    return f"```{info}\n{code.strip()}\n```\n"


async def test_blocks_share_names_and_may_await(tmp_path: Path) -> None:
    await run(
        tmp_path,
        fenced("import asyncio\none = 1") + "then\n\n" + fenced("await asyncio.sleep(0)\nassert one == 1"),
    )


async def test_a_watch_that_never_ends_is_told_of_an_end_and_a_failure_and_then_cancelled(
    tmp_path: Path,
) -> None:
    await run(
        tmp_path,
        fenced(WATCH)
        + fenced(
            "ends = [event.job for event in seen if isinstance(event, JobFinished)]\n"
            "assert [job.status for job in ends] == ['done']\n"
            "assert any(event.job.status == 'failed' for event in seen if hasattr(event, 'job'))"
        ),
    )


async def test_callbacks_of_a_query_that_fits_nothing_come_to_an_end_too(tmp_path: Path) -> None:
    await run(
        tmp_path,
        fenced("""
from accsyn_async import Session

async with Session() as session:
    async with session.watch("Transfer WHERE name=nothing", initial=False) as watch:
        watch.on(print)
        await watch.run()
"""),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# Title\n\n" + fenced("one = 1\none += 'a'"), r"page\.md:5: TypeError"),
        (fenced("def f():\n    raise KeyError(1)\n\nf()"), r"page\.md:3: KeyError"),
        (fenced("if"), r"page\.md:2: invalid syntax|page\.md:2: expected"),
        (fenced(">>> 1 + 1\n3"), r"page\.md:2: (.|\n)*Expected:"),
        (fenced("$ echo one\ntwo", "console"), r"page\.md:2: 'echo one' prints\none"),
        (fenced("$ true\n$ false", "console"), r"page\.md:3: 'false' ends with exit code 1"),
        (fenced("$ nonesuch", "console"), r"page\.md:2: 'nonesuch' ends with exit code 127"),
        (fenced("export ACCSYN_NONESUCH=1", "console"), r"page\.md:2: nobody reads ACCSYN_NONESUCH"),
        (fenced("pip install '.[nonesuch]'", "console"), r"page\.md:2: there are no extras \{'nonesuch'\}"),
        (fenced("import asyncio\nasyncio.run(1)"), r"page\.md:2: it ends with exit code 1"),
        (fenced("raise SystemExit(3)", 'python title="a.py"'), r"page\.md:2: it ends with exit code 3"),
        ("<!-- run: raises KeyError -->\n" + fenced("1"), r"page\.md:3: KeyError was not raised"),
        ("<!-- run: fixture -->\n" + fenced("def test():\n    assert 0"), r"page\.md:3: the tests fail"),
        ("<!-- run: server / -->\n" + fenced("port = 8080"), r"page\.md:3: Cannot connect"),
        (
            "<!-- prepare: python\n(box.volume / 'c').mkdir()\nnonesuch\n-->\n",
            r"page\.md:3: NameError",
        ),
    ],
)
async def test_what_goes_wrong_is_told_with_page_and_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=told):
        await run(tmp_path, text)


async def test_a_service_is_asked_and_stopped(tmp_path: Path) -> None:
    service = """
from aiohttp import web


async def hello(request):
    return web.Response(text="hello")


app = web.Application()
app.router.add_get("/hello", hello)
web.run_app(app, host="127.0.0.1", port=8080, print=None)
"""
    await run(tmp_path, "<!-- run: server /hello -->\n" + fenced(service))
    (tmp_path / "again").mkdir()
    with pytest.raises(AssertionError, match=r"page\.md:3: /none is answered 404"):
        await run(tmp_path / "again", "<!-- run: server /hello /none -->\n" + fenced(service))


async def test_a_console_goes_on_where_it_was(tmp_path: Path) -> None:
    await run(
        tmp_path,
        fenced("print('one')\nprint('two')", 'python title="count.py"')
        + fenced(
            "$ export STUDIO=acme\n$ python count.py  # a program\none\n…\n$ false\n"
            "$ echo $? $STUDIO\n1 acme\n$ echo a \\\n  b\na b",
            "console",
        ),
    )


async def test_a_program_at_the_console_is_interrupted_when_it_was_told_enough(tmp_path: Path) -> None:
    program = """
import asyncio

from accsyn_async import JobFinished, Session


async def main():
    async with Session() as session:
        async with session.watch("Transfer") as watch:
            async for event in watch:
                if isinstance(event, JobFinished):
                    print(event.job.name, event.job.status)


asyncio.run(main())
"""
    page = fenced(program, 'python title="ends.py"') + fenced(
        "$ python ends.py\nshot001.mov done\n^C", "console"
    )
    await run(tmp_path, page)
    (tmp_path / "again").mkdir()
    with pytest.raises(AssertionError, match=r"'python ends\.py' (prints|does not end)"):
        await run(tmp_path / "again", page.replace("shot001.mov done", "shot002.mov done"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (fenced("{]", "json"), r"page\.md:2"),
        (fenced("a: [", "yaml"), r"page\.md:2"),
        (fenced("a =", "toml"), r"page\.md:2"),
        (fenced("if", "python"), r"page\.md:2"),
        (fenced("if true", "sh"), r"page\.md:2"),
        ("<!-- run: elsewhere -->\n" + fenced("1"), r"page\.md:3: elsewhere is where"),
        ("<!-- run: elsewhere tests/none.py -->\n" + fenced("1"), r"page\.md:3: there is no tests/none\.py"),
        (
            "<!-- run: elsewhere tests/test_times.py -->\n" + fenced("1"),
            r"page\.md:3: tests/test_times\.py asserts nothing of marked_for\(__file__\)",
        ),
        (
            "<!-- run: elsewhere .ci/run -->\n"
            + fenced("pip install '.[cli]' && accsyn-async dmo", "console"),
            r"page\.md:3: accsyn-async: Unknown command \"dmo\"",
        ),
        (
            # A part of a line that it has, and of a comment.
            "<!-- run: elsewhere .ci/run -->\n" + fenced("pytest -n auto", "console"),
            r"page\.md:3: \.ci/run does not run 'pytest -n auto'",
        ),
        (
            "<!-- run: elsewhere .ci/run -->\n" + fenced("must hold before a change lands", "console"),
            r"page\.md:3: \.ci/run does not run 'must hold",
        ),
        ("<!-- run: elsewhere .ci/run -->\n" + fenced("1"), r"page\.md:3: \.ci/run runs no python"),
        (fenced("accsyn-async find", ""), r"page\.md:2: '' is none of .*text"),
        (fenced("accsyn-async find", "bash"), r"page\.md:2: 'bash' is none of"),
        (fenced("1 / 0", "py"), r"page\.md:2: 'py' is none of"),
        (fenced("1 / 0", "python3"), r"page\.md:2: 'python3' is none of"),
        (fenced(">>> 1\n2", "pycon"), r"page\.md:2: 'pycon' is none of"),
        ("~~~shell\nls\n~~~\n", r"page\.md:2: 'shell' is none of"),
        ("> ```py\n> 1 / 0\n> ```\n", r"page\.md:2: 'py' is none of"),
        ("- one\n\n  ```py\n  1 / 0\n  ```\n", r"page\.md:4: 'py' is none of"),
        (">```py\n>1 / 0\n", r"page\.md: a fence is not closed"),
        (fenced("out\n$ accsyn-async find", "text"), r"page\.md:3: what is typed is console or sh, not text"),
        (fenced("accsyn-async watch", "text"), r"page\.md:2: what is typed is console or sh, not text"),
        (fenced("[a", "ini"), r"page\.md:2: "),
        (fenced("accsyn-async wacth", "sh"), r"page\.md:2: accsyn-async: Unknown command \"wacth\""),
        (fenced("ls\naccsyn-async watch --jsn", "sh"), r"page\.md:3: accsyn-async: Unknown option: --jsn"),
        (fenced("cd a && A=$B accsyn-async watch --jsn | cat", "console"), r"page\.md:2: nobody reads A"),
        (fenced("cd a && accsyn-async watch --jsn | cat", "console"), r"page\.md:2: .*Unknown option: --jsn"),
        (fenced("$ accsyn-async watch \\\n  --jsn\nout", "console"), r"page\.md:2: .*Unknown option: --jsn"),
        (
            fenced("export ACCSYN_WORKSPACE=acme\nexport ACCSYN_USR=lisa", "sh"),
            r"page\.md:3: nobody reads ACCSYN_USR",
        ),
        (fenced("export ACSYN_API_USER=lisa", "console"), r"page\.md:2: nobody reads ACSYN_API_USER"),
        (fenced("ACCSYN_API_KY=…", "sh"), r"page\.md:2: nobody reads ACCSYN_API_KY"),
        (fenced("python -m benchmark", "sh"), r"page\.md:2: there is no module benchmark to run"),
        (fenced("python3 -m tests.docs", "sh"), r"page\.md:2: there is no module tests\.docs to run"),
        (fenced("/opt/a/bin/pip install '.[nonesuch]'", "sh"), r"page\.md:2: there are no extras"),
        (fenced("echo 'a", "console"), r"page\.md:2: No closing quotation"),
        ("<!-- run: nonesuch -->\n" + fenced("1"), r"page\.md:1: 'nonesuch' is none of"),
        (
            "<!-- run: fixture -->\nText.\n\n" + fenced("1"),
            r"page\.md: 1 comments .* not right before a block",
        ),
    ],
)
def test_what_is_wrong_with_data_and_marks_is_told(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=told):
        for block in blocks(tmp_path, text):
            check_data(block)
            check_elsewhere(block)


@pytest.mark.parametrize(
    "text",
    [
        fenced("export STUDIO=acme\necho $STUDIO", "console"),
        fenced("export ACCSYN_WORKSPACE=acme ACCSYN_API_KEY=…\naccsyn-async watch --json 'Transfer'", "sh"),
        fenced("python -m benchmarks && python3 -m venv .venv && accsyn-async", "sh"),
        fenced("nats stream report   # what is kept", "sh"),
        fenced("$ echo accsyn-async wacth\naccsyn-async wacth", "console"),
        fenced("Type=oneshot\n".join(("[Service]\n", "ExecStart=a\nExecStart=b")), "ini"),
        fenced("job  accsyn-async watch", "text"),
        "<!-- run: elsewhere .ci/run -->\n" + fenced("pip install -e '.[dev]' && pytest -n auto", "console"),
    ],
)
def test_what_is_right_is_left_alone(text: str, tmp_path: Path) -> None:
    (block,) = blocks(tmp_path, text)
    check_data(block)
    check_elsewhere(block)


def test_a_test_is_given_the_blocks_that_are_marked_for_it() -> None:
    marked = [block for page in all_pages() for block in page.blocks() if block.mark]
    elsewhere = [block for block in marked if block.mark and block.mark.kind == "elsewhere"]
    names = {block.mark.words[0] for block in elsewhere if block.mark}
    assert {"tests/test_readme.py", "tests/cli/test_migrate.py", ".ci/run"} <= names
    given = [block for name in names for block in marked_for(str(ROOT / name))]
    assert sorted(block.where for block in given) == sorted(block.where for block in elsewhere)
    assert marked_for(__file__) == []


@pytest.mark.parametrize(("name", "count"), [("README.md", 1), ("docs/settings.md", 2)])
def test_a_variable_that_a_page_has_wrong_is_noticed(name: str, count: int) -> None:
    shown = [block for block in Page(ROOT / name).blocks() if block.language == "sh"]
    shown = [block for block in shown if "ACCSYN_API_USER=" in block.text]
    assert len(shown) == count
    for block in shown:
        check_data(block)
        with pytest.raises(AssertionError, match=rf"{name}:\d+: nobody reads ACCSYN_USR"):
            check_data(replace(block, text=block.text.replace("ACCSYN_API_USER", "ACCSYN_USR")))
