"""Puts a report into docs/performance.md.

``python -m benchmarks --json >report.json``, then ``python -m benchmarks.publish report.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.catalogue import ROOT, Part
from benchmarks.figures import Figure
from benchmarks.runner import Outcome
from benchmarks.table import machine_line, part_table, summary

__all__ = ["PAGE", "published", "tables"]

PAGE = ROOT / "docs" / "performance.md"
"""The page with the figures."""

_BEGIN, _END = "<!-- figures: written by python -m benchmarks.publish -->", "<!-- end of figures -->"


def tables(report: dict[str, Any]) -> str:
    """The report as the command prints it.

    Args:
        report: as ``document`` describes it.
    """
    outcomes = [_outcome(part) for part in report["parts"]]
    parts = "\n\n".join(part_table(outcome) for outcome in outcomes)
    return f"{machine_line(report['machine'])}\n\n{parts}\n\n{summary(outcomes, report['seconds'])}"


def published(page: str, report: dict[str, Any]) -> str:
    """A page with a report in place of the one that it has.

    Raises:
        ValueError: the page has no place for one.
    """
    before, begun, rest = page.partition(_BEGIN)
    _, ended, after = rest.partition(_END)
    if not begun or not ended:
        raise ValueError(f"no place between {_BEGIN} and {_END}")
    command = f"$ python -m benchmarks{' --quick' if report['effort'] == 'quick' else ''}"
    return f"{before}{_BEGIN}\n\n```text\n{command}\n{tables(report)}\n```\n\n{_END}{after}"


def main() -> None:
    """Write the page."""
    (path,) = sys.argv[1:]
    report = json.loads(Path(path).read_text("utf-8"))
    PAGE.write_text(published(PAGE.read_text("utf-8"), report), "utf-8")


def _outcome(part: dict[str, Any]) -> Outcome:
    return Outcome(
        part=msgspec.convert(part, Part),
        state=part["state"],
        figures=tuple(msgspec.convert(part["figures"], list[Figure])),
        seconds=part["seconds"],
        why=part["why"],
    )


if __name__ == "__main__":
    main()
