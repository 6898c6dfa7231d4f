"""What jobs can be made to do by who looks at them. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["ACTIONS", "hindrance"]

ACTIONS: Final = {"pause": "paused", "resume": "waiting", "abort": "aborted"}
"""What can be asked for, and the status that is set."""

_CANNOT: Final = {
    "pause": frozenset({"paused", "done", "aborted", "removed"}),
    "resume": frozenset({"running", "stalled", "waiting", "done", "removed"}),
    "abort": frozenset({"done", "aborted", "removed"}),
}


def hindrance(action: str, word: str) -> str | None:
    """Why a job cannot be made to do something; ``None`` when it can.

    Args:
        action: pause, resume or abort.
        word: how the job is: its status; or ``stalled`` or ``removed``.

    >>> hindrance("pause", "running") is None
    True
    >>> hindrance("abort", "done")
    'it is done'
    """
    return f"it is {word}" if word in _CANNOT[action] else None
