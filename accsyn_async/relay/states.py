"""The mirror of a feed, and the durable watches that look into it beside what they read themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from accsyn_async.events import Degraded, Recovered
from accsyn_async.relay.messages import StateMessage
from accsyn_async.relay.mirror import Mirror
from accsyn_async.relay.record import Record
from accsyn_async.transport.seam import Clock

__all__ = ["Listener", "States"]


class Listener(Protocol):
    """A durable watch."""

    def on_state(self, message: StateMessage) -> None:
        """A state was read."""
        ...

    def on_weather(self, event: Degraded | Recovered) -> None:
        """What is read can be relied on no more, or again."""
        ...


class States(Mirror):
    """A mirror that others can look into.

    Attributes:
        stream: when the stream of events was created that ``position`` counts in; ``None``
            before that is known.
        listeners: the durable watches.
    """

    def __init__(self, workspace: str, clock: Clock, *, on_wanted: Callable[[], None] | None = None) -> None:
        super().__init__(workspace, clock, on_wanted=on_wanted)
        self.stream: str | None = None
        self.listeners: dict[Listener, None] = {}

    @property
    def records(self) -> Mapping[str, Record]:
        """What is known of each job."""
        return self._archive.records

    @property
    def degraded(self) -> Degraded | None:
        """The event that tells what is wrong; ``None`` when nothing is."""
        return self._weather.degraded

    @property
    def sought(self) -> dict[str, list[str]]:
        """The ids that somebody waits for, and of which nothing is known, by entity type."""
        kinds: dict[str, list[str]] = {}
        for ident in sorted(self.wanted):
            seeker = next(iter(self._audience.by_id.get(ident, ())), None)
            if seeker is not None:
                kinds.setdefault(seeker.selection.entitytype, []).append(ident)
        return kinds

    def take_state(self, message: StateMessage) -> None:
        """A job's state was read."""
        super().take_state(message)
        for listener in tuple(self.listeners):
            listener.on_state(message)

    def _tell_weather(self, event: Degraded | Recovered | None) -> None:
        super()._tell_weather(event)
        if event is not None:
            for listener in tuple(self.listeners):
                listener.on_weather(event)
