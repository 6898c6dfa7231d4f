"""The help pages, word by word, at 80 columns; ``RECORD=1`` writes them anew."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from accsyn_async.cli.app import make_app
from tests.cli.conftest import Cli

HELP = Path(__file__).parent / "help"
MAIN = "accsyn-async"
COMMANDS = sorted(name for name in make_app() if not name.startswith("-"))
EXAMPLE = re.compile(r"^  accsyn-async (.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


async def page_of(cli: Cli, name: str) -> str:
    ran = await cli(*(() if name == MAIN else (name,)), "--help")
    assert (ran.code, ran.err) == (0, "")
    # Blanks at the ends of lines are nobody's business, least of all editors'.
    return "".join(f"{line.rstrip()}\n" for line in ran.out.splitlines())


@pytest.mark.parametrize("name", [MAIN, *COMMANDS])
async def test_a_page_is_as_it_was_agreed_on(cli: Cli, name: str) -> None:
    page, path = await page_of(cli, name), HELP / f"{name}.txt"
    if os.environ.get("RECORD"):
        path.write_text(page, "utf-8")
    assert page == (path.read_text("utf-8") if path.exists() else ""), "RECORD=1 writes it anew"


def test_there_is_a_page_for_each_command_and_for_nothing_else() -> None:
    assert sorted(path.stem for path in HELP.glob("*.txt")) == sorted([MAIN, *COMMANDS])


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_page_says_what_it_does_and_how(cli: Cli, name: str) -> None:
    page = await page_of(cli, name)
    assert page.startswith(f"Usage: accsyn-async {name} ")
    assert max(map(len, page.splitlines())) <= 80
    examples = EXAMPLE.findall(page)
    assert examples or name == "demo"
    # None is broken by the page's width: what is copied is one command.
    above = page.partition("╭")[0]
    assert re.findall(r"^  accsyn-async .*\n(?!  accsyn-async ).+", above, re.MULTILINE) == []
    app = make_app()
    for example in examples:
        words = shlex.split(example.partition(" > ")[0])
        assert words[0] == name
        # It is understood, with every option that it names.
        command, _, _ = app.parse_args(words, exit_on_error=False, print_error=False)
        assert command.__name__ == name
    # Sentences end, and no line of the source shows through.
    for text in re.findall(r"^│ --[a-z-]+ (?:[A-Z.]+ )?(.*?)(?=^│ --|^╰)", page, re.MULTILINE | re.DOTALL):
        flat = " ".join(re.sub(r"[│\n]", " ", text).split())
        assert re.sub(r" \[(?:choices|default): [^\]]*\]", "", flat).endswith("."), flat


async def test_without_anything_the_main_page_is_shown(cli: Cli) -> None:
    assert (await cli()).out == (await cli("--help")).out
