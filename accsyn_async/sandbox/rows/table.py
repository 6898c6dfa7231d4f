"""How entities become rows: what is sent of them, and what a query compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

__all__ = ["Getter", "Row", "Table"]

T = TypeVar("T")
Getter = Callable[[T], Any]
Row = dict[str, Any]


class Table(Generic[T]):
    """How entities of one type become rows.

    Args:
        sent: the attributes of a row, in their order.
        asked: what a query compares instead, or besides, by lower-case name; a tuple holds all the names that
            one value goes by.
        refers: by lower-case name the attributes that lead to something else, ``None`` for nothing, and its
            table.
        objects: the lower-case names of the attributes that are objects.
    """

    def __init__(
        self,
        sent: Mapping[str, Getter[T]],
        asked: Mapping[str, Getter[T]] | None = None,
        *,
        refers: Mapping[str, tuple[Getter[T], Table[Any]]] | None = None,
        objects: Iterable[str] = ("metadata", "settings"),
    ) -> None:
        self._sent = dict(sent)
        self._asked = {name.casefold(): getter for name, getter in sent.items()} | dict(asked or {})
        self._refers = dict(refers or {})
        self._objects = frozenset(objects)

    @property
    def attributes(self) -> list[str]:
        """The names of the attributes, in a row's order."""
        return list(self._sent)

    def rows(self, entities: Iterable[T], attributes: Sequence[str] | None = None) -> list[Row]:
        """Make rows.

        Args:
            entities: what to show.
            attributes: what to send of them; ``id`` joins it, unknown ones are left out; ``None`` for all.
        """
        if attributes is None:
            columns = list(self._sent.items())
        else:
            wanted = dict.fromkeys(("id", *attributes))
            columns = [(name, self._sent[name]) for name in wanted if name in self._sent]
        return [{name: getter(entity) for name, getter in columns} for entity in entities]

    def field(self, name: str) -> Getter[T] | None:
        """The getter of an attribute that a query names; ``None`` when there is none.

        Dots lead into objects (``metadata.artist``), and to what an attribute refers to (``user.role``).
        """
        head, dot, path = name.partition(".")
        outer = self._asked.get(head)
        if not dot:
            return outer
        if head in self._refers:
            return self._through(*self._refers[head], path)
        if outer is None or head not in self._objects:
            return None
        keys = path.split(".")
        return lambda entity: _descend(outer(entity), keys)

    @staticmethod
    def _through(get: Getter[T], table: Table[Any], path: str) -> Getter[T] | None:
        inner = table.field(path)
        if inner is None:
            return None

        def getter(entity: T) -> Any:
            other = get(entity)
            return None if other is None else inner(other)

        return getter


def _descend(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = next((inner for name, inner in value.items() if str(name).casefold() == key), None)
    return value
