"""A mirror, message by message."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from accsyn_async import (
    ArgumentError,
    Degraded,
    JobChanged,
    JobEvent,
    JobFinished,
    JobFound,
    JobRemoved,
    JobRevived,
    JobStalled,
    NotFoundError,
    QueryError,
    Recovered,
    SessionClosedError,
    Synced,
    TransportError,
)
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.selection import select
from accsyn_async.relay.archive import Archive
from accsyn_async.relay.mirror import PATIENCE
from accsyn_async.relay.record import Record
from tests.relay.publisher import WORKSPACE, Publisher
from tests.relay.reading import Box, Feeder, StillClock
from tests.support.backend import job_id
from tests.support.watching import kinds


@pytest.fixture
def publisher() -> Publisher:
    publisher = Publisher()
    publisher.find(1)
    return publisher


@pytest.fixture
def feeder(publisher: Publisher) -> Feeder:
    """One that has read that there is a job."""
    feeder = Feeder(publisher)
    feeder.load()
    return feeder


def ids(events: list[Any]) -> list[str]:
    return [event.id.removeprefix(f"{WORKSPACE}:{job_id(1)}:") for event in events]


# -- before all has been read


def test_nothing_is_told_before_all_has_been_read(publisher: Publisher) -> None:
    feeder = Feeder(publisher)
    mirror = feeder.mirror
    first, second = Box(mirror, "Transfer"), Box(mirror, job_id(1))
    unknown = Box(mirror, job_id(9))
    left = Box(mirror, "Transfer")
    left.place.leave()
    feeder.all()
    assert not feeder.mirror.ready
    assert not mirror.wanted
    assert not mirror.admit()
    assert [first.kinds, second.kinds] == [[], []]
    mirror.begin(1)
    assert mirror.ready
    assert [first.kinds, second.kinds] == [[], []]
    assert mirror.admit()
    assert [first.kinds, second.kinds] == [["JobFound", "Synced"], []]
    assert mirror.admit()
    assert second.kinds == ["JobFound", "Synced"]
    assert not mirror.admit()
    assert [unknown.kinds, left.kinds] == [[], []]
    assert mirror.wanted == {job_id(9)}


def test_jobs_that_had_ended_are_found_by_their_ids_alone(publisher: Publisher) -> None:
    publisher.finish(1)
    feeder = Feeder(publisher)
    query = Box(feeder.mirror, "Transfer")
    feeder.load()
    assert query.kinds == ["Synced"]
    assert Box(feeder.mirror, job_id(1)).kinds == ["JobFound", "Synced", "JobFinished"]
    # What was read into the states is not told once more.
    feeder.events_read = 0
    feeder.events()
    assert query.kinds == []


# -- two streams


def test_a_state_waits_for_its_event(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.change(1, "paused")
    publisher.progress(1, progress=20)
    publisher.finish(1)
    feeder.states()
    assert box.kinds == []
    feeder.events(1)
    assert ids(box.take()) == ["0:1"]
    feeder.events()
    assert ids(box.take()) == ["0:2", "done:2026-01-01T00:00:00"]
    assert [job.status.value for job in box.place.jobs()] == []


def test_changes_of_no_lasting_interest_need_no_event(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.progress(1, progress=20)
    publisher.progress(1, progress=30)
    feeder.states(1)
    assert [event.changes for event in box.take()] == [{"progress": (0, 20)}]
    feeder.states()
    (event,) = box.take()
    assert (event.changes, ids([event])) == ({"progress": (20, 30)}, ["0:0.2"])


def test_the_newest_of_early_states_is_taken(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, job_id(1))
    box.take()
    publisher.change(1, "paused")
    publisher.change(1, "running")
    publisher.progress(1, progress=20)
    feeder.states()
    feeder.events()
    assert ids(box.take()) == ["0:1", "0:2", "0:2.1"]


def test_an_event_that_is_lost_is_told_from_the_state(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.change(1, "paused", progress=5)
    publisher.finish(1)
    feeder.mirror.passed(len(publisher.events))
    feeder.states(1)
    feeder.states()
    events = box.take()
    assert ids(events) == ["0:1", "0:2", "done:2026-01-01T00:00:00"]
    assert kinds(events) == ["JobChanged", "JobChanged", "JobFinished"]


def test_states_that_have_waited_long_enough_are_told(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.finish(1)
    feeder.states()
    feeder.mirror.caught_up()
    feeder.clock.seconds += PATIENCE - 0.1
    feeder.mirror.caught_up()
    assert box.kinds == []
    feeder.clock.seconds += 0.1
    feeder.mirror.caught_up()
    assert box.kinds == ["JobChanged", "JobFinished"]
    feeder.events()
    assert box.kinds == []


def test_the_end_of_a_life_is_known_from_the_next(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.finish(1)
    publisher.revive(1, progress=1)
    feeder.mirror.take_event(publisher.events[-1], 4)
    events = box.take()
    assert kinds(events) == ["JobFinished", "JobRevived"]
    assert ids(events) == ["done:2026-01-01T00:00:00", "1:1"]
    assert [event.run for event in events] == [0, 1]


def test_the_end_of_a_life_that_nobody_knows(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.finish(1)
    publisher.revive(1)
    feeder.mirror.passed(len(publisher.events))
    feeder.states_read = len(publisher.states) - 1
    feeder.states()
    assert ids(box.take()) == ["1:1"]


@pytest.mark.parametrize("row", [b"null", b'{"id": "other", "status": "done"}', b'{"id": 1}'])
def test_a_row_before_that_is_of_no_use(publisher: Publisher, feeder: Feeder, row: bytes) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.finish(1)
    publisher.revive(1)
    message = publisher.events[-1]
    feeder.mirror.take_event(replace(message, previous=type(message.row)(row)), 4)
    assert box.kinds == ["JobRevived"]


def test_an_end_alone_tells_of_its_job(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.find(2)
    publisher.finish(2)
    feeder.mirror.take_event(publisher.events[-1], 4)
    assert box.kinds == ["JobFound", "JobFinished"]


def test_a_removal_alone_tells_of_nothing(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.find(2)
    publisher.remove(2)
    feeder.mirror.take_event(publisher.events[-1], 3)
    assert box.kinds == []


def test_it_stalls_once(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.stall(1)
    publisher.stall(1)
    feeder.all()
    assert box.kinds == ["JobStalled"]
    publisher.progress(1, progress=50)
    publisher.stall(1)
    feeder.states(2)
    feeder.all()
    assert box.kinds == ["JobChanged", "JobStalled"]


def test_that_it_stalls_is_told_from_the_state_too(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.progress(1, progress=50)
    publisher.stall(1)
    feeder.mirror.passed(2)
    feeder.states_read = len(publisher.states) - 1
    feeder.states()
    events = box.take()
    assert kinds(events) == ["JobChanged", "JobStalled"]
    assert ids(events) == ["0:0.1", "0:1"]


# -- streams that are lost


def test_a_stream_of_events_that_is_another_one(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.finish(1)
    feeder.states()
    publisher.lose_events(kept=0)
    feeder.events_read = 0
    feeder.mirror.rebuilt("events")
    assert box.kinds == ["JobChanged", "JobFinished"]
    feeder.all()
    assert box.kinds == []


def test_events_that_are_published_again_are_told_once(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.change(1, "paused")
    publisher.finish(1)
    feeder.all()
    told = ids(box.take())
    feeder.mirror.rebuilt("events")
    feeder.mirror.rebuilt("states")
    feeder.events_read = feeder.states_read = 0
    feeder.all()
    assert box.kinds == []
    assert told == ["0:1", "0:2", "done:2026-01-01T00:00:00"]


def test_a_leader_that_does_not_know_of_the_last_events(publisher: Publisher, feeder: Feeder) -> None:
    """NATS lost them after they were read: the next leader counts its own in their place."""
    other = Publisher(term=2)
    other.find(1)
    box = Box(feeder.mirror, job_id(1))
    box.take()
    publisher.change(1, "paused")
    publisher.change(1, "failed")
    feeder.all()
    assert ids(box.take()) == ["0:1", "0:2"]
    other.change(1, "running", progress=7)
    feeder.mirror.take_event(other.events[-1], 4)
    feeder.mirror.take_state(other.states[-1])
    (event,) = box.take()
    assert event.job.status.value == "running"
    assert ids([event]) == ["0:3"]
    other.finish(1)
    feeder.mirror.take_event(other.events[-1], 6)
    assert ids(box.take())[-1] == "done:2026-01-01T00:00:00"
    assert box.over


def test_an_end_is_told_whatever_its_number(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, job_id(1))
    box.take()
    other = dataclasses.replace(publisher, events=[], states=[], jobs={})
    other.find(1)
    for status in ("paused", "running", "failed", "running"):
        publisher.change(1, status)
    feeder.all()
    box.take()
    other.finish(1)
    feeder.mirror.take_event(other.events[-1], 6)
    assert box.kinds[-1:] == ["JobFinished"]


def test_another_book(publisher: Publisher, feeder: Feeder) -> None:
    publisher.find(2)
    feeder.all()
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.change(1, "paused")
    publisher.finish(2)
    feeder.all()
    box.take()
    publisher.jobs[1].row = {**publisher.jobs[1].row, "progress": 60}
    publisher.lose_all("another")
    feeder.events_read = feeder.states_read = 0
    feeder.mirror.rebuilt("events")
    feeder.all()
    (changed,) = box.take()
    assert isinstance(changed, JobChanged)
    assert (changed.changes, ids([changed])) == ({"progress": (0, 60)}, ["0:2"])
    publisher.change(1, "running")
    feeder.all()
    assert ids(box.take()) == ["0:3"]


def test_an_old_book_that_is_read_late(publisher: Publisher, feeder: Feeder) -> None:
    """One stream is ahead of the other."""
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.progress(1, progress=50)
    old = publisher.states[-1]
    publisher.jobs[1].row = {**publisher.jobs[1].row, "progress": 60}
    publisher.lose_all("another")
    feeder.mirror.rebuilt("events")
    feeder.events_read = 0
    feeder.events()
    feeder.mirror.take_state(old)
    assert [event.job.progress for event in box.take()] == [60]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (lambda feeder: feeder.publisher.look(1), ["JobChanged", "JobFinished"]),
        (lambda feeder: feeder.mirror.missing(job_id(1)), ["JobRemoved"]),
    ],
    ids=["done", "gone"],
)
def test_who_ended_in_the_dark_is_asked_for(
    publisher: Publisher, feeder: Feeder, end: Callable[[Feeder], None], told: list[str]
) -> None:
    box, by_id = Box(feeder.mirror, "Transfer"), Box(feeder.mirror, job_id(1))
    box.take(), by_id.take()
    standing = publisher.jobs[1]
    standing.ended = True
    standing.row = {**standing.row, "status": "done", "finished": "2026-01-01T00:00:09"}
    publisher.lose_all("another")
    feeder.events_read = feeder.states_read = 0
    feeder.mirror.rebuilt("events")
    feeder.mirror.take_term(publisher.term_message(), 1)
    feeder.clock.seconds += PATIENCE - 1
    assert not feeder.mirror.wanted
    feeder.clock.seconds += 1
    assert feeder.mirror.wanted == {job_id(1)}
    end(feeder)
    feeder.all()
    assert not feeder.mirror.wanted
    assert box.kinds == told
    assert by_id.kinds == told
    assert by_id.over


def test_a_removed_job_counts_as_ended_in_another_book(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    publisher.remove(1)
    feeder.all()
    box.take()
    publisher.lose_all("another")
    publisher.gone.pop(1)
    publisher.find(1, progress=3)
    feeder.events_read = feeder.states_read = 0
    feeder.mirror.rebuilt("events")
    feeder.all()
    events = box.take()
    assert ids(events) == ["1:1"]
    assert isinstance(events[0], JobRevived)


@pytest.mark.parametrize("term", [1, 2])
@pytest.mark.parametrize("book", ["book", "another"])
@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        ("12:00:00", "12:00:00", []),
        ("12:00:00", "12:00:07", ["JobRevived", "JobFinished"]),
        ("12:00:00", "removed", []),
        ("removed", "removed", []),
        ("removed", "12:00:00", ["JobRevived", "JobFinished"]),
    ],
)
def test_an_end_that_is_published_once_more(
    feeder: Feeder, term: int, book: str, first: str, then: str, told: list[str]
) -> None:
    """By a leader that does not know of it: it is the same when it came at the same time."""

    def end(publisher: Publisher, how: str) -> None:
        if how == "removed":
            publisher.remove(1)
        else:
            publisher.finish(1, finished=f"2026-01-01T{how}")

    box, by_id = Box(feeder.mirror, "Transfer"), Box(feeder.mirror, [job_id(1), job_id(7)])
    end(feeder.publisher, first)
    feeder.all()
    box.take(), by_id.take()
    other = Publisher(book=book, term=term)
    other.find(1)
    end(other, then)
    # As the state tells of it: what led to it is gone.
    feeder.mirror.take_state(replace(other.states[-1], event_seq=0, n=9))
    assert box.kinds == told
    assert by_id.kinds == []
    late = Box(feeder.mirror, job_id(1))
    if first != "removed" or told:
        assert late.kinds == ["JobFound", "Synced", "JobFinished"]
        assert [event.run for event in Box(feeder.mirror, job_id(1)).take()[::2]] == [len(told) // 2] * 2


# -- what is not ours


def test_what_is_not_ours_is_left_out(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.change(1, "paused")
    event, state = publisher.events[-1], publisher.states[-1]
    raw = type(event.row)
    wrong: dict[str, Any]
    for wrong in ({"workspace": "other"}, {"row": raw(b"[]")}, {"row": raw(b'{"id": "b"}')}, {"job": {}}):
        feeder.mirror.take_event(replace(event, **wrong), 2)
        feeder.mirror.take_state(replace(state, **wrong))
    assert box.kinds == []
    feeder.mirror.take_event(event, 3)
    assert box.kinds == ["JobChanged"]
    assert feeder.mirror.position == 3


def test_early_nonsense_does_not_push_out_what_is_right(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    publisher.find(2)
    state = publisher.states[-1]
    feeder.mirror.take_state(replace(state, run=5, row=type(state.row)(b"[]")))
    feeder.states()
    feeder.mirror.passed(2)
    assert box.kinds == ["JobFound"]


# -- by id


def test_an_id_that_nobody_knows(publisher: Publisher) -> None:
    asked: list[None] = []
    feeder = Feeder(publisher, lambda: asked.append(None))
    feeder.load()
    box, both = Box(feeder.mirror, job_id(9)), Box(feeder.mirror, [job_id(1), job_id(9)])
    assert feeder.mirror.wanted == {job_id(9)}
    assert len(asked) == 2
    assert both.kinds == []
    feeder.mirror.missing(job_id(9))
    for each in (box, both):
        assert each.kinds == []
        assert isinstance(each.error, NotFoundError)
        assert each.error.message == f"there is no transfer {job_id(9)}, or the relay's user may not see it"
    assert not feeder.mirror.wanted
    assert feeder.mirror.statistics().watches == 0


def test_an_id_that_comes_to_be_known(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, [job_id(1), job_id(2), job_id(3)])
    publisher.find(2)
    publisher.progress(1, progress=4)
    feeder.all()
    assert box.kinds == []
    publisher.find(3)
    feeder.all()
    events = box.take()
    assert kinds(events) == ["JobFound", "JobFound", "JobFound", "Synced"]
    assert [event.job.progress for event in events[:3]] == [4, 0, 0]
    assert events[-1].jobs == 3
    # A late answer of a leader changes nothing.
    feeder.mirror.missing(job_id(3))
    assert (box.kinds, box.error) == ([], None)


def test_a_job_that_a_leader_only_looked_up_is_no_news_to_others(
    publisher: Publisher, feeder: Feeder
) -> None:
    box, asking = Box(feeder.mirror, "Transfer"), Box(feeder.mirror, job_id(2))
    box.take()
    publisher.find(2)
    publisher.finish(2)
    feeder.mirror.take_state(replace(publisher.states[-1], event_seq=0))
    assert box.kinds == []
    assert asking.kinds == ["JobFound", "Synced", "JobFinished"]


def test_a_job_that_was_removed_is_asked_for_again(publisher: Publisher, feeder: Feeder) -> None:
    publisher.remove(1)
    feeder.all()
    box = Box(feeder.mirror, job_id(1))
    assert box.kinds == []
    assert feeder.mirror.wanted == {job_id(1)}
    publisher.revive(1)
    feeder.all()
    events = box.take()
    assert kinds(events) == ["JobFound", "Synced"]
    assert events[0].run == 1


def test_who_joins_before_it_is_let_in(publisher: Publisher) -> None:
    publisher.find(2)
    feeder = Feeder(publisher)
    box = Box(feeder.mirror, job_id(1))
    box.place.add((job_id(2), job_id(3), job_id(1)))
    box.place.remove((job_id(3), job_id(4)))
    feeder.load()
    assert box.kinds == ["JobFound", "JobFound", "Synced"]


def test_the_job_that_is_not_known_is_left_out_again(feeder: Feeder) -> None:
    box = Box(feeder.mirror, [job_id(1), job_id(9)])
    assert box.kinds == []
    box.place.remove((job_id(9),))
    assert box.kinds == ["JobFound", "Synced"]
    assert not feeder.mirror.wanted
    box.place.add((job_id(9),))
    assert feeder.mirror.wanted == {job_id(9)}
    feeder.mirror.missing(job_id(9))
    assert (box.kinds, type(box.error)) == ([], NotFoundError)


def test_without_any_job_left_a_watch_ends(feeder: Feeder) -> None:
    box, early = Box(feeder.mirror, job_id(1)), Box(feeder.mirror, job_id(9))
    for each, number in ((box, 1), (early, 9)):
        each.place.remove((job_id(number),))
        assert each.kinds == ["Synced"] if each is box else each.kinds == []
        assert each.over
    query = Box(feeder.mirror, "Transfer")
    query.place.add((job_id(9),))
    query.place.remove((job_id(1),))
    assert query.kinds == ["JobFound", "Synced"]


def test_who_wants_no_history_hears_of_the_next_life(publisher: Publisher, feeder: Feeder) -> None:
    publisher.find(2)
    publisher.finish(1)
    feeder.all()
    box = Box(feeder.mirror, job_id(2), history=False)
    assert box.kinds == ["JobFound", "Synced"]
    box.place.add((job_id(1),))
    assert box.kinds == []
    publisher.revive(1)
    feeder.all()
    (found,) = box.take()
    assert isinstance(found, JobFound)
    assert (found.run, ids([found])) == (1, ["1:0"])


def test_kinds_of_jobs(publisher: Publisher, feeder: Feeder) -> None:
    compute, job = Box(feeder.mirror, "Compute"), Box(feeder.mirror, "Job")
    assert (compute.kinds, job.kinds) == (["Synced"], ["JobFound", "Synced"])
    assert Box(feeder.mirror, job_id(1), entitytype="compute").kinds == ["JobFound", "Synced"]


# -- queries


def test_a_pattern_that_is_too_much_work_ends_its_watches(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, 'Transfer WHERE name matches "(x?.){300}END$"')
    other = Box(feeder.mirror, "Transfer")
    publisher.find(2, name="".join(map(chr, range(0x4E00, 0x4E00 + 600))))
    feeder.all()
    box.take()
    assert isinstance(box.error, QueryError)
    assert other.kinds == ["JobFound", "Synced", "JobFound"]
    assert feeder.mirror.statistics().watches == 1


def test_a_query_that_cannot_be_used_is_refused_at_once(feeder: Feeder) -> None:
    with pytest.raises(QueryError, match="that a relay publishes: id, name, code, status"):
        Box(feeder.mirror, "Transfer WHERE priority>3")
    assert feeder.mirror.statistics().watches == 0


def test_what_a_mirror_cannot_do(feeder: Feeder) -> None:
    with pytest.raises(ArgumentError, match="tasks are not published"):
        Box(feeder.mirror, "Transfer", tasks=True)
    with pytest.raises(ArgumentError, match="durable="):
        feeder.mirror.subscribe(select("Transfer"), Mailbox(), Recollection())


def test_a_query_that_nobody_watches_any_more_costs_nothing(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer WHERE status=running")
    again = Box(feeder.mirror, "Transfer WHERE status=running")
    box.place.leave()
    box.place.leave()
    publisher.progress(1, progress=5)
    feeder.all()
    assert again.kinds == ["JobFound", "Synced", "JobChanged"]
    again.place.leave()
    publisher.progress(1, progress=6)
    feeder.all()
    assert again.kinds == []
    assert list(again.place.jobs()) == []
    fresh = Box(feeder.mirror, "Transfer WHERE status=running")
    assert [event.job.progress for event in fresh.take() if isinstance(event, JobEvent)] == [6]


# -- weather, statistics, the end


def test_weather_is_told_once(feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    box.take()
    feeder.mirror.recover()
    feeder.mirror.degrade("NATS is out of reach")
    feeder.clock.seconds = 20
    feeder.mirror.degrade("no relay has been heard of")
    late = Box(feeder.mirror, job_id(1))
    feeder.clock.seconds = 30
    feeder.mirror.recover()
    feeder.mirror.recover()
    degraded, recovered = box.take()
    assert isinstance(degraded, Degraded)
    assert isinstance(recovered, Recovered)
    assert degraded.reason == "NATS is out of reach"
    assert recovered.after.total_seconds() == 30
    assert late.kinds == ["Degraded", "JobFound", "Synced", "Recovered"]


def test_statistics(publisher: Publisher, feeder: Feeder) -> None:
    box, other = Box(feeder.mirror, "Transfer"), Box(feeder.mirror, job_id(1))
    for progress in (1, 2, 3):
        publisher.progress(1, progress=progress)
    feeder.all()
    other.place.leave()
    statistics = feeder.mirror.statistics()
    assert (statistics.watches, statistics.jobs, statistics.events) == (1, 1, 10)
    assert (statistics.merged, statistics.backlog) == (4, 3)
    assert len(box.mailbox) == 3


def test_it_is_closed(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    feeder.mirror.close()
    publisher.progress(1, progress=2)
    feeder.all()
    assert box.kinds == ["JobFound", "Synced"]
    assert box.over
    with pytest.raises(SessionClosedError):
        Box(feeder.mirror, "Transfer")


def test_it_is_closed_by_an_error(feeder: Feeder) -> None:
    box = Box(feeder.mirror, job_id(1))
    feeder.mirror.close(TransportError("NATS refuses"))
    assert box.kinds == ["JobFound", "Synced"]
    assert isinstance(box.error, TransportError)


def test_the_oldest_ends_are_forgotten() -> None:
    archive = Archive(ended_kept=2)
    records = [Record(WORKSPACE, job_id(number), "transfer", "book") for number in range(5)]
    for record in records:
        archive.file(record, ())
        record.ended = True
    for record in records[:4]:
        archive.file(record, {job_id(0)})
    assert list(archive.records) == [job_id(0), job_id(2), job_id(3), job_id(4)]
    # One that lives again is none of those that have ended.
    records[3].ended = False
    archive.file(records[3], ())
    records[4].ended = True
    archive.file(records[4], ())
    assert list(archive.records) == [job_id(0), job_id(3), job_id(4)]


def test_events_bear_when_they_were_observed(publisher: Publisher, feeder: Feeder) -> None:
    feeder.clock.seconds = 5
    box = Box(feeder.mirror, "Transfer")
    publisher.finish(1)
    feeder.all()
    found, synced, changed, finished = box.take()
    assert isinstance(synced, Synced)
    assert isinstance(finished, JobFinished)
    assert found.at == synced.at == StillClock.start(5)
    assert changed.at == finished.at == publisher.at


def test_removals_and_stalls_are_about_the_job_as_it_was(publisher: Publisher, feeder: Feeder) -> None:
    box = Box(feeder.mirror, "Transfer")
    publisher.progress(1, progress=44)
    publisher.stall(1)
    publisher.remove(1)
    feeder.states(1)
    feeder.all()
    *_, stalled, removed = box.take()
    assert isinstance(stalled, JobStalled)
    assert isinstance(removed, JobRemoved)
    assert stalled.job.progress == removed.job.progress == 44
    assert ids([stalled, removed]) == ["0:1", "0:2"]
