"""What can go wrong, and what is to come of it: the table of the fault matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from accsyn_async import (
    AccsynError,
    AuthenticationError,
    NotFoundError,
    OutcomeUnknownError,
    SessionExpiredError,
)
from tests.support.road import Blocked

__all__ = ["FAULTS", "TABLE", "Action", "Called", "Outcome", "Row", "Trouble", "Watched"]

Action = Literal["poll", "lookup", "read", "create", "update"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong with the requests of an action.

    Attributes:
        weather: what the sandbox's weather does to each of them.
        lasting: what the weather does to all requests, from when the first of them leaves.
        standing: what it does to all requests from the beginning.
        blocked: why they do not arrive.
        meanwhile: what becomes of a job just when the first of them leaves.
        timeout: the session's, seconds, in which the clock of its pauses shows ``pace`` times as many.
        passes: whether it passes: after two polls, one lookup of each kind, or one request of a call.
    """

    weather: dict[str, Any] = field(default_factory=dict)
    lasting: dict[str, Any] = field(default_factory=dict)
    standing: dict[str, Any] = field(default_factory=dict)
    blocked: Blocked | None = None
    meanwhile: Literal["deleted", "revived"] | None = None
    timeout: float = 30.0
    pace: float = 20.0
    passes: bool = True


def _rows(kind: str, **options: Any) -> Trouble:
    return Trouble({"kind": kind, **options}, passes=False)


FAULTS: dict[str, Trouble] = {
    "connection refused": Trouble(blocked="refused"),
    "DNS failure": Trouble(blocked="no DNS"),
    "reset before acting": Trouble({"kind": "reset"}),
    "reset after acting": Trouble({"kind": "reset", "acted": True}),
    "429 with Retry-After": Trouble({"kind": "throttle", "retry_after": 1}),
    "429 without": Trouble({"kind": "throttle"}),
    "500": Trouble({"kind": "error", "status": 500}),
    "502": Trouble({"kind": "error", "status": 502}),
    "503": Trouble({"kind": "error", "status": 503}),
    "504": Trouble({"kind": "error", "status": 504}),
    "HTML": Trouble({"kind": "html"}),
    "cut body": Trouble({"kind": "cut"}),
    "too slow, before acting": Trouble({"kind": "delay", "seconds": 3600}, timeout=1.0, pace=2.0),
    "too slow, after acting": Trouble(
        {"kind": "delay", "seconds": 3600, "acted": True}, timeout=1.0, pace=2.0
    ),
    "expired session": Trouble({"kind": "expire"}),
    "401 for ever": Trouble(lasting={"kind": "error", "status": 401}, passes=False),
    "401 for ever, but not at logins": Trouble(
        lasting={"kind": "error", "status": 401, "uri": "*/*"}, passes=False
    ),
    "an empty list": _rows("empty"),
    "jobs reordered": _rows("shuffle"),
    "duplicate rows": _rows("double"),
    "missing attributes": _rows("omit"),
    "unknown status": _rows("odd", field="status", value="bewildered"),
    "progress 101": _rows("odd", field="progress", value=101),
    "progress as text": _rows("odd", field="progress", value="half"),
    "a deleted job": Trouble(meanwhile="deleted"),
    "a job revived between two polls": Trouble(meanwhile="revived"),
    "a done job that stays listed": Trouble(standing={"kind": "linger", "seconds": 3600}, passes=False),
    "a list that is capped": Trouble(lasting={"kind": "cap", "rows": 3, "verb": "GET"}, passes=False),
}


@dataclass(frozen=True)
class Called:
    """What comes of a call.

    Attributes:
        says: the same in words.
        sent: how many requests of the call leave.
        arrive: how many of them reach the sandbox.
        raises: what the caller gets instead of an answer.
        done: how often a change was carried out.
        told: the rows that the caller gets, of those that there are; ``None`` for all, as they are.
    """

    says: str
    sent: int = 1
    arrive: int = 1
    raises: type[AccsynError] | None = None
    done: int = 1
    told: Callable[[list[Row]], list[Row]] | None = None


@dataclass(frozen=True)
class Watched:
    """What a watch tells.

    Attributes:
        says: the same in words.
        told: the events that matter for ever, of the job that ends in bad weather.
        degraded: whether ``Degraded`` and ``Recovered`` are told, once each.
        raises: what ends the watch.
        only_afterwards: whether nothing final is told before the weather is fair.
        lookups: how many requests look jobs up in bad weather, at most; ``None`` where the weather decides.
        polls: for how many lists the bad weather goes on.
    """

    says: str
    told: tuple[str, ...] = ("JobFinished",)
    degraded: bool = False
    raises: type[AccsynError] | None = None
    only_afterwards: bool = False
    lookups: int | None = None
    polls: int = 5


Outcome = Called | Watched

