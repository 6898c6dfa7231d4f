"""The log pane follows what happens, at every size of the terminal."""

from __future__ import annotations

import pytest

from tests.top.conftest import Place, Seat


def shown(seat: Seat, count: int) -> list[str]:
    """Of so many lines named ``line 1`` and so on, those to be read."""
    names = [f"line {number}" for number in range(1, count + 1)]
    told = [line.split("note", 1)[1].strip(" ▁▂▃▄▅▆▇█") for line in seat.lines if "note  " in line]
    return [name for name in names if name in told]


async def write(seat: Seat, *numbers: int) -> None:
    """Write lines, each with a redraw of its own."""
    for number in numbers:
        seat.app.note(f"line {number}")
        seat.app.refresh_all()
        await seat.pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 50)])
async def test_the_last_line_is_seen(place: Place, size: tuple[int, int]) -> None:
    async with place.sit(size=size) as seat:
        for number in range(1, 31):
            await write(seat, number)
            assert f"line {number}" in shown(seat, 30)
        assert "line 1" not in shown(seat, 30)


async def test_many_lines_at_once_are_followed(place: Place) -> None:
    async with place.sit(size=(80, 24)) as seat:
        for number in range(1, 31):
            seat.app.note(f"line {number}")
        await seat.until(lambda: "line 30" in shown(seat, 30))


async def test_who_scrolls_up_is_left_there_until_the_end_is_reached_again(place: Place) -> None:
    async with place.sit(size=(80, 24)) as seat:
        await write(seat, *range(1, 21))
        log = seat.app.query_one("#log")
        log.focus()
        await seat.press("up", "up")
        above = shown(seat, 30)
        assert "line 20" not in above
        await write(seat, 21, 22)
        assert shown(seat, 30) == above
        seat.app.say("answered", "something")
        await seat.sees("answered: something")
        seat.app.clear_notifications()
        await seat.press("end")
        await write(seat, 23)
        await seat.until(lambda: "line 23" in shown(seat, 30))


async def test_who_reads_is_not_carried_off_as_the_oldest_lines_go(place: Place) -> None:
    async with place.sit(size=(80, 24)) as seat:
        for number in range(1, 1001):
            seat.app.note(f"line {number}")
        await seat.until(lambda: "line 1000" in shown(seat, 1000))
        seat.app.query_one("#log").focus()
        await seat.press("pageup", "pageup")
        before = shown(seat, 1000)
        assert "line 1000" not in before
        await write(seat, *range(1001, 1011))
        assert shown(seat, 1010) == before


async def test_an_answer_in_the_log_needs_no_toast(place: Place) -> None:
    async with place.sit(size=(80, 24)) as seat:
        await write(seat, *range(1, 21))
        seat.app.say("answered", "something")
        await seat.sees("answered  something")
        assert "answered: something" not in seat.text


async def test_what_is_seen_after_each_change_of_size(place: Place) -> None:
    async with place.sit(size=(80, 24)) as seat:
        await write(seat, *range(1, 31))
        for width, height, lines in ((60, 15, 0), (100, 30, 6), (80, 24, 4), (140, 60, 10), (80, 24, 4)):
            await seat.pilot.resize_terminal(width, height)
            last = [f"line {number}" for number in range(31 - lines, 31)]
            await seat.until(lambda last=last: shown(seat, 30) == last)  # type: ignore[misc]
            assert (len(seat.lines), {len(line) for line in seat.lines}) == (height, {width})
            assert "? help" in seat.lines[-1]
            assert seat.names[0][:8] in seat.lines[3]


async def test_a_log_that_comes_back_shows_its_end(place: Place) -> None:
    async with place.sit(size=(80, 24)) as seat:
        await seat.press("l")
        await write(seat, *range(1, 31))
        assert shown(seat, 30) == []
        await seat.press("l")
        await seat.until(lambda: shown(seat, 30) == ["line 27", "line 28", "line 29", "line 30"])
