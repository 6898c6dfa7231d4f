"""Every example and every snippet of the README runs, against the sandbox."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import accsyn_api
import pytest

from accsyn_async import Session
from accsyn_async.sandbox import Sandbox
from tests.official.recorder import recording

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ALL = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
OLDER = [snippet for snippet in ALL if 'api_version="v1"' in snippet]
FIXTURE = [snippet for snippet in ALL if "accsyn_sandbox" in snippet]
SNIPPETS = [snippet for snippet in ALL if snippet not in (*OLDER, *FIXTURE)]


@pytest.fixture
async def box(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    async with Sandbox(speed=8) as box:
        user = box.user("admin")
        for name, value in {
            "ACCSYN_URL": box.url,
            "ACCSYN_WORKSPACE": box.workspace,
            "ACCSYN_API_USER": user.username,
            "ACCSYN_API_KEY": user.api_key,
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("a.mov", "b.mov"):
            (box.volume / name).write_bytes(b"frames" * 500_000)
        yield box


@contextlib.asynccontextmanager
async def program(name: str, *args: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-u",
        str(ROOT / "examples" / name),
        *args,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_snippet_on_older_workspaces_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (snippet,) = OLDER
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".accsyn").write_text("the password\n")
    async with recording() as (record, port):
        monkeypatch.setenv("ACCSYN_URL", f"http://127.0.0.1:{port}")
        code = compile(snippet, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        names: dict[str, object] = {"Session": Session}
        await eval(code, names)
    assert [request["path"] for request in record.requests] == [
        "/api/v1.0/user/login/auth",
        "/api/v1.0/event",
    ]
    assert names["key"] == "key-1"


PUBLISH = """
import accsyn_api

def publish(path):
    session = accsyn_api.Session()
    session.create("Transfer", {"source": path, "destination": "site=berlin"})

def pytest_configure(config):
    import builtins
    builtins.publish = publish
"""


async def test_the_snippet_on_the_fixture_runs(tmp_path: Path) -> None:
    (snippet,) = FIXTURE
    (tmp_path / "conftest.py").write_text(PUBLISH)
    (tmp_path / "test_snippet.py").write_text(snippet)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "accsyn_async.testing"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b"2 passed" in output


@pytest.mark.parametrize("name", sorted(name for name in vars(accsyn_api.Session) if name[0] != "_"))
def test_the_table_of_official_calls_is_complete(name: str) -> None:
    table = README.split("| official call | here |")[1].split("\n\n")[0]
    assert re.search(rf"`(session\.)?{name}[`(]", table)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
async def test_the_snippets_of_the_readme_run(
    snippet: str,
    box: Sandbox,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    code = compile(snippet, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, object] = {}
    exec("from accsyn_async import *", names)
    running = asyncio.ensure_future(eval(code, names))
    done, _ = await asyncio.wait([running], timeout=2 if "endless" in snippet else 60)
    if "endless" in snippet:
        assert not done, running
        running.cancel()
        await asyncio.wait([running])
    else:
        assert done
        running.result()


def test_the_readmes_commands_are_the_first_two_that_a_newcomer_types() -> None:
    commands = [
        line
        for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
        for line in block.splitlines()
    ]
    assert commands[0] == "pip install '.[cli]' && accsyn-async demo"
    assert commands[-1] == "pip install -e '.[dev]' && pytest -n auto"
    for command in commands[1:-1]:
        assert command.startswith("accsyn-async ")


def test_every_example_is_run_here() -> None:
    there = {path.name for path in (ROOT / "examples").glob("*.py")}
    assert there == {
        "daily_sync.py",
        "log_every_end.py",
        "notify_on_failure.py",
        "try_it_in_a_sandbox.py",
        "wait_for_transfer.py",
    }


async def test_wait_for_transfer(box: Sandbox) -> None:
    async with program("wait_for_transfer.py", "share=projects/a.mov", "site=berlin") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert output.decode().splitlines() == ["a.mov is on its way", "a.mov has arrived: 3000000 bytes"]
    assert process.returncode == 0
    async with program("wait_for_transfer.py", "share=projects/none.mov", "site=berlin") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert b"has failed" in output
    assert process.returncode == 1


async def test_daily_sync(box: Sandbox) -> None:
    for name in ("a.mov", "b.mov"):
        async with program("daily_sync.py", "site=berlin", f"share=projects/{name}") as process:
            output, _ = await asyncio.wait_for(process.communicate(), 60)
        assert output.decode() == "Daily sync to site=berlin: all of today has arrived\n"
    async with box.session() as session:
        (job,) = await session.find('Transfer WHERE name="Daily sync to site=berlin"', finished=True)
        assert len(await session.find("Task", entityid=job["id"])) == 3
    async with program("daily_sync.py", "site=berlin", "share=projects/none.mov") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert output.decode().endswith("\n  none.mov\n")
    assert process.returncode == 1
    async with program("daily_sync.py", "site=berlin", "share=projects/a.mov", "site=") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert b"names no site" in output
    assert process.returncode == 1


async def test_notify_on_failure(box: Sandbox) -> None:
    async with program("notify_on_failure.py") as process, box.session() as session:
        assert process.stdout is not None
        await asyncio.sleep(1)
        await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
        await session.create("Transfer", {"source": "none.mov", "destination": "site=berlin"})
        lines = {(await asyncio.wait_for(process.stdout.readline(), 30)).decode() for _ in range(2)}
        assert {line.split()[0] for line in lines} == {"arrived", "FAILED"}


async def test_log_every_end(box: Sandbox, tmp_path: Path) -> None:
    log = tmp_path / "ends.log"
    async with box.session() as session:
        for name in ("a.mov", "b.mov"):
            async with program("log_every_end.py", str(log)) as process:
                assert process.stdout is not None
                if name == "a.mov":
                    await asyncio.sleep(1)
                    await session.create("Transfer", {"source": name, "destination": "site=berlin"})
                line = await asyncio.wait_for(process.stdout.readline(), 30)
                assert line.decode() == f"done {name}\n"
                process.kill()
            if name == "a.mov":
                job = await session.create("Transfer", {"source": "b.mov", "destination": "site=berlin"})
                await session.wait(job["id"], timeout=30)
    assert [line.split()[1:] for line in log.read_text().splitlines()] == [
        ["done", "a.mov"],
        ["done", "b.mov"],
    ]


async def test_try_it_in_a_sandbox() -> None:
    async with program("try_it_in_a_sandbox.py") as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    for shot in ("sh010", "sh020", "sh030"):
        assert f"{shot}.mov: done" in output.decode()
    assert "MB/s" in output.decode()
