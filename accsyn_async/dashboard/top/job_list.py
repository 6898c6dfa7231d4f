"""The list of jobs, with a cursor that keeps its job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from accsyn_async.board.board import Entry
from accsyn_async.board.signs import Signs
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.columns import DEFAULT
from accsyn_async.dashboard.top.drawing import Cell, Look, cells_of, joined, titles
from accsyn_async.dashboard.top.layout import Layout, arrange
from accsyn_async.dashboard.top.line_view import LineView
from accsyn_async.dashboard.top.steering import Pending

__all__ = ["JobList", "Titles"]

_CURSOR = Style(bgcolor=palette.CURSOR)
_BLURRED = Style(bgcolor=palette.PANEL)


class JobList(LineView, can_focus=True):
    """The jobs that are listed, one a line.

    Args:
        signs: what to draw with.
        pending: what was asked of jobs.

    Attributes:
        rows: what is listed.
        marked: ids of the jobs that are marked; one that is not listed stays marked.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "jump(0)", "First", show=False),
        Binding("end,G", "jump(1)", "Last", show=False),
    ]

    class Opened(Message):
        """A job was clicked twice."""

    def __init__(self, signs: Signs, pending: Pending, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[Entry] = ()
        self.marked: set[str] = set()
        self._signs, self._pending = signs, pending
        self._at = 0
        self._ident: str | None = None
        self._now = 0.0
        self._names: Sequence[str] = DEFAULT
        self._longest: Mapping[str, int] = {}
        self._layout = arrange(DEFAULT, 80, {})

    @property
    def current(self) -> Entry | None:
        """The job under the cursor; ``None`` when nothing is listed."""
        return self.rows[self._at] if self.rows else None

    @property
    def layout_of_columns(self) -> Layout:
        """Where the columns are."""
        return self._layout

    def choose(self, names: Sequence[str], longest: Mapping[str, int]) -> None:
        """Say which columns there are, and how long their texts can be."""
        self._names, self._longest = names, longest
        self._arrange()

    def show(self, rows: Sequence[Entry], now: float, *, settled: bool = True) -> None:
        """List these jobs. The cursor stays on its job, and that where it is on the screen.

        Args:
            rows: the jobs, in their order.
            now: seconds of the board's clock.
            settled: whether all jobs are there; until then an untouched cursor stays on top.
        """
        self._now = now
        seen = self._at - self.top
        self.rows = rows
        self.set_count(len(rows))
        if self._ident is not None:
            at = next((at for at, entry in enumerate(rows) if entry.job.id == self._ident), None)
            self._at = min(self._at, max(0, len(rows) - 1)) if at is None else at
            if 0 <= seen < self.room:
                self.put_top(self._at - seen)
        else:
            self._at = 0
        if rows and (settled or self._ident is not None):
            self._ident = rows[self._at].job.id
        self.redraw()

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._now = now
        self.redraw()

    def line(self, index: int) -> tuple[list[Cell], Style | None]:
        """A job's cells."""
        entry, cursor = self.rows[index], index == self._at
        look = Look(cursor, entry.job.id in self.marked, self._pending.of(entry.job.id))
        cells = cells_of(entry, self._layout, look, self._now, self._signs)
        return cells, (_CURSOR if self.has_focus else _BLURRED) if cursor else None

    def action_move(self, step: int) -> None:
        """Move the cursor up or down."""
        self._go(self._at + step)

    def action_page(self, direction: int) -> None:
        """Move the cursor by what is seen."""
        self._go(self._at + direction * max(1, self.room - 1))

    def action_jump(self, end: int) -> None:
        """Move the cursor to the first or last job."""
        self._go((len(self.rows) - 1) * end)

    def mark(self) -> None:
        """Mark the job under the cursor, or take its mark away, and go to the next."""
        if self.current is not None:
            self.marked ^= {self.current.job.id}
            self._go(self._at + 1)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to where was clicked; a second click opens the job."""
        at = self.top + event.y
        if at < len(self.rows):
            self._go(at)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_resize(self) -> None:
        """Fit the columns, and keep the cursor in sight."""
        self._arrange()
        if self.rows:
            self._reveal()

    def on_focus(self) -> None:
        """Show where the cursor is."""
        self.redraw()

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self.redraw()

    def _arrange(self) -> None:
        layout = arrange(self._names, max(1, self.scrollable_content_region.width), self._longest)
        if layout != self._layout:
            self._layout = layout
            self.refresh()

    def _go(self, at: int) -> None:
        if self.rows:
            self._at = min(max(0, at), len(self.rows) - 1)
            self._ident = self.rows[self._at].job.id
            self._reveal()
            self.redraw()

    def _reveal(self) -> None:
        self.put_top(min(max(self.top, self._at - self.room + 1), self._at))


class Titles(Widget):
    """The headlines above a list of jobs; a click orders by a column."""

    class Picked(Message):
        """A headline was clicked.

        Args:
            name: the column's.
        """

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._layout: Layout | None = None
        self._sort, self._reverse = "status", False

    def show(self, layout: Layout, sort: str, reverse: bool) -> None:
        """Show the headlines of these columns."""
        if (layout, sort, reverse) != (self._layout, self._sort, self._reverse):
            self._layout, self._sort, self._reverse = layout, sort, reverse
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The headlines, as Textual wants them."""
        cells = titles(self._layout, self._sort, self._reverse) if self._layout and y == 0 else []
        segments: list[Segment] = joined(cells, self.size.width)
        return Strip(segments).crop(0, self.size.width).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Tell which headline was clicked."""
        name = self._layout.column_at(event.x) if self._layout else None
        if name is not None:
            self.post_message(self.Picked(name))
