"""docs/performance.md is what the command printed, and what other pages claim is in it."""

from __future__ import annotations

import re

import pytest

from benchmarks import publish
from benchmarks.__main__ import main
from benchmarks.catalogue import ROOT, Part, discover
from benchmarks.document import document, machine
from benchmarks.figures import at_least, at_most, ratio, single
from benchmarks.runner import Outcome
from benchmarks.table import WIDTH
from tests.docs.console_blocks import commands
from tests.docs.pages import Page, marked_for

PAGE = publish.PAGE.read_text("utf-8")
TABLES = PAGE.split("```text")[1].split("```")[0] if "```text" in PAGE else ""

_TO_FLOOR = "unchanged, all of a job, to its floor"
_LONGEST = "takeover after a kill, the longest"
_A_DAY = "10,000 jobs, three changes each"
_PAGES = "requests for 200 pages"
CLAIMS = [
    # A page, what it says, the row that it rests on, and between what that must be.
    ("README.md", "thousands of watches share a list", "list requests, unchanged", 0, 1),
    ("docs/guarantees.md", "take as many requests as one list", "list requests, unchanged", 0, 1),
    ("docs/guarantees.md", "A reply that says the same costs one comparison of bytes", _TO_FLOOR, 1, 1.5),
    (
        "docs/guarantees.md",
        "at most 14 seconds after it was killed",
        "takeover after a kill, the longest",
        0,
        14,
    ),
    (
        "docs/guarantees.md",
        "usually within 2 seconds after it was told to end",
        "takeover after a clean stop",
        0,
        2,
    ),
    ("docs/scale-out.md", "| 14 s at most |", _LONGEST, 0, 14),
    ("docs/scale-out.md", "| 2 s, usually; more on a busy machine |", "takeover after a clean stop", 0, 2),
    ("docs/scale-out.md", "1.6 kB, with job, row and headers", "a state on NATS", 1_550, 1_650),
    ("docs/scale-out.md", "| the states of 500 jobs | 0.8 MB", "states of 500 jobs on NATS", 0.75, 0.85),
    ("docs/scale-out.md", "50 MB of memory each", "memory of a feed with 250 watches", 45, 55),
    (
        "docs/scale-out.md",
        "2 requests a second at most, however many watch",
        "requests for 1,000 remote watches",
        0,
        2,
    ),
    ("docs/scale-out.md", "tells what was before 2.3 kB", "one that tells what was before", 2_250, 2_400),
    ("docs/scale-out.md", "events of 10,000 jobs a day, four each | 86 MB a day", _A_DAY, 84, 88),
    ("docs/scale-out.md", "and a few hundredths of a core", "the relay's share of a core", 0, 4),
    ("docs/scale-out.md", "and a few hundredths of a core", "a feed's share of a core, 250 watches", 0, 4),
    ("docs/dashboard.md", "However many pages are open, the backend is asked once", _PAGES, 0, 4),
    ("docs/dashboard.md", "A page is told of changes at most twice a second", "messages to a page", 0, 2),
    ("docs/monitoring/README.md", "with 5,000 jobs as with 50", "a scrape with 5,000 jobs", 0.8, 1.25),
    ("docs/monitoring/README.md", "costs less than a millisecond", "a scrape, CPU", 0, 0.9),
    ("docs/monitoring/README.md", "costs some ten milliseconds", "a scrape, 500 jobs by id, CPU", 4, 12),
    ("docs/monitoring/README.md", "There are at most 200 series", "series", 0, 200),
    ("docs/architecture.md", "A thousand watches cost what one c", "list requests, unchanged", 0, 1),
    ("docs/tutorial.md", "ten thousand cost what one list costs", "list requests, unchanged", 0, 1),
    ("docs/performance.md", "some 5 times as much for one job", "official / find, 1 job", 4.2, 5.7),
    ("docs/performance.md", "9 for fifty", "official / find, 50 jobs", 8.5, 10),
    ("docs/performance.md", "14 to 16 for hundreds and thousands", "official / find, 500 jobs", 13.5, 15.5),
    ("docs/performance.md", "14 to 16 for hundreds and thousands", "official / find, 5,000 jobs", 15, 17),
    ("docs/performance.md", "up to 30 times", "official / typed, 5,000 jobs", 28, 33),
    ("docs/performance.md", "Over https a list of fifty", "official / find, 50 jobs, https", 40, 50),
    ("docs/performance.md", "and some 8 µs more for each", "each that changed adds", 7.5, 9),
    ("docs/performance.md", "takes five to eight times a watch's CPU", "listing / watching, CPU", 4.5, 8.5),
    ("docs/performance.md", "after half a second at the median", "change to event, ids: p50", 0.4, 0.6),
]


