"""Which jobs a filter picks: it means what the filter of the page means. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from accsyn_async.board.board import Entry
from accsyn_async.board.parties import party_text
from accsyn_async.models import Job
from accsyn_async.safe_text import safe

__all__ = ["FIELDS", "Filter"]

_REMEMBERED = 20_000
"""Jobs whose texts are kept at most: some are gone for good."""
_WORD = re.compile(r'(?P<field>\w+:)?"(?P<quoted>[^"]*)"?|\S+')


def _party(text: str | None) -> str:
    return party_text(text).casefold() if text else ""


FIELDS: dict[str, Callable[[Entry], str]] = {
    "status": lambda entry: entry.word,
    "user": lambda entry: _party(entry.job.user_hr or entry.job.user),
    "queue": lambda entry: _party(entry.job.parent_hr or entry.job.parent),
    "from": lambda entry: _party(entry.job.source_hr or entry.job.source),
    "to": lambda entry: _party(entry.job.destination_hr or entry.job.destination),
}
"""What a word that begins with one of these and a colon is looked for in."""


class Filter:
    """Picks the jobs in which each of some words occurs.

    Args:
        text: words between blanks, or between quotes; upper and lower case are the same. A word is looked
            for in name, parties, user, queue, state and id; ``user:lisa`` in the user alone. None picks all.

    Attributes:
        text: the text.

    >>> job = Job.from_row({"id": "a", "name": "Teaser v2.mov", "status": "running"})
    >>> Filter("teaser RUN").picks(Entry(job)), Filter("status:done").picks(Entry(job))
    (True, False)
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self._words: list[str] = []
        self._told_apart: list[tuple[Callable[[Entry], str], str]] = []
        self._read: dict[str, tuple[Job, str]] = {}
        for found in _WORD.finditer(text):
            quoted = found["quoted"]
            word = (found[0] if quoted is None else (found["field"] or "") + quoted).casefold()
            name, colon, wanted = word.partition(":")
            if colon and name in FIELDS:
                self._told_apart.append((FIELDS[name], wanted))
            else:
                self._words.append(word)

    def picks(self, entry: Entry) -> bool:
        """Whether a job is picked."""
        if not all(wanted in text(entry) for text, wanted in self._told_apart):
            return False
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
            _party(job.source_hr or job.source),
            _party(job.destination_hr or job.destination),
            _party(job.user_hr or job.user),
            _party(job.parent_hr or job.parent),
            job.id,
        )
        text = "\n".join(parts).casefold()
        if len(self._read) >= _REMEMBERED:
            self._read.clear()
        self._read[job.id] = job, text
        return text
