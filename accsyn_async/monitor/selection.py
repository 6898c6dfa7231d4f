"""What a watch is of: some ids, or a query; and what of them it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from accsyn_async.errors import ArgumentError, QueryError
from accsyn_async.models import JOB_TYPES, Job, is_entity_id
from accsyn_async.monitor.fields import check_fields
from accsyn_async.wire.condition import Condition, read_query

__all__ = ["Jobs", "Selection", "Watchable", "ids_of", "select"]

Jobs = str | Mapping[str, Any] | Job | Iterable[str | Mapping[str, Any] | Job]
"""An id, a job's row or snapshot, or several of them."""

Watchable = Condition[Any] | Jobs
"""An id, a query, a condition, a job's row or snapshot, or several ids, rows or snapshots."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The jobs that a watch is about.

    Attributes:
        entitytype: such as ``transfer``.
        ids: these jobs; ``None`` for a query.
        expression: those that match; ``None``, without ids, for all.
        fields: whose changes are told; ``None`` for the usual ones.
        tasks: whether changes of the jobs' tasks are told.
        initial: whether what there is at the beginning is told.
        history: whether ids that had ended before the beginning are told of.
    """

    entitytype: str
    ids: tuple[str, ...] | None = None
    expression: str | None = None
    fields: tuple[str, ...] | None = None
    tasks: bool = False
    initial: bool = True
    history: bool = True

    @property
    def words(self) -> str:
        """What it is about, in short.

        >>> select("Transfer WHERE status=running").words, select("Delivery").words
        ('transfer WHERE status=running', 'delivery')
        >>> select(["6971e16fceadd67b955b1995", "6971e16fceadd67b955b1996"]).words
        'transfer 6971e16fceadd67b955b1995 and 1 more'
        """
        if self.ids is None:
            return " WHERE ".join(filter(None, (self.entitytype, self.expression)))
        more = f" and {len(self.ids) - 1} more" if len(self.ids) > 1 else ""
        return f"{self.entitytype} {self.ids[0]}{more}" if self.ids else f"no {self.entitytype}"

    def with_ids(self, ids: Iterable[str]) -> Selection:
        """The same of other jobs."""
        return replace(self, ids=tuple(ids))


def select(
    what: Watchable,
    entitytype: str = "transfer",
    *,
    fields: Iterable[str] | None = None,
    tasks: bool = False,
    initial: bool = True,
    history: bool = True,
) -> Selection:
    """Read what is to be watched.

    Args:
        what: an id, a query, a condition, a job's row or snapshot, or several ids or rows.
        entitytype: the type of the jobs that are given by id.
        fields: as in ``Selection``, in any order.
        tasks: as in ``Selection``.
        initial: as in ``Selection``.
        history: as in ``Selection``.

    Raises:
        QueryError: a text is neither an id nor a query of jobs.
        ArgumentError: no ids, or something that is no id; a field that there is not.

    >>> select("6971e16fceadd67b955b1995").ids
    ('6971e16fceadd67b955b1995',)
    >>> select("Transfer WHERE status=running").expression
    'status=running'
    """
    told = Selection(
        "", fields=check_fields(fields), tasks=bool(tasks), initial=bool(initial), history=bool(history)
    )
    if isinstance(what, Condition) or (isinstance(what, str) and not is_entity_id(what)):
        query = read_query(what)
        if query.entitytype not in JOB_TYPES:
            raise QueryError(
                f"{query.entitytype!r} is neither a job's id (24 characters) nor a kind of job; "
                f"what can be watched: {', '.join(JOB_TYPES)}",
                query=str(what),
                position=0,
            )
        return replace(told, entitytype=query.entitytype, expression=query.expression)
    given: object = entitytype
    kind = given.strip().lower() if isinstance(given, str) else ""
    if kind not in JOB_TYPES:
        raise ArgumentError(f"{entitytype!r} is no kind of job; what can be watched: {', '.join(JOB_TYPES)}")
    idents = ids_of(what)
    if not idents:
        raise ArgumentError("no ids: pass at least one; to watch everything, a query such as 'Transfer'")
    return replace(told, entitytype=kind, ids=idents)


def ids_of(jobs: Jobs) -> tuple[str, ...]:
    """The ids of jobs that are given by id, row or snapshot, each once.

    Raises:
        ArgumentError: something is no id.
    """
    several: list[object] = [jobs] if isinstance(jobs, str | Mapping | Job) or not _many(jobs) else list(jobs)
    return tuple(dict.fromkeys(map(_id_of, several)))


def _many(thing: object) -> bool:
    return isinstance(thing, Iterable) and not isinstance(thing, bytes)


def _id_of(thing: object) -> str:
    ident = thing.get("id") if isinstance(thing, Mapping) else thing.id if isinstance(thing, Job) else thing
    if not isinstance(ident, str) or not is_entity_id(ident):
        raise ArgumentError(f"{ident!r} is no job's id: an id has 24 characters, a-f and 0-9")
    return ident
