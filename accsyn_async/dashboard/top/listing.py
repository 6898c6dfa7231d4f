"""Which jobs are listed, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from accsyn_async.board.board import Entry
from accsyn_async.board.parties import party_text, route_text
from accsyn_async.dashboard.top.columns import COLUMNS
from accsyn_async.dashboard.top.view import View
from accsyn_async.models import Job
from accsyn_async.safe_text import safe

__all__ = ["Filter", "ordered"]

_REMEMBERED = 20_000
"""Jobs whose texts are kept at most: some are gone for good."""


class Filter:
    """Picks the jobs that contain each of some words, in whatever is written of them.

    Args:
        text: words between blanks; upper and lower case are the same. None picks all.

    >>> job = Job.from_row({"id": "a", "name": "Teaser v2.mov", "status": "running"})
    >>> Filter("teaser RUN").picks(Entry(job)), Filter("teaser done").picks(Entry(job))
    (True, False)
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self._words = text.casefold().split()
        self._read: dict[str, tuple[Job, str]] = {}

    def picks(self, entry: Entry) -> bool:
        """Whether a job is picked."""
        if not self._words:
            return True
        text = self._text(entry.job)
        return all(word in text or word in entry.word for word in self._words)

    def _text(self, job: Job) -> str:
        known = self._read.get(job.id)
        if known is not None and known[0] is job:
            return known[1]
        parts = (
            safe(job.name),
            route_text(job),
            party_text(job.user_hr or job.user),
            party_text(job.parent_hr or job.parent),
            job.id,
        )
        text = "\n".join(parts).casefold()
        if len(self._read) >= _REMEMBERED:
            self._read.clear()
        self._read[job.id] = job, text
        return text


def ordered(entries: Iterable[Entry], view: View, now: float) -> list[Entry]:
    """Jobs in a view's order; those of which it is not known come last, equal ones stay as they were.

    Args:
        entries: the jobs.
        view: says by what, and which way round.
        now: seconds of the board's clock.
    """
    column = COLUMNS[view.sort]
    known, unknown = [], []
    for entry in entries:
        order = column.order(entry, now)
        if order is None:
            unknown.append(entry)
        else:
            known.append((order, entry))
    # Of one column all are numbers, or all are texts.
    known.sort(key=lambda pair: pair[0], reverse=column.falling != view.reverse)
    return [entry for _, entry in known] + unknown
