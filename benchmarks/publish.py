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
from benchmarks.table import machine_line, part_table, summary

__all__ = ["BEGIN", "END", "IMAGES", "PAGE", "draw", "main", "published", "tables"]

PAGE = ROOT / "docs" / "performance.md"
"""The page with the figures."""
IMAGES = ROOT / "docs" / "images"
"""Where its pictures are."""

BEGIN, END = "<!-- figures: written by python -m benchmarks.publish -->", "<!-- end of figures -->"


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
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"no place between {BEGIN} and {END}")
    command = f"$ python -m benchmarks{' --quick' if report['effort'] == 'quick' else ''}"
    return f"{before}{BEGIN}\n\n```text\n{command}\n{tables(report)}\n```\n\n{END}{after}"


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
