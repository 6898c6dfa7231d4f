"""Guarantee 10: which running jobs count as stalled, step by step and against a model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.monitor.stalls import ENOUGH_POLLS, Confirmed, Stalls

LIST, OTHER = "list", "other"


def due(stalls: Stalls, now: float, polls: int | None, *, source: Any = LIST) -> list[str]:
    """Who is told at this moment, when so many good polls have confirmed it."""
    return list(stalls.due(now, 60.0, lambda _ident: None if polls is None else Confirmed(source, polls)))


def still(ident: str = "a", now: float = 0.0, polls: int = 1) -> Stalls:
    stalls = Stalls()
    stalls.note(ident, now, moves=False, progressed=True, seen=Confirmed(LIST, polls))
    return stalls


@pytest.mark.parametrize(
    ("now", "polls", "told"),
    [
        (0, 1, []),
        (59.9, 100, []),
        (60, 4, ["a"]),
        (60, 3, []),
        (600, 3, []),
        (600, 4, ["a"]),
        (600, None, []),
    ],
)
def test_guarantee_10_a_minute_and_three_good_polls(now: float, polls: int | None, told: list[str]) -> None:
    assert ENOUGH_POLLS == 3
    assert due(still(), now, polls) == told


def test_guarantee_10_told_once_and_again_only_after_it_moved() -> None:
    stalls = still()
    assert due(stalls, 60, 10) == ["a"]
    for now in (61, 120, 10_000):
        stalls.note("a", now, moves=False, progressed=False)
        assert due(stalls, now + 100, 200 + int(now)) == []
    stalls.note("a", 10_001, moves=False, progressed=True, seen=Confirmed(LIST, 20_000))
    assert due(stalls, 10_060, 20_100) == []
    assert due(stalls, 10_061, 20_100) == ["a"]


@pytest.mark.parametrize(
    ("moves", "progressed", "told"),
    [(False, False, ["a"]), (False, True, []), (True, False, []), (True, True, [])],
)
def test_guarantee_10_speed_or_progress_begins_the_minute_anew(
    moves: bool, progressed: bool, told: list[str]
) -> None:
    stalls = still()
    stalls.note("a", 50, moves=moves, progressed=progressed, seen=Confirmed(LIST, 50))
    assert due(stalls, 70, 100) == told


def test_guarantee_10_polls_of_another_list_are_counted_anew() -> None:
    stalls = still(polls=1)
    assert due(stalls, 60, 500, source=OTHER) == []
    assert due(stalls, 62, 502, source=OTHER) == []
    assert due(stalls, 64, 503, source=OTHER) == ["a"]


def test_guarantee_10_who_says_so_may_come_to_be_known_later() -> None:
    stalls = Stalls()
    stalls.note("a", 0, moves=False, progressed=True)
    assert [due(stalls, now, polls) for now, polls in ((60, 7), (62, 9), (64, 10))] == [[], [], ["a"]]


def test_forgotten_jobs_are_not_told() -> None:
    stalls = still()
    stalls.forget("a")
    stalls.forget("a")
    assert due(stalls, 100, 100) == []
    stalls.note("a", 100, moves=False, progressed=False, seen=Confirmed(LIST, 100))
    assert due(stalls, 160, 200) == ["a"]
    # Told, forgotten, and here again: it is new.
    stalls.forget("a")
    stalls.note("a", 200, moves=False, progressed=False, seen=Confirmed(LIST, 200))
    assert due(stalls, 260, 300) == ["a"]


def test_those_that_stood_longest_come_first() -> None:
    stalls = Stalls()
    for now, ident in ((0, "c"), (1, "a"), (2, "b")):
        stalls.note(ident, now, moves=False, progressed=True, seen=Confirmed(LIST, 1))
    stalls.note("c", 3, moves=False, progressed=True, seen=Confirmed(LIST, 1))
    assert due(stalls, 61.5, 10) == ["a"]
    assert due(stalls, 70, 10) == ["b", "c"]


Step = tuple[str, float, str]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.floats(0, 40),
            st.sampled_from(["still", "moves", "progressed", "stopped", "unseen"]),
        ),
        max_size=60,
    )
)
def test_guarantee_10_equals_a_model(steps: list[Step]) -> None:
    """One list, polled at each step; a job in it is still, has moved, or does not run any more."""
    stalls, now = Stalls(), 0.0
    since: dict[str, tuple[float, int]] = {}
    told: set[str] = set()
    for polls, (ident, elapsed, how) in enumerate(steps):
        now += elapsed
        if how in ("moves", "stopped"):
            since.pop(ident, None)
            told.discard(ident)
        elif how == "progressed" or (how == "still" and ident not in since and ident not in told):
            since[ident] = (now, polls)
            told.discard(ident)
        if how == "stopped":
            stalls.forget(ident)
        elif how != "unseen":
            seen = Confirmed(LIST, polls)
            stalls.note(ident, now, moves=how == "moves", progressed=how == "progressed", seen=seen)
        expected = {
            each for each, (at, poll) in since.items() if now - at >= 60 and polls - poll >= ENOUGH_POLLS
        }
        # As it is reckoned there: what is due at the very moment is due.
        got = set(due(stalls, now, polls))
        assert got == {each for each in expected if since[each][0] <= now - 60}
        for each in got:
            del since[each]
        told |= got
