"""What has happened, for those who ask for logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["MAX_MESSAGE", "Entry", "Journal"]

MAX_ENTRIES: Final = 10_000
MAX_MESSAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Attributes:
        date: UTC text.
        entitytype: of what, such as ``transfer``.
        entity: its id; ``""`` without one.
        user: e-mail address of who did it.
        message: what.
        level: ``info``, ``warning`` or ``error``.
    """

    date: str
    entitytype: str
    entity: str
    user: str
    message: str
    level: str = "info"


class Journal:
    """Keeps the latest entries.

    Args:
        size: how many; the oldest make room.
    """

    def __init__(self, size: int = MAX_ENTRIES) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._count = 0

    def add(self, entry: Entry) -> None:
        """Note what happened."""
        self._entries.append(entry)
        self._count += 1

    def restore(self, number: int, entry: Entry) -> None:
        """Note again what had been noted as the so manieth."""
        self._entries.append(entry)
        self._count = number + 1

    def numbered(self) -> Iterator[tuple[int, Entry]]:
        """What is kept, each with the number under which it was noted, from 0."""
        return enumerate(self._entries, self._count - len(self._entries))

    def clear(self) -> None:
        """Forget it all."""
        self._entries.clear()

    def entries(self) -> tuple[Entry, ...]:
        """What is kept, in the order in which it was noted."""
        return tuple(self._entries)
