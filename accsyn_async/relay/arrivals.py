"""What has come of a stream and was not handed out yet, and where in the stream that is."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

__all__ = ["Arrivals", "Arrived", "Rebuilt"]

_LOOKS_BEFORE_CUT_BACK: Final = 4


class Arrived(NamedTuple):
    """A message of the stream.

    Attributes:
        subject: what it was published on.
        data: what it says.
        headers: its headers.
        seq: its sequence in the stream.
        at: when the server took it, UTC.
        pending: how many more there were behind it when the server sent it.
    """

    subject: str
    data: bytes
    headers: Mapping[str, str]
    seq: int
    at: dt.datetime
    pending: int


class Rebuilt(NamedTuple):
    """The stream is another one than before, or was cut back: reading begins at its first message.

    Attributes:
        incarnation: when the stream was created, as the server writes it.
        reason: what was found, for the log.
    """

    incarnation: str
    reason: str


class Mark(NamedTuple):
    """The last message that came.

    Attributes:
        seq: its sequence; ``None`` while there is no place to go on at.
        at: when the server took it, nanoseconds; ``None`` when that is not known.
        incarnation: when its stream was created; ``None`` when that is not known.
    """

    seq: int | None
    at: int | None
    incarnation: str | None


class Arrivals:
    """What came, in order.

    Args:
        after: the sequence behind which reading begins; ``None`` for what is published from now on.
        latest: whether it begins with the last message of each subject instead.
        incarnation: when the stream that ``after`` belongs to was created; ``None`` for any.

    Attributes:
        queue: what lies ready.
        mark: the last message that came.
        position: the sequence of the last message that was handed out.
        incarnation: when the stream of that message was created.
        pending: how many more messages the server had behind the last one; ``None`` before that is known.
        here: set when something came.
    """

    def __init__(self, after: int | None, latest: bool, incarnation: str | None) -> None:
        self.queue: deque[Arrived | Rebuilt] = deque()
        self.mark = Mark(None if latest else after, None, incarnation)
        self.position = after or 0
        self.incarnation = incarnation
        self.pending: int | None = None
        self.here = asyncio.Event()
        self._latest = latest
        self._short = 0

    @property
    def must_look_first(self) -> bool:
        """Whether where to begin is known only when one has looked at the stream."""
        return self.mark.seq is None and not self._latest

    def beginning(self) -> dict[str, Any]:
        """Where a consumer is to begin, as its configuration says it."""
        seq, at, _ = self.mark
        if seq is None:
            return {"deliver_policy": "last_per_subject"}
        # With the last one that came, where it is known: it must still be the same.
        return {"deliver_policy": "by_start_sequence", "opt_start_seq": (seq + 1 if at is None else seq) or 1}

    def hand_out(self, most: int) -> list[Arrived | Rebuilt]:
        """Take what lies ready."""
        taken = [self.queue.popleft() for _ in range(min(most, len(self.queue)))]
        for each in taken:
            if isinstance(each, Arrived):
                self.position = each.seq
            else:
                self.position, self.incarnation = 0, each.incarnation
        return taken

    def take_stock(self, created: str, last: int) -> str | None:
        """Compare the stream with what is known of it.

        Args:
            created: when it was created.
            last: the sequence of its last message.

        Returns:
            Why one has to begin anew; ``None`` when one can go on.
        """
        seq, at, incarnation = self.mark
        if incarnation is None:
            self.incarnation = created
        if incarnation is not None and incarnation != created:
            return self._rebuilt(created, "the stream was made anew")
        if seq is not None and last < seq:
            self._short += 1
            reason = f"the stream ends at {last}, and {seq} had been read"
            # A new leader of a stream may not have taken in all that it has.
            return reason if self._short < _LOOKS_BEFORE_CUT_BACK else self._rebuilt(created, reason)
        self._short = 0
        if self.must_look_first:
            self.position = last
            self.mark = Mark(last, None, created)
        else:
            self.mark = Mark(seq, at, created)
        return None

    def take(self, message: Arrived, at: int) -> str | None:
        """Take in a message that came.

        Args:
            message: the message.
            at: when the server took it, nanoseconds.

        Returns:
            Why one has to begin anew; ``None`` when one can go on.
        """
        self.pending = message.pending
        seq, known_at, incarnation = self.mark
        if seq is not None and message.seq <= seq:
            # The last one that came, once more, to see whether it is the same.
            if message.seq < seq or (known_at is not None and at != known_at):
                return self._rebuilt(incarnation or "", f"another message has the sequence {message.seq} now")
            return None
        self.mark = Mark(message.seq, at, incarnation)
        self.queue.append(message)
        self.here.set()
        return None

    def _rebuilt(self, created: str, reason: str) -> str:
        self._short = 0
        self.mark = Mark(None if self._latest else 0, None, created)
        self.queue.append(Rebuilt(created, reason))
        self.here.set()
        return reason
