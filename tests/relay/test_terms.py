"""Whose messages are a relay's."""

from __future__ import annotations

import datetime as dt

import pytest

from accsyn_async.relay.messages import TermMessage
from accsyn_async.relay.terms import Terms


def message(term: int, relay: str, book: str = "b") -> TermMessage:
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return TermMessage(v=1, workspace="acme", relay=relay, term=term, book=book, at=at)


@pytest.mark.parametrize(
    ("term", "relay", "seq", "allowed"),
    [
        (1, "zero", 5, True),  # before all that is known
        (3, "forger", 5, False),  # of a term that is another's
        (3, "one", 11, True),
        (3, "one", 20, True),
        (3, "one", 21, False),  # deposed
        (4, "two", 21, True),
        (4, "two", 500, True),
        (4, "forger", 30, False),
        (4, "two", 15, False),  # before it began
        (5, "two", 30, False),  # of a term that never began
    ],
)
def test_events(term: int, relay: str, seq: int, allowed: bool) -> None:
    terms = Terms()
    terms.begin(4, "two", "b", seq=21)
    terms.begin(3, "one", "b", seq=10)
    terms.begin(4, "two", "b", seq=100)  # it says so again, lest that ages out
    assert terms.allow_event(message(term, relay), seq) is allowed


def test_states() -> None:
    terms = Terms()
    terms.begin(3, "one", "b", seq=10)
    terms.heard(message(4, "two"))
    assert terms.allow_state(message(3, "one"))
    assert terms.allow_state(message(4, "two"))
    assert not terms.allow_state(message(4, "forger"))
    # Of a leader whose beginning is not read yet.
    assert terms.allow_state(message(5, "three"))


def test_of_a_term_that_has_begun() -> None:
    terms = Terms()
    assert terms.knows(message(7, "anybody"))
    terms.begin(3, "one", "b", seq=10)
    assert terms.knows(message(3, "one"))
    assert terms.knows(message(2, "zero"))
    assert not terms.knows(message(3, "forger"))
    assert not terms.knows(message(4, "two"))


def test_a_term_begins_once() -> None:
    terms = Terms()
    terms.begin(3, "one", "b", seq=10)
    terms.begin(3, "forger", "b", seq=12)
    assert terms.allow_event(message(3, "one"), 13)
    assert not terms.allow_event(message(3, "forger"), 13)


def test_another_stream() -> None:
    terms = Terms()
    terms.begin(3, "one", "b", seq=10)
    terms.forget()
    assert terms.allow_event(message(3, "one"), 2)
    assert not terms.allow_event(message(3, "forger"), 2)


def test_another_book_counts_anew() -> None:
    terms = Terms()
    terms.begin(3, "one", "b", seq=10)
    assert terms.allow_state(message(3, "two", "c"))
    terms.begin(3, "two", "c", seq=20)
    assert terms.allow_event(message(3, "two", "c"), 21)
    assert not terms.allow_event(message(3, "one"), 21)
    assert Terms(terms).allow_state(message(3, "two", "c"))
    assert not Terms(terms).allow_state(message(3, "one", "c"))
