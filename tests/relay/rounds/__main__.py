"""``python -m tests.relay.rounds --rounds 6``: exit code 1 when something was that must not be."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.relay.rounds.campaign import Campaign
from tests.relay.rounds.days import DAYS
from tests.relay.rounds.report import Outcome

# ruff: noqa: T201


def main() -> int:
    """Play what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.relay.rounds", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="of each day")
    parser.add_argument(
        "--only", action="append", choices=[day.name for day in DAYS], help="these days alone"
    )
    parser.add_argument("--first", type=int, default=0, help="the number of the first round")
    parser.add_argument("--seed", default=f"{random.getrandbits(32):08x}")
    parser.add_argument("--json", action="store_true", help="one JSON object, and nothing else")
    parser.add_argument("--keep", type=Path, help="a folder for what servers and processes write")
    chosen = parser.parse_args()
    days = [day for day in DAYS if chosen.only is None or day.name in chosen.only]
    folder = Path(tempfile.mkdtemp(prefix="accsyn-rounds-")) if chosen.keep is None else chosen.keep
    folder.mkdir(parents=True, exist_ok=True)

    # What this process's own feeds have to say is no part of the report.
    logging.basicConfig(filename=folder / "campaign.log", format="%(asctime)s %(name)s %(message)s")

    def tell(outcome: Outcome) -> None:
        took = "" if outcome.takeover is None else f", taken over after {outcome.takeover:.1f} s"
        said = f"{outcome.day} #{outcome.number}: {'VIOLATED' if outcome.faults else 'good'}"
        print(f"{said}, {outcome.seconds:.0f} s{took}", file=sys.stderr, flush=True)

    async def play() -> int:
        campaign = Campaign(days, chosen.rounds, chosen.seed, folder, first=chosen.first, on_outcome=tell)
        report = await campaign.run()
        print(json.dumps(report.as_dict()) if chosen.json else report)
        return 1 if report.violated else 0

    try:
        return asyncio.run(play())
    finally:
        if chosen.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
