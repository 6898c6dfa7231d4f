"""How growth is measured, told and drawn."""

from __future__ import annotations

import doctest
import json
import re
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import growing, growth, plots, publish, series, slopes
from benchmarks.catalogue import Part
from benchmarks.document import document, machine
from benchmarks.figures import Figure
from benchmarks.growth import Growth
from benchmarks.part import measure
from benchmarks.parts import growth as part
from benchmarks.plots import Line, Panel, drawn
from benchmarks.runner import Outcome
from benchmarks.series import Point, Series
from benchmarks.slopes import change, slope, straight
from tests.support.virtual import run


def line(name: str, power: float, xs: list[float], over: str = "jobs", flat: float = 0.0) -> Series:
    """One whose cost grows with a power, where it is above what it costs at least."""
    rounds: list[list[Point]] = [[(x, factor * max(flat, x**power)) for x in xs] for factor in (2.0, 3.0)]
    return Series(over, name, "ms", rounds)


def made_up(*, watches: float = 0.0, aging: float = 0.0) -> Growth:
    """What costs so much, the powers being known."""
    decades = [10.0, 100.0, 1000.0, 10_000.0]
    hours = [number / 2 for number in range(1, 49)]
    of_5000: list[Point] = [(0.0, 0.7), (0.02, 2.01), (1.0, 2.5), (10.0, 7.0), (100.0, 52.0)]
    return Growth(
        line("still", 0.5, decades),
        line("moving", 0.75, decades, flat=1000**0.75),
        line("found", 1.2, decades),
        line("uncollected", 1.0, decades),
        line("decoded", 1.2, decades),
        line("watches", watches, [1.0, *decades], "watches", flat=1000**watches),
        Series("watches", "memory", "kB", [[(count, 100 + 2 * count) for count in decades]]),
        Series("% changed", "a poll", "ms", [of_5000]),
        Series("hours", "a poll", "ms", [[(hour, 2 + aging * hour) for hour in hours]]),
        Series("hours", "decoding", "ms", [[(hour, 1.0) for hour in hours]]),
        Series("hours", "blocks", "", [[(hour, 100 + min(hour, growing.WARM_UP)) for hour in hours]]),
    )


def outcome(grown: Growth | None) -> Outcome:
    what = Part("growth", "How cost grows", "It does.")
    if not grown:
        return Outcome(what, "failed", why="MemoryError")
    return Outcome(what, "measured", tuple(growth.figures(grown)), series=tuple(grown))


def test_the_examples_run() -> None:
    assert doctest.testmod(slopes).failed == doctest.testmod(series).failed == 0


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


def test_a_straight_line_is_off_by_shares_not_by_amounts() -> None:
    assert straight([(0, 2), (1, 3), (1000, 1002)]) == pytest.approx((2, 1))
    none, each = straight([(1, 3.0), (2, 4.0), (1000, 1100.0)])
    assert none == pytest.approx(2.0, abs=0.2)
    assert each == pytest.approx(1.1, abs=0.02)


@pytest.mark.parametrize("points", [[], [(1, 2)], [(2, 1), (2, 5)], [(1, 0), (2, 5)]])
def test_no_straight_line_without_two_points(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="two points at least"):
        straight(points)


def test_figures_are_the_powers_and_miss_no_bound_when_nothing_grows() -> None:
    figures = {figure.name: figure for figure in growth.figures(made_up())}
    assert figures["an unchanged poll, from 1,000 jobs on"].value == pytest.approx(0.5)
    assert figures["find, from 1,000 jobs on"].value == pytest.approx(1.2)
    assert figures["find, garbage collector off, from 1,000 jobs on"].value == pytest.approx(1.0)
    assert figures["msgspec decoding the same, from 1,000 jobs on"].value == pytest.approx(1.2)
    assert figures["memory of a watch"].value == pytest.approx(2.0)
    assert not any(figure.missed for figure in figures.values())


def test_a_flat_start_hides_no_growth() -> None:
    figures = {figure.name: figure for figure in growth.figures(made_up(watches=0.15))}
    moving = figures["a poll with ten changes, from 1,000 jobs on"]
    assert moving.value == pytest.approx(0.75)
    whole = float(moving.note.removesuffix(".").rpartition(" ")[2])
    assert moving.note.startswith("1 is: in proportion. From 10 jobs on: ")
    assert 0 < whole < 0.3
    watched = figures["a poll, from 1,000 watches on"]
    assert watched.value == pytest.approx(0.15)
    assert watched.missed
    assert figures["a poll, 10,000 watches"].value == pytest.approx(10**0.15)


def test_what_changes_add_is_told_as_it_is() -> None:
    figures = {figure.name: figure for figure in growth.figures(made_up())}
    assert figures["5,000 jobs, none changed"].value == 0.7
    assert figures["as soon as one has changed"].value == pytest.approx(2.0)
    assert figures["each that changed adds"].value == pytest.approx(10.0)
    assert figures["each that changed adds"].unit == "µs"
    assert "off by over 0%" in figures["each that changed adds"].note


