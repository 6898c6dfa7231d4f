"""docs/architecture.md: floors and rooms are those that import-linter keeps; files and classes exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from accsyn_async import PollPolicy, RateLimit
from accsyn_async.monitor import sweeper
from tests.docs_held.floors import PICTURE, WORDS, drawing, layers

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "accsyn_async"
TEXT = (ROOT / "docs" / "architecture.md").read_text()
FILES = sorted(set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", TEXT)))
CLASSES = sorted(set(re.findall(r"`([A-Z][a-z]\w+)`", TEXT)))
SOURCE = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))


def column(heading: str) -> list[list[str]]:
    """The names in the first column of the table below a heading, row by row."""
    below = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [re.findall(r"`(\w+)`", row.split("|")[1]) for row in re.findall(r"^\| `.*$", below, re.MULTILINE)]


def test_floors_are_those_that_are_kept() -> None:
    assert column("The floors") == layers()


def test_the_drawing_is_of_now() -> None:
    assert PICTURE.read_text() == drawing(), "python -m tests.docs_held.floors"
    assert {name for floor in layers() for name in floor} == set(WORDS)
    assert f"({PICTURE.relative_to(ROOT / 'docs')})" in TEXT


def test_rooms_are_those_that_are_kept() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (rooms,) = [each["layers"] for each in contracts if each["name"].startswith("The rooms of the sandbox")]
    kept = [[name.removeprefix("accsyn_async.sandbox.") for name in room.split(" : ")] for room in rooms]
    assert column("The sandbox's rooms") == kept


@pytest.mark.parametrize("name", FILES)
def test_files_are_there(name: str) -> None:
    path = PACKAGE / name
    inside = PACKAGE / "sandbox" / "rules" / name
    assert path.is_file() if name.endswith(".py") else path.is_dir() or inside.is_dir()


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_there(name: str) -> None:
    assert re.search(rf"^class {name}\b", SOURCE, re.MULTILINE)


def test_a_class_is_in_the_file_that_stands_behind_it() -> None:
    pairs = re.findall(r"`([A-Z][a-z]\w+)` \(`([\w/]+\.py)`(?:, pure)?\)", TEXT)
    assert len(pairs) > 20
    for name, file in pairs:
        assert re.search(rf"^class {name}\b", (PACKAGE / file).read_text(), re.MULTILINE), (name, file)


def test_numbers_are_those_that_hold() -> None:
    policy = PollPolicy()
    assert (policy.soon, policy.running, policy.idle, policy.longest_backoff) == (1, 2, 10, 30)
    assert f"takes {RateLimit().per_second:g} requests a second" in TEXT
    assert f"every {({5.0: 'five'})[sweeper._SWEEP]} seconds or more" in TEXT
