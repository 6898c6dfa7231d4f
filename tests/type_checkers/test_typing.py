"""The public typing, as mypy and pyright see it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
EXAMPLES, MISTAKES = HERE / "examples.py", HERE / "mistakes.py"


def _mypy(path: Path) -> list[tuple[int, str]]:
    """Line and message of each error."""
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    found = re.findall(r"^\S*?:(\d+): error: (.*)$", ran.stdout, re.MULTILINE)
    return [(int(line), text) for line, text in found]


def _pyright(path: Path) -> list[tuple[int, str]]:
    """Line and message of each error."""
    ran = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    report = json.loads(ran.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    return [
        (each["range"]["start"]["line"] + 1, each["message"])
        for each in report["generalDiagnostics"]
        if each["severity"] == "error"
    ]


CHECKERS = {"mypy": _mypy, "pyright": _pyright}


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_examples_are_right(checker: str) -> None:
    assert CHECKERS[checker](EXAMPLES) == []


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_mistakes_are_found(checker: str) -> None:
    lines = MISTAKES.read_text().splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    assert {line for line, _ in CHECKERS[checker](MISTAKES)} == wrong
