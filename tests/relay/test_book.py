"""A leader's book: what was published, and what follows from an event for that."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Job, JobChanged, JobFinished, JobFound, JobRemoved, JobRevived, JobStalled
from accsyn_async.events import JobEvent
from accsyn_async.monitor.diff import changes_between
from accsyn_async.relay.book import Book, Masthead
from accsyn_async.relay.messages import EventMessage, StateMessage, Version, encode, read_event, read_state

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
IDENT = "6971e16fceadd67b955b1995"
MASTHEAD = Masthead("acme", "one", 1, "b1")


def job(status: str = "running", progress: int = 0, **more: Any) -> Job:
    return Job.from_row({"id": IDENT, "name": "a.mov", "status": status, "progress": progress, **more})


def found(**facts: Any) -> JobFound:
    return JobFound(at=AT, job=job(**facts), run=0, id=f"acme:{IDENT}:0:0")


def changed(before: Job, after: Job, run: int = 0) -> JobChanged:
    changes = changes_between(before, after)
    return JobChanged(at=AT, job=after, run=run, id="x", previous=before, changes=changes)


def finished(status: str = "done", when: str = "2026-01-01T01:00:00", run: int = 0) -> JobFinished:
    return JobFinished(
        at=AT, job=job(status, 100, finished=when), run=run, id=f"acme:{IDENT}:{status}:{when}"
    )


def named(messages: list[EventMessage]) -> list[tuple[str, int, int]]:
    return [(message.event, message.run, message.n) for message in messages]


def test_a_life() -> None:
    book = Book(MASTHEAD)
    assert named(book.take(found(), "transfer")) == [("found", 0, 0)]
    assert book.take(changed(job(), job(progress=5)), "transfer") == []
    paused = book.take(changed(job(progress=5), job("paused", 5)), "transfer")
    assert named(paused) == [("changed", 0, 1)]
    assert paused[0].id == f"acme:{IDENT}:0:1"
    assert paused[0].changes == {"status": ["running", "paused"]}
    assert named(book.take(finished(), "transfer")) == [("finished", 0, 2)]
    assert book.take(finished(), "transfer") == []
    (state,) = book.states()
    assert (state.version, state.ended, state.event_id) == (Version(0, 2), True, finished().id)
    revived = JobRevived(at=AT, job=job(), run=1, id="x")
    assert named(book.take(revived, "transfer")) == [("revived", 1, 1)]
    assert named(book.take(finished(when="2026-01-01T02:00:00", run=1), "transfer")) == [("finished", 1, 2)]


def test_progress_is_a_state_and_no_event() -> None:
    book = Book(MASTHEAD)
    book.take(found(), "transfer")
    assert [state.version for state in book.states()] == [Version(0, 0)]
    for progress in (1, 2, 3):
        assert book.take(changed(job(progress=progress - 1), job(progress=progress)), "transfer") == []
    (state,) = book.states()
    assert state.job["progress"] == 3
    assert state.version > Version(0, 0)
    assert book.states() == []


def test_progress_right_after_an_event_is_newer_than_the_event() -> None:
    book = Book(MASTHEAD)
    (first,) = book.take(found(), "transfer")
    book.take(changed(job(), job(progress=7)), "transfer")
    (state,) = book.states()
    assert state.version > first.version


def test_what_is_found_again_as_it_was_is_nothing_new() -> None:
    book = Book(MASTHEAD)
    book.take(found(progress=4), "transfer")
    book.states()
    assert book.take(found(progress=4), "transfer") == []
    assert book.states() == []


def test_what_is_found_again_in_another_state_has_changed() -> None:
    book = Book(MASTHEAD)
    book.take(found(progress=4), "transfer")
    (message,) = book.take(found(status="failed", progress=6), "transfer")
    assert (message.event, message.n) == ("changed", 1)
    assert message.changes == {"status": ["running", "failed"], "progress": [4, 6]}


def test_a_stall_is_told_once_until_it_moves() -> None:
    book = Book(MASTHEAD)
    book.take(found(), "transfer")
    stalled = JobStalled(at=AT, job=job(), run=0, id="x")
    assert named(book.take(stalled, "transfer")) == [("stalled", 0, 1)]
    assert book.take(stalled, "transfer") == []
    (state,) = book.states()
    assert state.stalled
    book.take(changed(job(), job(progress=1)), "transfer")
    assert not book.states()[0].stalled
    assert named(book.take(stalled, "transfer")) == [("stalled", 0, 2)]


def test_a_removed_job_that_is_found_lives_again() -> None:
    book = Book(MASTHEAD)
    book.take(found(), "transfer")
    assert named(book.take(JobRemoved(at=AT, job=job(), run=0, id="x"), "transfer")) == [("removed", 0, 1)]
    assert book.take(JobRemoved(at=AT, job=job(), run=0, id="x"), "transfer") == []
    assert named(book.take(found(), "transfer")) == [("revived", 1, 1)]


def test_an_end_that_came_while_nobody_looked_is_another_life() -> None:
    book = Book(MASTHEAD)
    book.take(found(), "transfer")
    book.take(finished(), "transfer")
    assert named(book.take(finished("aborted", "2026-01-01T05:00:00"), "transfer")) == [("finished", 1, 1)]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (finished(), [("found", 0, 0), ("finished", 0, 1)]),
        (JobRemoved(at=AT, job=job(), run=0, id="x"), [("found", 0, 0), ("removed", 0, 1)]),
        (changed(job(), job("paused")), [("found", 0, 0)]),
        (JobStalled(at=AT, job=job(), run=0, id="x"), [("found", 0, 0), ("stalled", 0, 1)]),
    ],
)
def test_a_job_that_nobody_has_published_is_found_first(
    event: JobEvent, told: list[tuple[str, int, int]]
) -> None:
    assert named(Book(MASTHEAD).take(event, "transfer")) == told


def test_the_recollection_knows_what_goes_on_and_what_has_ended() -> None:
    book = Book(MASTHEAD)
    book.take(found(), "transfer")
    memory = book.recollection("transfer", AT)
    assert (list(memory.unfinished), memory.since) == ([IDENT], AT)
    assert memory.rows[IDENT].name == "a.mov"
    book.take(finished(), "transfer")
    memory = book.recollection("transfer", AT)
    assert memory.knows_end(IDENT, dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC))
    assert not book.recollection("compute", AT).past


def test_ends_are_published_again_as_they_were() -> None:
    book = Book(MASTHEAD)
    book.take(found(), "transfer")
    (end,) = book.take(finished(), "transfer")
    again = next(book.ends([IDENT]))
    assert (again.id, again.version, again.event, again.at) == (end.id, end.version, "finished", end.at)
    book.take(JobRevived(at=AT, job=job(), run=1, id="x"), "transfer")
    assert list(book.ends([IDENT])) == []


def test_old_ends_are_forgotten() -> None:
    book = Book(MASTHEAD)
    book.take(found(), "transfer")
    book.forget(AT + dt.timedelta(days=1))
    assert IDENT in book.records
    book.take(finished(), "transfer")
    book.forget(AT + dt.timedelta(days=1))
    assert not book.records
    assert book.states() == []


class Streams:
    """What stands in both streams, as text."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        self.state: bytes | None = None

    def next_leader(self, term: int) -> Book:
        book = Book(replace(MASTHEAD, relay=f"r{term}", term=term))
        if self.events:
            book.read_event(read_event(self.events[-1]), len(self.events))
        if self.state is not None:
            book.read_state(read_state(self.state), 1)
        return book


