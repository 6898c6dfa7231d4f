"""One frame: the jobs of a board as lines with bars, to the size of a terminal. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from accsyn_async.board.board import Board, Entry, counts_text
from accsyn_async.board.quantities import duration_text, percent_text, speed_text
from accsyn_async.board.signs import UNICODE, Signs
from accsyn_async.cells import fitted, shorten
from accsyn_async.safe_text import safe

__all__ = ["draw"]

_STATUS, _PERCENT, _SPEED, _LEFT = 10, 5, 10, 11
_LONGEST_NAME, _LEAST_BAR, _LONGEST_BAR = 48, 8, 40

_STYLES = {
    "running": "cyan",
    "stalled": "magenta",
    "failed": "bold red",
    "aborted": "red",
    "removed": "red",
    "paused": "magenta",
    "done": "green",
}
"""Colours of the terminal's own palette, which its owner can read on its background."""


@dataclass(frozen=True, slots=True)
class _Widths:
    name: int
    bar: int
    gap: int
    left: bool
    speed: bool


def draw(
    board: Board, *, width: int, height: int, now: float, title: str = "", signs: Signs = UNICODE
) -> Text:
    """Draw a frame.

    Args:
        board: what to show.
        width: cells a line.
        height: lines at most.
        now: seconds of the clock that the board was told.
        title: the headline.
        signs: what to draw with.
    """
    header = [_clipped(title, width, "bold")] if title else []
    footer = [_summary(board, width, now)]
    if board.trouble is not None:
        footer.append(_clipped(f"! degraded, trying on: {safe(board.trouble)}", width, "reverse"))
    room = max(1, height - len(header) - len(footer))
    entries, counts = board.entries(), board.counts()
    if len(entries) > room or counts.total() > len(entries):
        # Those that are shown keep their order, so that lines do not jump about.
        chosen = set(map(id, board.by_interest()[: room - 1]))
        entries = [entry for entry in entries if id(entry) in chosen]
        counts.subtract(entry.word for entry in entries)
        more = f"… and {counts.total()} more: {counts_text(counts, ', ')}"
        footer.insert(0, _clipped(more, width, "dim"))
    elif entries and len(entries) < room:
        footer.insert(0, Text(end=""))
    widths = _widths(entries, width)
    lines = [_line(entry, widths, now, width, signs) for entry in entries]
    return Text("\n").join([*header, *lines, *footer])


def _summary(board: Board, width: int, now: float) -> Text:
    line = _clipped(board.summary(now, width), width, "" if board.synced else "dim")
    for word, style in _STYLES.items():
        line.highlight_regex(rf"\d+ {word}\b", style)
    return line


def _widths(entries: list[Entry], width: int) -> _Widths:
    longest = max((cell_len(safe(entry.job.name)) for entry in entries), default=0)
    gap = 2 if width >= 90 else 1
    for left, speed in ((True, True), (True, False), (False, False)):
        free = width - 1 - (_PERCENT + 1) - (_STATUS + 2)
        free -= (_LEFT + gap) * left + (_SPEED + gap) * speed
        if free >= 24 or not left:
            break
    name = max(1, min(longest, _LONGEST_NAME, max(8, free - _LEAST_BAR)))
    return _Widths(name, max(0, min(free - name, _LONGEST_BAR)), gap, left, speed)


def _line(entry: Entry, widths: _Widths, now: float, width: int, signs: Signs) -> Text:
    job, style = entry.job, _STYLES.get(entry.word, "")
    line = Text(no_wrap=True, end="")
    line.append(fitted(safe(job.name), widths.name) + " ")
    _bar(line, job.progress, widths.bar, style, signs)
    line.append(" " + fitted(percent_text(job.progress), _PERCENT, right=True))
    gap = " " * widths.gap
    if widths.speed:
        line.append(gap + fitted(speed_text(job.speed) if entry.running else "", _SPEED, right=True))
    if widths.left:
        left = duration_text(entry.left.seconds(now)) if entry.running else ""
        line.append(gap + fitted(left, _LEFT, right=True))
    line.append(f"  {signs.states.get(entry.word, '?')} {entry.word}", style)
    line.truncate(width)
    return line


def _bar(line: Text, progress: float, width: int, style: str, signs: Signs) -> None:
    share = min(max(float(progress), 0.0), 100.0) / 100
    full, half = divmod(int(share * width * 2), 2)
    line.append(signs.full * full + signs.half * half, style)
    line.append(signs.rest * (width - full - half), "dim")


def _clipped(text: str, width: int, style: str = "") -> Text:
    return Text(shorten(text, width), style=style, no_wrap=True, end="")
