"""What the screen shows, and how it is looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accsyn_async.dashboard.top.app import INTERRUPTED
from accsyn_async.dashboard.top.columns import DEFAULT
from accsyn_async.errors import AuthenticationError
from tests.cli.making import HOSTILE
from tests.top.conftest import Place, sixty_jobs


async def test_the_first_frame_is_there_before_the_backend_has_answered(tmp_path: Path) -> None:
    async with sixty_jobs(tmp_path) as place:
        slow = place.box.weather.add("delay", uri="login", seconds=1e6)
        async with place.sit(synced=False) as seat:
            await seat.sees("asking for jobs", "NAME", "STATUS▲", "? help", "q leave")
            await seat.until(lambda: slow.hits)
            assert seat.app.board.synced is False
            await seat.press("down", "enter", "space", "p", "question_mark")
            await seat.sees("this help")
            await seat.press("escape", "q")
            await seat.until(lambda: not seat.app.is_running)
            assert seat.app.return_value == 0


async def test_rows_appear_and_move(place: Place) -> None:
    async with place.sit() as seat:
        await seat.sees("acme · Transfer", "running", "following", "MB/s")
        name = seat.names[0]
        before = next(line for line in seat.lines if name in line)
        await place.box.advance(minutes=5)
        await seat.until(lambda: next((line for line in seat.lines if name in line), before) != before)


async def test_new_jobs_and_ends_are_told(empty: Place) -> None:
    async with empty.sit(synced=False) as seat:
        await seat.sees("no jobs yet")
        await empty.create("teaser.mov")
        await seat.sees("teaser.mov", "1 job", "new ")
        await empty.box.advance(hours=10)
        await seat.sees("✓ done", "✓ 1 done", "done      teaser.mov")


async def test_typing_filters_at_once_and_escape_ends_it(place: Place) -> None:
    async with place.sit() as seat:
        everything = len(seat.names)
        name = seat.names[10]
        await seat.press("slash", *name[:4])
        await seat.until(lambda: len(seat.names) < everything)
        await seat.sees(f"{len(seat.names)} of {everything} jobs")
        assert all(name[:4] in one for one in seat.names)
        await seat.press("escape")
        await seat.until(lambda: len(seat.names) == everything)
        assert seat.app.focused is seat.app.jobs


async def test_a_filter_is_kept_with_enter_and_letters_are_no_keys_in_it(place: Place) -> None:
    async with place.sit() as seat:
        everything = len(seat.names)
        await seat.press("slash", *"running")
        await seat.until(lambda: len(seat.names) < everything)
        few = len(seat.names)
        await seat.press("enter")
        assert seat.app.focused is seat.app.jobs
        await seat.press("q", "q")
        await seat.until(lambda: not seat.app.is_running)
        assert len(seat.names) == few


async def test_a_filter_that_finds_nothing_says_so_and_how_to_end_it(place: Place) -> None:
    async with place.sit(size=(60, 15)) as seat:
        await seat.press("slash", *"nobody_is", "enter")
        await seat.sees("No job matches nobody_is", "Esc clears the filter.", "0 of 60 jobs")
        await seat.press("enter", "space", "p", "down")
        assert len(seat.app.screen_stack) == 1
        await seat.press("escape")
        await seat.sees_no("No job matches")
        assert len(seat.names) == 60


async def test_a_filter_names_a_field(place: Place) -> None:
    async with place.sit() as seat:
        await seat.press("slash", *"status:running")
        await seat.until(lambda: 0 < len(seat.names) < 60)
        assert {entry.word for entry in seat.app.jobs.rows} == {"running"}


async def test_an_empty_filter_is_none(place: Place) -> None:
    async with place.sit() as seat:
        await seat.press("slash", "enter")
        await seat.sees_no("words, status:")
        assert seat.app.focused is seat.app.jobs


async def test_the_cursor_keeps_its_job(place: Place) -> None:
    async with place.sit() as seat:
        await seat.press("down", "down", "down")
        name = seat.current
        for key in ("greater_than_sign", "i", "less_than_sign", "i", "less_than_sign"):
            await seat.press(key)
            assert seat.current == name
        await seat.press("slash", *name[:4], "enter")
        assert seat.current == name
        await seat.press("escape")
        assert seat.current == name
        (ident,) = await place.create("a_new_one.mov")
        await seat.until(lambda: "a_new_one.mov" in seat.names)
        assert seat.current == name
        await place.box.advance(hours=2)
        await seat.until(lambda: any(entry.word == "done" for entry in seat.app.board.entries()))
        assert seat.current == name
        await seat.sees(f"❯  {name}")
        assert ident in {entry.job.id for entry in seat.app.jobs.rows}


async def test_keys_and_wheel_move_through_the_list(place: Place) -> None:
    async with place.sit(size=(80, 24)) as seat:
        names = seat.names
        await seat.press("end")
        assert seat.current == names[-1]
        await seat.sees(f"❯  {names[-1]}")
        await seat.press("home", "j", "j", "k")
        assert seat.current == names[1]
        await seat.press("pagedown")
        assert names.index(seat.current) > 5
        await seat.press("pageup", "pageup")
        assert seat.current == names[0]
        top = seat.app.jobs.top
        seat.app.jobs.action_scroll_down()
        await seat.until(lambda: seat.app.jobs.top > top)


async def test_a_click_moves_the_cursor_and_two_open_the_job(place: Place) -> None:
    async with place.sit() as seat:
        names = seat.names
        await seat.pilot.click("#jobs", offset=(5, 3))
        assert seat.current == names[3]
        while len(seat.app.screen_stack) == 1:
            # On a busy machine two clicks may be too far apart to be one double click.
            await seat.pilot.click("#jobs", offset=(5, 4), times=2)
        await seat.sees("1 task", names[4])


async def test_the_order_is_chosen_by_keys_by_a_menu_and_by_a_click(place: Place) -> None:
    async with place.sit() as seat:
        await seat.press("s", "up", "enter")
        await seat.sees("NAME▲")
        assert seat.names == sorted(seat.names, key=str.casefold)
        await seat.press("i")
        await seat.sees("NAME▼")
        assert seat.names == sorted(seat.names, key=str.casefold, reverse=True)
        await seat.pilot.click("#titles", offset=(5, 0))
        await seat.sees("NAME▲")
        await seat.press("greater_than_sign")
        await seat.sees("STATUS▲")
        await seat.press("s", "escape")
        await seat.sees("STATUS▲")


async def test_columns_are_chosen_and_remembered(place: Place) -> None:
    async with place.sit(size=(140, 40)) as seat:
        await seat.sees("FROM → TO", "USER")
        await seat.press("c")
        await seat.sees("Columns, from left to right", "[x] USER", "[ ] ID")
        await seat.press("space", "down", *["down"] * 10, "space", "greater_than_sign", "enter")
        await seat.sees_no("NAME")
        await seat.sees(" ID ", seat.app.jobs.rows[0].job.id)
        await seat.press("s", "down", "down", "enter", "l")
        await seat.sees_no("following")
        view = seat.app.view
        assert view.columns == (*DEFAULT[1:], "id")
        await seat.press("q")
    assert json.loads(place.state.read_text())["columns"] == list(view.columns)
    async with place.sit(size=(140, 40)) as seat:
        assert seat.app.view == view
        await seat.sees_no("NAME", "following")
        await seat.sees(" ID ")


async def test_one_column_always_stays_and_columns_can_be_put_in_order(place: Place) -> None:
    async with place.sit(size=(120, 30)) as seat:
        await seat.press("c", "greater_than_sign", "enter")
        assert seat.app.view.columns[:2] == ("status", "name")
        await seat.press("c", *["space", "down"] * len(DEFAULT), "enter")
        assert len(seat.app.view.columns) == 1
        await seat.press("c", "down", "space", "escape")
        assert len(seat.app.view.columns) == 1


async def test_a_view_that_cannot_be_used_is_told_of(place: Place) -> None:
    place.state.parent.mkdir(parents=True)
    place.state.write_text("{")
    async with place.sit(size=(140, 30)) as seat:
        await seat.sees("the remembered view is damaged, and not used")
        assert seat.app.view.columns == DEFAULT


async def test_a_job_is_opened_with_its_tasks_which_live(empty: Place) -> None:
    (ident,) = await empty.create("teaser.mov")
    async with empty.sit() as seat:
        await seat.sees("teaser.mov")
        await seat.press("enter")
        await seat.sees("1 task", "acme → berlin", "admin@example.com", ident, "0.mov → ")
        await seat.sees_no("✓ done")
        await seat.press("slash", "s", "c", "space")
        assert len(seat.app.screen_stack) == 2
        await empty.box.advance(hours=10)
        await seat.until(lambda: sum("✓ done" in line for line in seat.lines) == 2)
        await seat.press("escape")
        await seat.sees("STATUS▲")


async def test_tasks_that_cannot_be_had_are_asked_for_again(empty: Place) -> None:
    await empty.create("teaser.mov")
    async with empty.sit() as seat:
        fault = empty.box.weather.add("error", uri="task/*", status=400)
        await seat.press("enter")
        await seat.sees("asking again")
        empty.box.weather.remove(fault)
        await seat.sees("1 task")


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (100, 30), (140, 40)])
async def test_every_size_shows_what_there_is_room_for(place: Place, size: tuple[int, int]) -> None:
    width, height = size
    async with place.sit(size=size) as seat:
        await seat.sees("NAME", "STATUS▲", "DONE", "? help", "q leave", "a abort", seat.names[0])
        assert all(len(line) == width for line in seat.lines)
        assert len(seat.lines) == height
        assert ("━" in seat.text or "╸" in seat.text or "────" in seat.text) == (width >= 100)
        assert ("following" in seat.text) == (height >= 20)
        assert ("TIME LEFT" in seat.text, "SIZE" in seat.text) == (True, width >= 80)
        for key, text in (("question_mark", "move the cursor"), ("c", "[x] NAME"), ("p", "leave alone")):
            await seat.press(key)
            await seat.sees(text)
            await seat.press("escape")
        await seat.press("enter")
        await seat.sees("1 task", "Esc back")


async def test_the_log_opens_on_small_terminals_when_asked_for(place: Place) -> None:
    async with place.sit(size=(60, 15)) as seat:
        assert "following" not in seat.text
        await seat.press("l")
        await seat.sees("following")
        await seat.press("l")
        await seat.sees_no("following")


async def test_a_log_hidden_for_want_of_room_is_not_hidden_where_there_is(place: Place) -> None:
    async with place.sit(size=(60, 15)) as seat:
        await seat.press("l")
        await seat.sees("following")
        await seat.press("l")
        await seat.sees_no("following")
        await seat.pilot.resize_terminal(80, 24)
        await seat.sees("following")
        await seat.press("l")
        await seat.sees_no("following")
        assert seat.app.view.log is False
        await seat.pilot.resize_terminal(60, 15)
        await seat.press("l")
        await seat.sees("following")
        assert seat.app.view.log is False


async def test_on_a_small_terminal_an_answer_is_one_line(place: Place) -> None:
    async with place.sit(size=(60, 15)) as seat:
        before = seat.lines
        text = "abort of a job that is called something that is longer than the terminal is wide"
        seat.app.say("refused", text)
        await seat.sees("refused: abort of")
        assert [y for y, line in enumerate(seat.lines) if "refused" in line or "called" in line] == [13]
        assert (seat.lines[12], seat.lines[14]) == (before[12], before[14])


async def test_each_line_of_the_help_fits_a_small_terminal(place: Place) -> None:
    async with place.sit(size=(60, 45)) as seat:
        await seat.press("question_mark")
        await seat.sees("status: user: queue: from: to:", "was deleted")
        assert "…" not in seat.text.replace("… ", "")


async def test_the_terminal_may_change_its_size(place: Place) -> None:
    async with place.sit(size=(140, 40)) as seat:
        await seat.sees("USER", "following")
        await seat.press("end")
        await seat.pilot.resize_terminal(60, 15)
        await seat.until(lambda: len(seat.lines) == 15 and "USER" not in seat.text)
        await seat.sees("TIME LEFT", f"❯  {seat.current[:6]}")
        await seat.sees_no("following")


async def test_hostile_names_do_nothing(empty: Place) -> None:
    async with empty.sit(size=(140, 40), synced=False) as seat:
        await empty.create(*(name for name in HOSTILE if "\x00" not in name and "\ud800" not in name))
        await seat.sees(
            "[red]x[/red].mov", "\\x1b]0;pwned\\x07.mov", "two\\nlines\\r.mov", "fdp\\u202egpj.exe"
        )
        await seat.sees(":smile: [link=http://evil]a[/link]")
        assert not {"\x1b", "\x9b", "\u202e", "\u200b", "\u2029"} & set(seat.text)
        await seat.press("asterisk", "a")
        await seat.sees("Abort these", "\\x9b31mred")
        await seat.press("escape", "enter")
        await seat.sees("1 task")
        assert not {"\x1b", "\x9b", "\u202e"} & set(seat.text)


async def test_help_names_what_there_is(place: Place) -> None:
    async with place.sit(size=(100, 45)) as seat:
        await seat.press("question_mark")
        await seat.sees("pause what is marked", "words that must all occur", "‖ paused", "stalled")
        await seat.press("question_mark")
        await seat.sees_no("words that must")


async def test_read_only_has_no_key_that_acts(place: Place) -> None:
    async with place.sit(read_only=True, size=(100, 45)) as seat:
        await seat.sees("read-only")
        await seat.sees_no("abort", "pause", "mark")
        await seat.press("space", "asterisk", "p", "r", "a", "y", "enter")
        await seat.sees("1 task")
        await seat.press("p", "y", "a", "y", "escape", "question_mark")
        await seat.sees("Read-only: nothing can be done to jobs.")
        await seat.sees_no("abort it")
    assert not [
        request
        for request in place.box.requests
        if request.verb not in ("GET", "HEAD")
        and "login" not in request.uri
        and "discovery" not in request.uri
    ]


async def test_degraded_is_told_with_the_age_of_what_is_shown(place: Place) -> None:
    async with place.sit() as seat:
        place.box.weather.add("error", uri="transfer/*", status=503)
        await seat.sees("! degraded · as of ", " ago · trying on: ", "degraded ")
        place.box.weather.clear()
        await seat.sees_no("! degraded")
        await seat.sees("recovered")


async def test_a_login_that_is_refused_ends_it(place: Place) -> None:
    place.box.weather.add("error", uri="login", status=401)
    async with place.sit(synced=False) as seat:
        await seat.until(lambda: not seat.app.is_running)
    assert isinstance(seat.app.failure, AuthenticationError)


async def test_jobs_by_id_stay_when_all_have_ended(empty: Place) -> None:
    idents = await empty.create("one.mov", "two.mov")
    async with empty.sit(idents) as seat:
        await seat.sees("acme · 2 jobs")
        await empty.box.advance(hours=10)
        await seat.sees("✓ 2 done", "every job has come to its end")
        await seat.press("enter")
        await seat.sees("1 task")


async def test_control_c_leaves_from_anywhere(place: Place) -> None:
    async with place.sit() as seat:
        await seat.press("slash", "x", "ctrl+c")
        await seat.until(lambda: not seat.app.is_running)
    assert seat.app.return_value == INTERRUPTED
