"""How many jobs are active is looked at now and then."""

from __future__ import annotations

import asyncio
import logging

import pytest

from accsyn_async import RateLimit, TransferSpec
from tests.support.backend import RESET, Backend, fails
from tests.support.virtual import run

SPEC = TransferSpec("share=projects/a.mov", "site=berlin")
ADVICE = "make one job a day for each pair"


def counts(backend: Backend) -> int:
    return sum(1 for one in backend.lists() if one.data == {"limit": 401, "attributes": ["id"]})


@pytest.mark.parametrize(("jobs", "warned"), [(399, False), (400, True), (600, True)])
def test_a_warning_names_the_advice_above_400(
    jobs: int, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """One more is submitted: 400 are still well."""
    backend = Backend()
    for number in range(1, jobs + 1):
        backend.add(number)

    async def main() -> None:
        async with backend.session() as session:
            await session.submit(SPEC)

    run(main())
    assert (ADVICE in caplog.text) is warned
    assert all(record.levelno == logging.WARNING for record in caplog.records)


def test_it_is_counted_once_in_five_minutes(caplog: pytest.LogCaptureFixture) -> None:
    backend = Backend()
    for number in range(1, 500):
        backend.add(number)

    async def main() -> None:
        async with backend.session(rate_limit=RateLimit(10_000, burst=10_000)) as session:
            for _ in range(50):
                await session.submit(SPEC)
            assert counts(backend) == 1
            assert caplog.text.count(ADVICE) == 1
            await asyncio.sleep(301)
            await session.submit(SPEC)
            assert counts(backend) == 2
            assert caplog.text.count(ADVICE) == 2

    run(main())


def test_that_it_cannot_be_counted_is_nobodys_business() -> None:
    backend = Backend()

    async def main() -> None:
        async with backend.session() as session:
            backend.faults += [lambda received: None, *fails(RESET, 3)]
            handle = await session.submit(SPEC)
            assert handle.id in backend.jobs

    run(main())
