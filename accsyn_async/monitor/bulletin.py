"""What watches are told of a backend that does not answer as it should."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable

from accsyn_async.errors import (
    AccsynError,
    AuthenticationError,
    BackendError,
    RateLimitedError,
    SessionClosedError,
    SessionExpiredError,
    TransportError,
)
from accsyn_async.events import Degraded, Recovered
from accsyn_async.monitor.group import Asked, Group
from accsyn_async.monitor.herald import Herald
from accsyn_async.monitor.subscription import Subscription
from accsyn_async.transport.seam import Clock

__all__ = ["Bulletin"]

logger = logging.getLogger("accsyn_async.monitor")

_REFUSALS = 3
"""Refusals in a row after which a list that was answered before is given up."""


class Bulletin:
    """Tells watches that what they depend on is not answered, and when it is again.

    Args:
        entitytype: such as ``transfer``, for the log.
        herald: knows the watches.
        clock: time.
        followers: those whose jobs stand in no list, and are asked for by their ids.
    """

    def __init__(
        self,
        entitytype: str,
        herald: Herald,
        clock: Clock,
        followers: Callable[[], Iterable[Subscription]],
    ) -> None:
        self._entitytype = entitytype
        self._herald = herald
        self._clock = clock
        self._followers = followers

    def welcome(self, subscription: Subscription) -> None:
        """Tell a new watch how things stand."""
        asked = self._herald.audience.source_of(subscription)
        if asked.health.degraded:
            subscription.degrade(asked.health, Degraded(at=self._clock.now(), reason=asked.reason))

    def failed(self, error: AccsynError, asked: Asked) -> None:
        """A request failed: say so, or end the watches that it was for.

        Raises:
            AuthenticationError: a login was refused: that concerns everybody.
            SessionClosedError: the session is closed.
        """
        if isinstance(error, AuthenticationError | SessionClosedError) and not _may_pass(error):
            raise error
        asked.refusals = 0 if _may_pass(error) else asked.refusals + 1
        if asked.refusals >= (_REFUSALS if asked.listed else 1):
            for subscription in self._owners(asked):
                subscription.mailbox.close(error)
                self._herald.dismiss(subscription)
            return
        if asked.health.failed(self._clock.monotonic()):
            logger.warning("polling %s is degraded: %s", self._entitytype, error.message)
        if asked.health.degraded:
            self._degrade(asked, error.message)

    def answered(self, asked: Asked) -> None:
        """A request succeeded: say so, if the one before did not."""
        asked.listed, asked.refusals = True, 0
        if (after := asked.health.good(self._clock.monotonic())) is not None:
            logger.info("polling %s has recovered after %.0f s", self._entitytype, after)
            event = Recovered(at=self._clock.now(), after=dt.timedelta(seconds=after))
            for subscription in tuple(self._herald.audience):
                subscription.recover(asked.health, event)

    def overdue(self, asked: Asked) -> None:
        """There was no answer for too long: say so."""
        if asked.health.overdue(self._clock.monotonic()):
            self._degrade(asked, "the backend does not answer")

    def _degrade(self, asked: Asked, reason: str) -> None:
        asked.reason = reason
        event = Degraded(at=self._clock.now(), reason=reason)
        affected = asked.subscribers if isinstance(asked, Group) else self._followers()
        for subscription in tuple(affected):
            subscription.degrade(asked.health, event)

    def _owners(self, asked: Asked) -> tuple[Subscription, ...]:
        if isinstance(asked, Group):
            return tuple(asked.subscribers)
        several = self._herald.audience.by_id.values()
        return tuple(dict.fromkeys(each for watches in several for each in watches))


def _may_pass(error: AccsynError) -> bool:
    """Whether the same request may well succeed later."""
    if isinstance(error, BackendError | SessionExpiredError):
        return error.temporary
    return isinstance(error, TransportError | RateLimitedError)
