"""README.md, docs/moving.md, docs/sandbox.md: what tests/docs does not run of them, and what they claim."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import accsyn_api
import pytest

from accsyn_async import Session
from accsyn_async.testing import AccsynSandbox
from tests.docs.pages import ROOT, Block, Page, marked_for
from tests.official.recorder import recording

README = Page(ROOT / "README.md")
MOVING = Page(ROOT / "docs" / "moving.md")
SANDBOX = Page(ROOT / "docs" / "sandbox.md")


def block_of(page: Page, words: str) -> Block:
    """The one block of a page with these words in it."""
    (found,) = (block for block in page.blocks() if words in block.text and block.language == "python")
    return found


OFFICIAL = block_of(MOVING, "session = accsyn_api.Session()\ntransfer =")
OLDER = block_of(MOVING, 'api_version="v1"')
FIXTURE = block_of(SANDBOX, "def test_delivery")


def test_what_is_left_to_this_file_is_run_here() -> None:
    assert marked_for(__file__) == [OFFICIAL, OLDER, FIXTURE]


async def run(*arguments: str, folder: Path, **env: str) -> tuple[int | None, str]:
    """A program of Python: its exit code, and all that it has printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | env,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


# -- README.md


def test_it_is_two_screens() -> None:
    assert len(README.text.splitlines()) <= 120


def test_its_commands_are_the_first_and_the_last_that_a_newcomer_types() -> None:
    blocks = [block.text for block in README.blocks() if block.language == "console"]
    commands = [line for text in blocks for line in text.splitlines()]
    assert commands[0] == "pip install '.[cli]' && accsyn-async demo"
    assert commands[-1] == "pip install -e '.[dev]' && pytest -n auto"
    for command in commands:
        assert command.startswith(("accsyn-async ", "pip install ")), command


@pytest.mark.parametrize("shown", sorted(set(re.findall(r'(?:src|srcset)="([^"]+)"', README.text))))
def test_its_pictures_are_there_and_stand_for_themselves(shown: str) -> None:
    path = ROOT / shown
    assert 0 < path.stat().st_size < 300_000
    if path.suffix != ".svg":
        assert path.read_bytes().startswith(b"\x89PNG")
        return
    text = path.read_text("utf-8")
    space = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(text)
    assert root.findtext(f"{space}title")
    assert root.findtext(f"{space}desc")
    # A page shows it as an image: whatever it would load from elsewhere would be missing.
    assert not re.search(r"<script|<image|<foreignObject|href|url\(|@import|@font-face", text)
    for asked in ("prefers-color-scheme: dark", "prefers-reduced-motion: reduce"):
        assert asked in text


def test_every_picture_says_what_it_shows() -> None:
    images = re.findall(r"<img\b[^>]*>", README.text)
    assert images
    for image in images:
        assert re.search(r'alt="[^"]{20,}"', image), image


# -- docs/moving.md


@pytest.mark.parametrize("name", sorted(name for name in vars(accsyn_api.Session) if name[0] != "_"))
def test_the_table_of_official_calls_is_complete(name: str) -> None:
    table = MOVING.text.split("| official call | here |")[1].split("\n\n")[0]
    assert re.search(rf"`(session\.)?{name}[`(]", table)


async def test_the_script_that_it_begins_with_is_one_of_the_official_client(
    accsyn_sandbox: AccsynSandbox, tmp_path: Path
) -> None:
    (accsyn_sandbox.volume / "a.mov").write_bytes(b"frames")
    code, output = await run("-c", OFFICIAL.text, folder=tmp_path, **accsyn_sandbox.official_env())
    assert (code, output) == (0, "")
    assert (accsyn_sandbox.site_root("berlin") / "projects" / "a.mov").read_bytes() == b"frames"


async def test_its_snippet_on_older_workspaces_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".accsyn").write_text("the password\n")
    async with recording() as (record, port):
        monkeypatch.setenv("ACCSYN_URL", f"http://127.0.0.1:{port}")
        code = compile(OLDER.text, "moving.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        names: dict[str, object] = {"Session": Session}
        await eval(code, names)
    assert [request["path"] for request in record.requests] == [
        "/api/v1.0/user/login/auth",
        "/api/v1.0/event",
    ]
    assert names["key"] == "key-1"


# -- docs/sandbox.md

PUBLISH = """
import accsyn_api

def publish(path):
    session = accsyn_api.Session()
    session.create("Transfer", {"source": path, "destination": "site=berlin"})

def pytest_configure(config):
    import builtins
    builtins.publish = publish
"""


async def test_its_snippet_on_the_fixture_runs(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(PUBLISH)
    (tmp_path / "test_snippet.py").write_text(FIXTURE.text)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    code, output = await run(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "accsyn_async.testing"), folder=tmp_path
    )
    assert code == 0, output
    assert "2 passed" in output
