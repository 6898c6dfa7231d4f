"""Who is let in, and told what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from accsyn_async.errors import AccsynError
from accsyn_async.events import JobEvent, JobFound, Synced
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.ledger import Life
from accsyn_async.monitor.past import REMOVED, Past
from accsyn_async.monitor.subscription import Subscription

__all__ = ["Admission"]


class Admission:
    """Tells new watches what there is, and those that come back what they missed.

    Args:
        herald: knows the jobs and who watches them.
    """

    def __init__(self, herald: Herald) -> None:
        self._herald = herald
        self._audience = herald.audience
        self._ledger = herald.ledger

    @contextmanager
    def admitting(self) -> Iterator[Callable[[Subscription], bool]]:
        """Let watches in, each by a call; ``False`` when what it is of is not known yet.

        What several of them are told is made once.
        """
        found: dict[str, JobFound] = {}

        def find(life: Life) -> JobFound:
            return found.get(life.ident) or found.setdefault(
                life.ident, self._ledger.found(life, self._herald.at)
            )

        def admit(subscription: Subscription) -> bool:
            if subscription not in self._audience.joining:
                return False
            if subscription.admitted:
                return self._admit_more(subscription, find)
            return self._admit(subscription, find)

        yield admit

    def gone(self, life: Life, error: AccsynError) -> None:
        """Take note that a job is nowhere to be found.

        Args:
            life: the job's.
            error: ends the watches that ask for it by its id and were never told of it, but
                for those that remember it.
        """
        if life.job is not None and not life.ended:
            self._herald.gone(life)
            return
        # Who comes for a job that is no longer there is not told what it once was.
        for subscription in tuple(self._audience.by_id.get(life.ident, ())):
            if not subscription.admitted or life.ident in subscription.pending:
                self._not_there(life, subscription, error)
        if life.job is None:
            self._ledger.forget(life.ident)

    def _not_there(self, life: Life, subscription: Subscription, error: AccsynError) -> None:
        memory, ident = subscription.recollection, life.ident
        past = memory.past.get(ident) if memory is not None else None
        if subscription.open is None and past is None:
            # It ended while nobody watched, and was deleted before anybody could look how.
            self._never_mind(subscription, ident)
            return
        if memory is None or past is None:
            subscription.mailbox.close(error)
            self._herald.dismiss(subscription)
            return
        row = memory.rows.get(ident)
        told = row is not None and not past.ended
        known = life.past
        if told and life.job is None and (known is None or (known.run, known.ended) < (past.run, True)):
            # Should it come back, it lives again.
            life.past = Past(past.run, past.number + 1, True, REMOVED, None)
        self._never_mind(subscription, ident)
        if row is not None and told:
            at = self._herald.at
            # Others may have seen how it ended before it was gone.
            seen = life.job is not None and life.ended and life.run == past.run
            removed = self._ledger.ending(life, at) if seen else self._ledger.removed(row, past, at)
            if subscription.admitted:
                self._herald.offer(subscription, removed)
            else:
                memory.owed[removed.id] = removed
        if subscription.admitted:
            subscription.end_if_done()

    def _admit(self, subscription: Subscription, find: Callable[[Life], JobEvent]) -> bool:
        lives = None if subscription.behind else self._known(subscription)
        if lives is None:
            return False
        self._audience.admit(subscription)
        memory, at = subscription.recollection, self._herald.at
        old = {life.ident for life in lives if life.ended and self._is_old(life, subscription)}
        if memory is not None:
            memory.admitted((life.job, life.as_it_was(life.job)) for life in lives if life.job is not None)
        if old and memory is None:
            subscription.unheard = set(old)
        owed = memory.repeat() if memory is not None else []
        # What became of a job after an end that it is still to be told of comes after that.
        later = {event.job.id for event in owed}
        first = [life for life in lives if life.ident not in old and life.ident not in later]
        if subscription.selection.initial:
            for life in first:
                self._tell_first(life, subscription, find)
        self._herald.offer(subscription, Synced(at=at, jobs=len(first)))
        for event in owed:
            subscription.mailbox.put(event)
        self._herald.told += len(owed)
        for life in lives:
            if life.ident in later and life.ident not in old:
                self._tell_first(life, subscription, find)
        for life in lives:
            if life.ended:
                self._tell_end(life, subscription, silent=life.ident in old)
        self._follow_no_more_than_needed(subscription)
        subscription.end_if_done()
        return True

    def _admit_more(self, subscription: Subscription, find: Callable[[Life], JobEvent]) -> bool:
        lives = self._ledger.lives
        known = [
            life
            for ident in sorted(subscription.pending)
            if (life := lives.get(ident)) is not None and life.job is not None and not life.suspect
        ]
        for life in known:
            subscription.pending.discard(life.ident)
            old = life.ended and self._is_old(life, subscription)
            if not old:
                self._tell_first(life, subscription, find)
            if life.ended:
                self._tell_end(life, subscription, silent=old)
        if not subscription.pending:
            del self._audience.joining[subscription]
            self._follow_no_more_than_needed(subscription)
        return bool(known)

    def _tell_first(self, life: Life, subscription: Subscription, find: Callable[[Life], JobEvent]) -> None:
        """Tell of a job that is there: found, or active again since the watch was told its end."""
        memory = subscription.recollection
        past = memory.past.get(life.ident) if memory is not None else None
        revived = past is not None and past.ended and life.run > past.run
        self._herald.offer(
            subscription, self._ledger.revived(life, self._herald.at) if revived else find(life)
        )
        if subscription.selection.tasks:
            for event in self._herald.tasks.known(life, self._herald.at):
                self._herald.offer(subscription, event)

    def _tell_end(self, life: Life, subscription: Subscription, *, silent: bool) -> None:
        if not silent:
            self._herald.offer(subscription, self._ledger.ending(life, self._herald.at))
        subscription.settle(life.ident)

    def _is_old(self, life: Life, subscription: Subscription) -> bool:
        """Whether the end of a job is nothing that a new watch is to be told of."""
        memory = subscription.recollection
        if memory is not None and memory.since is not None:
            return life.job is not None and memory.knows_end(life.ident, life.job.finished)
        return not subscription.selection.history

    def _known(self, subscription: Subscription) -> list[Life] | None:
        """The jobs that a new watch is to be told of; ``None`` while one of its ids is not known."""
        selection, lives = subscription.selection, self._ledger.lives
        followed = subscription.followed
        known = [
            life
            for ident in followed
            if (life := lives.get(ident)) is not None and life.job is not None and not life.suspect
        ]
        if len(known) != len(followed):
            return None
        if selection.ids is not None:
            return known
        group = self._audience.groups[selection.expression]
        listed = [lives[ident] for ident in group.present if ident in lives]
        # Those that have left the list, and are followed to their ends.
        listed += [lives[ident] for ident in sorted(group.members - group.present.keys()) if ident in lives]
        several = [life for life in listed if life.ident in group.present or not life.ended]
        return list({life.ident: life for life in [*several, *known]}.values()) if known else several

    def _follow_no_more_than_needed(self, subscription: Subscription) -> None:
        """A query's watch that asked for jobs by their ids goes on with those that no list will tell of."""
        if not subscription.extra:
            return
        lives = self._ledger.lives
        group = self._audience.groups[subscription.selection.expression]
        goes_on = {
            ident
            for ident in subscription.extra
            if ident in lives and not lives[ident].ended and ident not in group.members
        }
        done = [ident for ident in subscription.extra if ident not in goes_on]
        subscription.extra = goes_on
        self._herald.drop(subscription, done)

    def _never_mind(self, subscription: Subscription, ident: str) -> None:
        """A watch waits for a job no more that was gone when it came back."""
        subscription.pending.discard(ident)
        others = [other for other in subscription.followed if other != ident]
        if subscription.open is None:
            subscription.extra = others
        else:
            subscription.open.discard(ident)
            subscription.selection = subscription.selection.with_ids(others)
        self._herald.drop(subscription, [ident])
