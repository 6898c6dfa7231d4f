"""``python -m tests.soak``: a day in virtual time, a consumer that stalls for an hour, and their figures."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

from tests.soak.day import spend
from tests.soak.stall import stall
from tests.soak.verdict import of_day, of_stall
from tests.support.virtual import run


def main() -> int:
    """Run both; 1 when something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="virtual hours of the day; 0 leaves it out")
    parser.add_argument("--jobs", type=int, default=5000, help="jobs that are active at any time")
    parser.add_argument("--stall", type=int, default=3600, help="seconds that the consumer stalls")
    parser.add_argument("--seed", type=int, default=1, help="of all that is left to chance")
    options = parser.parse_args()
    logging.getLogger("accsyn_async").setLevel(logging.ERROR)
    verdicts = []
    if options.hours:
        verdicts.append(of_day(run(spend(options.hours, options.jobs, seed=options.seed, progress=_say))))
    if options.stall:
        verdicts.append(of_stall(asyncio.run(stall(options.stall, 500))))
    for verdict in verdicts:
        _say("")
        for line in verdict.figures:
            _say(line)
        for line in verdict.broken:
            _say(f"NOT SO: {line}")
    return 1 if any(verdict.broken for verdict in verdicts) else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
