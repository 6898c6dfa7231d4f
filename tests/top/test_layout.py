"""Which columns there is room for, and what stands in a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from accsyn_async import events
from accsyn_async.board.board import Board, Entry
from accsyn_async.board.signs import ASCII, UNICODE
from accsyn_async.dashboard.top.columns import COLUMNS, DEFAULT
from accsyn_async.dashboard.top.drawing import Look, cells_of, joined, titles
from accsyn_async.dashboard.top.layout import BARS_FROM, GUTTER, arrange
from accsyn_async.dashboard.top.steering import ACTIONS
from accsyn_async.dashboard.top.widths import Widths
from accsyn_async.safe_text import safe
from tests.cli.making import AT, HOSTILE, changed, found, job

columns = st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True)
longest = st.dictionaries(st.sampled_from(sorted(COLUMNS)), st.integers(0, 200))


@given(columns, st.integers(8, 300), longest)
def test_columns_fit_side_by_side_in_their_order(
    names: list[str], width: int, longest: dict[str, int]
) -> None:
    layout = arrange(names, width, longest)
    shown = [place.name for place in layout.places]
    assert shown
    assert shown == [name for name in names if name in shown]
    at = GUTTER
    for place in layout.places:
        assert place.start >= at
        assert place.width >= 1
        at = place.start + place.width
        if len(shown) > 1:
            assert place.width >= COLUMNS[place.name].least
    assert at <= width


@given(columns, st.integers(8, 300), longest)
def test_what_leaves_weighs_least_and_there_is_no_room_for_it(
    names: list[str], width: int, longest: dict[str, int]
) -> None:
    shown = {place.name for place in arrange(names, width, longest).places}
    gone = [name for name in names if name not in shown]
    if gone:
        heaviest = max(gone, key=lambda name: COLUMNS[name].weight)
        assert all(COLUMNS[name].weight > COLUMNS[heaviest].weight for name in shown)


@pytest.mark.parametrize(
    ("width", "shown", "bars"),
    [
        (59, "name status done speed left", False),
        (79, "name status done speed left size", False),
        (BARS_FROM, "name status done speed left size route", True),
        (139, "name status done speed left size route user", True),
    ],
)
def test_what_is_shown_at_the_usual_widths(width: int, shown: str, bars: bool) -> None:
    layout = arrange(DEFAULT, width, {})
    assert [place.name for place in layout.places] == shown.split()
    assert (layout.bar > 0) == bars


@given(
    st.text(max_size=60),
    st.sampled_from(["running", "failed", "done", "strange"]),
    st.floats(-10, 200, allow_nan=False),
    st.integers(8, 200),
    columns,
    st.booleans(),
)
def test_a_line_has_its_width_whatever_the_job_is_called(
    name: str, status: str, progress: float, width: int, names: list[str], cursor: bool
) -> None:
    entry = Entry(job(1, status, name=name, progress=progress, speed=3.0))
    layout = arrange(names, width, {})
    cells = cells_of(entry, layout, Look(cursor, True, ACTIONS["pause"]), 0.0, UNICODE)
    for cell in cells:
        assert sum(cell_len(segment.text) for segment in cell.segments) == cell.width
    text = "".join(segment.text for segment in joined(cells, width))
    assert cell_len(text) == width
    assert safe(text) == text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_shown_and_not_obeyed(name: str) -> None:
    entry = Entry(job(1, "running", name=name))
    text = "".join(s.text for s in joined(cells_of(entry, arrange(["name"], 90, {}), Look(), 0, ASCII), 90))
    assert text.isprintable()
    assert "[red]" in text or "[red]" not in name


@pytest.mark.parametrize("word", ["running", "failed", "done", "paused", "aborted", "waiting"])
def test_a_state_is_a_word_and_a_sign(word: str) -> None:
    cells = cells_of(Entry(job(1, word)), arrange(["status"], 40, {}), Look(), 0, UNICODE)
    assert cells[1].segments[0].text.strip() == f"{UNICODE.states[word]} {word}"


def test_what_is_pending_stands_in_place_of_the_state() -> None:
    look = Look(pending=ACTIONS["abort"])
    cells = cells_of(Entry(job(1)), arrange(["status"], 40, {}), look, 0, UNICODE)
    assert cells[1].segments[0].text.strip() == "… aborting"


@pytest.mark.parametrize(
    ("sort", "reverse", "title"),
    [
        ("name", False, "NAME▲"),
        ("name", True, "NAME▼"),
        ("speed", False, "▼SPEED"),
        ("left", False, "▲TIME LEFT"),
    ],
)
def test_the_headline_says_the_order(sort: str, reverse: bool, title: str) -> None:
    cells = titles(arrange(DEFAULT, 140, {}), sort, reverse)
    texts = [cell.segments[0].text.strip() for cell in cells]
    assert title in texts
    assert sum("▲" in text or "▼" in text for text in texts) == 1


def test_a_headline_is_found_by_its_place() -> None:
    layout = arrange(["name", "status"], 60, {"name": 16})
    assert [layout.column_at(x) for x in (0, 3, 18, 19, 20, 59)] == [
        None,
        "name",
        "name",
        None,
        "status",
        None,
    ]


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_column_says_something_of_a_bare_job(name: str) -> None:
    board = Board()
    entry = board.take(found(job(1)), 0.0)
    assert entry is not None
    text = COLUMNS[name].text(entry, 0.0)
    assert text.isprintable()
    assert cell_len(COLUMNS[name].title) <= COLUMNS[name].least


def test_the_widths_are_those_of_the_longest_texts() -> None:
    widths, board = Widths(), Board()

    def see(event: events.Event) -> dict[str, int]:
        entry = board.take(event, 0.0)
        assert entry is not None
        widths.see(event, entry)
        return widths.longest

    first, other = job(1, name="a.mov"), job(1, name="a_much_longer_name.mov")
    assert see(found(first))["name"] == len("a.mov")
    assert see(changed(first))["name"] == len("a.mov")
    renamed = events.JobChanged(at=AT, job=other, previous=first, changes={"progress": (1, 2)})
    assert see(renamed)["name"] == len("a_much_longer_name.mov")
    assert see(found(job(2, name="b" * 500)))["name"] == COLUMNS["name"].most
