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
BOTH = (str(EXAMPLES), str(MISTAKES))


Errors = dict[Path, list[tuple[int, str]]]
"""Line and message of each, by file."""


def _mypy() -> Errors:
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", *BOTH],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    errors: Errors = {EXAMPLES: [], MISTAKES: []}
    for path, line, text in re.findall(r"^(\S*?):(\d+): error: (.*)$", ran.stdout, re.MULTILINE):
        errors[ROOT / path].append((int(line), text))
    return errors


def _pyright() -> Errors:
    ran = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, *BOTH],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    report = json.loads(ran.stdout)
    assert report["summary"]["filesAnalyzed"] == 2
    errors: Errors = {EXAMPLES: [], MISTAKES: []}
    for each in report["generalDiagnostics"]:
        if each["severity"] == "error":
            errors[Path(each["file"])].append((each["range"]["start"]["line"] + 1, each["message"]))
    return errors


CHECKERS = {"mypy": _mypy, "pyright": _pyright}


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_examples_are_right_and_mistakes_are_found(checker: str) -> None:
    errors = CHECKERS[checker]()
    assert errors[EXAMPLES] == []
    lines = MISTAKES.read_text().splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    assert {line for line, _ in errors[MISTAKES]} == wrong
