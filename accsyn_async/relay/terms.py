"""Who led when, and so whose messages are a relay's. Pure.

NATS takes what anybody who may publish writes. What is told apart here is a message that says of itself that
it is a leader's and cannot be: of one that had been deposed, or never was.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import NamedTuple

from accsyn_async.relay.messages import Published

__all__ = ["Terms"]


class _Term(NamedTuple):
    seq: int
    term: int
    relay: str
    book: str


class Terms:
    """The terms that are known to have begun, in each book: another one counts anew.

    Args:
        other: knows who led when, though not where in the stream; ``None`` when nobody does.
    """

    __slots__ = ("_begun", "_relays")

    def __init__(self, other: Terms | None = None) -> None:
        self._begun: list[_Term] = []
        self._relays: dict[tuple[str, int], str] = {} if other is None else dict(other._relays)

    def begin(self, term: int, relay: str, book: str, seq: int) -> None:
        """A leader begins.

        Args:
            term: the how-manieth it is.
            relay: its name.
            book: what it counts in.
            seq: where it says so, in the stream of events.
        """
        if self._relays.setdefault((book, term), relay) == relay:
            insort(self._begun, _Term(seq, term, relay, book))

    def heard(self, message: Published) -> None:
        """A leader tells how it is; its beginning may have been read, or not yet."""
        self._relays.setdefault((message.book, message.term), message.relay)

    def forget(self) -> None:
        """The stream of events is another one: sequences begin anew."""
        self._begun.clear()

    def allow_event(self, message: Published, seq: int) -> bool:
        """Whether a message of the stream of events can be from whom it says.

        Args:
            message: the message.
            seq: where it stands.
        """
        place = bisect_right(self._begun, seq, key=lambda term: term.seq)
        if not place:
            # Before all that is known.
            return self.allow_state(message)
        now = self._begun[place - 1]
        return (message.term, message.relay, message.book) == (now.term, now.relay, now.book)

    def allow_state(self, message: Published) -> bool:
        """Whether a message of the stream of states can be from whom it says."""
        return self._relays.get((message.book, message.term), message.relay) == message.relay

    def knows(self, message: Published) -> bool:
        """Whether a message is of a term that has begun, or of one before all that is known.

        For who has read the stream of events to its end.
        """
        terms = [term for book, term in self._relays if book == message.book]
        if not self._relays or (terms and message.term < min(terms)):
            return True
        return self._relays.get((message.book, message.term)) == message.relay
