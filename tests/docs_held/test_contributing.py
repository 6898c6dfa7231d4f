"""CONTRIBUTING.md: what it names exists, and the ten questions lead to the files that answer them."""

from __future__ import annotations

import ast
import importlib.util
import math
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

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


RECIPES = dict(
    re.findall(
        r"^\*\*[^*]+\*\* \(as `(\w+)` came.*?\n\n(.*?)\n\n",
        TEXT.partition("## Where something new goes")[2],
        re.MULTILINE | re.DOTALL,
    )
)
"""What says where something new goes, by its example."""
OF_ITS_METHOD = "speaks of the method that the command calls, which was there before it"
ANOTHER_WORD = "has the word in another meaning"
BESIDE_RECIPES = {
    "validate": {
        "accsyn_async/jobs/*": OF_ITS_METHOD,
        "tests/jobs/*": OF_ITS_METHOD,
        "tests/type_checkers/examples.py": OF_ITS_METHOD,
        "accsyn_async/sandbox/server/*": ANOTHER_WORD,
    },
    "prepublish": {
        "tests/migration/*": "has what the official client's releases have, all of it",
    },
}
"""Where an example occurs without having been put there as its recipe says, and why."""


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


def places(example: str) -> set[str]:
    """The files in which an example's name occurs as a word."""
    word = re.compile(rf"\b{example}\b")
    return {
        path.relative_to(ROOT).as_posix()
        for folder in ("accsyn_async", "docs", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".md", ".txt", ".json")
        and path != Path(__file__)
        and word.search(path.read_text("utf-8"))
    }


def led_to(recipe: str) -> list[str]:
    """Patterns of the files that a recipe leads to: those that it names, and the tests beside them."""
    named = re.findall(r"`((?:accsyn_async|tests|docs)/[\w/.*]+)`", recipe)
    patterns = [f"{name}*" if name.endswith("/") else name for name in named]
    for name in named:
        folder = name.removeprefix("accsyn_async/").rpartition("/")[0]
        if name.startswith("accsyn_async/") and folder:
            patterns += [f"tests/{folder}/*", f"tests/test_{folder.replace('/', '_')}.py"]
    return patterns


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether a file is one of those that patterns mean; what is in a folder's folders is not in it."""
    return any(PurePosixPath(name).match(pattern) for pattern in patterns)


def test_each_recipe_has_its_example() -> None:
    assert RECIPES.keys() == {"prepublish", "TaskChanged", "validate", "linger"}
    assert all(recipe.startswith("1. ") for recipe in RECIPES.values())


@pytest.mark.parametrize("example", RECIPES)
def test_a_recipe_leads_to_wherever_its_example_is(example: str) -> None:
    there = places(example)
    assert len(there) >= 8
    beside = BESIDE_RECIPES.get(example, {})
    patterns = [*led_to(RECIPES[example]), *beside]
    assert {name for name in there if not fits(name, patterns)} == set()
    for pattern in beside:
        assert any(fits(name, [pattern]) for name in there), f"{pattern} is no exception any more"
    assert "docs/*" not in patterns, "leads everywhere"


@pytest.mark.parametrize(
    ("example", "forgotten"),
    [
        ("validate", "tests/cli/help/*.txt"),
        ("TaskChanged", "docs/reference/events.md"),
        ("TaskChanged", "accsyn_async/progress/rich_bars.py"),
        ("prepublish", "docs/moving.md"),
        ("linger", "tests/test_canary.py"),
    ],
)
def test_what_a_recipe_forgets_is_noticed(example: str, forgotten: str) -> None:
    there = [name for name in places(example) if fits(name, [forgotten])]
    others = led_to(RECIPES[example].replace(f"`{forgotten}`", ""))
    assert [name for name in there if not fits(name, others)]
