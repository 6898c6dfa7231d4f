"""How a stream on NATS stands."""

from __future__ import annotations

import datetime as dt
import logging
import random
from typing import Final, NamedTuple

import msgspec
from nats.js.errors import APIError

from accsyn_async.errors import AccsynError, TransportError
from accsyn_async.relay.link import Link
from accsyn_async.transport.seam import Clock

__all__ = ["StreamFacts", "find_stamp", "nanoseconds", "stamp_of", "stream_facts", "wait_for_facts"]

logger = logging.getLogger("accsyn_async.relay")

_NO_MESSAGE: Final = 10037


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


async def stamp_of(link: Link, stream: str, seq: int) -> int | None:
    """When NATS took a message, nanoseconds since 1970; ``None`` when it is gone.

    Raises:
        APIError: (of nats) there is no such stream.
        TransportError: no answer came.
        PermissionDeniedError: this user may not ask that.
    """
    try:
        found = await link.api(f"STREAM.MSG.GET.{stream}", {"seq": seq})
    except APIError as error:
        if error.err_code != _NO_MESSAGE:
            raise
        return None
    return nanoseconds(found["message"]["time"])


async def find_stamp(link: Link, stream: str, seq: int) -> int | None:
    """The same; ``None`` also when it cannot be found out now."""
    try:
        return await stamp_of(link, stream, seq) if seq else None
    except (AccsynError, APIError) as error:
        logger.debug("message %s of %s is not shown: %s", seq, stream, error)
        return None


def nanoseconds(time: str) -> int:
    """A time as the server writes it, in nanoseconds since 1970.

    >>> nanoseconds("2026-11-26T16:44:16.0123Z")
    1795711456012300000
    """
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return int(dt.datetime.fromisoformat(f"{whole}+00:00").timestamp()) * 10**9 + int(fraction.ljust(9, "0"))
