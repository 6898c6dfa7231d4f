"""What is told of one job and of its tasks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from accsyn_async.board.board import Entry
from accsyn_async.board.quantities import joined, percent_text, size_text
from accsyn_async.board.signs import Signs
from accsyn_async.cells import fitted, shorten
from accsyn_async.dashboard.top import palette
from accsyn_async.dashboard.top.columns import COLUMNS
from accsyn_async.dashboard.top.drawing import progress_bar, status_text
from accsyn_async.dashboard.top.steering import Action
from accsyn_async.models import Task
from accsyn_async.safe_text import safe

__all__ = ["facts", "task_lines"]

_TASK_SIGNS = {
    "executing": "running",
    "booting": "running",
    "failed": "failed",
    "done": "done",
    "onhold": "paused",
    "queued": "waiting",
    "pending": "pending",
}
"""The states of jobs whose signs the states of tasks share."""


def facts(entry: Entry, pending: Action | None, width: int, now: float, signs: Signs) -> list[Text]:
    """A job in a few lines, without its name.

    Args:
        entry: the job.
        pending: what was asked of it and not yet seen.
        width: cells a line.
        now: seconds of the board's clock.
        signs: what to draw with.
    """

    def value(name: str) -> str:
        return COLUMNS[name].text(entry, now)

    state = Text(no_wrap=True, end="")
    state.append(
        fitted(status_text(entry.word, pending, signs), 12),
        palette.state_style("paused" if pending else entry.word),
    )
    for segment in progress_bar(entry.job.progress, max(8, min(40, width - 58)), entry.word, signs):
        state.append(segment.text, segment.style)
    moving = {"speed": value("speed"), "left": f"{value('left')} left"} if entry.running else {}
    told = {name: text for name, text in moving.items() if not text.startswith("—")}
    told = {"percent": percent_text(entry.job.progress), **told, "size": value("size")}
    # The size is in the list, too; the speed says less than the time that is left.
    state.append(f"  {joined(told, ('size', 'speed'), width - state.cell_len - 2)}")
    lines = [state]
    labelled = [
        ("from → to", value("route")),
        ("made by", f"{value('user')}, {value('created')}"),
        ("queue", value("queue")),
        ("finished", value("finished")),
        ("id", value("id")),
    ]
    for label, text in labelled:
        line = Text(no_wrap=True, end="")
        line.append(fitted(label, 11), palette.MUTED)
        line.append(shorten(text, max(1, width - 11)), palette.TEXT)
        lines.append(line)
    for line in lines:
        line.truncate(width)
    return lines


def task_lines(rows: Sequence[Mapping[str, Any]], width: int, signs: Signs) -> list[Text]:
    """Tasks, a line each: those that have a message say it.

    Args:
        rows: as ``find`` returns them.
        width: cells a line.
        signs: what to draw with.
    """
    return [_task_line(row, width, signs) for row in rows]


def _task_line(row: Mapping[str, Any], width: int, signs: Signs) -> Text:
    task = Task.from_row({**row, "id": str(row.get("id"))})
    word = task.status.value
    sign = signs.states.get(_TASK_SIGNS.get(word, ""), "?")
    line = Text(no_wrap=True, end="")
    line.append(fitted(safe(task.uri), 5, right=True) + " ", palette.MUTED)
    line.append(fitted(f"{sign} {word}", 12), palette.state_style(word))
    if width >= 60:
        progress = task.progress if word != "done" else 100
        line.append(fitted("" if progress is None else percent_text(progress), 6, right=True))
    line.append(fitted(size_text(task.size), 10, right=True) + "  ", palette.MUTED)
    message = row.get("message")
    ends = f"{_path(task.source)} → {_path(task.destination)}"
    told = f"{safe(message)} · {ends}" if message else ends
    line.append(
        shorten(told, max(1, width - line.cell_len)),
        palette.state_style("failed") if message and word == "failed" else palette.TEXT,
    )
    line.truncate(width)
    return line


def _path(end: Mapping[str, Any]) -> str:
    return safe(end.get("path") or "—")
