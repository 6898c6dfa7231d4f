"""Totals are the sums of what jobs say, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Job, JobStatus
from accsyn_async.monitor.totals import Totals
from tests.support.backend import row

ENDED = (JobStatus.DONE, JobStatus.ABORTED)


def job(**values: Any) -> Job:
    return Job.from_row(row(1, **values))


@pytest.mark.parametrize(
    ("values", "left", "unmeasured", "speed"),
    [
        ({"size": 1000, "progress": 25, "speed": 2.5}, 750, 0, 2.5),
        ({"size": 1000, "progress": 0, "speed": 2.5}, 1000, 0, 2.5),
        # All is there, and yet it is not done.
        ({"size": 1000, "progress": 100, "speed": 0.5}, 0, 0, 0.5),
        ({"size": 1000, "progress": 101, "speed": 0.5}, 0, 0, 0.5),
        ({"size": 1000, "progress": -5, "speed": 0.5}, 1000, 0, 0.5),
        ({"size": 0, "progress": 0, "speed": 1.0}, 0, 0, 1.0),
        ({"size": -1, "progress": 50, "speed": 1.0}, 0, 1, 1.0),
        ({"size": None, "progress": 50, "speed": 1.0}, 0, 1, 1.0),
        ({"size": 1000, "speed": -1}, 1000, 0, 0.0),
        ({"size": 1000, "speed": None}, 1000, 0, 0.0),
        # What does not run has no speed, whatever it shows.
        ({"status": "waiting", "size": 10, "speed": 5.0}, 10, 0, 0.0),
        ({"status": "paused", "size": 10, "progress": 50, "speed": 5.0}, 5, 0, 0.0),
        ({"status": "failed", "size": 10, "progress": 90, "speed": 5.0}, 1, 0, 0.0),
        # What has ended moves nothing any more.
        ({"status": "done", "size": 10, "progress": 100, "speed": 5.0}, 0, 0, 0.0),
        ({"status": "aborted", "size": 10, "progress": 30, "speed": 5.0}, 0, 0, 0.0),
        ({"status": "aborted", "size": -1, "speed": 5.0}, 0, 0, 0.0),
        ({"status": "unheard-of", "size": 10}, 10, 0, 0.0),
    ],
)
def test_of_one_job(values: dict[str, Any], left: int, unmeasured: int, speed: float) -> None:
    one = job(**values)
    totals = Totals.of([one])
    assert totals == Totals({one.status: 1}, left, unmeasured, speed)


def test_of_none() -> None:
    assert Totals.of([]) == Totals() == Totals({}, 0, 0, 0.0)


JOBS = st.lists(
    st.builds(
        job,
        status=st.sampled_from(["pending", "waiting", "running", "paused", "failed", "done", "aborted"]),
        size=st.integers(-1, 10**15),
        progress=st.integers(0, 100),
        speed=st.sampled_from([-1.0, 0.0, 0.25, 10.0]),
    ),
    max_size=20,
)


@given(JOBS, JOBS)
def test_of_two_groups_it_is_the_sum_of_both(some: list[Job], others: list[Job]) -> None:
    one, two, all_of_them = Totals.of(some), Totals.of(others), Totals.of(iter([*some, *others]))
    assert sum(all_of_them.jobs.values()) == len(some) + len(others)
    assert all_of_them.jobs == {
        status: count for status in JobStatus if (count := one.jobs.get(status, 0) + two.jobs.get(status, 0))
    }
    assert all_of_them.unmeasured == one.unmeasured + two.unmeasured
    assert all_of_them.speed == one.speed + two.speed
    # Each is rounded to a byte.
    assert abs(all_of_them.bytes_left - one.bytes_left - two.bytes_left) <= 4


@given(JOBS)
def test_no_more_is_left_than_there_is(jobs: list[Job]) -> None:
    totals = Totals.of(jobs)
    going_on = [each for each in jobs if each.status not in ENDED]
    assert 0 <= totals.bytes_left <= sum(each.size or 0 for each in going_on)
    assert totals.unmeasured == len([each for each in going_on if each.size is None])
    assert totals.speed >= 0
