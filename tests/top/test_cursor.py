"""The cursor keeps its job, and what is seen stays where it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.dashboard.top.drift import drift
from accsyn_async.models import Job
from accsyn_async.sandbox import Sandbox
from tests.cli.making import changed, found, job
from tests.top.conftest import Place, Seat


@pytest.fixture
async def many(tmp_path: Path) -> AsyncIterator[Place]:
    """Three hundred jobs that stand still."""
    async with Sandbox(synthetic_jobs=300, seed=7, time_factor=0, rate_limit=False) as box:
        yield Place(box, tmp_path)


async def becomes(seat: Seat, name: str, status: str) -> None:
    """Tell that a job is in another state."""
    entry = next(entry for entry in seat.app.board.entries() if entry.job.name == name)
    seat.app.take(changed(Job.from_row({**entry.job.raw, "status": status})))
    seat.app.refresh_all()
    await seat.pilot.pause()


async def comes(seat: Seat, *numbers: int) -> None:
    """Tell of new jobs that run: they are listed among the first by the time of their making."""
    for number in numbers:
        seat.app.take(found(job(number, "running", created="2099-01-01T00:00:00.000Z")))
    seat.app.refresh_all()
    await seat.pilot.pause()


def seen(seat: Seat) -> list[str]:
    """The names of the jobs that are on the screen."""
    jobs = seat.app.jobs
    return seat.names[jobs.top : jobs.top + jobs.room]


@pytest.mark.parametrize("status", ["done", "paused"])
async def test_what_is_seen_stays_when_the_job_goes_elsewhere(many: Place, status: str) -> None:
    async with many.sit() as seat:
        await seat.press("down", "down")
        name, before = seat.current, seen(seat)
        await becomes(seat, name, status)
        assert seat.current == name
        assert name not in seen(seat)
        assert seen(seat)[:-1] == [one for one in before if one != name]
        await seat.press("down")
        assert seat.current == name
        await seat.sees(f"❯  {name}")


async def test_an_untouched_cursor_stays_on_top(many: Place) -> None:
    async with many.sit() as seat:
        first, second = seat.names[:2]
        await becomes(seat, first, "done")
        assert (seat.current, seat.app.jobs.top) == (second, 0)
        seat.app.view = seat.app.view.sorted_by("created")
        await comes(seat, 1)
        assert (seat.current, seat.app.jobs.top) == ("job1.mov", 0)
        await seat.sees("❯  job1.mov")


async def test_jobs_that_come_above_push_nothing_away(many: Place) -> None:
    async with many.sit() as seat:
        await seat.press("s", *["down"] * 8, "enter")
        assert seat.app.view.sort == "created"
        await seat.press(*["pagedown"] * 4)
        name, before = seat.current, seen(seat)
        await comes(seat, *range(1, 41))
        assert (seat.current, seen(seat)) == (name, before)
        await seat.press("home", "down", "down")
        name = seat.current
        await comes(seat, 50)
        assert seat.names[0] in seen(seat)
        assert seat.current == name
        await comes(seat, *range(100, 160))
        assert name in seen(seat)


@pytest.mark.parametrize("key", ["p", "r", "a", "enter", "space"])
async def test_nothing_is_done_to_a_job_that_is_not_on_the_screen(many: Place, key: str) -> None:
    async with many.sit() as seat:
        await seat.press("down")
        name = seat.current
        await becomes(seat, name, "paused")
        assert name not in seen(seat)
        await seat.press(key)
        assert len(seat.app.screen_stack) == 1
        assert not seat.app.jobs.marked
        await seat.sees(f"❯  {name}", "press again")
        await seat.press(key)
        assert len(seat.app.screen_stack) == 1 + (key in ("r", "a", "enter"))
        assert bool(seat.app.jobs.marked) == (key == "space")


async def test_the_wheel_leaves_the_cursor_and_keys_lead_back(many: Place) -> None:
    async with many.sit() as seat:
        name = seat.current
        seat.app.jobs.put_top(100)
        await seat.until(lambda: seat.app.jobs.top == 100)
        before = seen(seat)
        await becomes(seat, seat.names[200], "done")
        assert seen(seat) == before
        await seat.press("p")
        assert len(seat.app.screen_stack) == 1
        await seat.sees(f"❯  {name}")


async def test_a_banner_leaves_what_is_seen(many: Place) -> None:
    async with many.sit() as seat:
        seat.app.jobs.put_top(100)
        await seat.until(lambda: seat.app.jobs.top == 100)
        many.box.weather.add("error", uri="transfer/*", status=503)
        await seat.sees("! degraded")
        assert seat.app.jobs.top == 100


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=1, max_size=40), st.integers(-50, 50))
def test_what_moves_together_drifts_by_that(lines: list[int], moved: int) -> None:
    seen = [(line, str(line)) for line in lines]
    assert drift(seen, {ident: line + moved for line, ident in seen}) == moved


def test_what_jumps_alone_or_is_gone_does_not_count() -> None:
    seen = [(line, str(line)) for line in range(10)]
    places = {str(line): line + 1 for line in range(10)} | {"3": 5000, "4": 0}
    del places["7"]
    assert drift(seen, places) == 1
    assert drift(seen, {}) == 0
    assert drift([], places) == 0
