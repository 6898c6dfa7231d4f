"""Whether what a feed reads is up to date: how NATS, the relay and the backend are. Pure."""

from __future__ import annotations

from accsyn_async.relay.messages import HealthMessage
from accsyn_async.relay.nats_errors import out_of_reach

__all__ = ["Pulse"]

_SILENT_AFTER = 15.0
"""Seconds without a word of the relay after which something is wrong: a takeover takes 14 at most."""
_AWAY_AFTER = 2.0
"""Seconds without a connection after which something is wrong: another node is reached at once."""


class Pulse:
    """Judges what is heard of NATS, of the relay, and of the backend by it.

    Attributes:
        health: what the relay said last; ``None`` before it said anything.

    Args:
        now: the time, on the monotonic clock, seconds; so are all others.

    >>> pulse = Pulse(100.0)
    >>> pulse.trouble(110.0), pulse.trouble(115.0)
    (None, 'no relay has been heard of for 15 s')
    """

    def __init__(self, now: float) -> None:
        self.health: HealthMessage | None = None
        self._heard_at = now
        self._answered_at: float | None = None
        self._lost_at: float | None = None
        self._lost = ""
        # Whether there was no connection for a while, and nothing was heard of the relay since.
        self._awaited = False

    def heard(self, health: HealthMessage, now: float) -> None:
        """The relay says how it is."""
        known = self.health
        if known is not None and known.book == health.book and known.term > health.term:
            # Of a leader after whom another has begun.
            return
        self.health = health
        self._heard_at = now
        self._awaited = False
        self._answered_at = None if health.age_s is None else self._heard_at - health.age_s

    def connected(self, now: float) -> None:
        """There is a connection to NATS."""
        if self._lost_at is not None and now - self._lost_at >= _AWAY_AFTER:
            self._awaited = True
            self._heard_at = now
        self._lost_at = None

    def lost(self, why: str, now: float) -> None:
        """There is no connection to NATS."""
        if self._lost_at is None:
            self._lost_at = now
        self._lost = why

    def age(self, now: float) -> float | None:
        """Seconds since the backend last answered the relay; ``None`` when that is not known."""
        return None if self._answered_at is None else max(0.0, now - self._answered_at)

    def trouble(self, now: float) -> str | None:
        """What is wrong, for people; ``None`` when all is well."""
        if self._lost_at is not None and now - self._lost_at >= _AWAY_AFTER:
            return out_of_reach(self._lost)
        if self._awaited:
            return "NATS was out of reach, and the relay has not been heard of since"
        silent = now - self._heard_at
        if silent >= _SILENT_AFTER:
            return f"no relay has been heard of for {silent:.0f} s"
        health = self.health
        if health is not None and health.state == "degraded":
            return health.reason or "the relay says that the backend does not answer"
        return None
