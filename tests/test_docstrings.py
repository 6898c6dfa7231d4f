"""The example in the docstring of every public method of a session runs."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import textwrap
import webbrowser
from typing import Any

import pytest
from aiohttp import web

from accsyn_async import JobFinished, JobHandle, Session, TaskSpec, TransferSpec, dashboard
from accsyn_async.progress import rich_progress, tqdm_progress
from accsyn_async.sandbox import Sandbox
from tests.official.calls_v3 import JOB
from tests.official.recorder import recording

METHODS = {
    name: member
    for name, member in inspect.getmembers(Session, callable)
    if not name.startswith("_") and not (member.__doc__ or "").startswith("Deprecated: ")
}
NEED_NO_EXAMPLE = {"aclose", "get_hostname", "get_last_message", "help"}
TRANSFERRING = {
    *("watch", "wait", "wait_all", "as_completed"),
    *("submit", "handle", "ensure_transfer", "split_folders"),
}
"""Those whose examples are about jobs that are really done."""
RECORDED = sorted(METHODS.keys() - TRANSFERRING - NEED_NO_EXAMPLE)


def example_of(name: str, methods: dict[str, Any] = METHODS) -> str:
    docstring = inspect.getdoc(methods[name]) or ""
    found = re.search(r"^Example::\n\n((?:(?: {4}.*)?\n?)+)", docstring, re.MULTILINE)
    assert found or ">>>" in docstring, f"{name} has no example"
    return textwrap.dedent(found[1]) if found else ""


async def run(example: str, **names: object) -> None:
    code = compile(example, "docstring", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    done = eval(code, names)
    if inspect.isawaitable(done):
        await done


@pytest.mark.parametrize("name", RECORDED)
async def test_of_a_call(name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _url: True)
    row = {"id": JOB, "name": "a"}
    kinds = ("transfer", "task", "folder", "volume", "server", "queue", "collection")
    async with recording() as (record, port):
        async with Session(
            "acme",
            "lisa@example.com",
            "my-key",
            url=f"http://127.0.0.1:{port}",
            api_version="v1" if "session_key" in name else "v3",
        ) as session:
            await run(example_of(name), session=session, **dict.fromkeys(kinds, row))
    is_local = not (inspect.iscoroutinefunction(METHODS[name]) or name.startswith("find"))
    assert is_local or len(record.requests) > 1


@pytest.mark.parametrize("name", sorted(TRANSFERRING))
async def test_of_what_is_done_with_jobs(name: str, capsys: Any) -> None:
    async with Sandbox(speed=1000) as box, box.session() as session:
        (box.volume / "a.mov").write_bytes(b"frames" * 100)
        rows = [await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})]
        rows.append(await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"}))
        names: dict[str, object] = {
            "transfer": rows[0],
            "first": rows[0],
            "second": rows[1],
            "session": session,
        }
        names |= {"TaskSpec": TaskSpec, "TransferSpec": TransferSpec}
        try:
            async with asyncio.timeout(2 if name == "watch" else 60):
                await run(example_of(name), **names)
        except TimeoutError:
            assert name == "watch"
    assert name == "wait" or capsys.readouterr().out


HANDLING = {
    name: member for name, member in inspect.getmembers(JobHandle, callable) if not name.startswith("_")
}


@pytest.mark.parametrize("name", sorted(HANDLING))
async def test_of_a_handle(name: str, capsys: Any) -> None:
    """`resume` and the like are of a job that is paused; `wait` and `watch` end with it."""
    status: Any = None if name in ("wait", "watch") else "paused"
    async with Sandbox(speed=1000) as box, box.session() as session:
        (box.volume / "a.mov").write_bytes(b"frames" * 100)
        (box.volume / "b.mov").write_bytes(b"frames" * 100)
        handle = await session.submit(TransferSpec("share=projects/a.mov", "site=berlin", status=status))
        async with asyncio.timeout(60):
            await run(example_of(name, HANDLING), handle=handle, session=session, TaskSpec=TaskSpec)


PROGRESS = {"rich_progress": rich_progress, "tqdm_progress": tqdm_progress}


@pytest.mark.parametrize("name", PROGRESS)
async def test_of_bars(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox(speed=1000) as box, box.session() as session:
        (box.volume / "a.mov").write_bytes(b"frames" * 100)
        first, second = [
            (await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"}))["id"]
            for _ in range(2)
        ]
        names = {"JobFinished": JobFinished, "first": first, "second": second, "session": session}
        async with asyncio.timeout(60):
            await run(example_of(name, PROGRESS), **names, **PROGRESS)
    shown = capsys.readouterr()
    assert "100" in shown.out + shown.err


DASHBOARD = {name: getattr(dashboard, name) for name in dashboard.__all__}


@pytest.mark.parametrize("name", DASHBOARD)
async def test_of_a_dashboard(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox() as box, box.session() as session:
        await run(example_of(name, DASHBOARD), asyncio=asyncio, dashboard=dashboard, session=session, web=web)
    assert ("?once=" in capsys.readouterr().out) == (name in ("app", "one_use_path"))
