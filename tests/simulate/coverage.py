"""Which fault met which state, and which phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.simulate.faults import PHASES, Fault, Phase, applicable
from tests.simulate.model import STATUSES, TrueJob

__all__ = ["Coverage", "pairs_unmet", "table"]

Pair = tuple[Fault, str]


class Coverage:
    """Counts of one seed, or of many.

    Attributes:
        phases: by fault and phase.
        statuses: by fault and status of a job that the request was about.
        faults: all strikes.
    """

    def __init__(self) -> None:
        self.phases: Counter[Pair] = Counter()
        self.statuses: Counter[Pair] = Counter()
        self.faults = 0

    def struck(self, fault: Fault, phase: Phase, jobs: Iterable[TrueJob]) -> None:
        """A fault befell a request."""
        self.faults += 1
        self.phases[fault, phase.value] += 1
        for met in {job.met for job in jobs}:
            self.statuses[fault, met] += 1

    def add(self, other: Coverage) -> None:
        """Count what another counted."""
        self.faults += other.faults
        self.phases.update(other.phases)
        self.statuses.update(other.statuses)


def pairs_unmet(coverage: Coverage) -> list[str]:
    """The pairs that had to be met and were not."""
    unmet: list[str] = []
    for fault in Fault:
        unmet += [f"{fault} × {status}" for status in STATUSES if not coverage.statuses[fault, status]]
        unmet += [
            f"{fault} × {phase}"
            for phase in PHASES
            if applicable(fault, phase) and not coverage.phases[fault, phase.value]
        ]
    return unmet


def table(coverage: Coverage) -> str:
    """All counts, one fault a line; ``-`` where there can be none."""
    names = [*(phase.value for phase in PHASES), *STATUSES]
    lines = [" " * 24 + "".join(f"{name:>9}" for name in names)]
    for fault in Fault:
        cells = [
            f"{coverage.phases[fault, phase.value]:>9}" if applicable(fault, phase) else f"{'-':>9}"
            for phase in PHASES
        ]
        cells += [f"{coverage.statuses[fault, status]:>9}" for status in STATUSES]
        lines.append(f"{fault.value:<24}" + "".join(cells))
    return "\n".join(lines)
