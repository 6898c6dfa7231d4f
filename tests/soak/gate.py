"""What the server makes of how fast requests come: 30 a second, bursts of 60 (platform v3.6-5)."""

from __future__ import annotations

from collections import deque

RATE = 30.0
BURST = 60.0


class Gate:
    """Counts requests.

    Attributes:
        requests: all of them.
        refused: those that were too many.
        busiest: the most in any one second, wherever it begins.
    """

    def __init__(self) -> None:
        self.requests = self.refused = self.busiest = 0
        self._tokens = BURST
        self._at = 0.0
        self._last: deque[float] = deque()

    def lets_in(self, now: float) -> bool:
        """Count a request; ``False`` when it is one too many."""
        self.requests += 1
        self._last.append(now)
        while self._last[0] <= now - 1.0:
            self._last.popleft()
        self.busiest = max(self.busiest, len(self._last))
        self._tokens = min(BURST, self._tokens + (now - self._at) * RATE)
        self._at = now
        if self._tokens < 1.0:
            self.refused += 1
            return False
        self._tokens -= 1.0
        return True
