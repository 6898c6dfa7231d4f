"""The help screen."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from accsyn_async.board.signs import Signs
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.line_view import Texts
from accsyn_async.dashboard.top.one_line import Keys, OneLine

__all__ = ["Help"]

_LOOK = (
    ("↑ ↓  j k", "move the cursor; so do PgUp and PgDn"),
    ("Home End", "the first, the last; so do g and G"),
    ("Enter", "one job, with its tasks; Esc goes back"),
    ("/", "filter: words that must all occur"),
    ("", "in name, state, parties, queue or id;"),
    ("", "status: user: queue: from: to: name one"),
    ("", "Enter keeps the filter, Esc ends it"),
    ("s", "order by a column; or click its title"),
    ("< >", "order by the column to the left, right"),
    ("i", "turn the order round"),
    ("c", "choose the columns, and their order"),
    ("l", "show or hide the log; Tab goes there"),
)
_MARK = (("Space", "mark a job; Esc takes all marks away"), ("*", "mark all that are listed"))
_ACT = {
    "pause": ("p", "pause what is marked, or has the cursor"),
    "resume": ("r", "resume what is marked, or has the cursor"),
    "abort": ("a", "abort what is marked, or has the cursor: only y means yes"),
}
_LEAVE = (("?  F1", "this help"), ("q", "leave; the jobs go on"))
_STATES = (
    ("running", "moves"),
    ("stalled", "runs, and has not moved for a minute"),
    ("failed", "accsyn may try it again"),
    ("paused", "until it is resumed"),
    ("waiting", "for its turn, or for a computer"),
    ("init", "is being measured"),
    ("pending", "somebody has to choose, or it is being measured"),
    ("done", "has arrived"),
    ("aborted", "was given up"),
    ("removed", "was deleted, or is out of your reach"),
)


class Help(ModalScreen[None]):
    """Keys and signs.

    Args:
        signs: what states are drawn with.
        actions: what can be done to jobs: pause, resume, abort.
    """

    DEFAULT_CSS = f"""
    Help {{ align: center middle; }}
    Help > Vertical {{
        width: 84; max-width: 100%; height: 100%; max-height: 38;
        border: round {palette.PRIMARY}; background: {palette.BACKGROUND}; padding: 0 1;
    }}
    Help Texts {{ height: 1fr; margin: 1 0; }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,question_mark", "close", "Back"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, signs: Signs, actions: Collection[str]) -> None:
        super().__init__()
        self._signs = signs
        self._acts = [line for action, line in _ACT.items() if action in actions]

    def compose(self) -> ComposeResult:
        """The text, and how to leave it."""
        with Vertical():
            yield OneLine(id="question")
            yield Texts(id="help")
            yield Keys((("Esc", "back", "screen.close"), ("↑ ↓", "scroll", "screen.scroll(1)")))

    def on_mount(self) -> None:
        """Show it."""
        self.query_one("#question", OneLine).show(Text("accsyn-async top", "bold", end=""))
        place = self.query_one(Texts)
        place.focus()
        place.show(self._lines())

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        """Scroll by a line."""
        self.query_one(Texts).scroll_relative(y=step, animate=False)

    def _lines(self) -> list[Text]:
        lines = []
        groups = [_LOOK, *[(*_MARK, *self._acts)] * bool(self._acts), _LEAVE]
        for group in groups:
            for key, what in group:
                line = Text(no_wrap=True, end="")
                line.append(f"  {key:<11}", f"bold {palette.PRIMARY}")
                line.append(what, palette.TEXT)
                lines.append(line)
            lines.append(Text(end=""))
        for word, what in _STATES:
            sign = self._signs.states.get(word, "?")
            line = Text(no_wrap=True, end="")
            line.append(f"  {sign} {word:<9}", palette.state_style(word))
            line.append(what, palette.TEXT)
            lines.append(line)
        if not self._acts:
            lines += [Text(end=""), Text("  Read-only: nothing can be done to jobs.", palette.MUTED, end="")]
        return lines
