"""What a package registry is told: by the build backend, from `pyproject.toml`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from trove_classifiers import classifiers

import accsyn_async

ROOT = Path(accsyn_async.__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata"], cwd=ROOT, check=True, capture_output=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_version_stands_in_one_place(metadata: dict[str, Any]) -> None:
    assert metadata["version"] == accsyn_async.__version__
    assert "version" not in PROJECT
    text = re.compile(rf"(?<![\w.]){re.escape(accsyn_async.__version__)}(?![\w.])")
    sources = [path for path in (ROOT / "accsyn_async").rglob("*.py") if text.search(path.read_text())]
    assert sources == [ROOT / "accsyn_async" / "_version.py"]
    assert not text.search((ROOT / "pyproject.toml").read_text())


def test_classifiers_are_those_of_the_registry(metadata: dict[str, Any]) -> None:
    assert set(metadata["classifiers"]) <= classifiers
    assert metadata["classifiers"] == sorted(metadata["classifiers"])
    # A license is told by its expression; both would be refused.
    assert not [name for name in metadata["classifiers"] if name.startswith("License")]
    assert metadata["license"] == "Apache-2.0"


def test_the_oldest_python_is_the_same_everywhere(metadata: dict[str, Any]) -> None:
    named = [name.removeprefix("Programming Language :: Python :: 3.") for name in metadata["classifiers"]]
    oldest = min(int(number) for number in named if number.isdecimal())
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert metadata["requires-python"] == f">=3.{oldest}"
    assert tools["ruff"]["target-version"] == f"py3{oldest}"


def test_the_readme_can_be_read_without_the_repository(metadata: dict[str, Any]) -> None:
    page = metadata["readme"]
    assert page["content-type"] == "text/markdown"
    prose = re.sub(r"(?ms)^```.*?^```$", "", page["text"])
    assert re.findall(r"\]\((?!https?://|#)[^)]*\)", prose) == []
    assert re.findall(r"(?i)<(?:a|img|source|video|picture)\b[^>]*>", prose) == []
    # Programs in it stand as they do in the README.
    blocks = re.compile(r"(?ms)^```.*?^```$")
    assert blocks.findall(page["text"]) == blocks.findall((ROOT / "README.md").read_text())
    assert page["text"].startswith("# accsyn-async\n")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("![The page](docs/images/page.png)\n\nBoth", "Both"),
        ("See ![it](docs/a.svg) move", "See  move"),
        (
            "[errors](docs/errors.md) and [accsyn](https://accsyn.com)",
            "errors and [accsyn](https://accsyn.com)",
        ),
        ("[its kinds](accsyn_async/errors.py#L1): `a`", "its kinds: `a`"),
        ("[below](#settings)", "[below](#settings)"),
        ('<picture>\n<source srcset="a"><img src="b">\n</picture>', ""),
        ('<img src="docs/demo.svg" width="800">', ""),
        ("![badge](https://accsyn.com/a.svg)", "![badge](https://accsyn.com/a.svg)"),
    ],
)
def test_what_becomes_of_a_line_of_the_readme(line: str, shown: str) -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    for change in tools["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        line = re.sub(change["pattern"], change["replacement"], line)
    assert line == shown


def test_the_plugin_and_the_command_are_those_that_are_installed(metadata: dict[str, Any]) -> None:
    assert metadata["scripts"] == {"accsyn-async": "accsyn_async.__main__:main"}
    (plugin,) = entry_points(group="pytest11", name="accsyn_async.testing")
    assert plugin.value == metadata["entry-points"]["pytest11"]["accsyn_async.testing"]


def test_all_is_every_extra_that_a_user_may_want() -> None:
    extras = dict(PROJECT["optional-dependencies"])
    (everything,) = extras.pop("all")
    named = re.fullmatch(r"accsyn-async\[(.*)\]", everything)
    assert named is not None
    assert set(named[1].split(",")) == set(extras) - {"bench", "dev", "docs"}
