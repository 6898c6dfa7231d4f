"""The screen that one begins with: title, totals, jobs, log and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from accsyn_async.board.board import Board
from accsyn_async.board.signs import Signs
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.headlines import banner, log_line, title, totals
from accsyn_async.dashboard.top.job_list import JobList
from accsyn_async.dashboard.top.journal import Journal
from accsyn_async.dashboard.top.line_view import Texts
from accsyn_async.dashboard.top.one_line import Keys, OneLine
from accsyn_async.dashboard.top.titles import Titles
from accsyn_async.dashboard.top.view import View

if TYPE_CHECKING:
    from textual.widgets import Input

__all__ = ["Front"]


class Front(Vertical):
    """The parts of the screen that one begins with, from top to bottom.

    Args:
        jobs: the list of jobs.
        board: what the watch has told.
        journal: the log.
        keys: what the lowest line offers: a key, a word, an action.
        signs: what to draw with.
    """

    DEFAULT_CSS = f"""
    Front {{ width: 1fr; height: 1fr; }}
    Front #title {{ background: {palette.PANEL}; }}
    Front #banner {{ display: none; }}
    Front #titles {{ height: 1; text-style: bold; }}
    Front #jobs {{ height: 1fr; }}
    Front #log-title {{ background: {palette.PANEL}; }}
    Front #keys {{ background: {palette.PANEL}; }}
    Front #filter-row {{ height: 1; background: {palette.CURSOR}; }}
    Front #slash {{ width: 10; }}
    Front #filter {{
        width: 1fr; height: 1; border: none; padding: 0;
        background: {palette.CURSOR}; color: {palette.TEXT};
    }}
    """

    def __init__(
        self,
        jobs: JobList,
        board: Board,
        journal: Journal,
        keys: tuple[tuple[str, str, str], ...],
        signs: Signs,
    ) -> None:
        super().__init__()
        self._jobs, self._board, self._journal, self._signs = jobs, board, journal, signs
        self._title, self._totals = OneLine(id="title"), OneLine(id="totals")
        self._banner, self._titles = OneLine(id="banner"), Titles(id="titles")
        self._log_title, self._log = OneLine(id="log-title"), Texts(id="log", follow=True)
        self._keys = Keys(keys, id="keys")
        self._written = -1
        self.field: Input | None = None

    def compose(self) -> ComposeResult:
        """The parts."""
        yield self._title
        yield self._totals
        yield self._banner
        yield self._titles
        yield self._jobs
        yield self._log_title
        yield self._log
        yield self._keys

    def fit(self, height: int, *, log: bool) -> None:
        """Fit the log to a terminal of so many lines, or hide it."""
        self._log.styles.height = min(10, max(3, height // 5))
        self._log.display = self._log_title.display = log
        self._written = -1

    def offer(self, keys: tuple[tuple[str, str, str], ...]) -> None:
        """Let the lowest line offer other keys."""
        self._keys.set_keys(keys)

    def draw(self, what: str, going_on: str, view: View, age: float | None, width: int, now: float) -> None:
        """Draw what has changed.

        Args:
            what: what is followed.
            going_on: how far the actions on several jobs are; empty when there is none.
            view: how the jobs are seen.
            age: seconds since the backend last answered; ``None`` when it never has.
            width: of the terminal.
            now: seconds of the board's clock.
        """
        listed, there = len(self._jobs.rows), len(self._board.entries())
        counted = f"{listed} of " * (listed < there) + f"{there} job{'s' * (there != 1)}"
        marked = f" · {len(self._jobs.marked)} marked" if self._jobs.marked else ""
        self._title.show(title(what, f"{going_on} · " * bool(going_on) + f"{counted}{marked}", width))
        self._totals.show(totals(self._board, width, now, self._signs))
        trouble = self._board.trouble
        self._banner.display = trouble is not None
        if trouble is not None:
            self._banner.show(banner(trouble, age, width))
        self._titles.show(self._jobs.layout_of_columns, view.sort, view.reverse)
        self._log_title.show(Text(" log", palette.MUTED, no_wrap=True, end=""))
        if self._log.display and self._written != self._journal.count:
            self._written = self._journal.count
            lines = self._journal.lines
            self._log.show([log_line(*line) for line in lines], self._journal.count - len(lines))

    @property
    def log_follows(self) -> bool:
        """Whether the last line of the log is in sight, when the log is."""
        return self._log.following

    async def open_filter(self) -> None:
        """Show the filter's field, and let keys go there."""
        if self.field is None:
            # Imported late: it is not part of the first frame.
            from textual.widgets import Input

            self.field = Input(placeholder="words, status:failed, user:lisa …", id="filter")
            label = OneLine(id="slash")
            label.show(Text(" / filter ", f"bold {palette.PRIMARY}", end=""))
            await self.mount(Horizontal(label, self.field, id="filter-row"), after="#banner")
        self.field.focus()

    async def close_filter(self) -> bool:
        """Take the field away; tells whether there was one."""
        if self.field is None:
            return False
        self.field = None
        await self.query("#filter-row").remove()
        return True
