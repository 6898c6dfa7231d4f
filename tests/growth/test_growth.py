"""How growth is measured, told and drawn."""

from __future__ import annotations

import doctest
import re
import xml.etree.ElementTree
from pathlib import Path

import pytest

from benchmarks import growing, growth, plots, slopes
from benchmarks.growing import Grown
from benchmarks.growth import Growth
from benchmarks.parts import growth as part
from benchmarks.plots import Line, Panel, drawn
from benchmarks.slopes import change, slope
from tests.support.virtual import run


def line(power: float, xs: list[float], unit: str = "ms") -> Grown:
    return Grown("a poll", unit, [[(x, factor * x**power) for x in xs] for factor in (2.0, 3.0)])


def made_up(*, watches: float = 0.0, aging: float = 0.0) -> Growth:
    """What costs so much, the powers being known."""
    decades = [10.0, 100.0, 1000.0, 10_000.0]
    hours = [number / 2 for number in range(1, 49)]
    return Growth(
        [line(0.5, decades), line(0.75, decades), line(1.0, decades)],
        [line(watches, [1.0, *decades])],
        [Grown("memory", "kB", [[(count, 100 + 2 * count) for count in decades]])],
        [Grown("a poll", "ms", [[(0.0, 0.7), (1.0, 1.0), (10.0, 10.0), (100.0, 100.0)]])],
        [
            Grown("a poll", "ms", [[(hour, 2 + aging * hour) for hour in hours]]),
            Grown("decoding", "ms", [[(hour, 1.0) for hour in hours]]),
            Grown("blocks", "thousand", [[(hour, 100 * min(hour, growing.WARM_UP)) for hour in hours]]),
        ],
    )


def test_the_examples_run() -> None:
    assert doctest.testmod(slopes).failed == 0


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_a_slope_is_the_power(power: float) -> None:
    assert slope([(x, 3 * x**power) for x in (1, 7, 50, 2000)]) == pytest.approx(power)


def test_a_slope_is_the_best_fit_where_no_power_is_exact() -> None:
    assert slope([(1, 1), (10, 20), (100, 100)]) == pytest.approx(1.0)


@pytest.mark.parametrize("points", [[], [(1, 2)], [(0, 1), (1, 2)], [(2, 1), (2, 5)]])
def test_no_slope_without_two_points(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="two points at least"):
        slope(points)


def test_a_change_is_that_of_the_middles_or_the_least() -> None:
    assert change([(3, 4), (1, 2), (2, 99)]) == 2.0
    assert change([(1, 9), (2, 2), (3, 5), (4, 5), (5, 1), (6, 9)], min) == 0.5
    assert change([(hour, 5.0 if hour != 3 else 50.0) for hour in range(9)]) == 1.0


def test_the_points_of_a_line_are_the_least_of_its_rounds() -> None:
    assert Grown("a poll", "ms", [[(1, 5.0), (2, 6.0)], [(1, 4.0), (2, 7.0)]]).points == [(1, 4.0), (2, 6.0)]


def test_figures_are_the_powers_and_miss_no_bound_when_nothing_grows() -> None:
    figures = {figure.name: figure for figure in growth.figures(made_up())}
    assert figures["CPU of an unchanged poll, with jobs"].value == pytest.approx(0.5)
    assert figures["CPU of find, with jobs"].value == pytest.approx(1.0)
    assert figures["memory of a watch"].value == pytest.approx(2.0)
    assert figures["CPU of a poll of 5,000 jobs, with the share that changed"].value == pytest.approx(1.0)
    assert figures["memory, the last hours against the first"].value == 1.0
    assert not any(figure.missed for figure in figures.values())


def test_what_grows_with_watches_or_with_time_is_missed() -> None:
    missed = [figure.name for figure in growth.figures(made_up(watches=0.15, aging=0.02)) if figure.missed]
    assert missed == [
        "CPU of a poll with ten changes, with watches",
        "CPU of a poll, the last hours against the first",
    ]


def test_pictures_are_whole_say_what_is_to_be_seen_and_are_the_same_each_time() -> None:
    pictures = growth.plot(made_up())
    assert pictures == growth.plot(made_up())
    assert sorted(pictures) == [
        "growth-changes.svg",
        "growth-history.svg",
        "growth-jobs.svg",
        "growth-watches.svg",
    ]
    for text in pictures.values():
        root = xml.etree.ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert not re.search(r"\d{4}-\d\d-\d\dT|[Mm]atplotlib v", text)
    assert "CPU of an unchanged poll grows with jobs^0.50" in pictures["growth-jobs.svg"]
    assert "5 times less than" not in pictures["growth-watches.svg"]


def test_every_colour_of_a_picture_has_one_for_the_dark() -> None:
    text = drawn(
        "A & B",
        "what <grows>",
        [
            Panel(
                [Line(f"line {number}", [(1, number), (10, 5)]) for number in (1, 2, 3)],
                "x",
                "y",
                levels=[("0", 1)],
            )
        ],
    )
    used = set(re.findall(r"#[0-9a-f]{6}", text.partition("</style>")[2]))
    assert used - {"#000000"} <= set(plots.DARK)
    assert set(plots.COLOURS) < used
    assert '<title id="title">A &amp; B</title>' in text
    assert "what &lt;grows&gt;</desc>" in text


def test_small_amounts_are_really_measured() -> None:
    still, moving, found = run(growing.jobs((4, 40), rounds=2))
    for grown in (still, moving, found):
        assert [x for x, _ in grown.points] == [4, 40]
        assert all(cost > 0 for points in grown.rounds for _, cost in points)
    (watched,) = run(growing.watches((1, 30), rounds=2))
    assert [len(points) for points in watched.rounds] == [2, 2]
    (memory,) = run(growing.memory((100, 300)))
    assert memory.points[1][1] > memory.points[0][1] > 0


def test_a_long_run_is_really_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "INTERVAL", 300.0)
    for grown in run(growing.history(1.5)):
        assert [hour for hour, _ in grown.points] == [0.5, 1.0, 1.5]
        assert all(cost > 0 for _, cost in grown.points)


def test_the_command_prints_draws_and_says_when_a_bound_is_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(growth, "measured", lambda _effort: made_up())
    assert growth.main(["--quick", "--out", str(tmp_path / "images")]) == 0
    assert len(list((tmp_path / "images").glob("growth-*.svg"))) == 4
    assert "CPU of find, with jobs: 1.000 power" in capsys.readouterr().out
    monkeypatch.setattr(growth, "measured", lambda _effort: made_up(watches=0.5))
    assert growth.main(["--out", str(tmp_path)]) == 1
    assert (
        "MISSED: CPU of a poll with ten changes, with watches: 0.500 power (at most 0.1)"
        in capsys.readouterr().out
    )


async def test_the_part_gives_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "measured", lambda _effort: made_up())
    figures = await part.measure("quick")
    assert figures == growth.figures(made_up())
    assert len({figure.name for figure in figures}) == len(figures)
