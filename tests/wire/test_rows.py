"""Reading a list again costs what changed, and gives what reading it afresh would."""

from __future__ import annotations

import contextlib
import json
import pickle
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Job
from accsyn_async.wire.reply import Failure, FailureKind
from accsyn_async.wire.rows import JobList, JobReader


def body(*rows: Any) -> bytes:
    return json.dumps({"result": list(rows)}).encode()


def compact(*rows: Any) -> bytes:
    return json.dumps({"result": list(rows)}, separators=(",", ":")).encode()


def read(reader: JobReader, *rows: Any) -> JobList:
    outcome = reader(body(*rows))
    assert isinstance(outcome, JobList)
    return outcome


nested = st.recursive(
    st.integers(0, 1) | st.sampled_from(["", "}, {", '"}, {"id": "b"', "]}"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "x"]), inner),
    max_leaves=4,
)


rows = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from([f"job{n}" for n in range(8)]), "progress": st.integers(0, 3)},
        optional={"name": st.text(max_size=3), "speed": st.floats()},
    ),
    unique_by=lambda row: row["id"],
    max_size=8,
)


@given(st.lists(rows, max_size=5))
def test_every_list_is_read_as_if_it_were_the_first(lists: list[list[dict[str, Any]]]) -> None:
    reader = JobReader()
    before: dict[str, Job] = {}
    for listed in lists:
        outcome = read(reader, *listed)
        fresh = read(JobReader(), *listed)
        assert {i: j.progress for i, j in outcome.jobs.items()} == {
            i: j.progress for i, j in fresh.jobs.items()
        }
        assert list(outcome.jobs) == [row["id"] for row in listed]
        missed = {
            ident
            for ident, job in outcome.jobs.items()
            if (ident not in before or before[ident].raw != job.raw)
            and "NaN" not in str(listed)
            and "nan" not in str(listed)
        }
        assert missed <= {job.id for job in outcome.changed}
        before = outcome.jobs


def test_the_same_bytes_are_not_read_again() -> None:
    reader = JobReader()
    first = read(reader, {"id": "a"}, {"id": "b"})
    again = read(reader, {"id": "a"}, {"id": "b"})
    assert again.unchanged
    assert again.jobs is first.jobs
    assert not again.changed


def test_only_changed_rows_are_changed() -> None:
    reader = JobReader()
    first = read(reader, {"id": "a", "progress": 1}, {"id": "b", "progress": 1}, {"id": "c"})
    then = read(reader, {"id": "a", "progress": 1}, {"id": "b", "progress": 2}, {"id": "c"})
    assert [job.id for job in then.changed] == ["b"]
    assert then.jobs["a"] is first.jobs["a"]
    shifted = read(reader, {"id": "b", "progress": 2}, {"id": "c"})
    assert not shifted.changed
    assert list(shifted.jobs) == ["b", "c"]


def test_each_job_has_its_row_before_and_after_the_rows_are_told_apart() -> None:
    reader = JobReader()
    rows = [{"id": f"job{n}", "progress": n, "metadata": {"shot": n}} for n in range(3)]
    first = read(reader, *rows).jobs
    known, marks = set(first.values()), [hash(job) for job in first.values()]
    assert [job.raw for job in first.values()] == rows
    copies = pickle.loads(pickle.dumps(list(first.values())))
    then = read(reader, *rows[:2], {**rows[2], "metadata": {"shot": 7}})
    assert [job.raw for job in first.values()] == rows
    assert list(first.values()) == copies == list(read(JobReader(), *rows).jobs.values())
    assert [hash(job) for job in first.values()] == marks
    assert set(first.values()) == known
    assert [job.metadata for job in then.changed] == [{"shot": 7}]
    assert then.changed != [first["job2"]]


def test_a_job_that_is_kept_keeps_no_more_than_its_row() -> None:
    many = body(*({"id": f"job{n}", "name": "x" * 100} for n in range(100)))
    holders = sys.getrefcount(many)
    reader = JobReader()
    outcome = reader(many)
    assert isinstance(outcome, JobList)
    job = outcome.jobs["job7"]
    assert sys.getrefcount(many) > holders
    assert len(pickle.dumps(job)) < 1000
    reader.reset()
    assert sys.getrefcount(many) == holders
    assert job.raw["name"] == "x" * 100
    last = JobReader()(many)
    assert isinstance(last, JobList)
    assert sys.getrefcount(many) == holders
    assert last.jobs["job9"].raw["id"] == "job9"


