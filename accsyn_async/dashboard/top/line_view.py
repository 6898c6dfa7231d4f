"""Lines that scroll, of which only those that are seen are made."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from accsyn_async.dashboard.top.drawing import Cell, joined

__all__ = ["LineView", "Texts"]


class LineView(ScrollView):
    """Lines that scroll. Whoever inherits it says how many there are, and what stands in one."""

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawn: dict[int, tuple[list[Cell], Style | None]] = {}

    def line(self, index: int) -> tuple[list[Cell], Style | None]:
        """A line's cells, and the style that lies beneath all of them."""
        raise NotImplementedError

    def beyond(self, index: int) -> tuple[list[Cell], Style | None]:
        """Likewise of a line below the last."""
        return [], None

    def set_count(self, count: int) -> None:
        """Say how many lines there are."""
        self.virtual_size = Size(0, count)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.virtual_size.height

    @property
    def room(self) -> int:
        """How many lines are seen."""
        return max(1, self.scrollable_content_region.height)

    @property
    def top(self) -> int:
        """The first line that is seen."""
        return self.scroll_offset.y

    def put_top(self, top: int) -> None:
        """Scroll so that a line is the first that is seen, as far as there are lines enough."""
        # Forced: otherwise nothing scrolls until the scrollbar has been laid out.
        self.scroll_to(y=max(0, min(top, self.count - self.room)), animate=False, force=True, immediate=True)

    def redraw(self) -> None:
        """Draw what has changed of what is seen, cell by cell."""
        if self.size.width == 0:
            return
        for y in range(self.room):
            index = self.top + y
            new = self.line(index) if index < self.count else self.beyond(index)
            old = self._drawn.get(y)
            if old == new:
                continue
            if old is None or old[1] != new[1] or [c[:2] for c in old[0]] != [c[:2] for c in new[0]]:
                self.refresh(Region(0, y, self.size.width, 1))
                continue
            changed = [cell for cell, before in zip(new[0], old[0], strict=True) if cell != before]
            self.refresh(*(Region(cell.start, y, cell.width, 1) for cell in changed))

    def render_line(self, y: int) -> Strip:
        """The line at a place on the screen, as Textual wants it."""
        index, width = self.top + y, self.size.width
        cells, beneath = self._drawn[y] = self.line(index) if index < self.count else self.beyond(index)
        strip = Strip(joined(cells, width)).crop(0, width)
        style = self.rich_style if beneath is None else self.rich_style + beneath
        return strip.apply_style(style)


class Texts(LineView):
    """Texts, a line each.

    Args:
        follow: keep the end in sight, until somebody scrolls away from it; there, again.

    Attributes:
        following: whether the end is kept in sight.
    """

    def __init__(self, *, id: str | None = None, follow: bool = False) -> None:
        super().__init__(id=id)
        self.texts: Sequence[Text] = ()
        self.following = self._follow = follow
        self._settling = False
        self._gone = 0

    def show(self, texts: Sequence[Text], gone: int = 0) -> None:
        """Show these texts.

        Args:
            texts: a line each.
            gone: how many lines there were above them in all; what is seen stays, as they go.
        """
        went, self._gone = gone - self._gone, gone
        self.texts = texts
        self.set_count(len(texts))
        if went and not self.following:
            self._put_top_ourselves(self.top - went)
        self._settle()
        self.redraw()

    def line(self, index: int) -> tuple[list[Cell], Style | None]:
        """A text as one cell."""
        width = self.scrollable_content_region.width
        text = self.texts[index].copy()
        text.truncate(width, overflow="ellipsis", pad=True)
        segments = tuple(segment for segment in text.render(self.app.console) if segment.text)
        return [Cell(0, width, segments)], None

    def on_resize(self) -> None:
        """Keep the end in sight."""
        self._settle()
        self.redraw()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Somebody who scrolls leaves the end, or comes back to it."""
        super().watch_scroll_y(old_value, new_value)
        if self._follow and not self._settling:
            self.following = new_value >= self.max_scroll_y

    def _settle(self) -> None:
        if self.following:
            self._put_top_ourselves(self.count - self.room)

    def _put_top_ourselves(self, top: int) -> None:
        self._settling = True
        try:
            self.put_top(top)
        finally:
            self._settling = False
