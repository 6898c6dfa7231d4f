"""The short examples run, against the sandbox; and every example is started by some test."""

from __future__ import annotations

import ast
import asyncio
import functools
import re
import runpy
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from accsyn_async import ComputeSpec
from accsyn_async.sandbox import Sandbox
from tests.quick_poll import OFTEN
from tests.support.examples import EXAMPLES, furnished, line_with, polled, program, send, stop
from tests.support.http_proxy import http_proxy

A, B, NONE = "share=projects/a.mov", "share=projects/b.mov", "share=projects/none.mov"


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(speed=8) as box:
        with furnished(box):
            yield box


async def output_of(name: str, *args: str) -> tuple[list[str], int | None]:
    """What an example prints until it ends, and its exit code."""
    async with program(name, *args) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    return output.decode().splitlines(), process.returncode


def started(tests: str) -> set[str]:
    """The examples that a module of tests passes to something, by name, or has in a table of what is run."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(tests)):
        match node:
            case ast.Call(args=values) | ast.Dict(keys=values) | ast.Tuple(elts=values):
                constants = [one.value for one in values if isinstance(one, ast.Constant)]
                names |= {one for one in constants if isinstance(one, str) and one.endswith(".py")}
    return names


def test_every_example_is_started_by_a_test() -> None:
    tests = [Path(__file__), Path(__file__).with_name("test_examples.py")]
    there = {path.name for path in EXAMPLES.glob("*.py")}
    assert there - set().union(*(started(path.read_text()) for path in tests)) == set()
    assert len(there) > 20


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_says_how_to_start_it(path: Path) -> None:
    text = path.read_text()
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert re.search(rf"^    .*{path.stem}", docstring, re.MULTILINE)
    assert len(docstring.split("\n\n")) >= 3
    assert text.count("sleep(") == (path.name == "send_once.py"), "nothing is asked for again and again"


@pytest.mark.parametrize(
    "name", sorted(path.name for path in EXAMPLES.glob("*.py") if "sys.exit(__doc__)" in path.read_text())
)
async def test_an_example_that_is_started_wrongly_says_how(name: str) -> None:
    wrong = ["a", "b", "c"] if name in ("find_failed.py", "behind_a_proxy.py") else []
    lines, code = await output_of(name, *wrong)
    assert code == 1
    assert lines[0] == (EXAMPLES / name).read_text().splitlines()[0].removeprefix('"""')


