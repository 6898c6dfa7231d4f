"""What the fenced streams of a leader have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from nats.js.errors import APIError

from accsyn_async.relay.acks import Acks
from accsyn_async.relay.fenced_stream import FencedStream
from accsyn_async.relay.inventory import read_all
from accsyn_async.relay.link import Link
from accsyn_async.relay.messages import term_in
from accsyn_async.relay.subjects import Names

__all__ = ["FENCES", "Fence"]

FENCES: Final = 20
"""How often it is tried to put one up, while others write."""


class Fence(NamedTuple):
    """What it takes to write alone.

    Attributes:
        link: the connection.
        acks: sends messages over it.
        names: the workspace's.
        relay: which process publishes.
        may_write: whether this process holds the lease.
        atomic: whether several messages can be sent as one batch.
    """

    link: Link
    acks: Acks
    names: Names
    relay: str
    may_write: Callable[[], bool]
    atomic: bool

    def stream(self, name: str, term: int) -> FencedStream:
        """A stream that this leader is to publish to, in a term."""
        return FencedStream(
            self.link.jetstream,
            self.acks,
            name,
            relay=self.relay,
            term=term,
            latest_term=self.latest_term,
            may_write=self.may_write,
            atomic=self.atomic,
        )

    async def latest_term(self) -> int:
        """The how-manieth leader was the last to begin; 0 when none ever did.

        Raises:
            Error: (of nats) NATS does not answer.
        """
        events, subject = self.names.events, self.names.term
        try:
            latest = await self.link.jetstream.get_last_msg(events, subject)
        except APIError as error:
            if error.code == 404:
                return 0
            raise
        term = term_in(latest.data or b"", latest.headers or {})
        if term:
            return term
        # Something else stands on top of what is looked for.
        every = await read_all(self.link, events, subject)
        return max((term_in(each.data, each.headers) for each in every), default=0)
