"""Blocks for a console: what is typed, and what is expected."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import re
import shlex
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiohttp

from tests.docs.pages import Block
from tests.docs.surroundings import DEADLINE, Surroundings
from tests.docs.typed import check_requirements, is_read

__all__ = ["Command", "Running", "commands", "interrupted", "run_console", "started"]

_ENDLESS = re.compile(
    r"accsyn-async (watch|top|dashboard|sandbox)\b(?!.*(--once|--help|\b[0-9a-f]{24}\b|\$))"
)
_SET_UP = re.compile(r"python3? -m venv \S+$|(\.|source) \S+/bin/activate$")
_INSTALL = re.compile(r"(?:python3? -m )?pip install\b(.*)")
_EXPORT = re.compile(r"export (\w+)=(.*)")
_ADDRESS = re.compile(r"https?://[^\s'\"]+")


@dataclass(frozen=True, slots=True)
class Command:
    """A line that is typed.

    Attributes:
        where: page and line.
        text: without prompt and comment.
        expected: what it prints, by lines; ``None`` when the page does not say.
        endless: whether it runs until Ctrl-C.
    """

    where: str
    text: str
    expected: tuple[str, ...] | None
    endless: bool

    @property
    def pattern(self) -> re.Pattern[str]:
        """What its output begins with."""
        lines = "\n".join(self.expected or ())
        return re.compile(".*?".join(map(re.escape, lines.split("…"))), re.DOTALL)


def commands(block: Block) -> list[Command]:
    """What a block says is typed.

    Raises:
        AssertionError: it begins with output.
    """
    lines = block.text.rstrip().split("\n")
    prompted = any(line.startswith("$ ") for line in lines)
    found: list[tuple[int, str, list[str]]] = []
    typing = False
    for number, line in enumerate(lines, block.line):
        if typing:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}", [])
        elif prompted and not line.startswith("$ "):
            assert found, f"{block.page}:{number}: output of what?"
            found[-1][2].append(line.rstrip())
            continue
        elif line.strip() and not line.startswith("#"):
            found.append((number, line.removeprefix("$ ") if prompted else line, []))
        typing = line.endswith("\\")
    return [_command(f"{block.page}:{number}", text, output) for number, text, output in found]


def _command(where: str, typed: str, output: list[str]) -> Command:
    text, _, comment = typed.partition("  #")
    text = text.strip()
    while output and not output[-1]:
        del output[-1]
    interrupted = bool(output) and output[-1] == "^C"
    if interrupted:
        del output[-1]
    endless = interrupted or "endless" in comment or "Ctrl-C" in comment or bool(_ENDLESS.match(text))
    return Command(where, text, tuple(output) or None, endless)


class Running:
    """A program, and what it has printed.

    Attributes:
        process: in a group of its own.
        output: of both kinds, so far.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""
        self._reading = asyncio.ensure_future(self._read())

    async def end(self) -> int:
        """Wait for its end, and for all that it has printed."""
        await self._reading
        return await self.process.wait()

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true, or it has ended."""
        while not true() and not self._reading.done():
            await asyncio.sleep(0.005)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and whatever it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.output += line.decode("utf-8", "replace")


@contextlib.asynccontextmanager
async def started(*argv: str, around: Surroundings) -> AsyncIterator[Running]:
    """A program of a user; ended by force when it is left running."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=around.folder,
        env=around.env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=2**20,
    )
    running = Running(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            running.signal(signal.SIGKILL)
        await running.end()


async def run_console(block: Block, around: Surroundings) -> None:
    """Type what a block says, and compare what comes.

    Raises:
        AssertionError: something else came; the text has page and line.
    """
    code = 0
    typed = commands(block)
    for number, command in enumerate(typed):
        text = _without_set_up(command, around)
        if not text:
            continue
        asked = number + 1 < len(typed) and typed[number + 1].text.startswith("echo $?")
        try:
            async with asyncio.timeout(DEADLINE):
                code = await _type(command, f"(exit {code}); {text}", around)
        except TimeoutError:
            raise AssertionError(f"{command.where}: {command.text!r} does not end") from None
        assert code == 0 or asked or (command.endless and code in (130, -signal.SIGINT)), (
            f"{command.where}: {command.text!r} ends with exit code {code}"
        )


async def _type(command: Command, text: str, around: Surroundings) -> int:
    if command.endless and re.match(r"accsyn-async top\b", command.text):
        return await _on_a_screen(command, around)
    if command.endless and re.match(r"accsyn-async (sandbox|dashboard)\b(?!.*--port)", command.text):
        text += " --port 0"
    async with started("bash", "-c", text, around=around) as running:
        if command.endless:
            await interrupted(running, command, around)
        code = await running.end()
    output = "\n".join(line.rstrip() for line in running.output.rstrip().split("\n"))
    if command.expected is not None:
        found = command.pattern.match(output) if command.endless else command.pattern.fullmatch(output)
        assert found, f"{command.where}: {command.text!r} prints\n{output}"
    elif not command.endless or code not in (0, 130):
        assert "Traceback" not in output, f"{command.where}: {command.text!r} prints\n{output}"
    return code


async def interrupted(running: Running, command: Command, around: Surroundings) -> None:
    """Press Ctrl-C when there was enough to see."""
    if re.match(r"accsyn-async (sandbox|dashboard)\b", command.text):
        await running.until(lambda: _ADDRESS.search(running.output))
        if found := _ADDRESS.search(running.output):
            async with aiohttp.ClientSession() as client, client.get(found[0]) as answer:
                assert answer.status < 500, f"{command.where}: {found[0]} answers {answer.status}"
    else:
        there = around.requests
        await running.until(lambda: around.requests >= there + 3)
        if running.process.returncode is None:
            await around.let_something_happen()
        expected, told = command.pattern, around.requests
        await running.until(lambda: expected.match(running.output) or around.requests > told + 50)
    running.signal(signal.SIGINT)


async def _on_a_screen(command: Command, around: Surroundings) -> int:
    """Run it on a terminal, and leave it by its key."""
    mine, its = pty.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", command.text),
            cwd=around.folder,
            env={**around.env, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
            stdin=its,
            stdout=its,
            stderr=its,
            start_new_session=True,
        )
        reading = asyncio.ensure_future(asyncio.to_thread(_read_all, mine, its))
        try:
            await around.requests_more(5)
            await around.let_something_happen()
            os.write(mine, b"q")
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            os.close(its)
            await reading
    finally:
        os.close(mine)
    return code


def _read_all(terminal: int, _kept: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(terminal, 65536):
            pass


def _without_set_up(command: Command, around: Surroundings) -> str:
    """What is left of a command when what prepares a machine is taken as done."""
    left = []
    for part in (each.strip() for each in command.text.split(" && ")):
        if found := _INSTALL.fullmatch(part):
            check_requirements(shlex.split(found[1]), command.where)
        elif found := _EXPORT.fullmatch(part):
            _look_at_variable(found[1], shlex.split(found[2] or "''")[0], command, around)
        elif not _SET_UP.fullmatch(part):
            left.append(part)
    return " && ".join(left)


def _look_at_variable(name: str, value: str, command: Command, around: Surroundings) -> None:
    if not name.startswith("ACCSYN_"):
        around.export(name, value)
        return
    assert is_read(name), f"{command.where}: nobody reads {name}"
    if name not in around.credentials:
        around.export(name, value)