WHAT = st.sampled_from(["progress", "status", "end", "revive", "remove", "again", "stall"])


@given(st.lists(st.tuples(WHAT, st.booleans(), st.booleans()), max_size=40))
def test_leaders_that_follow_each_other_tell_one_story(steps: list[tuple[str, bool, bool]]) -> None:
    """Whoever leads, and wherever it was cut off: versions grow, each end stands there once."""
    streams, book, term = Streams(), Book(MASTHEAD), 1
    now, run, alive, ends = job(), 0, True, 0
    event: JobEvent = found()
    truth: list[str] = []
    for number, (what, states_lost, taken_over) in enumerate(steps):
        if what == "progress" and alive:
            before, now = now, job(now.status.value, number + 1)
            event = changed(before, now, run)
        elif what == "status" and alive:
            other = "paused" if now.status.value == "running" else "running"
            before, now = now, job(other, int(now.progress))
            event = changed(before, now, run)
        elif what == "end" and alive:
            ends += 1
            event = finished(when=f"2026-01-01T{ends // 60:02}:{ends % 60:02}:00", run=run)
            now, alive = event.job, False
            truth.append(event.id)
        elif what == "revive" and not alive:
            run, alive, now = run + 1, True, job()
            event = JobRevived(at=AT, job=now, run=run, id="x")
        elif what == "remove" and alive:
            event, alive = JobRemoved(at=AT, job=now, run=run, id="x"), False
            truth.append("removed")
        elif what == "stall" and alive:
            event = JobStalled(at=AT, job=now, run=run, id="x")
        elif what == "again" and alive:
            event = JobFound(at=AT, job=now, run=run, id="x")
        streams.events += [encode(message) for message in book.take(event, "transfer")]
        if not states_lost:
            for state in book.states():
                streams.state = encode(state)
        if taken_over:
            term += 1
            book = streams.next_leader(term)
            if alive:
                # It lists, and finds what there is.
                again = JobFound(at=AT, job=now, run=run, id="x")
                streams.events += [encode(message) for message in book.take(again, "transfer")]
    for state in book.states():
        streams.state = encode(state)
    told = [read_event(text) for text in streams.events]
    versions = [message.version for message in told]
    assert versions == sorted(set(versions))
    finals = [
        m.id if m.event == "finished" else "removed" for m in told if m.event in ("finished", "removed")
    ]
    assert finals == truth
    if streams.state is not None:
        state = read_state(streams.state)
        assert state.version >= versions[-1]
        assert state.ended is not alive
        if alive:
            assert (state.job["status"], state.job["progress"]) == (now.status.value, now.progress)


def test_messages_survive_the_wire() -> None:
    book = Book(MASTHEAD)
    (event,) = book.take(found(progress=3, metadata={"söze": "\x1b]0;"}), "transfer")
    (state,) = book.states()
    assert read_event(encode(event)) == event
    assert read_state(encode(state)) == state
    assert isinstance(state, StateMessage)
