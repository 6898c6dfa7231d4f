"""Looks now and then how many jobs are active, and warns before there are too many."""

from __future__ import annotations

import asyncio
import logging

from accsyn_async.api.calls import Calls
from accsyn_async.errors import AccsynError
from accsyn_async.transport.seam import Clock
from accsyn_async.wire.condition import where

__all__ = ["MANY", "Crowd"]

logger = logging.getLogger("accsyn_async.submission")

MANY = 400
"""Active jobs above which it warns: from 500 on the backend itself is slow (accsyn's job specifications)."""
_PAUSE = 300.0
"""Seconds between two looks."""
_AGAIN = 30.0
"""Seconds before the next look after one that failed."""
_PATIENCE = 5.0
"""Seconds that a look may hold up who submits."""


class Crowd:
    """How many jobs are active.

    Args:
        clock: time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next = 0.0

    async def look(self, calls: Calls) -> None:
        """Count the active transfers, once in five minutes, and warn when they are many.

        What goes wrong with it is no matter of who submits.
        """
        now = self._clock.monotonic()
        if now < self._next:
            return
        self._next = now + _AGAIN
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await calls.find(where("Transfer"), attributes=["id"], limit=MANY + 1)
        except (AccsynError, TimeoutError) as error:
            logger.debug("the active transfers could not be counted: %s", error)
            return
        self._next = now + _PAUSE
        if len(found) > MANY:
            logger.warning(
                "more than %d transfers are active, and from 500 on accsyn is slow for everybody: make one "
                "job a day for each pair of parties and add tasks to it, with session.ensure_transfer(…)",
                MANY,
            )
