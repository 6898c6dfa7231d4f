"""How a stream on NATS stands."""

from __future__ import annotations

import datetime as dt
import logging
import random
from typing import NamedTuple

import msgspec
from nats.js.errors import APIError

from accsyn_async.errors import TransportError
from accsyn_async.relay.link import Link
from accsyn_async.transport.seam import Clock

__all__ = ["StreamFacts", "stream_facts", "wait_for_facts"]

logger = logging.getLogger("accsyn_async.relay")


class StreamFacts(NamedTuple):
    """How a stream stands.

    Attributes:
        created: when it was created, as the server writes it.
        first: the sequence of its first message; of the next one, when there is none.
        last: that of the last message that it ever had.
        messages: how many there are.
        now: the server's time, UTC; ``None`` when it does not say it.
    """

    created: str
    first: int
    last: int
    messages: int
    now: dt.datetime | None


async def stream_facts(link: Link, stream: str) -> StreamFacts:
    """How a stream stands.

    Raises:
        APIError: (of nats) there is none.
        TransportError: no answer came.
        PermissionDeniedError: this user may not ask that.
    """
    info = await link.api(f"STREAM.INFO.{stream}")
    state = info["state"]
    messages, last = int(state["messages"]), int(state["last_seq"])
    first = int(state["first_seq"]) if messages else last + 1
    now = msgspec.convert(info["ts"], dt.datetime) if "ts" in info else None
    return StreamFacts(str(info["created"]), first, last, messages, now)


async def wait_for_facts(link: Link, stream: str, clock: Clock) -> StreamFacts:
    """How a stream stands, once there is an answer.

    Raises:
        PermissionDeniedError: this user may not ask that.
    """
    while True:
        await link.ready()
        try:
            return await stream_facts(link, stream)
        except (TransportError, APIError) as error:
            logger.debug("asking for %s failed: %s", stream, error)
            await clock.sleep(0.5 + random.random())
