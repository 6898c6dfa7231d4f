"""Each round is planned once, and what is reported of rounds adds up."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.relay.rounds.days import DAYS
from tests.relay.rounds.plan import lanes, rounds_of
from tests.relay.rounds.report import Outcome, Report, percentile


@pytest.mark.parametrize(("rounds", "first"), [(1, 0), (6, 0), (1, 4), (7, 3), (200, 0)])
def test_every_round_is_played_once(rounds: int, first: int) -> None:
    planned = Counter(
        (lane.day.name, number) for lane in lanes(DAYS, rounds, first) for number in lane.numbers
    )
    assert planned == {
        (day.name, number): 1 for day in DAYS for number in range(first, first + rounds_of(day, rounds))
    }


def test_six_rounds_of_each_are_played_in_six_minutes() -> None:
    six = lanes(DAYS, 6)
    assert len(six) <= 16
    assert max(lane.seconds for lane in six) <= 240
    assert six == sorted(six, key=lambda lane: -lane.seconds)
    assert {rounds_of(day, 6) for day in DAYS} == {1, 6}


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [
        ([1.0], 50, 1.0),
        ([2.0, 1.0], 50, 1.0),
        ([2.0, 1.0], 99, 2.0),
        ([float(n) for n in range(200)], 99, 197.0),
    ],
)
def test_percentiles(values: list[float], share: float, value: float) -> None:
    assert percentile(values, share) == value


def test_a_report_says_what_was_violated_and_how_to_play_it_again() -> None:
    report = Report("7", seconds=100.0, events=30, changes=40)
    report.outcomes = [
        Outcome("killed", 1, 20.0, 12.5, 7),
        Outcome("killed", 0, 20.0, 11.0, 0, ["the end x was never told"]),
        Outcome("stopped", 0, 5.0, 0.5),
        Outcome("frozen", 0, 30.0, 29.0),
    ]
    told = report.as_dict()
    assert (told["rounds"], told["violations"]) == (4, 1)
    assert told["takeover_s"] == {
        "kill": {"rounds": 2, "p50": 11.0, "p99": 12.5},
        "stop": {"rounds": 1, "p50": 0.5, "p99": 0.5},
    }
    replay = "python -m tests.relay.rounds --only killed --first 0 --rounds 1 --seed 7"
    assert [each["replay"] for each in told["outcomes"] if each["faults"]] == [replay]
    assert told["torn"] == {"kills_between_event_and_state": 1, "kills": 2}
    lines = str(report).splitlines()
    assert "kills between an event and its state: 1 of 2" in lines
    assert "takeover after a kill: p50 11.0 s, p99 12.5 s of 2 (promised: 14 s)" in lines
    assert lines[-2:] == [f"killed #0: {replay}", "  the end x was never told"]
