"""The terminal screen as a Textual application: it shows, and does nothing to jobs."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events as textual_events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size

from accsyn_async import events
from accsyn_async.board.board import Board
from accsyn_async.board.signs import UNICODE, Signs
from accsyn_async.dashboard.top.detail import Detail
from accsyn_async.dashboard.top.dialogs import ChooseColumns, ChooseOrder, Leave
from accsyn_async.dashboard.top.filter import Filter
from accsyn_async.dashboard.top.front import Front
from accsyn_async.dashboard.top.help import Help
from accsyn_async.dashboard.top.job_list import JobList
from accsyn_async.dashboard.top.journal import Journal
from accsyn_async.dashboard.top.listing import ordered
from accsyn_async.dashboard.top.source import Source
from accsyn_async.dashboard.top.steering import Pending
from accsyn_async.dashboard.top.style import LOW, LOW_BELOW, STYLE
from accsyn_async.dashboard.top.titles import Titles
from accsyn_async.dashboard.top.view import View
from accsyn_async.dashboard.top.view_file import ViewFile
from accsyn_async.dashboard.top.widths import Widths
from accsyn_async.safe_text import safe

if TYPE_CHECKING:
    from textual.widgets import Input

    from accsyn_async.dashboard.origin import Relayed
    from accsyn_async.session import Session

__all__ = ["INTERRUPTED", "Top"]

INTERRUPTED = 130
_REDRAW = 0.25
"""Seconds between two redraws, at least."""
_IDLE = 4
"""Redraws of which one is done though nothing has happened: time left runs down."""
_OF_LIST = frozenset({"filter", "order", "order_next", "turn", "columns", "log", "open", "undo", "to_list"})


class Top(App[int]):
    """Shows the jobs of a watch.

    Args:
        connect: makes the session, or a relay's feed; called after the first frame.
        asked: what to watch: a query, or ids.
        view_file: where the view is remembered.
        signs: what to draw with.
        clock: monotonic seconds.
        tasks_every: seconds between two questions for the tasks of a job that is open.

    Attributes:
        board: what the watch has told.
        journal: what was worth a line of it.
        view: what is shown, and how.
        requests: what was asked of jobs and is not yet seen.
        signs: what is drawn with.
        source: where the jobs come from.
        jobs: the list of jobs.
        failure: what ended it, when it did not end by itself; to be raised once the screen is restored.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "accsyn-async top"

    CSS = STYLE

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "Leave"),
        Binding("ctrl+c", "interrupt", "Leave", show=False, priority=True),
        Binding("question_mark,f1", "help", "Help"),
        Binding("slash", "filter", "Filter"),
        Binding("s", "order", "Order"),
        Binding("less_than_sign", "order_next(-1)", "Order by the column to the left"),
        Binding("greater_than_sign", "order_next(1)", "Order by the column to the right"),
        Binding("i", "turn", "Turn the order round"),
        Binding("c", "columns", "Columns"),
        Binding("l", "log", "Log"),
        Binding("enter", "open", "Open"),
        Binding("escape", "undo", "Undo"),
        Binding("tab,down", "to_list", "To the jobs"),
    ]

    def __init__(
        self,
        connect: Callable[[], Session | Relayed],
        asked: str | Sequence[str],
        view_file: ViewFile,
        *,
        signs: Signs = UNICODE,
        clock: Callable[[], float] = time.monotonic,
        tasks_every: float = 3.0,
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self.VERTICAL_BREAKPOINTS = [(0, LOW), (LOW_BELOW, "-high")]
        self.failure: BaseException | None = None
        self.board = Board()
        self.journal = Journal()
        self.view = View()
        self.requests = Pending()
        self.signs = signs
        self.jobs = JobList(signs, self.requests, id="jobs")
        self.source = Source(connect, asked)
        self._view_file, self._seconds = view_file, clock
        self._tasks_every = tasks_every
        self._following: asyncio.Task[None] | None = None
        self._filter = Filter()
        self._widths = Widths()
        self._dirty, self._idle = True, 0
        self._log_asked = False
        # Kept: of a change one is told before ``size`` is the new one.
        self._room = Size(80, 24)
        self._offered = self.steering_keys()
        self._front = Front(self.jobs, self.board, self.journal, self.keys(), signs)

    def compose(self) -> ComposeResult:
        """The front; other screens lie upon it."""
        yield self._front

    def keys(self) -> tuple[tuple[str, str, str], ...]:
        """What the lowest line offers: a key, a word, an action."""
        return (
            ("?", "help", "app.help"),
            ("q", "leave", "app.leave"),
            ("/", "filter", "app.filter"),
            *(self.steering_keys()),
            ("Enter", "open", "app.open"),
            ("s", "order", "app.order"),
            ("c", "columns", "app.columns"),
            ("l", "log", "app.log"),
        )

    def steering_keys(self) -> tuple[tuple[str, str, str], ...]:
        """What is offered to do to jobs."""
        return ()

    def on_mount(self) -> None:
        """Show the first frame; only then connect."""
        self.view = self._view_file.load()
        if self._view_file.note is not None:
            self.note(self._view_file.note)
        self._room = self.size
        self.jobs.focus()
        self.set_interval(_REDRAW, self._tick)
        self._fit()
        self._draw(self._seconds())
        # What is drawn is on its way once this is called: connecting keeps the processor busy for a while.
        self.call_after_refresh(self._begin)

    async def on_unmount(self) -> None:
        """Stop following, remember the view."""
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following
        await asyncio.to_thread(self._view_file.save, self.view)

    def take(self, event: events.Event) -> None:
        """Take an event in; it is seen with the next redraw."""
        entry = self.board.take(event, self._seconds())
        self.journal.take(event)
        self._dirty = True
        if entry is not None:
            self.requests.see(entry.job.id, entry.word)
            self._widths.see(event, entry)
        elif isinstance(event, events.Synced):
            self.call_later(self.refresh_all)

    def end_with(self, error: BaseException) -> None:
        """Leave because of an error, which is raised once the screen is restored."""
        self.failure = error
        self.exit()

    def note(self, text: str) -> None:
        """Write a message of the library into the log."""
        self.write("note", text)

    def write(self, word: str, text: str) -> None:
        """Write a line into the log."""
        self.journal.write(dt.datetime.now(dt.UTC), word, text)
        self._dirty = True

    def redraw_soon(self) -> None:
        """Let the next redraw show what has changed."""
        self._dirty = True

    def say(self, word: str, text: str) -> None:
        """Write an answer into the log; where that is not seen, over the screen for a moment."""
        self.write(word, text)
        if not (self._log_is_seen and self._front.log_follows) or len(self.screen_stack) > 1:
            bad = word in ("refused", "overdue", "unknown")
            self.notify(f"{word}: {safe(text)}", markup=False, severity="error" if bad else "information")

    def refresh_all(self, *, asked: bool = False) -> None:
        """List the jobs anew and draw what has changed.

        Args:
            asked: whether somebody wanted to see other jobs, or another order.
        """
        self._dirty, self._idle = False, 0
        now = self._seconds()
        late = self.requests.overdue(now) if self.board.trouble is None else {}
        for action, idents in late.items():
            entry = self.board.get(idents[0])
            one = idents[0] if entry is None else entry.job.name
            which = f"{one} was" if len(idents) == 1 else f"{len(idents):,} jobs were"
            self.say("overdue", f"{which} not seen {action.doing}; ask again")
        entries = self.board.entries()
        rows = ordered(filter(self._filter.picks, entries), self.view, now)
        jobs = self.jobs
        if jobs.marked:
            jobs.marked &= {entry.job.id for entry in entries} if self.steering_keys() else set()
        jobs.instead = f"No job matches {safe(self._filter.text)}" if entries and not rows else ""
        jobs.choose(self.view.columns, self._widths.longest)
        jobs.show(rows, now, asked=asked)
        self._draw(now)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the list do nothing while it is covered."""
        return not (action in _OF_LIST and len(self.screen_stack) > 1)

    def action_leave(self) -> None:
        """End. The jobs go on."""
        self.leave_with(0)

    def action_interrupt(self) -> None:
        """End as Ctrl-C does."""
        self.leave_with(INTERRUPTED)

    def leave_with(self, code: int) -> None:
        """End with an exit code."""
        self.exit(code)

    def going_on(self) -> str:
        """How far the actions on several jobs are; empty when there is none."""
        return ""

    def action_help(self) -> None:
        """Show the help."""
        if not isinstance(self.screen, Help):
            self.push_screen(Help(self.signs, [action for _, action, _ in self.steering_keys()]))

    async def action_filter(self) -> None:
        """Begin to filter."""
        await self._front.open_filter()

    async def action_undo(self) -> None:
        """End the filter; or else take all marks away."""
        if await self._front.close_filter():
            self._filter = Filter()
            self.jobs.focus()
            self.refresh_all(asked=True)
        else:
            self.jobs.marked.clear()
            self.refresh_all()

    def action_to_list(self) -> None:
        """Go from the filter to the jobs."""
        self.jobs.focus()

    def action_order(self) -> None:
        """Ask for the column to order by."""

        def chosen(name: str | None) -> None:
            if name is not None:
                self._see(self.view.sorted_by(name))

        self.push_screen(ChooseOrder(self.view), chosen)

    def action_order_next(self, step: int) -> None:
        """Order by the next column."""
        self._see(self.view.sorted_by_next(step))

    def action_turn(self) -> None:
        """Turn the order round."""
        self._see(replace(self.view, reverse=not self.view.reverse))

    def action_columns(self) -> None:
        """Ask for the columns."""

        def chosen(names: tuple[str, ...] | None) -> None:
            if names is not None:
                self._see(replace(self.view, columns=names))

        self.push_screen(ChooseColumns(self.view.columns), chosen)

    def action_log(self) -> None:
        """Show or hide the log."""
        self.jobs.focus()
        if self._is_low:
            # That there is no room is no wish for terminals that have it.
            self._log_asked = not self._log_asked
        else:
            self.view = replace(self.view, log=not self.view.log)
        self._fit()

    def action_open(self) -> None:
        """Show the job under the cursor with its tasks."""
        entry = self.jobs.to_act_on()
        if entry is not None:
            ask = None if self.source.relayed else self.source.tasks
            self.push_screen(
                Detail(
                    *(entry, ask, self._tasks_every, self.requests, self.steering_keys),
                    signs=self.signs,
                    clock=self._seconds,
                )
            )

    def on_titles_picked(self, message: Titles.Picked) -> None:
        """Order by a headline that was clicked."""
        self._see(self.view.sorted_by(message.name))

    def on_job_list_opened(self) -> None:
        """Show the job that was clicked twice."""
        self.action_open()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter as one types."""
        self._filter = Filter(message.value)
        self.refresh_all(asked=True)

    async def on_input_submitted(self, message: Input.Submitted) -> None:
        """Keep the filter; one without words is none."""
        if message.value.strip():
            self.jobs.focus()
        else:
            await self.action_undo()

    def on_resize(self, event: textual_events.Resize) -> None:
        """Fit everything to the terminal."""
        self._room = event.size
        self._fit()

    @property
    def _log_is_seen(self) -> bool:
        return self._log_asked if self._is_low else self.view.log

    @property
    def _is_low(self) -> bool:
        return self._room.height < LOW_BELOW

    def _see(self, view: View) -> None:
        self.view = view
        self.refresh_all(asked=True)

    def _begin(self) -> None:
        self._following = asyncio.create_task(self._follow(), name="accsyn-top follow")

    async def _follow(self) -> None:
        try:
            await self.source.follow(self.take, lambda: self.write("over", "every job has come to its end"))
        except Exception as error:
            self.end_with(error)

    def _tick(self) -> None:
        self._idle += 1
        offered = self.steering_keys()
        if self._dirty or offered != self._offered:
            self._offered = offered
            self.refresh_all()
        elif self._idle >= _IDLE:
            self._idle = 0
            now = self._seconds()
            self.jobs.tick(now)
            self._draw(now)
        else:
            return
        if isinstance(self.screen, Detail | Leave):
            self.screen.tick()

    def _fit(self) -> None:
        self._front.fit(self._room.height, log=self._log_is_seen)
        self.call_after_refresh(self.refresh_all)

    def _draw(self, now: float) -> None:
        self._front.offer(self.keys())
        what = self.source.what if self.steering_keys() else f"{self.source.what} · read-only"
        age = self.source.age if self.board.trouble is not None else None
        self._front.draw(what, self.going_on(), self.view, age, self._room.width, now)
