"""Who comes to a mirror, and is told what there is; and who goes. Pure but for mailboxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from accsyn_async.errors import NotFoundError
from accsyn_async.events import Synced
from accsyn_async.models import Job
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.relay.archive import Archive
from accsyn_async.relay.record import Record
from accsyn_async.relay.telling import Teller
from accsyn_async.transport.seam import Clock

__all__ = ["Admission"]


class Admission:
    """Lets watches in, at once or when what they are of is known.

    Args:
        archive: what is known of jobs.
        teller: tells watches.
        clock: time.
        on_wanted: called when somebody waits for a job of which nothing is known.
    """

    def __init__(
        self, archive: Archive, teller: Teller, clock: Clock, on_wanted: Callable[[], None] | None
    ) -> None:
        self._archive = archive
        self._teller = teller
        self._audience = teller.audience
        self._clock = clock
        self._on_wanted = on_wanted
        self._waiting: dict[Subscription, None] = {}
        self._open = False

    @property
    def open(self) -> bool:
        """Whether what there is is known, so that watches can be told of it."""
        return self._open

    def begin(self) -> None:
        """What there is is known now."""
        self._open = True
        for subscription in tuple(self._audience):
            self._seek(subscription, subscription.selection.ids or ())

    def next(self) -> bool:
        """Let in one of the watches that came before it was open; ``False`` when there is none."""
        while self._waiting and self._open:
            subscription = next(iter(self._waiting))
            del self._waiting[subscription]
            if subscription in self._audience and not self._audience.lacks(subscription):
                self._admit(subscription)
                return True
        return False

    def add(self, subscription: Subscription) -> None:
        """A watch has come."""
        if not self._open:
            self._waiting[subscription] = None
        elif not self._seek(subscription, subscription.selection.ids or ()):
            self._admit(subscription)

    def arrived(self, ident: str) -> None:
        """A job is known: let in who has waited for nothing else."""
        for subscription in self._audience.seekers(ident):
            if subscription.admitted:
                self._admit_more(subscription, [ident])
            elif not self._audience.lacks(subscription):
                self._let_in(subscription)

    def missing(self, ident: str) -> None:
        """There is no job of an id: watches that wait for it end with ``NotFoundError``."""
        if not self._archive.knows(ident):
            for subscription in self._audience.seekers(ident):
                kind = subscription.selection.entitytype
                error = NotFoundError(f"there is no {kind} {ident}, or the relay's user may not see it")
                subscription.mailbox.close(error)
                self.leave(subscription)

    def add_ids(self, subscription: Subscription, idents: tuple[str, ...]) -> None:
        """Let a watch of ids have more of them; it is told of them at once, or when they are known."""
        had = subscription.selection.ids
        if subscription not in self._audience or subscription.mailbox.closed or subscription.open is None:
            return
        known = set(had or ())
        new = [ident for ident in idents if ident not in known]
        subscription.selection = subscription.selection.with_ids((*(had or ()), *new))
        subscription.open.update(new)
        if subscription.admitted:
            subscription.pending.update(new)
        self._audience.follow(subscription, new)
        if self._open:
            unknown = self._seek(subscription, new)
            if subscription.admitted:
                self._admit_more(subscription, [ident for ident in new if ident not in unknown])

    def remove_ids(self, subscription: Subscription, idents: tuple[str, ...]) -> None:
        """Let a watch of ids have fewer of them; it ends with the last."""
        had = subscription.selection.ids
        if subscription not in self._audience or subscription.open is None or had is None:
            return
        gone = set(had).intersection(idents)
        subscription.selection = subscription.selection.with_ids(each for each in had if each not in gone)
        subscription.open.difference_update(gone)
        subscription.pending.difference_update(gone)
        subscription.mailbox.forget(gone)
        self._audience.unfollow(subscription, gone)
        if subscription.admitted or not subscription.selection.ids:
            subscription.end_if_done()
        elif self._open and not self._audience.lacks(subscription):
            self._let_in(subscription)

    def jobs(self, subscription: Subscription) -> Iterator[Job]:
        """The jobs that a watch is about, as they are known now."""
        for record in self._records(subscription):
            if record.job is not None:
                yield record.job

    def leave(self, subscription: Subscription) -> None:
        """A watch goes. May be called twice."""
        self._waiting.pop(subscription, None)
        self._teller.dismiss(subscription)

    def _records(self, subscription: Subscription) -> list[Record]:
        """The jobs that a watch is about, as far as they are known."""
        if subscription.selection.ids is not None:
            records = self._archive.records
            return [records[each] for each in subscription.selection.ids if each in records]
        group = self._audience.group_of(subscription)
        return [] if group is None else list(group.members.values())

    def _seek(self, subscription: Subscription, idents: Iterable[str]) -> set[str]:
        """Take note of which jobs are not known that a watch asks for; those."""
        unknown = {ident for ident in idents if not self._archive.knows(ident)}
        self._audience.lack(subscription, unknown)
        if unknown and self._on_wanted is not None:
            self._on_wanted()
        return unknown

    def _let_in(self, subscription: Subscription) -> None:
        self._waiting.pop(subscription, None)
        self._admit(subscription)

    def _admit(self, subscription: Subscription) -> None:
        """Tell a new watch what there is."""
        records, at = self._records(subscription), self._clock.now()
        self._audience.admit(subscription)
        ended = [record for record in records if record.ended]
        old = set() if subscription.selection.history else {record.ident for record in ended}
        subscription.unheard = set(old) or None
        first = [record for record in records if record.ident not in old]
        for record in first if subscription.selection.initial else ():
            self._teller.offer(subscription, record.found(at))
        self._teller.offer(subscription, Synced(at=at, jobs=len(first)))
        for record in ended:
            if record.ident not in old:
                self._teller.offer(subscription, record.ending(at))
            subscription.settle(record.ident)
        subscription.end_if_done()

    def _admit_more(self, subscription: Subscription, idents: Iterable[str]) -> None:
        """Tell a watch of jobs that it asked for later."""
        at = self._clock.now()
        for ident in idents:
            record = self._archive.records[ident]
            subscription.pending.discard(ident)
            if record.ended and not subscription.selection.history:
                subscription.unheard = {*(subscription.unheard or ()), ident}
            else:
                self._teller.offer(subscription, record.found(at))
                if record.ended:
                    self._teller.offer(subscription, record.ending(at))
            if record.ended:
                subscription.settle(ident)
