"""What `SECURITY.md` says of the code, where nothing else holds it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import accsyn_async

ROOT = Path(accsyn_async.__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text()
RUNS_TEXT = {"eval", "exec", "__import__"}
STARTS = {"run", "Popen", "call", "check_call", "check_output"}
UNPACKS_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml"}


def hazards(source: str) -> list[str]:
    """Calls that run a text or unpack code, and shells made of a text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in RUNS_TEXT or name in {"os.system", "os.popen", "asyncio.create_subprocess_shell"}:
                found.append(name)
            starts = name.rpartition(".")[2] in STARTS
            found += [
                "shell=True"
                for word in node.keywords
                if starts and word.arg == "shell" and ast.unparse(word.value) != "False"
            ]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in UNPACKS_CODE]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in UNPACKS_CODE:
            found.append(str(node.module))
    return found


def test_nothing_that_comes_in_is_run() -> None:
    sources = sorted((ROOT / "accsyn_async").rglob("*.py"))
    assert len(sources) > 400
    assert {str(path): found for path in sources if (found := hazards(path.read_text()))} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("eval(text)", ["eval"]),
        ("import pickle", ["pickle"]),
        ("from yaml import load", ["yaml"]),
        ("subprocess.run(text, shell=True)", ["shell=True"]),
        ("os.system(text)", ["os.system"]),
        ("Popen(text, shell=wanted)", ["shell=True"]),
        ("re.compile(text); subprocess.run(['ls'])", []),
        ("completion_of(shell='bash'); run(['ls'], shell=False)", []),
    ],
)
def test_the_search_finds_what_it_looks_for(source: str, found: list[str]) -> None:
    assert hazards(source) == found


def test_every_file_that_it_names_is_there() -> None:
    held = set(re.findall(r"`(tests/[^`]+)`", PAGE))
    beside = set(re.findall(r"`(tests/[\w/]+/)[\w.]+`, `(test_\w+\.py)`", PAGE))
    named = held | {folder + name for folder, name in beside}
    named |= set(re.findall(r"\]\(((?!https)[^)]+)\)", PAGE)) | set(re.findall(r"`(\.ci/[\w.]+)`", PAGE))
    assert len(named) > 15
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
