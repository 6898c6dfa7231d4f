"""What watching costs: reading, polls, watches, and how fresh events are.

Run it as ``python benchmarks/monitor.py``, or with the names of parts of it; README.md beside
it says how to read what it prints.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import freshness
import polls
import reading
import watches

PARTS: dict[str, Callable[[], None]] = {
    "reading": lambda: asyncio.run(reading.main()),
    "polls": lambda: asyncio.run(polls.main()),
    "watches": watches.main,
    "telling": lambda: asyncio.run(watches.telling()),
    "freshness": freshness.main,
}


def main() -> None:
    """Measure and print what is named, or everything."""
    for name in sys.argv[1:] or PARTS:
        print(f"-- {name}")
        PARTS[name]()
        print()


if __name__ == "__main__":
    main()
