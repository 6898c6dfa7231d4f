"""The mailbox against a model, and its bounds."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accsyn_async import Degraded, Event, Job, JobChanged, JobEvent, JobFinished, JobFound, Recovered, Synced
from accsyn_async.monitor.diff import changes_between, merged_changes
from accsyn_async.monitor.ledger import Ledger
from accsyn_async.monitor.mailbox import Mailbox, MailboxClosed
from tests.support.virtual import run

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def job(ident: str, status: str = "running", progress: int = 0) -> Job:
    return Job.from_row({"id": ident, "status": status, "progress": progress})


async def drain(box: Mailbox) -> list[Event]:
    box.close()
    events = []
    while True:
        try:
            events.append(await box.get())
        except MailboxClosed:
            return events


moves = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["running", "running", "running", "paused", "done"]),
        st.integers(0, 4),
        st.booleans(),
    ),
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(moves)
def test_what_is_taken_out_is_the_truth_with_steps_left_out(steps: list[tuple[str, str, int, bool]]) -> None:
    """Guarantees 3 and 6: a subsequence in order, no change of status merged away, every end there."""

    async def main() -> None:
        ledger, box = Ledger("acme"), Mailbox()
        put: list[JobEvent] = []
        taken: list[Event] = []
        for ident, status, progress, consume in steps:
            new = ident not in ledger.lives
            events = ledger.observe(job(ident, status, progress), AT)
            if new:
                events = [ledger.found(ledger.lives[ident], AT)]
            for event in events:
                put.append(event)
                box.put(event)
            if consume and len(box):
                taken.append(await box.get())
        taken += await drain(box)

        assert [event.seq for event in taken] == list(range(1, len(taken) + 1))
        for ident in "abc":
            truth = [event for event in put if event.job.id == ident]
            seen = [event for event in taken if isinstance(event, JobEvent) and event.job.id == ident]
            ids = [event.id for event in truth]
            positions = [ids.index(event.id) for event in seen]
            assert positions == sorted(positions)
            kept = [
                event for event in truth if not isinstance(event, JobChanged) or "status" in event.changes
            ]
            assert [event.id for event in kept] == [
                event.id for event in seen if not isinstance(event, JobChanged) or "status" in event.changes
            ]
            states = [(event.job.status, event.job.progress) for event in seen]
            if truth:
                assert states[-1] == (truth[-1].job.status, truth[-1].job.progress) or isinstance(
                    truth[-1], JobChanged
                )
            known: Job | None = None
            for event in seen:
                if isinstance(event, JobChanged):
                    assert event.changes
                    assert known is not None
                    assert changes_between(known, event.job) == event.changes
                    assert event.previous.progress == known.progress
                known = event.job

    run(main())


def test_waiting_changes_merge_and_what_goes_back_vanishes() -> None:
    async def main() -> None:
        ledger, box = Ledger("acme"), Mailbox()
        ledger.observe(job("a"), AT)
        for progress in (10, 20, 30):
            for event in ledger.observe(job("a", progress=progress), AT):
                box.put(event)
        assert (len(box), box.merged) == (1, 2)
        for event in ledger.observe(job("a", progress=0), AT):
            box.put(event)
        assert len(box) == 0
        assert await drain(box) == []

    run(main())


def test_it_is_bounded_by_the_number_of_jobs_not_by_time() -> None:
    """Guarantee 6, with a job that flaps for hours and a backend that comes and goes."""
    ledger, box = Ledger("acme"), Mailbox()
    for ident in "ab":
        ledger.observe(job(ident), AT)
    for n in range(20_000):
        for ident in "ab":
            for event in ledger.observe(job(ident, ["running", "waiting"][n % 2], n % 100), AT):
                box.put(event)
        box.put(Degraded(at=AT, reason="x"))
        box.put(Recovered(at=AT))
    entries: Any = box._entries
    assert 500 <= len(box) <= 512 + 3
    assert len(entries) <= 2 * (512 + 70)


def test_many_jobs_that_flap_are_bounded_more_closely() -> None:
    """Guarantee 6: some entries a job, and their ends beside them."""
    ledger, box = Ledger("acme"), Mailbox()
    idents = [f"job{n}" for n in range(200)]
    for ident in idents:
        ledger.observe(job(ident), AT)
    for n in range(50):
        for ident in idents:
            for event in ledger.observe(job(ident, ["running", "waiting"][n % 2], n), AT):
                box.put(event)
    assert 200 <= len(box) <= 4 * 201
    for ident in idents:
        for event in ledger.observe(job(ident, "done", 100), AT):
            box.put(event)
    assert len(box) <= 4 * 201 + 200


def test_bad_weather_that_was_over_before_anybody_looked_is_told_once() -> None:
    async def main() -> None:
        box = Mailbox()
        for _ in range(10):
            box.put(Degraded(at=AT, reason="x"))
            box.put(Recovered(at=AT))
        box.put(Degraded(at=AT, reason="last"))
        events = await drain(box)
        assert [type(event) for event in events] == [Degraded]

    run(main())


def test_closing_lets_out_what_waits_then_raises() -> None:
    async def main() -> None:
        box = Mailbox()
        box.put(Synced(at=AT))
        box.close(RuntimeError("over"))
        box.close()
        box.put(Synced(at=AT))
        assert isinstance(await box.get(), Synced)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="over"):
                await box.get()

    run(main())


def test_one_who_waits_is_woken_and_may_be_cancelled() -> None:
    async def main() -> None:
        box = Mailbox()
        waiting = asyncio.create_task(box.get())
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        waiting = asyncio.create_task(box.get())
        await asyncio.sleep(1)
        box.put(Synced(at=AT, jobs=1))
        box.put(Synced(at=AT, jobs=2))
        assert (await waiting).jobs == 1  # type: ignore[attr-defined]
        assert len(box) == 1
        box.discard()
        with pytest.raises(MailboxClosed):
            await box.get()

    run(main())


values = st.dictionaries(st.sampled_from(["progress", "speed"]), st.integers(0, 2), min_size=2)


@given(values, values, values)
def test_merging_is_the_difference_of_the_ends(
    a: dict[str, int], b: dict[str, int], c: dict[str, int]
) -> None:
    def difference(old: dict[str, int], new: dict[str, int]) -> dict[str, tuple[int, int]]:
        return {name: (old[name], new[name]) for name in old if old[name] != new[name]}

    assert merged_changes(difference(a, b), difference(b, c)) == difference(a, c)


def test_a_found_job_and_its_end_both_come() -> None:
    async def main() -> None:
        ledger, box = Ledger("acme"), Mailbox()
        ledger.observe(job("a"), AT)
        box.put(ledger.found(ledger.lives["a"], AT))
        for event in ledger.observe(job("a", "done", 100), AT):
            box.put(event)
        assert [type(event) for event in await drain(box)] == [JobFound, JobChanged, JobFinished]

    run(main())


def test_what_waits_is_nothing_to_the_garbage_collector() -> None:
    box = Mailbox()
    events = [JobFound(at=AT, job=job(f"job{number}")) for number in range(1000)]
    gc.collect()
    known = len(gc.get_objects())
    for event in events:
        box.put(event)
    assert len(box) == 1000
    assert len(gc.get_objects()) < known + 50
