# mypy: disable-error-code="overload-overlap"
"""Queries built from Python values: ``where("Transfer", status="running") & where(progress__ge=50)``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, overload

from accsyn_async.errors import ArgumentError, QueryError
from accsyn_async.wire.comparison import compare
from accsyn_async.wire.query import Query, parse_query

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from accsyn_async.rows import (
        AclName,
        AclRow,
        ClientName,
        ClientRow,
        DeliveryName,
        DeliveryRow,
        EngineName,
        EngineRow,
        EntityRow,
        FileName,
        FileRow,
        FolderName,
        FolderRow,
        JobRow,
        QueueName,
        QueueRow,
        ShareName,
        ShareRow,
        SiteName,
        SiteRow,
        TaskName,
        TaskRow,
        TransferName,
        UserName,
        UserRow,
        VolumeName,
        VolumeRow,
        WorkspaceName,
        WorkspaceRow,
    )

    R_co = TypeVar("R_co", covariant=True, default=Any)
else:
    # Python 3.11 has no defaults of type variables, and nothing asks for them at run time.
    from typing import TypeVar

    R_co = TypeVar("R_co", covariant=True)

__all__ = ["Condition", "read_query", "where"]

_Word = Literal["AND", "OR"]

_TYPE: Final = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Condition(Generic[R_co]):
    """A condition on entities, made by :func:`where`; ``str`` of it is the query.

    ``&`` and ``|`` combine conditions, ``~`` turns one into its opposite. Either of two
    gives the entity type; an :class:`ArgumentError` when they are of different ones.
    ``where("Transfer")`` alone is everything: ``&`` adds to it, ``|`` leaves it as it is.

    ``R_co`` is the type of the rows of the entities, for type checkers only.

    Two conditions are equal when they read the same.

    Attributes:
        entitytype: what is asked for, as given; ``None`` when it is left open.
        expression: what follows ``WHERE``; ``None`` for everything.

    >>> late = where("Transfer", status="running") & (where(progress__lt=50) | where(name__like="*.mov"))
    >>> print(late)
    Transfer WHERE status="running" AND (progress<50 OR name="*.mov")
    >>> print(~where(status__in=["done", "aborted"]))
    status not in "done,aborted"
    """

    entitytype: str | None
    expression: str | None
    _opposite: str | None = field(compare=False)
    _word: _Word | None = field(compare=False, default=None)

    def __and__(self, other: Condition[R_co]) -> Condition[R_co]:
        """Hold when both do."""
        if not isinstance(other, Condition):
            return NotImplemented
        return _join("AND", (self, other))

    def __or__(self, other: Condition[R_co]) -> Condition[R_co]:
        """Hold when one or both do."""
        if not isinstance(other, Condition):
            return NotImplemented
        return _join("OR", (self, other))

    def __invert__(self) -> Condition[R_co]:
        """Hold when this does not.

        The language has no NOT: each comparison is written as its opposite, AND as OR
        and OR as AND. An entity without a value has none that is smaller and none
        that is larger: it meets neither ``size<5`` nor its opposite ``size>=5``.

        Raises:
            ArgumentError: the condition is everything, such as ``where("Transfer")``;
                no query asks for nothing.
        """
        if self.expression is None:
            raise ArgumentError(f"no query asks for nothing: there is no opposite of every {self.entitytype}")
        return Condition(
            self.entitytype,
            self._opposite,
            self.expression,
            None if self._word is None else _other(self._word),
        )

    def __bool__(self) -> NoReturn:
        """Refuse ``and``, ``or`` and ``not``, which would silently lose a condition.

        Raises:
            ArgumentError: always.
        """
        raise ArgumentError("a condition is not true or false by itself: combine with &, | and ~")

    def __str__(self) -> str:
        if self.expression is None:
            return str(self.entitytype)
        return self.expression if self.entitytype is None else f"{self.entitytype} WHERE {self.expression}"

    def __repr__(self) -> str:
        return f"<Condition {self}>"

    def _within(self, word: _Word) -> str:
        return f"({self.expression})" if self._word not in (None, word) else f"{self.expression}"


@overload
def where(entitytype: TransferName, /, **conditions: object) -> Condition[JobRow]: ...
@overload
def where(entitytype: DeliveryName, /, **conditions: object) -> Condition[DeliveryRow]: ...
@overload
def where(entitytype: TaskName, /, **conditions: object) -> Condition[TaskRow]: ...
@overload
def where(entitytype: FileName, /, **conditions: object) -> Condition[FileRow]: ...
@overload
def where(entitytype: VolumeName, /, **conditions: object) -> Condition[VolumeRow]: ...
@overload
def where(entitytype: FolderName, /, **conditions: object) -> Condition[FolderRow]: ...
@overload
def where(entitytype: ShareName, /, **conditions: object) -> Condition[ShareRow]: ...
@overload
def where(entitytype: UserName, /, **conditions: object) -> Condition[UserRow]: ...
@overload
def where(entitytype: WorkspaceName, /, **conditions: object) -> Condition[WorkspaceRow]: ...
@overload
def where(entitytype: QueueName, /, **conditions: object) -> Condition[QueueRow]: ...
@overload
def where(entitytype: SiteName, /, **conditions: object) -> Condition[SiteRow]: ...
@overload
def where(entitytype: ClientName, /, **conditions: object) -> Condition[ClientRow]: ...
@overload
def where(entitytype: AclName, /, **conditions: object) -> Condition[AclRow]: ...
@overload
def where(entitytype: EngineName, /, **conditions: object) -> Condition[EngineRow]: ...
@overload
def where(entitytype: str, /, **conditions: object) -> Condition[EntityRow]: ...
@overload
def where(**conditions: object) -> Condition[Any]: ...
def where(entitytype: str | None = None, /, **conditions: object) -> Condition[Any]:
    r"""Build a condition from attributes and values; all of them must hold.

    A value is a text, number, truth value, date, datetime (naive: local time), UUID or
    enum member, and is always one value, whatever it holds. Comparisons ignore case.
    The end of a name says how to compare:

    ==================================  ================================================
    nothing or ``__eq``, ``__ne``       equal to the value; ``*`` in it is just a star
    ``__lt __le __gt __ge``             smaller, larger; texts without ``*``
    ``__in``, ``__not_in``              equal to one of several values
    ``__contains``, ``__not_contains``  has the text somewhere
    ``__like``, ``__not_like``          equal, where each ``*`` stands for anything
    ``__matches``, ``__not_matches``    a regular expression (text) finds something
    ==================================  ================================================

    Any other ``__`` is a dot: ``job__id`` is ``job.id``. When an attribute's last part
    is named as one of the above, add ``__eq``.

    To take it into a larger condition use ``&`` and ``|`` rather than an f-string: an
    ``AND`` next to the text of ``a OR b`` would take only ``b``.

    Args:
        entitytype: such as ``'Transfer'``; ``None`` leaves it open, so that ``str`` gives
            only what follows ``WHERE``.
        **conditions: what the attributes are compared with. None at all: everything of
            the entity type.

    Returns:
        The condition.

    Raises:
        ArgumentError: a name that is no attribute's, a value that cannot be compared
            with, no values for ``__in``, or neither entity type nor condition.

    >>> print(where("Transfer", status="running", progress__ge=50))
    Transfer WHERE status="running" AND progress>=50
    >>> print(where("task", job__id__in=["6971", "6972"]))
    task WHERE job.id in "6971,6972"
    >>> print(where(name="a*"), "|", where(name__like="a*"))
    name matches "^a\*$(?!\n)" | name="a*"
    >>> print(where("Transfer"))
    Transfer
    """
    if entitytype is not None and not _is_entitytype(entitytype):
        raise ArgumentError(f"an entity type is a name such as 'Transfer', not {entitytype!r}")
    if conditions:
        parts = [_condition(name, value) for name, value in conditions.items()]
        return replace(_join("AND", parts), entitytype=entitytype)
    if entitytype is None:
        raise ArgumentError(
            "where() of what? Pass an entity type ('Transfer') or a condition (status='done')"
        )
    return Condition(entitytype, None, None)


def read_query(query: str | Condition[Any]) -> Query:
    """Read a query that is a text or a condition.

    Raises:
        QueryError: it cannot be read, or is a condition on no entity type.

    >>> read_query(where("Transfer", status="Done"))
    Query(entitytype='transfer', expression='status="done"')
    """
    if isinstance(query, Condition):
        if query.entitytype is None:
            raise QueryError(f"a query says of what: where('Transfer', …), not just {query}")
        query = str(query)
    return parse_query(query)


def _join(word: _Word, parts: Sequence[Condition[Any]]) -> Condition[Any]:
    entitytype = None
    for part in parts:
        if entitytype is None:
            entitytype = part.entitytype
        elif part.entitytype is not None and part.entitytype.lower() != entitytype.lower():
            raise ArgumentError(
                f"a query is of one entity type, not of {entitytype!r} and {part.entitytype!r}"
            )
    some = [part for part in parts if part.expression is not None]
    if word == "OR" and len(some) < len(parts):
        return Condition(entitytype, None, None)
    if len(some) <= 1:
        return replace(some[0] if some else parts[0], entitytype=entitytype)
    other = _other(word)
    return Condition(
        entitytype,
        f" {word} ".join(part._within(word) for part in some),
        f" {other} ".join((~part)._within(other) for part in some),
        word,
    )


def _other(word: _Word) -> _Word:
    return "OR" if word == "AND" else "AND"


def _condition(name: str, value: object) -> Condition[Any]:
    alternatives, negated = compare(name, value)
    condition = _join("OR", [Condition(None, one.text, one.opposite) for one in alternatives])
    return ~condition if negated else condition


def _is_entitytype(value: object) -> bool:
    return isinstance(value, str) and _TYPE.fullmatch(value) is not None
