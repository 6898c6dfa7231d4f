"""What watchers said they have used, and what of it must not be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Ledger", "Truth"]


@dataclass
class Truth:
    """What happened to the jobs.

    Attributes:
        ends: ids of the final events of ends that can be seen for ever.
        fleeting: those of ends that were undone before any watcher was given them.
        removals: jobs that were deleted before their end, and which the checkpoint knew.
        possible: jobs that were deleted, and which it may have known.
    """

    ends: set[str] = field(default_factory=set)
    fleeting: set[str] = field(default_factory=set)
    removals: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)


class Ledger:
    """Takes down the lines of one watcher after another.

    Attributes:
        given: the ids of final events that were handed out: whatever happens then, they must be used.
        ends: the ids of ends that were used.
        removed: the ids of removals that were used, and of which jobs.
        known: jobs that the checkpoint knows for sure, and when they were looked at last: seconds in the
            sandbox.
        faults: what must not be.
        repeated: how often an event was used again, as it may be after a kill.
    """

    def __init__(self) -> None:
        self.given: set[str] = set()
        self.ends: set[str] = set()
        self.removed: dict[str, str] = {}
        self.known: dict[str, float] = {}
        self.faults: list[str] = []
        self.repeated = 0
        # What the watcher told of; what may be told again, as a kill came before the next was asked for.
        self._told: dict[str, float] = {}
        self._last = ""
        self._owed: set[str] = set()

    def take(self, word: str, rest: str) -> None:
        """A line of the watcher that lives."""
        if word == "failed":
            self.faults.append(f"a watcher failed: {rest}")
        if word == "given":
            self.given.add(rest)
        if word not in ("end", "removed", "job", "synced", "other"):
            return
        self._owed.discard(self._last)
        self._last = ""
        if word == "job":
            ident, at = rest.split(" ")
            self._told[ident] = float(at)
        if word not in ("end", "removed"):
            return
        if rest in self.ends or rest in self.removed:
            self.repeated += 1
            if rest not in self._owed:
                self.faults.append(f"{rest} was told again after it was used")
        if word == "end":
            self.ends.add(rest)
        else:
            self.removed[rest] = rest.split(":")[1]
        self._last = rest
        self._owed.add(rest)
        # It was written together with all that was told before.
        self.known |= self._told

    def dead(self, *, killed: bool) -> None:
        """The watcher is no more; one that was killed may not have written that it used its last event."""
        if not killed:
            self._owed.discard(self._last)
        self._last = ""
        self._told = {}

    def compare(self, truth: Truth) -> list[str]:
        """What must not be, all in all."""
        removals = Counter(self.removed.values())
        return [
            *self.faults,
            *(
                f"{each} was handed out before a kill, and not again"
                for each in sorted(self.given - self.ends - self.removed.keys() - truth.ends)
            ),
            *(f"the end {each} was never told" for each in sorted(truth.ends - self.ends)),
            *(f"the end {each} never was" for each in sorted(self.ends - truth.ends - truth.fleeting)),
            *(f"the removal of {job} was never told" for job in sorted(truth.removals - removals.keys())),
            *(f"the removal of {job} was told as {n} events" for job, n in removals.items() if n > 1),
            *(
                f"the removal of {job} never was"
                for job in sorted(removals.keys() - truth.removals - truth.possible)
            ),
        ]
