"""Sums that are kept as events come are those that adding everything up would give."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import events
from accsyn_async.dashboard.metrics.tally import ENDED_FOR, REMEMBERED, Tally
from accsyn_async.models import Job, JobStatus
from tests.dashboard.metrics.happenings import (
    AT,
    changed,
    degraded,
    finished,
    found,
    ident,
    job,
    removed,
    revived,
    stalled,
    synced,
)

TB = 10**12
DONE: dict[str, Any] = {"status": "done", "progress": 100}


def told(*taken: events.Event, now: float = 0.0, moves: bool = True) -> Tally:
    tally = Tally(moves=moves)
    for event in taken:
        tally.take(event, now)
    return tally


def counts(tally: Tally) -> dict[str, int]:
    return {status.value: count for status, count in tally.jobs.items() if count}


def moved(tally: Tally) -> int:
    return sum(tally.observed.values())


@pytest.mark.parametrize(
    ("seen", "bytes_seen"),
    [
        pytest.param([{"progress": 0}], 0, id="nothing yet"),
        pytest.param([{"progress": 40}], 0, id="what arrived before was not seen"),
        pytest.param([{"progress": 40}, {"progress": 60}], 200, id="what arrived since was"),
        pytest.param([{"progress": 0}, {"progress": 25}, DONE], 1000, id="all of it"),
        pytest.param([{"progress": 50}, {"progress": 20}, {"progress": 50}], 0, id="a fall"),
        pytest.param([{"progress": 50}, {"progress": 0}, DONE], 500, id="from the beginning again"),
        pytest.param([{"progress": 50}, {"progress": 50, "size": 400}, DONE], 500, id="smaller, then larger"),
        pytest.param([{"progress": 50}, {"progress": 100, "size": 400}], 0, id="smaller"),
        pytest.param([{"progress": 50}, {"progress": 50, "size": 2000}], 500, id="larger"),
        pytest.param([{"size": -1}, {"progress": 30}], 300, id="measured, nothing had arrived"),
        pytest.param(
            [{"size": -1, "progress": 9}, {"progress": 30}, {"progress": 40}], 100, id="measured late"
        ),
        pytest.param(
            [{"progress": 30}, {"size": -1, "progress": 50}, {"progress": 50}], 200, id="unmeasured"
        ),
        pytest.param([{"size": None}, {"size": None, **DONE}], 0, id="never measured"),
        pytest.param([{"progress": -50}, {"progress": 250}], 1000, id="no percent"),
        pytest.param([{"progress": 0}, {"progress": 12.5}], 125, id="half a percent"),
        pytest.param([{"progress": 0}, {"status": "aborted", "progress": 70}], 700, id="aborted"),
        pytest.param([{"size": 7 * TB}, {"size": 7 * TB, "progress": 1}], 7 * TB // 100, id="large"),
        pytest.param([{"size": 10**30}, {"size": 10**30, "progress": 50}], 0, id="too large to be true"),
    ],
)
def test_bytes_observed(seen: list[dict[str, Any]], bytes_seen: int) -> None:
    first, *others = (job(**facts) for facts in seen)
    tally = told(found(first), synced(), *map(changed, others))
    assert tally.observed == {"upload": 0, "download": 0, "sync": bytes_seen, "direct": 0, "unknown": 0}


def test_a_job_that_ends_is_counted_once() -> None:
    end = job(**DONE)
    tally = told(found(job()), synced(), changed(end), finished(end))
    assert (moved(tally), counts(tally)) == (1000, {"done": 1})
    assert tally.ends == {"done": 1, "aborted": 0, "removed": 0}


def test_a_job_created_since_the_watch_began_is_counted_from_its_beginning() -> None:
    after = f"{AT:%Y-%m-%dT%H:%M:%S}"
    assert moved(told(synced(), found(job(progress=30, created=after)))) == 300
    assert moved(told(synced(), found(job(progress=30, created="2026-01-22T11:59:59")))) == 0
    assert moved(told(synced(), found(job(progress=30, created=None)))) == 0
    assert moved(told(found(job(progress=30, created=after)), synced())) == 0
    assert moved(told(synced(), finished(job(created=after, **DONE)))) == 1000
    again = events.JobFound(at=AT, run=2, job=job(progress=30, created=after))
    assert moved(told(synced(), again)) == 0
    # AT is taken in the middle of a second; times of creation are told in whole ones.
    late = events.Synced(at=AT + dt.timedelta(milliseconds=400))
    assert moved(told(late, found(job(progress=30, created=after)))) == 300


@pytest.mark.parametrize(
    ("again", "more"),
    [
        pytest.param([{"progress": 66, "size": 1500}, {"progress": 100, "size": 1500}], 500, id="more files"),
        pytest.param([{"progress": 80, "size": 1500}], 200, id="more files, seen late"),
        pytest.param([{"progress": 0}, {"progress": 100}], 0, id="the same again"),
        pytest.param([{"progress": 100}], 0, id="nothing to do"),
    ],
)
@pytest.mark.parametrize("pause", [0.0, 2 * ENDED_FOR])
def test_a_revival_counts_nothing_twice(again: list[dict[str, Any]], more: int, pause: float) -> None:
    end = job(**DONE)
    tally = told(found(job()), synced(), changed(end), finished(end))
    tally.expire(pause)
    first, *others = (job(**facts) for facts in again)
    tally.take(revived(first), pause)
    for each in others:
        tally.take(changed(each), pause)
    assert moved(tally) == 1000 + more
    assert counts(tally) == {"running": 1}
    last = job(**{**again[-1], **DONE})
    tally.take(changed(last), pause)
    tally.take(finished(last), pause)
    assert counts(tally) == {"done": 1}
    assert tally.ends["done"] == 2


def test_a_job_that_was_removed_counts_no_more_and_nothing_twice_when_it_comes_back() -> None:
    half = job(progress=50, speed=2.0)
    tally = told(found(job()), synced(), changed(half), removed(half))
    assert (counts(tally), tally.speed, tally.left, list(tally.active())) == ({}, 0, 0, [])
    assert tally.ends == {"done": 0, "aborted": 0, "removed": 1}
    tally.take(revived(half), 0.0)
    assert (counts(tally), moved(tally)) == ({"running": 1}, 500)


def test_those_that_ended_count_for_an_hour() -> None:
    tally = Tally()
    for number in range(5):
        end = job(number, "aborted" if number % 2 else "done")
        tally.take(found(end), 600.0 * number)
        tally.take(finished(end), 600.0 * number)
    assert counts(tally) == {"done": 3, "aborted": 2}
    tally.expire(ENDED_FOR + 599.0)
    assert counts(tally) == {"done": 2, "aborted": 2}
    tally.expire(ENDED_FOR + 1200.0)
    assert counts(tally) == {"done": 1, "aborted": 1}
    assert tally.ends == {"done": 3, "aborted": 2, "removed": 0}


def test_no_more_than_so_many_of_those_that_ended_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    # As many as are promised take a second.
    monkeypatch.setattr("accsyn_async.dashboard.metrics.tally.REMEMBERED", 100)
    tally = Tally()
    for number in range(250):
        end = job(number, **DONE)
        tally.take(found(job(number)), 0.0)
        tally.take(changed(end), 0.0)
    assert counts(tally) == {"done": 100}
    assert moved(tally) == 250_000
    for number, more in ((0, 400), (50, 0), (100, 0), (200, 0)):
        before = moved(tally)
        tally.take(revived(job(number, progress=60)), 0.0)
        tally.take(changed(job(number, progress=100)), 0.0)
        assert moved(tally) == before + more


def test_as_many_are_remembered_as_is_promised() -> None:
    assert REMEMBERED == 10_000


def test_failing_is_counted_when_it_is_seen() -> None:
    failed = job(status="failed")
    assert told(found(failed), synced(), changed(failed)).failures == 0
    assert told(found(job()), changed(failed), changed(failed)).failures == 1
    assert told(found(job()), changed(failed), changed(job()), changed(failed)).failures == 2
    new = job(status="failed", created=f"{AT:%Y-%m-%dT%H:%M:%S}")
    assert told(synced(), found(new)).failures == 1
    end = job(**DONE)
    assert told(found(end), finished(end), revived(failed)).failures == 1


def test_a_job_is_stalled_until_it_moves() -> None:
    still = job(progress=50, speed=0.0)
    tally = told(found(still), stalled(still))
    assert (tally.stalled, counts(tally)) == (1, {"running": 1})
    for one, count in [
        (job(progress=50, speed=0.0, etr="0h:1m:0s"), 1),
        (job(progress=50, speed=-1.0), 1),
        (job(progress=51, speed=0.0), 0),
    ]:
        tally.take(changed(one), 0.0)
        assert tally.stalled == count, one.raw
    for after in (
        changed(job(progress=50, speed=1.0)),
        changed(job(status="paused", progress=50)),
        changed(job(status="done", progress=50)),
        removed(still),
    ):
        assert told(found(still), stalled(still), after).stalled == 0
    assert told(found(still), stalled(job(status="paused"))).stalled == 0


def test_what_is_no_event_of_a_job() -> None:
    assert told(synced(), degraded(), degraded()).degradations == 2
    late = job(progress=70)
    tasks = events.TaskChanged(at=AT, job=late, task=None, previous=None, changes={})  # type: ignore[arg-type]
    assert counts(told(tasks)) == {}


def test_computing_moves_no_bytes() -> None:
    tally = told(found(job()), synced(), changed(job(progress=50, speed=3.0)), moves=False)
    assert (moved(tally), tally.left, counts(tally)) == (0, 0, {"running": 1})


FACTS = st.fixed_dictionaries(
    {
        "number": st.integers(1, 3),
        "status": st.sampled_from([*JobStatus, "odd"]),
        "progress": st.integers(-5, 120) | st.floats(0, 100),
        "size": st.none() | st.just(-1) | st.integers(0, 10**13),
        "speed": st.none() | st.just(-1.0) | st.floats(0, 1e12),
    }
)
EVENTS = st.tuples(st.sampled_from([found, changed, finished, revived, removed, stalled]), FACTS)


@given(st.lists(EVENTS, max_size=30))
def test_the_sums_are_those_of_all_jobs(happened: list[tuple[Any, dict[str, Any]]]) -> None:
    tally = Tally()
    last: dict[str, Job] = {}
    arrived: dict[str, list[int]] = {}
    ends = Counter[str]()
    for make, facts in happened:
        one = job(**facts)
        before = moved(tally)
        tally.take(make(one), 0.0)
        assert moved(tally) >= before
        if make is removed:
            last.pop(one.id, None)
            ends["removed"] += 1
            continue
        last[one.id] = one
        if make is finished:
            ends["aborted" if one.status is JobStatus.ABORTED else "done"] += 1
        progress = min(max(one.progress, 0), 100)
        if progress == 0 or one.size is not None:
            arrived.setdefault(one.id, []).append(int((one.size or 0) * progress / 100))
    running = [one for one in last.values() if one.status is JobStatus.RUNNING]
    assert counts(tally) == Counter(one.status.value for one in last.values())
    assert tally.speed == sum(int(min(one.speed or 0.0, 1e9) * 1e6) for one in running)
    assert 0 <= tally.stalled <= len(running)
    assert +Counter(tally.ends) == ends
    assert {known for known, _ in tally.active()} == {one.id for one in last.values() if not one.is_finished}
    assert tally.left == sum(known.left for _, known in tally.active())
    assert all(known.left >= 0 for _, known in tally.active())
    expected = sum(max(several) - several[0] for several in arrived.values())
    assert abs(moved(tally) - expected) <= len(happened)


def test_ids_of_the_active() -> None:
    tally = told(found(job(2)), found(job(1)), changed(job(2, progress=3)))
    assert [known for known, _ in tally.active()] == [ident(2), ident(1)]
