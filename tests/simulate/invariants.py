"""What must hold, by name, and who collects what did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["INVARIANTS", "Complaint", "Complaints"]

INVARIANTS = {
    "end-once": "each end is told once a life",
    "end-true": "an end is told only if the job has come to it, under the id that the truth gives it",
    "missed": "in good weather everything is told in time",
    "order": "what a watch yields of a job is a subsequence of the truth, nothing twice",
    "truth": "a snapshot shows the job as it was",
    "found": "first what is, then what changes",
    "runs": "a job that comes back to life counts one life more",
    "merged": "merged changes: first old value, last new value, no change of status or end lost",
    "removed": "removed is a job that two lookups, two seconds apart, did not find",
    "stalled": "stalled is a running job without progress and speed for a minute",
    "weather": "Degraded and Recovered alternate, and tell of bad weather",
    "fields": "a watch is told of the fields that it is about, and of tasks only if it wants them",
    "numbers": "the ids of events that matter for ever are numbered, in order, each once",
    "tasks": "changes of tasks are told in order, and in time",
    "lookups": "a job that is active is not looked up again and again because its list is cut",
    "held-up": "a list that hangs does not hold up the others",
    "end-kept": "an end that was handed out and not used is handed out again after a crash",
    "end-repeated": "an end is handed out again once a crash at most, and else never",
    "end-written": "an end is written down before it is handed out",
    "writes": "a checkpoint is written once a second at most, besides its first time and the ends",
    "wait": "a wait never ends early and looks like success",
    "timeout": "a timeout is kept",
    "rate": "the session keeps to its rate limit",
    "retry-after": "after a 429 nothing is sent until its time is over",
    "login-single": "one login is under way at most, and none without need",
    "create-once": "nothing is created or changed twice, and a definite failure did nothing",
    "left-behind": "nothing is left behind",
    "stops": "polling stops with the last watch",
    "crash": "nothing raises what it does not document",
}
"""By name, what each says."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """An invariant that did not hold."""

    invariant: str
    at: float
    text: str

    def __str__(self) -> str:
        return f"[{self.invariant}] at {self.at:.2f} s: {self.text} ({INVARIANTS[self.invariant]})"


class Complaints:
    """Collects complaints; call it with an invariant's name and what happened."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.made: list[Complaint] = []
        self._now = now

    def __call__(self, invariant: str, text: str) -> None:
        if len(self.made) < 50:
            self.made.append(Complaint(invariant, self._now(), text))
