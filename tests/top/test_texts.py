"""Title, totals, banner, log, and the lines of one job."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async import events
from accsyn_async.board.board import Board, Entry
from accsyn_async.board.signs import UNICODE
from accsyn_async.dashboard.top.detail_text import facts, task_lines
from accsyn_async.dashboard.top.headlines import banner, log_line, title, totals
from accsyn_async.dashboard.top.journal import Journal
from accsyn_async.safe_text import safe
from tests.cli.making import (
    AT,
    DEGRADED,
    HOSTILE,
    RECOVERED,
    SYNCED,
    changed,
    finished,
    found,
    job,
    removed,
    revived,
    stalled,
)


def board(*words: str) -> Board:
    made = Board()
    for number, word in enumerate(words):
        made.take(found(job(number, word, speed=20.0 if word == "running" else None)), 0.0)
    return made


def test_the_totals_are_counts_speed_and_time_left() -> None:
    made = Board()
    made.take(found(job(1, "running", speed=12.5, size=10**9, progress=0)), 0.0)
    made.take(found(job(2, "failed")), 0.0)
    assert totals(made, 80, 0.0, UNICODE).plain.split("  ")[0] == " ▸ 1 running"
    assert totals(made, 80, 0.0, UNICODE).plain.endswith(
        " ✗ 1 failed" + " " * 19 + "12.5 MB/s · running: 1 min 20 s left"
    )
    assert totals(made, 45, 0.0, UNICODE).plain.endswith(" 12.5 MB/s")


def test_the_totals_say_what_is_not_known_yet() -> None:
    empty = Board()
    assert totals(empty, 80, 0.0, UNICODE).plain == " asking for jobs …"
    empty.take(SYNCED, 0.0)
    assert totals(empty, 80, 0.0, UNICODE).plain == " no jobs yet"


words = st.lists(
    st.sampled_from(["running", "failed", "paused", "waiting", "done", "init", "odd"]), max_size=9
)


@given(words, st.text(max_size=30), st.integers(1, 200))
def test_nothing_is_wider_than_the_screen(states: list[str], text: str, width: int) -> None:
    made = board(*states)
    assert totals(made, width, 0.0, UNICODE).cell_len <= width
    assert title(text, "3 jobs", width).cell_len <= width
    assert banner(text, 3.0, width).cell_len == width
    entry = Entry(job(1, name=text, source_hr=text, user_hr=text))
    assert all(line.cell_len <= width for line in facts(entry, None, width, 0.0, UNICODE))
    row = {"id": "t", "uri": text, "status": "failed", "message": text, "source": {"path": text}}
    (line,) = task_lines([row], width, UNICODE)
    assert line.cell_len <= width
    assert safe(line.plain) == line.plain


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (80, "40 % · 12.5 MB/s · 3 min 20 s left · 5.0 GB"),
        (60, "40 % · 12.5 MB/s · 3 min 20 s left"),
        (50, "40 % · 3 min 20 s left"),
    ],
)
def test_the_least_important_leaves_the_state_whole(width: int, told: str) -> None:
    entry = Entry(job(1, progress=40, speed=12.5, etr="0h:3m:20s", size=5_000_000_000))
    entry.left.observe(entry.job, 0.0)
    assert facts(entry, None, width, 0.0, UNICODE)[0].plain.endswith(f"  {told}")


def test_the_banner_says_how_old_it_all_is() -> None:
    assert banner("no answer\x1b", 65.0, 90).plain.rstrip() == (
        " ! degraded · as of 1 min 05 s ago · trying on: no answer\\x1b"
    )
    assert "nothing is known yet" in banner("no answer", None, 90).plain


def written(*told: events.Event) -> list[str]:
    journal = Journal()
    for event in told:
        journal.take(event)
    return [log_line(*line).plain for line in journal.lines]


def test_the_log_tells_ends_failures_and_the_like_and_no_progress() -> None:
    failed = events.JobChanged(
        at=AT, job=job(1, "failed", progress=12), previous=job(1), changes={"status": ("running", "failed")}
    )
    lines = written(
        *(found(job(1)), SYNCED, found(job(2)), changed(job(1)), failed, changed(job(1, "failed"))),
        *(finished(job(1, "done")), revived(job(1)), stalled(job(1)), removed(job(1)), DEGRADED, RECOVERED),
    )
    assert [line[10:] for line in lines] == [
        "synced    following 0 jobs",
        "new       job2.mov · 1.0 kB",
        "failed    job1.mov at 12 %",
        "done      job1.mov · 1.0 kB",
        "revived   job1.mov",
        "stalled   job1.mov does not move",
        "removed   job1.mov",
        "degraded  no answer from 127.0.0.1:1; trying on",
        "recovered after 1 min 15 s",
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_log_obeys_nothing(name: str) -> None:
    assert written(finished(job(1, "done", name=name)))[0].isprintable()


def test_the_log_forgets_what_is_long_gone() -> None:
    journal = Journal()
    for number in range(2500):
        journal.write(AT, "note", str(number))
    assert (len(journal.lines), journal.count) == (1000, 2500)
    assert journal.lines[-1].text == "2499"


def test_a_task_that_failed_says_why() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "1", "uri": "0", "status": "failed", "message": "disk full", "source": {"path": "a"}},
        {"id": "2", "uri": "1", "status": "executing", "progress": 40, "size": 2000},
        {"uri": "2", "status": "never heard of"},
    ]
    lines = [" ".join(line.plain.split()) for line in task_lines(rows, 100, UNICODE)]
    assert lines == [
        "0 ✗ failed — disk full · a → —",
        "1 ▸ executing 40 % 2.0 kB — → —",
        "2 ? unknown — — → —",
    ]
