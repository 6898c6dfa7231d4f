"""What runs the pages notices what is wrong with them, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import Block, Page
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
            r"page\.md:3: tests/test_times\.py does not speak of page\.md",
        ),
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
