"""Bars of rich."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterable, Callable
from typing import Any

from rich import get_console
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.style import Style
from rich.table import Column
from rich.text import Text

from accsyn_async.board.board import Board, Entry
from accsyn_async.board.quantities import UNKNOWN, duration_text, percent_text, size_text, speed_text
from accsyn_async.events import Degraded, Event, JobRevived, Recovered, TaskChanged
from accsyn_async.progress.following import E, Following
from accsyn_async.progress.tally import Ended, Share, Tally, done_bytes, share_of
from accsyn_async.safe_text import safe

__all__ = ["RichBars", "RichProgress", "new_progress"]

_STYLES = {
    "failed": "bold red",
    "aborted": "red",
    "stalled": "magenta",
    "paused": "magenta",
    "done": "green",
}
_TAG = re.compile(r"(\\*)\[([a-z#/@][^[]*?\])?")
_WIDE = 90
"""Cells from which a line holds all that there is to say."""
_NOTHING = "[none][/none]"


class RichProgress(Following[E]):
    """A watch's events, which move bars of rich on their way.

    Attributes:
        progress: rich's; its console prints above the bars.
    """

    def __init__(self, watch: AsyncIterable[E], bars: RichBars) -> None:
        super().__init__(watch, bars)
        self.progress = bars.progress


class RichBars:
    """A task of rich for each job.

    Args:
        progress: rich's; started and stopped, unless it runs already.
        total: whether there is a bar of all jobs; a text is its name.
        keep: how many bars of jobs that have ended stay; ``None`` for all.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        progress: Progress,
        *,
        total: bool | str = False,
        keep: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.progress = progress
        self._clock = clock
        self._board = Board()
        self._tally = Tally()
        self._ended = Ended(keep)
        self._tasks: dict[str, TaskID] = {}
        self._name = total if isinstance(total, str) else "total" if total else None
        self._total: TaskID | None = None
        self._started = False

    def open(self) -> None:
        """Start to draw, if nobody has."""
        if not self.progress.live.is_started:
            self.progress.start()
            self._started = True
        if self._name is not None and self._total is None:
            self._total = self.progress.add_task(
                as_markup(self._name), total=None, name=self._name, state="", **self._of_all()
            )

    def close(self) -> None:
        """Stop to draw, if it was this that has started. May be called twice."""
        if self._started:
            self._started = False
            self.progress.stop()

    def show(self, event: Event) -> None:
        """Move the bar of the event's job, and that of all."""
        if isinstance(event, TaskChanged):
            return
        entry = self._board.take(event, self._clock())
        if entry is not None:
            ident = entry.job.id
            share = share_of(entry)
            self._show(ident, entry, share, anew=isinstance(event, JobRevived))
            self._tally.put(ident, None if entry.word == "removed" else share)
            for gone in self._ended.put(ident, entry.word in ("done", "aborted")):
                self._remove(gone)
                self._tally.forget(gone)
        elif not isinstance(event, Degraded | Recovered):
            return
        if self._total is not None:
            state = self._tally.words if self._board.trouble is None else "degraded"
            self.progress.update(
                self._total, total=self._tally.size, completed=self._tally.done, state=state, **self._of_all()
            )

    def _show(self, ident: str, entry: Entry, share: Share, *, anew: bool) -> None:
        if anew or entry.word == "removed":
            self._remove(ident)
        if entry.word == "removed":
            return
        values = _values(entry, share, self._clock)
        if ident in self._tasks:
            self.progress.update(self._tasks[ident], **values)
        else:
            self._tasks[ident] = self.progress.add_task(**values)

    def _remove(self, ident: str) -> None:
        task = self._tasks.pop(ident, None)
        if task is not None:
            self.progress.remove_task(task)

    def _of_all(self) -> dict[str, Any]:
        tally = self._tally
        share = 100 * tally.done / tally.size if tally.size else 0
        return {"job": None, "percent": share, "speed": tally.speed or None, "left": _left_of(tally)}


def new_progress(console: Console | None = None) -> Progress:
    """Rich's, with columns for jobs: as many as the console is wide."""
    console = console or get_console()
    columns: list[ProgressColumn] = [
        _Facts(lambda task: task.fields.get("name", task.description), ratio=3, longest=48),
        BarColumn(bar_width=None, table_column=Column(ratio=2, min_width=8)),
        _Facts(lambda task: percent_text(task.fields.get("percent", task.percentage)), right=True),
    ]
    if console.width >= _WIDE:
        columns.append(_Facts(_amount, right=True))
    columns.append(_Facts(_speed, right=True))
    if console.width >= _WIDE - 15:
        columns.append(_Facts(_time_left, right=True))
    columns.append(_Facts(lambda task: task.fields.get("state", ""), styles=_STYLES))
    return Progress(*columns, console=console, expand=True)


def as_markup(text: str) -> str:
    r"""A text as markup that shows it as it is: neither tags nor names of emoji in it are obeyed.

    >>> print(as_markup("[red]a.mov"), as_markup(":fire:.mov"))
    \[red]a.mov :[none][/none]fire:[none][/none].mov
    """
    shown = f":{_NOTHING}".join(_TAG.sub(_escaped, part) for part in text.split(":"))
    slashes = shown[len(shown.rstrip("\\")) :]
    # What follows may be a tag, which they would escape.
    return f"{shown}{slashes}{_NOTHING}" if slashes else shown


class _Facts(ProgressColumn):
    """Text of a task, in which nothing is markup."""

    def __init__(
        self,
        text: Callable[[Task], str],
        *,
        right: bool = False,
        ratio: int | None = None,
        longest: int | None = None,
        styles: dict[str, str] | None = None,
    ) -> None:
        super().__init__(
            Column(
                justify="right" if right else "left",
                no_wrap=True,
                overflow="ellipsis",
                ratio=ratio,
                max_width=longest,
            )
        )
        self._text = text
        self._styles = styles or {}

    def render(self, task: Task) -> Text:
        text = self._text(task)
        return Text(text, self._styles.get(text, Style.null()))


def _values(entry: Entry, share: Share, clock: Callable[[], float]) -> dict[str, Any]:
    job, word = entry.job, entry.word
    name = safe(job.name)
    size, done = job.size, share.done
    if word in ("done", "aborted") and not size:
        # Nothing pulses on when nothing more will come.
        size, done = 1, int(word == "done")
    shown = as_markup(name)
    return {
        "description": shown if word in ("running", "done") else f"{shown} · {word}",
        "total": size,
        "completed": done,
        "name": name,
        "state": word,
        "speed": job.speed if entry.running else None,
        "percent": job.progress,
        "left": lambda: entry.left.seconds(clock()),
        "job": job,
    }


def _left_of(tally: Tally) -> Callable[[], float | None]:
    return lambda: tally.seconds_left


def _amount(task: Task) -> str:
    job = task.fields.get("job")
    if job is not None:
        return f"{size_text(done_bytes(job))} / {size_text(job.size)}" if job.size is not None else UNKNOWN
    return f"{size_text(task.completed)} / {size_text(task.total)}"


def _speed(task: Task) -> str:
    speed = task.fields.get("speed")
    return speed_text(speed) if speed is not None else ""


def _time_left(task: Task) -> str:
    left: Callable[[], float | None] | None = task.fields.get("left")
    seconds = left() if left is not None else task.time_remaining
    return duration_text(seconds) if seconds is not None else ""


def _escaped(found: re.Match[str]) -> str:
    slashes, tag = found[1], found[2]
    return f"{slashes * 2}\\[{tag}" if tag else f"{slashes}\\["
