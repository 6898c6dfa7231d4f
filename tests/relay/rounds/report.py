"""What became of the rounds, for people and for programs. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.relay.rounds.days import DAYS, Day

__all__ = ["GENEROUS", "Outcome", "Report", "percentile"]

GENEROUS = 30.0
"""Seconds after which another relay must lead, on a machine however slow; what is promised is less."""
PROMISED = {"kill": 14.0, "stop": 2.0}
"""Seconds after which another relay leads."""


@dataclass(frozen=True)
class Outcome:
    """What became of a round.

    Attributes:
        day: the name of the day.
        number: the number of the round.
        seconds: how long it took.
        takeover: seconds until another relay led; ``None`` where none was to.
        torn: of how many jobs a killed leader had published an event and not the state.
        faults: what must not be.
    """

    day: str
    number: int
    seconds: float
    takeover: float | None = None
    torn: int | None = None
    faults: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What became of all rounds.

    Attributes:
        seed: what they were played with.
        outcomes: of each.
        events: how many events were published and read.
        changes: how many changes there were in the backend.
        seconds: how long it took.
    """

    seed: str
    outcomes: list[Outcome] = field(default_factory=list)
    events: int = 0
    changes: int = 0
    seconds: float = 0.0

    @property
    def violated(self) -> list[Outcome]:
        """The rounds in which something was that must not be."""
        return sorted(
            (each for each in self.outcomes if each.faults), key=lambda each: (each.day, each.number)
        )

    def takeovers(self, after: str) -> list[float]:
        """How long it took until another relay led, after a kill or after a stop."""
        names = {day.name for day in DAYS if day.takeover == after}
        return [each.takeover for each in self.outcomes if each.day in names and each.takeover is not None]

    @property
    def torn(self) -> tuple[int, int]:
        """How many kills tore a publication in two, and how many there were."""
        torn = [each.torn for each in self.outcomes if each.torn is not None]
        return sum(map(bool, torn)), len(torn)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return {
            "v": 1,
            "seed": self.seed,
            "rounds": len(self.outcomes),
            "violations": len(self.violated),
            "seconds": round(self.seconds, 1),
            "events": self.events,
            "changes": self.changes,
            "takeover_s": {
                after: {"rounds": len(took), "p50": percentile(took, 50), "p99": percentile(took, 99)}
                for after in PROMISED
                if (took := self.takeovers(after))
            },
            "torn": dict(zip(("kills_between_event_and_state", "kills"), self.torn, strict=True)),
            "outcomes": [
                {**asdict(each), "replay": self.replay(each)}
                for each in sorted(self.outcomes, key=lambda each: (each.day, each.number))
            ],
        }

    def replay(self, outcome: Outcome) -> str:
        """The command that plays a round again."""
        return (
            f"python -m tests.relay.rounds --only {outcome.day} --first {outcome.number} --rounds 1"
            f" --seed {self.seed}"
        )

    def __str__(self) -> str:
        played = {each.day for each in self.outcomes}
        lines = [
            f"{'day':<12} {'rounds':>6} {'bad':>4} {'a round':>8} {'took over after':>18}   what happens"
        ]
        lines += [self._line(day) for day in DAYS if day.name in played]
        lines.append(
            f"{len(self.outcomes)} rounds in {self.seconds:.0f} s, seed {self.seed}: {self.changes} changes,"
            f" {self.events} events, {len(self.violated)} rounds with violations"
        )
        for after, promised in PROMISED.items():
            if took := self.takeovers(after):
                lines.append(
                    f"takeover after a {after}: p50 {percentile(took, 50)} s, p99 {percentile(took, 99)} s"
                    f" of {len(took)} (promised: {promised:.0f} s)"
                )
        if self.torn[1]:
            lines.append(f"kills between an event and its state: {self.torn[0]} of {self.torn[1]}")
        for each in self.violated:
            lines += ["", f"{each.day} #{each.number}: {self.replay(each)}"]
            lines += (f"  {fault}" for fault in each.faults)
        return "\n".join(lines)

    def _line(self, day: Day) -> str:
        outcomes = [each for each in self.outcomes if each.day == day.name]
        took = [each.takeover for each in outcomes if each.takeover is not None]
        times = f"{percentile(took, 50)} / {percentile(took, 99)} s" if took else ""
        mean = sum(each.seconds for each in outcomes) / len(outcomes)
        bad = sum(bool(each.faults) for each in outcomes)
        return f"{day.name:<12} {len(outcomes):>6} {bad or '':>4} {mean:>6.0f} s {times:>18}   {day.says}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which a share of the values is, in percent; to a hundredth.

    >>> percentile([3.0, 1.0, 2.0], 50), percentile([3.0, 1.0, 2.0], 99)
    (2.0, 3.0)
    """
    place = max(math.ceil(len(values) * share / 100), 1)
    return round(sorted(values)[place - 1], 2)
