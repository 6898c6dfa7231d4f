"""Rich's progress, with columns for jobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from accsyn_async.board.quantities import UNKNOWN, duration_text, percent_text, size_text, speed_text
from accsyn_async.extras import missing
from accsyn_async.progress.tally import done_bytes

try:
    from rich import get_console
    from rich.console import Console, RenderableType
    from rich.progress import BarColumn, Progress, ProgressColumn, Task
    from rich.style import Style
    from rich.table import Column
    from rich.text import Text
except ModuleNotFoundError as error:
    raise missing(error, "cli") from None

__all__ = ["JobsProgress", "as_markup", "new_progress"]

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


class JobsProgress(Progress):
    """Says below its bars how many jobs have none.

    Attributes:
        more: how many.
    """

    more = 0

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bars, and the line below."""
        yield from super().get_renderables()
        if self.more:
            yield Text(f"and {self.more} more", "dim")


def new_progress(console: Console | None = None) -> JobsProgress:
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
    return JobsProgress(*columns, console=console, expand=True)


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
