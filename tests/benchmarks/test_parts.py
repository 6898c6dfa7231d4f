"""What the parts have of their own; and that those run, made small, which need no browser or NATS server."""

from __future__ import annotations

import asyncio
import doctest
import json
import sys
from types import ModuleType
from typing import Any

import pytest

from benchmarks import between, contenders
from benchmarks.contenders import Match, Times
from benchmarks.figures import Figure
from benchmarks.part import Found, measure
from benchmarks.parts import (
    find,
    freshness,
    importing,
    metrics,
    mirror,
    naive,
    pages,
    polls,
    reading,
    relay,
    sandbox,
    specifications,
    watches,
)
from benchmarks.parts.pages import Page
from benchmarks.parts.polls import Replies

SMALL: dict[ModuleType, dict[str, Any]] = {
    find: {"_ROUNDS": {1: (1, 1)}, "_DELAY": 0.001},
    freshness: {"JOBS": 20, "SECONDS": {"quick": 150}},
    importing: {
        "ROUNDS": {"quick": 1},
        "IMPORTS": {"aiohttp": "import csv", "session": "import json"},
    },
    metrics: {"JOBS": 100, "FEW": 20, "ROUNDS": {"quick": 2}},
    mirror: {"JOBS": 20, "ALL": 3, "BY_ID": 40, "ROUNDS": {"quick": 1}},
    naive: {"JOBS": 5, "_WATCHED": {"quick": 2.5}, "_ROUNDS": {"quick": 1}, "_LISTS": 1},
    polls: {"JOBS": 120, "ROUNDS": {"quick": 2}},
    reading: {"_ROUNDS": {1: (1, 1)}},
    sandbox: {
        "JOBS": 40,
        "LISTS": {"quick": 1},
        "CONNECTIONS": 2,
        "REQUESTS": 8,
        "REQUEST_ROUNDS": {"quick": 1},
        "STARTS": {"quick": 1},
        "RESETS": {"quick": 1},
    },
    specifications: {"SIZES": {"quick": (3,)}, "ROUNDS": {3: 2}},
    watches: {
        "JOBS": 20,
        "WATCHES": 40,
        "BUSY_WATCHES": 3,
        "SECONDS": {"quick": 5},
        "WEIGHED": {"quick": 60},
        "ROUNDS": {"quick": 1},
    },
}
if sys.platform != "win32":
    # There are no pseudo-terminals there.
    from benchmarks.parts import top

    SMALL[top] = {"JOBS": 150, "ROUNDS": {"quick": 1}}


@pytest.mark.parametrize("module", [metrics, naive, pages, relay])
def test_the_examples_in_docstrings_run(module: ModuleType) -> None:
    failures, tried = doctest.testmod(module)
    assert tried
    assert not failures


async def briefly(matches: Any, *, spells: int = 1) -> dict[Any, dict[str, Times]]:
    """One turn of one call each, however many there were to be."""
    few = {key: Match(match.contenders, rounds=1) for key, match in matches.items()}
    return await contenders.take_turns(few)


# The official client checks no certificate.
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("part", SMALL, ids=lambda part: part.__name__.rpartition(".")[2])
def test_a_part_gives_figures(part: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SMALL[part].items():
        monkeypatch.setattr(part, name, value)
    monkeypatch.setattr(contenders, "AT_ONCE", 2)
    for module in (between, find):
        monkeypatch.setattr(module, "take_turns", briefly)
    found: list[Found] = []
    measure(part.measure, "quick", found.append)
    figures = [each for each in found if isinstance(each, Figure)]
    names = [figure.name for figure in figures]
    assert len(names) == len(set(names)) >= 2
    for figure in figures:
        assert figure.low <= figure.value <= figure.high
        assert figure.value > 0, figure.name
        assert (figure.unit == "×") == bool(figure.against)


def test_the_series_of_metrics_do_not_grow_with_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SMALL[metrics].items():
        monkeypatch.setattr(metrics, name, value)
    *_, counted, series = asyncio.run(metrics.measure("quick"))
    assert (counted.name, counted.missed) == ("series", False)
    assert series.name == "series with 100 jobs"
    assert series.value == 1.0
    assert not series.missed


# -- polls


def rows_of(replies: Replies) -> list[Any]:
    rows: list[Any] = json.loads(replies.body)["result"]
    return rows


def test_replies_have_the_attributes_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polls, "JOBS", 10)
    rows = rows_of(Replies(["id", "progress", "nothing_such"]))
    assert [row.keys() for row in rows] == [{"id", "progress"}] * 10


def test_replies_change_for_the_share_of_jobs_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polls, "JOBS", 200)
    replies = Replies(["id", "status", "progress"])
    before = rows_of(replies)
    replies.move(0.1)
    after = rows_of(replies)
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 20
    assert [row["id"] for row in after] == [row["id"] for row in before]


def test_an_unchanged_reply_is_as_long_but_other_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polls, "JOBS", 10)
    replies = Replies(["id", "progress"])
    before = replies.body
    replies.move(0.0)
    assert replies.body == before
    assert replies.body is not before


# -- pages


def test_a_page_takes_note_of_changes_not_of_all_there_is() -> None:
    page = Page(reads=True)
    page.take(b'data: {"part": 0, "parts": 1, "rows": [{"id": "a", "progress": 1}]}\n', 1.0)
    page.take(b"event: changes\n", 1.5)
    page.take(b'data: {"rows": [{"id": "a", "progress": 2}, {"id": "b", "speed": 3}], "gone": []}\n', 2.0)
    page.take(b'data: {"rows": [{"id": "a", "progress": 2}], "gone": []}\n', 3.0)
    assert page.seen == {("a", 2): 2.0}
    assert page.rows == [2, 1]
    assert page.messages == 3


def test_a_page_has_settled_with_its_fifth_message() -> None:
    page = Page(reads=False)
    for number in range(5):
        assert not page.settled.is_set(), number
        page.take(b"data: whatever\n", 1.0)
    assert page.settled.is_set()
    assert page.size == 5 * len(b"data: whatever\n")


# -- relay


def test_what_was_not_known_beside_the_relay_is_not_compared() -> None:
    known = [[["a", "running", 1], 10.0], [["b", "running", 1], 20.0]]
    told = [[[["a", "running", 1], 10.25]], [[["c", "running", 1], 1.0], [["b", "running", 1], 20.5]]]
    assert relay.delays(known, told, 10.0) == [250.0, 500.0]


def test_what_was_known_while_feeds_were_loading_is_not_compared() -> None:
    known = [[["a", "running", 1], 10.0], [["a", "running", 2], 11.0]]
    told = [[[["a", "running", 1], 13.0], [["a", "running", 2], 13.5]]]
    assert relay.delays(known, told, 10.5) == [2500.0]
