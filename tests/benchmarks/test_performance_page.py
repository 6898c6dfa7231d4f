"""docs/performance.md is what the command printed, and what other pages claim is in it."""

from __future__ import annotations

import re

import pytest

from benchmarks import publish
from benchmarks.catalogue import ROOT, Part, discover
from benchmarks.document import document, machine
from benchmarks.figures import at_least, at_most, ratio, single
from benchmarks.runner import Outcome
from benchmarks.table import WIDTH

PAGE = publish.PAGE.read_text("utf-8")
TABLES = PAGE.split("```text")[1].split("```")[0] if "```text" in PAGE else ""

CLAIMS = {
    # What a page says, and the row of the figures that it rests on.
    ("README.md", "thousands of watches share a list"): "list requests, unchanged",
    ("docs/guarantees.md", "Ten thousand watches of single jobs"): "list requests, unchanged",
    ("docs/guarantees.md", "A reply that says the same costs one comparison of bytes"): "its floor",
    ("docs/guarantees.md", "at most 14 seconds after it was killed"): "takeover after a kill",
    (
        "docs/guarantees.md",
        "usually within 2 seconds after it was told to end",
    ): "takeover after a clean stop",
    ("docs/scale-out.md", "| 14 s at most |"): "takeover after a kill",
    ("docs/scale-out.md", "| 2 s, usually; more on a busy machine |"): "takeover after a clean stop",
    ("docs/scale-out.md", "1.6 kB, with job, row and headers"): "a state on NATS",
    ("docs/scale-out.md", "| the states of 500 jobs | 0.8 MB"): "states of 500 jobs on NATS",
    ("docs/scale-out.md", "50 MB of memory each"): "memory of a feed with 250 watches",
    (
        "docs/scale-out.md",
        "2 requests a second at most, however many watch",
    ): "requests for 1,000 remote watches",
    ("docs/performance.md", "ten to forty times as much"): "official / find, 500 jobs",
    ("docs/performance.md", "makes a TLS handshake, for each call"): "official / find, 50 jobs, https",
    ("docs/performance.md", "after half a second at the median"): "p50",
}


def test_every_part_is_on_the_page() -> None:
    for part in discover():
        assert f"· {part.name}\n" in TABLES or f"\n{part.title}\n" in TABLES, part.name


def test_nothing_on_it_was_left_out() -> None:
    assert TABLES.strip()
    for state in ("failed:", "not measured:"):
        assert state not in TABLES


def test_what_is_not_reached_is_explained() -> None:
    explained = PAGE.partition("## Aims that are not reached")[2].partition("\n## ")[0]
    rows = [line for line in TABLES.splitlines() if "MISSED" in line or re.search(r"floor: [\d.]+$", line)]
    for row in rows:
        words = re.split(r"\s{2,}", row.strip())[0].split(",")[0].split(" [")[0]
        assert words.casefold() in explained.casefold(), row


@pytest.mark.parametrize(("where", "row"), CLAIMS.items(), ids=lambda value: str(value)[:40])
def test_a_claim_is_a_row(where: tuple[str, str], row: str) -> None:
    page, words = where
    said = " ".join((ROOT / page).read_text("utf-8").split())
    assert words in said
    assert row in " ".join(TABLES.split())


def test_publishing_puts_a_report_in_place_of_the_last() -> None:
    figures = (
        ratio("ours", [2.0, 3.0], [1.0, 1.0], against="theirs", bound=at_most(3)),
        single("far", 17, "×", bound=at_least(25), floor=19.6, note="As it is."),
    )
    outcomes = [
        Outcome(Part("a", "What it is", "About it."), "measured", figures, 1.0),
        Outcome(Part("b", "Another", "About it."), "not measured", why="needs chromium"),
    ]
    report = document(outcomes, effort="full", seconds=75, code=0, machine=machine())
    begin, end = "<!-- figures: written by python -m benchmarks.publish -->", "<!-- end of figures -->"
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    once = publish.published(page, report)
    assert once.startswith(f"before\n{begin}\n")
    assert once.endswith(f"\n{end}\nafter\n")
    assert "old" not in once
    for said in ("ours", "floor: 19.6", "needs chromium", "1 min 15 s"):
        assert said in " ".join(once.split())
    assert max(map(len, once.splitlines())) <= WIDTH
    assert publish.published(once, report) == once
    with pytest.raises(ValueError, match="no place between"):
        publish.published("nothing", report)
