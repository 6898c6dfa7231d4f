"""Many jobs are steered at once; answers are lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from accsyn_async import Session
from accsyn_async.board.board import Entry
from accsyn_async.dashboard.top.app import INTERRUPTED
from accsyn_async.dashboard.top.bulk import Bulk, going_on, left_to_do
from accsyn_async.dashboard.top.steering import ACTIONS, PATIENCE
from accsyn_async.errors import OutcomeUnknownError
from accsyn_async.models import Job
from tests.cli.making import DEGRADED, RECOVERED, changed, job
from tests.top.conftest import Place, Seat


class Gate:
    """Lets some changes through, and holds the others until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.through, self.held = 0, 0
        self.open = asyncio.Event()
        update = Session.update

        async def held(session: Session, kind: str, ident: str, facts: dict[str, Any]) -> Any:
            self.through -= 1
            if self.through < 0:
                self.held += 1
                await self.open.wait()
            return await update(session, kind, ident, facts)

        monkeypatch.setattr(Session, "update", held)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Changes are held."""
    return Gate(monkeypatch)


async def begin(seat: Seat) -> None:
    """Pause all jobs, of which two are answered."""
    await seat.press("asterisk", "p", "y")
    await seat.sees("pausing 2/60")


async def test_how_far_it_is_stands_above(place: Place, gate: Gate) -> None:
    gate.through = 2
    async with place.sit() as seat:
        await begin(seat)
        await seat.sees("pausing 2/60 · 60 jobs")
        await seat.until(lambda: sum("… pausing" in line for line in seat.lines) > 10)


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("ctrl+c", INTERRUPTED)])
async def test_leaving_before_the_end_is_asked_for(place: Place, gate: Gate, key: str, code: int) -> None:
    gate.through = 2
    async with place.sit() as seat:
        await begin(seat)
        for stay in ("n", "escape", "enter", "q"):
            await seat.press(key)
            await seat.sees("54 jobs not yet asked; leave?")
            await seat.press(stay)
            await seat.sees_no("leave?")
            assert seat.app.is_running
        await seat.press(key, "y")
        await seat.until(lambda: not seat.app.is_running)
        assert seat.app.return_value == code


async def test_a_second_control_c_leaves(place: Place, gate: Gate) -> None:
    gate.through = 2
    async with place.sit() as seat:
        await begin(seat)
        await seat.press("ctrl+c")
        await seat.sees("leave?")
        await seat.press("ctrl+c")
        await seat.until(lambda: not seat.app.is_running)
        assert seat.app.return_value == INTERRUPTED


async def test_what_was_asked_and_not_answered_is_asked_about_too(place: Place, gate: Gate) -> None:
    async with place.sit() as seat:
        await seat.press("p", "y")
        await seat.sees("… pausing")
        await seat.press("q")
        await seat.sees("1 job not yet answered; leave?")
        await seat.press("y")
        await seat.until(lambda: not seat.app.is_running)


async def test_a_bulk_is_a_line_and_each_refusal_is_one(place: Place) -> None:
    async with place.sit(size=(140, 60)) as seat:
        place.box.weather.add("error", uri="transfer/edit", status=400, count=2)
        await seat.press(*["space"] * 5, "p", "y")
        await seat.sees("answered  pausing 3 jobs · 2 refused")
        words = [line.word for line in seat.app.journal.lines]
        assert (words.count("answered"), words.count("refused")) == (1, 2)
        await seat.sees_no("pausing 5/5")
        await seat.sees("2 marked")


@pytest.mark.parametrize("acted", [True, False])
async def test_a_lost_answer_is_no_refusal(
    place: Place, monkeypatch: pytest.MonkeyPatch, acted: bool
) -> None:
    update = Session.update

    async def lost(session: Session, kind: str, ident: str, facts: dict[str, Any]) -> None:
        if acted:
            await update(session, kind, ident, facts)
        raise OutcomeUnknownError("it was sent and may or may not have been done")

    monkeypatch.setattr(Session, "update", lost)
    async with place.sit(size=(140, 30)) as seat:
        name = seat.current
        await seat.press("p", "y")
        await seat.sees(f"unknown   pause {name}: outcome unknown; it may have been done")
        await seat.sees_no("refused")
        assert seat.app.jobs.current is not None
        ident = seat.app.jobs.current.job.id
        if acted:
            await seat.sees("‖ 1 paused")
            assert seat.app.requests.of(ident) is None
        else:
            assert seat.app.requests.of(ident) is ACTIONS["pause"]
            await seat.sees("… pausing")


async def test_what_is_never_seen_is_told_by_name_or_by_number(place: Place) -> None:
    async with place.sit(size=(140, 40)) as seat:
        now = seat.app._seconds()
        names = seat.names[:3]
        idents = [entry.job.id for entry in seat.app.jobs.rows[:3]]
        for action, some in (("pause", idents[:1]), ("abort", idents[1:])):
            for ident in some:
                seat.app.requests.ask(ident, ACTIONS[action])
                seat.app.requests.answer(ident, now - PATIENCE)
        seat.app.refresh_all()
        await seat.sees(f"overdue   {names[0]} was not seen pausing", "2 jobs were not seen aborting")


async def test_while_no_poll_can_tell_nothing_is_overdue(place: Place) -> None:
    async with place.sit(size=(140, 40)) as seat:
        ident = seat.app.jobs.rows[0].job.id
        seat.app.take(DEGRADED)
        seat.app.requests.ask(ident, ACTIONS["pause"])
        seat.app.requests.answer(ident, seat.app._seconds() - PATIENCE)
        seat.app.refresh_all()
        await seat.sees("… pausing")
        assert seat.app.requests.of(ident) is ACTIONS["pause"]
        seat.app.take(RECOVERED)
        await seat.sees("was not seen pausing")
        await seat.sees_no("… pausing")


async def test_a_job_that_has_ended_before_its_turn_is_left_alone(place: Place, gate: Gate) -> None:
    async with place.sit(size=(140, 40)) as seat:
        five = seat.app.jobs.rows[:5]
        last = [entry for entry in seat.app.board.entries() if entry in five][-1]
        await seat.press(*["space"] * 5, "p", "y")
        await seat.until(lambda: gate.held == 4)
        seat.app.take(changed(Job.from_row({**last.job.raw, "status": "done"})))
        gate.open.set()
        await seat.sees("answered  pausing 4 jobs · 1 left alone")


def test_a_bulk_counts() -> None:
    bulk = Bulk(ACTIONS["abort"], [Entry(job(n)) for n in range(3104)])
    assert left_to_do([bulk]) == "3,104 jobs not yet asked"
    bulk.asked = 3104
    bulk.done, bulk.refused, bulk.unknown = 3000, 100, 3
    assert left_to_do([bulk]) == "1 job not yet answered"
    assert going_on([bulk, bulk]) == "aborting 3,103/3,104, aborting 3,103/3,104"
    bulk.unknown = 4
    assert left_to_do([bulk]) == left_to_do([]) == going_on([]) == ""
    assert bulk.summary() == "aborting 3,000 jobs · 100 refused · outcome unknown of 4"
    bulk.done = 0
    assert bulk.summary().startswith("aborting none · ")
