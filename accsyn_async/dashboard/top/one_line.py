"""One-line widgets: the title, the totals, the banner, and the keys."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.widget import Widget

from accsyn_async.dashboard.top import palette

__all__ = ["Keys", "OneLine"]


class OneLine(Widget):
    """A line of text."""

    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = Text()

    def show(self, text: Text) -> None:
        """Show a text, unless it is shown already."""
        if text != self.text or text.spans != self.text.spans:
            self.text = text
            self.refresh()

    def render(self) -> Text:
        """The text, as Textual wants it."""
        return self.text


class Keys(OneLine):
    """Keys and what they do, as many as there is room for; a click does it, too."""

    def __init__(self, keys: tuple[tuple[str, str, str], ...] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = keys
        self._spans: list[tuple[int, int, str]] = []

    def set_keys(self, keys: tuple[tuple[str, str, str], ...]) -> None:
        """Show other keys: each a key, what it does in a word, and the action's name."""
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render(self) -> Text:
        """The keys that there is room for."""
        line = Text(no_wrap=True, end="")
        self._spans = []
        for key, what, action in self._keys:
            start = line.cell_len
            if start + len(key) + len(what) + 3 > self.size.width:
                break
            line.append(f" {key}", f"bold {palette.PRIMARY}")
            line.append(f" {what} ", palette.MUTED)
            self._spans.append((start, line.cell_len, action))
        self.text = line
        return line

    async def on_click(self, event: events.Click) -> None:
        """Do what was clicked."""
        for start, end, action in self._spans:
            if start <= event.x < end:
                await self.run_action(action)
                return
