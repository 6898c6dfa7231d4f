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

from accsyn_async import Session
from accsyn_async.sandbox import Sandbox
from tests.official.calls_v3 import JOB
from tests.official.recorder import recording

METHODS = {
    name: member
    for name, member in inspect.getmembers(Session, callable)
    if not name.startswith("_") and not (member.__doc__ or "").startswith("Deprecated: ")
}
NEED_NO_EXAMPLE = {"aclose", "get_hostname", "get_last_message", "help"}
WATCHING = {"watch", "wait", "wait_all", "as_completed"}
RECORDED = sorted(METHODS.keys() - WATCHING - NEED_NO_EXAMPLE)


def example_of(name: str) -> str:
    docstring = inspect.getdoc(METHODS[name]) or ""
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


@pytest.mark.parametrize("name", sorted(WATCHING))
async def test_of_a_watch(name: str, capsys: Any) -> None:
    async with Sandbox(speed=1000) as box, box.session() as session:
        (box.volume / "a.mov").write_bytes(b"frames" * 100)
        rows = [await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})]
        rows.append(await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"}))
        names = {"transfer": rows[0], "first": rows[0], "second": rows[1], "session": session}
        try:
            async with asyncio.timeout(2 if name == "watch" else 60):
                await run(example_of(name), **names)
        except TimeoutError:
            assert name == "watch"
    assert name == "wait" or capsys.readouterr().out
