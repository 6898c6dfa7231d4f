"""When to poll, by table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import PollPolicy
from accsyn_async.errors import ArgumentError
from accsyn_async.monitor.schedule import (
    Health,
    Situation,
    id_batches,
    list_whole,
    missing_too_many,
    next_interval,
)


@pytest.mark.parametrize(
    ("situation", "interval"),
    [
        (Situation(2.0, changed=True), 1.0),
        (Situation(2.0, running=True), 2.0),
        (Situation(2.0, running=True, closing=True), 1.0),
        (Situation(2.0, unresolved=True), 2.0),
        (Situation(1.0), 2.0),
        (Situation(2.0), 3.0),
        (Situation(9.0), 10.0),
        (Situation(10.0), 10.0),
        (Situation(2.0, running=True, reply_time=0.3), 2.0),
        (Situation(2.0, running=True, reply_time=2.0), 8.0),
        (Situation(10.0, changed=True), 1.0),
        (Situation(2.0, failed=True, failures=1), 0.8),
        (Situation(2.0, failed=True, failures=3), 3.2),
        (Situation(2.0, failed=True, failures=90), 15.0),
        (Situation(2.0, failed=True, failures=1, asked_to_wait=40.0), 40.0),
    ],
)
def test_intervals(situation: Situation, interval: float) -> None:
    assert next_interval(PollPolicy(), situation, 0.5) == pytest.approx(interval)


@given(st.floats(0, 1), st.integers(0, 100), st.booleans(), st.floats(0.1, 10))
def test_intervals_are_bounded(random: float, failures: int, failed: bool, last: float) -> None:
    policy = PollPolicy()
    interval = next_interval(policy, Situation(last, failures=failures, failed=failed), random)
    assert 0.2 <= interval <= (30 if failed else 11)


@pytest.mark.parametrize(
    "wrong",
    [
        {"soon": 0},
        {"soon": -1},
        {"soon": 3},
        {"idle": 1},
        {"growth": 0.5},
        {"jitter": 1},
        {"jitter": -0.1},
        {"backoff": 0},
        {"longest_backoff": 0.1},
        {"running": float("nan")},
    ],
)
def test_wrong_policies_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        PollPolicy(**wrong)


@pytest.mark.parametrize(
    ("before", "missing", "now", "too_many"),
    [
        (10, 0, 10, False),
        (10, 1, 9, False),
        (10, 5, 5, False),
        (10, 6, 4, True),
        (100, 30, 70, False),
        (100, 31, 69, True),
        (1, 1, 0, True),
        (0, 0, 0, False),
        (3, 3, 0, True),
        (3, 3, 5, False),
    ],
)
def test_when_a_list_is_asked_for_again(before: int, missing: int, now: int, too_many: bool) -> None:
    assert missing_too_many(before, missing, now) is too_many


@given(st.integers(0, 2000), st.integers(1, 300), st.integers(27, 9000))
def test_batches_hold_every_id_once(count: int, most: int, room: int) -> None:
    ids = [f"{number:024x}" for number in range(count)]
    batches = id_batches(ids, most=most, room=room)
    assert [ident for batch in batches for ident in batch] == ids
    assert all(batch and len(batch) <= most and len(batch) * 27 <= room for batch in batches)


@pytest.mark.parametrize(
    ("wanted", "size", "whole"),
    [(1, None, False), (250, 10, False), (251, None, True), (500, 3000, True), (500, 3001, False)],
)
def test_whole_lists(wanted: int, size: int | None, whole: bool) -> None:
    assert list_whole(wanted, size) is whole


def test_health_says_when_it_changes() -> None:
    health = Health()
    assert health.good(0) is None
    assert health.failed(1) is False
    assert health.good(2) is None
    assert [health.failed(3), health.failed(5), health.failed(9)] == [False, True, False]
    assert (health.degraded, health.failures) == (True, 3)
    assert health.good(13) == 10
    assert [health.overdue(20), health.overdue(21), health.failed(22)] == [True, False, False]
    assert health.good(30) == 10
