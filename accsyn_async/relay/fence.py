"""What the fenced streams of a leader have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from accsyn_async.relay.acks import Acks
from accsyn_async.relay.fenced_stream import FencedStream
from accsyn_async.relay.link import Link

__all__ = ["FENCES", "Fence"]

FENCES: Final = 20
"""How often it is tried to put one up, while others write."""


class Fence(NamedTuple):
    """What every fenced stream of a leader has in common."""

    link: Link
    acks: Acks
    relay: str
    may_write: Callable[[], bool]
    atomic: bool

    def stream(self, name: str, term: int, subject: str) -> FencedStream:
        """A stream that this leader is to publish to."""
        return FencedStream(
            self.link.jetstream,
            self.acks,
            name,
            relay=self.relay,
            term=term,
            term_subject=subject,
            may_write=self.may_write,
            atomic=self.atomic,
        )
