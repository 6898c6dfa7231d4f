"""Which way a job's files go, in accsyn's words. Pure."""

from __future__ import annotations

from accsyn_async.models import Job

__all__ = ["DIRECTIONS", "UNKNOWN", "direction_of"]

UNKNOWN = "unknown"
DIRECTIONS = ("upload", "download", "sync", "direct", UNKNOWN)
"""All that there are.

accsyn's documents speak of an upload when a user sends files to a share, of a download when a user
receives them, and of a sync between the main site, which a job names by its workspace, and another
site. Between two users files go ``direct``. A job whose parties are of other kinds, or not told, is
``unknown``.
"""

_SITES = frozenset({"workspace", "organization", "site"})
_PEOPLE = frozenset({"user", "client"})
_WAYS = {(True, False): "upload", (False, True): "download", (False, False): "sync", (True, True): "direct"}


def direction_of(job: Job) -> str:
    """The direction of a job, by the scopes of its parties.

    >>> direction_of(Job.from_row({"id": "a", "source": "user:5d91", "destination": "workspace:5a4f"}))
    'upload'
    >>> direction_of(Job.from_row({"id": "a"}))
    'unknown'
    """
    sends = _is_somebody(job.source, job.source_hr)
    receives = _is_somebody(job.destination, job.destination_hr)
    return UNKNOWN if sends is None or receives is None else _WAYS[sends, receives]


def _is_somebody(*texts: str | None) -> bool | None:
    """Whether a party is somebody, rather than a site; ``None`` when it is neither."""
    for text in texts:
        scope = (text or "").partition(":")[0]
        if scope in _PEOPLE:
            return True
        if scope in _SITES:
            return False
    return None
