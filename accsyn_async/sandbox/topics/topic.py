"""What every topic of calls stands on: naming its calls, and reading what an event asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from accsyn_async.querying.predicate import compile_query
from accsyn_async.sandbox.refusal import Refusal
from accsyn_async.sandbox.rows.table import Table
from accsyn_async.sandbox.state.entities import SandboxUser
from accsyn_async.sandbox.topics.event import Event

__all__ = ["Answer", "Answers", "Reply", "Topic", "count_of", "data_of", "flag_of", "page"]

Reply = dict[str, Any]
Answer = Callable[[Event, SandboxUser], Reply | Awaitable[Reply]]
Answers = Mapping[str, Answer]


class Topic(ABC):
    """Calls that belong together."""

    @abstractmethod
    def calls(self) -> Mapping[str, tuple[str, Answer] | Answers]:
        """The HTTP method and the answer of each uri, in lower case; or the answers by method.

        A ``*`` in a uri stands for any one part: ``workspace/integration/*/utility``.
        """


def data_of(event: Event) -> Reply:
    """The data of an event, an object; empty when there is none.

    Raises:
        Refusal: it is something else.
    """
    if event.data is None:
        return {}
    if not isinstance(event.data, dict):
        raise Refusal("E#E407", f"The data of {event.uri} must be an object.")
    return event.data


def flag_of(data: Reply, name: str) -> bool:
    """A flag of an event's data; ``False`` when it is missing.

    Raises:
        Refusal: it is something else.
    """
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal("E#E407", f"{name!r} must be true or false.")
    return bool(value)


def count_of(data: Reply, name: str) -> int:
    """A number from 0 of an event's data; 0 when it is missing.

    Raises:
        Refusal: it is something else.
    """
    value = data.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refusal("E#E407", f"{name!r} must be a number from 0.")
    return min(value, 1_000_000_000)


def page(table: Table[Any], entities: Iterable[Any], event: Event, data: Reply) -> Reply:
    """The reply with the rows of those entities that an event's query, skip and limit leave.

    Raises:
        Refusal: one of them cannot be used.
        QueryError: the query cannot be read.
    """
    if event.query and event.query.strip():
        test = compile_query(event.query, table.field)
        entities = (entity for entity in entities if test(entity))
    skip, limit = count_of(data, "skip"), count_of(data, "limit")
    if skip or limit:
        entities = islice(entities, skip, skip + limit if limit else None)
    attributes = data.get("attributes")
    if attributes is not None and (
        not isinstance(attributes, list) or not all(isinstance(one, str) for one in attributes)
    ):
        raise Refusal("E#E407", "'attributes' must be a list of texts.")
    return {"result": table.rows(entities, attributes or None)}
