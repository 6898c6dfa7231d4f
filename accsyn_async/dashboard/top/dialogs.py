"""Questions: whether to do something to jobs, which columns there are, what jobs are ordered by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from accsyn_async.board.board import Entry, counts_text
from accsyn_async.board.signs import Signs
from accsyn_async.cells import fitted, shorten
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.columns import COLUMNS
from accsyn_async.dashboard.top.drawing import status_text
from accsyn_async.dashboard.top.menu import Menu
from accsyn_async.dashboard.top.one_line import Keys, OneLine
from accsyn_async.dashboard.top.steering import Action
from accsyn_async.dashboard.top.view import View
from accsyn_async.safe_text import safe

__all__ = ["ChooseColumns", "ChooseOrder", "Confirm", "Leave"]

T = TypeVar("T")


class _Dialog(ModalScreen[T]):
    """A box in the middle of the screen."""

    DEFAULT_CSS = f"""
    _Dialog {{ align: center middle; }}
    _Dialog > Vertical {{
        width: 76; max-width: 100%; height: auto; max-height: 100%;
        border: round {palette.PRIMARY}; background: {palette.BACKGROUND}; padding: 0 1;
    }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)


class _Names(Widget):
    """The jobs that a question is about, as many as there is room for."""

    DEFAULT_CSS = "_Names { height: auto; margin: 1 0; }"

    def __init__(self, entries: Sequence[Entry], left_out: Sequence[Entry], signs: Signs) -> None:
        super().__init__()
        self._entries, self._left_out, self._signs = entries, left_out, signs

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines that it takes."""
        return len(self._lines(width))

    def render(self) -> Text:
        """The names."""
        return Text("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Text]:
        room = max(1, self.app.size.height - 8 - bool(self._left_out))
        shown = self._entries if len(self._entries) <= room else self._entries[: room - 1]
        lines = []
        for entry in shown:
            state = status_text(entry.word, None, self._signs)
            line = Text(fitted(safe(entry.job.name), max(1, width - 13)), no_wrap=True, end="")
            line.append(f"  {state}", palette.state_style(entry.word))
            lines.append(line)
        if len(shown) < len(self._entries):
            more = f"… and {len(self._entries) - len(shown)} more"
            lines.append(Text(more, palette.MUTED, no_wrap=True, end=""))
        if self._left_out:
            words = counts_text([entry.word for entry in self._left_out], ", ")
            lines.append(Text(shorten(f"left alone: {words}", width), palette.MUTED, no_wrap=True, end=""))
        return lines


class Confirm(_Dialog[bool]):
    """Asks whether to do something to jobs, and names them.

    Args:
        action: what to do. One that needs care wants a ``y``; the others take Enter, too.
        entries: the jobs.
        left_out: those that it was asked for and makes no sense for.
        signs: what to draw with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,q", "answer(False)", "No"),
        Binding("enter", "default", "Default"),
    ]
    _KEYS = frozenset({"y", "n", "q", "enter", "escape"})

    def __init__(
        self, action: Action, entries: Sequence[Entry], left_out: Sequence[Entry], signs: Signs
    ) -> None:
        super().__init__()
        self.action = action
        self.entries = entries
        self._left_out, self._signs = left_out, signs

    def compose(self) -> ComposeResult:
        """Question, names, answers."""
        verb = self.action.name
        with Vertical():
            yield OneLine(id="question")
            yield _Names(self.entries, self._left_out, self._signs)
            if self.action.careful:
                keys = (("y", verb, "answer(True)"), ("n Enter Esc", "leave alone", "answer(False)"))
            else:
                keys = (("y Enter", verb, "answer(True)"), ("n Esc", "leave alone", "answer(False)"))
            yield Keys(tuple((key, what, f"screen.{action}") for key, what, action in keys))

    def on_mount(self) -> None:
        """Ask."""
        count = len(self.entries)
        which = "this job" if count == 1 else f"these {count} jobs"
        style = palette.state_style("failed" if self.action.careful else "running")
        self.query_one("#question", OneLine).show(
            Text(f"{self.action.name.capitalize()} {which}?", style, no_wrap=True, end="")
        )

    def action_answer(self, yes: bool) -> None:
        """Yes or no."""
        self.dismiss(yes)

    def action_default(self) -> None:
        """What Enter says."""
        self.dismiss(not self.action.careful)

    def on_key(self, event: events.Key) -> None:
        """Leave everything as it is for any other key: what was meant for a shell shall not be an answer."""
        if event.key not in self._KEYS:
            event.stop()
            self.dismiss(None)


