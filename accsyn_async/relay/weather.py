"""Whether what a relay publishes can be relied on just now. Pure."""

from __future__ import annotations

import datetime as dt

from accsyn_async.events import Degraded, Recovered
from accsyn_async.relay.messages import HealthMessage
from accsyn_async.transport.seam import Clock

__all__ = ["SILENCE", "Weather"]

SILENCE = 15.0
"""Seconds without a word from a leader after which that is told; another takes over in less."""

_NATS = "nats"
_SILENT = "silent"
_BACKEND = "backend"


class Weather:
    """What is wrong, and since when: trouble of several kinds is told as one.

    Attributes:
        health: what a leader said last; ``None`` before the first word.

    Args:
        clock: time.
    """

    __slots__ = ("_clock", "_heard_at", "_quiet_since", "_since", "_troubles", "health")

    def __init__(self, clock: Clock) -> None:
        self.health: HealthMessage | None = None
        self._clock = clock
        self._heard_at = self._quiet_since = clock.monotonic()
        self._since: float | None = None
        self._troubles: dict[str, str] = {}

    @property
    def age(self) -> float | None:
        """Seconds since the backend last answered a leader; ``None`` when nobody knows."""
        if self.health is None or self.health.age_s is None:
            return None
        return self.health.age_s + self._clock.monotonic() - self._heard_at

    @property
    def degraded(self) -> Degraded | None:
        """The event that tells what is wrong; ``None`` when nothing is."""
        reason = next(iter(self._troubles.values()), None)
        return None if reason is None else Degraded(at=self._clock.now(), reason=reason)

    def heard(self, message: HealthMessage) -> Degraded | Recovered | None:
        """A leader has said how it is; what that means to watches, when it means anything."""
        known = self.health
        if known is not None and message.book == known.book and message.term < known.term:
            return None
        self.health = message
        self._heard_at = self._quiet_since = self._clock.monotonic()
        self._troubles.pop(_SILENT, None)
        self._troubles.pop(_BACKEND, None)
        if message.state == "degraded":
            self._troubles[_BACKEND] = message.reason or "the backend does not answer the relay"
        return self._turn()

    def cut_off(self, reason: str) -> Degraded | Recovered | None:
        """There is no way to NATS; what that means to watches, when it means anything."""
        self._troubles.setdefault(_NATS, reason)
        return self._turn()

    def connected(self) -> Degraded | Recovered | None:
        """There is a way to NATS again; what that means to watches, when it means anything."""
        if self._troubles.pop(_NATS, None) is not None:
            # What a leader has said meanwhile is on its way.
            self._quiet_since = self._clock.monotonic()
        return self._turn()

    def look(self) -> Degraded | Recovered | None:
        """Look at the clock; what it means to watches when there was no word for too long."""
        if _NATS not in self._troubles and self._clock.monotonic() - self._quiet_since >= SILENCE:
            self._troubles.setdefault(_SILENT, f"no relay has been heard of for {SILENCE:g} s")
        return self._turn()

    def _turn(self) -> Degraded | Recovered | None:
        now = self._clock.monotonic()
        if self._troubles and self._since is None:
            self._since = now
            return self.degraded
        if self._since is not None and not self._troubles:
            after, self._since = now - self._since, None
            return Recovered(at=self._clock.now(), after=dt.timedelta(seconds=after))
        return None
