"""One job with its tasks, which are asked for again and again while they are seen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from accsyn_async.board.board import Entry
from accsyn_async.board.signs import Signs
from accsyn_async.cells import shorten
from accsyn_async.dashboard.origin import NO_TASKS
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.detail_text import facts, task_lines
from accsyn_async.dashboard.top.line_view import Texts
from accsyn_async.dashboard.top.one_line import Keys, OneLine
from accsyn_async.dashboard.top.steering import Pending
from accsyn_async.errors import AccsynError
from accsyn_async.safe_text import safe

__all__ = ["MOST_TASKS", "Detail", "pause"]

MOST_TASKS = 1000
Rows = Sequence[Mapping[str, Any]]


_LONGEST_PAUSE = 60.0


def pause(every: float, failures: int) -> float:
    """Seconds until the next question, after so many failures in a row.

    >>> [pause(3.0, failures) for failures in (0, 1, 4, 5, 5000)]
    [3.0, 6.0, 48.0, 60.0, 60.0]
    """
    return max(every, min(_LONGEST_PAUSE, every * 2.0 ** min(failures, 30)))


class Detail(Screen[None]):
    """One job with its tasks.

    Args:
        entry: the job, as the board keeps it.
        ask: asks for the rows of a job's tasks, ``MOST_TASKS`` and one at most; ``None`` where nobody can
            be asked.
        every: seconds between two questions; after a failure the pauses grow to a minute.
        pending: what was asked of jobs.
        keys: what can be done to jobs, by now.
        signs: what to draw with.
        clock: seconds of the board's clock.
    """

    DEFAULT_CSS = f"""
    Detail {{ background: {palette.BACKGROUND}; }}
    Detail #name {{ background: {palette.PANEL}; }}
    Detail #facts {{ height: 6; margin: 0 1; }}
    Detail #tasks-title {{ background: {palette.PANEL}; margin-top: 1; }}
    Detail #tasks {{ height: 1fr; }}
    Detail Keys {{ background: {palette.PANEL}; }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "close", "Back")]

    def __init__(
        self,
        entry: Entry,
        ask: Callable[[str], Awaitable[Rows]] | None,
        every: float,
        pending: Pending,
        keys: Callable[[], tuple[tuple[str, str, str], ...]],
        *,
        signs: Signs,
        clock: Callable[[], float],
    ) -> None:
        super().__init__()
        self.entry = entry
        self._every = every
        self._ask, self._pending_actions, self._signs, self._seconds = ask, pending, signs, clock
        self._steering_keys, self._keys = keys, Keys()
        self._tasks: Rows = ()
        self._headline, self._facts = OneLine(id="name"), Texts(id="facts")
        self._tasks_title, self._list = OneLine(id="tasks-title"), Texts(id="tasks")
        self._asking: asyncio.Task[None] | None = None
        self._word, self._woken = entry.word, asyncio.Event()

    def compose(self) -> ComposeResult:
        """Facts, tasks, keys."""
        yield self._headline
        yield self._facts
        yield self._tasks_title
        yield self._list
        yield self._keys

    def on_mount(self) -> None:
        """Begin to ask."""
        self._list.focus()
        if self._ask is None:
            self._say(NO_TASKS)
        else:
            self._say("tasks: asking for them")
            asking = self._ask_again_and_again(self._ask)
            self._asking = asyncio.create_task(asking, name="accsyn-top tasks")
        self.call_after_refresh(self.tick)

    async def on_unmount(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._asking

    def on_resize(self) -> None:
        """Fit it all."""
        self.call_after_refresh(self.tick)

    def tick(self) -> None:
        """Show how the job is now; in another state it may have other tasks."""
        if self.entry.word != self._word:
            self._word = self.entry.word
            self._woken.set()
        width = self._facts.scrollable_content_region.width
        if not width:
            # Nothing has a size before all is there.
            return
        acting = [key for key in self._steering_keys() if key[0] != "Space"]
        self._keys.set_keys((("Esc", "back", "screen.close"), *acting, ("?", "help", "app.help")))
        name = Text(no_wrap=True, end="")
        name.append(f" {shorten(safe(self.entry.job.name), width)}", f"bold {palette.TEXT}")
        self._headline.show(name)
        pending = self._pending_actions.of(self.entry.job.id)
        self._facts.show(facts(self.entry, pending, width, self._seconds(), self._signs))
        self._list.show(task_lines(self._tasks, self._list.scrollable_content_region.width, self._signs))

    def action_close(self) -> None:
        """Go back to the jobs."""
        self.dismiss()

    async def _ask_again_and_again(self, ask: Callable[[str], Awaitable[Rows]]) -> None:
        told: tuple[str, float] | None = None
        failures = 0
        while True:
            self._woken.clear()
            now = self.entry.word, float(self.entry.job.progress)
            if now != told or self.entry.running:
                try:
                    rows = await ask(self.entry.job.id)
                except AccsynError as error:
                    failures += 1
                    # What has ended does not change any more, and may be gone.
                    over = self.entry.ended
                    told = now if over else None
                    self._say(f"tasks: {safe(error.message)}" + "; asking again" * (not over), "degraded")
                else:
                    told, failures = now, 0
                    self._take(rows)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause(self._every, failures)):
                    await self._woken.wait()

    def _take(self, rows: Rows) -> None:
        more = len(rows) > MOST_TASKS
        self._tasks = rows[:MOST_TASKS]
        count = f"the first {MOST_TASKS} tasks" if more else f"{len(rows)} task{'s' * (len(rows) != 1)}"
        self._say(count)
        self.tick()

    def _say(self, text: str, word: str = "") -> None:
        self._tasks_title.show(Text(f" {text}", palette.state_style(word), no_wrap=True, end=""))
