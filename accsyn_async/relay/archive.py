"""What a mirror knows of jobs, and for how long. Pure."""

from __future__ import annotations

from collections.abc import Container

from accsyn_async.relay.record import Record

__all__ = ["ENDED_KEPT", "Archive"]

ENDED_KEPT = 20_000
"""Jobs that are remembered after their ends; beyond that the oldest are forgotten."""


class Archive:
    """The record of each job; those that have ended are forgotten when they become too many.

    Attributes:
        records: by the jobs' ids.

    Args:
        ended_kept: how many of those that have ended to keep.
    """

    __slots__ = ("_ended", "_ended_kept", "records")

    def __init__(self, *, ended_kept: int = ENDED_KEPT) -> None:
        self.records: dict[str, Record] = {}
        self._ended: dict[str, None] = {}
        self._ended_kept = ended_kept

    def knows(self, ident: str) -> bool:
        """Whether what is known of a job is enough for a new watch: it is there, or was to its end."""
        record = self.records.get(ident)
        return record is not None and not record.removed

    def file(self, record: Record, needed: Container[str]) -> None:
        """Put a record away as it is now.

        Args:
            record: of a job of which a message has told.
            needed: the jobs that somebody watches by their ids, which are not forgotten.
        """
        self.records[record.ident] = record
        if not record.ended:
            self._ended.pop(record.ident, None)
        elif record.ident not in self._ended:
            self._ended[record.ident] = None
            if len(self._ended) > self._ended_kept:
                self._forget_oldest(needed)

    def _forget_oldest(self, needed: Container[str]) -> None:
        ident = next(iter(self._ended))
        del self._ended[ident]
        if ident in needed:
            self._ended[ident] = None
        else:
            del self.records[ident]
