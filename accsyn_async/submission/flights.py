"""One answer for all who ask for the same thing at a time."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Flights"]


@dataclass
class _Flight:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    landed: int = 0
    answer: dict[str, Any] | Exception | None = None


class Flights:
    """Lets those who ask for the same thing at a time share the answer."""

    def __init__(self) -> None:
        self._open: dict[object, _Flight] = {}

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return not self._open

    async def share(self, key: object, fly: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """The answer of ``fly``, or the one that came in while this waited for its turn.

        Raises:
            Exception: that was the answer; who waited gets a copy of it.
        """
        flight = self._open.setdefault(key, _Flight())
        before = flight.landed
        flight.waiting += 1
        try:
            async with flight.lock:
                if flight.landed == before:
                    return await self._fly(flight, fly)
                answer = flight.answer
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._open.pop(key, None)
        if isinstance(answer, Exception):
            raise copy.copy(answer)
        assert answer is not None
        return answer

    async def _fly(self, flight: _Flight, fly: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        try:
            answer = await fly()
        except Exception as error:
            # Without its traceback, which would keep what everybody was doing.
            flight.answer = copy.copy(error)
            flight.landed += 1
            raise
        flight.answer = answer
        flight.landed += 1
        return answer
