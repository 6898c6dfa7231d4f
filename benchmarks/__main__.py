"""Measures what the project claims: ``python -m benchmarks``; README.md beside it says what it prints."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.catalogue import Part, discover, importable, missing
from benchmarks.document import document, machine
from benchmarks.figures import Effort
from benchmarks.runner import Outcome, exit_code, run
from benchmarks.table import listing, machine_line, part_table, summary

__all__ = ["main"]

_DRAWN = "growth"
"""The part that has pictures."""
_AFTER = (
    "exit code: 0 when every aim is reached; 1 when one is missed, when a part fails, or when one that was"
    " named cannot be measured here; 2 when the command line is wrong"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line says, print it, and give the exit code."""
    parts = {part.name: part for part in discover()}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what this package costs, against rivals and floors measured in the same run.",
        epilog=_AFTER,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="parts to measure; all when none is named")
    parser.add_argument("--quick", action="store_true", help="three minutes in place of ten")
    parser.add_argument("--json", action="store_true", help="print one JSON document in place of the table")
    parser.add_argument(
        "--plots", type=Path, metavar="DIR", help="draw how cost grows into this folder (extra bench)"
    )
    parser.add_argument("--list", action="store_true", help="say which parts there are, and end")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.parts if name not in parts]:
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(parts)}")
    named = bool(asked.parts)
    # As they were named, each once.
    chosen = [parts[name] for name in dict.fromkeys(asked.parts)] if named else list(parts.values())
    if asked.list:
        print(listing((part, missing(part)) for part in chosen))
        return 0
    if asked.plots is not None:
        if _DRAWN not in [part.name for part in chosen]:
            parser.error(f"--plots draws what the part {_DRAWN} measures")
        if not importable("matplotlib"):
            parser.error("--plots needs matplotlib: pip install -e '.[bench]'")
    # Whoever is told to end ends what it has started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        effort: Effort = "quick" if asked.quick else "full"
        return _measure(chosen, effort, as_json=asked.json, named=named, plots=asked.plots)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _measure(parts: Sequence[Part], effort: Effort, *, as_json: bool, named: bool, plots: Path | None) -> int:
    began = time.monotonic()
    facts = machine()

    def begins(place: int, part: Part) -> None:
        print(f"[{place}/{len(parts)}] measuring {part.name} …", file=sys.stderr, flush=True)

    if not as_json:
        print(machine_line(facts), end="\n\n", flush=True)
    outcomes: list[Outcome] = []
    for outcome in run(parts, effort, begins=begins):
        outcomes.append(outcome)
        if not as_json:
            print(part_table(outcome), end="\n\n", flush=True)
    seconds = time.monotonic() - began
    code = exit_code(outcomes, named=named)
    if as_json:
        report = document(outcomes, effort=effort, seconds=seconds, code=code, machine=facts)
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print(summary(outcomes, seconds))
    if plots is not None:
        # What comes with it takes longer to import than the rest, and few draw.
        from benchmarks.publish import draw

        for file in draw(outcomes, plots):
            print(f"drawn: {file}", file=sys.stderr)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # Whoever reads has had enough, as ``head`` has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
