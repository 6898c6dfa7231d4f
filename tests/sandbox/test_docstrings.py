"""The example in the docstring of every public method of a sandbox, and of the fixture, runs."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import textwrap
from typing import Any

import pytest

from accsyn_async.sandbox import Sandbox, Weather
from accsyn_async.sandbox.rules.hosts import Hosts
from accsyn_async.testing import AccsynSandbox

NEED_NO_EXAMPLE = {"aclose", "close", "start"}


def methods(kind: type) -> list[Any]:
    """The public methods of a class."""
    found = inspect.getmembers(kind, inspect.isfunction)
    return [member for name, member in found if not name.startswith("_")]


def example_of(member: Any) -> str:
    docstring = inspect.getdoc(member) or ""
    found = re.search(r"^Example::\n\n((?:(?: {4}.*)?\n?)+)", docstring, re.MULTILINE)
    assert found, f"{member.__qualname__} has no example"
    return textwrap.dedent(found[1])


async def run(example: str, **names: object) -> None:
    code = compile(example, "docstring", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    done = eval(code, names)
    if inspect.isawaitable(done):
        await done


IN_PROCESS = [
    *(member for member in methods(Sandbox) if member.__name__ not in NEED_NO_EXAMPLE),
    *(member for member in methods(Weather) if member.__name__ != "strike"),
    *(member for member in methods(Hosts) if member.__name__ != "user"),
]
OF_FIXTURE = [member for member in methods(AccsynSandbox) if member.__name__ not in NEED_NO_EXAMPLE]


@pytest.mark.parametrize("member", IN_PROCESS, ids=lambda member: member.__qualname__)
async def test_of_a_sandbox(member: Any) -> None:
    async with Sandbox() as box:
        await run(example_of(member), box=box)


@pytest.mark.parametrize("member", OF_FIXTURE, ids=lambda member: member.__qualname__)
def test_of_the_fixture(member: Any, accsyn_sandbox: AccsynSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(run(example_of(member), accsyn_sandbox=accsyn_sandbox, monkeypatch=monkeypatch))


async def test_of_the_class() -> None:
    await run(example_of(Sandbox), Sandbox=Sandbox)