def test_what_a_long_run_adds_at_first_is_told_beside_what_it_adds_then() -> None:
    figures = {figure.name: figure for figure in growth.figures(made_up())}
    assert figures["a long run, memory after 4.5 hours"].value == pytest.approx(104.5 / 100.5)
    assert figures["a long run, memory after 4.5 hours"].against == "the first half hour"
    assert figures["a long run, memory in the end"].value == 1.0
    assert figures["a long run, memory in the end"].against == "the same after 4.5 hours"


def test_what_grows_with_time_is_missed() -> None:
    missed = [figure.name for figure in growth.figures(made_up(aging=0.02)) if figure.missed]
    assert missed == ["a long run, a poll in the end"]


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
    assert "2.0 ms as soon as there is one, and 10.0 µs more" in pictures["growth-changes.svg"]
    assert "memory grows by 4%" in pictures["growth-history.svg"]


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
    several = run(growing.jobs((4, 40), rounds=2))
    assert len({each.name for each in several}) == 5
    for each in several:
        assert [x for x, _ in each.points] == [4, 40]
        assert all(cost > 0 for points in each.rounds for _, cost in points)
    (watched,) = run(growing.watches((1, 30), rounds=2))
    assert [len(points) for points in watched.rounds] == [2, 2]
    (memory,) = run(growing.memory((100, 300)))
    assert memory.points[1][1] > memory.points[0][1] > 0


def test_a_long_run_is_really_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "INTERVAL", 300.0)
    for each in run(growing.history(1.5)):
        assert [hour for hour, _ in each.points] == [0.5, 1.0, 1.5]
        assert all(cost > 0 for _, cost in each.points)


def test_the_part_gives_the_figures_and_the_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "measured", lambda _effort: made_up())
    found: list[Figure | Series] = []
    measure(part.measure, "quick", found.append)
    assert found == [*growth.figures(made_up()), *made_up()]


def test_series_of_all_that_is_measured_have_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = growth.Sizes((4, 40), (100, 300), (0, 10), 5.0, 1)
    monkeypatch.setattr(growing, "INTERVAL", 600.0)
    monkeypatch.setattr(growing, "SHARED", 50)
    monkeypatch.setattr(growth, "SIZES", {"quick": tiny})
    measured = growth.measured("quick")
    names = {(each.over, each.name) for each in measured}
    assert len(names) == len(measured)


# -- from a report to pictures


def test_a_report_is_published_with_the_pictures_of_its_points(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, images, file = tmp_path / "page.md", tmp_path / "images", tmp_path / "report.json"
    monkeypatch.setattr(publish, "PAGE", page)
    monkeypatch.setattr(publish, "IMAGES", images)
    empty = "".join(f"{begin}\n{end}\n" for begin, end in (publish.AIMS, publish.FIGURES))
    page.write_text(empty)

    def published(grown: Growth | None) -> int:
        report = document([outcome(grown)], effort="full", seconds=75, code=0, machine=machine())
        file.write_text(json.dumps(report))
        return publish.main([str(file)])

    # Text and pictures are of one run: without the one there is not the other.
    assert published(None) == 1
    assert "nothing to be drawn" in capsys.readouterr().err
    assert (page.read_text(), images.exists()) == (empty, False)

    assert published(made_up()) == 0
    assert "find, from 1,000 jobs on" in " ".join(page.read_text().split())
    drawn = {path.name: path.read_text("utf-8") for path in images.iterdir()}
    assert drawn == growth.plot(made_up())
    assert str(images / "growth-jobs.svg") in capsys.readouterr().out


def test_nothing_is_published_that_cannot_be_drawn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, file = tmp_path / "page.md", tmp_path / "report.json"
    page.write_text("".join(f"{begin}\n{end}\n" for begin, end in (publish.AIMS, publish.FIGURES)))
    monkeypatch.setattr(publish, "PAGE", page)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    report = document([outcome(made_up())], effort="full", seconds=75, code=0, machine=machine())
    file.write_text(json.dumps(report))
    assert publish.main([str(file)]) == 1
    assert "pip install -e '.[bench]'" in capsys.readouterr().err
    assert "find" not in page.read_text()


def test_the_command_draws_what_it_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "run", lambda *_args, **_options: [outcome(made_up())])
    assert command.main(["growth", "--plots", str(tmp_path / "plots")]) == 0
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == sorted(growth.plot(made_up()))
    said = capsys.readouterr()
    assert "find, from 1,000 jobs on" in " ".join(said.out.split())
    assert said.err.count("drawn: ") == 4


def test_what_was_not_measured_is_not_drawn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "run", lambda *_args, **_options: [outcome(None)])
    assert command.main(["growth", "--plots", str(tmp_path / "plots")]) == 1
    assert not (tmp_path / "plots").exists()
    assert "drawn" not in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        command.main(["find", "--plots", str(tmp_path)])
    assert ended.value.code == 2
    assert "--plots draws what the part growth measures" in capsys.readouterr().err


def test_drawing_without_what_draws_is_refused_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "importable", lambda _name: False)
    with pytest.raises(SystemExit) as ended:
        command.main(["growth", "--plots", str(tmp_path)])
    assert ended.value.code == 2
    assert "--plots needs matplotlib" in capsys.readouterr().err
