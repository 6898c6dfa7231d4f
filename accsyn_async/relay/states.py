"""The mirror of a feed, and the durable watches that look into it beside what they read themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from accsyn_async.events import Degraded, Recovered
from accsyn_async.relay.audience import kind_of
from accsyn_async.relay.messages import StateMessage
from accsyn_async.relay.mirror import Mirror
from accsyn_async.relay.record import Record
from accsyn_async.relay.terms import Terms
from accsyn_async.transport.seam import Clock

__all__ = ["Listener", "States"]


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

    @property
    def records(self) -> Mapping[str, Record]:
        """What is known of each job."""
        return self._archive.records

    @property
    def degraded(self) -> Degraded | None:
        """The event that tells what is wrong; ``None`` when nothing is."""
        return self._degraded

    @property
    def sought(self) -> dict[str, list[str]]:
        """The ids to ask a leader for, by entity type."""
        kinds: dict[str, list[str]] = {}
        for ident in sorted(self.wanted):
            record, seeker = self.records.get(ident), next(iter(self._audience.by_id.get(ident, ())), None)
            if record is not None:
                kinds.setdefault(record.kind, []).append(ident)
            elif seeker is not None:
                kinds.setdefault(seeker.selection.entitytype, []).append(ident)
        return kinds

    def lasting(self, queries: Collection[str]) -> dict[str, list[str]]:
        """The ids that somebody watches, and that a leader may publish only while it is asked for them.

        Args:
            queries: what it publishes without being asked.

        Returns:
            The ids by entity type.
        """
        whole = {kind_of(query) for query in queries}
        kinds: dict[str, list[str]] = {}
        watched = set(self._audience.by_id).union(*(each.idents for each in self.listeners))
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

    def degrade(self, reason: str) -> None:
        """What is read cannot be relied on to be all and new: watches are told, once."""
        before = self._degraded
        super().degrade(reason)
        if before is None and self._degraded is not None:
            self._tell_listeners(self._degraded)

    def recover(self) -> None:
        """All is well again: watches are told, if anything was wrong."""
        before = self._degraded
        super().recover()
        if before is not None:
            at = self._clock.now()
            self._tell_listeners(Recovered(at=at, after=at - before.at))

    def _tell_listeners(self, event: Degraded | Recovered) -> None:
        for listener in tuple(self.listeners):
            listener.on_weather(event)
