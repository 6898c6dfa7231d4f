"""A page, run from its first block to its last."""

from __future__ import annotations

import ast
import configparser
import doctest
import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.docs.console_blocks import commands, run_console
from tests.docs.pages import PREPARE, ROOT, Block
from tests.docs.python_blocks import run_doctest, run_python
from tests.docs.services import run_program, run_server, run_tests
from tests.docs.surroundings import Surroundings
from tests.docs.typed import check_line

__all__ = ["LANGUAGES", "check_data", "check_elsewhere", "is_run", "run_blocks"]


def _parse_python(text: str) -> object:
    if ">>> " in text:
        return doctest.DocTestParser().parse(text)
    return compile(text, "block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)


def _parse_shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip())


def _parse_ini(text: str) -> None:
    # Units of systemd have some names several times.
    configparser.ConfigParser(strict=False, interpolation=None).read_string(text)


_PARSERS: dict[str, Callable[[str], object]] = {
    "python": _parse_python,
    "sh": _parse_shell,
    "json": json.loads,
    "yaml": yaml.safe_load,
    "toml": tomllib.loads,
    "ini": _parse_ini,
    PREPARE: _parse_python,
}
LANGUAGES = frozenset({*_PARSERS, "console", "text"})
"""What a block can be of; there is no other, and none is of none."""
_TYPED = re.compile(r"\$ |accsyn-async [a-z]|(?:pip|python3?) -?[a-z]|export \w+=")
_NOT_PROGRAMS = ("conftest.py",)


def is_run(block: Block) -> bool:
    """Whether there is something to run in it, or a file to write."""
    return block.language in ("python", "console") or block.title is not None


async def run_blocks(blocks: Sequence[Block], around: Surroundings) -> None:
    """Run what a reader of the page would run, in order.

    Raises:
        AssertionError: something is not as the page says; the text has page and line.
    """
    blocks = [replace(block, text=around.with_free_ports(block.text)) for block in blocks]
    names: dict[str, Any] = {"__name__": "__page__"}
    for number, block in enumerate(blocks):
        try:
            await _run(block, blocks[number + 1 :], names, around)
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            what = "it does not end" if isinstance(error, TimeoutError) else str(error)
            raise AssertionError(f"{block.where}: {what}") from error


async def _run(block: Block, following: Sequence[Block], names: dict[str, Any], around: Surroundings) -> None:
    if block.mark is not None and block.mark.kind == "elsewhere":
        return
    if block.language == PREPARE:
        await run_python(block, {"box": around.box, "folder": around.folder}, around)
    elif block.language == "console":
        await run_console(block, around)
    elif block.language == "python" and block.mark is not None and block.mark.kind == "fixture":
        await run_tests(block, around)
    elif block.language == "python" and block.mark is not None and block.mark.kind == "server":
        await run_server(block, around)
    elif block.title is not None:
        path = around.folder / block.title
        assert path.resolve().is_relative_to(around.folder), block.where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
        if block.language == "python" and not _is_run_later(block, following):
            await run_program(block, around)
    elif block.language == "python" and "\n>>> " in f"\n{block.text}":
        run_doctest(block, names)
    elif block.language == "python" and ("asyncio.run(" in block.text or "__main__" in block.text):
        await run_program(block, around)
    elif block.language == "python":
        await run_python(block, names, around)


def _is_run_later(block: Block, following: Sequence[Block]) -> bool:
    assert block.title is not None
    name = Path(block.title).name
    if name in _NOT_PROGRAMS:
        return True
    for each in following:
        if each.title == block.title:
            return False
        if each.language == "console" and (
            each.named(name) or (name[:5] == "test_" and each.named("pytest"))
        ):
            return True
        if each.language == "python" and each.named(name.removesuffix(".py")):
            return True
    return False


def check_data(block: Block) -> None:
    """Parse a block, and look at the commands in it, whether it is run or not.

    Raises:
        AssertionError: its language is none that there is; it cannot be read; or it names a command, an
            option, a module, an extra or a variable that is not there. The text has page and line.
    """
    languages = ", ".join(sorted(LANGUAGES - {PREPARE}))
    assert block.language in LANGUAGES, f"{block.where}: {block.language!r} is none of {languages}"
    if parse := _PARSERS.get(block.language):
        try:
            parse(block.text)
        except (ValueError, SyntaxError, yaml.YAMLError, configparser.Error) as error:
            raise AssertionError(f"{block.where}: {error}") from None
    if block.language == "text":
        for number, line in enumerate(block.text.splitlines(), block.line):
            assert not _TYPED.match(line), f"{block.page}:{number}: what is typed is console or sh, not text"
    if block.language in ("sh", "console"):
        for command in commands(block):
            check_line(command.text, command.where, block.text)


def check_elsewhere(block: Block) -> None:
    """See that a block which is run elsewhere is accounted for there.

    Raises:
        AssertionError: there is no such file; or it is a script without one of the block's commands, or a
            test that does not assert that it uses what is `marked_for` it.
    """
    if block.mark is None or block.mark.kind != "elsewhere":
        return
    assert len(block.mark.words) == 1, f"{block.where}: elsewhere is where?"
    (name,) = block.mark.words
    path = ROOT / name
    assert path.is_file(), f"{block.where}: there is no {name}"
    text = path.read_text()
    if path.suffix == ".py":
        accounted = any(
            isinstance(node, ast.Assert) and "marked_for(__file__)" in ast.unparse(node.test)
            for node in ast.walk(ast.parse(text))
        )
        assert accounted, f"{block.where}: {name} asserts nothing of marked_for(__file__)"
        return
    assert block.language in ("sh", "console"), f"{block.where}: {name} runs no {block.language}"
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for command in commands(block):
        # From a quote, or the line's beginning, to the next or its end: nothing more, nothing less.
        whole = re.compile(rf"""(?:^\s*|"){re.escape(command.text)}(?:"|$)""")
        assert any(map(whole.search, lines)), f"{command.where}: {name} does not run {command.text!r}"
