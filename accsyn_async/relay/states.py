"""The mirror of a feed, and the durable watches that look into it beside what they read themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol, TypeVar

from accsyn_async.events import Degraded, Recovered
from accsyn_async.relay.audience import kind_of
from accsyn_async.relay.messages import StateMessage
from accsyn_async.relay.mirror import Mirror
from accsyn_async.relay.record import Record
from accsyn_async.relay.terms import Terms
from accsyn_async.transport.seam import Clock

__all__ = ["Listener", "States"]

_Weather = TypeVar("_Weather", Degraded | None, Recovered | None)


class Listener(Protocol):
    """A durable watch."""

    @property
    def idents(self) -> Collection[str]:
        """The jobs whose ends it waits for, of a watch by ids; none of a query's."""
        ...

    def on_state(self, message: StateMessage) -> None:
        """A state was read."""
        ...

    def on_missing(self, record: Record) -> None:
        """A job was found to be gone, of which no message has told."""
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
        terms: who led when.
    """

    def __init__(self, workspace: str, clock: Clock, *, on_wanted: Callable[[], None] | None = None) -> None:
        super().__init__(workspace, clock, on_wanted=on_wanted)
        self.stream: str | None = None
        self.listeners: dict[Listener, None] = {}
        self.terms = Terms()

    def lasting(self, queries: Collection[str]) -> dict[str, list[str]]:
        """The ids that somebody watches, and that a leader may publish only while it is asked for them.

        Args:
            queries: what it publishes without being asked.

        Returns:
            The ids by entity type.
        """
        whole = {kind_of(query) for query in queries}
        kinds: dict[str, list[str]] = {}
        watched = set(self.watched).union(*(each.idents for each in self.listeners))
        for ident in sorted(watched):
            record = self.records.get(ident)
            if record is not None and not record.ended and record.kind not in whole:
                kinds.setdefault(record.kind, []).append(ident)
        return kinds

    def take_state(self, message: StateMessage) -> None:
        """A job's state was read."""
        super().take_state(message)
        for listener in tuple(self.listeners):
            listener.on_state(message)

    def missing(self, ident: str) -> None:
        """A leader says that there is no job of an id."""
        super().missing(ident)
        record = self.records.get(ident)
        if record is not None and record.removed:
            for listener in tuple(self.listeners):
                listener.on_missing(record)

    def degrade(self, reason: str) -> Degraded | None:
        """What is read cannot be relied on to be all and new: watches are told, once."""
        return self._told(super().degrade(reason))

    def recover(self) -> Recovered | None:
        """All is well again: watches are told, if anything was wrong."""
        return self._told(super().recover())

    def _told(self, event: _Weather) -> _Weather:
        """An event, which durable watches are told too, if there is one."""
        if event is not None:
            for listener in tuple(self.listeners):
                listener.on_weather(event)
        return event
