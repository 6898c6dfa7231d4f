"""Going through a list page by page while it changes."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.api.paging import FindIter
from accsyn_async.errors import ArgumentError, QueryError
from tests.support.backend import Backend, job_id
from tests.support.virtual import run

Row = dict[str, Any]


def row(number: int) -> Row:
    return {"id": f"r{number}"}


class Changing:
    """A list that changes before each request."""

    def __init__(self, count: int, seed: int, most: int, *, inserts: bool, deletes: bool) -> None:
        self.rows = [row(number) for number in range(count)]
        self.stayed = {each["id"] for each in self.rows}
        self.asked: list[tuple[int, int]] = []
        self._random = random.Random(seed)
        self._most = most
        self._inserts, self._deletes = inserts, deletes
        self._next = count

    async def page(self, skip: int, limit: int) -> list[Row]:
        if self.asked:
            self._change()
        self.asked.append((skip, limit))
        return self.rows[skip : skip + limit]

    def _change(self) -> None:
        for _ in range(self._random.randint(0, self._most)):
            if self._deletes and self.rows and self._random.random() < 0.5:
                gone = self.rows.pop(self._random.randrange(len(self.rows)))
                self.stayed.discard(gone["id"])
            elif self._inserts:
                self.rows.insert(self._random.randint(0, len(self.rows)), row(self._next))
                self._next += 1


async def all_of(changing: Changing, size: int) -> list[str]:
    return [each["id"] async for each in FindIter(changing.page, size)]


@given(
    count=st.integers(0, 120),
    size=st.integers(2, 20),
    seed=st.integers(0, 10**6),
    inserts=st.booleans(),
    deletes=st.booleans(),
)
def test_what_stays_is_handed_out_once(
    count: int, size: int, seed: int, inserts: bool, deletes: bool
) -> None:
    changing = Changing(count, seed, max(1, size // 3), inserts=inserts, deletes=deletes)
    got = asyncio.run(all_of(changing, size))
    assert len(got) == len(set(got))
    assert changing.stayed <= set(got)


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (9, 2), (10, 2), (11, 3), (25, 4)])
def test_a_list_that_stays_as_it_is_costs_a_request_a_page(count: int, requests: int) -> None:
    changing = Changing(count, 0, 0, inserts=False, deletes=False)
    got = asyncio.run(all_of(changing, 10))
    assert got == [f"r{number}" for number in range(count)]
    assert len(changing.asked) == requests


@pytest.mark.parametrize("ignored", ["skip", "limit", "both"])
def test_a_backend_that_does_not_page_ends_it(ignored: str) -> None:
    rows = [row(number) for number in range(40)]

    async def page(skip: int, limit: int) -> list[Row]:
        first = 0 if ignored in ("skip", "both") else skip
        return rows[first:] if ignored in ("limit", "both") else rows[first : first + limit]

    async def main() -> list[str]:
        return [each["id"] async for each in FindIter(page, 10)]

    got = asyncio.run(main())
    assert len(got) == len(set(got))
    assert len(got) < 12 if ignored == "skip" else len(got) == 40


@pytest.mark.parametrize("cap", [7, 10, 11])
def test_a_backend_that_hands_out_less_than_asked_for_is_asked_on(cap: int) -> None:
    rows = [row(number) for number in range(100)]

    async def page(skip: int, limit: int) -> list[Row]:
        return rows[skip : skip + min(limit, cap)]

    async def main() -> list[str]:
        return [each["id"] async for each in FindIter(page, 10)]

    assert asyncio.run(main()) == [f"r{number}" for number in range(100)]


@given(seed=st.integers(0, 10**6), heads=st.integers(1, 5))
def test_rows_that_come_at_the_head_lose_none(seed: int, heads: int) -> None:
    dice = random.Random(seed)
    rows = [row(number) for number in range(60)]
    new = 1000

    async def page(skip: int, limit: int) -> list[Row]:
        nonlocal new
        for _ in range(dice.randint(0, heads)):
            rows.insert(0, row(new))
            new += 1
            rows.pop(dice.randrange(3))
        return rows[skip : skip + limit]

    async def main() -> list[str]:
        return [each["id"] async for each in FindIter(page, 10)]

    got = asyncio.run(main())
    assert len(got) == len(set(got))
    assert {each["id"] for each in rows if int(each["id"][1:]) < 60} <= set(got)


def test_rows_without_ids() -> None:
    rows = [{"path": f"file{number}"} for number in range(25)]

    async def page(skip: int, limit: int) -> list[Row]:
        return rows[skip : skip + limit]

    async def main() -> list[Row]:
        return [each async for each in FindIter(page, 10)]

    assert asyncio.run(main()) == rows


def test_one_page_in_memory() -> None:
    changing = Changing(1000, 0, 0, inserts=False, deletes=False)

    async def main() -> None:
        pages = FindIter(changing.page, 50)
        async for _ in pages:
            assert len(pages._rows) <= 50
            assert len(pages._seen) <= 3 * 51

    asyncio.run(main())


def test_through_a_session() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(1, 26):
            backend.add(number, status="waiting" if number % 2 else "running")
        async with backend.session() as session:
            rows = [
                each
                async for each in session.find_iter(
                    "Transfer WHERE status=waiting", page_size=5, attributes=["name"]
                )
            ]
        assert [each["id"] for each in rows] == [job_id(number) for number in range(1, 26, 2)]
        assert [request.data for request in backend.requests()] == [
            {"limit": 5, "attributes": ["name", "id"]},
            {"limit": 6, "skip": 4, "attributes": ["name", "id"]},
            {"limit": 6, "skip": 9, "attributes": ["name", "id"]},
            {"limit": 6, "skip": 12, "attributes": ["name", "id"]},
        ]

    run(main())


def test_wrong_arguments_are_told_at_once() -> None:
    async def main() -> None:
        async with Backend().session() as session:
            sizes: list[Any] = [0, -1, 1.5, "5", True]
            for size in sizes:
                with pytest.raises(ArgumentError, match="page_size"):
                    session.find_iter("Transfer", page_size=size)
            with pytest.raises(QueryError):
                session.find_iter("Transfer WHERE (")

    run(main())
