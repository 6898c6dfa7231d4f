"""The command, with a real part that takes a second or two."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.slow
def test_a_part_is_measured_in_a_process_of_its_own_and_reported() -> None:
    done = benchmarks("specifications", "--quick", "--json")
    assert "[1/1] measuring specifications" in done.stderr
    report = json.loads(done.stdout)
    assert report["effort"] == "quick"
    assert report["exit"] == done.returncode
    assert report["machine"]["official"] == "3.4.0"
    (part,) = report["parts"]
    assert (part["name"], part["state"], part["why"]) == ("specifications", "measured", "")
    assert part["figures"]
    for figure in part["figures"]:
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert figure["low"] > 0
    missed = [figure for figure in part["figures"] if figure["verdict"] == "missed"]
    assert done.returncode == bool(missed)


def test_a_wrong_command_line_ends_with_2() -> None:
    done = benchmarks("--quikc")
    assert done.returncode == 2
    assert "usage: python -m benchmarks" in done.stderr
