"""Whether to send again, and when.

What may be sent again follows from what the backend can have done: a read always, a
change only where the backend cannot have acted. How often is bounded three ways: three
attempts, the call's own time, and a budget that a total outage uses up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from accsyn_async.wire.message import Verb
from accsyn_async.wire.reply import Failure, FailureKind

__all__ = [
    "Effect",
    "Fatal",
    "Reauthenticate",
    "Retry",
    "RetryBudget",
    "RetryPolicy",
    "effect_of",
    "may_have_acted",
    "verdict",
]


class Effect(Enum):
    """What sending a call twice would do."""

    READ = auto()
    """Nothing: it changes nothing."""
    CHANGE = auto()
    """Perhaps a second change."""
    DELETE = auto()
    """Nothing that the first did not do: what is gone cannot be deleted again."""
    LOGIN = auto()
    """A second login; after a refusal it could lock the user out."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Send again after a pause.

    Attributes:
        base: seconds; the pause is drawn from 0 to ``base × 2^i``.
        at_least: seconds that the backend asked for.
        cost: what it takes out of the budget.
    """

    base: float
    at_least: float = 0.0
    cost: int = 14


@dataclass(frozen=True, slots=True)
class Reauthenticate:
    """Log in again, then send again."""


@dataclass(frozen=True, slots=True)
class Fatal:
    """Do not send again."""


Verdict = Retry | Reauthenticate | Fatal

_PASSING = Retry(base=0.05)
_FATAL = Fatal()
_MAY_HAVE_ACTED = frozenset(
    {FailureKind.UNANSWERED, FailureKind.UNAVAILABLE, FailureKind.BROKEN, FailureKind.CRASHED}
)
_EFFECTS: dict[Verb, Effect] = {"GET": Effect.READ, "DELETE": Effect.DELETE}
_ATTEMPTS = {Effect.DELETE: 2, Effect.LOGIN: 2}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The numbers.

    Attributes:
        attempts: how often a call is sent at most.
        longest_pause: seconds that a pause can grow to.
        longest_retry_after: seconds; a call that is asked to wait longer fails instead.
        throttled_base: seconds that the pause after a 429 starts from.
        budget: tokens at the start, and at most.
    """

    attempts: int = 3
    longest_pause: float = 20.0
    longest_retry_after: float = 60.0
    throttled_base: float = 1.0
    budget: int = 500

    def attempts_for(self, effect: Effect) -> int:
        """How often a call with this effect is sent at most."""
        return min(self.attempts, _ATTEMPTS.get(effect, self.attempts))

    def pause(self, retry: Retry, i: int, random: float, jitter: float) -> float:
        """Seconds to wait before sending again.

        Args:
            retry: the verdict.
            i: how many pauses came before this one.
            random: 0–1, spreads the pause.
            jitter: 0–1, spreads what comes on top of Retry-After (at most 5 s).
        """
        if retry.at_least > 0:
            return retry.at_least + jitter * min(5.0, retry.at_least)
        return random * min(retry.base * float(2**i), self.longest_pause)


def effect_of(verb: Verb) -> Effect:
    """What a call with this verb does to the backend."""
    return _EFFECTS.get(verb, Effect.CHANGE)


def verdict(effect: Effect, failure: Failure, policy: RetryPolicy) -> Verdict:
    """Decide what to do about a failed attempt.

    >>> from accsyn_async.wire.reply import Failure, FailureKind
    >>> lost = Failure(FailureKind.UNANSWERED, "connection reset")
    >>> verdict(Effect.READ, lost, RetryPolicy())
    Retry(base=0.05, at_least=0.0, cost=14)
    >>> verdict(Effect.CHANGE, lost, RetryPolicy())
    Fatal()
    """
    match failure.kind:
        case FailureKind.EXPIRED:
            return _FATAL if effect is Effect.LOGIN else Reauthenticate()
        case FailureKind.REFUSED | FailureKind.UNTRUSTED | FailureKind.CRASHED:
            return _FATAL
        case FailureKind.UNREACHED:
            return _PASSING
        case FailureKind.THROTTLED:
            again = Retry(base=policy.throttled_base, at_least=failure.retry_after or 0.0, cost=5)
        case _ if effect is Effect.CHANGE:
            return _FATAL
        case FailureKind.UNAVAILABLE | FailureKind.BROKEN if effect is Effect.LOGIN:
            return _FATAL
        case _:
            again = replace(_PASSING, at_least=failure.retry_after or 0.0)
    return again if again.at_least <= policy.longest_retry_after else _FATAL


def may_have_acted(failure: Failure) -> bool:
    """Whether the backend can have done what it was asked, in spite of the failure."""
    return failure.kind in _MAY_HAVE_ACTED


class RetryBudget:
    """Stops sending again when almost nothing succeeds: an outage must not become a storm.

    >>> budget = RetryBudget(20)
    >>> budget.spend(14), budget.spend(14)
    (True, False)
    """

    __slots__ = ("_most", "_tokens")

    def __init__(self, tokens: int) -> None:
        self._most = tokens
        self._tokens = tokens

    @property
    def tokens(self) -> int:
        """What is left."""
        return self._tokens

    def spend(self, cost: int) -> bool:
        """Take what a second attempt costs; ``False`` when too little is left."""
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True

    def succeeded(self) -> None:
        """Give one back: a call succeeded at its first attempt."""
        if self._tokens < self._most:
            self._tokens += 1
