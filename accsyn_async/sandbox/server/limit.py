"""The backend's limit of requests for each client address."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["AddressLimit"]


class AddressLimit:
    """A token bucket for each address.

    Args:
        rate: requests a second that an address may go on sending.
        burst: requests that it may send at once after a rest.
        clock: monotonic seconds.
    """

    def __init__(
        self, rate: float = 30.0, burst: int = 60, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def take(self, address: str) -> float:
        """Take a token of an address.

        Returns:
            0.0 when the request may pass, else the seconds after which one may.
        """
        now = self._clock()
        full_at = max(self._full_at.get(address, now), now)
        wait = full_at + 1 / self._rate - now - self._burst / self._rate
        if wait > 1e-9:
            return wait
        if len(self._full_at) >= 1024:
            self._full_at = {key: at for key, at in self._full_at.items() if at > now}
        self._full_at[address] = full_at + 1 / self._rate
        return 0.0
