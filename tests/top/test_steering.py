"""What can be done to jobs, and what is pending."""

from __future__ import annotations

import pytest

from accsyn_async.board.board import WORDS, Entry
from accsyn_async.dashboard.top.steering import ACTIONS, PATIENCE, Pending, divide
from tests.cli.making import job


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pause", "running stalled failed init pending waiting"),
        ("resume", "failed paused aborted"),
        ("abort", "running stalled failed init pending waiting paused unknown"),
    ],
)
def test_what_makes_sense(name: str, words: str) -> None:
    assert {word for word in WORDS if ACTIONS[name].suits(word)} == set(words.split())


def test_only_aborting_needs_care() -> None:
    assert [name for name, action in ACTIONS.items() if action.careful] == ["abort"]


def test_jobs_are_divided() -> None:
    jobs = [Entry(job(1, "running")), Entry(job(2, "done")), Entry(job(3, "paused"))]
    assert divide(jobs, ACTIONS["pause"]) == ([jobs[0]], jobs[1:])


@pytest.mark.parametrize(
    ("name", "before", "seen"),
    [
        ("pause", "running waiting init", "paused done aborted removed"),
        ("resume", "paused failed aborted", "waiting running done init removed"),
        ("abort", "running paused failed", "aborted done removed"),
    ],
)
def test_an_action_is_pending_until_it_is_seen(name: str, before: str, seen: str) -> None:
    for word in seen.split():
        pending = Pending()
        pending.ask("a", ACTIONS[name])
        for other in before.split():
            pending.see("a", other)
        assert pending.of("a") is ACTIONS[name]
        pending.see("b", word)
        assert pending.of("a") is not None
        pending.see("a", word)
        assert pending.of("a") is None


def test_a_refusal_is_no_longer_pending() -> None:
    pending = Pending()
    pending.ask("a", ACTIONS["pause"])
    pending.forget("a")
    pending.forget("a")
    pending.answer("a", 1.0)
    assert pending.of("a") is None


def test_what_is_never_seen_is_told_once() -> None:
    pending = Pending()
    pending.ask("a", ACTIONS["pause"])
    assert pending.overdue(1e9) == {}
    pending.answer("a", 100.0)
    assert pending.overdue(100.0 + PATIENCE - 0.1) == {}
    assert pending.overdue(100.0 + PATIENCE) == {ACTIONS["pause"]: ["a"]}
    assert pending.overdue(1e9) == {}
    assert pending.of("a") is None
