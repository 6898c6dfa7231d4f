"""From a job to the cells of its line. Pure."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from accsyn_async.board.board import Entry
from accsyn_async.board.quantities import percent_text
from accsyn_async.board.signs import Signs
from accsyn_async.cells import fitted
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.columns import COLUMNS
from accsyn_async.dashboard.top.layout import GUTTER, Layout
from accsyn_async.dashboard.top.steering import Action

__all__ = ["Cell", "Look", "cells_of", "joined", "progress_bar", "status_text", "titles"]

_PLAIN, _MUTED = Style(color=palette.TEXT), Style(color=palette.MUTED)
_BOLD = Style(color=palette.TEXT, bold=True)
_MARK = Style(color=palette.WARNING, bold=True)
_POINTER = Style(color=palette.PRIMARY, bold=True)
_REST = Style(color=palette.LINE)
_QUIET = frozenset({"done", "aborted", "removed"})
_DIM_COLUMNS = frozenset({"route", "user", "queue", "created", "finished", "id", "size"})


class Cell(NamedTuple):
    """A part of a line.

    Attributes:
        start: its first cell of the terminal.
        width: in cells.
        segments: texts with styles, of exactly that width together.
    """

    start: int
    width: int
    segments: tuple[Segment, ...]


class Look(NamedTuple):
    """How a line stands among the others.

    Attributes:
        cursor: whether the cursor is on it.
        marked: whether it is marked.
        pending: what was asked of the job and not yet seen.
    """

    cursor: bool = False
    marked: bool = False
    pending: Action | None = None


def status_text(word: str, pending: Action | None, signs: Signs) -> str:
    """A state with its sign; or what is pending."""
    return f"… {pending.doing}" if pending else f"{signs.states.get(word, '?')} {word}"


def cells_of(entry: Entry, layout: Layout, look: Look, now: float, signs: Signs) -> list[Cell]:
    """The cells of a job's line.

    Args:
        entry: the job.
        layout: where its columns are.
        look: how it stands.
        now: seconds of the board's clock.
        signs: what to draw with.
    """
    gutter = (
        Segment("❯" if look.cursor else " ", _POINTER),
        Segment("● " if look.marked else "  ", _MARK),
    )
    return [
        Cell(0, GUTTER, gutter),
        *(
            Cell(
                place.start, place.width, _segments(entry, place.name, place.width, layout, look, now, signs)
            )
            for place in layout.places
        ),
    ]


def joined(cells: list[Cell], width: int) -> list[Segment]:
    """Cells as one line of a width."""
    line: list[Segment] = []
    at = 0
    for cell in cells:
        if cell.start > at:
            line.append(Segment(" " * (cell.start - at)))
        line.extend(cell.segments)
        at = cell.start + cell.width
    if at < width:
        line.append(Segment(" " * (width - at)))
    return line


def titles(layout: Layout, sort: str, reverse: bool) -> list[Cell]:
    """The headlines, of which one says by which column the jobs are ordered, and which way round."""
    cells = []
    for place in layout.places:
        column = COLUMNS[place.name]
        sorted_by = place.name == sort
        falling = column.falling != reverse
        arrow = ("▼" if falling else "▲") if sorted_by else ""
        text = f"{arrow}{column.title}" if column.right else f"{column.title}{arrow}"
        style = _POINTER if sorted_by else _MUTED
        cells.append(
            Cell(place.start, place.width, (Segment(fitted(text, place.width, right=column.right), style),))
        )
    return cells


def progress_bar(progress: float, width: int, word: str, signs: Signs) -> tuple[Segment, ...]:
    """A bar of a width."""
    share = min(max(float(progress), 0.0), 100.0) / 100
    full, half = divmod(int(share * width * 2), 2)
    drawn = signs.full * full + signs.half * half
    return (
        Segment(drawn, palette.state_style(word)),
        Segment(signs.rest * (width - full - half), _REST),
    )


def _segments(
    entry: Entry, name: str, width: int, layout: Layout, look: Look, now: float, signs: Signs
) -> tuple[Segment, ...]:
    column = COLUMNS[name]
    if name == "status":
        style = palette.state_style("paused" if look.pending else entry.word)
        return (Segment(fitted(status_text(entry.word, look.pending, signs), width), style),)
    if name == "done" and layout.bar:
        percent = fitted(percent_text(entry.job.progress), width - layout.bar, right=True)
        return (*progress_bar(entry.job.progress, layout.bar, entry.word, signs), Segment(percent, _PLAIN))
    text = fitted(column.text(entry, now), width, right=column.right)
    quiet = entry.word in _QUIET or name in _DIM_COLUMNS
    style = _BOLD if name == "name" and look.cursor else _MUTED if quiet and not look.cursor else _PLAIN
    return (Segment(text, style),)
