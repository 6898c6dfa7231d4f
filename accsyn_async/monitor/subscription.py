"""One watch, as the poller sees it."""

from __future__ import annotations

from collections.abc import Collection

from accsyn_async.events import Degraded, Event, JobEvent, JobFound, JobRevived, Recovered
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.recollection import Recollection
from accsyn_async.monitor.selection import Selection

__all__ = ["Subscription"]


class Subscription:
    """One watch: what it is of, and what it was told.

    Attributes:
        selection: what it is of.
        mailbox: where its events go.
        recollection: what it remembers of an earlier time; ``None`` without a checkpoint.
        admitted: whether it was told what there is; before that it gets no changes.
        joined: the audience's count of moves when it came, was admitted, or last asked for more.
        pending: ids that joined later and were not told of yet.
        open: ids whose end it waits for; ``None`` for a query, which has no end.
        unheard: jobs that had ended when it came, and of which it was told nothing.
        extra: jobs that a query's watch follows by their ids, as it knew them before.
        behind: whether what ended while it was away is still to be asked for.
        unsure: whether that is to be asked a second time: one answer may have lacked some.
    """

    __slots__ = (
        "_troubles",
        "admitted",
        "behind",
        "extra",
        "joined",
        "mailbox",
        "open",
        "pending",
        "recollection",
        "selection",
        "unheard",
        "unsure",
    )

    def __init__(
        self, selection: Selection, mailbox: Mailbox, recollection: Recollection | None = None
    ) -> None:
        self.selection = selection
        self.mailbox = mailbox
        self.recollection = recollection
        self.admitted = False
        self.joined = 0
        self.pending: set[str] = set()
        self.open = set(selection.ids) if selection.ids is not None else None
        self.unheard: set[str] | None = None
        self.extra: Collection[str] = ()
        self.behind = recollection is not None and selection.ids is None
        self.unsure = False
        self._troubles: tuple[object, ...] = ()

    @property
    def followed(self) -> Collection[str]:
        """The jobs that are asked for by their ids on its behalf."""
        return self.extra if self.selection.ids is None else self.selection.ids

    def degrade(self, source: object, event: Degraded) -> None:
        """Something that it depends on is not answered; told once, however much it is."""
        if not self._troubles:
            self.mailbox.put(event)
        if source not in self._troubles:
            self._troubles += (source,)

    def recover(self, source: object, event: Recovered) -> None:
        """Something is answered again; told when all is."""
        if source in self._troubles:
            self._troubles = tuple(each for each in self._troubles if each is not source)
            if not self._troubles:
                self.mailbox.put(event)

    def offer(self, event: Event) -> bool:
        """Take an event, unless it is too early for it; whether it was taken."""
        early = not self.admitted or (
            bool(self.pending) and isinstance(event, JobEvent) and event.job.id in self.pending
        )
        if early:
            return False
        told: Event | None = self._as_found(event) if self.unheard else event
        if told is not None and self.recollection is not None:
            told = self.recollection.told(told)
        if told is None:
            return False
        self.mailbox.put(told)
        return True

    def _as_found(self, event: Event) -> Event:
        """What an event is to who never heard of its job: that it lives again means that it is there."""
        if self.unheard and isinstance(event, JobRevived) and event.job.id in self.unheard:
            self.unheard.discard(event.job.id)
            number = f"{event.id.rpartition(':')[0]}:0"
            return JobFound(at=event.at, job=event.job, run=event.run, id=number)
        return event

    def settle(self, ident: str) -> None:
        """A job has come to its end; the watch ends with the last of its jobs."""
        if self.open is not None and self.admitted and ident not in self.pending:
            self.open.discard(ident)
            self.end_if_done()

    def unsettle(self, ident: str) -> None:
        """A job that has ended is active again: its end is waited for once more."""
        if self.open is not None and self.open and ident in (self.selection.ids or ()):
            self.open.add(ident)

    def end_if_done(self) -> None:
        """End when no job is waited for any more."""
        if self.open is not None and not self.open:
            self.mailbox.close()
