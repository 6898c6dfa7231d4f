"""The headlines above the list of jobs."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from accsyn_async.dashboard.top.drawing import joined, titles
from accsyn_async.dashboard.top.layout import Layout

__all__ = ["Titles"]


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
