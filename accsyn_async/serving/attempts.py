"""Wrong tokens, counted by where they come from: a token must not be found by trying. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["Attempts"]

_MOST: Final = 10
_WINDOW: Final = 60.0
_ADDRESSES: Final = 1000


class Attempts:
    """Ten wrong tokens a minute from one address; then it has to wait.

    >>> attempts = Attempts()
    >>> for second in range(10):
    ...     attempts.failed("10.0.0.7", float(second))
    >>> attempts.pause("10.0.0.7", 10.0), attempts.pause("10.0.0.8", 10.0), attempts.pause("10.0.0.7", 60.0)
    (50, 0, 0)
    """

    __slots__ = ("_failed",)

    def __init__(self) -> None:
        self._failed: dict[str, list[float]] = {}

    def failed(self, address: str, now: float) -> None:
        """A wrong token came from an address."""
        recent = [moment for moment in self._failed.pop(address, ()) if now - moment < _WINDOW]
        self._failed[address] = [*recent, now]
        while len(self._failed) > _ADDRESSES:
            del self._failed[next(iter(self._failed))]

    def pause(self, address: str, now: float) -> int:
        """Seconds that an address has to wait before its tokens are looked at; 0 when it need not."""
        recent = [moment for moment in self._failed.get(address, ()) if now - moment < _WINDOW]
        return 0 if len(recent) < _MOST else max(1, round(_WINDOW - (now - recent[-_MOST])))
