"""A reply as it arrives, piece by piece. Pure."""

from __future__ import annotations

__all__ = ["Arrival"]


class Arrival:
    """Puts a reply together, and knows at the end whether it is the same as the last one.

    Each piece is compared while it is at hand: once all is there, it would have to be fetched from beyond
    the cache again. Of a reply that is the same nothing is kept, nor put together.

    >>> arrival = Arrival(last := b"some text")
    >>> for piece in (b"some ", b"text"):
    ...     arrival.take(piece)
    >>> arrival.whole() is last
    True

    Args:
        known: the last reply to the same call; empty when there is none.

    Attributes:
        size: how many bytes have arrived.
    """

    __slots__ = ("_known", "_pieces", "_same", "size")

    def __init__(self, known: bytes) -> None:
        self.size = 0
        self._known = known
        self._same = bool(known)
        self._pieces: list[bytes] = []

    def take(self, piece: bytes) -> None:
        """A piece has arrived."""
        if self._same and not self._known.startswith(piece, self.size):
            self._same = False
            self._pieces = [self._known[: self.size]]
        if not self._same:
            self._pieces.append(piece)
        self.size += len(piece)

    def whole(self) -> bytes:
        """All that has arrived; the last reply itself when it is the same."""
        if not self._same:
            return b"".join(self._pieces)
        return self._known if self.size == len(self._known) else self._known[: self.size]
