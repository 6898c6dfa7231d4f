"""CONTRIBUTING.md: what it names exists, and the ten questions lead to the files that answer them."""

from __future__ import annotations

import ast
import importlib.util
import math
import os
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "accsyn_async"
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
QUESTIONS = dict(re.findall(r"^\| ([A-Z][^|]*\?) \| `([\w/]+\.py)` \|$", TEXT, re.MULTILINE))
PATHS = sorted(set(re.findall(r"`((?:accsyn_async|tests|docs)/[\w/.]*|[A-Z]+\.md)`", TEXT)))
LINKS = sorted(set(re.findall(r"\]\(([^)#]+)", TEXT)))
PLAIN = frozenset(
    re.findall(r"\w+", "the and how has was its are for that what when where who does with from into")
)
"""Words that lead nowhere."""


def stems(text: str) -> set[str]:
    """The words of a text by their beginnings, so that ``polls`` is ``poll``."""
    words = re.findall(r"[a-z]+", text.lower())
    return {word[:5] for word in words if len(word) > 2 and word not in PLAIN}


MODULES = {
    path.relative_to(PACKAGE).as_posix(): (
        stems(path.relative_to(PACKAGE).as_posix().removesuffix(".py")),
        stems(ast.get_docstring(ast.parse(path.read_text())) or ""),
    )
    for path in PACKAGE.rglob("*.py")
}


MODULES_WITH = Counter(word for name, docstring in MODULES.values() for word in name | docstring)


def worth(question: str, module: str) -> float:
    """How much of a question a module's name and docstring have; rare words count more, and names twice."""
    name, docstring = MODULES[module]
    return sum(
        math.log(len(MODULES) / MODULES_WITH[word]) * (2 * (word in name) + (word in docstring))
        for word in stems(question) & (name | docstring)
    )


def test_there_are_ten() -> None:
    assert len(QUESTIONS) == len(set(QUESTIONS.values())) == 10
    answers = TEXT.partition("In short:\n")[2].partition("\n## ")[0]
    assert len(re.findall(r"^\d+\. ", answers, re.MULTILINE)) == 10


@pytest.mark.parametrize(("question", "file"), QUESTIONS.items(), ids=QUESTIONS.values())
def test_a_question_leads_to_its_file_alone(question: str, file: str) -> None:
    best, second, *_ = sorted(MODULES, key=lambda module: worth(question, module), reverse=True)
    assert best == file
    assert worth(question, best) > worth(question, second)


@pytest.mark.parametrize("path", PATHS)
def test_files_and_folders_are_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", LINKS)
def test_links_lead_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_many_are_looked_at() -> None:
    assert len(PATHS) > 40


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ((?:tests|benchmarks)[\w.]*)", TEXT))))
def test_programs_are_there(module: str) -> None:
    found = importlib.util.find_spec(module)
    assert found is not None
    if found.submodule_search_locations:
        assert importlib.util.find_spec(f"{module}.__main__") is not None


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(\.ci/[a-z]+)[ `]", TEXT))))
def test_programs_of_the_gate_are_there(path: str) -> None:
    assert os.access(ROOT / path, os.X_OK)


def test_every_session_of_nox_has_its_command() -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    sessions = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and "nox.session" in map(_decorator, node.decorator_list)
    }
    assert sessions == {"checks", "tests", "docs", "benchmarks", "gate"}
    assert set(re.findall(r"nox (?:-R )?-s ([a-z]+)", TEXT)) == sessions


def _decorator(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def test_names_in_the_code_are_there() -> None:
    source = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    for name in ("verdict", "error_of", "next_interval", "_needs_v3", "Redactor", "Weather", "_COMMANDS"):
        assert f"`{name}`" in TEXT
        assert re.search(rf"(?:def|class) {name}\b|^{name} = ", source, re.MULTILINE), name
