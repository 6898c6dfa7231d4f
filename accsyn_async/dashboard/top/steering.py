"""What can be done to jobs, which of them it makes sense for, and what was asked and not yet seen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accsyn_async.board.board import Entry

__all__ = ["ACTIONS", "PATIENCE", "Action", "Pending", "divide"]

_AT_WORK = frozenset({"init", "pending", "waiting", "running", "stalled"})
_OVER = frozenset({"done", "aborted", "removed"})

PATIENCE = 30.0
"""Seconds after the backend's answer in which a job should be seen as it was asked to be."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to jobs.

    Attributes:
        name: in the infinitive.
        doing: while it is not yet seen.
        status: what the jobs' status is set to.
        sensible: the states in which it makes sense; ``None`` for all that are not over.
        careful: whether only an explicit yes is one.
    """

    name: str
    doing: str
    status: str
    sensible: frozenset[str] | None
    careful: bool = False

    def suits(self, word: str) -> bool:
        """Whether it makes sense in a state."""
        return word not in _OVER if self.sensible is None else word in self.sensible

    def seen(self, word: str) -> bool:
        """Whether a job in this state shows that it was done, or is past it."""
        if self.status == "waiting":
            return word not in ("paused", "failed", "aborted")
        return word in _OVER or word == self.status


ACTIONS = {
    "pause": Action("pause", "pausing", "paused", _AT_WORK | {"failed"}),
    "resume": Action("resume", "resuming", "waiting", frozenset({"paused", "failed", "aborted"})),
    "abort": Action("abort", "aborting", "aborted", None, careful=True),
}


def divide(entries: Sequence[Entry], action: Action) -> tuple[list[Entry], list[Entry]]:
    """The jobs that an action makes sense for, and the others."""
    fit = [entry for entry in entries if action.suits(entry.word)]
    return fit, [entry for entry in entries if not action.suits(entry.word)]


class Pending:
    """What was asked of jobs, until it is seen."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[Action, float | None]] = {}

    def ask(self, ident: str, action: Action) -> None:
        """An action is under way."""
        self._asked[ident] = action, None

    def answer(self, ident: str, now: float) -> None:
        """The backend said yes, or its answer was lost."""
        if ident in self._asked:
            self._asked[ident] = self._asked[ident][0], now

    def forget(self, ident: str) -> None:
        """The backend said no."""
        self._asked.pop(ident, None)

    def see(self, ident: str, word: str) -> None:
        """A poll has shown a job."""
        asked = self._asked.get(ident)
        if asked is not None and asked[0].seen(word):
            del self._asked[ident]

    def overdue(self, now: float) -> dict[Action, list[str]]:
        """What was answered long ago and is still not seen; told once, and no longer pending.

        Returns:
            The ids of the jobs of each action.
        """
        late: dict[Action, list[str]] = {}
        for ident, (action, answered) in self._asked.items():
            if answered is not None and now - answered >= PATIENCE:
                late.setdefault(action, []).append(ident)
        for idents in late.values():
            for ident in idents:
                del self._asked[ident]
        return late

    def of(self, ident: str) -> Action | None:
        """What is pending for a job."""
        asked = self._asked.get(ident)
        return None if asked is None else asked[0]
