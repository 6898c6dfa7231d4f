"""Whether a job that a relay publishes is one that a query means. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from accsyn_async.errors import QueryError
from accsyn_async.models import Job
from accsyn_async.monitor.fields import attributes_for
from accsyn_async.querying import predicate, query
from accsyn_async.times import EPOCH, format_time, parse_time

__all__ = ["PUBLISHED", "Matcher", "Row"]

Row = Mapping[str, Any]
"""A job's row, as the backend sent it."""

PUBLISHED: Final = tuple(attributes_for([None]))
"""The attributes that a relay publishes of each job."""

_TIMES: Final = ("created", "finished", "modified")
_PARTIES: Final = ("source", "destination", "user", "parent")
_NEVER: Final = format_time(EPOCH)
_OBJECT_ID: Final = "ObjectId:"
_HR: Final = re.compile(
    r"(?:\w+:)?(?P<name>.*?)(?:\[\w+\])?(?:\((?:[0-9a-z]{24}|admin|employee|standard)\))?", re.DOTALL
)
"""A party as the backend writes it for people: ``user:lisa@example.com[standard](6676…)``."""


class Matcher:
    """Tells whether a job is meant, as the backend would.

    What refers to something else is compared by any of its names: a user by id or e-mail
    address, a site by id or code, a queue by id, code or path.

    Args:
        expression: the query, without its entity type; ``None`` means every job.

    Raises:
        QueryError: it cannot be read, or names an attribute that is not published.

    >>> Matcher("progress>=50 AND status=Running").holds(
    ...     Job.from_row({"id": "a", "status": "running", "progress": 60}))
    True
    """

    __slots__ = ("_test", "expression")

    def __init__(self, expression: str | None) -> None:
        self.expression = expression
        self._test = self._compiled()

    def holds(self, job: Job) -> bool:
        """Whether a job is meant.

        Raises:
            QueryError: a pattern is too much work for what it is compared with.
        """
        return self._test is None or self.means(job.raw)

    def means(self, row: Row) -> bool:
        """The same of its row.

        Raises:
            QueryError: a pattern is too much work for what it is compared with.
        """
        if self._test is None:
            return True
        try:
            return self._test(row)
        except query.QueryError:
            # How much work a pattern has done is counted over all that it has seen: begin anew.
            self._test = self._compiled()
        try:
            return self._test is None or self._test(row)
        except query.QueryError as error:
            raise self._translated(error) from None

    def _compiled(self) -> Callable[[Row], bool] | None:
        if self.expression is None:
            return None
        try:
            return predicate.compile_query(self.expression, _getter)
        except query.QueryError as error:
            raise self._translated(error) from None

    def _translated(self, error: query.QueryError) -> QueryError:
        text = error.text
        if text.startswith("there is no attribute"):
            text = f"{text} among those that a relay publishes: {', '.join(PUBLISHED)}"
        return QueryError(text, query=self.expression, position=error.position)


def _getter(name: str) -> Callable[[Row], Any] | None:
    """What a query compares when it names an attribute, in lower case; ``None`` when it is not published."""
    head, dot, path = name.partition(".")
    if dot:
        keys = path.split(".")
        return (lambda row: _within(row.get("metadata"), keys)) if head == "metadata" else None
    if name not in PUBLISHED:
        return None
    if name in _TIMES:
        return lambda row: _time(row.get(name))
    if name in _PARTIES:
        return lambda row: _names(row.get(name), row.get(f"{name}_hr"))
    return lambda row: _plain(row.get(name))


def _plain(value: Any) -> Any:
    return value.removeprefix(_OBJECT_ID) if isinstance(value, str) else value


def _time(value: Any) -> str:
    """A time as the backend compares it; one that is not known is the epoch."""
    if not isinstance(value, str) or not value:
        return _NEVER
    moment = parse_time(value)
    return value if moment is None else format_time(moment)


def _names(value: Any, hr: Any) -> tuple[Any, ...]:
    """All that something may be called: its scope and id, its id, its name, what people read."""
    value = _plain(value)
    names = [value]
    if isinstance(value, str):
        names.append(value.partition(":")[2] or value)
    if isinstance(hr, str) and hr:
        found = _HR.fullmatch(hr)
        if found is not None and found["name"]:
            # A queue is known by its path in the workspace, and by the last part of it.
            names += [found["name"], found["name"].rpartition("/")[2]]
        names.append(hr)
    return tuple(dict.fromkeys(names))


def _within(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = next((inner for name, inner in value.items() if str(name).casefold() == key), None)
    return value
