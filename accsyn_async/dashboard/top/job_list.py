"""The list of jobs, with a cursor that keeps its job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from accsyn_async.board.board import Entry
from accsyn_async.board.signs import Signs
from accsyn_async.cells import fitted
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.columns import DEFAULT
from accsyn_async.dashboard.top.drawing import Cell, Look, cells_of
from accsyn_async.dashboard.top.drift import drift
from accsyn_async.dashboard.top.layout import GUTTER, Layout, arrange
from accsyn_async.dashboard.top.line_view import LineView
from accsyn_async.dashboard.top.steering import Pending

__all__ = ["JobList"]

_CURSOR = Style(bgcolor=palette.CURSOR)
_BLURRED = Style(bgcolor=palette.PANEL)
_TOLD = Style(color=palette.MUTED)
_CLEAR = "Esc clears the filter."
_NEAR = 3
"""Lines by which a job may part from those around it and still take what is seen along."""


class JobList(LineView, can_focus=True):
    """The jobs that are listed, one a line.

    The cursor keeps its job once a key has moved or used it; until then it is on top. When its job
    goes elsewhere as the jobs move, what is seen stays: the next key brings the cursor into sight.

    Args:
        signs: what to draw with.
        pending: what was asked of jobs.

    Attributes:
        rows: what is listed.
        marked: ids of the jobs that are marked; one that is not listed stays marked.
        instead: what is written where no job is listed; safe.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "jump(0)", "First", show=False),
        Binding("end,G", "jump(1)", "Last", show=False),
    ]

    class Opened(Message):
        """A job was clicked twice."""

    def __init__(self, signs: Signs, pending: Pending, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[Entry] = ()
        self.marked: set[str] = set()
        self.instead = ""
        self._signs, self._pending = signs, pending
        self._at = 0
        self._ident: str | None = None
        self._had_room = 1
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

    @property
    def in_sight(self) -> bool:
        """Whether the cursor is seen."""
        return self._sees(self._at, self.room)

    def show(self, rows: Sequence[Entry], now: float, *, asked: bool = False) -> None:
        """List these jobs.

        Args:
            rows: the jobs, in their order.
            now: seconds of the board's clock.
            asked: whether somebody wanted to see other jobs, or another order: then the cursor stays
                where it is on the screen, and the jobs around it are seen.
        """
        self._now = now
        places = {entry.job.id: at for at, entry in enumerate(rows)}
        before, was_at, was_seen, top = self.rows, self._at, self.in_sight, self.top
        seen = ((at, before[at].job.id) for at in range(top, min(top + self.room, len(before))))
        moved = drift(seen, places)
        self.rows = rows
        self.set_count(len(rows))
        if self._ident is None:
            self._at = 0
        else:
            # Where its job is listed no longer, the next one that is has its place.
            still = (places[entry.job.id] for entry in before[was_at:] if entry.job.id in places)
            self._at = next(still, max(0, len(rows) - 1))
            self._ident = rows[self._at].job.id if rows else None
        if asked:
            self.put_top(self._at - (was_at - top) if was_seen else top)
            self.reveal()
        else:
            # Who looks at the beginning of the list wants to see what comes there.
            self.put_top(top + moved if top else 0)
            if was_seen and abs(self._at - was_at - moved) <= _NEAR:
                self.reveal()
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

    def beyond(self, index: int) -> tuple[list[Cell], Style | None]:
        """Why nothing is listed, when nothing is."""
        told = {1: self.instead, 2: _CLEAR} if self.instead and not self.rows else {}
        if index not in told:
            return [], None
        width = max(1, self.scrollable_content_region.width - GUTTER)
        return [Cell(GUTTER, width, (Segment(fitted(told[index], width), _TOLD),))], None

    def action_move(self, step: int) -> None:
        """Move the cursor up or down; bring one that is out of sight back."""
        self._go(self._at + step if self.in_sight else self._at)

    def action_page(self, direction: int) -> None:
        """Move the cursor by what is seen."""
        self._go(self._at + direction * max(1, self.room - 1))

    def action_jump(self, end: int) -> None:
        """Move the cursor to the first or last job."""
        self._go((len(self.rows) - 1) * end)

    def to_act_on(self) -> Entry | None:
        """The job under the cursor, for a key that does something to it.

        ``None`` when there is none, and when it was out of sight: then it is shown, and nothing is to
        be done before the key is pressed again.
        """
        seen = self.in_sight
        self.hold()
        if seen or not self.rows:
            return self.current
        self.reveal()
        self.redraw()
        self.notify("the cursor was out of sight; press again", markup=False)
        return None

    def hold(self) -> None:
        """Let the cursor keep the job that it is on."""
        if self.current is not None:
            self._ident = self.current.job.id

    def reveal(self) -> None:
        """Bring the cursor into sight."""
        self.put_top(min(max(self.top, self._at - self.room + 1), self._at))

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
        """Fit the columns, and keep the cursor in sight, if it was."""
        self._arrange()
        was_seen = self._sees(self._at, self._had_room)
        self._had_room = self.room
        if was_seen:
            self.reveal()
        self.redraw()

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
            self.hold()
            self.reveal()
            self.redraw()

    def _sees(self, at: int, room: int) -> bool:
        return self.top <= at < self.top + room
