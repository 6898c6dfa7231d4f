"""Guarantee 11: what a checkpoint knows of the time before decides what is told."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Job
from accsyn_async.monitor.past import REMOVED, Past
from accsyn_async.monitor.recollection import Recollection
from tests.support.backend import row

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def remembering(past: Past | None, since: dt.datetime | None = NOON) -> Recollection:
    memory = Recollection()
    memory.since = since
    if past is not None:
        memory.past["a"] = past
    return memory


@pytest.mark.parametrize(
    ("past", "finished", "known"),
    [
        (None, NOON, False),
        (Past(0, 1, False, "running", None), NOON, False),
        (Past(0, 1, True, "done", NOON), NOON, True),
        (Past(0, 1, True, "aborted", NOON), NOON, True),
        # It ended again, later.
        (Past(0, 1, True, "done", NOON), NOON + HOUR, False),
        (Past(0, 1, True, "done", NOON), None, False),
        # When it ended was not known then: any end is that one.
        (Past(0, 1, True, "done", None), NOON, True),
        (Past(0, 1, True, "done", None), None, True),
        # What was removed has not ended: it is back, and has ended since.
        (Past(0, 1, True, REMOVED, None), NOON, False),
    ],
)
def test_guarantee_11_which_ends_are_known(
    past: Past | None, finished: dt.datetime | None, known: bool
) -> None:
    assert remembering(past).knows_end("a", finished) is known


@pytest.mark.parametrize(
    ("since", "finished", "missed"),
    [
        (NOON, NOON + HOUR, True),
        (NOON, NOON, True),
        # Clocks differ: an hour before is not too early.
        (NOON, NOON - HOUR, True),
        (NOON, NOON - HOUR - dt.timedelta(seconds=1), False),
        (NOON, None, False),
        (None, NOON + HOUR, False),
    ],
)
def test_guarantee_11_which_ends_were_missed(
    since: dt.datetime | None, finished: dt.datetime | None, missed: bool
) -> None:
    memory = remembering(None, since)
    assert memory.missed([("a", finished)], HOUR) == ["a"] * missed


def test_guarantee_11_ends_that_are_known_or_were_there_before_are_not_missed() -> None:
    memory = remembering(Past(0, 1, True, "done", NOON))
    memory.past["c"] = Past(0, 1, False, "running", None)
    ends = [("b", NOON), ("a", NOON), ("c", NOON)]
    assert memory.missed(ends, HOUR) == ["b", "c"]
    memory.disregard([("b", NOON), ("old", NOON - 3 * HOUR), ("when", None)], NOON - HOUR)
    assert memory.missed(ends, HOUR) == ["c"]
    assert memory.past.keys() == {"a", "b", "c"}
    # What is known better is left as it is.
    memory.disregard([("c", NOON)], NOON - HOUR)
    assert list(memory.unfinished) == ["c"]


def test_how_long_nobody_watched() -> None:
    assert remembering(None, None).away(NOON) == dt.timedelta()
    assert remembering(None).away(NOON + 3 * HOUR) == 3 * HOUR


MOMENTS = st.none() | st.datetimes(
    dt.datetime(2025, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC)
)
PASTS = st.builds(
    Past,
    st.integers(0, 3),
    st.integers(0, 9),
    st.booleans(),
    st.sampled_from(["running", "done", "aborted", REMOVED]),
    MOMENTS,
)


@given(
    st.dictionaries(st.sampled_from("abcd"), PASTS), st.lists(st.tuples(st.sampled_from("abcdef"), MOMENTS))
)
def test_guarantee_11_an_end_is_missed_or_known_or_too_old(
    past: dict[str, Past], ends: list[tuple[str, dt.datetime | None]]
) -> None:
    memory = remembering(None)
    memory.past = past
    missed = memory.missed(ends, HOUR)
    assert missed == sorted(missed)
    for ident, finished in ends:
        is_old = finished is None or finished < NOON - HOUR
        if ident not in missed:
            assert is_old or memory.knows_end(ident, finished)
    for ident in missed:
        assert any(ident == each and when and when >= NOON - HOUR for each, when in ends)


@given(PASTS, st.sampled_from(["done", "aborted"]), st.booleans())
def test_the_same_end_is_one_of_the_same_status_and_time(past: Past, status: str, same: bool) -> None:
    when = past.finished if same else NOON + HOUR
    text = f"{when:%Y-%m-%dT%H:%M:%S}" if when else "1970-01-01T00:00:00"
    ended = Job.from_row(row(1, status=status, finished=text))
    moment = ended.finished
    is_same = past.is_same_end(ended)
    assert is_same <= (past.status == status)
    if past.status == status and past.finished is not None and moment is not None:
        assert is_same is (past.finished == moment)
    elif past.status == status:
        assert is_same
