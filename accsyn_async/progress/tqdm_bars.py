"""Bars of tqdm: one of all jobs, or one a job."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from accsyn_async.board.board import Board, Entry, counts_text
from accsyn_async.events import Degraded, Event, JobEvent, JobRevived, Recovered, TaskChanged
from accsyn_async.progress.places import Moves, Places, rank_of
from accsyn_async.progress.tally import Ended, Tally, share_of
from accsyn_async.safe_text import safe

if TYPE_CHECKING:
    from tqdm.std import tqdm as std_tqdm

__all__ = ["TqdmBar", "TqdmBars"]

_LONGEST_NAME = 48
_ELSEWHERE = 20
"""Bars where there is no terminal, and so no height."""


class _Pen:
    """Moves bars, and draws later what tqdm did not draw at once, so that it is not left behind."""

    def __init__(self) -> None:
        self._behind: dict[int, std_tqdm[Any]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def move(self, bar: std_tqdm[Any], done: int, size: int | None, words: str) -> None:
        """Let a bar stand at so many bytes, with these words after it."""
        if bar.disable:
            return
        if size != bar.total:
            _measure(bar, size)
        if words != (bar.postfix or ""):
            bar.set_postfix_str(words, refresh=False)
        if bar.update(done - bar.n):
            self._behind.pop(id(bar), None)
        else:
            self._behind[id(bar)] = bar
            if self._timer is None:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(bar.mininterval, self._catch_up)

    def close(self, bars: Iterable[std_tqdm[Any]]) -> None:
        """Close bars, the topmost first, each though another fails."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._behind.clear()
        with ExitStack() as closing:
            # Each leaves its line at the top, not where it stood.
            for bar in sorted(bars, key=_position, reverse=True):
                closing.callback(bar.close)
                bar.clear()

    def take_away(self, bar: std_tqdm[Any]) -> None:
        """Close a bar and leave nothing of it."""
        self._behind.pop(id(bar), None)
        bar.leave = False
        bar.close()

    def _catch_up(self) -> None:
        self._timer = None
        behind, self._behind = self._behind, {}
        for bar in behind.values():
            bar.refresh()


class TqdmBar:
    """One bar of all jobs.

    Args:
        make: tqdm's class.
        options: its arguments.
    """

    def __init__(self, make: Callable[..., std_tqdm[Any]], options: Mapping[str, Any]) -> None:
        self._make = make
        self._options = options
        self._board = Board()
        self._tally = Tally()
        # More than the board keeps need not be told apart.
        self._ended = Ended(500)
        self._pen = _Pen()
        self._bar: std_tqdm[Any] | None = None

    def open(self) -> None:
        """Make the bar."""
        self._bar = _bar(self._make, self._options, self._tally.done, self._tally.size)

    def close(self) -> None:
        """Close the bar. May be called twice."""
        bar, self._bar = self._bar, None
        if bar is not None:
            self._pen.close([bar])

    def show(self, event: Event) -> None:
        """Move the bar."""
        bar = self._bar
        if bar is None or isinstance(event, TaskChanged):
            return
        entry = self._board.take(event, time.monotonic())
        if entry is not None:
            self._count(bar, entry)
        elif not isinstance(event, Degraded | Recovered):
            return
        words = counts_text(self._tally.counts, ", ")
        if self._board.trouble is not None:
            words = f"{words}, degraded" if words else "degraded"
        self._pen.move(bar, self._tally.done, self._tally.size, words)

    def _count(self, bar: std_tqdm[Any], entry: Entry) -> None:
        ident = entry.job.id
        share = share_of(entry) if entry.word != "removed" else None
        before = self._tally.put(ident, share)
        if not bar.disable and (before is None or share is None):
            # Bytes that were there when the job came, or go with it, are no speed.
            _shift(bar, share.done if share else -before.done if before else 0)
        for gone in self._ended.put(ident, entry.word in ("done", "aborted")):
            self._tally.forget(gone)


