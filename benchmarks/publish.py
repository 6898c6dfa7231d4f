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
from benchmarks.table import cells, machine_line, number, part_table, summary

__all__ = ["PAGE", "aims", "published", "tables"]

PAGE = ROOT / "docs" / "performance.md"
"""The page with the figures."""

_WRITTEN = "written by python -m benchmarks.publish"
_FIGURES = f"<!-- figures: {_WRITTEN} -->", "<!-- end of figures -->"
_AIMS = f"<!-- aims: {_WRITTEN} -->", "<!-- end of aims -->"


def tables(report: dict[str, Any]) -> str:
    """The report as the command prints it.

    Args:
        report: as ``document`` describes it.
    """
    outcomes = [_outcome(part) for part in report["parts"]]
    parts = "\n\n".join(part_table(outcome) for outcome in outcomes)
    return f"{machine_line(report['machine'])}\n\n{parts}\n\n{summary(outcomes, report['seconds'])}"


def published(page: str, report: dict[str, Any]) -> str:
    """A page with a report in place of the one that it has, and what became of its aims.

    Raises:
        ValueError: the page has no place for them.
    """
    command = f"$ python -m benchmarks{' --quick' if report['effort'] == 'quick' else ''}"
    page = _put(page, _AIMS, aims(report))
    return _put(page, _FIGURES, f"```text\n{command}\n{tables(report)}\n```")


def aims(report: dict[str, Any]) -> str:
    """How many aims are reached, and a table of those that are not."""
    figures = [figure for part in report["parts"] for figure in _outcome(part).figures if figure.bound]
    short = [figure for figure in figures if figure.verdict != "reached"]
    lines = [f"{len(figures) - len(short)} of {len(figures)} aims are reached."]
    if short:
        lines[0] += " The others:"
        lines += ["", "| | measured | to reach | the floor itself |", "|---|---:|---:|---:|"]
    for figure in short:
        name, value, _, aim, _ = cells(figure)
        floor = f"{number(figure.floor)}{figure.unit}" if figure.floor is not None else ""
        lines.append(f"| {name} | {value} | {aim} | {floor} |")
    return "\n".join(lines)


def _put(page: str, marks: tuple[str, str], text: str) -> str:
    begin, end = marks
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"no place between {begin} and {end}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


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
