"""Columns side by side, to the width of a terminal, or whole for a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from accsyn_async.cells import fitted
from accsyn_async.cli.columns import Column
from accsyn_async.cli.output import Output

__all__ = ["fit", "write_table"]

_GAP = 2
_STYLES = {"running": "cyan", "failed": "bold red", "aborted": "red", "paused": "magenta", "done": "green"}


def fit(columns: Sequence[Column], width: int | None) -> list[tuple[Column, int]]:
    """Choose columns and their widths so that a line has at most ``width`` cells.

    What can be shortened is, down to its least width; then columns leave, those of
    least weight first. The last one stays.

    Args:
        columns: in their order.
        width: ``None`` for no limit.
    """
    chosen = list(columns)
    while True:
        natural = [max(map(cell_len, (column.title, *column.cells))) for column in chosen]
        widths = list(natural)
        excess = 0 if width is None else sum(widths) + _GAP * (len(widths) - 1) - width
        while excess > 0:
            room = [
                have - column.least if column.least is not None else 0
                for column, have in zip(chosen, widths, strict=True)
            ]
            widest = max(range(len(room)), key=lambda index: (room[index] > 0) * widths[index])
            if room[widest] <= 0:
                break
            widths[widest] -= 1
            excess -= 1
        if excess <= 0:
            return list(zip(chosen, widths, strict=True))
        if len(chosen) == 1:
            return [(chosen[0], max(1, width or 1))]
        chosen.remove(min(chosen, key=lambda column: column.weight))


def write_table(columns: Sequence[Column], output: Output) -> None:
    """Write a table: fitted and with a headline at a terminal, else one whole line a row."""
    if not output.is_terminal:
        for cells in _lines(fit(columns, None)):
            output.line((" " * _GAP).join(cells).rstrip())
        return
    console = output.console()
    chosen = fit(columns, console.width)
    for number, cells in enumerate(_lines(chosen)):
        line = Text(no_wrap=True)
        for cell, (column, _) in zip(cells, chosen, strict=True):
            style = (
                "bold" if number == 0 else _STYLES.get(cell.strip(), "") if column.title == "STATUS" else ""
            )
            line.append((" " * _GAP) * bool(line.plain))
            line.append(cell, style)
        line.rstrip()
        console.print(line, soft_wrap=True)


def _lines(chosen: Sequence[tuple[Column, int]]) -> list[list[str]]:
    count = max((len(column.cells) for column, _ in chosen), default=0)
    return [
        [fitted(text, width, right=column.right) for text, (column, width) in zip(texts, chosen, strict=True)]
        for texts in (
            [column.title for column, _ in chosen],
            *([column.cells[index] for column, _ in chosen] for index in range(count)),
        )
    ]
