"""``accsyn-async top`` as a command."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import accsyn_async
from accsyn_async.sandbox import Sandbox
from tests.cli.conftest import Cli, box, cli

__all__ = ["box", "cli"]

ROOT = Path(accsyn_async.__file__).parents[1]
DEADLINE = 30.0


async def made(box: Sandbox) -> str:
    async with box.session() as session:
        row = await session.create("Transfer", {"source": "a.mov", "destination": "site=berlin"})
    assert isinstance(row, dict)
    return str(row["id"])


async def test_once_prints_a_table(box: Sandbox, cli: Cli) -> None:
    ident = await made(box)
    ran = await cli("top", "--once", ident)
    assert (ran.code, ran.err) == (0, "")
    titles = ran.out.splitlines()[0].split()
    assert (titles[:3], titles[-1]) == (["NAME", "STATUS", "DONE"], "ID")
    assert ran.out.splitlines()[1].startswith("a.mov")
    assert ran.out.rstrip().endswith(ident)


async def test_once_as_json_is_what_watch_finds(box: Sandbox, cli: Cli) -> None:
    ident = await made(box)
    ran = await cli("top", "--once", "--json", ident)
    assert ran.code == 0
    (line,) = map(json.loads, ran.out.splitlines())
    assert (line["v"], line["event"], line["job"]["id"], line["job"]["name"]) == (1, "found", ident, "a.mov")
    watched = await cli("watch", "--json", ident)
    assert json.loads(watched.out.splitlines()[0]).keys() == line.keys()


async def test_once_of_nothing(box: Sandbox, cli: Cli) -> None:
    ran = await cli("top", "--once", "Transfer WHERE name=nothing")
    assert (ran.code, ran.out, ran.err) == (0, "", "Nothing found.\n")


async def test_once_ends_when_the_backend_is_out_of_reach(box: Sandbox, cli: Cli) -> None:
    box.weather.add("error", uri="transfer/*", status=503)
    ran = await cli("top", "--once")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("accsyn-async: ")


async def test_once_tells_of_a_login_that_is_refused(
    box: Sandbox, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCSYN_API_KEY", "wrong")
    assert (await cli("top", "--once")).code == 3


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ((), "accsyn-async: top needs a terminal; accsyn-async top --once prints the jobs as they are"),
        (("--json",), "--json goes with --once"),
        (("User",), "what can be watched"),
        (("Transfer", "WHERE"), "quote the query: accsyn-async top"),
    ],
)
async def test_wrong_usage(cli: Cli, argv: tuple[str, ...], told: str) -> None:
    ran = await cli("top", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("is_screen", [True, False])
async def test_without_the_extra_it_says_what_to_install(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, is_screen: bool
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "textual" else find(name, *more)
    )
    monkeypatch.setattr("accsyn_async.cli.top._is_screen", lambda: is_screen)
    ran = await cli("top")
    assert (ran.code, ran.out) == (2, "")
    assert "pip install 'accsyn-async[dashboard]'" in ran.err
    assert len(ran.err.splitlines()) == 1


class Terminal:
    """A process before a terminal of its own."""

    def __init__(self, box: Sandbox, state: Path, *argv: str, **env: str) -> None:
        user = box.user("admin")
        ours, its = pty.openpty()
        self._terminal = ours
        self._its = its
        self.written = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "accsyn_async", "top", *argv],
            stdin=its,
            stdout=its,
            stderr=its,
            start_new_session=True,
            env={
                **{
                    name: value
                    for name, value in os.environ.items()
                    if not name.startswith(("ACCSYN_", "AS_"))
                },
                "ACCSYN_URL": box.url,
                "ACCSYN_WORKSPACE": box.workspace,
                "ACCSYN_API_USER": user.username,
                "ACCSYN_API_KEY": user.api_key,
                "XDG_STATE_HOME": str(state),
                "PYTHONPATH": str(ROOT),
                "PYTHONWARNINGS": "",
                "TERM": "xterm-256color",
                **env,
            },
        )

    def until(self, text: str) -> None:
        """Read until a text was written."""
        self._read(lambda: text in self.written)

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._terminal, keys)

    def end(self) -> int:
        """Read until its end; the exit code."""
        self._read(lambda: self.process.poll() is not None)
        while select.select([self._terminal], [], [], 0)[0]:
            self.written += os.read(self._terminal, 65536).decode(errors="replace")
        os.close(self._terminal)
        os.close(self._its)
        return self.process.wait()

    def _read(self, is_enough: object) -> None:
        assert callable(is_enough)
        until = time.monotonic() + DEADLINE
        while not is_enough():
            if time.monotonic() > until:
                self.process.kill()
                raise AssertionError(f"it never came; written was {self.written[-3000:]!r}")
            if select.select([self._terminal], [], [], 0.05)[0]:
                self.written += os.read(self._terminal, 65536).decode(errors="replace")


LEFT = "\x1b[?1049l"
"""Back from the other screen."""


@pytest.mark.parametrize(
    ("way", "code"), [(b"q", 0), (b"\x03", 130), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 130)]
)
async def test_it_leaves_the_terminal_as_it_was(
    box: Sandbox, tmp_path: Path, way: bytes | signal.Signals, code: int
) -> None:
    def use() -> tuple[int, str]:
        terminal = Terminal(box, tmp_path)
        terminal.until("following")
        if isinstance(way, bytes):
            terminal.type(way)
        else:
            os.kill(terminal.process.pid, way)
        return terminal.end(), terminal.written

    ended, written = await asyncio.to_thread(use)
    assert ended == code
    assert LEFT in written
    assert "Traceback" not in written


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
async def test_an_encoding_without_its_characters_gets_stand_ins(
    box: Sandbox, tmp_path: Path, env: dict[str, str]
) -> None:
    (box.volume / "æ東.mov").write_bytes(bytes(1000))
    async with box.session() as session:
        row = await session.create("Transfer", {"source": "æ東.mov", "destination": "site=berlin"})
    ident = str(row["id"])

    def use() -> str:
        terminal = Terminal(box, tmp_path, ident, **env)
        terminal.until(".mov")
        # The help's frame, its list and its arrows.
        terminal.type(b"?")
        terminal.until("move the cursor")
        terminal.type(b"q")
        terminal.type(b"q")
        terminal.end()
        return terminal.written

    written = await asyncio.to_thread(use)
    read = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", written)
    assert "STATUS^" in read
    assert "???.mov" in read
    assert "+----" in read
    assert written.isascii()
    assert "\\u" not in written
    assert "\\x" not in written


async def test_what_ends_it_is_told_after_the_screen(box: Sandbox, tmp_path: Path) -> None:
    def use() -> tuple[int, str]:
        terminal = Terminal(box, tmp_path, ACCSYN_API_KEY="wrong")
        return terminal.end(), terminal.written

    code, written = await asyncio.to_thread(use)
    assert code == 3
    assert "accsyn-async: the login was refused" in written[written.index(LEFT) :]


async def test_without_colours_there_are_greys(box: Sandbox, tmp_path: Path) -> None:
    ident = await made(box)

    def use() -> tuple[int, str]:
        terminal = Terminal(box, tmp_path, ident, NO_COLOR="1")
        terminal.until("a.mov")
        terminal.type(b"q")
        return terminal.end(), terminal.written

    code, written = await asyncio.to_thread(use)
    assert code == 0
    colours = set(re.findall(r"[34]8;5;(\d+)", written))
    assert colours <= {str(grey) for grey in (0, 15, 16, 231, *range(232, 256))}
    assert not re.search(r"\x1b\[(?:[\d;]*;)?(?:3[1-6]|9[1-6])m", written)
