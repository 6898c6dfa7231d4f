"""A session's requests in a bounded number of series. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from accsyn_async.transport.traffic import METHODS, OTHER, OUTCOMES, Key

__all__ = ["MOST_SERIES", "OF_THEIR_OWN", "folded"]

OF_THEIR_OWN = 72
"""How many combinations of method, entity and outcome have a series of their own."""
MOST_SERIES = OF_THEIR_OWN + len(METHODS) * len(OUTCOMES)


def folded(requests: Mapping[Key, int], most: int = OF_THEIR_OWN) -> dict[Key, int]:
    """The requests, those of entities that came up late counted as being about ``other`` ones.

    Which ones that are never changes: no series ends or falls.

    Args:
        requests: in the order in which they first came up.
        most: how many combinations stay as they are.

    >>> folded({("GET", "transfer", "ok"): 5, ("GET", "user", "ok"): 2, ("GET", "task", "ok"): 1}, 1)
    {('GET', 'transfer', 'ok'): 5, ('GET', 'other', 'ok'): 3}
    """
    told: dict[Key, int] = {}
    for number, ((method, entity, outcome), count) in enumerate(requests.items()):
        key = (method, entity if number < most else OTHER, outcome)
        told[key] = told.get(key, 0) + count
    return told
