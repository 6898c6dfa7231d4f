"""Jobs are steered from the screen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accsyn_async import Session
from tests.top.conftest import Place, Seat


def idents(seat: Seat, *names: str) -> list[str]:
    by_name = {entry.job.name: entry.job.id for entry in seat.app.jobs.rows}
    return [by_name[name] for name in names]


async def test_pausing_and_resuming_the_job_under_the_cursor(place: Place) -> None:
    async with place.sit() as seat:
        name = seat.current
        (ident,) = idents(seat, name)
        await seat.press("p")
        await seat.sees("Pause this job?", name)
        await seat.press("enter")
        await seat.sees("‖ 1 paused", f"answered  pausing {name}")
        assert await place.status(ident) == "paused"
        assert seat.current == name
        await seat.press("r")
        await seat.sees("‖ paused", f"❯  {name}")
        await seat.press("r", "y")
        await seat.sees(f"answered  resuming {name}")
        await seat.sees_no("‖ paused")
        assert await place.status(ident) in ("waiting", "running")


async def test_an_action_is_pending_until_a_poll_confirms_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll, may, held = Session._poll, asyncio.Event(), asyncio.Event()
    may.set()

    async def held_back(session: Session, *asked: Any) -> Any:
        if not may.is_set():
            held.set()
            await may.wait()
        return await poll(session, *asked)

    monkeypatch.setattr(Session, "_poll", held_back)
    async with place.sit() as seat:
        may.clear()
        await seat.until(held.is_set)
        await seat.press("p", "y")
        await seat.sees("… pausing")
        assert "1 paused" not in seat.text
        may.set()
        await seat.sees("‖ 1 paused")
        await seat.sees_no("… pausing")


async def test_abort_asks_names_and_takes_only_y_for_yes(place: Place) -> None:
    async with place.sit() as seat:
        first, second = seat.names[:2]
        both = idents(seat, first, second)
        await seat.press("space", "space")
        await seat.sees("2 marked", f"● {first}"[:-1])
        for answer in ("enter", "n", "escape", "s", "A", "down"):
            await seat.press("a")
            await seat.sees("Abort these 2 jobs?", first, second)
            await seat.press(answer)
            await seat.sees_no("Abort these 2 jobs?")
        assert [await place.status(ident) for ident in both] == ["running", "running"]
        await seat.press("a", "y")
        await seat.sees("✗ 2 aborted", "answered  aborting 2 jobs")
        assert [await place.status(ident) for ident in both] == ["aborted", "aborted"]
        await seat.sees_no("marked")


async def test_marks_come_and_go(place: Place) -> None:
    async with place.sit() as seat:
        await seat.press("space", "up", "space")
        await seat.sees_no("marked")
        await seat.press("asterisk")
        await seat.sees(f"{len(seat.names)} marked")
        await seat.press("escape")
        await seat.sees_no("marked")


async def test_a_mark_stays_while_its_job_is_filtered_away(place: Place) -> None:
    async with place.sit() as seat:
        name = seat.current
        await seat.press("space", "slash", *"waiting", "enter")
        await seat.until(lambda: name not in seat.names)
        await seat.sees("1 marked")
        await seat.press("p")
        await seat.sees("Pause this job?", name)
        await seat.press("escape")


async def test_what_makes_no_sense_is_left_alone(place: Place) -> None:
    async with place.sit() as seat:
        await seat.press("r")
        await seat.sees(f"nothing to resume: {seat.current} is running")
        await seat.press("p", "y")
        await seat.sees("‖ 1 paused")
        await seat.press("asterisk", "p")
        await seat.sees("left alone: ", "more")
        await seat.press("n")


async def test_each_job_has_an_answer_of_its_own(place: Place) -> None:
    async with place.sit() as seat:
        first, second = seat.names[:2]
        place.box.weather.add("error", uri="transfer/edit", status=400, count=1)
        await seat.press("space", "space", "p", "y")
        await seat.sees("refused   pause ", "answered  pausing 1 job · 1 refused", "1 marked", "‖ 1 paused")
        assert sum("running" in line and (first in line or second in line) for line in seat.lines) == 1


async def test_answers_are_seen_without_the_log(place: Place) -> None:
    async with place.sit(size=(60, 15)) as seat:
        await seat.press("p", "y")
        await seat.sees("answered: pausing")


async def test_the_job_that_is_open_is_steered(place: Place) -> None:
    async with place.sit() as seat:
        name = seat.current
        await seat.press("down", "space", "up", "up", "enter")
        await seat.sees("1 task", name)
        await seat.press("p")
        await seat.sees("Pause this job?", name)
        await seat.press("y")
        await seat.sees("‖ paused")
        assert await place.status(idents(seat, name)[0]) == "paused"


async def test_answers_are_clicked_too(place: Place) -> None:
    async with place.sit() as seat:
        await seat.press("a")
        await seat.sees("Abort this job?")
        line = next(y for y, text in enumerate(seat.lines) if "leave alone" in text)
        await seat.pilot.click(offset=(seat.lines[line].index("leave alone"), line))
        await seat.sees_no("Abort this job?")
        assert seat.app.requests.of(idents(seat, seat.current)[0]) is None


async def test_those_who_may_not_are_told_so(place: Place) -> None:
    async with place.sit() as seat:
        place.box.weather.add("error", uri="transfer/edit", status=403)
        await seat.press("a", "y")
        await seat.sees("refused   abort")
