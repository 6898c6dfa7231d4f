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
    """

    def __init__(self, sent: Mapping[str, Getter[T]], asked: Mapping[str, Getter[T]] | None = None) -> None:
        self._sent = dict(sent)
        self._asked = {name.casefold(): getter for name, getter in sent.items()} | dict(asked or {})

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
        """The getter of an attribute that a query names; dots lead into objects."""
        getter = self._asked.get(name)
        if getter is not None or "." not in name:
            return getter
        head, _, path = name.partition(".")
        outer = self._asked.get(head)
        if outer is None:
            return None
        keys = path.split(".")
        return lambda entity: _descend(outer(entity), keys)


def _descend(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = next((inner for name, inner in value.items() if str(name).casefold() == key), None)
    return value