AS_EVER = Called("unaffected")
AGAIN = Called("answered after a second try", sent=2, arrive=2)
AGAIN_UNREACHED = Called("answered after a second try, the first never arrived", sent=2, arrive=1)
LOGGED_IN_AGAIN = Called("answered after a new login", sent=2, arrive=2)
READ_BACK = Called("answered: read back, it was done")
UNKNOWN_DONE = Called("raises OutcomeUnknownError, done once", raises=OutcomeUnknownError)
UNKNOWN_NOT_DONE = Called("raises OutcomeUnknownError, not done", raises=OutcomeUnknownError, done=0)
LOCKED_OUT = Called("raises AuthenticationError", raises=AuthenticationError, done=0)
EXPIRED = Called("raises SessionExpiredError after one new login", 2, 2, raises=SessionExpiredError, done=0)
NOT_FOUND = Called("raises NotFoundError", raises=NotFoundError, done=0)


def _with(name: str, value: Any) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [{**row, name: value} for row in rows]


def _told(says: str, told: Callable[[list[Row]], list[Row]]) -> Called:
    return Called(f"answered, {says}", told=told)


END = Watched("the end is told once", lookups=3)
GAP = Watched("Degraded, Recovered and the end, once each", degraded=True, lookups=4)
SHUT_OUT = Watched("the watch ends with AuthenticationError", told=(), raises=AuthenticationError)
REMOVED = Watched("JobRemoved, once", told=("JobRemoved",))
AFTERWARDS = Watched("the end is told once, when the weather is fair", only_afterwards=True)
AFTER_A_GAP = Watched(
    "Degraded for as long as it lasts, then Recovered and the end", degraded=True, only_afterwards=True
)
CAPPED = Watched(
    "each end is told once, nobody is removed, nobody is looked up again and again", lookups=20, polls=16
)
LIVES_ON = Watched("nothing is told of an end that is none; the later end is, once", only_afterwards=True)


def _row(
    poll: Watched, lookup: Watched, read: Called, create: Called, update: Called
) -> dict[Action, Outcome]:
    return {"poll": poll, "lookup": lookup, "read": read, "create": create, "update": update}


_BEFORE_ACTING = _row(GAP, GAP, AGAIN, UNKNOWN_NOT_DONE, UNKNOWN_NOT_DONE)
_AFTER_ACTING = _row(GAP, GAP, AGAIN, UNKNOWN_DONE, READ_BACK)

TABLE: dict[str, dict[Action, Outcome]] = {
    "connection refused": _row(GAP, GAP, *[AGAIN_UNREACHED] * 3),
    "DNS failure": _row(GAP, GAP, *[AGAIN_UNREACHED] * 3),
    "reset before acting": _BEFORE_ACTING,
    "reset after acting": _AFTER_ACTING,
    "429 with Retry-After": _row(GAP, GAP, *[AGAIN] * 3),
    "429 without": _row(GAP, GAP, *[AGAIN] * 3),
    "500": _BEFORE_ACTING,
    "502": _BEFORE_ACTING,
    "503": _BEFORE_ACTING,
    "504": _BEFORE_ACTING,
    "HTML": _BEFORE_ACTING,
    "cut body": _AFTER_ACTING,
    "too slow, before acting": _BEFORE_ACTING,
    "too slow, after acting": _AFTER_ACTING,
    "expired session": _row(END, END, *[LOGGED_IN_AGAIN] * 3),
    "401 for ever": _row(SHUT_OUT, SHUT_OUT, *[LOCKED_OUT] * 3),
    "401 for ever, but not at logins": _row(AFTER_A_GAP, AFTER_A_GAP, *[EXPIRED] * 3),
    "an empty list": _row(
        Watched("jobs are looked up, the end is told once, nobody is removed"),
        REMOVED,
        _told("with no row", lambda rows: []),
        Called("done, answered with no row", told=lambda rows: []),
        Called("done, answered with no row", told=lambda rows: []),
    ),
    "jobs reordered": _row(END, END, Called("answered, in another order"), AS_EVER, AS_EVER),
    "duplicate rows": _row(
        END,
        END,
        _told("each row twice", lambda rows: [row for row in rows for _ in range(2)]),
        _told("the row twice", lambda rows: rows * 2),
        AS_EVER,
    ),
    "missing attributes": _row(
        END, AFTERWARDS, *[_told("with ids alone", lambda rows: [{"id": row["id"]} for row in rows])] * 3
    ),
    "unknown status": _row(
        END, AFTERWARDS, *[_told("as the backend says", _with("status", "bewildered"))] * 3
    ),
    "progress 101": _row(END, END, *[_told("as the backend says", _with("progress", 101))] * 3),
    "progress as text": _row(END, END, *[_told("as the backend says", _with("progress", "half"))] * 3),
    "a deleted job": _row(REMOVED, REMOVED, Called("answered without it"), AS_EVER, NOT_FOUND),
    "a job revived between two polls": _row(LIVES_ON, LIVES_ON, AS_EVER, AS_EVER, AS_EVER),
    "a done job that stays listed": _row(END, END, AS_EVER, AS_EVER, AS_EVER),
    "a list that is capped": _row(
        CAPPED, CAPPED, _told("the first rows", lambda rows: rows[:3]), AS_EVER, AS_EVER
    ),
}
"""By fault and action."""