REFUSED = {
    "behind_a_proxy.py": (),
    "compute_job.py": ("pipeline", A, "1001-1010"),
    "daily_sync.py": ("site=berlin", A),
    "find_failed.py": (),
    "log_every_end.py": (),
    "notify_on_failure.py": (),
    "progress_bar.py": ("site=berlin", A),
    "send_once.py": ("site=berlin", A),
    "several_at_once.py": ("site=berlin", A),
    "wait_for_delivery.py": ("standard@example.com", A),
    "wait_for_transfer.py": (A, "site=berlin"),
    "watch_queue.py": ("medium",),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_an_example_that_is_refused_says_why_in_a_line(
    name: str, box: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ACCSYN_API_KEY", "wrong")
    monkeypatch.chdir(tmp_path)
    lines, code = await output_of(name, *REFUSED[name])
    assert (len(lines), code) == (1, 1), lines
    assert lines[0].startswith("the login was refused: ")


async def test_an_authority_that_is_not_there() -> None:
    lines, code = await output_of("behind_a_proxy.py", "nowhere/authority.pem")
    assert (len(lines), code) == (1, 1), lines


async def test_several_at_once(box: Sandbox) -> None:
    lines, code = await output_of("several_at_once.py", "site=berlin", A, B)
    assert (sorted(lines), code) == ([f"{A}: done", f"{B}: done"], 0)
    lines, code = await output_of("several_at_once.py", "site=berlin", A, NONE)
    assert code == 1
    assert f"{A}: done" in lines
    assert [line for line in lines if line.startswith(f"{NONE}: the job 'none.mov'")]
    lines, code = await output_of("several_at_once.py", "site=", A)
    assert code == 1
    assert lines[0].startswith(f"{A}: ")


async def test_send_once(box: Sandbox) -> None:
    arrived = re.compile(r"share=projects/[ab]\.mov has arrived, at \d{4}-\d\d-\d\d \d\d:\d\d UTC")
    async with box.session(poll=OFTEN) as session:
        async with program("send_once.py", "site=berlin", A) as process:
            # Killed as soon as there is a transfer.
            async with asyncio.timeout(30):
                while not (sent := await session.find("Transfer")):
                    await asyncio.sleep(0.01)
            process.kill()
        for _ in range(2):
            lines, code = await output_of("send_once.py", "site=berlin", A, B)
            assert code == 0
            assert len(lines) == 2
            assert all(map(arrived.fullmatch, lines))
        rows = await session.find("Transfer", finished=True)
        assert sorted(row["name"] for row in rows) == [f"{A} to site=berlin", f"{B} to site=berlin"]
        assert sent[0]["id"] in [row["id"] for row in rows]
        # The answer to this is lost, the transfer is there.
        (box.volume / "c.mov").write_bytes(b"frames")
        box.weather.add("cut", uri="transfer/create", count=1)
        lines, code = await output_of("send_once.py", "site=berlin", "share=projects/c.mov")
        assert code == 0
        assert "it may or may not have happened" in lines[0] or "transfer/create" in lines[0]
        assert len(await session.find("Transfer", finished=True)) == 3
        # Lost whenever it is sent, and never there: it is not sent for ever.
        (box.volume / "d.mov").write_bytes(b"frames")
        sent_before = box.statistics().events["transfer/create"]
        box.weather.add("reset", uri="transfer/create", acted=False)
        lines, code = await output_of("send_once.py", "site=berlin", "share=projects/d.mov")
        assert (len(lines), code) == (3, 1)
        assert box.statistics().events["transfer/create"] - sent_before == 3
        box.weather.clear()
    lines, code = await output_of("send_once.py", "site=berlin", NONE)
    assert code == 1
    assert "has failed" in lines[0]


async def test_progress_bar(box: Sandbox) -> None:
    lines, code = await output_of("progress_bar.py", "site=berlin", A, B)
    assert code == 0
    assert {"a.mov done", "b.mov done"} <= {line.strip() for line in lines}
    assert [line for line in lines if line.startswith("all") and line.rstrip().endswith("2 of 2")]
    lines, code = await output_of("progress_bar.py", "site=berlin", A, NONE)
    assert code == 1
    assert [line for line in lines if re.fullmatch(r"none\.mov .* 0 % +failed *", line)], lines


async def test_compute_job(box: Sandbox) -> None:
    lines, code = await output_of("compute_job.py", "pipeline", A, "1001-1010")
    assert (lines, code) == (["0: done", "a.mov: done"], 0)
    lines, code = await output_of("compute_job.py", "pipeline", A, "ten")
    assert code == 1
    assert "range" in lines[0]


async def test_compute_job_that_has_failed_before_it_is_looked_at(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = runpy.run_path(str(EXAMPLES / "compute_job.py"))["main"]
    failing = functools.partial(ComputeSpec, parameters={"seconds": 0, "fail": True})
    monkeypatch.setitem(main.__globals__, "ComputeSpec", failing)
    assert await asyncio.wait_for(main("pipeline", A, "1001-1002"), 60) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "a.mov: failed"


async def test_find_failed(box: Sandbox) -> None:
    assert await output_of("find_failed.py") == ([], 0)
    async with box.session(poll=OFTEN) as session:
        idents = [await send(session, f"{name}.mov", name) for name in ("none", "later")]
        for ident in idents:
            await session.wait(ident, until="failed", timeout=30)
        lines, code = await output_of("find_failed.py")
        assert code == 0
        assert sorted(line.split()[2:] for line in lines) == sorted(
            [[idents[0], "none"], [idents[1], "later"]]
        )
        (box.volume / "later.mov").write_bytes(b"frames")
        assert (await output_of("find_failed.py", "--retry"))[1] == 0
        await session.wait(idents[1], timeout=30, tolerate_failed=True)


async def test_watch_queue(box: Sandbox) -> None:
    async with box.session(poll=OFTEN) as session, program("watch_queue.py", "medium") as process:
        assert await line_with(process, "") == "medium: empty; 0.0 MB left at 0.0 MB/s\n"
        await send(session, "none.mov", "none")
        assert "; 0.0 MB left at 0.0 MB/s" in await line_with(process, "^none is failed: 1 failed")
        ident = await send(session, "a.mov", "held")
        await session.wait(ident, timeout=30)
        assert "; 0.0 MB left at 0.0 MB/s" in await line_with(process, "^held is done: 1 failed")
        assert await stop(process, signal.SIGINT) == ""
        assert process.returncode == 0
    assert await output_of("watch_queue.py", "none") == (["there is no queue none"], 1)


async def test_wait_for_delivery(box: Sandbox) -> None:
    name = f"{A} for standard@example.com"
    async with box.session("standard", poll=OFTEN) as recipient:
        for killed in (True, False):
            async with program("wait_for_delivery.py", "standard@example.com", A) as process:
                assert await line_with(process, "") == f"{name}: ready to be downloaded\n"
                if killed:
                    process.kill()
                    continue
                (transfer,) = await recipient.find("Transfer")
                await recipient.update("Transfer", transfer["id"], {"destination": "/in/"})
                output, _ = await asyncio.wait_for(process.communicate(), 60)
                assert output.decode() == f"{name}: downloaded\n"
                assert process.returncode == 0
    assert (box.local_root / "in" / "a.mov").stat().st_size == 3_000_000
    async with program("wait_for_delivery.py", "standard@example.com", B) as process:
        await line_with(process, "ready")
        async with box.session() as session:
            (row,) = await session.find("Delivery")
            await session.update("Delivery", row["id"], {"status": "aborted"})
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        assert b"was aborted" in output
        assert process.returncode == 1


async def test_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sandbox(tls=True) as box, http_proxy() as (proxy, asked):
        with furnished(box):
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            lines, code = await output_of("behind_a_proxy.py", str(box.ca))
            assert (lines, code) == (["admin@example.com @ acme: 0 active transfers"], 0)
            assert asked == [("127.0.0.1", int(box.url.rpartition(":")[2]))]
            lines, code = await output_of("behind_a_proxy.py")
            assert code == 1
            assert "is not trusted" in lines[0]


async def test_dashboard_in_aiohttp(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_TOKEN", "a long one that nobody guesses")
    async with (
        program("dashboard_in_aiohttp.py", "0") as process,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
    ):
        address = (await line_with(process, "^http://127.0.0.1:")).strip()
        async with browser.get(address.partition("/transfers/")[0]) as answer:
            assert 'href="/transfers/"' in await answer.text()
        async with browser.get(address) as answer:
            assert answer.status == 200
            assert "<!doctype html>" in await answer.text()
        await polled(box)
        assert await stop(process) == ""
        assert process.returncode == 0


async def test_test_pipeline(tmp_path: Path) -> None:
    (tmp_path / "test_pipeline.py").write_text((EXAMPLES / "test_pipeline.py").read_text())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"),
        "test_pipeline.py",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode()
    assert b"3 passed" in output
