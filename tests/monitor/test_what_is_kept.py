"""How long the ends that were told are kept in mind: for as long as they can come up again, and no longer."""

from __future__ import annotations

import asyncio
from typing import Any

from accsyn_async import JobFinished, PollPolicy, Session, Synced
from accsyn_async.monitor.group import Group
from tests.support.backend import Backend, job_id
from tests.support.virtual import run
from tests.support.watching import until

HOUR = 3600
SLOWLY = PollPolicy(jitter=0, soon=15, running=15, idle=30)
REMEMBERED = 5


def forgetful(session: Session, query: str) -> Group:
    """Have the ledger remember few jobs; the watches of a query."""
    ((poller, _),) = session._monitor._pollers.values()
    poller._herald.ledger._remember = REMEMBERED
    return poller._audience.groups[query]


def test_ends_that_cannot_come_up_again_are_forgotten() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session(poll=SLOWLY) as session, session.watch("Transfer WHERE user=3") as watch:
            await until(watch, Synced)
            group = forgetful(session, "user=3")
            for hour in range(8):
                numbers = range(10 * hour, 10 * hour + 10)
                for number in numbers:
                    backend.add(number)
                await asyncio.sleep(60)
                for number in numbers:
                    backend.end(number)
                for _ in numbers:
                    await until(watch, JobFinished)
                await asyncio.sleep(60)
                assert group.told.keys() >= {job_id(number) for number in numbers}
                backend.archive.clear()
                await asyncio.sleep(HOUR - 120)
            assert len(group.told) <= REMEMBERED + 3 * 10

    run(main())


def test_ends_that_are_listed_are_kept_though_the_ledger_has_forgotten_them() -> None:
    async def main() -> None:
        backend = Backend()
        for number in range(20):
            backend.add(number)
        async with backend.session(poll=SLOWLY) as session, session.watch("Transfer WHERE user=3") as watch:
            await until(watch, Synced)
            group = forgetful(session, "user=3")
            for number in range(20):
                backend.end(number)
            for _ in range(20):
                await until(watch, JobFinished)
            await asyncio.sleep(5 * HOUR)
            assert len(group.told) == 20
            find, lacking = backend._find, 0

            def without_the_finished(event: dict[str, Any], data: dict[str, Any]) -> Any:
                nonlocal lacking
                lacking += bool(data.get("finished"))
                return [] if data.get("finished") else find(event, data)

            backend._find = without_the_finished  # type: ignore[method-assign]
            await asyncio.sleep(HOUR / 2)
            backend._find = find  # type: ignore[method-assign]
            await asyncio.sleep(HOUR)
            assert lacking > 0
            assert watch.backlog == 0

    run(main())


def test_it_takes_two_looks_in_a_row_to_forget_an_end() -> None:
    group = Group(None)
    group.remember("a", 0, 1)
    group.remember("b", 0, 1)
    group.remember("c", 0, 1)

    def look(*listed: str) -> list[str]:
        group.sweep.ends = {(ident, "2026-01-01T00:00:00") for ident in listed}
        group.tidy(lambda ident: ident == "c")
        return list(group.told)

    assert look() == ["a", "b", "c"]
    assert look("b") == ["b", "c"]
    assert look() == ["b", "c"]
    assert look() == ["c"]
