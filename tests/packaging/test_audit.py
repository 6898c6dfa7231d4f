"""What the gate makes of an audit: what is found fails; what could not be looked up is told."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import accsyn_async

ROOT = Path(accsyn_async.__file__).parents[1]
GOOD = {"name": "idna", "version": "3.20", "vulns": []}
BAD = {
    "name": "idna",
    "version": "3.6",
    "vulns": [{"id": "PYSEC-2024-60", "fix_versions": ["3.7"], "aliases": [], "description": "slow"}],
}
UNMENDED = {"name": "yarl", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found on PyPI and could not be audited: own (1)"}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def verdict(audit: Any) -> Callable[[str, str], tuple[int, list[str]]]:
    found: Callable[[str, str], tuple[int, list[str]]] = audit.verdict
    return found


@pytest.mark.parametrize(
    ("entries", "code", "told"),
    [
        ([GOOD], 0, ["no known vulnerability in 1 packages"]),
        ([GOOD, BAD], 1, ["VULNERABLE: idna 3.6: PYSEC-2024-60, mended in 3.7"]),
        ([UNKNOWN, UNMENDED], 1, ["VULNERABLE: yarl 1: PYSEC-1, not mended yet"]),
        (
            [GOOD, UNKNOWN],
            0,
            [
                "no known vulnerability in 1 packages",
                "NOT AUDITED: the advisory service does not know own",
            ],
        ),
        ([UNKNOWN], 0, ["NOT AUDITED: the advisory service reached from here knows none of 1 packages"]),
        ([], 2, ["nothing is in it"]),
    ],
)
def test_a_report(verdict: Any, entries: list[dict[str, Any]], code: int, told: list[str]) -> None:
    assert verdict(json.dumps({"dependencies": entries, "fixes": []}), "") == (code, told)


@pytest.mark.parametrize(
    "said",
    [
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\n",
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(): Max retries exceeded\n",
        "requests.exceptions.ReadTimeout: Read timed out.\n",
    ],
)
def test_a_service_that_is_out_of_reach_does_not_fail(verdict: Any, said: str) -> None:
    code, told = verdict("", said)
    assert code == 0
    assert told[0] == "NOT AUDITED: the advisory service is out of reach from here"
    assert told[1] == said.strip()


def test_an_audit_that_cannot_be_made_fails(verdict: Any) -> None:
    said = "ERROR:pip_audit._cli:requirement idna==3.20 does not contain a hash\n"
    assert verdict("", said) == (2, ["pip-audit failed", said.strip()])


@pytest.mark.parametrize(("arguments", "code"), [(["lock.txt"], 0), (["--require", "lock.txt"], 3)])
def test_a_release_requires_that_all_was_looked_up(
    audit: Any, arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.CompletedProcess([], 1, stderr="Could not connect to the feed")
    monkeypatch.setattr(audit.subprocess, "run", lambda *_args, **_options: done)
    assert audit.main(arguments) == code
