"""Going through a long list page by page, although it changes meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

__all__ = ["FindIter"]

R = TypeVar("R", bound=Mapping[str, Any])

_STEPS_BACK = 8
"""Pages that the iterator goes back at most to find a row that it knows."""
_IDLE_TURNS = 2
"""Pages without a new row in them after which the backend is taken to page no further."""


class FindIter(Generic[R]):
    """Iterates over the rows of a list that is asked for page by page.

    A page is asked for together with the last row of the one before. When there is no
    row at its head that the last page held, rows before it have gone, and the iterator
    steps back until it finds one; what the last page held it leaves out.

    Args:
        page: asks for rows; takes how many to leave out, and how many to return.
        size: rows a page.
    """

    __slots__ = ("_ended", "_idle", "_page", "_place", "_rows", "_seen", "_size")

    def __init__(self, page: Callable[[int, int], Awaitable[list[R]]], size: int) -> None:
        self._page = page
        self._size = size
        self._place = 0
        self._rows: list[R] = []
        self._seen: set[object] = set()
        self._idle = 0
        self._ended = False

    def __aiter__(self) -> FindIter[R]:
        return self

    async def __anext__(self) -> R:
        while not self._rows:
            if self._ended:
                raise StopAsyncIteration
            await self._turn()
        return self._rows.pop()

    async def _turn(self) -> None:
        """Get the next page."""
        skip = max(self._place - 1, 0)
        limit = self._size + (skip > 0)
        rows = await self._page(skip, limit)
        if skip > 0 and not self._knows(rows):
            skip, rows = await self._step_back(skip, rows)
        self._ended = len(rows) != self._size + (skip > 0)
        self._place = skip + len(rows)
        fresh = [row for row in rows if _key(row) not in self._seen]
        self._idle = 0 if fresh else self._idle + 1
        self._ended = self._ended or self._idle >= _IDLE_TURNS
        self._seen = {_key(row) for row in rows}
        self._rows = fresh[::-1]

    async def _step_back(self, skip: int, rows: list[R]) -> tuple[int, list[R]]:
        """The nearest page before this one that begins with a row of the last; this one if none does."""
        back = skip
        for _ in range(_STEPS_BACK):
            back = max(back - self._size, 0)
            before = await self._page(back, self._size + (back > 0))
            if self._knows(before):
                return back, before
            if back == 0:
                break
        return skip, rows

    def _knows(self, rows: list[R]) -> bool:
        return bool(rows) and _key(rows[0]) in self._seen


def _key(row: Mapping[str, Any]) -> object:
    return row.get("id") or repr(row)
