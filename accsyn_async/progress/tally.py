"""What jobs come to, one by one and together, counted on with each event. Pure."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from accsyn_async.board.board import Entry
from accsyn_async.models import Job

__all__ = ["Ended", "Share", "Tally", "share_of"]

_BYTES_A_MB = 1_000_000


class Share(NamedTuple):
    """What one job adds.

    Attributes:
        word: its state.
        done: bytes that have arrived.
        size: bytes that will have arrived; ``None`` while that is unknown.
        speed: MB/s.
    """

    word: str
    done: int
    size: int | None
    speed: float


def share_of(entry: Entry) -> Share:
    """A job's share. One that was aborted moves nothing more, and one that is done has moved all.

    >>> row = {"id": "a", "status": "aborted", "size": 1000, "progress": 25}
    >>> share_of(Entry(Job.from_row(row)))
    Share(word='aborted', done=250, size=250, speed=0.0)
    """
    job, word = entry.job, entry.word
    size, done = job.size, done_bytes(job)
    if word == "done":
        done = size or 0
    elif word == "aborted":
        size = done
    return Share(word, done, size, (job.speed or 0.0) if entry.running else 0.0)


def done_bytes(job: Job) -> int:
    """Bytes of a job that have arrived; 0 before it was measured."""
    return round((job.size or 0) * min(max(job.progress, 0), 100) / 100)


class Tally:
    """The sums over all jobs.

    Attributes:
        counts: how many jobs are in each state.
        done: bytes that have arrived.
        speed: MB/s.
    """

    __slots__ = ("_measured", "_shares", "_size", "counts", "done", "speed")

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.done = 0
        self.speed = 0.0
        self._size = 0
        self._measured = 0
        self._shares: dict[str, Share] = {}

    @property
    def size(self) -> int | None:
        """Bytes of all jobs that were measured; ``None`` when none was."""
        return self._size if self._measured else None

    @property
    def seconds_left(self) -> float | None:
        """Until all has arrived, at the present speed; ``None`` when nothing moves."""
        if self.speed <= 0:
            return None
        return max(0, self._size - self.done) / (self.speed * _BYTES_A_MB)

    @property
    def words(self) -> str:
        """How many jobs have ended: ``2 of 3``."""
        return f"{self.counts['done'] + self.counts['aborted']} of {self.counts.total()}"

    def put(self, ident: str, share: Share | None) -> Share | None:
        """Count a job as it is now; ``None`` as one that is no more. How it was counted before."""
        before = self._shares.pop(ident, None)
        if before is not None:
            self._add(before, -1)
        if share is not None:
            self._shares[ident] = share
            self._add(share, 1)
        return before

    def forget(self, ident: str) -> None:
        """A job's bar is taken away: it stays in the sums, and will not change."""
        self._shares.pop(ident, None)

    def _add(self, share: Share, sign: int) -> None:
        self.counts[share.word] += sign
        self.done += sign * share.done
        if share.size is not None:
            self._size += sign * share.size
            self._measured += sign
        running = self.counts["running"] + self.counts["stalled"]
        # Exactly 0 when nothing runs: sums of fractions are not.
        self.speed = self.speed + sign * share.speed if running else 0.0


class Ended:
    """Which jobs have ended, the latest last, and which of them are too many to be shown.

    Args:
        keep: how many are shown; ``None`` for all.

    >>> ended = Ended(1)
    >>> ended.put("a", True), ended.put("b", True), ended.put("b", False)
    ([], ['a'], [])
    """

    __slots__ = ("_idents", "_keep")

    def __init__(self, keep: int | None) -> None:
        self._idents: dict[str, None] = {}
        self._keep = keep

    def put(self, ident: str, ended: bool) -> list[str]:
        """Note of a job whether it has ended; those that are to go."""
        if not ended:
            self._idents.pop(ident, None)
            return []
        self._idents.setdefault(ident)
        gone: list[str] = []
        while self._keep is not None and len(self._idents) > self._keep:
            gone.append(next(iter(self._idents)))
            del self._idents[gone[-1]]
        return gone
