"""What a watch is of: some ids, or a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accsyn_async.errors import ArgumentError, QueryError
from accsyn_async.models import JOB_TYPES, Job, is_entity_id
from accsyn_async.wire.condition import Condition, read_query

__all__ = ["Selection", "Watchable", "select"]

Watchable = str | Condition[Any] | Mapping[str, Any] | Job | Iterable[str | Mapping[str, Any] | Job]
"""An id, a query, a condition, a job's row or snapshot, or several ids, rows or snapshots."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The jobs that a watch is about.

    Attributes:
        entitytype: such as ``transfer``.
        ids: these jobs; ``None`` for a query.
        expression: those that match; ``None``, without ids, for all.
    """

    entitytype: str
    ids: tuple[str, ...] | None = None
    expression: str | None = None


def select(what: Watchable, entitytype: str = "transfer") -> Selection:
    """Read what is to be watched.

    Args:
        what: an id, a query, a condition, a job's row or snapshot, or several ids or rows.
        entitytype: the type of the jobs that are given by id.

    Raises:
        QueryError: a text is neither an id nor a query of jobs.
        ArgumentError: no ids, or something that is no id.

    >>> select("6971e16fceadd67b955b1995").ids
    ('6971e16fceadd67b955b1995',)
    >>> select("Transfer WHERE status=running").expression
    'status=running'
    """
    if isinstance(what, Condition) or (isinstance(what, str) and not is_entity_id(what)):
        query = read_query(what)
        if query.entitytype not in JOB_TYPES:
            raise QueryError(
                f"{query.entitytype!r} is neither a job's id (24 characters) nor a kind of job; "
                f"what can be watched: {', '.join(JOB_TYPES)}",
                query=str(what),
                position=0,
            )
        return Selection(query.entitytype, expression=query.expression)
    kind = entitytype.strip().lower()
    if kind not in JOB_TYPES:
        raise ArgumentError(f"{entitytype!r} is no kind of job; what can be watched: {', '.join(JOB_TYPES)}")
    several = [what] if isinstance(what, str | Mapping | Job) else list(what)
    if not several:
        raise ArgumentError("no ids: pass at least one, or a query such as 'Transfer' to watch everything")
    return Selection(kind, ids=tuple(dict.fromkeys(map(_id_of, several))))


def _id_of(thing: object) -> str:
    ident = thing.get("id") if isinstance(thing, Mapping) else thing.id if isinstance(thing, Job) else thing
    if not isinstance(ident, str) or not is_entity_id(ident):
        raise ArgumentError(f"{ident!r} is no job's id: an id has 24 characters, a-f and 0-9")
    return ident
