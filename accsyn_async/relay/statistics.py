"""What a relay has done, and how it stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RelayStatistics"]


@dataclass(frozen=True, slots=True)
class RelayStatistics:
    """What a relay has done, and how it stands.

    Attributes:
        leads: whether it leads.
        term: the how-manieth leader it is; ``None`` when it does not lead.
        terms: how often it has led.
        events: how many events it has published, in all its terms.
        states: how many states.
        mended: how often what a stream had lost was published again.
        commands: how many jobs it was asked to pause, resume or abort.
        jobs: how many jobs are published.
        connected: whether it is connected to NATS.
        trouble: what is wrong with the backend, for people; ``None`` when nothing is, or it does not lead.
        age: seconds since the backend last answered; ``None`` when it does not lead, or it never has.
    """

    leads: bool
    term: int | None
    terms: int
    events: int
    states: int
    mended: int
    commands: int
    jobs: int
    connected: bool
    trouble: str | None
    age: float | None
