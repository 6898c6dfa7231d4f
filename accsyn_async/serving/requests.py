"""A session's requests in a bounded number of series. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from accsyn_async.transport.traffic import METHODS, OTHER, OUTCOMES, Key

__all__ = ["ALWAYS", "MOST_SERIES", "OF_THEIR_OWN", "folded"]

ALWAYS: tuple[Key, ...] = tuple(("PUT", "login", outcome) for outcome in OUTCOMES)
"""What is told before it ever happened: how fast logins begin to fail is measured from 0."""
OF_THEIR_OWN = 72
"""How many other combinations of method, entity and outcome have a series of their own."""
MOST_SERIES = len(ALWAYS) + OF_THEIR_OWN + len(METHODS) * len(OUTCOMES)
"""How many series there can be."""


def folded(requests: Mapping[Key, int], most: int = OF_THEIR_OWN) -> dict[Key, int]:
    """The requests, those of entities that came up late counted as being about ``other`` ones.

    Which ones that are never changes: no series ends or falls.

    Args:
        requests: in the order in which they first came up.
        most: how many combinations stay as they are, those of logins apart.

    >>> requests = {("GET", "transfer", "ok"): 5, ("GET", "user", "ok"): 2, ("GET", "task", "ok"): 1}
    >>> {key: count for key, count in folded(requests, 1).items() if count}
    {('GET', 'transfer', 'ok'): 5, ('GET', 'other', 'ok'): 3}
    """
    told = dict.fromkeys(ALWAYS, 0)
    own = set(ALWAYS)
    for (method, entity, outcome), count in requests.items():
        key = (method, entity, outcome)
        if key not in own:
            if entity != OTHER and len(own) < len(ALWAYS) + most:
                own.add(key)
            else:
                key = (method, OTHER, outcome)
        told[key] = told.get(key, 0) + count
    return told
