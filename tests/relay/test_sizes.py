"""Messages that would be too large for NATS."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accsyn_async import Job, JobChanged, JobFound
from accsyn_async.monitor.diff import changes_between
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.messages import EventMessage, job_from, read_event, read_state
from accsyn_async.relay.sizes import fitted
from tests.support.backend import row

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LIMIT = 10_000


def changed(**facts: Any) -> tuple[Book, EventMessage]:
    before, after = (Job.from_row(row(1, status=status, **facts)) for status in ("running", "paused"))
    book = Book(Masthead("acme", "one", 1, "b"))
    book.take(JobFound(at=AT, job=before), "transfer")
    changes = changes_between(before, after)
    (message,) = book.take(JobChanged(at=AT, job=after, previous=before, changes=changes), "transfer")
    return book, message


def test_what_fits_is_left_as_it_is() -> None:
    _, message = changed()
    same, text = fitted(message, LIMIT)
    assert same is message
    assert read_event(text) == message


def test_the_row_before_goes_first() -> None:
    _, message = changed(metadata={"notes": "x" * 6_000})
    smaller, text = fitted(message, LIMIT)
    assert len(text) <= LIMIT
    assert job_from(smaller).metadata == {"notes": "x" * 6_000}
    assert read_event(text).event == "changed"


@pytest.mark.parametrize(
    "facts",
    [
        {"metadata": {"notes": "x" * 600_000}},
        {"name": "n" * 100_000, "code": "c" * 100_000},
        {"source_hr": "s" * 50_000, "destination_hr": "d" * 50_000, "user_hr": "u" * 50_000},
        {"name": "ö" * 60_000, "metadata": {str(n): n for n in range(20_000)}},
    ],
)
def test_whatever_is_large_goes(facts: dict[str, Any]) -> None:
    book, message = changed(**facts)
    smaller, text = fitted(message, LIMIT)
    assert len(text) <= LIMIT
    job = job_from(smaller)
    assert (job.id, job.status.value, job.size) == (row(1)["id"], "paused", 1_000_000)
    assert smaller.id == message.id
    for state in book.states():
        assert len(fitted(state, LIMIT)[1]) <= LIMIT
        assert job_from(read_state(fitted(state, LIMIT)[1])).status.value == "paused"
