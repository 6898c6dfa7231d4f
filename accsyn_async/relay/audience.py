"""Who watches what of that which a relay publishes: watches by job and by query. Pure but for mailboxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from accsyn_async.monitor.fields import WATCHED
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.relay.matching import Matcher, Row
from accsyn_async.relay.record import Record

__all__ = ["Audience", "Group", "kind_of"]

_REMEMBERED = 10_000
"""Jobs that a group remembers to have told the end of."""


def kind_of(entitytype: str) -> str:
    """An entity type by its present name.

    >>> kind_of("Job"), kind_of("compute")
    ('transfer', 'compute')
    """
    kind = entitytype.lower()
    return "transfer" if kind == "job" else kind


class Group:
    """The watches of one query.

    Attributes:
        kind: the entity type.
        members: the jobs that they were told of and that have not ended.
        subscribers: the watches.
        told: jobs of which they were told that they ended: which of their lives, and the
            audience's count of moves then; the most recent last.

    Args:
        kind: the entity type.
        expression: the query's; ``None`` for all jobs.

    Raises:
        QueryError: it cannot be read, or names an attribute that is not published.
    """

    __slots__ = ("_matcher", "kind", "members", "subscribers", "told")

    def __init__(self, kind: str, expression: str | None) -> None:
        self.kind = kind
        self.members: dict[str, Record] = {}
        self.subscribers: dict[Subscription, None] = {}
        self.told: dict[str, tuple[int, int]] = {}
        self._matcher = Matcher(expression)

    @property
    def selective(self) -> bool:
        """Whether there are jobs that the query does not mean."""
        return self._matcher.expression is not None

    def means(self, row: Row) -> bool:
        """Whether the query means a job, by its row.

        Raises:
            QueryError: a pattern is too much work for what it is compared with.
        """
        return self._matcher.means(row)

    def join(self, record: Record) -> None:
        """The watches are told of a job from now on."""
        self.members[record.ident] = record
        record.groups.append(self)

    def leave(self, record: Record, run: int, moves: int) -> None:
        """The watches were told that a life of a job has ended."""
        del self.members[record.ident]
        record.groups.remove(self)
        self.told.pop(record.ident, None)
        self.told[record.ident] = (run, moves)
        if len(self.told) > _REMEMBERED:
            del self.told[next(iter(self.told))]


class Audience:
    """Every watch of a mirror.

    Attributes:
        by_id: the watches of jobs by id.
        moves: how often a watch was let in.
        fields: the fields whose changes somebody is told.
        mixed: whether not everybody is told of the same fields.
    """

    __slots__ = (
        "_everybody",
        "_fieldsets",
        "_groups",
        "_lacking",
        "_sought",
        "by_id",
        "fields",
        "mixed",
        "moves",
    )

    def __init__(self) -> None:
        self._everybody: dict[Subscription, Group | None] = {}
        self._groups: dict[tuple[str, str | None], Group] = {}
        self.by_id: dict[str, dict[Subscription, None]] = {}
        # Ids of which nothing is known: by the watch that waits for them, and the other way round.
        self._lacking: dict[Subscription, set[str]] = {}
        self._sought: dict[str, dict[Subscription, None]] = {}
        self.moves = 0
        self._fieldsets: Counter[tuple[str, ...] | None] = Counter()
        self.fields: tuple[str, ...] = WATCHED
        self.mixed = False

    def __len__(self) -> int:
        return len(self._everybody)

    def __iter__(self) -> Iterator[Subscription]:
        yield from self._everybody

    def __contains__(self, subscription: Subscription) -> bool:
        return subscription in self._everybody

    @property
    def sought(self) -> frozenset[str]:
        """The ids that somebody waits for, and of which nothing is known."""
        return frozenset(self._sought)

    def add(self, subscription: Subscription, records: Iterable[Record]) -> None:
        """Let a watch in; it is told nothing before it is admitted.

        Args:
            subscription: the watch.
            records: what is known, in which a new query is looked for.

        Raises:
            QueryError: its query cannot be used.
        """
        selection = subscription.selection
        group = (
            self._group(selection.entitytype, selection.expression, records)
            if selection.ids is None
            else None
        )
        self._everybody[subscription] = group
        if group is not None:
            group.subscribers[subscription] = None
        self._count(selection.fields, 1)
        self.follow(subscription, selection.ids or ())

    def follow(self, subscription: Subscription, idents: Iterable[str]) -> None:
        """A watch is told of jobs by their ids."""
        for ident in idents:
            self.by_id.setdefault(ident, {})[subscription] = None

    def unfollow(self, subscription: Subscription, idents: Iterable[str]) -> None:
        """A watch is told of jobs by their ids no more."""
        lacking = self._lacking.get(subscription, set())
        for ident in idents:
            _drop(self.by_id, ident, subscription)
            if ident in lacking:
                lacking.discard(ident)
                _drop(self._sought, ident, subscription)
        if not lacking:
            self._lacking.pop(subscription, None)

    def remove(self, subscription: Subscription) -> None:
        """Take a watch out. May be called twice."""
        if subscription not in self._everybody:
            return
        group = self._everybody.pop(subscription)
        self._count(subscription.selection.fields, -1)
        self.unfollow(subscription, subscription.selection.ids or ())
        if group is not None:
            del group.subscribers[subscription]
            if not group.subscribers:
                self._dissolve(group)

    def admit(self, subscription: Subscription) -> None:
        """A watch is told what there is, and from now on what changes."""
        self.moves += 1
        subscription.joined = self.moves
        subscription.admitted = True

    def lack(self, subscription: Subscription, idents: Iterable[str]) -> None:
        """Nothing is known of jobs that a watch asks for by their ids."""
        for ident in idents:
            self._lacking.setdefault(subscription, set()).add(ident)
            self._sought.setdefault(ident, {})[subscription] = None

    def lacks(self, subscription: Subscription) -> bool:
        """Whether a watch asks for jobs of which nothing is known."""
        return subscription in self._lacking

    def seekers(self, ident: str) -> list[Subscription]:
        """Those who wait for a job of which nothing was known: they do no more."""
        seekers = list(self._sought.pop(ident, ()))
        for subscription in seekers:
            lacking = self._lacking[subscription]
            lacking.discard(ident)
            if not lacking:
                del self._lacking[subscription]
        return seekers

    def group_of(self, subscription: Subscription) -> Group | None:
        """The group of a query's watch; ``None`` for one of ids, or one that has gone."""
        return self._everybody.get(subscription)

    def groups(self, kind: str) -> list[Group]:
        """The groups that a job of an entity type may belong to."""
        return [group for group in self._groups.values() if group.kind == kind]

    def targets(self, record: Record) -> Iterator[Subscription]:
        """Everybody who is told of a job."""
        yield from tuple(self.by_id.get(record.ident, ()))
        for group in tuple(record.groups):
            yield from tuple(group.subscribers)

    def _group(self, entitytype: str, expression: str | None, records: Iterable[Record]) -> Group:
        kind = kind_of(entitytype)
        group = self._groups.get((kind, expression))
        if group is None:
            group = Group(kind, expression)
            found = [
                record
                for record in records
                if record.kind == kind and not record.ended and group.means(record.snapshot.raw)
            ]
            for record in found:
                group.join(record)
            self._groups[kind, expression] = group
        return group

    def _dissolve(self, group: Group) -> None:
        for key in [key for key, each in self._groups.items() if each is group]:
            del self._groups[key]
        for record in group.members.values():
            record.groups.remove(group)

    def _count(self, fields: tuple[str, ...] | None, by: int) -> None:
        known = len(self._fieldsets)
        self._fieldsets[fields] += by
        if not self._fieldsets[fields]:
            del self._fieldsets[fields]
        if known != len(self._fieldsets):
            several = [WATCHED if each is None else each for each in self._fieldsets] or [WATCHED]
            self.fields = tuple(dict.fromkeys(["status", *(name for each in several for name in each)]))
            self.mixed = any(set(each) != set(self.fields) for each in several)


def _drop(several: dict[str, dict[Subscription, None]], ident: str, subscription: Subscription) -> None:
    watches = several.get(ident)
    if watches is not None:
        watches.pop(subscription, None)
        if not watches:
            del several[ident]
