"""Where a durable watch is, and how that moves with what is used."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import CheckpointError, Event, Job, JobChanged, JobFinished, JobFound, Synced
from accsyn_async.relay.pile import Kept
from accsyn_async.relay.place import Holder, Place, Spot, Trail, read_place

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
STREAM = "2026-01-01T00:00:00Z"


def job(number: int) -> Job:
    return Job.from_row({"id": f"{number:024x}", "status": "running"})


def found(number: int) -> JobFound:
    return JobFound(at=AT, job=job(number), id=f"acme:{job(number).id}:0:0")


def finished(number: int, run: int = 0) -> JobFinished:
    return JobFinished(at=AT, job=job(number), id=f"acme:{job(number).id}:done:{run}")


def changed(number: int, n: int) -> JobChanged:
    each = job(number)
    return JobChanged(
        at=AT, job=each, id=f"acme:{each.id}:0:{n}", previous=each, changes={"progress": (0, n)}
    )


def at(seq: int | None, *members: int) -> Place:
    return Place(
        v=1, what="Transfer", stream=STREAM, seq=seq, members=Kept(more=[job(each).id for each in members])
    )


def test_what_was_handed_out_is_not_used_yet() -> None:
    trail = Trail(at(3, 1), by_ids=False)
    trail.put(finished(1), Spot(STREAM, 4))
    trail.read(Spot(STREAM, 4))
    assert trail.spot.seq == 3
    trail.hand_out(finished(1))
    assert trail.spot.seq == 3
    assert trail.used()
    assert (trail.spot.seq, set(trail.members)) == (4, set())
    assert trail.knows_end(finished(1).id)
    assert not trail.knows_end(finished(1, run=1).id)


def test_what_concerns_it_not_moves_it_when_nothing_is_on_its_way() -> None:
    trail = Trail(at(3), by_ids=False)
    trail.read(Spot(STREAM, 9))
    assert trail.spot.seq == 9
    trail.put(found(1), Spot(STREAM, 10))
    trail.read(Spot(STREAM, 12))
    # Not 9 any more: what comes back is less, not more.
    assert trail.spot.seq == 3
    trail.hand_out(found(1))
    trail.used()
    assert trail.spot.seq == 12


def test_what_was_merged_goes_with_what_it_was_merged_into() -> None:
    trail = Trail(at(3), by_ids=False)
    for seq in (4, 5, 6):
        trail.put(changed(1, seq), Spot(STREAM, seq))
    trail.hand_out(changed(1, 5))
    trail.used()
    assert (trail.spot.seq, len(trail)) == (5, 1)


def test_what_it_was_not_given_moves_nothing() -> None:
    trail = Trail(at(3), by_ids=False)
    trail.put(changed(1, 4), Spot(STREAM, 4))
    trail.hand_out(changed(2, 1))
    assert not trail.used()
    assert (trail.spot.seq, len(trail)) == (3, 1)


def test_what_there_is_at_first_is_used_as_a_whole() -> None:
    trail = Trail(None, by_ids=False)
    assert trail.begins
    trail.put(found(1), None)
    trail.put(Synced(at=AT, jobs=1), Spot(STREAM, 7), joins=[job(1).id])
    trail.read(Spot(STREAM, 8))
    trail.hand_out(found(1))
    trail.used()
    assert trail.begins
    assert trail.kept("Transfer", None).seq is None
    # That it has begun is written before its consumer knows.
    assert trail.begin()
    place = trail.kept("Transfer", None)
    assert (place.seq, place.members) == (7, Kept(more=[job(1).id]))
    trail.hand_out(Synced(at=AT, jobs=1))
    assert not trail.used()
    assert trail.spot.seq == 8
    assert not trail.begin()


def test_an_end_that_its_consumer_failed_on_is_told_again() -> None:
    trail = Trail(at(3), by_ids=False)
    trail.put(finished(1), Spot(STREAM, 4))
    trail.put(finished(2), Spot(STREAM, 5))
    trail.hand_out(finished(1))
    trail.not_used()
    trail.hand_out(finished(2))
    trail.used()
    place = trail.kept("Transfer", None)
    assert (place.seq, place.members) == (5, Kept(more=[job(1).id]))
    assert not trail.knows_end(finished(1).id)
    # The next watch tells it, and only then it is done with.
    again = Trail(place, by_ids=False)
    assert set(again.members) == {job(1).id}
    again.put(finished(1), None)
    again.hand_out(finished(1))
    assert again.used()
    assert set(again.members) == set()


def test_jobs_that_are_watched_no_more_are_not_waited_for() -> None:
    trail = Trail(at(3, 1, 2), by_ids=True)
    trail.put(finished(1), Spot(STREAM, 4))
    trail.put(finished(2), Spot(STREAM, 5))
    trail.forget([job(1).id])
    trail.hand_out(finished(2))
    trail.used()
    place = trail.kept("Transfer", None)
    assert (place.seq, place.members, place.done) == (5, Kept(), Kept(more=[job(2).id]))


def test_no_end_that_was_used_is_forgotten_as_others_are_used() -> None:
    """The stream may be made anew at any time, and all of them published once more."""
    trail = Trail(at(3), by_ids=False)
    for number in range(2_000):
        trail.put(finished(number), Spot(STREAM, 4 + number))
        trail.hand_out(finished(number))
        trail.used()
    assert all(trail.knows_end(finished(number).id) for number in range(2_000))


def test_an_end_that_was_used_and_comes_once_more_is_waited_for_no_more() -> None:
    """All of the job was published once more: that there is one was told before its end was read."""
    trail = Trail(at(3, 1), by_ids=False)
    trail.put(found(1), Spot(STREAM, 4), joins=[job(1).id])
    trail.put(found(2), Spot(STREAM, 5), joins=[job(1).id, job(2).id])
    trail.ended(job(1).id)
    for event in (found(1), found(2)):
        trail.hand_out(event)
        trail.used()
    assert set(trail.members) == {job(2).id}


def test_a_place_is_read_as_it_was_written() -> None:
    place = Place(
        v=1,
        what="Transfer",
        holder=Holder("f1", "lisa@ws12"),
        stream=STREAM,
        seq=4,
        oldest=AT,
        ends=Kept(more=["x"]),
    )
    assert read_place(msgspec.json.encode(place)) == place


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"[]", b'{"v":1}', b'{"v":1,"what":3}', b'{"what":"Transfer"}']
)
def test_a_damaged_place_is_none(text: bytes) -> None:
    assert read_place(text) is None


def test_a_place_of_a_newer_version_is_left_alone() -> None:
    with pytest.raises(CheckpointError, match="newer version"):
        read_place(b'{"v":2,"where":[]}')


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_a_crash_at_any_moment_loses_nothing_and_tells_no_used_end_again(
    stream: list[tuple[int, bool]], used: int, ahead: int
) -> None:
    """A consumer uses some of what a stream holds, crashes, and another goes on."""
    events: list[Event] = [
        finished(number, run=seq) if ends else changed(number, seq)
        for seq, (number, ends) in enumerate(stream)
    ]
    trail = Trail(at(-1), by_ids=False)
    done: list[Event] = []
    fetched = 0
    for _ in range(min(used, len(events))):
        while fetched < min(len(events), len(done) + 1 + ahead):
            trail.put(events[fetched], Spot(STREAM, fetched))
            trail.read(Spot(STREAM, fetched))
            fetched += 1
        trail.hand_out(events[len(done)])
        trail.used()
        done.append(events[len(done)])
    kept = read_place(msgspec.json.encode(trail.kept("Transfer", None)))
    assert kept is not None
    assert kept.seq is not None
    assert done + events[kept.seq + 1 :] == events
