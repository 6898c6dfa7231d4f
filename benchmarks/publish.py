"""Puts a report into docs/performance.md, and draws what is drawn of it into docs/images.

``python -m benchmarks --json >report.json``, then ``python -m benchmarks.publish report.json``. The
pictures need the extra ``bench``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.catalogue import ROOT, Part
from benchmarks.figures import Figure
from benchmarks.growth import pictures
from benchmarks.runner import Outcome
from benchmarks.series import Series
from benchmarks.table import cells, machine_line, number, part_table, summary

__all__ = ["AIMS", "FIGURES", "IMAGES", "PAGE", "aims", "draw", "main", "published", "tables"]

PAGE = ROOT / "docs" / "performance.md"
"""The page with the figures."""
IMAGES = ROOT / "docs" / "images"
"""Where its pictures are."""

_WRITTEN = "written by python -m benchmarks.publish"
FIGURES = f"<!-- figures: {_WRITTEN} -->", "<!-- end of figures -->"
AIMS = f"<!-- aims: {_WRITTEN} -->", "<!-- end of aims -->"


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
    command = f"python -m benchmarks{' --quick' if report['effort'] == 'quick' else ''}"
    page = _put(page, AIMS, aims(report))
    return _put(page, FIGURES, f"`{command}` printed:\n\n```text\n{tables(report)}\n```")


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


def draw(outcomes: Iterable[Outcome], folder: Path) -> list[Path]:
    """Draw what was measured, and give the files.

    Args:
        outcomes: those without series are not drawn.
        folder: where the pictures go; it is made where it is not there.

    Raises:
        ImportError: matplotlib is missing; it comes with the extra ``bench``.
    """
    files = []
    for outcome in outcomes:
        for name, text in pictures(outcome.series).items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
            files.append(folder / name)
    return files


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, and write the page; 1 when there is nothing to draw, or nothing to draw it with."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publish", description=__doc__)
    parser.add_argument("report", type=Path, help="what python -m benchmarks --json printed")
    report = json.loads(parser.parse_args(arguments).report.read_text("utf-8"))
    page = published(PAGE.read_text("utf-8"), report)
    try:
        files = draw(map(_outcome, report["parts"]), IMAGES)
    except ImportError:
        print("nothing is published: pictures need matplotlib (pip install -e '.[bench]')", file=sys.stderr)
        return 1
    if not files:
        print("nothing is published: the report has nothing to be drawn", file=sys.stderr)
        return 1
    PAGE.write_text(page, "utf-8")
    for file in (PAGE, *files):
        print(f"written: {file}")
    return 0


def _outcome(part: dict[str, Any]) -> Outcome:
    return Outcome(
        part=msgspec.convert(part, Part),
        state=part["state"],
        figures=tuple(msgspec.convert(part["figures"], list[Figure])),
        seconds=part["seconds"],
        why=part["why"],
        series=tuple(msgspec.convert(part["series"], list[Series])),
    )


if __name__ == "__main__":
    sys.exit(main())
