"""One frame of bars, as text."""

from __future__ import annotations

import re

import msgspec
import pytest

from accsyn_async.board.board import Board, counts_text
from accsyn_async.board.signs import ASCII
from accsyn_async.cli.frame import draw
from accsyn_async.events import Event
from tests.cli.making import (
    DEGRADED,
    RECOVERED,
    SYNCED,
    finished,
    found,
    job,
    removed,
    revived,
    stalled,
)


def frame(*events: Event, width: int = 80, height: int = 24, now: float = 0.0, title: str = "") -> list[str]:
    board = Board()
    for event in events:
        board.take(event, now)
    return draw(board, width=width, height=height, now=now, title=title).plain.split("\n")


def test_a_frame() -> None:
    lines = frame(
        found(job(1, name="a.mov", progress=50, speed=12.5, etr="0h:3m:20s", size=5_000_000_000)),
        found(job(2, "waiting", name="b.mov")),
        found(job(3, "done", name="c.mov", progress=100)),
        SYNCED,
    )
    assert re.fullmatch(r"a\.mov ━+╸?─+  50 %  12\.5 MB/s  3 min 20 s  ▸ running", lines[0])
    assert re.fullmatch(r"b\.mov ─+   0 % {25}· waiting", lines[1])
    assert re.fullmatch(r"c\.mov ━+ 100 % {25}✓ done", lines[2])
    assert lines[3:] == ["", "1 running · 1 waiting · 1 done · 12.5 MB/s · running: 3 min 20 s left"]


def test_when_all_is_done_is_told_once_nothing_waits() -> None:
    lines = frame(
        found(job(1, progress=50, speed=12.5, etr="0h:3m:20s", size=5_000_000_000)),
        found(job(2, "done", progress=100)),
        SYNCED,
    )
    assert lines[-1] == "1 running · 1 done · 12.5 MB/s · 3 min 20 s left"


@pytest.mark.parametrize(
    ("width", "summary"),
    [
        (69, "1 running · 1 waiting · 1 done · 12.5 MB/s · running: 3 min 20 s left"),
        (68, "1 running · 1 waiting · 1 done · running: 3 min 20 s left"),
        (56, "1 running · 1 waiting · 1 done"),
        (30, "1 running · 1 waiting · 1 done"),
    ],
)
def test_the_least_important_leaves_the_summary_whole(width: int, summary: str) -> None:
    lines = frame(
        found(job(1, progress=50, speed=12.5, etr="0h:3m:20s", size=5_000_000_000)),
        found(job(2, "waiting")),
        found(job(3, "done", progress=100)),
        SYNCED,
        width=width,
    )
    assert lines[-1] == summary


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("name", ["a", "x" * 300, "東京" * 40])
def test_no_line_is_longer_than_the_terminal(width: int, name: str) -> None:
    board = Board()
    for event in (
        found(job(1, name=name, progress=33, speed=1.0)),
        found(job(2, "failed")),
        SYNCED,
        DEGRADED,
    ):
        board.take(event, 0.0)
    for line in draw(board, width=width, height=24, now=0.0, title="t" * 300).split("\n"):
        assert line.cell_len <= width


@pytest.mark.parametrize("height", [2, 5, 10, 23])
def test_more_jobs_than_lines(height: int) -> None:
    jobs = [job(n, "waiting") for n in range(5)] + [job(n, "done") for n in range(10, 30)]
    jobs += [job(n, "running") for n in range(40, 43)]
    lines = frame(*map(found, jobs), SYNCED, height=height)
    assert len(lines) <= height
    *shown, more, total = lines
    assert total.startswith("3 running · 5 waiting · 20 done")
    assert sum("running" in line for line in shown) == min(3, len(shown))
    hidden = 28 - len(shown)
    assert more.startswith(f"… and {hidden} more: ")
    assert sum(map(int, re.findall(r"(\d+) (?:running|waiting|done)", more))) == hidden


def test_a_bad_end_is_a_word_and_a_sign() -> None:
    lines = frame(found(job(1, "failed")), finished(job(2, "aborted")), removed(job(3)), stalled(job(4)))
    assert [line.split()[-2:] for line in lines[:4]] == [
        ["✗", "failed"],
        ["✗", "aborted"],
        ["✗", "removed"],
        ["!", "stalled"],
    ]


def test_trouble_is_said_until_it_is_over() -> None:
    told = (found(job(1)), SYNCED, DEGRADED)
    assert frame(*told)[-1] == "! degraded, trying on: no answer from 127.0.0.1:1"
    assert "degraded" not in "".join(frame(*told, RECOVERED))


def test_a_job_that_is_revived_runs_again() -> None:
    lines = frame(found(job(1)), finished(job(1, "done")), revived(job(1, "waiting")), SYNCED)
    assert lines[0].endswith("· waiting")
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("events", "says"),
    [((), "asking for jobs"), ((SYNCED,), "no jobs yet"), ((DEGRADED,), "asking for jobs")],
)
def test_nothing_to_show(events: tuple[Event, ...], says: str) -> None:
    assert frame(*events)[0] == says


@pytest.mark.parametrize("progress", [-10, 0, 0.4, 50, 99.9, 100, 1000])
def test_strange_progress(progress: float) -> None:
    (line, *_) = frame(found(job(1, progress=progress)))
    assert len(line) <= 80


def test_without_unicode() -> None:
    board = Board()
    board.take(found(job(1, progress=50)), 0.0)
    line = draw(board, width=80, height=5, now=0.0, signs=ASCII).plain.split("\n")[0]
    assert re.search(r"#+-+ {2}50 % .*> running", line)


def test_many_ends_are_counted_not_kept() -> None:
    board = Board()
    for number in range(2000):
        board.take(finished(job(number, "done")), 0.0)
    assert board.counts() == {"done": 2000}
    assert len(board.entries()) == 500


def test_counts_in_words() -> None:
    assert counts_text(["done", "failed", "running", "done"]) == "1 running · 1 failed · 2 done"


@pytest.mark.parametrize("reason", ["HTTP 502 \x1b[2J\nowned [red]"])
def test_a_hostile_reason_is_not_obeyed(reason: str) -> None:
    assert frame(msgspec.structs.replace(DEGRADED, reason=reason))[-1].endswith(
        r"HTTP 502 \x1b[2J\nowned [red]"
    )
