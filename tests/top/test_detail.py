"""One job with its tasks: how often they are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import Session
from accsyn_async.dashboard.top import detail
from accsyn_async.dashboard.top.detail import pause
from accsyn_async.errors import NotFoundError
from accsyn_async.models import Job
from tests.cli.making import changed, removed
from tests.top.conftest import Place, Seat


class Tasks:
    """Counts the questions for tasks, and how long the pauses after them are to be."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.failures: list[int] = []
        self.there = False
        find = Session.find

        async def asked(session: Session, what: str, **facts: Any) -> Any:
            if what != "Task":
                return await find(session, what, **facts)
            self.asked += 1
            if not self.there:
                raise NotFoundError("there is no such job")
            return await find(session, what, **facts)

        def brief(every: float, failures: int) -> float:
            self.failures.append(failures)
            return 0.02

        monkeypatch.setattr(Session, "find", asked)
        monkeypatch.setattr(detail, "pause", brief)

    async def turns(self, seat: Seat, count: int = 5) -> None:
        """Wait until some more pauses are over."""
        enough = len(self.failures) + count
        await seat.until(lambda: len(self.failures) >= enough)


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> Tasks:
    """Tasks that cannot be had."""
    return Tasks(monkeypatch)


@given(st.floats(0.01, 600), st.integers(0, 10**6))
def test_pauses_grow_up_to_a_minute(every: float, failures: int) -> None:
    assert every <= pause(every, failures) <= pause(every, failures + 1) <= max(60.0, every)


async def test_after_failures_the_pauses_grow_until_there_is_an_answer(place: Place, tasks: Tasks) -> None:
    async with place.sit() as seat:
        await seat.press("enter")
        await seat.sees("there is no such job; asking again")
        await tasks.turns(seat)
        assert tasks.failures == list(range(1, len(tasks.failures) + 1))
        tasks.there = True
        await seat.sees("1 task")
        assert tasks.failures[-1] == 0


@pytest.mark.parametrize("status", ["done", "removed"])
async def test_of_a_job_that_is_over_tasks_that_cannot_be_had_are_asked_for_once(
    place: Place, tasks: Tasks, status: str
) -> None:
    async with place.sit() as seat:
        entry = seat.app.jobs.rows[0]
        await seat.press("enter")
        job = entry.job
        over = removed(job) if status == "removed" else changed(Job.from_row({**job.raw, "status": "done"}))
        seat.app.take(over)
        await seat.sees_no("asking again", "asking for them")
        await seat.sees("tasks: there is no such job")
        asked = tasks.asked
        await tasks.turns(seat)
        assert tasks.asked == asked
        seat.app.take(changed(job))
        await seat.until(lambda: tasks.asked > asked)


async def test_another_state_ends_a_long_pause(
    place: Place, tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detail, "pause", lambda *_: 1e6)
    async with place.sit() as seat:
        entry = seat.app.jobs.rows[0]
        await seat.press("enter")
        await seat.sees("asking again")
        assert tasks.asked == 1
        seat.app.take(changed(Job.from_row({**entry.job.raw, "status": "failed"})))
        await seat.until(lambda: tasks.asked == 2)
