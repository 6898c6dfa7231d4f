"""Guarantee 11: what is written into a checkpoint is what is read out of it, and holds no more."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Job, JobFinished, JobRemoved
from accsyn_async.errors import CheckpointError
from accsyn_async.monitor import checkpoint_text as text
from accsyn_async.monitor.past import REMOVED, Past
from accsyn_async.monitor.selection import Selection, select
from tests.support.backend import job_id, row

TRANSFERS = Selection("transfer")
ZONES = st.just(dt.UTC)
MOMENTS = st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2200, 1, 1), timezones=ZONES)
# Whatever a backend may put into a name, lone surrogates too.
WORDS = st.text(st.characters(), max_size=20)
PASTS = st.builds(
    Past,
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from(["init", "running", "failed", "done", "aborted", REMOVED]),
    st.none() | MOMENTS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
ROWS = st.builds(
    lambda number, name, status, metadata, more: {
        **{f"x{key}": value for key, value in more.items()},
        **row(number, name=name, status=status, metadata=metadata),
    },
    st.integers(0, 2**64),
    WORDS,
    st.sampled_from(["running", "done", "aborted", "unheard-of"]),
    st.dictionaries(WORDS, JSON, max_size=3),
    st.dictionaries(WORDS, JSON, max_size=2),
)
FINALS = st.builds(
    lambda kind, at, told, run, ident: kind(at=at, job=Job.from_row(told), run=run, id=ident),
    st.sampled_from([JobFinished, JobRemoved]),
    MOMENTS,
    ROWS,
    st.integers(0, 99),
    WORDS,
)


def kept(**more: str) -> dict[str, str]:
    return {text.ABOUT: text.about("acme", TRANSFERS), **more}


@given(
    st.none() | MOMENTS,
    st.dictionaries(WORDS, st.tuples(PASTS, st.none() | ROWS), max_size=5),
    st.lists(FINALS, max_size=5, unique_by=lambda event: event.id),
)
def test_guarantee_11_what_was_written_is_read(
    since: dt.datetime | None,
    jobs: dict[str, tuple[Past, dict[str, Any] | None]],
    owed: list[JobFinished | JobRemoved],
) -> None:
    written = kept()
    if since is not None:
        written[text.SINCE] = text.time_text(since)
    for ident, (past, one) in jobs.items():
        written[text.job_key(ident)] = text.past_text(past, None if one is None else Job.from_row(one))
    for event in owed:
        written[text.owed_key(event)] = text.owed_text(event)
    memory = text.read(written, "acme", TRANSFERS)
    assert memory.since == since
    assert memory.past == {ident: past for ident, (past, _) in jobs.items()}
    assert {ident: each.raw for ident, each in memory.rows.items()} == {
        ident: one for ident, (_, one) in jobs.items() if one is not None
    }
    assert memory.owed.keys() == {event.id for event in owed}
    for event in owed:
        read = memory.owed[event.id]
        assert (type(read), read.at, read.run, read.id) == (type(event), event.at, event.run, event.id)
        assert read.job == event.job


@given(ROWS)
def test_texts_are_of_plain_ascii(told: dict[str, Any]) -> None:
    """Whatever keeps them, in whatever encoding."""
    job = Job.from_row(told)
    event = JobFinished(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), job=job)
    for written in (text.past_text(Past(0, 0, False, "running", None), job), text.owed_text(event)):
        assert written.isascii()
        assert json.loads(written)["row"] == told


def test_nothing_kept_is_a_new_one() -> None:
    memory = text.read({}, "whatever", TRANSFERS)
    assert (memory.since, memory.past, memory.rows, memory.owed) == (None, {}, {}, {})


def test_keys_that_are_not_ours_are_left_alone() -> None:
    memory = text.read(kept(other="nonsense", jobs="[", owe="{"), "acme", TRANSFERS)
    assert (memory.past, memory.owed) == ({}, {})


SELECTIONS = {
    "all": TRANSFERS,
    "query": select("Transfer WHERE status=running"),
    "another-query": select("Transfer WHERE status=paused"),
    "ids": select(job_id(1)),
    "deliveries": select("Delivery"),
    "a-delivery": select(job_id(1), "delivery"),
}


@pytest.mark.parametrize("reader", SELECTIONS)
@pytest.mark.parametrize("writer", SELECTIONS)
def test_guarantee_11_it_belongs_to_one_watch(writer: str, reader: str) -> None:
    written = {text.ABOUT: text.about("acme", SELECTIONS[writer])}
    if writer == reader:
        text.read(written, "acme", SELECTIONS[reader])
        with pytest.raises(CheckpointError, match="belongs to the workspace 'acme', not 'other'"):
            text.read(written, "other", SELECTIONS[reader])
        return
    with pytest.raises(CheckpointError, match="belongs to a watch of"):
        text.read(written, "acme", SELECTIONS[reader])


@pytest.mark.parametrize(
    "other",
    [
        select([job_id(2), job_id(3)]),
        select(job_id(1), fields=["speed"], tasks=True, initial=False, history=False),
    ],
    ids=["other-ids", "other-options"],
)
def test_which_ids_and_what_is_told_of_them_may_change(other: Selection) -> None:
    text.read({text.ABOUT: text.about("acme", SELECTIONS["ids"])}, "acme", other)


@pytest.mark.parametrize("schema", [text.SCHEMA + 1, 99])
def test_guarantee_11_a_newer_schema_is_refused(schema: int) -> None:
    about = json.loads(text.about("acme", TRANSFERS)) | {"schema": schema}
    with pytest.raises(CheckpointError, match=f"newer version of accsyn_async .schema {schema}, this"):
        text.read({text.ABOUT: json.dumps(about)}, "acme", TRANSFERS)


@given(
    st.sampled_from([text.ABOUT, text.SINCE, f"job:{job_id(1)}", "owed:x"]),
    JSON.map(json.dumps) | st.text(max_size=30),
)
def test_guarantee_11_what_cannot_be_understood_is_an_error_of_ours(key: str, damage: str) -> None:
    """Read for what it is, or refused: nothing else is raised."""
    try:
        text.read(kept() | {key: damage}, "acme", TRANSFERS)
    except CheckpointError as error:
        assert error.message
