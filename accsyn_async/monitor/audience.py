"""Who watches what: subscriptions by job and by query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from accsyn_async.events import Degraded, Event, Recovered
from accsyn_async.models import Job
from accsyn_async.monitor.mailbox import Mailbox
from accsyn_async.monitor.schedule import Health
from accsyn_async.monitor.selection import Selection
from accsyn_async.wire.rows import EndReader, JobReader

__all__ = ["Audience", "Group", "Subscription", "Sweep"]

_REMEMBERED = 10_000
"""Jobs that a group remembers to have told the end of."""


class Subscription:
    """One watch, as the poller sees it.

    Attributes:
        selection: what it is of.
        mailbox: where its events go.
        admitted: whether it was told what there is; before that it gets no changes.
        open: ids whose end it waits for; ``None`` for a query, which has no end.
    """

    __slots__ = ("_troubles", "admitted", "mailbox", "open", "selection")

    def __init__(self, selection: Selection, mailbox: Mailbox) -> None:
        self.selection = selection
        self.mailbox = mailbox
        self.admitted = False
        self.open = set(selection.ids) if selection.ids is not None else None
        self._troubles: tuple[Health, ...] = ()

    def degrade(self, health: Health, event: Degraded) -> None:
        """Something that it depends on is not answered; told once, however much it is."""
        if not self._troubles:
            self.mailbox.put(event)
        if health not in self._troubles:
            self._troubles += (health,)

    def recover(self, health: Health, event: Recovered) -> None:
        """Something is answered again; told when all is."""
        if health in self._troubles:
            self._troubles = tuple(each for each in self._troubles if each is not health)
            if not self._troubles:
                self.mailbox.put(event)

    def offer(self, event: Event) -> None:
        """Take an event, unless it is too early for it."""
        if self.admitted:
            self.mailbox.put(event)

    def settle(self, ident: str) -> None:
        """A job has come to its end; the watch ends with the last of its jobs."""
        if self.open is not None and self.admitted:
            self.open.discard(ident)
            if not self.open:
                self.mailbox.close()


class Sweep:
    """The finished jobs of a query, looked through for some that came and went between two polls.

    Attributes:
        reader: reads the list of ends.
        ends: those that are known; ``None`` before the first look.
        since: when that first look was, UTC.
        due: when to look again, on the monotonic clock.
    """

    __slots__ = ("due", "ends", "reader", "since")

    def __init__(self) -> None:
        self.reader = EndReader()
        self.ends: set[tuple[str, str | None]] | None = None
        self.since: dt.datetime | None = None
        self.due = 0.0


class Group:
    """The watches of one query, and the list that they share.

    Attributes:
        expression: the query's; ``None`` for all jobs.
        reader: reads the list.
        present: the jobs that the last good list held.
        members: every job that the watches were told of and that has not both ended
            and left the list.
        subscribers: the watches.
        health: whether the list is answered.
        refusals: how often in a row the backend said no.
        listed: whether there was ever a good list.
        reason: why it is not answered, for people.
        stale: members observed elsewhere since the last list, which may say otherwise.
        told: jobs that have ended and left, and which of their lives the watches were told
            the end of; the most recent last.
        sweep: what is known of the jobs that have ended.
    """

    __slots__ = (
        "expression",
        "health",
        "listed",
        "members",
        "present",
        "reader",
        "reason",
        "refusals",
        "stale",
        "subscribers",
        "sweep",
        "told",
    )

    def __init__(self, expression: str | None) -> None:
        self.expression = expression
        self.reader = JobReader()
        self.present: dict[str, Job] = {}
        self.members: set[str] = set()
        self.subscribers: set[Subscription] = set()
        self.health = Health()
        self.refusals = 0
        self.listed = False
        self.reason = ""
        self.stale: set[str] = set()
        self.told: dict[str, int] = {}
        self.sweep = Sweep()

    def remember(self, ident: str, run: int) -> None:
        """A job has ended this life, left the list, and been told of."""
        self.told[ident] = run
        if len(self.told) > _REMEMBERED:
            del self.told[next(iter(self.told))]


class Audience:
    """Every subscription to jobs of one entity type.

    Attributes:
        groups: those to queries, by expression.
        by_id: those to jobs by id.
        joining: those that were not admitted yet, oldest first.
        moves: how often somebody came or went.
    """

    __slots__ = ("by_id", "groups", "joining", "member_of", "moves")

    def __init__(self) -> None:
        self.groups: dict[str | None, Group] = {}
        self.by_id: dict[str, set[Subscription]] = {}
        self.joining: dict[Subscription, None] = {}
        self.member_of: dict[str, list[Group]] = {}
        self.moves = 0

    def __bool__(self) -> bool:
        return bool(self.groups or self.by_id)

    def __iter__(self) -> Iterator[Subscription]:
        for group in self.groups.values():
            yield from group.subscribers
        yield from dict.fromkeys(each for several in self.by_id.values() for each in several)

    def add(self, subscription: Subscription) -> None:
        """Let a subscription in; it is admitted after the next poll."""
        self.moves += 1
        self.joining[subscription] = None
        selection = subscription.selection
        if selection.ids is None:
            group = self.groups.get(selection.expression)
            if group is None:
                group = self.groups[selection.expression] = Group(selection.expression)
            group.subscribers.add(subscription)
        else:
            for ident in selection.ids:
                self.by_id.setdefault(ident, set()).add(subscription)

    def remove(self, subscription: Subscription) -> list[str]:
        """Take a subscription out; the jobs that nobody watches any more."""
        self.moves += 1
        self.joining.pop(subscription, None)
        selection = subscription.selection
        idents: list[str] = []
        if selection.ids is None:
            group = self.groups.get(selection.expression)
            if group is not None:
                group.subscribers.discard(subscription)
                if not group.subscribers:
                    del self.groups[selection.expression]
                    idents = [ident for ident in group.members if self._leave(ident, group)]
        else:
            for ident in selection.ids:
                several = self.by_id.get(ident, set())
                several.discard(subscription)
                if not several:
                    self.by_id.pop(ident, None)
                    if ident not in self.member_of:
                        idents.append(ident)
        return idents

    def holds(self, ident: str) -> bool:
        """Whether anybody watches a job."""
        return ident in self.by_id or ident in self.member_of

    def is_current(self, group: Group) -> bool:
        """Whether a group still has watches."""
        return self.groups.get(group.expression) is group

    def of(self, ident: str) -> Iterator[Subscription]:
        """Everybody who watches a job."""
        yield from self.by_id.get(ident, ())
        for group in self.member_of.get(ident, ()):
            yield from group.subscribers

    def join(self, ident: str, group: Group) -> None:
        """A job was found by a group."""
        group.members.add(ident)
        self.member_of.setdefault(ident, []).append(group)

    def leave(self, ident: str, group: Group) -> bool:
        """A job is nothing to a group any more; ``True`` when nobody watches it now."""
        group.members.discard(ident)
        return self._leave(ident, group)

    def _leave(self, ident: str, group: Group) -> bool:
        groups = self.member_of.get(ident, [])
        if group in groups:
            groups.remove(group)
        if groups:
            return False
        self.member_of.pop(ident, None)
        return ident not in self.by_id
