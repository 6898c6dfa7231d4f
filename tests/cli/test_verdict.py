from __future__ import annotations

from collections.abc import Iterable

import pytest

from accsyn_async.cli.verdict import Verdict
from accsyn_async.events import Event
from tests.cli.making import DEGRADED, SYNCED, changed, finished, found, ident, job, removed, revived

RUNS, FAILS = job(1), job(1, "failed")
DONE, ABORTED = job(1, "done"), job(1, "aborted")
OTHER, OTHER_DONE, OTHER_FAILS = job(2), job(2, "done"), job(2, "failed")


def judged(verdict: Verdict, events: Iterable[Event]) -> int | None:
    """The number of the event that ends it, from 1; ``None`` when none does."""
    return next((number for number, event in enumerate(events, 1) if verdict.take(event)), None)


@pytest.mark.parametrize(
    ("events", "ends", "code"),
    [
        ([found(RUNS), SYNCED, changed(RUNS), finished(DONE)], 4, 0),
        ([found(RUNS), SYNCED, changed(DONE)], None, 1),
        ([found(DONE), SYNCED, finished(DONE)], 3, 0),
        ([found(RUNS), SYNCED, finished(ABORTED)], 3, 1),
        ([found(RUNS), SYNCED, removed(RUNS)], 3, 1),
        ([found(RUNS), SYNCED, changed(FAILS)], 3, 1),
        ([found(FAILS), SYNCED], 2, 1),
        ([found(RUNS), SYNCED, DEGRADED, changed(RUNS)], None, 1),
    ],
)
def test_one_job(events: list[Event], ends: int | None, code: int) -> None:
    verdict = Verdict([ident(1)])
    assert judged(verdict, events) == ends
    assert verdict.code == code


@pytest.mark.parametrize(
    ("events", "ends", "code"),
    [
        ([found(RUNS), found(OTHER), SYNCED, finished(DONE), finished(OTHER_DONE)], 5, 0),
        ([found(FAILS), found(OTHER), SYNCED, finished(OTHER_DONE)], 4, 1),
        # The backend retried it while the other one ran.
        ([found(FAILS), found(OTHER), SYNCED, changed(RUNS), finished(OTHER_DONE), finished(DONE)], 6, 0),
        ([found(RUNS), found(OTHER), SYNCED, finished(DONE), revived(RUNS), finished(OTHER_DONE)], None, 1),
    ],
)
def test_two_jobs(events: list[Event], ends: int | None, code: int) -> None:
    verdict = Verdict([ident(1), ident(2)])
    assert judged(verdict, events) == ends
    assert verdict.code == code


@pytest.mark.parametrize(
    ("events", "ends"),
    [
        ([found(RUNS), SYNCED, finished(DONE)], None),
        ([found(RUNS), SYNCED, found(OTHER), changed(OTHER_FAILS)], 4),
        ([found(FAILS)], 1),
        ([SYNCED, found(RUNS), finished(ABORTED)], 3),
        ([SYNCED, found(RUNS), removed(RUNS)], 3),
    ],
)
def test_fail_fast(events: list[Event], ends: int | None) -> None:
    verdict = Verdict(fail_fast=True)
    assert judged(verdict, events) == ends
    assert verdict.code == (0 if ends is None else 1)


def test_a_query_has_no_end() -> None:
    verdict = Verdict()
    assert judged(verdict, [SYNCED, found(FAILS), finished(ABORTED), removed(OTHER)]) is None
    assert verdict.pending is None


def test_jobs_can_be_expected_later() -> None:
    verdict = Verdict(())
    verdict.expect([ident(1), ident(2)])
    assert judged(verdict, [found(RUNS), found(OTHER), SYNCED, finished(DONE)]) is None
    assert verdict.pending == 1
    assert verdict.take(finished(OTHER_DONE))
    assert verdict.code == 0
