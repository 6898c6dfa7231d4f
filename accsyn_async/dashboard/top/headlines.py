"""What stands above the jobs: the title, the totals, the banner. Pure."""

from __future__ import annotations

from rich.text import Text

from accsyn_async.board.board import WORDS, Board
from accsyn_async.board.quantities import duration_text, speed_text
from accsyn_async.board.signs import Signs
from accsyn_async.cells import shorten
from accsyn_async.dashboard.top import palette
from accsyn_async.safe_text import safe

__all__ = ["banner", "log_line", "title", "totals"]


def title(what: str, right: str, width: int) -> Text:
    """The uppermost line: what is followed, and on the right what is listed of it."""
    line = Text(no_wrap=True, end="")
    line.append(" accsyn ", f"bold {palette.PRIMARY}")
    room = width - line.cell_len - len(right) - 3
    line.append(shorten(safe(what), max(1, room)), f"bold {palette.TEXT}")
    line.append(" " * max(1, width - line.cell_len - len(right) - 1))
    line.append(right, palette.MUTED)
    line.truncate(width)
    return line


def totals(board: Board, width: int, now: float, signs: Signs) -> Text:
    """How many jobs are in each state, how fast all of them are, how long they still take."""
    counts = board.counts()
    line = Text(" ", no_wrap=True, end="")
    if not counts:
        line.append("no jobs yet" if board.synced else "asking for jobs …", palette.MUTED)
        line.truncate(width)
        return line
    for word in WORDS:
        if counts[word]:
            style = palette.state_style(word)
            line.append(f"{signs.states.get(word, '?')} {counts[word]} {word}  ", style)
    line.right_crop(2)
    right = _pace(board, now)
    if line.cell_len + len(right) + 2 > width:
        right = right.partition(" · ")[0]
    if right:
        line.truncate(max(1, width - len(right) - 2), overflow="ellipsis")
        line.append(" " * max(1, width - line.cell_len - len(right) - 1))
        line.append(right, f"bold {palette.TEXT}")
    line.truncate(width, overflow="ellipsis")
    return line


def _pace(board: Board, now: float) -> str:
    if board.speed() <= 0:
        return ""
    seconds = board.seconds_left(now)
    left = "" if seconds is None else f" · running: {duration_text(seconds)} left"
    return f"{speed_text(board.speed())}{left}"


def banner(trouble: str, age: float | None, width: int) -> Text:
    """That the backend does not answer as it should, and how old is what is shown."""
    shown = "nothing is known yet" if age is None else f"as of {duration_text(age)} ago"
    text = f" ! degraded · {shown} · trying on: {safe(trouble)}"
    return Text(_cut(text, width), f"bold {palette.BACKGROUND} on {palette.WARNING}", end="")


def _cut(text: str, width: int) -> str:
    """To exactly that many cells, at its end."""
    line = Text(text)
    line.truncate(width, overflow="ellipsis", pad=True)
    return line.plain


def log_line(at: str, word: str, text: str) -> Text:
    """A line of the log."""
    line = Text(no_wrap=True, end="")
    line.append(f" {at} ", palette.MUTED)
    line.append(f"{word:<10}", palette.state_style(word))
    line.append(text, palette.TEXT)
    return line
