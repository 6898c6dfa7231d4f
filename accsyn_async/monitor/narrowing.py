"""Cutting a change to what a watch is about. Pure."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from accsyn_async.events import JobChanged
from accsyn_async.monitor.fields import WATCHED
from accsyn_async.monitor.subscription import Subscription

__all__ = ["narrower"]


def narrower(event: JobChanged) -> Callable[[Subscription], JobChanged | None]:
    """Cuts a change to the fields that a watch is about; each cut is made once.

    Returns:
        A function that gives what a watch is told: nothing, when it is about none of what changed.
    """
    cut: dict[tuple[str, ...] | None, JobChanged | None] = {}

    def narrow(subscription: Subscription) -> JobChanged | None:
        fields = subscription.selection.fields
        if fields not in cut:
            names = WATCHED if fields is None else fields
            changes = {name: pair for name, pair in event.changes.items() if name in names}
            cut[fields] = replace(event, changes=changes) if changes else None
        return cut[fields]

    return narrow
