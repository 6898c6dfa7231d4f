"""What a session has sent, and what came of it, counted. Pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from accsyn_async.wire.message import Verb
from accsyn_async.wire.reply import Failure, FailureKind

__all__ = [
    "BOUNDS",
    "CANCELLED",
    "ENTITIES",
    "METHODS",
    "OK",
    "OTHER",
    "OUTCOMES",
    "Key",
    "Traffic",
    "TrafficMeter",
    "outcome_of",
]

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; the upper ends of what durations are sorted into."""

METHODS: tuple[Verb, ...] = ("GET", "PUT", "POST", "DELETE")
"""The methods of HTTP that are used."""

ENTITIES = frozenset(
    {
        *("acl", "app", "attributes", "browser", "client", "collection", "compute", "delivery", "discovery"),
        *("engine", "entitytypes", "file", "folder", "home", "job", "lane", "log", "login", "queue"),
        *("request", "server", "setting", "share", "site", "stream", "task", "transfer", "user"),
        *("userserver", "volume", "workspace"),
    }
)
"""What requests can be about; all else is ``other``, so that no caller makes the table grow."""

OK = "ok"
CANCELLED = "cancelled"
OTHER = "other"
_OUTCOME = {kind: kind.name.lower() for kind in FailureKind}

OUTCOMES = (OK, *_OUTCOME.values(), CANCELLED)
"""What can come of a request: an answer, a kind of failure, or that nobody waited for it any more."""

Key = tuple[str, str, str]
"""A method, an entity, an outcome."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a session has sent since it was made, each attempt counted, logins and polls too.

    Attributes:
        requests: how many, by ``(method, entity, outcome)``: GET, PUT, POST or DELETE; what the
            request was about (``transfer``, ``task``, ``login``, ``discovery`` …, or ``other``);
            and ``ok``, ``refused``, ``expired``, ``throttled``, ``unavailable``, ``unreached``,
            ``untrusted``, ``unanswered``, ``broken``, ``crashed``, or ``cancelled`` when its caller
            gave up, its time was up or the session closed. In the order in which they first came up.
        durations: how many took at most as long as each of ``bounds`` says and longer than the one
            before it; the last number is of those that took longer than all.
        bounds: seconds.
        seconds: that all of them took together.
    """

    requests: dict[Key, int] = field(default_factory=dict)
    durations: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    bounds: tuple[float, ...] = BOUNDS
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """How many requests there were.

        >>> Traffic({("GET", "transfer", "ok"): 2, ("GET", "transfer", "throttled"): 1}).total
        3
        """
        return sum(self.requests.values())


class TrafficMeter:
    """Counts.

    >>> meter = TrafficMeter()
    >>> meter.note("GET", "transfer/find", "ok", 0.02)
    >>> meter.read().requests
    {('GET', 'transfer', 'ok'): 1}
    """

    __slots__ = ("_durations", "_requests", "_seconds")

    def __init__(self) -> None:
        self._requests: dict[Key, int] = {}
        self._durations = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def note(self, method: Verb, uri: str, outcome: str, seconds: float) -> None:
        """Count a request.

        Args:
            method: of HTTP.
            uri: the call's.
            outcome: one of ``OUTCOMES``.
            seconds: how long it took.
        """
        entity = uri.partition("/")[0]
        key = (method, entity if entity in ENTITIES else OTHER, outcome)
        self._requests[key] = self._requests.get(key, 0) + 1
        self._durations[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def read(self) -> Traffic:
        """What was counted so far."""
        return Traffic(dict(self._requests), tuple(self._durations), BOUNDS, self._seconds)


def outcome_of(failure: Failure) -> str:
    """The outcome's name of a failure.

    >>> outcome_of(Failure(FailureKind.THROTTLED, "too many requests"))
    'throttled'
    """
    return _OUTCOME[failure.kind]