class TqdmBars:
    """A bar for each job that there is room for.

    Args:
        make: tqdm's class.
        options: the arguments of each.
        keep: how many bars of jobs that have ended stay; ``None`` for all.
        most: how many jobs have a bar at a time; ``None`` for as many as the terminal is high.
    """

    def __init__(
        self,
        make: Callable[..., std_tqdm[Any]],
        options: Mapping[str, Any],
        *,
        keep: int | None = None,
        most: int | None = None,
    ) -> None:
        self._make = make
        self._options = options
        self._most = most
        self._board = Board()
        self._ended = Ended(keep)
        self._places = Places()
        self._entries: dict[str, Entry] = {}
        self._pen = _Pen()
        self._bars: dict[str, std_tqdm[Any]] = {}
        self._first: int | None = options.get("position")

    def open(self) -> None:
        """Draw the bars that there were; at first there is none."""
        for ident in self._places.shown():
            self._draw(ident)

    def close(self) -> None:
        """Close all bars. May be called twice."""
        bars, self._bars = self._bars, {}
        self._pen.close(bars.values())

    def show(self, event: Event) -> None:
        """Move the bar of the event's job."""
        if not isinstance(event, JobEvent) or isinstance(event, TaskChanged):
            return
        entry = self._board.take(event, time.monotonic())
        if entry is None:
            return
        ident, room = entry.job.id, self._room()
        self._entries[ident] = entry
        if isinstance(event, JobRevived):
            self._move(self._places.put(ident, None, room))
        if ident in self._bars and entry.word != "removed":
            self._draw(ident)
        self._move(self._places.put(ident, rank_of(entry), room))
        if entry.word == "removed":
            del self._entries[ident]
        for gone in self._ended.put(ident, entry.word in ("done", "aborted")):
            self._move(self._places.put(gone, None, room))
            del self._entries[gone]

    def _room(self) -> int:
        if self._most is not None:
            return self._most
        rows = self._options.get("nrows") or _height(self._options.get("file") or sys.stderr)
        return max(1, rows - 1 - abs(self._first or 0))

    def _move(self, moves: Moves) -> None:
        for ident in moves.gone:
            self._pen.take_away(self._bars.pop(ident))
        for ident in moves.come:
            self._draw(ident)

    def _draw(self, ident: str) -> None:
        entry = self._entries[ident]
        done, size = share_of(entry).done, entry.job.size
        bar = self._bars.get(ident)
        if bar is None:
            bar = self._bars[ident] = self._new(entry.job.name, done, size)
        self._pen.move(bar, done, size, "" if entry.word == "running" else entry.word)

    def _new(self, name: str, done: int, size: int | None) -> std_tqdm[Any]:
        options = {**self._options}
        if self._first is not None:
            taken = {_position(bar) for bar in self._bars.values()}
            options["position"] = next(
                place for place in range(self._first, self._first + len(taken) + 1) if place not in taken
            )
        bar = _bar(self._make, options, done, size)
        # Not among its arguments: a notebook's bar takes that for HTML.
        bar.set_description_str(_short(safe(name)))
        return bar


def _bar(
    make: Callable[..., std_tqdm[Any]], options: Mapping[str, Any], done: int, size: int | None
) -> std_tqdm[Any]:
    # Bytes come in leaps: a number of them says nothing about when it is time to draw.
    defaults = {"unit": "B", "unit_scale": True, "miniters": 0}
    return make(**{**defaults, **options, "total": size, "initial": done})


def _measure(bar: std_tqdm[Any], size: int | None) -> None:
    bar.total = size
    container = getattr(bar, "container", None)
    if container is not None and size:
        # A notebook's bar does not look at its total again.
        gauge = container.children[1]
        gauge.max = size
        gauge.bar_style = ""
        if bar.ncols is None:
            gauge.layout.width = None


def _shift(bar: std_tqdm[Any], done: int) -> None:
    bar.n += done
    bar.initial += done
    bar.last_print_n += done


def _position(bar: std_tqdm[Any]) -> int:
    # Above it there are so many lines; one of a notebook, or one that is not drawn, has no place.
    return abs(int(getattr(bar, "pos", 0)))


def _height(file: Any) -> int:
    """Of the terminal that a file is, in lines."""
    try:
        return os.get_terminal_size(file.fileno()).lines
    except (AttributeError, OSError, ValueError):
        return _ELSEWHERE + 1


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
