"""The books of tasks: whose are asked for, in which turn, and what is told of them (guarantee 9)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Job, Task, TaskChanged, TaskStatus
from accsyn_async.monitor.ledger import Ledger
from accsyn_async.monitor.task_books import TaskBooks
from tests.support.backend import job_id, row

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def task(uri: str, status: str = "queued", **values: Any) -> Task:
    return Task.from_row({"id": f"t{uri}", "uri": uri, "status": status, "size": 10, **values})


class Desk:
    """A ledger and the books of its jobs' tasks."""

    def __init__(self, *jobs: tuple[int, str]) -> None:
        self.ledger = Ledger("acme")
        self.books = TaskBooks(self.ledger)
        for number, status in jobs:
            self.see(number, status)

    def see(self, number: int, status: str) -> None:
        self.ledger.observe(Job.from_row(row(number, status=status)), NOW)

    def take(self, number: int, *tasks: Task) -> list[TaskChanged]:
        return self.books.take(job_id(number), tasks, NOW)

    def due(self, *numbers: int, most: int = 100) -> list[int]:
        return [int(ident, 16) for ident in self.books.due(map(job_id, numbers), most)]


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        ("running", [1]),
        ("init", []),
        ("pending", []),
        ("waiting", []),
        ("paused", []),
        ("failed", []),
        ("done", []),
        ("aborted", []),
    ],
)
def test_guarantee_9_tasks_are_asked_for_of_running_jobs(status: str, asked: list[int]) -> None:
    assert Desk((1, status)).due(1) == asked


@pytest.mark.parametrize("status", ["done", "failed", "paused", "aborted"])
def test_once_more_when_a_job_runs_no_longer(status: str) -> None:
    desk = Desk((1, "running"))
    desk.take(1, task("0"))
    assert desk.due(1) == [1]
    desk.see(1, status)
    assert desk.due(1) == [1]
    desk.take(1, task("0", "done"))
    assert desk.due(1) == []


def test_what_was_never_seen_is_not_asked_for() -> None:
    desk = Desk()
    assert desk.due(1, 2) == []
    assert desk.take(1, task("0")) == []


def test_changed_jobs_come_first_then_those_asked_for_longest_ago() -> None:
    desk = Desk(*((number, "running") for number in range(1, 6)))
    for number in (3, 1, 2, 4):
        desk.take(number, task("0"))
    assert desk.due(1, 2, 3, 4, 5) == [5, 3, 1, 2, 4]
    assert desk.due(1, 2, 3, 4, 5, most=2) == [5, 3]
    desk.see(4, "done")
    assert desk.due(1, 2, 3, 4, 5, most=2) == [4, 5]


def test_what_is_told_of_a_task() -> None:
    desk = Desk((1, "running"))
    first, second = desk.take(1, task("0"), task("1", "executing", progress=5))
    assert (first.previous, first.task.uri, second.task.uri) == (None, "0", "1")
    assert first.changes == {"status": (None, TaskStatus.QUEUED), "size": (None, 10)}
    assert second.changes["progress"] == (None, 5)
    assert desk.take(1, task("0"), task("1", "executing", progress=5)) == []
    (changed,) = desk.take(1, task("0"), task("1", "done", progress=5))
    assert changed.changes == {"status": (TaskStatus.EXECUTING, TaskStatus.DONE)}
    assert changed.previous == second.task
    assert (changed.job.id, changed.run) == (job_id(1), 0)
    assert len({first.id, second.id, changed.id}) == 3


def test_a_task_that_is_not_listed_for_once_is_not_forgotten() -> None:
    desk = Desk((1, "running"))
    desk.take(1, task("0"), task("1"))
    assert desk.take(1, task("0")) == []
    assert desk.take(1, task("0"), task("1")) == []


def test_a_new_watch_is_told_of_those_that_are_known() -> None:
    desk = Desk((1, "running"), (2, "running"))
    desk.take(1, task("0"))
    desk.take(1, task("0", "done"), task("1"))
    known = desk.books.known(desk.ledger.lives[job_id(1)], NOW)
    assert [(each.task.uri, each.task.status.value, each.previous) for each in known] == [
        ("0", "done", None),
        ("1", "queued", None),
    ]
    assert desk.books.known(desk.ledger.lives[job_id(2)], NOW) == []
    desk.books.forget(job_id(1))
    desk.books.forget(job_id(1))
    assert desk.books.known(desk.ledger.lives[job_id(1)], NOW) == []


STATUSES = st.sampled_from(["queued", "executing", "done", "failed"])


@given(st.lists(st.dictionaries(st.sampled_from("012"), st.tuples(STATUSES, st.integers(0, 3))), max_size=20))
def test_what_is_told_adds_up_to_what_was_seen(looks: list[dict[str, tuple[str, int]]]) -> None:
    desk = Desk((1, "running"))
    shown: dict[str, dict[str, Any]] = {}
    truth: dict[str, Task] = {}
    ids: list[str] = []
    for look in looks:
        seen = {uri: task(uri, status, priority=level) for uri, (status, level) in look.items()}
        for event in desk.take(1, *seen.values()):
            ids.append(event.id)
            before = truth.get(event.task.uri)
            assert event.previous == before
            for field, (old, new) in event.changes.items():
                assert old != new
                assert old == (getattr(before, field) if before else None)
                shown.setdefault(event.task.uri, {})[field] = new
        truth |= seen
    for uri, known in truth.items():
        assert shown[uri]["status"] == known.status
        assert shown[uri]["priority"] == known.priority
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_in_turn_nobody_waits_for_ever(most: int) -> None:
    numbers = range(1, 8)
    desk = Desk(*((number, "running") for number in numbers))
    last = dict.fromkeys(numbers, 0)
    for turn in range(1, 40):
        for number in desk.due(*numbers, most=most):
            desk.take(number, task("0"))
            last[number] = turn
        assert min(last.values()) >= turn - -(-len(numbers) // most)
