# mypy: disable-error-code="overload-overlap"
"""Going through a long list page by page, although it changes meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, Unpack, overload

from accsyn_async.api.arguments import attribute_names, checked_int
from accsyn_async.api.finding import FindCalls
from accsyn_async.errors import ArgumentError, BackendError
from accsyn_async.wire.condition import Condition, read_query

__all__ = ["FindIter", "PageCalls"]

R = TypeVar("R", bound=Mapping[str, Any])

_STEPS_BACK = 8
"""Pages that the iterator goes back at most to find a row that it knows."""
_REMEMBERED = 3
"""Pages whose rows the iterator knows again."""
_IDLE_TURNS = _REMEMBERED + 1
"""Pages without a new row in them after which the backend is taken to page no further."""


class FindIter(Generic[R]):
    """Iterates over the rows of a list that is asked for page by page.

    A page is asked for together with the last row of the one before. When no row on it is
    known, rows before it have gone, and the iterator steps back, eight pages at most,
    until it finds one; what it has handed out it leaves out. It holds one page of rows,
    and the ids of three.

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
        self._seen: dict[object, None] = {}
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
        self._place = skip + len(rows)
        fresh = [row for row in rows if _key(row) not in self._seen]
        self._idle = 0 if fresh else self._idle + 1
        # A short page is not the last: a backend may hand out less than it is asked for. One
        # that hands out more knows no pages.
        overlap = skip > 0
        self._ended = not overlap < len(rows) <= self._size + overlap or self._idle >= _IDLE_TURNS
        for row in rows:
            self._seen.pop(_key(row), None)
            self._seen[_key(row)] = None
        while len(self._seen) > _REMEMBERED * (self._size + 1):
            del self._seen[next(iter(self._seen))]
        self._rows = fresh[::-1]

    async def _step_back(self, skip: int, rows: list[R]) -> tuple[int, list[R]]:
        """The nearest page before this one that holds a known row, or the first; this one if none is near."""
        back = skip
        for _ in range(_STEPS_BACK):
            back = max(back - self._size, 0)
            before = await self._page(back, self._size + (back > 0))
            if self._knows(before) or back == 0:
                return back, before
        return skip, rows

    def _knows(self, rows: list[R]) -> bool:
        return any(_key(row) in self._seen for row in rows)


if TYPE_CHECKING:
    from accsyn_async.rows import EntityRow, JobRow, TransferName

    class _Iter(TypedDict, total=False):
        entityid: str | None
        attributes: list[str] | None
        finished: bool | None
        inactive: bool | None
        archived: bool | None


class PageCalls(FindCalls):
    """Calls that go through a list page by page."""

    @overload
    def find_iter(
        self, query: Condition[R], *, page_size: int = 100, **options: Unpack[_Iter]
    ) -> FindIter[R]: ...
    @overload
    def find_iter(
        self, query: TransferName, *, page_size: int = 100, **options: Unpack[_Iter]
    ) -> FindIter[JobRow]: ...
    @overload
    def find_iter(
        self, query: str, *, page_size: int = 100, **options: Unpack[_Iter]
    ) -> FindIter[EntityRow]: ...
    def find_iter(
        self,
        query: str | Condition[Any],
        *,
        page_size: int = 100,
        entityid: str | None = None,
        attributes: list[str] | None = None,
        finished: bool | None = None,
        inactive: bool | None = None,
        archived: bool | None = None,
    ) -> FindIter[Any]:
        """Iterate over entities page by page, with one page in memory.

        A list that changes meanwhile shifts its pages. Each page therefore overlaps
        the one before: what has shifted is noticed and asked for again, and no row is
        handed out twice, as long as less than a page comes and goes between two
        requests. Rows that come or go meanwhile may or may not be among them.

        Args:
            query: as for ``find``.
            page_size: rows a request.
            entityid: as for ``find``; so are the rest.
            attributes: names of the attributes to return, to which ``id`` is added;
                ``None`` for all.
            finished: (jobs) among those done or aborted.
            inactive: (users, shares) among the inactive.
            archived: among the archived (slow).

        Returns:
            An async iterator of rows.

        Raises:
            QueryError: the query cannot be read; ``position`` says where.

        Example::

            async for transfer in session.find_iter("Transfer", finished=True, page_size=200):
                print(transfer["name"], transfer["finished"])
        """
        if read_query(query).entitytype in ("entitytypes", "attributes"):
            raise ArgumentError("names of entity types and attributes come all at once: use find")
        if (checked_int("page_size", page_size) or 0) < 1:
            raise ArgumentError(f"page_size is a number of rows from 1, not {page_size!r}")
        names = attribute_names(attributes)

        async def page(skip: int, limit: int) -> list[Any]:
            rows: Any = await self.find(
                query if isinstance(query, str) else str(query),
                entityid=entityid,
                attributes=names if names is None or "id" in names else [*names, "id"],
                finished=finished,
                inactive=inactive,
                archived=archived,
                skip=skip,
                limit=limit,
            )
            if not all(isinstance(row, dict) for row in rows):
                raise BackendError("the backend answered something else than rows")
            return list(rows)

        return FindIter(page, page_size)


def _key(row: Mapping[str, Any]) -> object:
    ident = row.get("id")
    return ident if isinstance(ident, str) and ident else repr(row)
