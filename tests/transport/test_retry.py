"""What may be sent again: the table, and the numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accsyn_async.transport.retry import (
    Effect,
    Fatal,
    Reauthenticate,
    Retry,
    RetryBudget,
    RetryPolicy,
    effect_of,
    may_have_acted,
    verdict,
)
from accsyn_async.wire.reply import Failure, FailureKind

R, F, A = Retry, Fatal, Reauthenticate
TABLE = {
    #                          READ CHANGE DELETE LOGIN
    FailureKind.UNREACHED: (R, R, R, R),
    FailureKind.UNTRUSTED: (F, F, F, F),
    FailureKind.UNANSWERED: (R, F, R, R),
    FailureKind.THROTTLED: (R, R, R, R),
    FailureKind.UNAVAILABLE: (R, F, R, F),
    FailureKind.BROKEN: (R, F, R, F),
    FailureKind.CRASHED: (F, F, F, F),
    FailureKind.EXPIRED: (A, A, A, F),
    FailureKind.REFUSED: (F, F, F, F),
}


@pytest.mark.parametrize("kind", list(FailureKind))
@pytest.mark.parametrize(
    ("column", "effect"), list(enumerate([Effect.READ, Effect.CHANGE, Effect.DELETE, Effect.LOGIN]))
)
def test_the_table(kind: FailureKind, column: int, effect: Effect) -> None:
    assert type(verdict(effect, Failure(kind, "x"), RetryPolicy())) is TABLE[kind][column]


@pytest.mark.parametrize(("asked", "expected"), [(None, R), (5.0, R), (60.0, R), (61.0, F)])
@pytest.mark.parametrize("kind", [FailureKind.THROTTLED, FailureKind.UNAVAILABLE])
def test_retry_after_is_honoured_up_to_a_minute(
    asked: float | None, expected: type, kind: FailureKind
) -> None:
    failure = Failure(kind, "x", retry_after=asked)
    decided = verdict(Effect.READ, failure, RetryPolicy())
    assert type(decided) is expected
    if isinstance(decided, Retry) and asked:
        for spread in (0.0, 1.0):
            pause = RetryPolicy().pause(decided, 0, spread, spread)
            assert asked <= pause <= asked + 5


@given(st.integers(0, 50), st.floats(0, 1), st.floats(0, 1))
def test_pauses_grow_and_are_bounded(i: int, random: float, jitter: float) -> None:
    policy = RetryPolicy()
    for base in (0.05, 1.0):
        pause = policy.pause(Retry(base=base), i, random, jitter)
        assert 0 <= pause <= min(base * 2**i, 20)


def test_attempts() -> None:
    policy = RetryPolicy()
    assert [policy.attempts_for(effect) for effect in Effect] == [3, 3, 2, 2]
    assert RetryPolicy(attempts=1).attempts_for(Effect.DELETE) == 1


def test_effects() -> None:
    assert [effect_of(verb) for verb in ("GET", "PUT", "POST", "DELETE")] == [
        Effect.READ,
        Effect.CHANGE,
        Effect.CHANGE,
        Effect.DELETE,
    ]


def test_what_may_have_been_done() -> None:
    certain = {
        FailureKind.UNREACHED,
        FailureKind.UNTRUSTED,
        FailureKind.THROTTLED,
        FailureKind.EXPIRED,
        FailureKind.REFUSED,
    }
    assert {kind for kind in FailureKind if not may_have_acted(Failure(kind, "x"))} == certain


def test_the_budget_keeps_an_outage_below_one_request_and_a_tenth() -> None:
    budget, sent, calls = RetryBudget(500), 0, 1000
    for _ in range(calls):
        sent += 1
        for _ in range(2):
            if not budget.spend(14):
                break
            sent += 1
    assert sent <= calls * 1.1
    for _ in range(2000):
        budget.succeeded()
    assert budget.tokens == 500
