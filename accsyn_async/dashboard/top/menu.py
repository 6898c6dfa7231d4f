"""A few lines of which one is picked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from accsyn_async.cells import fitted
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.drawing import Cell
from accsyn_async.dashboard.top.line_view import LineView

__all__ = ["Menu"]

_CURSOR = Style(bgcolor=palette.CURSOR, bold=True)


class Menu(LineView, can_focus=True):
    """Lines with a cursor.

    Args:
        lines: one-line texts.
        at: where the cursor is.
    """

    DEFAULT_CSS = "Menu { height: auto; max-height: 1fr; margin: 1 0; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up"),
        Binding("down,j", "move(1)", "Down"),
    ]

    class Picked(Message):
        """A line was clicked."""

    def __init__(self, lines: Sequence[str], at: int = 0) -> None:
        super().__init__()
        self._lines = lines
        self.at = at

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are, with room for what is around them."""
        return min(len(self._lines), max(1, self.app.size.height - 6))

    def show(self, lines: Sequence[str]) -> None:
        """Show other lines."""
        self._lines = lines
        self.redraw()

    def line(self, index: int) -> tuple[list[Cell], Style | None]:
        """A line."""
        width = self.scrollable_content_region.width
        text = fitted(f"{'❯' if index == self.at else ' '} {self._lines[index]}", width)
        return [Cell(0, width, (Segment(text),))], _CURSOR if index == self.at else None

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._go(self.at + step)

    def on_click(self, event: events.Click) -> None:
        """Pick a line."""
        if self.top + event.y < len(self._lines):
            self._go(self.top + event.y)
            self.post_message(self.Picked())

    def on_mount(self) -> None:
        """Show it all."""
        self.set_count(len(self._lines))
        self.focus()
        self.call_after_refresh(self._go, self.at)

    def _go(self, at: int) -> None:
        self.at = min(max(0, at), len(self._lines) - 1)
        top = min(max(self.top, self.at - self.room + 1), self.at)
        self.scroll_to(y=top, animate=False, immediate=True)
        self.redraw()