class Leave(_Dialog[bool]):
    """Asks whether to leave though something would be left undone.

    Args:
        left: what would be, in a few words; empty once nothing is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,q,enter", "answer(False)", "No"),
    ]

    def __init__(self, left: Callable[[], str]) -> None:
        super().__init__()
        self._left = left

    def compose(self) -> ComposeResult:
        """Question, what it is about, answers."""
        with Vertical():
            yield OneLine(id="question")
            yield OneLine(id="why")
            yield Keys(
                (("y", "leave", "screen.answer(True)"), ("n Enter Esc", "stay", "screen.answer(False)"))
            )

    def on_mount(self) -> None:
        """Ask, and keep up with what is left."""
        self.tick()
        why = Text("What was not asked will not be done.", palette.MUTED, no_wrap=True, end="")
        self.query_one("#why", OneLine).show(why)

    def tick(self) -> None:
        """Show what is left by now."""
        style = palette.state_style("degraded")
        text = f"{self._left() or 'Nothing is left to be asked'}; leave?"
        self.query_one("#question", OneLine).show(Text(text, style, no_wrap=True, end=""))

    def action_answer(self, yes: bool) -> None:
        """Yes or no."""
        self.dismiss(yes)


class ChooseColumns(_Dialog[tuple[str, ...]]):
    """Lets columns be chosen and put in order.

    Args:
        chosen: those that are.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "choose", "Show or hide"),
        Binding("less_than_sign", "shift(-1)", "Further left"),
        Binding("greater_than_sign", "shift(1)", "Further right"),
        Binding("enter", "done", "Done"),
    ]

    def __init__(self, chosen: Sequence[str]) -> None:
        super().__init__()
        self._names = [*chosen, *(name for name in COLUMNS if name not in chosen)]
        self._chosen = set(chosen)

    def compose(self) -> ComposeResult:
        """The columns, and what can be done."""
        with Vertical():
            yield OneLine(id="question")
            yield Menu(self._lines())
            yield Keys(
                (
                    ("Space", "show or hide", "screen.choose"),
                    ("< >", "move", "screen.shift(1)"),
                    ("Enter", "done", "screen.done"),
                    ("Esc", "cancel", "screen.cancel"),
                )
            )

    def on_mount(self) -> None:
        """Ask."""
        self.query_one("#question", OneLine).show(Text("Columns, from left to right", "bold", end=""))

    def action_choose(self) -> None:
        """Show or hide a column; one always stays."""
        name = self._names[self._menu.at]
        if self._chosen != {name}:
            self._chosen ^= {name}
        self._menu.show(self._lines())

    def action_shift(self, step: int) -> None:
        """Move a column."""
        at = self._menu.at
        to = at + step
        if 0 <= to < len(self._names):
            self._names[at], self._names[to] = self._names[to], self._names[at]
            self._menu.show(self._lines())
            self._menu.action_move(step)

    def action_done(self) -> None:
        """Take the choice."""
        self.dismiss(tuple(name for name in self._names if name in self._chosen))

    def on_menu_picked(self) -> None:
        """A click is as good as Space."""
        self.action_choose()

    @property
    def _menu(self) -> Menu:
        return self.query_one(Menu)

    def _lines(self) -> list[str]:
        return [
            f"[{'x' if name in self._chosen else ' '}] {fitted(COLUMNS[name].title, 10)} {COLUMNS[name].what}"
            for name in self._names
        ]


class ChooseOrder(_Dialog[str]):
    """Lets the column be chosen by which jobs are ordered.

    Args:
        view: says by which they are.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "done", "Order by it")]

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view
        self._names = [*view.columns, *(name for name in COLUMNS if name not in view.columns)]

    def compose(self) -> ComposeResult:
        """The columns."""
        with Vertical():
            yield OneLine(id="question")
            yield Menu([self._line(name) for name in self._names], self._names.index(self._view.sort))
            yield Keys(
                (
                    ("Enter", "order by it; again, the other way round", "screen.done"),
                    ("Esc", "cancel", "screen.cancel"),
                )
            )

    def on_mount(self) -> None:
        """Ask."""
        self.query_one("#question", OneLine).show(Text("Order the jobs by", "bold", end=""))

    def action_done(self) -> None:
        """Take the choice."""
        self.dismiss(self._names[self.query_one(Menu).at])

    def on_menu_picked(self) -> None:
        """A click is as good as Enter."""
        self.action_done()

    def _line(self, name: str) -> str:
        column = COLUMNS[name]
        arrow = " "
        if name == self._view.sort:
            arrow = "▼" if column.falling != self._view.reverse else "▲"
        return f"{arrow} {fitted(column.title, 10)} {column.what}"
