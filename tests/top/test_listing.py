"""Filter and order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.board.board import Entry
from accsyn_async.dashboard.top.columns import COLUMNS
from accsyn_async.dashboard.top.filter import FIELDS, Filter
from accsyn_async.dashboard.top.listing import ordered
from accsyn_async.dashboard.top.view import View
from tests.cli.making import job

TEASER = Entry(
    job(
        *(1, "failed"),
        name="Teaser_v2.mov",
        source_hr="site:hq",
        destination_hr="user:lisa@example.com[standard](6676f3e9c7ef4e27da254e57)",
        user_hr="user:tom@example.com",
        parent_hr="queue:acme/medium",
    )
)


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("", True),
        ("   ", True),
        ("teaser", True),
        ("TEASER V2", True),
        ("failed", True),
        ("lisa@", True),
        ("tom", True),
        ("medium", True),
        ("hq", True),
        ("status:FAIL", True),
        ("STATUS:failed from:hq to:lisa user:tom queue:medium", True),
        ("status:failed from:lisa", False),
        ("user:lisa", False),
        ("queue:tom", False),
        ("status:", True),
        ('"teaser_v2.mov"', True),
        ('"teaser v2"', False),
        ('status:"failed" "v2.m', True),
        ('status:"fai led"', False),
        ('""', True),
        ("size:5", False),
        ("users", False),
        ("—", False),
        ("000000000000000000000001", True),
        ("teaser running", False),
        ("[standard]", False),
        (".*", False),
    ],
)
def test_a_filter_looks_for_words_in_whatever_is_written(text: str, picked: bool) -> None:
    assert Filter(text).picks(TEASER) is picked


def test_what_a_job_does_not_have_is_not_found() -> None:
    bare = Entry(job(1))
    assert not any(Filter(f"{field}:—").picks(bare) for field in FIELDS)
    assert all(Filter(f"{field}:").picks(bare) for field in FIELDS)


@given(st.text())
def test_any_text_is_a_filter(text: str) -> None:
    assert Filter(text).picks(TEASER) in (True, False)


def test_a_filter_sees_changes() -> None:
    entry, picks = Entry(job(1, name="a.mov")), Filter("b.mov").picks
    assert not picks(entry)
    entry.job = job(1, name="b.mov")
    assert picks(entry)
    entry.job, entry.word = job(1, name="c.mov"), "failed"
    assert not picks(entry)
    assert Filter("fail").picks(entry)


entries = st.lists(
    st.builds(
        lambda number, status, facts: Entry(job(number, status, **facts)),
        st.integers(1, 1000),
        st.sampled_from(["running", "waiting", "failed", "done", "paused", "odd"]),
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.text(max_size=5),
                "speed": st.floats(0, 100),
                "size": st.integers(-1, 10**12),
                "progress": st.integers(0, 100),
                "created": st.just("2026-01-02T00:00:00.000Z"),
                "source_hr": st.text(max_size=5),
            },
        ),
    ),
    max_size=30,
)


@given(entries, st.sampled_from(sorted(COLUMNS)), st.booleans())
def test_jobs_are_in_order_and_those_unknown_last(jobs: list[Entry], sort: str, reverse: bool) -> None:
    column = COLUMNS[sort]
    listed = ordered(jobs, View(sort=sort, reverse=reverse), 0.0)
    assert sorted(map(id, listed)) == sorted(map(id, jobs))
    orders = [column.order(entry, 0.0) for entry in listed]
    known = [order for order in orders if order is not None]
    assert orders == known + [None] * (len(orders) - len(known))
    falling = column.falling != reverse
    for one, next_one in pairwise(known):
        assert (one >= next_one) if falling else (one <= next_one)  # type: ignore[operator]


@given(entries)
def test_equal_ones_stay_as_they_were(jobs: list[Entry]) -> None:
    listed = ordered(jobs, View(sort="status"), 0.0)
    for word in {entry.word for entry in jobs}:
        assert [e for e in listed if e.word == word] == [e for e in jobs if e.word == word]


def test_what_needs_a_look_comes_first() -> None:
    jobs = [Entry(job(n, word)) for n, word in enumerate(("done", "waiting", "failed", "running"))]
    assert [entry.word for entry in ordered(jobs, View(), 0.0)] == ["running", "failed", "waiting", "done"]
