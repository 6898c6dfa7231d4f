"""Events passed on while bars move: they start and stop with the iteration."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Generic, Protocol, TypeVar

from accsyn_async.events import Event

__all__ = ["Bars", "E", "Following"]

E = TypeVar("E", bound=Event)


class Bars(Protocol):
    """What is moved by events."""

    def open(self) -> None:
        """Begin to draw; again after ``close``, too."""

    def show(self, event: Event) -> None:
        """Move by an event."""

    def close(self) -> None:
        """Draw a last time and stop. May be called twice."""


class Following(Generic[E]):
    """A watch's events, which move bars on their way; iterate over it, or ``run``.

    Args:
        watch: where the events come from.
        bars: what they move.
    """

    def __init__(self, watch: AsyncIterable[E], bars: Bars) -> None:
        self._watch = watch
        self._bars = bars

    def __aiter__(self) -> AsyncIterator[E]:
        return _Iteration(aiter(self._watch), self._bars)

    async def run(self) -> None:
        """Move the bars until the watch ends.

        Raises:
            AccsynError: what iterating over the watch raises.
        """
        async for _ in self:
            pass


class _Iteration(AsyncIterator[E]):
    def __init__(self, events: AsyncIterator[E], bars: Bars) -> None:
        self._events = events
        self._bars = bars
        self._open = False

    async def __anext__(self) -> E:
        try:
            if not self._open:
                self._open = True
                self._bars.open()
            event = await anext(self._events)
            self._bars.show(event)
        except BaseException:
            # Not left to `__del__`: the error's traceback keeps this alive.
            self._close()
            raise
        return event

    def __del__(self) -> None:
        # Somebody left a loop by `break`, or by an error in its body.
        self._close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._bars.close()
