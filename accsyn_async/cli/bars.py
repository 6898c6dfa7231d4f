"""Events for a person at a terminal: bars that are redrawn in place."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from rich.console import Console
from rich.live import Live
from rich.text import Text

from accsyn_async.board.board import Board
from accsyn_async.board.signs import ASCII, UNICODE
from accsyn_async.cli.frame import draw
from accsyn_async.cli.output import Output, takes_unicode
from accsyn_async.cli.task_lines import task_line
from accsyn_async.events import Event, TaskChanged

__all__ = ["REDRAW", "Bars"]

REDRAW = 0.25
"""Seconds between two frames, at least."""
_IDLE_REDRAW = 1.0
"""Seconds after which a frame is drawn anew though nothing happened: time left runs down."""


class Bars:
    """Draws a frame of bars, again and again in the same place; the last one stays.

    Args:
        output: where to.
        title: the headline.
        clock: monotonic seconds.
        console: draws; ``None`` for the output's.
    """

    def __init__(
        self,
        output: Output,
        *,
        title: str = "",
        clock: Callable[[], float] = time.monotonic,
        console: Console | None = None,
    ) -> None:
        self._console = console or output.console()
        self._title = title
        self._clock = clock
        self._board = Board()
        self._dirty = True
        self._drawn: float | None = None
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._output = output
        self._notes = ExitStack()
        self._closed = False

    def show(self, event: Event) -> None:
        """Take the event in; it is seen with the next frame."""
        self._board.take(event, self._clock())
        self._dirty = True
        if isinstance(event, TaskChanged) and (line := task_line(event)) is not None:
            self._note(line)
        self.tick()

    def tick(self) -> None:
        """Draw a frame, if it is time for one."""
        if self._drawn is not None:
            passed = self._clock() - self._drawn
            if passed < (REDRAW if self._dirty else _IDLE_REDRAW):
                return
        self._draw()

    def close(self) -> None:
        """Draw the last frame and leave it there. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._notes.close()
        if self._drawn is not None:
            self._draw()
            self._live.stop()

    def _draw(self) -> None:
        now = self._clock()
        if self._drawn is None:
            self._notes.enter_context(self._output.notes_above(self._note))
            self._live.start()
        self._drawn, self._dirty = now, False
        width, height = self._console.size
        frame = draw(
            self._board,
            width=width,
            height=height - 1,
            now=now,
            title=self._title,
            signs=UNICODE if takes_unicode(self._console.encoding) else ASCII,
        )
        self._live.update(frame, refresh=True)

    def _note(self, text: str) -> None:
        self._console.print(Text(text))