def test_two_rows_of_one_id_keep_a_text_each() -> None:
    outcome = read(JobReader(), {"id": "a", "progress": 1}, {"id": "a", "progress": 2}, {"id": "b"})
    assert [job.raw.get("progress") for job in outcome.changed] == [1, 2, None]
    reader = JobReader()
    read(reader, {"id": "a"}, {"id": "a", "progress": 2}, {"id": "b"})
    then = read(reader, {"id": "a", "progress": 1}, {"id": "a", "progress": 2}, {"id": "b"})
    assert {ident: job.progress for ident, job in then.jobs.items()} == {"a": 2, "b": 0}


def test_what_changed_is_what_is_listed_last_of_one_id() -> None:
    reader = JobReader()
    one, other, rest = {"id": "a", "progress": 1}, {"id": "a", "progress": 2}, [{"id": "b"}, {"id": "c"}]
    read(reader, *rest)
    for listed, changed in (
        ([one], [1]),
        ([one, other], [2]),
        ([one], [1]),
        ([other, one], []),
        ([other], [2]),
    ):
        assert [job.progress for job in read(reader, *listed, *rest).changed] == changed


def test_jobs_that_came_went_and_moved() -> None:
    reader = JobReader()
    listed = [{"id": f"job{n}", "progress": n} for n in range(6)]
    first = read(reader, *listed).jobs
    moved = read(reader, listed[5], listed[1], {"id": "new"}, listed[3], {**listed[2], "progress": 50})
    assert [job.id for job in moved.changed] == ["new", "job2"]
    assert list(moved.jobs) == ["job5", "job1", "new", "job3", "job2"]
    assert moved.jobs["job5"] is first["job5"]
    assert moved.jobs["job3"] is first["job3"]


def test_rows_that_are_nested_nearly_too_deep_are_told_apart_from_wherever() -> None:
    def from_within(calls: int) -> Any:
        return from_within(calls - 1) if calls else reader(json.dumps({"result": [{"id": "a"}]}).encode())

    reader, deep = JobReader(), 0
    for depth in range(900, 100, -50):
        text = b'{"result": [{"id": "a", "x": ' + b"[" * depth + b"]" * depth + b"}]}"
        with contextlib.suppress(ValueError):
            reader(text)
            deep = depth
            break
    outcome = from_within(sys.getrecursionlimit() - deep - 20)
    assert list(outcome.jobs) == ["a"]


@given(st.lists(st.tuples(nested, nested, nested), min_size=1, max_size=6), st.sampled_from([body, compact]))
def test_what_rows_hold_is_not_taken_for_rows(states: list[tuple[Any, Any, Any]], write: Any) -> None:
    reader = JobReader()
    for values in states:
        rows = [{"id": f"job{n}", "metadata": value} for n, value in enumerate(values)]
        outcome = reader(write(*rows))
        assert isinstance(outcome, JobList)
        assert [job.raw for job in outcome.jobs.values()] == rows


@given(
    st.integers(1, 40),
    st.lists(st.dictionaries(st.integers(0, 39), st.sampled_from([0, 1, 23, "}, {", "é"])), max_size=6),
    st.sampled_from([body, compact]),
)
def test_many_rows_of_which_some_change_are_read_as_if_for_the_first_time(
    count: int, steps: list[dict[int, Any]], write: Any
) -> None:
    reader = JobReader()
    rows = [{"id": f"job{n}", "metadata": 0} for n in range(count)]
    reader(write(*rows))
    for step in steps:
        before = [row["metadata"] for row in rows]
        rows = [{"id": row["id"], "metadata": step.get(n, row["metadata"])} for n, row in enumerate(rows)]
        outcome = reader(write(*rows))
        assert isinstance(outcome, JobList)
        assert [job.raw for job in outcome.jobs.values()] == rows
        assert [job.raw for job in outcome.changed] == [
            row for row, was in zip(rows, before, strict=True) if row["metadata"] != was
        ]


numbers = st.lists(st.integers(0, 29), max_size=40)


@given(
    st.lists(
        st.tuples(
            st.sets(st.integers(0, 29), max_size=6), st.dictionaries(st.integers(0, 29), nested), numbers
        ),
        max_size=6,
    ),
    st.sampled_from([body, compact]),
)
def test_jobs_that_come_and_go_among_many(steps: list[Any], write: Any) -> None:
    reader = JobReader()
    known: dict[str, Any] = {}
    for missing, values, others in steps:
        # Nearly always in order, each once; now and then some are listed again at the end.
        listed = [*(n for n in range(30) if n not in missing), *(others[:2] if len(others) > 30 else [])]
        rows = [{"id": f"job{n}", "metadata": values.get(n, 0)} for n in listed]
        outcome = reader(write(*rows))
        assert isinstance(outcome, JobList)
        assert list(outcome.jobs) == list({row["id"]: row for row in rows})
        assert [job.raw for job in outcome.jobs.values()] == list({row["id"]: row for row in rows}.values())
        moved = {job.id for job in outcome.changed}
        for ident, job in outcome.jobs.items():
            assert ident in moved or known.get(ident) is job
        known = outcome.jobs


