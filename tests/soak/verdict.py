"""What must hold after a day and after a stall, and the figures to publish."""

from __future__ import annotations

from dataclasses import dataclass

from tests.soak.day import Day
from tests.soak.gate import BURST, RATE
from tests.soak.memory import Growth, growth
from tests.soak.stall import Stall

MOST_GROWTH = Growth(blocks=0.01, heap=0.01, resident=0.02)
"""In a third of a day. Of 85 MB resident, a MiB more is 1.2 %, which blocks that lie otherwise may need."""
MOST_IN_SHORT = 0.05
ENOUGH = 12.0
"""Hours that it takes to tell growth of memory from its ups and downs."""
MOST_STALLED = 10_000_000


@dataclass
class Verdict:
    """What came of a run.

    Attributes:
        figures: for people, a line each.
        broken: what does not hold, a line each.
    """

    figures: list[str]
    broken: list[str]


def of_day(day: Day) -> Verdict:
    """Memory is flat, no second has more than 30 requests, each end is told exactly once."""
    gate, fleet, counts = day.fleet.gate, day.fleet, day.counts
    told = sum(account.told for account in day.accounts.values())
    broken = list(day.odd[:10])
    grown = growth(day.samples)
    broken += too_much(grown, day.hours)
    if gate.busiest > RATE or gate.refused:
        broken.append(f"{gate.busiest} requests in a second, {gate.refused} refused")
    broken += [f"lost: {end}" for end in day.lost[:5]]
    broken += [f"told twice, or no end: {end}" for end in day.doubled[:5]]
    waits = counts["waits for several"] + counts["waits until"]
    figures = [
        f"{day.hours:g} virtual hours with {day.jobs:,} jobs: {fleet.ended:,} ended, "
        f"{fleet.revived:,} came back, {fleet.removed:,} were removed; {counts['faults']:,} faults",
        f"ends told to {len(day.accounts)} watches of queries: {told:,}; "
        f"lost {len(day.lost)}, doubled {len(day.doubled)}",
        f"events to watches of queries: {counts['events']:,}; deepest backlog {counts['deepest backlog']:,}; "
        f"watches of ids {counts['watches of ids']:,}, waits {waits:,}",
        f"requests: {gate.requests:,}; at most {gate.busiest} in any second "
        f"(allowed {RATE:g}, at once {BURST:g}); refused {gate.refused}",
        f"memory from the second third to the last: blocks {grown.blocks:+.2%}, heap {grown.heap:+.2%}, "
        f"resident {grown.resident:+.2%}; {day.samples[-1].resident / 1e6:.0f} MB in all",
        f"CPU: {day.cpu:.0f} s, backend and all",
    ]
    return Verdict(figures, broken)


def too_much(grown: Growth, hours: float) -> list[str]:
    """What memory grew by more than it may in a run of so many hours, a line each."""
    if hours < ENOUGH:
        return [f"blocks grew by {grown.blocks:.1%}"] if grown.blocks > MOST_IN_SHORT else []
    return [
        f"{name} grew by {share:.1%} from the second third of the run to the last"
        for name, share, most in (
            ("blocks", grown.blocks, MOST_GROWTH.blocks),
            ("bytes of the heap", grown.heap, MOST_GROWTH.heap),
            ("resident memory", grown.resident, MOST_GROWTH.resident),
        )
        if share > most
    ]


def of_stall(stall: Stall) -> Verdict:
    """What waits takes 10 MB at most, and all ends are read, in order."""
    broken = list(stall.odd[:10])
    if stall.size > MOST_STALLED:
        broken.append(f"what waited took {stall.size / 1e6:.1f} MB")
    figures = [
        f"a consumer that stalls: {stall.events:,} events, {stall.waiting:,} waiting, "
        f"{stall.size / 1e6:.1f} MB at most, {stall.ends:,} ends read in order; CPU {stall.cpu:.0f} s"
    ]
    return Verdict(figures, broken)
