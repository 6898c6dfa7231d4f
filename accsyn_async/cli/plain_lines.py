"""Events for logs: one line a change of state, never a bar."""

from __future__ import annotations

import time
from collections.abc import Callable

from accsyn_async import events
from accsyn_async.board.board import Board, Entry
from accsyn_async.board.quantities import duration_text, size_text
from accsyn_async.cli.output import Output
from accsyn_async.cli.task_lines import task_line
from accsyn_async.safe_text import safe

__all__ = ["SILENCE", "PlainLines"]

SILENCE = 30.0
"""Seconds after which a line says that the watch goes on."""


class PlainLines:
    """Writes a line when a job is found or its state changes, and a sign of life now and then.

    Args:
        output: where to.
        clock: monotonic seconds.
    """

    def __init__(self, output: Output, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._board = Board()
        self._words: dict[str, str] = {}
        self._written = clock()

    def show(self, event: events.Event) -> None:
        """Write a line, if the event changes anybody's state."""
        entry = self._board.take(event, self._clock())
        stamp = event.at.astimezone().strftime("%H:%M:%S")
        match event:
            case events.Synced(jobs=jobs):
                self._output.note(f"{stamp} following {jobs} {'job' if jobs == 1 else 'jobs'}")
            case events.Degraded(reason=reason):
                self._output.note(f"{stamp} degraded: {safe(reason)}; trying on")
            case events.Recovered(after=after):
                self._output.note(f"{stamp} recovered after {duration_text(after.total_seconds())}")
            case events.TaskChanged():
                if (line := task_line(event)) is not None:
                    self._write(line)
            case events.JobEvent() if entry is not None:
                self._state(stamp, entry)
                if isinstance(event, events.JobFinished | events.JobRemoved):
                    # A watch without end must not remember every job for ever.
                    self._words.pop(entry.job.id, None)

    def tick(self) -> None:
        """Write a sign of life when nothing was written for long."""
        now = self._clock()
        if now - self._written >= SILENCE:
            trouble = f" · degraded: {safe(self._board.trouble)}" if self._board.trouble else ""
            self._write(f"{time.strftime('%H:%M:%S')} …  {self._board.summary(now)}{trouble}")

    def close(self) -> None:
        """Everything was written at once."""

    def _state(self, stamp: str, entry: Entry) -> None:
        job = entry.job
        if self._words.get(job.id) == entry.word:
            return
        self._words[job.id] = entry.word
        share = f"  {int(job.progress)} %" if entry.word not in ("done", "init", "waiting") else ""
        self._write(f"{stamp} {entry.word:<8} {safe(job.name)}  {size_text(job.size)}{share}  {safe(job.id)}")

    def _write(self, text: str) -> None:
        self._output.line(text)
        self._written = self._clock()
