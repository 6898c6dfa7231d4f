"""When to poll next, and when to say that the backend is not well: pure policy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from accsyn_async.errors import ArgumentError

__all__ = [
    "Health",
    "PollPolicy",
    "Situation",
    "id_batches",
    "list_whole",
    "looks_capped",
    "missing_too_many",
    "next_interval",
    "shortest_interval",
]


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """How often to poll; seconds.

    Args:
        soon: while a job is about to finish, or something just changed.
        running: while jobs run.
        idle: what the interval grows to while none runs.
        growth: by which factor.
        jitter: share by which each interval is spread, either way.
        backoff: first pause after a failed poll; it doubles.
        longest_backoff: what that grows to.
        stalled_after: how long a running job has neither progress nor speed before
            ``JobStalled`` says so; ``None`` for never.

    Raises:
        ArgumentError: an interval is no positive number, or they are out of order.

    >>> PollPolicy(soon=0.5).soon
    0.5
    """

    soon: float = 1.0
    running: float = 2.0
    idle: float = 10.0
    growth: float = 1.5
    jitter: float = 0.1
    backoff: float = 0.8
    longest_backoff: float = 30.0
    stalled_after: float | None = 60.0

    def __post_init__(self) -> None:
        for name in ("soon", "running", "idle", "growth", "jitter", "backoff", "longest_backoff"):
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ArgumentError(f"{name} of a poll policy is a number, not {value!r}")
        after: object = self.stalled_after
        if after is not None and (
            isinstance(after, bool) or not isinstance(after, int | float) or not after > 0
        ):
            raise ArgumentError(f"stalled_after is a positive number of seconds, or None; not {after!r}")
        if not 0 < self.soon <= self.running <= self.idle:
            raise ArgumentError(
                f"poll intervals must be positive, with soon <= running <= idle; not soon={self.soon},"
                f" running={self.running}, idle={self.idle}"
            )
        if self.growth < 1 or not 0 <= self.jitter < 1:
            raise ArgumentError("a poll policy needs growth >= 1 and 0 <= jitter < 1")
        if not 0 < self.backoff <= self.longest_backoff:
            raise ArgumentError("poll backoff must be positive and at most longest_backoff")


@dataclass(frozen=True, slots=True)
class Situation:
    """What the next interval depends on.

    Attributes:
        interval: the last one, seconds.
        reply_time: how long the last poll took, seconds.
        running: whether any job runs.
        closing: whether any job is about to finish.
        changed: whether the last poll brought a change.
        unresolved: whether a job waits to be looked up.
        failures: failed polls in a row, or not long ago.
        failed: whether the last poll failed.
        asked_to_wait: seconds that the backend asked for.
    """

    interval: float
    reply_time: float = 0.0
    running: bool = False
    closing: bool = False
    changed: bool = False
    unresolved: bool = False
    failures: int = 0
    failed: bool = False
    asked_to_wait: float = 0.0


def next_interval(policy: PollPolicy, now: Situation, random: float) -> float:
    """Seconds until the next poll.

    Args:
        policy: the numbers.
        now: the situation.
        random: 0–1, spreads the interval.

    >>> next_interval(PollPolicy(), Situation(interval=1.0, running=True), 0.5)
    2.0
    >>> next_interval(PollPolicy(), Situation(interval=2.0), 0.5)
    3.0
    """
    if now.failed:
        ceiling = min(policy.longest_backoff, policy.backoff * float(2 ** min(now.failures, 16)))
        return max(random * ceiling, policy.backoff / 4, now.asked_to_wait)
    if now.changed or now.closing:
        interval = policy.soon
    elif now.unresolved or now.running:
        interval = policy.running
    else:
        interval = min(policy.idle, max(policy.running, now.interval * policy.growth))
    return max(interval, shortest_interval(policy, now.reply_time)) * (
        1.0 + policy.jitter * (2.0 * random - 1.0)
    )


def shortest_interval(policy: PollPolicy, reply_time: float) -> float:
    """Seconds that a backend which takes so long to answer is left in peace, at least.

    >>> shortest_interval(PollPolicy(), 0.5), shortest_interval(PollPolicy(), 25.0)
    (2.0, 30.0)
    """
    return min(4.0 * reply_time, policy.longest_backoff)


class Health:
    """Whether the backend answers a kind of poll; says when that changes.

    >>> health = Health()
    >>> health.failed(10.0), health.failed(11.0), health.failed(12.0), health.good(15.0)
    (False, True, False, 5.0)
    """

    __slots__ = ("_degraded", "_failures", "_since")

    def __init__(self) -> None:
        self._failures = 0
        self._since: float | None = None
        self._degraded = False

    @property
    def degraded(self) -> bool:
        """Whether it does not answer as it should."""
        return self._degraded

    @property
    def failures(self) -> int:
        """Failed polls in a row."""
        return self._failures

    def failed(self, now: float) -> bool:
        """A poll failed; ``True`` when that makes it degraded (the second in a row)."""
        self._failures += 1
        self._begin(now)
        return self._failures >= 2 and self.overdue(now)

    def overdue(self, now: float) -> bool:
        """No answer for too long; ``True`` when that makes it degraded."""
        self._begin(now)
        if self._degraded:
            return False
        self._degraded = True
        return True

    def good(self, now: float) -> float | None:
        """A poll succeeded; seconds since the trouble began, when it was degraded."""
        since, was_degraded = self._since, self._degraded
        self._failures, self._since, self._degraded = 0, None, False
        return now - since if was_degraded and since is not None else None

    def _begin(self, now: float) -> None:
        if self._since is None:
            self._since = now


def missing_too_many(before: int, missing: int, now: int) -> bool:
    """Whether a list lacks so many that it is asked for again before anyone is suspected.

    >>> missing_too_many(100, 5, 95), missing_too_many(100, 31, 69), missing_too_many(1, 1, 0)
    (False, True, True)
    """
    return missing > 0 and (now == 0 or missing > max(5, 0.3 * before))


def id_batches(ids: list[str], *, most: int = 250, room: int = 6500) -> list[list[str]]:
    """Cut ids into batches for ``id in "…"``.

    Args:
        ids: what to cut.
        most: ids in a batch at most.
        room: bytes of URL that a batch's ids may take, each comma quoted.

    >>> [len(batch) for batch in id_batches(["%024x" % n for n in range(500)], room=99999)]
    [250, 250]
    """
    batches: list[list[str]] = []
    left = 0
    for ident in ids:
        takes = len(ident) + 3
        if not batches or len(batches[-1]) >= most or takes > left:
            batches.append([])
            left = room
        batches[-1].append(ident)
        left -= takes
    return batches


def looks_capped(rows: int) -> bool:
    """Whether a list is as long as one that a backend has cut off: backends like round numbers.

    >>> looks_capped(1000), looks_capped(999), looks_capped(50)
    (True, False, False)
    """
    return rows >= 100 and rows % 50 == 0


def list_whole(wanted: int, known_size: int | None, *, most: int = 250) -> bool:
    """Whether to list everything in place of asking for many ids.

    One batch is as cheap as a list. Beyond that the list is one request in place of
    several, unless it is known to be much longer than what is wanted.

    >>> list_whole(250, None), list_whole(500, None), list_whole(500, 50_000)
    (False, True, False)
    """
    if wanted <= most:
        return False
    return known_size is None or known_size <= 4 * wanted + 1000
