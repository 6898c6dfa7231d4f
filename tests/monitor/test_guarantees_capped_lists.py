"""Guarantees 4 and 9: a list that the backend caps hides no job, and offset pages are no snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from accsyn_async import JobChanged, JobFinished, JobFound, JobRemoved, Synced
from tests.support.backend import Backend, Received, job_id
from tests.support.virtual import run
from tests.support.watching import kinds, take, until


def with_jobs(count: int, cap: int | None) -> Backend:
    backend = Backend(cap=cap)
    for number in range(count):
        backend.add(number)
    return backend


def pages(backend: Backend) -> list[tuple[int | None, int | None]]:
    """Limit and skip of each list that was asked for."""
    return [(request.data.get("limit"), request.data.get("skip")) for request in backend.lists()]


def before(backend: Backend, matches: Callable[[Received], bool], act: Callable[[], object]) -> None:
    """Do something just before the next request of a kind is answered."""

    def fault(received: Received) -> None:
        if matches(received):
            act()
        else:
            backend.faults.append(fault)

    backend.faults.append(fault)


@pytest.mark.parametrize(("cap", "count"), [(100, 101), (100, 350), (200, 201), (200, 1000)])
def test_guarantee_2_a_first_list_that_was_cut_is_completed_before_synced(cap: int, count: int) -> None:
    async def main() -> None:
        backend = with_jobs(count, cap)
        async with backend.session() as session, session.watch("Transfer") as watch:
            events = await until(watch, Synced)
            assert kinds(events) == ["JobFound"] * count + ["Synced"]
            assert {event.job.id for event in events if isinstance(event, JobFound)} == set(backend.jobs)
            full = -(-(count + 1) // cap)
            # Does it go on, and has it only grown meanwhile? Then it was cut.
            doubt = [(None, None), (1, cap), (None, None)]
            first = [(cap, cap * number) for number in range(full)]
            assert pages(backend) == doubt + first
            # Pages from then on, without asking for more than there are.
            await asyncio.sleep(30)
            later = pages(backend)[len(doubt + first) :]
            assert later
            assert later == first * (len(later) // full)
            assert watch.backlog == 0
            backend.move(count - 1, progress=9)
            (changed,) = await take(watch, 1)
            assert isinstance(changed, JobChanged)
            backend.end(count - 1)
            assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]

    run(main())


def test_guarantee_9_a_list_that_grows_while_it_is_doubted_was_not_cut() -> None:
    async def main() -> None:
        backend = with_jobs(100, None)
        before(backend, lambda received: (received.data or {}).get("skip") == 100, lambda: backend.add(100))
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            await asyncio.sleep(60)
            assert {page for page in pages(backend) if page != (None, None)} <= {(1, 100), (1, 150)}
            backend.move(100, progress=3)
            assert kinds(await until(watch, JobChanged))[-1] == "JobChanged"

    run(main())


def test_guarantee_4_a_list_that_grows_beyond_the_cap_is_paged_from_then_on() -> None:
    async def main() -> None:
        backend = with_jobs(90, 100)
        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            for number in range(90, 250):
                backend.add(number)
            found = await take(watch, 160)
            assert {event.job.id for event in found if isinstance(event, JobFound)} == {
                job_id(number) for number in range(90, 250)
            }
            await asyncio.sleep(300)
            assert watch.backlog == 0
            assert (100, 200) in pages(backend)[-3:]

    run(main())


@pytest.mark.parametrize("moves", ["one-ends", "one-comes-first", "the-order-turns"])
def test_guarantee_4_jobs_that_shift_between_pages_are_neither_lost_nor_removed(moves: str) -> None:
    async def main() -> None:
        backend = with_jobs(250, 100)

        def shift() -> None:
            if moves == "one-ends":
                # The hundred-and-first is now the hundredth: on no page.
                backend.end(5)
            elif moves == "one-comes-first":
                # The hundredth is now the hundred-and-first: on two pages.
                new = job_id(900)
                backend.add(900)
                backend.jobs = {new: backend.jobs.pop(new), **backend.jobs}
            else:
                backend.jobs = dict(reversed(backend.jobs.items()))

        async with backend.session() as session, session.watch("Transfer") as watch:
            await until(watch, Synced)
            before(backend, lambda received: (received.data or {}).get("skip") == 100, shift)
            await asyncio.sleep(60)
            told = await take(watch, watch.backlog)
            assert (
                kinds(told)
                == {
                    "one-ends": ["JobChanged", "JobFinished"],
                    "one-comes-first": ["JobFound"],
                    "the-order-turns": [],
                }[moves]
            )
            for number in (99, 100, 101, 249):
                backend.move(number, progress=33)
            changed = await take(watch, 4)
            assert sorted(event.job.id for event in changed if isinstance(event, JobChanged)) == [
                job_id(number) for number in (99, 100, 101, 249)
            ]
            assert watch.backlog == 0

    run(main())


@pytest.mark.parametrize("ends", [False, True])
def test_guarantee_4_more_ids_than_a_batch_while_the_whole_list_is_cut(ends: bool) -> None:
    """One list is asked for in place of two batches; what it lacks is there all the same."""

    async def main() -> None:
        backend = with_jobs(1000, 200)
        idents = [job_id(number) for number in range(600, 900)]
        if ends:
            backend.end(700)
        async with backend.session() as session, session.watch(idents) as watch:
            events = await until(watch, Synced)
            assert kinds(events) == ["JobFound"] * 300 + ["Synced"]
            await asyncio.sleep(120)
            assert kinds(await take(watch, watch.backlog)) == ["JobFinished"] * ends
            backend.move(899, progress=50)
            backend.end(600, "aborted")
            events = await until(watch, JobFinished)
            assert sorted(kinds(events)) == ["JobChanged", "JobChanged", "JobFinished"]
            backend.vanish(750)
            assert kinds(await until(watch, JobRemoved))[-1:] == ["JobRemoved"]

    run(main())


def test_guarantee_9_a_whole_list_that_hides_jobs_is_not_asked_for_again() -> None:
    """Of no round number of rows: that it is cut is found out by what it lacks."""

    async def main() -> None:
        backend = with_jobs(1000, 333)
        idents = [job_id(number) for number in range(600, 900)]
        async with backend.session() as session, session.watch(idents) as watch:
            await until(watch, Synced)
            await asyncio.sleep(60)
            whole = [request for request in backend.lists() if "query" not in request.event]
            assert 1 <= len(whole) <= 2
            assert watch.backlog == 0
            backend.move(899, progress=50)
            assert kinds(await take(watch, 1)) == ["JobChanged"]

    run(main())


@pytest.mark.parametrize("cap", [50, 100])
def test_guarantee_4_a_batch_of_ids_that_is_cut_hides_no_job(cap: int) -> None:
    async def main() -> None:
        backend = with_jobs(300, cap)
        idents = [job_id(number) for number in range(150)]
        async with backend.session() as session, session.watch(idents) as watch:
            assert kinds(await until(watch, Synced)) == ["JobFound"] * 150 + ["Synced"]
            await asyncio.sleep(60)
            assert watch.backlog == 0
            asked = len(backend.requests())
            polls = session.monitor.statistics().polls
            await asyncio.sleep(120)
            # In pages: not again and again by the id of each.
            took = (len(backend.requests()) - asked) / (session.monitor.statistics().polls - polls)
            assert took <= 1 + 150 // cap
            backend.move(149, progress=50)
            assert kinds(await take(watch, 1)) == ["JobChanged"]
            backend.end(149)
            assert kinds(await until(watch, JobFinished)) == ["JobChanged", "JobFinished"]

    run(main())


@pytest.mark.parametrize("count", [99, 100, 150, 200, 1000])
@pytest.mark.parametrize("what", ["query", "ids"])
def test_guarantee_9_a_round_number_of_rows_costs_a_request_a_minute_at_most(count: int, what: str) -> None:
    async def main() -> None:
        backend = with_jobs(count, None)
        jobs: Any = "Transfer" if what == "query" else [job_id(number) for number in range(min(count, 250))]
        async with backend.session() as session, session.watch(jobs) as watch:
            await until(watch, Synced)
            await asyncio.sleep(600)
            doubts = [page for page in pages(backend) if page != (None, None)]
            assert all(limit == 1 for limit, _skip in doubts)
            # What was asked for by ids is complete or not by itself.
            looks_cut = what == "query" and count % 50 == 0
            assert (5 if looks_cut else 0) <= len(doubts) <= (11 if looks_cut else 0)
            polls = session.monitor.statistics().polls
            assert polls <= len(backend.lists()) <= polls + 12
            assert watch.backlog == 0

    run(main())


def test_guarantee_4_a_backend_that_does_not_page_is_asked_for_lists() -> None:
    """It leaves ``skip`` unheeded, and shows what was listed already: that is no page."""

    async def main() -> None:
        backend = with_jobs(100, None)
        find = backend._find

        def unheeding(event: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
            return find(event, {name: value for name, value in data.items() if name not in ("limit", "skip")})

        backend._find = unheeding  # type: ignore[method-assign]
        async with backend.session() as session, session.watch("Transfer") as watch:
            assert kinds(await until(watch, Synced)) == ["JobFound"] * 100 + ["Synced"]
            await asyncio.sleep(120)
            assert watch.backlog == 0
            assert {page for page in pages(backend) if page != (None, None)} == {(1, 100)}

    run(main())