@given(
    st.sets(st.integers(0, 29)),
    st.sets(st.integers(0, 29)),
    st.sets(st.integers(0, 29), max_size=4),
    st.sampled_from([body, compact]),
)
def test_what_came_or_changed_among_many_is_all_that_changed(
    first: set[int], then: set[int], faster: set[int], write: Any
) -> None:
    reader = JobReader()
    for listed in (range(30), sorted(first)):
        reader(write(*({"id": f"job{n}", "progress": 1} for n in listed)))
    before = {f"job{n}" for n in first}
    rows = [{"id": f"job{n}", "progress": 22 if n in faster else 1} for n in sorted(then)]
    outcome = reader(write(*rows))
    assert isinstance(outcome, JobList)
    assert [job.raw for job in outcome.jobs.values()] == rows
    assert [job.raw for job in outcome.changed] == [
        row for row in rows if row["id"] not in before or row["progress"] == 22
    ]


@given(st.sets(st.integers(0, 11), max_size=3), st.data())
def test_rows_among_which_some_came_or_went_are_refused_when_damaged(
    missing: set[int], data: st.DataObject
) -> None:
    reader = JobReader()
    for progress in (1, 22):
        reader(compact(*({"id": f"job{n}", "progress": progress} for n in range(10))))
    whole = compact(*({"id": f"job{n}", "progress": 22 + n % 2} for n in range(12) if n not in missing))
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.sampled_from([b"", b"{", b"}", b",", b'"', b"},{"])) + whole[at + 1 :]
    expected: Any = None
    with contextlib.suppress(ValueError):
        expected = JobReader()(damaged)
    if expected is None:
        with pytest.raises(ValueError, match=r".*"):
            reader(damaged)
    else:
        outcome: Any = reader(damaged)
        assert [job.raw for job in outcome.jobs.values()] == [job.raw for job in expected.jobs.values()]


@given(st.data())
def test_many_rows_that_are_damaged_are_refused(data: st.DataObject) -> None:
    reader = JobReader()
    states = [
        compact(*({"id": f"job{n}", "progress": progress * (n % 5 == 0)} for n in range(30)))
        for progress in (1, 22, 3, 44)
    ]
    for state in states[:3]:
        reader(state)
    at = data.draw(st.integers(0, len(states[3]) - 1))
    damaged = states[3][:at] + data.draw(st.sampled_from([b"", b"{", b"}", b",", b'"'])) + states[3][at + 1 :]
    expected: Any = None
    with contextlib.suppress(ValueError):
        expected = JobReader()(damaged)
    if expected is None:
        with pytest.raises(ValueError, match=r".*"):
            reader(damaged)
    else:
        outcome: Any = reader(damaged)
        assert [job.raw for job in outcome.jobs.values()] == [job.raw for job in expected.jobs.values()]
    again = reader(states[0])
    assert isinstance(again, JobList)
    assert again.jobs.keys() == {f"job{n}" for n in range(30)}


ROWS = [{"id": "a", "progress": 1}, {"id": "b", "progress": 1}, {"id": "c", "progress": 1}]
NEXT = [{"id": "a", "progress": 1}, {"id": "b", "progress": 12}, {"id": "c", "progress": 1}]


@pytest.mark.parametrize("write", [body, compact])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_whatever_is_no_json_is_refused_after_a_list_too(write: Any, place: int) -> None:
    whole = write(*NEXT)
    edges = [whole.index(b"[") + 1, *(whole.index(b"{", whole.index(b"}", n)) for n in (20, 50))]
    for junk in (b",", b"{", b"}", b"]", b"[", b'"', b"x"):
        for at in {edges[place], edges[place] - 1, edges[place] + 1, len(whole) - 2}:
            reader = JobReader()
            read(reader, *ROWS)
            reader(write(*ROWS))
            reader(write(*ROWS[:2], {"id": "c", "progress": 2}))
            with pytest.raises(ValueError, match=r".*"):
                reader(whole[:at] + junk + whole[at:])
            outcome = reader(whole)
            assert isinstance(outcome, JobList)
            assert [job.raw for job in outcome.jobs.values()] == NEXT
        with pytest.raises(ValueError, match=r".*"):
            reader(whole[: edges[place]] + whole[edges[place] + 1 :])


def test_jobs_that_come_and_go_at_the_end() -> None:
    reader = JobReader()
    for listed in (ROWS[:2], ROWS, [*NEXT, {"id": "d"}], NEXT[:1], NEXT[:1], []):
        read(reader, *ROWS[:2])
        assert [job.raw for job in read(reader, *listed).jobs.values()] == listed


