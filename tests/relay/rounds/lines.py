"""What a consumer says of an event, and what is made of that."""

from __future__ import annotations

from collections.abc import Iterator

from accsyn_async.events import Event, JobChanged, JobEvent, JobFinished, JobRemoved, Synced
from tests.kill.ledger import Ledger, Truth

__all__ = ["Account", "lines_of"]


def lines_of(event: Event) -> Iterator[tuple[str, str]]:
    """What a consumer says when it has used an event: ``event`` and its id, if it matters for ever; then what
    a `Ledger` takes down."""
    lasting = isinstance(event, JobEvent) and not (
        isinstance(event, JobChanged) and "." in event.id.rpartition(":")[2]
    )
    if isinstance(event, JobEvent) and lasting:
        yield "event", event.id
    if isinstance(event, JobFinished | JobRemoved):
        yield "end" if isinstance(event, JobFinished) else "removed", event.id
    elif isinstance(event, Synced):
        yield "synced", ""
    elif isinstance(event, JobEvent):
        yield "job", f"{event.job.id} {event.at.timestamp()}"
    else:
        yield "other", type(event).__name__


class Account:
    """What one consumer has used, whichever process it was.

    Args:
        who: the consumer, for people.

    Attributes:
        used: the ids of the events that it used.
        ledger: what it used of what is final.
    """

    def __init__(self, who: str) -> None:
        self.who = who
        self.used: set[str] = set()
        self.ledger = Ledger()
        self._in_this_life: set[str] = set()
        self._faults: list[str] = []

    def take(self, word: str, rest: str) -> None:
        """A line of the process that lives."""
        if word == "event":
            if rest in self._in_this_life:
                self._faults.append(f"{rest} was told twice to one process")
            self._in_this_life.add(rest)
            self.used.add(rest)
        self.ledger.take(word, rest)

    def dead(self, *, killed: bool) -> None:
        """The process is no more."""
        self._in_this_life.clear()
        self.ledger.dead(killed=killed)

    def lacks(self, truth: Truth) -> list[str]:
        """What it has yet to be told."""
        removed = set(self.ledger.removed.values())
        return [
            *(f"{self.who}: the end {each}" for each in sorted(truth.ends - self.ledger.ends)),
            *(f"{self.who}: the removal of {job}" for job in sorted(truth.removals - removed)),
        ]

    def faults(self, truth: Truth, events: set[str]) -> list[str]:
        """What must not be.

        Args:
            truth: what happened.
            events: the ids of those events that it has to have used by now.
        """
        return [
            f"{self.who}: {fault}"
            for fault in [
                *self._faults,
                *self.ledger.compare(truth),
                *(f"the event {each} was never told" for each in sorted(events - self.used)),
            ]
        ]
