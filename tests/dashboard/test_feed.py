"""What pages are sent: whatever a page misses, it ends up knowing what the board holds."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.board.board import Board
from accsyn_async.dashboard.web.feed import Feed
from accsyn_async.dashboard.web.rows import job_row
from accsyn_async.events import Event
from tests.cli.making import HOSTILE, changed, finished, found, ident, job, removed, revived, stalled
from tests.dashboard.reading import Page

HEALTH: dict[str, Any] = {"state": "ok", "reason": None, "age": 0.5, "now": 0}
VOLATILE = ("eta_s", "spark")


class Desk:
    """A board with its feed."""

    def __init__(self) -> None:
        self.now = 0.0
        self.board = Board(on_drop=lambda ident: self.feed.drop(ident))
        self.feed = Feed(self.board, "e")
        self.feed.tell_health(HEALTH)

    def take(self, *events: Event) -> None:
        for event in events:
            entry = self.board.take(event, self.now)
            assert entry is not None
            self.feed.touch(entry.job.id)

    def publish(self) -> None:
        self.feed.publish(self.now, 0.0)

    def send(self, page: Page, cursor: int | None) -> int:
        news = self.feed.news(cursor, self.now, 0.0)
        for message in news.messages:
            page.take(message)
        return news.cursor

    def rows(self) -> dict[str, dict[str, Any]]:
        return {entry.job.id: job_row(entry, self.now) for entry in self.board.entries()}


def without(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {k: v for k, v in row.items() if k not in VOLATILE} for key, row in rows.items()}


_STATES = ("running", "waiting", "paused", "failed", "done", "aborted")
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("job"), st.integers(0, 5), st.sampled_from(_STATES), st.integers(0, 100)),
        st.tuples(st.just("removed"), st.integers(0, 5)),
        st.tuples(st.just("publish")),
        st.tuples(st.just("page"), st.integers(0, 2)),
        st.tuples(st.just("new page"), st.integers(0, 2)),
        st.tuples(st.just("sample")),
        st.tuples(st.just("later"), st.integers(1, 5000)),
    ),
    max_size=60,
)


@given(_STEPS)
def test_a_page_that_looks_now_and_then_ends_up_knowing_what_the_board_holds(steps: list[Any]) -> None:
    desk = Desk()
    pages: list[tuple[Page, int | None]] = [(Page(), None) for _ in range(3)]
    for step in steps:
        match step:
            case "job", number, state, progress:
                one = job(number, state, progress=progress, speed=1.5)
                desk.take(finished(one) if one.is_finished else changed(one))
            case "removed", number:
                desk.take(removed(job(number)))
            case ("publish",):
                desk.publish()
            case "page", number:
                page, cursor = pages[number]
                pages[number] = page, desk.send(page, cursor)
            case "new page", number:
                pages[number] = Page(), None
            case ("sample",):
                desk.feed.sample()
            case "later", seconds:
                desk.now += seconds
                desk.board.drop_ended(desk.now - 3600)
    desk.publish()
    for page, cursor in pages:
        cursor = desk.send(page, cursor)
        assert without(page.rows) == without(desk.rows())
        assert desk.feed.cursor_of(page.event_id) == cursor == desk.feed.number
        assert desk.send(page, cursor) == cursor


def test_each_change_is_encoded_once_however_many_pages_are_open() -> None:
    desk = Desk()
    desk.take(found(job(1)), found(job(2)))
    desk.publish()
    desk.take(changed(job(1, progress=10)))
    desk.publish()
    one, other = (desk.feed.news(1, 0.0, 0.0).messages for _ in range(2))
    assert one[0] is other[0]
    assert b'"rows":[{"id":"%s","progress":10' % ident(1).encode() in one[0]
    assert ident(2).encode() not in one[0]
    for _ in range(3):
        desk.take(changed(job(2, progress=desk.feed.number)))
        desk.publish()
    one, other = (desk.feed.news(1, 0.0, 0.0).messages for _ in range(2))
    assert len(one) == 1
    assert one[0] is other[0]
    one, other = (desk.feed.news(None, 0.0, 0.0).messages for _ in range(2))
    assert one[0] is other[0]


def test_a_page_behind_gets_one_merged_message() -> None:
    desk, page = Desk(), Page()
    desk.take(found(job(1)))
    desk.publish()
    cursor = desk.send(page, None)
    for progress in range(1, 50):
        desk.take(changed(job(1, progress=progress)))
        desk.publish()
    desk.send(page, cursor)
    assert page.messages == ["snapshot", "changes"]
    assert page.rows[ident(1)]["progress"] == 49


def test_nothing_is_said_of_what_did_not_change() -> None:
    desk = Desk()
    desk.take(found(job(1)))
    desk.publish()
    desk.take(changed(job(1)))
    desk.publish()
    assert desk.feed.number == 1
    desk.publish()
    assert desk.feed.number == 1


def test_time_left_that_runs_down_is_not_told_and_time_left_that_jumps_is() -> None:
    desk, page = Desk(), Page()
    desk.take(found(job(1, size=100_000_000, speed=1.0)))
    desk.publish()
    cursor = desk.send(page, None)
    assert page.rows[ident(1)]["eta_s"] == 100
    desk.now = 10.0
    desk.take(changed(job(1, size=100_000_000, speed=1.0, progress=10)))
    desk.publish()
    assert b"eta_s" not in desk.feed.news(cursor, 10.0, 0.0).messages[0]
    fresh = Page()
    desk.send(fresh, None)
    assert fresh.rows[ident(1)]["eta_s"] == 90
    desk.now = 20.0
    desk.take(changed(job(1, size=100_000_000, speed=0.1, progress=10.5)))
    desk.publish()
    desk.send(page, cursor)
    assert page.rows[ident(1)]["eta_s"] > 100


def test_many_rows_come_in_parts_and_only_the_last_can_be_resumed_from() -> None:
    desk, page = Desk(), Page()
    desk.take(*(found(job(number)) for number in range(2500)))
    desk.publish()
    first, second, third = desk.feed.news(None, 0.0, 0.0).messages
    page.take(first)
    page.take(second)
    assert (len(page.rows), page.event_id) == (2000, None)
    page.take(third)
    assert (len(page.rows), page.event_id) == (2500, "e.1")


def test_a_page_of_another_time_begins_anew() -> None:
    desk = Desk()
    for number in range(3):
        desk.take(found(job(number)))
        desk.publish()
    for ident_ in (None, "", "e", "e.", "e.x", "e.-1", "e.4", "d.2", "e.2.2", "e.²", "e." + "9" * 5000):
        assert desk.feed.cursor_of(ident_) is None
    assert desk.feed.cursor_of("e.2") == 2
    assert len(desk.feed.news(9, 0.0, 0.0).messages) == 1


def test_a_page_too_far_behind_to_be_told_what_left_begins_anew() -> None:
    desk, page = Desk(), Page()
    desk.take(found(job(0)))
    desk.publish()
    cursor = desk.send(page, None)
    for number in range(1, 3000):
        desk.take(finished(job(number, "done")))
        desk.publish()
    assert len(desk.board) == 501
    desk.send(page, cursor)
    assert page.messages == ["snapshot", "snapshot"]
    assert without(page.rows) == without(desk.rows())


def test_speeds_of_the_last_minutes_come_with_rows_that_are_whole() -> None:
    desk, page = Desk(), Page()
    desk.take(found(job(1, speed=2.5)), found(job(2, "paused")))
    desk.publish()
    for _ in range(70):
        desk.feed.sample()
    desk.send(page, None)
    assert page.rows[ident(1)]["spark"] == [2.5] * 60
    assert "spark" not in page.rows[ident(2)]


def test_states_in_one_word() -> None:
    desk, page = Desk(), Page()
    desk.take(stalled(job(1)), removed(job(2)), finished(job(3, "done")), found(job(4, "melting")))
    desk.publish()
    desk.send(page, None)
    assert [row["word"] for row in page.rows.values()] == ["stalled", "removed", "done", "unknown"]
    assert page.rows[ident(4)]["status"] == "melting"
    desk.take(revived(job(3, "waiting")))
    desk.publish()
    desk.send(page, 1)
    assert page.rows[ident(3)]["word"] == "waiting"


def test_hostile_names_break_no_message_and_are_shown_escaped() -> None:
    desk, page = Desk(), Page()
    desk.take(*(found(job(number, name=name)) for number, name in enumerate(HOSTILE)))
    desk.publish()
    desk.send(page, None)
    names = [row["name"] for row in page.rows.values()]
    assert len(names) == len(HOSTILE)
    assert all(name.isprintable() for name in names)


async def test_everybody_who_waits_wakes_and_who_leaves_disturbs_nobody() -> None:
    desk = Desk()
    waiting = [asyncio.create_task(desk.feed.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    desk.take(found(job(1)))
    desk.publish()
    await asyncio.gather(*waiting[1:])
    await asyncio.wait(waiting)
    assert waiting[0].cancelled()