def test_a_list_of_the_same_jobs_says_so() -> None:
    reader = JobReader()
    first = read(reader, *ROWS)
    assert first.alike is None
    then = read(reader, *NEXT)
    assert then.alike is first.jobs
    assert then.jobs is not first.jobs
    assert first.jobs["b"].progress == 1
    assert read(reader, *NEXT).alike is then.jobs
    for other in (NEXT[:2], [*NEXT, {"id": "d"}], [*NEXT[:2], {"id": "d"}], NEXT[::-1]):
        read(reader, *NEXT)
        known = read(reader, *ROWS).jobs
        outcome = read(reader, *other)
        assert outcome.alike is None or outcome.alike.keys() == outcome.jobs.keys() == known.keys()


@pytest.mark.parametrize("write", [body, compact])
@pytest.mark.parametrize("lengths", [(500, 0, 500), (0, 500, 0), (500, 0, 0), (60, 90, 10), (0, 0, 500)])
def test_rows_that_become_much_shorter_or_longer_are_looked_for(
    lengths: tuple[int, ...], write: Callable[..., bytes]
) -> None:
    def listed(lengths: Sequence[int]) -> list[dict[str, Any]]:
        return [{"id": f"job{n}", "name": "x" * length} for n, length in enumerate(lengths)]

    reader = JobReader()
    reader(write(*listed((500, 500, 500))))
    for rows in (listed(lengths), listed(lengths[::-1])):
        outcome = reader(write(*rows))
        assert isinstance(outcome, JobList)
        assert outcome.alike is not None, "the rows were told apart anew"
        assert [job.raw for job in outcome.jobs.values()] == rows


def test_a_failure_after_a_list_is_one() -> None:
    reader = JobReader()
    read(reader, *ROWS)
    read(reader, *NEXT)
    for text in (
        body(*ROWS)[:-1] + b', "message": "no"}',
        body(*ROWS)[:-1] + b', "session_expired": true}',
        b'{"exception": "x", ' + body(*ROWS)[1:],
    ):
        assert isinstance(reader(text), Failure)
    assert [job.id for job in read(reader, *ROWS).changed] == ["b"]


def test_ids_lose_their_prefix() -> None:
    ident = "6971e16fceadd67b955b1995"
    reader = JobReader()
    for progress in (1, 2):
        rows = [{"id": f"ObjectId:{ident}", "progress": progress}, {"id": "b", "user": f"ObjectId:{ident}"}]
        outcome = read(reader, *rows)
        assert list(outcome.jobs) == [ident, "b"]
        assert outcome.jobs["b"].user == ident
        assert outcome.jobs[ident].progress == progress


def test_a_null_list_is_empty_and_duplicates_are_one() -> None:
    outcome = JobReader()(b'{"result": null}')
    assert isinstance(outcome, JobList)
    assert outcome.jobs == {}
    assert list(read(JobReader(), {"id": "a"}, {"id": "a", "progress": 2}).jobs) == ["a"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b'{"message": "E#J001 no", "result": []}', FailureKind.REFUSED),
        (b'{"message": "old", "session_expired": true}', FailureKind.EXPIRED),
        (b'{"exception": "Traceback"}', FailureKind.CRASHED),
    ],
)
def test_failures(text: bytes, kind: FailureKind) -> None:
    outcome = JobReader()(text)
    assert isinstance(outcome, Failure)
    assert outcome.kind is kind


@pytest.mark.parametrize(
    "text",
    [b"", b"<html>", b"[]", b'{"result": 5}', b"{}"],
)
def test_what_is_no_list_of_jobs(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        JobReader()(text)


def test_a_row_that_names_no_job_hides_no_other() -> None:
    reader = JobReader()
    for _ in range(2):
        outcome = read(reader, {"name": "no id"}, {"id": "a"}, 5, None, {"id": 7}, {"id": "b"})
        assert list(outcome.jobs) == ["a", "b"]
    assert read(reader, {"id": "a"}, {"id": "b", "progress": 2}).changed[0].id == "b"
    assert isinstance(JobReader()(b'{"result": [{"name": "\\ud800"}, {"id": "a", "speed": NaN}]}'), JobList)


def test_what_strict_readers_refuse_is_read_all_the_same() -> None:
    outcome = JobReader()(b'{"result": [{"id": "a", "name": "\\ud800", "speed": NaN, "progress": 7}]}')
    assert isinstance(outcome, JobList)
    job = outcome.jobs["a"]
    assert (job.name, job.speed, job.progress) == ("\ud800", None, 7)
