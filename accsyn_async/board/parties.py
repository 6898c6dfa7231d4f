"""Who sends to whom, as people read it."""

from __future__ import annotations

import re

from accsyn_async.board.quantities import UNKNOWN
from accsyn_async.models import Job
from accsyn_async.safe_text import safe

__all__ = ["party_text", "route_text"]

_PARTY = re.compile(
    r"(?:\w+:)?(?P<who>.*?)(?:\[\w+\])?(?:\((?:[0-9a-z]{24}|admin|employee|standard)\))?", re.DOTALL
)


def party_text(text: str | None) -> str:
    """A party, queue or user as the backend writes it for people, without its scope, role and id.

    Older backends write the role where others write the id.

    >>> party_text("user:lisa@example.com[standard](6676f3e9c7ef4e27da254e57)"), party_text(None)
    ('lisa@example.com', '—')
    >>> party_text("user:lisa@example.com(admin)"), party_text("queue:dailies (old)")
    ('lisa@example.com', 'dailies (old)')
    """
    found = _PARTY.fullmatch(text or "")
    return safe(found["who"]) if found and found["who"] else UNKNOWN


def route_text(job: Job) -> str:
    """From where to where a job goes.

    >>> route_text(Job.from_row({"id": "a", "source": "site:hq", "destination_hr": "site:berlin"}))
    'hq → berlin'
    """
    return f"{party_text(job.source_hr or job.source)} → {party_text(job.destination_hr or job.destination)}"
