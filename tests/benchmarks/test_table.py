from __future__ import annotations

from benchmarks.catalogue import Part
from benchmarks.figures import Figure, at_least, at_most, single, spread
from benchmarks.runner import Outcome
from benchmarks.table import WIDTH, cells, listing, part_table, summary

PART = Part("find", "What a find costs", "The CPU of a find. Against others.", ("aiohttp",))


def test_a_part_is_a_heading_and_rows() -> None:
    figures = (
        spread(
            "find of 50 jobs",
            [1.03, 1.04, 1.05],
            "×",
            against="bare aiohttp",
            bound=at_most(1.1),
            note="CPU.",
        ),
        single("find of 500 jobs", 24.0, "×", against="the official client", bound=at_least(25), note="CPU."),
        single("memory", 1234.5, "bytes"),
    )
    assert part_table(Outcome(PART, "measured", figures, 3.2)).splitlines() == [
        "What a find costs · find",
        "                     median (quartiles)  against              to reach",
        "  find of 50 jobs¹   1.04× (1.04–1.04)   bare aiohttp         ≤ 1.10×   ok",
        "  find of 500 jobs¹  24.0×               the official client  ≥ 25×     MISSED",
        "  memory             1,234 bytes",
        "  ¹ CPU.",
    ]


def test_a_part_without_aims_has_no_heads_for_them() -> None:
    assert rows(single("memory", 12, "MB"), single("start", 0.25, "s")) == [
        "What a find costs · find",
        "          median (quartiles)",
        "  memory  12.0 MB",
        "  start   0.250 s",
    ]


def test_what_misses_by_a_hair_does_not_look_as_if_it_did_not() -> None:
    figure = single("find", 1.1004, "×", against="the floor", bound=at_most(1.10))
    (row,) = [line for line in rows(figure) if "MISSED" in line]
    assert "1.1004×" in row
    assert "≤ 1.10×" in row


def test_no_line_is_wider_than_a_terminal() -> None:
    figure = spread(
        "a call of which much is to be said, " * 4,
        [1234.5, 2345.6, 3456.7],
        "requests/s",
        against="something that has quite a long name, all things considered",
        bound=at_least(1000),
        note="This is how it was measured, and that is what has to be known to read it. " * 4,
    )
    lines = rows(figure, single("b", 1, "ms"))
    assert max(map(len, lines)) <= WIDTH
    for word in ("considered", "said,", "1,000", "2,346"):
        assert any(word in line for line in lines)
    part = Part("a", "b", "words " * 60, ("c",))
    assert max(map(len, listing([(part, ["c"])]).splitlines())) <= WIDTH


def test_what_was_not_measured_says_what_it_needs() -> None:
    outcome = Outcome(PART, "not measured", why="needs chromium")
    assert part_table(outcome).splitlines() == ["What a find costs · find", "  not measured: needs chromium"]


def test_a_title_that_is_the_name_is_said_once() -> None:
    assert part_table(Outcome(Part("polls", "Polls", "A."), "failed", why="ended with 1")).splitlines() == [
        "Polls",
        "  failed: ended with 1",
    ]


def test_the_summary_counts_aims() -> None:
    reached = single("a", 1, "×", bound=at_most(2))
    missed = single("b", 3, "×", bound=at_most(2))
    outcomes = [
        Outcome(PART, "measured", (reached, missed, single("c", 1, "ms")), 1.0),
        Outcome(Part("page", "", ""), "not measured", why="needs chromium"),
        Outcome(Part("top", "", ""), "failed", why="ended with 1"),
    ]
    assert summary(outcomes, 134.6) == (
        "3 figures · aims: 1 reached, 1 missed · not measured: page · failed: top · took 2 min 15 s"
    )
    assert summary(outcomes[:1], 3.4).endswith("1 missed · took 3 s")


def test_the_list_says_what_a_part_needs_that_is_not_here() -> None:
    assert listing([(PART, []), (Part("page", "In a browser", "How quick."), ["chromium"])]).splitlines() == [
        "find            What a find costs",
        "                The CPU of a find. Against others.",
        "page            In a browser",
        "                How quick. Not here: needs chromium.",
    ]


def rows(*figures: Figure) -> list[str]:
    return part_table(Outcome(PART, "measured", figures)).splitlines()


def test_what_lies_at_its_limit_is_said_to() -> None:
    figure = spread("a call", [1.20, 1.24, 1.30], "×", bound=at_most(1.25))
    assert cells(figure)[-1] == "MISSED: close"


def test_what_is_out_of_reach_shows_the_floor() -> None:
    far = single("a poll", 0.08, "×", bound=at_most(0.05), floor=0.061)
    outcome = Outcome(PART, "measured", (far,), 1.0)
    assert part_table(outcome).endswith("≤ 0.05×   floor: 0.0610")
    assert "aims: 0 reached, 0 missed · 1 out of reach (of the floor too)" in summary([outcome], 1.0)
