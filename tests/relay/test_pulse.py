"""Whether what a feed reads is up to date."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from accsyn_async.relay.messages import HealthMessage
from accsyn_async.relay.pulse import Pulse

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def health(state: Literal["ok", "degraded"] = "ok", **facts: Any) -> HealthMessage:
    given: dict[str, Any] = {
        "v": 1,
        "workspace": "acme",
        "relay": "r1",
        "term": 1,
        "book": "b1",
        "at": AT,
        "reason": None,
        "since": AT,
        "age_s": 2.0,
        "polls": 1,
        "period_s": 3.0,
        "settled": 0,
        "queries": [],
        "allowed": [],
    }
    return HealthMessage(state=state, **given | facts)


def test_silence_is_trouble_after_a_takeovers_time() -> None:
    pulse = Pulse(0.0)
    pulse.heard(health(), 10.0)
    assert pulse.trouble(24.9) is None
    assert pulse.trouble(25.0) == "no relay has been heard of for 15 s"
    pulse.heard(health(), 30.0)
    assert pulse.trouble(30.0) is None


def test_a_short_loss_of_the_connection_is_none() -> None:
    pulse = Pulse(0.0)
    pulse.lost("the connection was lost", 1.0)
    assert pulse.trouble(2.9) is None
    pulse.lost("nobody answers", 2.0)
    assert pulse.trouble(3.0) == "NATS is out of reach: nobody answers"
    pulse.connected(3.5)
    assert pulse.trouble(3.5) == "NATS was out of reach, and the relay has not been heard of since"
    pulse.heard(health(), 4.0)
    assert pulse.trouble(4.0) is None


def test_silence_counts_from_when_there_was_a_connection_again() -> None:
    pulse = Pulse(0.0)
    pulse.heard(health(), 1.0)
    pulse.lost("NATS is out of reach (nats://a): Connection refused", 2.0)
    assert pulse.trouble(30.0) == "NATS is out of reach (nats://a): Connection refused"
    pulse.connected(30.0)
    pulse.heard(health(), 31.0)
    assert pulse.trouble(45.9) is None
    # A moment without a connection is nothing.
    pulse.lost("the connection was lost", 32.0)
    pulse.connected(32.5)
    assert pulse.trouble(33.0) is None


def test_what_the_relay_says_of_the_backend() -> None:
    pulse = Pulse(0.0)
    pulse.heard(health("degraded", reason="accsyn does not answer"), 1.0)
    assert pulse.trouble(1.0) == "accsyn does not answer"
    pulse.heard(health("degraded"), 1.0)
    assert pulse.trouble(1.0) == "the relay says that the backend does not answer"
    pulse.heard(health(), 2.0)
    assert pulse.trouble(2.0) is None


def test_a_deposed_leaders_word_is_none() -> None:
    pulse = Pulse(0.0)
    pulse.heard(health(term=3), 1.0)
    pulse.heard(health("degraded", term=2), 2.0)
    assert pulse.trouble(2.0) is None
    # But terms begin anew in another book.
    pulse.heard(health("degraded", term=1, book="b2"), 2.0)
    assert pulse.trouble(2.0) is not None


def test_age_goes_on_from_what_was_said() -> None:
    pulse = Pulse(0.0)
    assert pulse.age(5.0) is None
    pulse.heard(health(age_s=2.0), 10.0)
    assert pulse.age(13.0) == 5.0
    pulse.heard(health(age_s=None), 14.0)
    assert pulse.age(15.0) is None
