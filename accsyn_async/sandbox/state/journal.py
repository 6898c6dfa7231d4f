"""What has happened, for those who ask for logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

__all__ = ["MAX_MESSAGE", "SORT_KEYS", "Entry", "Journal", "Page", "select"]

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


SORT_KEYS: Final = tuple(field.name for field in fields(Entry))


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


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the entries: a limit of ``None`` is no limit, pages count from 1."""

    page: int = 1
    limit: int | None = None
    skip: int = 0

    @property
    def start(self) -> int:
        """How many to leave out before it."""
        return self.skip + (max(self.page, 1) - 1) * (self.limit or 0)

    @property
    def end(self) -> int | None:
        """Where it ends; ``None`` when all that follow are on it."""
        return None if self.limit is None else self.start + self.limit


def select(
    entries: Iterable[Entry], search: str, sort: str, reverse: bool, page: Page
) -> tuple[list[dict[str, Any]], int]:
    """Find, sort and cut out.

    Args:
        entries: of these.
        search: a text that message, user, type or level must hold, in any case; ``""`` for all.
        sort: one of `SORT_KEYS`; entries that are equal by it keep their order.
        reverse: whether the last comes first.
        page: which of them.

    Returns:
        The rows of the page, and how many were found in all.
    """
    wanted = search.casefold()
    found = [one for one in entries if not wanted or wanted in _text(one)]
    found.sort(key=lambda entry: str(getattr(entry, sort)), reverse=reverse)
    return [asdict(entry) for entry in found[page.start : page.end]], len(found)


def _text(entry: Entry) -> str:
    return f"{entry.message}\n{entry.user}\n{entry.entitytype}\n{entry.level}".casefold()
