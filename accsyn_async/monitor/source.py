"""Where the events of a watch come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from accsyn_async.models import Job
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.selection import Selection

__all__ = ["Membership", "Source"]


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
