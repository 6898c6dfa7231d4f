"""Tells wrong times: in one reply, while what is kept stays right."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from accsyn_async.sandbox.state.clock import EPOCH

__all__ = ["skewed"]

TIMES: Final = frozenset({"created", "modified", "finished", "logged_in", "last_checkin", "date", "time"})
NOT_OURS: Final = frozenset({"metadata", "settings", "compute", "data"})
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def skewed(reply: Any, seconds: float) -> Any:
    """A copy of a reply, whose times are wrong by so many seconds; what users wrote is left alone.

    >>> skewed({"result": [{"created": "2026-01-22T08:35:59", "name": "2026-01-22T08:35:59"}]}, -59)
    {'result': [{'created': '2026-01-22T08:35:00', 'name': '2026-01-22T08:35:59'}]}
    """
    if isinstance(reply, list):
        return [skewed(one, seconds) for one in reply]
    if not isinstance(reply, dict):
        return reply
    return {
        key: value if key in NOT_OURS else _moved(value, seconds) if key in TIMES else skewed(value, seconds)
        for key, value in reply.items()
    }


def _moved(value: Any, seconds: float) -> Any:
    # The epoch stands for never.
    if not isinstance(value, str) or value == EPOCH or not TIME.fullmatch(value):
        return value
    try:
        return (datetime.fromisoformat(value) + timedelta(seconds=seconds)).isoformat(timespec="seconds")
    except (OverflowError, ValueError):
        return value
