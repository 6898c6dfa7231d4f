"""The screen before a relay's feed: what the relay allows is offered, and no tasks are looked for."""

from __future__ import annotations

from tests.top.conftest import Place


async def test_what_a_relay_allows_is_offered_as_it_changes(place: Place) -> None:
    async with place.sit(relayed=["pause"]) as seat:
        await seat.sees(f"{place.box.workspace} · Transfer · relayed", " p pause ", " Space mark ")
        await seat.sees_no(" r resume ", " a abort ")
        name = seat.current
        ident = seat.app.jobs.rows[0].job.id
        await seat.press("a")
        assert "Abort this job?" not in seat.text
        await seat.press("p")
        await seat.sees("Pause this job?", name)
        await seat.press("y")
        await seat.sees(f"answered  pausing {name}")
        assert await place.status(ident) == "paused"
        assert place.feed.asked == [("pause", "transfer", ident)]
        place.feed.allowed = frozenset({"resume"})
        await seat.sees(" r resume ")
        await seat.sees_no(" p pause ")
        await seat.press("home", "space")
        await seat.sees("1 marked")
        place.feed.allowed = frozenset()
        await seat.sees("relayed · read-only")
        await seat.sees_no(" r resume ", " Space mark ", "1 marked")
        await seat.press("space", "asterisk", "r")
        assert "Resume" not in seat.text
        await seat.sees_no("marked")


async def test_help_tells_of_what_is_allowed_alone(place: Place) -> None:
    async with place.sit(relayed=["abort"], size=(100, 45)) as seat:
        await seat.press("question_mark")
        await seat.sees("mark a job", "only y means yes")
        await seat.sees_no("pause what is marked", "resume what is marked")
        await seat.press("escape")
        place.feed.allowed = frozenset()
        await seat.sees("read-only")
        await seat.press("question_mark")
        await seat.sees("Read-only: nothing can be done to jobs.")
        await seat.sees_no("only y means yes")


async def test_a_job_of_a_relay_says_why_it_has_no_tasks(place: Place) -> None:
    async with place.sit(relayed=["pause", "resume", "abort"]) as seat:
        name = seat.current
        await seat.press("enter")
        await seat.sees(name, "tasks are not relayed; a dashboard that asks accsyn itself shows them")
        await seat.sees(" p pause ", " r resume ", " a abort ")
        place.feed.allowed = frozenset({"resume"})
        await seat.sees_no(" p pause ", " a abort ")
        await seat.press("escape")
    assert not [call for call in place.box.requests if "task" in call.uri]


async def test_read_only_offers_nothing_of_what_a_relay_allows(place: Place) -> None:
    async with place.sit(relayed=["pause"], read_only=True) as seat:
        await seat.sees("relayed · read-only")
        assert " p pause " not in seat.text
