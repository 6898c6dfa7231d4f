"""Counts what the hot paths take, and compares it with what they took: nothing is timed.

    python -m benchmarks.guards            compare with benchmarks/guards.json; 1 when one grew by over 10 %
    python -m benchmarks.guards --write    write that file anew, for the Python that runs this

Each path is gone in a process of its own, whose hashes are always the same, and is warm by
then. Of some goes the least counts, so that what happens only now and then is left out.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.metadata
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.counting import Allocations, Instructions
from benchmarks.guard_counts import Counts, changes, counts_of, table, with_counts
from benchmarks.hot_paths import PATHS
from benchmarks.stage import Silent
from tests.support import virtual

__all__ = ["FILE", "KINDS", "PACKAGES", "VERSION", "count", "count_apart", "main"]

FILE = Path(__file__).with_name("guards.json")
ROOT = FILE.parents[1]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES = {name: importlib.metadata.version(name) for name in ("aiohttp", "msgspec")}
"""Those whose work is counted with ours."""
HAS_ALLOCATIONS = sys.platform != "win32"
"""Whether allocations can be counted: memray is not made for Windows."""
KINDS = ("instructions", "allocations", "bytes") if HAS_ALLOCATIONS else ("instructions",)
WARM_UP = 10
GOES = 2
"""How often each thing is counted."""


def main(arguments: list[str] | None = None) -> int:
    """Do as the command line says; 1 when a path takes more than it may."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guards", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--write", action="store_true", help="write the counts down, for this version of Python"
    )
    parser.add_argument(
        "--count", metavar="PATH", choices=PATHS, help="count one path, in this process, as JSON"
    )
    options = parser.parse_args(arguments)
    if options.count:
        print(json.dumps(count(options.count)))
        return 0
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as several:
        now: Counts = dict(zip(PATHS, several.map(count_apart, PATHS), strict=True))
    return _write(now) if options.write else _report(now)


def count(name: str) -> dict[str, int]:
    """What a path takes, counted in this process; its hashes ought to be the same each time."""
    path = PATHS[name]
    return (virtual.run if path.virtual else asyncio.run)(_count(name))


def count_apart(name: str, plant: str = "") -> dict[str, int]:
    """What a path takes, counted in a process of its own.

    Args:
        name: of the path.
        plant: a program to run before, so that it can be seen to be noticed.

    Raises:
        RuntimeError: that process failed; the message holds what it said.
    """
    # What changes how Python allocates or compiles, and what a session reads, is not taken along.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ACCSYN"))}
    program = (
        f"{plant}\nimport sys\nfrom benchmarks.guards import main\nsys.exit(main(['--count', {name!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=kept | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{name} could not be counted: {done.stderr}")
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


async def _count(name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    async with PATHS[name].ready() as once:
        for _ in range(WARM_UP):
            await once(Silent())
        gc.collect()
        gc.disable()
        for meter in (Allocations(), Instructions()) if HAS_ALLOCATIONS else (Instructions(),):
            # Python 3.12 and 3.13 see the instructions of a function from its second call on.
            await once(meter)
            for _ in range(GOES):
                await once(meter)
                for kind, counted in meter.counts.items():
                    counts[kind] = min(counted, counts.get(kind, counted))
        gc.enable()
    return {kind: counts[kind] for kind in KINDS}


def _text() -> str:
    return FILE.read_text() if FILE.exists() else ""


def _write(now: Counts) -> int:
    try:
        was, _ = counts_of(_text(), VERSION)
    except LookupError:
        was = {}
    print(table(changes(was, now, KINDS)))
    FILE.write_text(with_counts(_text(), VERSION, now, PACKAGES))
    print(f"written to {FILE.relative_to(ROOT)}, for Python {VERSION}")
    return 0


def _report(now: Counts) -> int:
    try:
        was, packages = counts_of(_text(), VERSION)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 1
    compared = changes(was, now, KINDS)
    print(table(compared))
    for name, version in PACKAGES.items():
        if packages.get(name) != version:
            print(f"counted with {name} {version}; those of the file with {packages.get(name)}")
    problems = [each.problem for each in compared if each.problem]
    hints = [each.hint for each in compared if each.hint]
    for line in problems:
        print(f"MORE THAN BEFORE: {line}")
    for line in hints:
        print(f"cheaper: {line}")
    if problems or hints:
        print("If that is what you want, write the file anew: python -m benchmarks.guards --write")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
