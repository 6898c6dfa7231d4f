"""kill -9 at random moments: no end is lost, none is used twice by its id (guarantee 11).

Here a few rounds; CI runs 240 of them by ``python -m tests.kill.campaign``. ``KILL_ROUNDS`` runs fewer or
more of each kind, ``KILL_SEED`` runs one seed again.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.kill.campaign import Campaign
from tests.kill.ledger import Ledger, Truth

ROUNDS = {"query": 12, "ids": 4}


@pytest.mark.slow
@pytest.mark.parametrize("what", ROUNDS)
async def test_guarantee_11_holds_for_watchers_that_are_killed(what: str) -> None:
    rounds = int(os.environ.get("KILL_ROUNDS") or ROUNDS[what])
    seed = os.environ.get("KILL_SEED") or f"{random.getrandbits(32):08x}"
    report = await Campaign(seed, what, rounds).run()
    replay = f"python -m tests.kill.campaign --what {what} --rounds {rounds} --seed {seed}"
    assert report.faults == [], f"{report}\nreplay with: {replay}"
    assert report.killed + report.left == report.rounds == rounds
    if rounds >= 60:
        # A campaign in which nothing happened would show nothing.
        assert report.killed > rounds / 4, report
        assert min(report.left, report.in_commits, report.ends, report.removals, report.repeated) > 0, report


END = "acme:a:done:2026-01-01T00:00:00"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([f"end {END}"], []),
        ([f"end {END}", "kill", f"end {END}"], []),
        ([f"end {END}", "kill", "kill", "job a 1.0", "kill", f"end {END}", "kill", f"end {END}"], []),
        ([], ["was never told"]),
        ([f"end {END}", "given acme:b:0:1", "kill"], ["was handed out before a kill, and not again"]),
        ([f"end {END}", f"end {END}"], ["told again after it was used"]),
        ([f"end {END}", "leave", f"end {END}"], ["told again after it was used"]),
        ([f"end {END}", "synced ", "kill", f"end {END}"], ["told again after it was used"]),
        ([f"end {END}", "end acme:a:done:2026-01-01T00:00:01"], ["never was"]),
        ([f"end {END}", "removed acme:a:0:1"], ["the removal of a never was"]),
        ([f"end {END}", "failed OSError: no"], ["a watcher failed: OSError: no"]),
        ([f"end {END}", "removed acme:b:0:1", "removed acme:b:0:2"], ["the removal of b was told as 2"]),
    ],
)
def test_the_ledger_finds_what_must_not_be(lines: list[str], said: list[str]) -> None:
    ledger = Ledger()
    for line in lines:
        if line in ("kill", "leave"):
            ledger.dead(killed=line == "kill")
        else:
            ledger.take(*line.split(" ", 1))
    faults = ledger.compare(Truth(ends={END}, possible={"b"}))
    assert len(faults) == len(said)
    assert all(text in fault for text, fault in zip(said, faults, strict=True))


def test_the_ledger_misses_a_removal_that_was_not_told() -> None:
    assert Ledger().compare(Truth(removals={"a"})) == ["the removal of a was never told"]
