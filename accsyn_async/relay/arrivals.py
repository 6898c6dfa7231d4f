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
        stamp: when the server took it, nanoseconds since 1970: another message has another.
        pending: how many more there were behind it when the server sent it.
    """

    subject: str
    data: bytes
    headers: Mapping[str, str]
    seq: int
    stamp: int
    pending: int

    @property
    def at(self) -> dt.datetime:
        """When the server took it, UTC."""
        return dt.datetime.fromtimestamp(self.stamp / 1e9, dt.UTC)


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
        stamp: when the server took it, nanoseconds since 1970; ``None`` when that is not known.
        incarnation: when its stream was created; ``None`` when that is not known.
    """

    seq: int | None
    stamp: int | None
    incarnation: str | None


class Arrivals:
    """What came, in order.

    Args:
        after: the sequence behind which reading begins; ``None`` for what is published from now on.
        latest: whether it begins with the last message of each subject instead.
        incarnation: when the stream that ``after`` belongs to was created; ``None`` for any.
        stamp: that of the message at ``after``; ``None`` when it is not known.

    Attributes:
        queue: what lies ready.
        mark: the last message that came.
        position: the sequence of the last message that was handed out.
        incarnation: when the stream of that message was created.
        stamp: that of the message at ``position``; ``None`` when it is not known.
        pending: how many more messages the server had behind the last one; ``None`` before that is known.
        here: set when something came.
    """

    def __init__(
        self, after: int | None, latest: bool, incarnation: str | None, stamp: int | None = None
    ) -> None:
        self.queue: deque[Arrived | Rebuilt] = deque()
        self.mark = Mark(None if latest else after, None, incarnation)
        self.position = after or 0
        self.incarnation = incarnation
        self.stamp: int | None = None
        self.pending: int | None = None
        self.here = asyncio.Event()
        self._latest = latest
        self._short = 0
        # Whether it was looked at what stands where reading began, and what is expected there.
        self._compared = latest or not after
        self._expected = stamp

    @property
    def to_compare(self) -> int | None:
        """The sequence of the message at which reading began, if that is still to be looked at."""
        return None if self._compared else self.mark.seq

    @property
    def must_look_first(self) -> bool:
        """Whether where to begin is known only when one has looked at the stream."""
        return self.mark.seq is None and not self._latest

    def beginning(self) -> dict[str, Any]:
        """Where a consumer is to begin, as its configuration says it."""
        seq, stamp, _ = self.mark
        if seq is None:
            return {"deliver_policy": "last_per_subject"}
        # With the last one that came, where it is known: it must still be the same.
        start = seq if stamp is not None else seq + 1
        return {"deliver_policy": "by_start_sequence", "opt_start_seq": start or 1}

    def hand_out(self, most: int) -> list[Arrived | Rebuilt]:
        """Take what lies ready."""
        taken = [self.queue.popleft() for _ in range(min(most, len(self.queue)))]
        for each in taken:
            if isinstance(each, Arrived):
                self.position, self.stamp = each.seq, each.stamp
            else:
                self.position, self.stamp, self.incarnation = 0, None, each.incarnation
        return taken

    def take_stock(self, created: str, last: int) -> str | None:
        """Compare the stream with what is known of it.

        Args:
            created: when it was created.
            last: the sequence of its last message.

        Returns:
            Why one has to begin anew; ``None`` when one can go on.
        """
        seq, stamp, incarnation = self.mark
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
            self.mark = Mark(seq, stamp, created)
        return None

    def compare(self, stamp: int | None) -> str | None:
        """Compare what stands where reading began with what is known of it.

        A stream that has lost its last messages may have come to that sequence again.

        Args:
            stamp: that of the message; ``None`` when there is none any more.

        Returns:
            Why one has to begin anew; ``None`` when one can go on.
        """
        self._compared = True
        if stamp is None:
            return None
        seq, _, incarnation = self.mark
        if self._expected not in (None, stamp):
            return self._rebuilt(incarnation or "", f"another message has the sequence {seq} now")
        self.mark, self.stamp = Mark(seq, stamp, incarnation), stamp
        return None

    def take(self, message: Arrived) -> str | None:
        """Take in a message that came.

        Returns:
            Why one has to begin anew; ``None`` when one can go on.
        """
        self.pending = message.pending
        seq, stamp, incarnation = self.mark
        if seq is not None and message.seq <= seq:
            # The last one that came, once more, to see whether it is the same.
            if message.seq < seq or stamp not in (None, message.stamp):
                return self._rebuilt(incarnation or "", f"another message has the sequence {message.seq} now")
            return None
        self._compared = True
        self.mark = Mark(message.seq, message.stamp, incarnation)
        self.queue.append(message)
        self.here.set()
        return None

    def _rebuilt(self, created: str, reason: str) -> str:
        self._short, self._compared = 0, True
        self.mark = Mark(None if self._latest else 0, None, created)
        self.queue.append(Rebuilt(created, reason))
        self.here.set()
        return reason
