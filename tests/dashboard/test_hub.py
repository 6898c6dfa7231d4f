"""What pages share, in virtual time."""

from __future__ import annotations

import asyncio

from accsyn_async import RateLimit
from accsyn_async.dashboard.web.hub import Hub
from tests.cli.making import changed, finished, found, ident, job
from tests.support.backend import Backend
from tests.support.virtual import run


def test_a_page_gets_two_messages_in_any_second_and_the_first_at_once() -> None:
    async def main() -> None:
        async with Backend().session() as session:
            hub, loop = Hub(session, "Transfer"), asyncio.get_running_loop()
            told: list[float] = []
            began = loop.time()
            for step in range(400):
                before = hub.feed.number
                hub.take(changed(job(1, progress=step / 4)))
                await asyncio.sleep(0.025)
                if hub.feed.number > before:
                    told.append(loop.time() - began)
            assert told[0] <= 0.05
            assert len(told) >= 19
            assert all(third - first >= 0.97 for first, third in zip(told, told[2:], strict=False))
            await hub.aclose()

    run(main())


def test_ended_jobs_are_shown_for_an_hour() -> None:
    async def main() -> None:
        backend = Backend()
        async with backend.session() as session:
            hub = Hub(session, "Transfer")
            running = asyncio.create_task(hub.run())
            hub.take(found(job(1, "waiting")))
            hub.take(finished(job(2, "done")))
            await asyncio.sleep(3590)
            assert len(hub.board) == 2
            await asyncio.sleep(20)
            assert [entry.word for entry in hub.board.entries()] == ["waiting"]
            running.cancel()
            await asyncio.wait([running])
            await hub.aclose()

    run(main())


def test_the_end_waits_a_little_for_what_pages_have_asked_for() -> None:
    async def main() -> None:
        async with Backend().session(rate_limit=RateLimit(25, burst=40)) as session:
            hub = Hub(session, "Transfer")
            for number in range(300):
                hub.take(found(job(number, "waiting")))
            steering = hub.steer("pause", [ident(number) for number in range(300)])
            await asyncio.sleep(0)
            await hub.aclose()
            assert steering.cancelled()
            await hub.aclose()

    run(main())


def test_what_a_query_is_about_decides_what_is_steered_and_counted() -> None:
    async def main() -> None:
        async with Backend().session() as session:
            for query, kind in (("Transfer", "transfer"), ("Compute WHERE status=running", "compute")):
                hub = Hub(session, query)
                assert hub.entitytype == kind
                assert (
                    f'accsyn_jobs{{status="running",type="{kind}"}}' in hub.metrics.exposition()[0].decode()
                )
                await hub.aclose()

    run(main())
