"""Bad weather: which requests go wrong, and how. Pure: it decides, the server does."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import NoneType
from typing import Any, Final, Literal, get_args

__all__ = ["OF_ROWS", "Fault", "FaultKind", "Weather"]

RowFaultKind = Literal["empty", "shuffle", "double", "omit", "odd", "cap"]
FaultKind = Literal[
    "expire", "throttle", "error", "html", "cut", "reset", "delay", "skew", "linger", RowFaultKind
]

OF_ROWS: Final = frozenset(get_args(RowFaultKind))
"""What concerns the rows of lists."""
ANSWERED: Final = OF_ROWS | {"cut"}
BODILESS: Final = frozenset({204, 205, 304})
STATUS: Final = {"throttle": 429, "error": 503, "html": 502}
CHECKED: Final[tuple[tuple[tuple[str, ...], tuple[type, ...], str], ...]] = (
    (("uri", "verb", "field"), (str, NoneType), "a text"),
    (("count", "retry_after", "rows"), (int, NoneType), "a whole number"),
    (("skip", "status"), (int,), "a whole number"),
    (("share", "seconds"), (int, float), "a number"),
    (("acted",), (bool,), "true or false"),
)


@dataclass(slots=True, eq=False)
class Fault:
    """Something that goes wrong with the requests that it matches.

    Attributes:
        kind: ``expire`` refuses every session handed out so far; ``throttle`` answers 429; ``error`` answers
            a 5xx with an object, ``html`` with a web page, as a proxy does; ``cut`` breaks the body off half
            way; ``reset`` resets the connection; ``delay`` waits before acting; ``skew`` lets the times that
            are told be wrong; ``linger`` lists jobs that have finished among the active ones for a while, as
            older backends do. Of the rows of a list, ``empty`` leaves none, ``cap`` the first few;
            ``shuffle`` puts them in another order each time, ``double`` gives each twice, ``omit`` leaves
            attributes out, ``odd`` gives one a strange value.
        uri: the calls, with ``*`` for any part: ``transfer/*``. Each dialect's own words; logging in is
            ``login``, discovery ``discovery``. ``None`` for all.
        verb: the HTTP method; ``None`` for all.
        count: how many requests at most; ``None`` for no end.
        share: the share of the matching requests, at random, from 0 to 1.
        skip: how many matching requests pass first.
        status: the HTTP status of ``throttle``, ``error`` and ``html``.
        retry_after: seconds that a ``Retry-After`` header says; ``None`` for no header.
        seconds: how long ``delay`` waits; by how much ``skew`` is wrong; how long a job lingers, in the
            sandbox's time.
        acted: whether the call is carried out first, and only its answer lost, or late.
        field: the attribute that ``odd`` changes, where a row has it, and ``omit`` leaves out; with ``omit``,
            ``None`` is all of them but the id.
        value: what ``odd`` gives it, as JSON has it.
        rows: how many rows ``cap`` leaves in each answer, after ``skip`` and ``limit``.
        hits: how many requests it has hit.
        id: its number in its weather, from 1.
    """

    kind: FaultKind
    uri: str | None = None
    verb: str | None = None
    count: int | None = None
    share: float = 1.0
    skip: int = 0
    status: int = 0
    retry_after: int | None = None
    seconds: float = 0.0
    acted: bool = False
    field: str | None = None
    value: Any = None
    rows: int | None = None
    hits: int = 0
    id: int = 0
    _matched: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"a fault is one of {', '.join(get_args(FaultKind))}, not {self.kind!r}")
        for names, kinds, what in CHECKED:
            for name in names:
                value = getattr(self, name)
                if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                    raise ValueError(f"{name} must be {what}, not {value!r}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share is from 0 to 1, not {self.share}")
        for name in ("count", "skip", "retry_after", "rows"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} must not be below 0")
        if not -1e9 < self.seconds < 1e9 or (self.kind in ("delay", "linger") and self.seconds < 0):
            raise ValueError(f"seconds cannot be {self.seconds}")
        if self.kind == "odd" and self.field is None:
            raise ValueError("odd needs a field")
        if self.kind == "cap" and self.rows is None:
            raise ValueError("cap needs rows")
        _check_value(self.value)
        self.status = self.status or STATUS.get(self.kind, 200)
        _check_status(self.kind, self.status)
        self.acted = self.acted or self.kind in ANSWERED

    @property
    def spent(self) -> bool:
        """Whether it has hit as often as it may."""
        return self.count is not None and self.hits >= self.count

    def matches(self, verb: str, uri: str) -> bool:
        """Whether it is about such a request."""
        if self.verb is not None and self.verb.upper() != verb:
            return False
        if self.kind == "expire" and uri in ("login", "discovery"):
            return False
        return self.uri is None or fnmatchcase(uri.casefold(), self.uri.casefold())


def _check_value(value: Any) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("value must be what JSON can say") from None


def _check_status(kind: str, status: int) -> None:
    if not 200 <= status <= 599:
        raise ValueError(f"{status} is no HTTP status of an answer")
    if kind in ("throttle", "error") and status < 400:
        raise ValueError(f"an answer of kind {kind!r} has an HTTP status from 400 to 599, not {status}")
    if kind == "html" and status in BODILESS:
        raise ValueError(f"an answer with HTTP status {status} has no body")


class Weather:
    """Decides what goes wrong. With a seed, the same requests meet the same faults in every run.

    >>> weather = Weather(seed=1)
    >>> fault = weather.add("throttle", uri="transfer/*", count=1, retry_after=2)
    >>> [fault.kind for fault in weather.strike("GET", "transfer/find")]
    ['throttle']
    >>> weather.strike("GET", "transfer/find")
    ()

    Args:
        seed: for faults that hit a share of the requests.
    """

    def __init__(self, seed: int | str | None = None) -> None:
        self._faults: list[Fault] = []
        self._added = 0
        self._random = random.Random(seed)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults there are, those that are spent too."""
        return tuple(self._faults)

    def add(
        self,
        kind: FaultKind,
        *,
        uri: str | None = None,
        verb: str | None = None,
        count: int | None = None,
        share: float = 1.0,
        skip: int = 0,
        status: int = 0,
        retry_after: int | None = None,
        seconds: float = 0.0,
        acted: bool = False,
        field: str | None = None,
        value: Any = None,
        rows: int | None = None,
    ) -> Fault:
        """Let something go wrong from now on; the arguments are those of `Fault`.

        Example::

            box.weather.add("reset", uri="transfer/create", count=1, acted=True)
            box.weather.add("throttle", share=0.1, retry_after=1)
            box.weather.add("odd", uri="transfer/find", field="progress", value=101)

        Returns:
            The fault, whose ``hits`` count.

        Raises:
            ValueError: an argument makes no sense.
        """
        fault = Fault(
            *(kind, uri, verb, count, share, skip, status, retry_after, seconds, acted), field, value, rows
        )
        self._added += 1
        fault.id = self._added
        self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """End a fault; again does nothing.

        Example::

            fault = box.weather.add("error", status=503)
            box.weather.remove(fault)
        """
        self._faults = [one for one in self._faults if one is not fault]

    def clear(self, seed: int | str | None = None) -> None:
        """Let the sun shine.

        Example::

            box.weather.add("delay", seconds=2)
            box.weather.clear()

        Args:
            seed: begins the random numbers anew when given.
        """
        self._faults = []
        if seed is not None:
            self._random.seed(seed)

    def strike(self, verb: str, uri: str) -> tuple[Fault, ...]:
        """Decide what hits a request, and count it."""
        return tuple(fault for fault in self._faults if self._hits(fault, verb, uri))

    def _hits(self, fault: Fault, verb: str, uri: str) -> bool:
        if fault.spent or not fault.matches(verb, uri):
            return False
        fault._matched += 1
        if fault._matched <= fault.skip:
            return False
        if fault.share < 1 and self._random.random() >= fault.share:
            return False
        fault.hits += 1
        return True
