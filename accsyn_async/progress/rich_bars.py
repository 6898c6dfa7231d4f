"""Bars of rich."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from accsyn_async.board.board import Board, Entry
from accsyn_async.events import Degraded, Event, JobRevived, Recovered, TaskChanged
from accsyn_async.extras import missing
from accsyn_async.progress.following import E, Following
from accsyn_async.progress.places import Moves, Places, rank_of
from accsyn_async.progress.rich_columns import JobsProgress, as_markup, new_progress
from accsyn_async.progress.rich_total import RichTotal
from accsyn_async.progress.tally import Ended, Share, Tally, share_of
from accsyn_async.safe_text import safe

try:
    from rich.progress import Progress, TaskID
except ModuleNotFoundError as error:
    raise missing(error, "cli") from None

__all__ = ["RichBars", "RichProgress", "new_progress"]

_ELSEWHERE = 50
"""Bars where there is no terminal, and so no height: in a file, what is left at the end."""


class RichProgress(Following[E]):
    """A watch's events, which move bars of rich on their way.

    Attributes:
        progress: rich's; its console prints above the bars.
    """

    def __init__(self, watch: AsyncIterable[E], bars: RichBars) -> None:
        super().__init__(watch, bars)
        self.progress = bars.progress


class RichBars:
    """A task of rich for each job that there is room for.

    Args:
        progress: rich's; started and stopped, unless it runs already.
        total: whether there is a bar of all jobs; a text is its name.
        keep: how many bars of jobs that have ended stay; ``None`` for all.
        most: how many jobs have a bar at a time; ``None`` for as many as the console is high.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        progress: Progress,
        *,
        total: bool | str = False,
        keep: int | None = None,
        most: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.progress = progress
        self._clock = clock
        self._most = most
        self._board = Board()
        self._tally = Tally()
        self._ended = Ended(keep)
        self._places = Places()
        self._entries: dict[str, Entry] = {}
        self._tasks: dict[str, TaskID] = {}
        self._name = total if isinstance(total, str) else "total" if total else None
        self._total: RichTotal | None = None
        self._started = False

    def open(self) -> None:
        """Start to draw, if nobody has."""
        if not self.progress.live.is_started:
            self.progress.start()
            self._started = True
        if self._name is not None and self._total is None:
            with _undrawn(self.progress):
                self._total = RichTotal(self.progress, self._name, self._tally)

    def close(self) -> None:
        """Stop to draw, if it was this that has started. May be called twice."""
        if self._started:
            self._started = False
            self.progress.stop()

    def show(self, event: Event) -> None:
        """Move the bar of the event's job, and that of all."""
        if isinstance(event, TaskChanged):
            return
        now = self._clock()
        entry = self._board.take(event, now)
        if entry is not None:
            self._take(entry, now, anew=isinstance(event, JobRevived))
        elif not isinstance(event, Degraded | Recovered):
            return
        if isinstance(self.progress, JobsProgress):
            self.progress.more = self._places.more
        if self._total is not None:
            state = self._tally.words if self._board.trouble is None else "degraded"
            self._total.show(state, self._places.more)

    def _take(self, entry: Entry, now: float, *, anew: bool) -> None:
        ident, share, room = entry.job.id, share_of(entry), self._room()
        self._entries[ident] = entry
        before = self._tally.put(ident, None if entry.word == "removed" else share)
        if self._total is not None:
            self._total.moved(before, share, now)
        if anew:
            self._move(self._places.put(ident, None, room))
        if ident in self._tasks:
            self.progress.update(self._tasks[ident], **_values(entry, share, self._clock))
        self._move(self._places.put(ident, rank_of(entry), room))
        if entry.word == "removed":
            del self._entries[ident]
        for gone in self._ended.put(ident, entry.word in ("done", "aborted")):
            self._move(self._places.put(gone, None, room))
            self._tally.forget(gone)
            del self._entries[gone]

    def _room(self) -> int:
        """For bars of jobs: beside those of others, and the line that says how many more there are."""
        if self._most is not None:
            return self._most
        console = self.progress.console
        if not console.is_terminal:
            return _ELSEWHERE
        return max(1, console.height - 1 - (len(self.progress.task_ids) - len(self._tasks)))

    def _move(self, moves: Moves) -> None:
        for ident in moves.gone:
            self.progress.remove_task(self._tasks.pop(ident))
        for ident in moves.come:
            entry = self._entries[ident]
            with _undrawn(self.progress):
                self._tasks[ident] = self.progress.add_task(**_values(entry, share_of(entry), self._clock))


@contextmanager
def _undrawn(progress: Progress) -> Iterator[None]:
    """Have rich not draw everything anew at once: its thread does, in a moment."""
    before, progress.disable = progress.disable, True
    try:
        yield
    finally:
        progress.disable = before


def _values(entry: Entry, share: Share, clock: Callable[[], float]) -> dict[str, Any]:
    job, word = entry.job, entry.word
    name = safe(job.name)
    size, done = job.size, share.done
    if word in ("done", "aborted") and not size:
        # Nothing pulses on when nothing more will come.
        size, done = 1, int(word == "done")
    shown = as_markup(name)
    return {
        "description": shown if word in ("running", "done") else f"{shown} · {word}",
        "total": size,
        "completed": done,
        "name": name,
        "state": word,
        "speed": job.speed if entry.running else None,
        "percent": job.progress,
        "left": lambda: entry.left.seconds(clock()),
        "job": job,
    }


def _left_of(tally: Tally) -> Callable[[], float | None]:
    return lambda: tally.seconds_left
