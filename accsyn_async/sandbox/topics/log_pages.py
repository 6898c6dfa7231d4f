"""Finds, sorts and pages what has happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from accsyn_async.sandbox.state.journal import Entry

__all__ = ["SORT_KEYS", "Page", "select"]

SORT_KEYS: Final = tuple(field.name for field in fields(Entry))


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