def rows(tables: str) -> dict[str, float]:
    """The figures of tables by their names, which may go on in the lines below."""
    found: dict[str, float] = {}
    open_name, value = "", None
    for line in [*tables.splitlines(), ""]:
        cells = re.split(r"\s{2,}", line.strip())
        begins = re.match(r"[\d.,]+", cells[1]) if line.startswith("  ") and len(cells) > 1 else None
        if begins or not line.strip():
            if value is not None:
                found.setdefault(open_name.rstrip("⁰¹²³⁴⁵⁶⁷⁸⁹"), value)
            open_name, value = cells[0], float(begins[0].replace(",", "")) if begins else None
        elif re.match("  [^ ⁰¹²³⁴⁵⁶⁷⁸⁹]", line) and len(cells) == 1:
            open_name += " " + cells[0]
    return found


def test_what_the_page_begins_with_is_what_printed_it() -> None:
    assert [command.text for block in marked_for(__file__) for command in commands(block)] == [
        "pip install -e '.[dev]'",
        "python -m benchmarks",
    ]
    assert "`python -m benchmarks` printed:\n\n```text\n" in PAGE


def test_what_the_readme_shows_can_be_typed() -> None:
    blocks = [
        block for block in Page(ROOT / "benchmarks" / "README.md").blocks() if block.language == "console"
    ]
    typed = [command.text for block in blocks for command in commands(block)]
    measuring = [line.split() for line in typed if line.startswith("python -m benchmarks")]
    assert len(measuring) >= 3
    for words in measuring:
        assert main([*words[3:], "--list"]) == 0, words


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


@pytest.mark.parametrize(("page", "words", "row", "low", "high"), CLAIMS)
def test_a_claim_is_a_row(page: str, words: str, row: str, low: float, high: float) -> None:
    said = " ".join((ROOT / page).read_text("utf-8").split())
    assert words in said
    assert low <= rows(TABLES)[row] <= high


def test_rows_are_found_whatever_their_width() -> None:
    table = """
  a long name that goes      1,234 ms (1,200–1,300)  ≤ 2,000 ms  ok
  on¹
  short                      0.5 /s                    a rival
                                                       of two words
  ¹ Of 3.
"""
    assert rows(table) == {"a long name that goes on": 1234, "short": 0.5}


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
    aims = "<!-- aims: written by python -m benchmarks.publish -->", "<!-- end of aims -->"
    page = f"before\n{aims[0]}\nold\n{aims[1]}\n{begin}\nold\n{end}\nafter\n"
    once = publish.published(page, report)
    assert once.startswith(f"before\n{aims[0]}\n\n1 of 2 aims are reached. The others:\n")
    assert "| far | 17.0× | ≥ 25× | 19.6× |" in once
    assert once.endswith(f"\n{end}\nafter\n")
    assert "old" not in once
    for said in ("ours", "floor: 19.6", "needs chromium", "1 min 15 s"):
        assert said in " ".join(once.split())
    assert max(map(len, once.splitlines())) <= WIDTH
    assert publish.published(once, report) == once
    with pytest.raises(ValueError, match="no place between"):
        publish.published("nothing", report)
