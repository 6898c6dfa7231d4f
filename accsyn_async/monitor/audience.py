"""Who watches what: subscriptions by job and by query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from accsyn_async.monitor.fields import WATCHED, attributes_for
from accsyn_async.monitor.group import Asked, Group
from accsyn_async.monitor.subscription import Subscription

__all__ = ["Audience"]


class Audience:
    """Every subscription to jobs of one entity type.

    Attributes:
        groups: those to queries, by expression.
        by_id: those to jobs by id.
        apart: how well what is asked by id is answered: many at a time, and so as one.
        joining: those that were not admitted yet, or wait for more ids, oldest first.
        tasked: those that are told of tasks.
        member_of: the groups that each job was found by.
        moves: how often somebody came, was let in, or went.
        fields: the fields whose changes somebody is told.
        field_set: the same, to look them up.
        attributes: what a poll asks for.
        mixed: whether not everybody is told of the same fields.
    """

    __slots__ = (
        "_everybody",
        "_fieldsets",
        "apart",
        "attributes",
        "by_id",
        "field_set",
        "fields",
        "groups",
        "joining",
        "member_of",
        "mixed",
        "moves",
        "tasked",
    )

    def __init__(self) -> None:
        self._everybody: dict[Subscription, None] = {}
        self.groups: dict[str | None, Group] = {}
        self.by_id: dict[str, set[Subscription]] = {}
        self.apart = Asked()
        self.joining: dict[Subscription, None] = {}
        self.tasked: set[Subscription] = set()
        self.member_of: dict[str, list[Group]] = {}
        self.moves = 0
        self._fieldsets: Counter[tuple[str, ...] | None] = Counter()
        self.fields: tuple[str, ...] = WATCHED
        self.field_set = frozenset(WATCHED)
        self.attributes: list[str] = attributes_for([None])
        self.mixed = False

    def __bool__(self) -> bool:
        return bool(self._everybody)

    def __iter__(self) -> Iterator[Subscription]:
        yield from self._everybody

    def __contains__(self, subscription: Subscription) -> bool:
        return subscription in self._everybody

    def add(self, subscription: Subscription) -> None:
        """Let a subscription in; it is admitted after the next poll."""
        selection = subscription.selection
        self._everybody[subscription] = None
        self._count(selection.fields, 1)
        if selection.tasks:
            self.tasked.add(subscription)
        if selection.ids is None:
            group = self.groups.get(selection.expression)
            if group is None:
                group = self.groups[selection.expression] = Group(selection.expression)
            group.subscribers.add(subscription)
        self.follow(subscription, subscription.followed)
        self.expect(subscription)

    def follow(self, subscription: Subscription, idents: Iterable[str]) -> None:
        """Ask for jobs by their ids on behalf of a subscription."""
        self.moves += 1
        for ident in idents:
            self.by_id.setdefault(ident, set()).add(subscription)

    def expect(self, subscription: Subscription) -> None:
        """A subscription is to be told of something, out of answers to what is asked from now on."""
        subscription.joined = self.moves
        self.joining[subscription] = None

    def admit(self, subscription: Subscription) -> None:
        """A subscription is told what there is, and from now on what changes."""
        self.moves += 1
        subscription.joined = self.moves
        subscription.admitted = True
        del self.joining[subscription]

    def unfollow(self, subscription: Subscription, idents: Iterable[str]) -> list[str]:
        """Ask for them no more on its behalf; the jobs that nobody watches any more."""
        self.moves += 1
        lonely: list[str] = []
        for ident in idents:
            several = self.by_id.get(ident, set())
            several.discard(subscription)
            if not several:
                self.by_id.pop(ident, None)
                if ident not in self.member_of:
                    lonely.append(ident)
        return lonely

    def remove(self, subscription: Subscription) -> list[str]:
        """Take a subscription out; the jobs that nobody watches any more. May be called twice."""
        if subscription not in self:
            return []
        del self._everybody[subscription]
        self.joining.pop(subscription, None)
        self.tasked.discard(subscription)
        selection = subscription.selection
        self._count(selection.fields, -1)
        idents = self.unfollow(subscription, subscription.followed)
        if selection.ids is None:
            group = self.groups[selection.expression]
            group.subscribers.discard(subscription)
            if not group.subscribers:
                del self.groups[selection.expression]
                idents += [ident for ident in group.members if self._leave(ident, group)]
        return idents

    def holds(self, ident: str) -> bool:
        """Whether anybody watches a job."""
        return ident in self.by_id or ident in self.member_of

    def is_current(self, group: Group) -> bool:
        """Whether a group still has watches."""
        return self.groups.get(group.expression) is group

    def of(self, ident: str) -> Collection[Subscription]:
        """Everybody who watches a job, each once."""
        several: Collection[Subscription] = self.by_id.get(ident, ())
        groups = self.member_of.get(ident, ())
        if not groups:
            return several
        if len(groups) == 1 and not several:
            return groups[0].subscribers
        return dict.fromkeys(
            [*several, *(subscription for group in groups for subscription in group.subscribers)]
        )

    def source_of(self, subscription: Subscription) -> Asked:
        """What has to be answered before a subscription can be admitted."""
        selection = subscription.selection
        if selection.ids is not None:
            return self.apart
        return self.groups.get(selection.expression, self.apart)

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

    def _count(self, fields: tuple[str, ...] | None, by: int) -> None:
        known = len(self._fieldsets)
        self._fieldsets[fields] += by
        if not self._fieldsets[fields]:
            del self._fieldsets[fields]
        if known != len(self._fieldsets):
            self._fields_changed()

    def _fields_changed(self) -> None:
        several = [WATCHED if fields is None else fields for fields in self._fieldsets] or [WATCHED]
        # A change of status is always found out: it numbers events.
        self.fields = tuple(dict.fromkeys(["status", *(name for fields in several for name in fields)]))
        self.field_set = frozenset(self.fields)
        self.attributes = attributes_for(self._fieldsets or [None])
        self.mixed = any(set(fields) != set(self.fields) for fields in several)
