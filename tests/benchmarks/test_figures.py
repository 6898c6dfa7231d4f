from __future__ import annotations

import doctest

import pytest

from benchmarks import figures, table
from benchmarks.figures import at_least, at_most, ratio, single, spread


def test_the_examples_in_docstrings_run() -> None:
    for module in (figures, table):
        failures, tried = doctest.testmod(module)
        assert tried
        assert not failures


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    figure = ratio("ours", [2.0, 30.0, 4.4], [1.0, 10.0, 2.0], against="the floor", bound=at_most(2.4))
    assert (figure.value, figure.unit, figure.against) == (2.2, "×", "the floor")
    assert (figure.low, figure.high) == pytest.approx((2.1, 2.6))
    assert not figure.missed


def test_a_ratio_of_rounds_that_do_not_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio("ours", [1.0, 2.0], [1.0], against="the floor")


def test_a_bound_is_kept_by_what_equals_it() -> None:
    assert at_most(1.10).holds(1.10)
    assert at_least(15).holds(15)
    assert not at_most(1.10).holds(1.1001)
    assert not at_least(15).holds(14.999)


def test_what_has_no_aim_misses_none() -> None:
    assert not single("a", 1e9, "ms").missed


def test_one_round_is_its_own_spread() -> None:
    assert spread("a", [3.0], "ms") == single("a", 3.0, "ms")


def test_an_aim_that_the_floor_does_not_reach_is_out_of_reach() -> None:
    far = single("official / find", 17, "×", bound=at_least(25), floor=19.6)
    assert (far.verdict, far.missed) == ("out of reach", False)
    near = single("official / find", 17, "×", bound=at_least(17.5), floor=19.6)
    assert (near.verdict, near.missed) == ("missed", True)
    assert single("official / find", 26, "×", bound=at_least(25), floor=19.6).verdict == "reached"
    assert single("a poll", 0.08, "×", bound=at_most(0.05), floor=0.06).verdict == "out of reach"
    assert single("a poll", 0.08, "×", floor=0.06).verdict is None
    assert single("a poll", 0.06, "×", bound=at_most(0.05), floor=0.048).verdict == "out of reach"
    assert single("a poll", 0.06, "×", bound=at_most(0.05), floor=0.046).verdict == "missed"


def test_what_lies_at_its_limit_is_not_reached_but_what_was_counted_is() -> None:
    assert spread("a call", [1.20, 1.24, 1.30], "×", bound=at_most(1.25)).verdict == "missed"
    assert spread("a call", [1.10, 1.18, 1.30], "×", bound=at_most(1.25)).verdict == "reached"
    assert spread("official / find", [17.0, 17.5, 18.0], "×", bound=at_least(17)).verdict == "missed"
    assert spread("official / find", [17.0, 17.9, 18.0], "×", bound=at_least(17)).verdict == "reached"
    assert single("series", 1.0, "×", bound=at_most(1)).verdict == "reached"


def test_what_is_far_from_the_floor_is_missed_all_the_same() -> None:
    assert single("find / floor", 4.0, "×", bound=at_most(1.1), floor=1.12).verdict == "missed"
    assert single("official / find", 8.0, "×", bound=at_least(15), floor=12.2).verdict == "missed"
    assert single("official / find", 8.2, "×", bound=at_least(15), floor=12.2).verdict == "out of reach"
