"""docs/dashboard.md says what is there: options, paths, keys, and programs that run."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import fields
from pathlib import Path

import pytest

from accsyn_async.cli.dashboard import dashboard as command
from accsyn_async.cli.nats_connection import NatsConnection
from accsyn_async.cli.top import top
from accsyn_async.cli.watch import watch
from accsyn_async.sandbox import Sandbox
from tests.dashboard.serving import serving
from tests.docs.pages import ROOT, Page, marked_for
from tests.relay.support.relaying import relaying
from tests.support.nats_servers import NatsServer

PAGE = Page(ROOT / "docs" / "dashboard.md")
TEXT = PAGE.text
SNIPPETS = [block.text for block in PAGE.blocks() if block.language == "python"]


def test_what_is_left_to_this_file_is_run_here() -> None:
    assert {block.text for block in marked_for(__file__)} <= {*SNIPPETS}


def test_every_option_is_described_and_none_else() -> None:
    told = set(re.findall(r"`--([a-z-]+)`", TEXT.split("**Who may come in.**")[0]))
    there = set(inspect.signature(command).parameters) - {"query", "connection", "nats"}
    assert told == {name.replace("_", "-").strip("-") for name in there}


def test_the_options_about_relays_are_those_of_the_commands() -> None:
    section = TEXT.split("\n## From a relay\n")[1].split("\n## ")[0]
    table = section.split("| option | what it does |")[1].split("\n\n")[0]
    told = set(re.findall(r"`(--[a-z-]+)`", "".join(row.split("|")[1] for row in table.splitlines()[1:])))
    there = {f"--{field.name.replace('_', '-')}" for field in fields(NatsConnection)}
    assert told == there | {"--from", "--workspace", "--durable"}
    commands: dict[str, Callable[..., object]] = {"dashboard": command, "top": top, "watch": watch}
    for name, run in commands.items():
        assert f"accsyn-async {name} --from " in section
        assert "from_" in inspect.signature(run).parameters


async def test_every_path_is_described_and_none_else() -> None:
    async with Sandbox() as box, serving(box, open=True) as served:
        routes = {route.resource.canonical for route in served.application.router.routes() if route.resource}
    table = TEXT.split("| path | what is there |")[1].split("\n\n")[0]
    told = {path.replace("<id>", "{id}") for path in re.findall(r"`(/[^`]*)`", table)}
    assert told | {"/app.js", "/stream.js", "/login"} == routes


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
async def test_the_programs_run(
    snippet: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async with Sandbox(speed=500) as box, AsyncExitStack() as stack:
        if "relay.connect" in snippet:
            nats = stack.enter_context(NatsServer(tmp_path))
            await stack.enter_async_context(relaying(nats.url, box.workspace))
            snippet = snippet.replace("nats://127.0.0.1:4222", nats.url)
        (box.volume / "a.mov").write_bytes(bytes(100_000))
        user = box.user("admin")
        for name, value in {
            "ACCSYN_URL": box.url,
            "ACCSYN_WORKSPACE": box.workspace,
            "ACCSYN_API_USER": user.username,
            "ACCSYN_API_KEY": user.api_key,
        }.items():
            monkeypatch.setenv(name, value)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        code = compile(
            snippet.replace("8484", str(port)), "dashboard.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )
        await asyncio.wait_for(eval(code, {}), 30)
    assert capsys.readouterr().out
