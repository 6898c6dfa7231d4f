"""Where the events of a watch come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from accsyn_async.models import Job
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.selection import Selection
from accsyn_async.monitor.subscription import Subscription

__all__ = ["Host", "Membership", "Seat", "Source"]


class Membership(Protocol):
    """A watch's place at its source."""

    def add(self, idents: tuple[str, ...]) -> None:
        """Watch these jobs too; ids that are watched already do nothing."""
        ...

    def remove(self, idents: tuple[str, ...]) -> None:
        """Watch these jobs no more; ids that are not watched do nothing."""
        ...

    def jobs(self) -> Iterator[Job]:
        """The jobs that it is about, as they are known now."""
        ...

    def leave(self) -> None:
        """Send nothing more. May be called twice."""
        ...


class Host(Protocol):
    """What serves several subscriptions; each is in it until it leaves."""

    def add_ids(self, subscription: Subscription, idents: tuple[str, ...]) -> None:
        """As `Membership.add`."""
        ...

    def remove_ids(self, subscription: Subscription, idents: tuple[str, ...]) -> None:
        """As `Membership.remove`."""
        ...

    def jobs(self, subscription: Subscription) -> Iterator[Job]:
        """As `Membership.jobs`."""
        ...

    def leave(self, subscription: Subscription) -> None:
        """As `Membership.leave`."""
        ...


class Seat:
    """The membership of one of a host's subscriptions."""

    __slots__ = ("_host", "_subscription")

    def __init__(self, host: Host, subscription: Subscription) -> None:
        self._host = host
        self._subscription = subscription

    def add(self, idents: tuple[str, ...]) -> None:
        """See `Membership`."""
        self._host.add_ids(self._subscription, idents)

    def remove(self, idents: tuple[str, ...]) -> None:
        """See `Membership`."""
        self._host.remove_ids(self._subscription, idents)

    def jobs(self) -> Iterator[Job]:
        """See `Membership`."""
        return self._host.jobs(self._subscription)

    def leave(self) -> None:
        """See `Membership`."""
        self._host.leave(self._subscription)


class Source(Protocol):
    """Where events come from."""

    def subscribe(
        self, selection: Selection, mailbox: Mailbox, recollection: Recollection | None = None
    ) -> Membership:
        """Send the events of a selection to a mailbox until it is left.

        Args:
            selection: what the watch is of.
            mailbox: where its events go.
            recollection: what it remembers of an earlier time; ``None`` when it is new.
        """
        ...
